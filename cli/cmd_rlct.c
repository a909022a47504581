/* neuroalg rlct: the learning coefficient.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "commands.h"

#define WEIGHTS_BYTES ((size_t)1 << 30)

static bool read_radius(const char *text, double *radius)
{
    char *end;
    double x = strtod(text, &end);
    if (end == text || *end || !(x > 0 && x <= 1000)) return false;
    *radius = x;
    return true;
}

static int run(cli *c)
{
    nalg_rlct_options options;
    nalg_model *model;
    nalg_result *result;
    int code = CLI_USAGE;
    char *weights = NULL;
    const char *path = cli_value(c, "weights"), *truth = cli_value(c, "truth"), *radius = cli_value(c, "radius");
    nalg_rlct_options_init(&options);
    if (truth && path) return cli_complain(c, "--truth", "give one of the two", "the truth is given twice");
    if (truth) options.truth = truth;
    if (cli_value(c, "estimate") && cli_value(c, "no-estimate")) return cli_complain(c, "--estimate", "give one of the two", "an estimate is wanted and not wanted");
    if (cli_value(c, "estimate")) options.estimate = NALG_ESTIMATE_ALWAYS;
    if (cli_value(c, "no-estimate")) options.estimate = NALG_ESTIMATE_NEVER;
    if (radius && !read_radius(radius, &options.radius)) return cli_complain(c, "--radius", "write a number above 0 and at most 1000", "the radius is no such number");
    if (!cli_model(c, &model)) return CLI_USAGE;
    if (!path || (weights = cli_read_file(c, path, WEIGHTS_BYTES, &options.weights_length, &code))) {
        options.weights = weights;
        code = nalg_rlct(c->ctx, &result, model, &options) == NALG_OK ? cli_answer(c, result, true) : cli_fail(c);
    }
    free(weights);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"truth", "T", "the true function: generic (default), zero, rank=R for linear networks, or a subnetwork's name as `singular` prints it"},
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: the truth is the function there"},
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
