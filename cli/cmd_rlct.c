/* neuroalg rlct: the learning coefficient.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "commands.h"

#define WEIGHTS_BYTES ((size_t)1 << 30)

static int run(cli *c)
{
    nalg_rlct_options options;
    nalg_model *model;
    nalg_result *result;
    int code = CLI_USAGE;
    char *weights = NULL;
    const char *path = cli_value(c, "weights"), *truth = cli_value(c, "truth");
    nalg_rlct_options_init(&options);
    if (truth && path) return cli_complain(c, "--truth", "give one of the two", "the truth is given twice");
    if (truth) options.truth = truth;
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
    {"truth", "T", "the true function: generic (default), zero, or rank=R for linear networks"},
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: the truth is the function there"},
    {0},
};

const cli_command cli_command_rlct = {
    "rlct", "MODEL [--truth T | --weights FILE]", "learning coefficient: how a model generalises in the Bayesian sense",
    "The volume of weights with loss below e shrinks as e^lambda (log 1/e)^(m-1); lambda/n is the leading term of the Bayesian generalisation error\n"
    "after n samples. At a generic truth lambda is half the dimension. At special truths it is smaller: exact for linear networks of any depth and\n"
    "for small networks at the zero function; otherwise proved bounds are printed and no value.",
    "neuroalg rlct linear 3-2-3 --truth rank=1", options, run};
