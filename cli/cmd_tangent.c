/* neuroalg tangent: the tangent kernel at given weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_tangent_options options;
    nalg_result *result;
    cli_inputs in;
    nalg_tangent_options_init(&options);
    if (!cli_real(c, "ridge", &options.ridge) || !cli_count(c, "samples", &options.samples)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.data = in.data;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_tangent(c->ctx, &result, in.model, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"weights", "FILE",
     "decimals, one for each parameter in the order of `show` (default: random ones of the "
     "seed; of an ONNX file its own)"},
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
