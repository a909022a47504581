/* neuroalg critical: how many critical points squared loss has.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"


static int run(cli *c)
{
    nalg_critical_options options;
    nalg_model *model;
    nalg_result *result;
    nalg_critical_options_init(&options);
    if (cli_value(c, "metric")) options.metric = cli_value(c, "metric");
    if (!cli_number(c, "samples", &options.samples) || !cli_number(c, "limit", &options.limit)) return CLI_USAGE;
    if (!cli_model(c, &model)) return CLI_USAGE;
    int code = cli_outcome(c, nalg_critical(c->ctx, &result, model, &options), &result);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"metric", "NAME", "unit, bombieri, gaussian, generic (default) or data"},
    {"samples", "N", "metric data: number of random inputs"},
    {"limit", "N", "most critical points kept (default: no limit; 5000 under the generic metric that a special one is followed from)"},
    {0},
};

const cli_command cli_command_critical = {
    "critical", "MODEL [--metric NAME]", "how many complex critical points squared loss has on the model's function space",
    "The Euclidean distance degree for a metric on functions: unit (coefficients of monomials), bombieri (weighted by multinomials), gaussian (mean\n"
    "square over normal inputs), generic (a random form), data (mean square over random inputs). Found by monodromy in the target; complete by a\n"
    "theorem where one applies, by a trace test otherwise.",
    "neuroalg critical cnn k=2,2 x^2 --metric generic", options, run};
