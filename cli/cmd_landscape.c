/* neuroalg landscape: all critical points of the loss on data.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

#define FILE_BYTES ((size_t)1 << 28)

static int run(cli *c)
{
    nalg_landscape_options options;
    nalg_model *model;
    nalg_result *result;
    nalg_dataset *set = NULL;
    const char *path = cli_value(c, "data"), *weights_path = cli_value(c, "weights"),
               *limit = cli_value(c, "limit");
    char *text = NULL, *weights = NULL;
    size_t length = 0;
    int code = CLI_USAGE;
    nalg_landscape_options_init(&options);
    if (!path)
        return cli_complain(c, "--data", "give --data FILE.csv: inputs, then targets, one sample a line",
                            "landscape needs data");
    if (limit && (strspn(limit, "0123456789") != strlen(limit) || !*limit || strlen(limit) > 9))
        return cli_complain(c, "--limit", "write a whole number below 10^9", "an option is no number");
    options.limit = limit ? (size_t)atol(limit) : 0;
    options.strata = !cli_value(c, "no-strata");
    if (!cli_model(c, &model)) return CLI_USAGE;
    text = cli_read_file(c, path, FILE_BYTES, &length, &code);
    if (text && weights_path &&
        (weights = cli_read_file(c, weights_path, FILE_BYTES, &options.weights_length, &code)))
        options.weights = weights;
    if (text && (!weights_path || weights)) {
        nalg_status status = nalg_dataset_parse(c->ctx, &set, text, length, model);
        if (status == NALG_OK) {
            nalg_data data = nalg_dataset_view(set);
            status = nalg_landscape(c->ctx, &result, model, &data, &options);
        }
        code = status == NALG_OK ? cli_answer(c, result, true) : cli_fail(c);
    }
    free(text);
    free(weights);
    nalg_dataset_free(set);
    nalg_model_free(model);
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
