/* neuroalg conserved: conservation laws of gradient flow.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_conserved_options options;
    nalg_model *model;
    nalg_result *result;
    nalg_conserved_options_init(&options);
    if (!cli_count_int(c, "degree", &options.degree) || !cli_model(c, &model)) return CLI_USAGE;
    int code = cli_outcome(c, nalg_conserved(c->ctx, &result, model, &options), &result);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"degree", "D", "largest degree of the laws, 1 to 8 (default 2)"},
    {0},
};

const cli_command cli_command_conserved = {
    "conserved", "MODEL [--degree D]", "quantities that training by gradient flow never changes",
    "A conservation law is a polynomial in the weights that is constant along gradient flow for every loss and every data set. Training cannot\n"
    "leave its level sets, so the initial weights decide which solutions are reached. All laws up to the degree are listed in the names of\n"
    "the weights: W1[i,j], b1[i], F1[i], Q1[i,j]. `count` is the dimension of their space, `independent` the rank of their gradients; `lie_rank`\n"
    "is the rank of the Lie algebra of the gradient fields: parameters minus that many laws exist in all, polynomial or not.",
    "neuroalg conserved linear 3-2-3", options, run};
