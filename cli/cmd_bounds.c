/* neuroalg bounds: sample complexity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_model *model;
    nalg_result *result;
    if (!cli_model(c, &model)) return CLI_USAGE;
    int code = cli_outcome(c, nalg_bounds(c->ctx, &result, model), &result);
    nalg_model_free(model);
    return code;
}

const cli_command cli_command_bounds = {
    "bounds", "MODEL", "how many samples: identification, covering numbers, generalisation",
    "`samples_to_identify` noise-free generic measurements leave finitely many functions of the model (`degree` of them over the complex numbers, when a\n"
    "theorem gives it). Covering numbers are for functions with coefficients in [-1, 1] on inputs in [-1, 1]; `gap` bounds, with the confidence\n"
    "printed, how far the empirical risk of any of them is from its risk, for losses in [0, 1] with Lipschitz constant 1. Every inequality has its source.",
    "neuroalg bounds mlp 3-4-1 x^2", NULL, run};
