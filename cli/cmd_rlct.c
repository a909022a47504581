/* neuroalg rlct: the learning coefficient.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

#define RADIUS_LIMIT 1000

static bool read_options(cli *c, nalg_rlct_options *options)
{
    bool twice = cli_value(c, "truth") && cli_value(c, "weights"), both = cli_value(c, "estimate") && cli_value(c, "no-estimate");
    nalg_rlct_options_init(options);
    options->truth = cli_value(c, "truth");
    if (cli_value(c, "estimate")) options->estimate = NALG_ESTIMATE_ALWAYS;
    if (cli_value(c, "no-estimate")) options->estimate = NALG_ESTIMATE_NEVER;
    if (twice) cli_complain(c, "--truth", "give one of --truth and --weights", "the truth is given twice");
    else if (both) cli_complain(c, "--estimate", "give one of the two", "an estimate is wanted and not wanted");
    if (twice || both || !cli_real(c, "radius", &options->radius)) return false;
    if (options->radius <= RADIUS_LIMIT) return true;
    cli_complain(c, "--radius", "write a number above 0 and at most 1000", "the box of weights is too large");
    return false;
}

static int run(cli *c)
{
    nalg_rlct_options options;
    nalg_result *result;
    cli_inputs in;
    if (!read_options(c, &options)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_rlct(c->ctx, &result, in.model, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"truth", "T", "the true function: generic (default for phrases), zero, rank=R for linear networks, or a subnetwork's name as `singular` prints it"},
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: the truth is the function there (default for an ONNX file: its weights)"},
    {"estimate", NULL, "estimate by sampling, also where the exact value is known"},
    {"no-estimate", NULL, "no sampling: bounds only, where the exact value is not known"},
    {"radius", "R", "half the side of the box of weights that is sampled (default 1 around zero, 0.1 around given weights)"},
    {0},
};

const cli_command cli_command_rlct = {
    "rlct", "MODEL [--truth T | --weights FILE]", "learning coefficient: how a model generalises in the Bayesian sense",
    "The volume of weights with loss below e shrinks as e^lambda (log 1/e)^(m-1); lambda/n is the leading term of the Bayesian generalisation error\n"
    "after n samples. At a generic truth lambda is half the dimension. At special truths it is smaller: exact for linear networks of any depth and\n"
    "for small networks at the zero function; otherwise proved bounds are printed, and an estimate with its error from the volume itself (multilevel\n"
    "splitting), beside that of a tempered posterior with its diagnostics. An estimate is marked as one.",
    "neuroalg rlct linear 3-2-3 --truth rank=1", options, run};
