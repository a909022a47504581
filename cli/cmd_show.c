/* neuroalg show: layers, shapes and parameter counts.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_model *model;
    nalg_result *result;
    if (!cli_model(c, &model)) return CLI_USAGE;
    int code = cli_outcome(c, nalg_show(c->ctx, &result, model), &result);
    nalg_model_free(model);
    return code;
}

const cli_command cli_command_show = {
    "show", "MODEL", "layers, shapes and parameter counts of a model",
    "Prints the model in its general form, a pipeline of layers. The parameter vector (for --weights) holds the layers in this order; dense:\n"
    "matrix row by row, then bias; conv: filters by output channel, input channel, position, then bias; attention: for each head Q, K, then V,\n"
    "or O and V'.",
    "neuroalg show attention d=3 a=2 t=4 layers=2", NULL, run};
