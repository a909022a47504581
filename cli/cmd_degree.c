/* neuroalg degree and neuroalg fiber: what path tracking answers.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "commands.h"

static int read_options(cli *c, nalg_degree_options *options)
{
    const char *checkpoint = cli_value(c, "checkpoint"), *resume = cli_value(c, "resume");
    nalg_degree_options_init(options);
    if (!cli_number(c, "limit", &options->limit)) return CLI_USAGE;
    options->certify = !cli_value(c, "no-certify");
    options->checkpoint = resume ? resume : checkpoint;
    options->resume = resume != NULL;
    if (options->checkpoint && mkdir(options->checkpoint, 0777) && errno != EEXIST)
        return cli_complain(c, options->checkpoint, "give a folder in a place you may write to",
                            "the checkpoint folder cannot be made");
    return CLI_OK;
}

static int answer(cli *c, nalg_status (*compute)(nalg_ctx *, nalg_result **, const nalg_model *,
                                                 const nalg_degree_options *))
{
    nalg_degree_options options;
    nalg_model *model;
    nalg_result *result;
    int code = read_options(c, &options);
    if (code) return code;
    if (!cli_model(c, &model)) return CLI_USAGE;
    code = cli_outcome(c, compute(c->ctx, &result, model, &options), &result);
    nalg_model_free(model);
    return code;
}

static int run_degree(cli *c)
{
    return answer(c, nalg_degree);
}

static int run_fiber(cli *c)
{
    return answer(c, nalg_fiber);
}

static const cli_option degree_options[] = {
    {"checkpoint", "DIR", "record solutions in DIR as they are found"},
    {"resume", "DIR", "go on from the record in DIR (and keep recording)"},
    {"limit", "N",
     "most solutions kept (default no limit); a larger number of a theorem (default: above 100000) is given "
     "without counting"},
    {"no-certify", NULL, "do not prove the solutions in ball arithmetic"},
    {0},
};

static const cli_option fiber_options[] = {
    {"limit", "N", "most points kept (default 20000); with more, the finite order may stay unknown"},
    {0},
};

const cli_command cli_command_degree = {
    "degree",
    "MODEL",
    "how many networks of the model fit as many generic points as it has dimensions",
    "The degree of the neurovariety: the number of complex networks of the model (counted as functions) "
    "through D generic points, D the dimension.\n"
    "Found by monodromy over the data; complete when the trace test passes; every solution is proved to "
    "exist in ball arithmetic. Where a theorem\n"
    "gives the degree it is met and named. Interrupted runs go on with --resume.",
    "neuroalg degree linear 3-2-3",
    degree_options,
    run_degree};

const cli_command cli_command_fiber = {
    "fiber",
    "MODEL",
    "which weights give the same function: symmetries, hidden ones, finite order",
    "The generic fiber of the parametrisation: its dimension, the symmetries that explain it by name, "
    "dimensions no known symmetry explains, and the\n"
    "number of its components, compared with the permutations and roots of unity the architecture is known "
    "to have.",
    "neuroalg fiber mlp 2-2-1 x^3+x",
    fiber_options,
    run_fiber};
