/* neuroalg flow: training by gradient flow.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

#define FILE_BYTES ((size_t)1 << 30)

/* A number of an option into *out; true also when it was not given. */
static bool real_option(cli *c, const char *name, double *out)
{
    const char *text = cli_value(c, name);
    char *end, where[32];
    if (!text) return true;
    *out = strtod(text, &end);
    if (*text && !*end && *out > 0 && *out < 1e300) return true;
    snprintf(where, sizeof where, "--%s", name);
    cli_complain(c, where, "write a positive number such as 0.01", "not a positive number");
    return false;
}

static int whole(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text) && strlen(text) < 8 ? atoi(text) : 0;
}

static bool read_options(cli *c, nalg_flow_options *options)
{
    const char *starts = cli_value(c, "starts"), *samples = cli_value(c, "samples");
    nalg_flow_options_init(options);
    if (cli_value(c, "loss")) options->loss = cli_value(c, "loss");
    if (starts) options->starts = whole(starts);
    if (samples && !(options->samples = (size_t)whole(samples))) {
        cli_complain(c, "--samples", "write a positive integer", "not a number of samples");
        return false;
    }
    return real_option(c, "gd", &options->descent_step) && real_option(c, "scale", &options->scale) &&
           real_option(c, "time", &options->time_limit);
}

static int run(cli *c)
{
    nalg_flow_options options;
    nalg_model *model;
    nalg_result *result;
    nalg_dataset *data = NULL;
    nalg_data view;
    const char *weights_path = cli_value(c, "weights");
    char *weights = NULL;
    int code = CLI_OK;
    if (!read_options(c, &options) || !cli_model(c, &model)) return CLI_USAGE;
    if (weights_path)
        options.weights = weights =
            cli_read_file(c, weights_path, FILE_BYTES, &options.weights_length, &code);
    if (!code) code = cli_data(c, &data, "data", model);
    if (!code) {
        if (data) {
            view = nalg_dataset_view(data);
            options.data = &view;
        }
        code = nalg_flow(c->ctx, &result, model, &options) == NALG_OK ? cli_answer(c, result, true)
                                                                      : cli_fail(c);
    }
    nalg_dataset_free(data);
    free(weights);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"data", "FILE", "samples, a line each: the inputs, then the targets (default: random data of the seed)"},
    {"samples", "N", "number of random samples (default: inputs + parameters / outputs)"},
    {"loss", "L",
     "squared (default), or cross-entropy: outputs through a softmax, targets are probabilities"},
    {"starts", "N", "random starts, 1 to 1000 (default 16)"},
    {"scale", "S", "of the random starts: variance S^2 / fan-in (default 1)"},
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: the only start"},
    {"gd", "STEP", "also gradient descent with this step from the same starts"},
    {"time", "T", "end the flow at this time of its own (default: when it rests)"},
    {0},
};

const cli_command cli_command_flow = {
    "flow",
    "MODEL [--data FILE] [--starts N]",
    "training by gradient flow: where it ends and how often",
    "Follows gradient flow w' = -grad L(w) of the mean loss over the data from many starts until it rests, "
    "with an integrator for stiff equations.\n"
    "End points are told apart by the functions they give on the data: the critical points that attract, and "
    "the share of starts of each with\n"
    "a 95 % interval. Quantities that exact flow conserves (see `conserved`) are watched; their drift "
    "measures the error of the integration.",
    "neuroalg flow linear 3-2-3 --starts 100",
    options,
    run};
