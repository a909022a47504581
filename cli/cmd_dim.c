/* neuroalg dim: the dimension of a model's function space.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_dim_options options;
    nalg_result *result;
    cli_inputs in;
    nalg_dim_options_init(&options);
    if (!cli_count_int(c, "trials", &options.trials)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_dim(c->ctx, &result, in.model, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: also the exact rank at this point"},
    {"trials", "N", "most random points tried while the bounds differ (default 3)"},
    {0},
};

const cli_command cli_command_dim = {
    "dim", "MODEL [--weights FILE]", "dimension of the space of functions a model can represent",
    "The dimension is the number of independent directions in which the model's function can be moved: what it can express, and how many\n"
    "generic samples determine it. It is found as a rank modulo a prime, which is a proved lower bound, and compared with proved upper\n"
    "bounds (symmetries, ambient space, recursion over layers, theorems). When both meet the answer is proved; otherwise the chance of error\n"
    "is printed. The result carries the minor and the proof: check it with `neuroalg verify`.",
    "neuroalg dim mlp 4-5-5-5-1 x^2", options, run};
