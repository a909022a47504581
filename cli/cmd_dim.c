/* neuroalg dim: the dimension of a model's function space.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

#define WEIGHTS_BYTES ((size_t)1 << 30)

static int run(cli *c)
{
    nalg_dim_options options;
    nalg_model *model;
    nalg_result *result;
    int code = CLI_USAGE;
    char *weights = NULL;
    const char *path = cli_value(c, "weights"), *trials = cli_value(c, "trials");
    nalg_dim_options_init(&options);
    if (trials) options.trials = strspn(trials, "0123456789") == strlen(trials) && strlen(trials) < 6 ? atoi(trials) : 0;
    if (!cli_model(c, &model)) return CLI_USAGE;
    if (!path || (weights = cli_read_file(c, path, WEIGHTS_BYTES, &options.weights_length, &code))) {
        options.weights = weights;
        code = nalg_dim(c->ctx, &result, model, &options) == NALG_OK ? cli_answer(c, result, true) : cli_fail(c);
    }
    free(weights);
    nalg_model_free(model);
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
