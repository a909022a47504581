/* neuroalg equations: the equations that the functions of a model satisfy.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

#define MEMBER_BYTES ((size_t)1 << 24)

/* The ideal as text in place of the result. */
static int answer_export(cli *c, nalg_result *result, const char *format)
{
    char *text;
    const char *file = cli_value(c, "o");
    int code = CLI_OK;
    cli_progress_end();
    if (nalg_equations_export(c->ctx, &text, result, format) != NALG_OK) {
        code = cli_fail(c);
    } else {
        if (file) code = cli_write_file(c, file, text, strlen(text));
        else fputs(text, stdout);
        free(text);
    }
    nalg_result_free(result);
    return code;
}

static int run(cli *c)
{
    nalg_equations_options options;
    nalg_model *model;
    nalg_result *result;
    int code = CLI_USAGE;
    char *member = NULL;
    const char *path = cli_value(c, "member"), *degree = cli_value(c, "degree"), *format = cli_value(c, "export");
    nalg_equations_options_init(&options);
    if (degree) options.degree = strspn(degree, "0123456789") == strlen(degree) && strlen(degree) < 6 ? atoi(degree) : 0;
    if (format && strcmp(format, "m2") && strcmp(format, "singular")) return cli_complain(c, "--export", "write m2 (Macaulay2) or singular", "unknown format");
    if (!cli_model(c, &model)) return CLI_USAGE;
    if (!path || (member = cli_read_file(c, path, MEMBER_BYTES, &options.member_length, &code))) {
        options.member = member;
        code = CLI_OK;
        if (nalg_equations(c->ctx, &result, model, &options) != NALG_OK) {
            code = cli_fail(c);
        } else if (format && !c->json) {
            code = answer_export(c, result, format);
        } else {
            nalg_truth inside = nalg_result_truth(result, "member");
            code = cli_answer(c, result, true);
            if (code == CLI_OK && path && inside == NALG_FALSE) code = CLI_REJECTED;
        }
    }
    free(member);
    nalg_model_free(model);
    return code;
}

static const cli_option options[] = {
    {"degree", "K", "equations up to degree K, 1 to 40 (default 3)"},
    {"member", "FILE", "is this function in the closure? one polynomial in x1, x2, ... a line for each output; exit code 1 when it is not"},
    {"export", "m2|singular", "print the ideal as input of Macaulay2 or Singular"},
    {0},
};

const cli_command cli_command_equations = {
    "equations", "MODEL [--degree K] [--member FILE] [--export m2|singular]", "equations that the functions of a model satisfy",
    "The coefficients of a model's outputs are polynomials in its weights, and satisfy equations of their own. Printed are the number of\n"
    "conditions in each degree (the Hilbert function), a minimal set of equations up to degree K with exact integer coefficients, and the degree of\n"
    "the variety where these settle it. A function that violates one of them cannot be realised, not even approximately. `coordinates` says\n"
    "which coefficient c0, c1, ... is; coefficients that are linear in the others are listed apart as d0, d1, ...",
    "neuroalg equations mlp 2-2-1 x^3+x^2 --degree 3", options, run};
