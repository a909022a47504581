/* neuroalg tangent: the tangent kernel at given weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

#define FILE_BYTES ((size_t)1 << 30)

static bool read_options(cli *c, nalg_tangent_options *options)
{
    const char *ridge = cli_value(c, "ridge"), *samples = cli_value(c, "samples");
    char *end;
    nalg_tangent_options_init(options);
    if (ridge) options->ridge = strtod(ridge, &end);
    if (ridge && (!*ridge || *end || !(options->ridge > 0 && options->ridge < 1e300))) {
        cli_complain(c, "--ridge", "write a positive number such as 1e-3", "not a positive number");
        return false;
    }
    if (!samples) return true;
    if (strspn(samples, "0123456789") == strlen(samples) && strlen(samples) < 8)
        options->samples = (size_t)atoi(samples);
    if (!options->samples)
        cli_complain(c, "--samples", "write a positive integer", "not a number of samples");
    return options->samples != 0;
}

static int run(cli *c)
{
    nalg_tangent_options options;
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
        code = nalg_tangent(c->ctx, &result, model, &options) == NALG_OK ? cli_answer(c, result, true)
                                                                         : cli_fail(c);
    }
    nalg_dataset_free(data);
    free(weights);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"weights", "FILE",
     "decimals, one for each parameter in the order of `show` (default: random ones of the seed)"},
    {"data", "FILE",
     "samples, a line each: the inputs, then targets, which are not used (default: random inputs of the "
     "seed)"},
    {"samples", "N", "number of random samples (default: inputs + parameters / outputs)"},
    {"ridge", "R", "of the effective dimension, relative to the largest eigenvalue (default 1e-3)"},
    {0},
};

const cli_command cli_command_tangent = {
    "tangent",
    "MODEL [--weights FILE] [--data FILE]",
    "the tangent kernel: which directions gradient descent can learn, and how fast",
    "J holds the derivatives of every output at every sample by every weight. The eigenvalues of J J^T are "
    "the speeds at which gradient flow\n"
    "lowers the error along their eigenvectors; the rank says how many directions of the data the model can "
    "move in at these weights. The rank\n"
    "is exact: weights and data are taken as rational numbers, modulo primes.",
    "neuroalg tangent mlp 2-3-1 x^2",
    options,
    run};
