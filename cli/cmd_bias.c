/* neuroalg bias: which subnetworks attract targets.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

static bool read_real(cli *c, const char *name, double *out)
{
    const char *value = cli_value(c, name);
    char *end;
    if (!value) return true;
    *out = strtod(value, &end);
    if (end != value && !*end && *out >= 0) return true;
    cli_complain(c, name, "write a number that is not negative", "an option is no number");
    return false;
}

static int run_on(cli *c, const nalg_model *model, nalg_bias_options *options)
{
    nalg_result *result;
    nalg_dataset *data = NULL;
    nalg_data view;
    int code = cli_data(c, &data, "around", model);
    if (code) return code;
    if (data) {
        view = nalg_dataset_view(data);
        options->around = &view;
    }
    code = cli_outcome(c, nalg_bias(c->ctx, &result, model, options), &result);
    nalg_dataset_free(data);
    return code;
}

static int run(cli *c)
{
    nalg_bias_options options;
    nalg_model *model;
    nalg_bias_options_init(&options);
    if (cli_value(c, "metric")) options.metric = cli_value(c, "metric");
    if (cli_value(c, "train") && strcmp(cli_value(c, "train"), "yes") && strcmp(cli_value(c, "train"), "no"))
        return cli_complain(c, "--train", "write yes or no", "unknown choice");
    options.train = !cli_value(c, "train") || !strcmp(cli_value(c, "train"), "yes");
    if (cli_value(c, "critical") && strcmp(cli_value(c, "critical"), "yes") &&
        strcmp(cli_value(c, "critical"), "no"))
        return cli_complain(c, "--critical", "write yes or no", "unknown choice");
    options.critical = !cli_value(c, "critical") || !strcmp(cli_value(c, "critical"), "yes");
    if (!cli_number(c, "targets", &options.targets) || !cli_number(c, "starts", &options.starts) ||
        !cli_number(c, "depth", &options.depth) || !read_real(c, "noise", &options.noise) ||
        !read_real(c, "scale", &options.scale))
        return CLI_USAGE;
    if (!cli_model(c, &model)) return CLI_USAGE;
    int code = run_on(c, model, &options);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"targets", "N", "random targets (default 200)"},
    {"starts", "K", "descents for each target and stratum (default 10)"},
    {"metric", "NAME", "unit, bombieri (default), gaussian, generic or data"},
    {"around", "FILE.csv", "targets are these samples with noise; the norm is the mean square over them"},
    {"noise", "S", "around data: size of the noise, relative to the targets (default 1)"},
    {"scale", "S", "standard deviation of the weights at a start (default: functions as large as targets)"},
    {"depth", "D", "most places of the network reduced at once (default 1)"},
    {"train", "yes|no", "also train by gradient flow (default yes)"},
    {"critical", "yes|no", "small models: compare with all critical points of the distance (default yes)"},
    {0},
};

const cli_command cli_command_bias = {
    "bias",
    "MODEL [--targets N] [--metric NAME] [--around FILE.csv]",
    "which subnetworks nearest functions and trained networks are",
    "For random targets: how often gradient flow from random weights ends at a function of a smaller network "
    "(share), and how often the nearest\n"
    "function of the model is one (nearest share), each with Wilson's interval of 95 %. The dimension of the "
    "normal cone says whether a subnetwork can be\n"
    "nearest to more than a set of measure zero, and whether its weights are critical for more than that.",
    "neuroalg bias mlp 2-2-1 x^3+x^2 --targets 100",
    options,
    run};
