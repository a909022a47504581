/* neuroalg flow: training by gradient flow.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static bool read_options(cli *c, nalg_flow_options *options)
{
    nalg_flow_options_init(options);
    if (cli_value(c, "match") && cli_value(c, "no-match")) {
        cli_complain(c, "--match", "give one of the two",
                     "a list of critical points is wanted and not wanted");
        return false;
    }
    if (cli_value(c, "loss")) options->loss = cli_value(c, "loss");
    if (cli_value(c, "match")) options->match = NALG_MATCH_ALWAYS;
    if (cli_value(c, "no-match")) options->match = NALG_MATCH_NEVER;
    return cli_count_int(c, "starts", &options->starts) && cli_count(c, "samples", &options->samples) &&
           cli_real(c, "gd", &options->descent_step) && cli_real(c, "scale", &options->scale) &&
           cli_real(c, "time", &options->time_limit);
}

static int run(cli *c)
{
    nalg_flow_options options;
    nalg_result *result;
    cli_inputs in;
    if (!read_options(c, &options)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.data = in.data;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_flow(c->ctx, &result, in.model, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"data", "FILE", "samples, a line each: the inputs, then the targets (default: random data of the seed)"},
    {"samples", "N", "number of random samples (default: inputs + parameters / outputs)"},
    {"loss", "L",
     "squared (default), or cross-entropy: outputs through a softmax, targets are probabilities"},
    {"starts", "N", "random starts, 1 to 1000 (default 16, of an ONNX file its weights)"},
    {"scale", "S", "of the random starts: variance S^2 / fan-in (default 1)"},
    {"weights", "FILE",
     "decimals, one for each parameter in the order of `show`: the only start (default for an ONNX file: its "
     "weights)"},
    {"gd", "STEP", "also gradient descent with this step from the same starts"},
    {"match", NULL,
     "match the ends with all critical points, found by `landscape` (default for models of up to 10 "
     "weights)"},
    {"no-match", NULL, "do not look for critical points that no start reaches"},
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
    "a 95 % interval. For linear networks and small models they are matched with the list of all critical "
    "points. Quantities that exact flow conserves (see `conserved`) are watched; their drift "
    "measures the error of the integration.",
    "neuroalg flow linear 3-2-3 --starts 100",
    options,
    run};
