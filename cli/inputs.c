/* What most commands take: a model, weights for it, samples for it, and options that are numbers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "cli.h"

#define FILE_BYTES ((size_t)1 << 30)
#define NUMBER_DIGITS 9

static bool refuse_option(cli *c, const char *name, const char *hint, const char *what)
{
    char where[32];
    snprintf(where, sizeof where, "--%s", name);
    cli_complain(c, where, hint, what);
    return false;
}

bool cli_number(cli *c, const char *name, size_t *out)
{
    const char *value = cli_value(c, name);
    if (!value) return true;
    if (!*value || strspn(value, "0123456789") != strlen(value) || strlen(value) > NUMBER_DIGITS)
        return refuse_option(c, name, "write a whole number below 10^9", "an option is no number");
    *out = (size_t)atol(value);
    return true;
}

bool cli_count(cli *c, const char *name, size_t *out)
{
    size_t count = 1;
    if (!cli_number(c, name, &count)) return false;
    if (!count) return refuse_option(c, name, "write a positive whole number", "an option is zero");
    if (cli_value(c, name)) *out = count;
    return true;
}

bool cli_count_int(cli *c, const char *name, int *out)
{
    size_t count = 0;
    if (!cli_count(c, name, &count)) return false;
    if (count) *out = (int)count;
    return true;
}

bool cli_real(cli *c, const char *name, double *out)
{
    const char *value = cli_value(c, name);
    char *end;
    if (!value) return true;
    *out = strtod(value, &end);
    if (end != value && !*end && *out > 0 && isfinite(*out)) return true;
    return refuse_option(c, name, "write a positive number such as 0.01", "an option is no positive number");
}

int cli_data(cli *c, nalg_dataset **out, const char *name, const nalg_model *model)
{
    size_t length;
    int code = CLI_OK;
    if (!cli_value(c, name)) return CLI_OK;
    char *text = cli_read_file(c, cli_value(c, name), FILE_BYTES, &length, &code);
    if (text && nalg_dataset_parse(c->ctx, out, text, length, model) != NALG_OK) code = cli_fail(c);
    free(text);
    return code;
}

int cli_inputs_read(cli *c, cli_inputs *out)
{
    const char *weights = cli_value(c, "weights");
    cli_inputs in = {0};
    int code = cli_model(c, &in.model) ? CLI_OK : CLI_USAGE;
    if (!code && weights) in.weights = cli_read_file(c, weights, FILE_BYTES, &in.weights_length, &code);
    if (!code) code = cli_data(c, &in.set, "data", in.model);
    if (code) {
        cli_inputs_free(&in);
        return code;
    }
    *out = in;
    if (in.set) {
        out->view = nalg_dataset_view(in.set);
        out->data = &out->view;
    }
    return CLI_OK;
}

void cli_inputs_free(cli_inputs *in)
{
    nalg_dataset_free(in->set);
    free(in->weights);
    nalg_model_free(in->model);
}
