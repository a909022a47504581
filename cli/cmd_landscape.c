/* neuroalg landscape: all critical points of the loss on data.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_landscape_options options;
    nalg_result *result;
    cli_inputs in;
    nalg_landscape_options_init(&options);
    if (!cli_value(c, "data"))
        return cli_complain(c, "--data", "give --data FILE.csv: inputs, then targets, one sample a line",
                            "landscape needs data");
    options.strata = !cli_value(c, "no-strata");
    if (!cli_number(c, "limit", &options.limit)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_landscape(c->ctx, &result, in.model, in.data, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"data", "FILE", "samples, one a line: the model's inputs, then its targets"},
    {"weights", "FILE", "trained weights: where they are in the list"},
    {"no-strata", NULL, "leave out the critical points of subnetworks"},
    {"limit", "N", "most critical points kept"},
    {0},
};

const cli_command cli_command_landscape = {
    "landscape",
    "MODEL --data FILE [--weights FILE]",
    "every critical point of the loss on your data, and the global minimum",
    "The loss is the sum over the samples of |f(x) - y|^2. A generic instance of the same size is solved by "
    "monodromy and followed to the data, for\n"
    "the model and for its subnetworks. Real critical points are listed with loss, Hessian index, kind "
    "(pure: critical in function space; spurious:\n"
    "only because of the parametrisation) and weights; proofs of existence by Krawczyk's test. What is "
    "special about the data is said.",
    "neuroalg landscape cnn k=2,2 x^2 --data examples/data/cnn_2_2.csv",
    options,
    run};
