/* neuroalg export: a model's polynomials as input of another system.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "commands.h"

/* The file to standard output; with -o to the file, and the answer to standard output; with --json all in one object. */
static int answer(cli *c, nalg_result *result, const char *text)
{
    const char *file = cli_value(c, "o");
    cli_progress_end();
    if (!file && !c->json) {
        fputs(text, stdout);
        nalg_result_free(result);
        return CLI_OK;
    }
    int code = file ? cli_write_file(c, file, text, strlen(text)) : CLI_OK;
    if (code == CLI_OK) return cli_answer(c, result, false);
    nalg_result_free(result);
    return code;
}

/* What is no number of a prime's size is read as 1, which the library refuses. */
static int read_modulus(const char *text)
{
    if (!*text || strlen(text) > 10 || strspn(text, "0123456789") != strlen(text)) return 1;
    long value = atol(text);
    return value <= INT_MAX ? (int)value : 1;
}

static int run(cli *c)
{
    nalg_export_options options;
    nalg_model *model;
    nalg_result *result;
    char *text;
    const char *modulus = cli_value(c, "modulus");
    nalg_export_options_init(&options);
    if (!cli_value(c, "to")) return cli_complain(c, "--to", "write --to m2, singular, msolve, hc, sage, bertini or phc", "export needs the name of a system");
    options.to = cli_value(c, "to");
    if (cli_value(c, "what")) options.what = cli_value(c, "what");
    if (cli_value(c, "metric")) options.metric = cli_value(c, "metric");
    if (modulus) options.modulus = read_modulus(modulus);
    options.keep_text = c->json && !cli_value(c, "o");
    if (!cli_model(c, &model)) return CLI_USAGE;
    int code = nalg_export(c->ctx, &result, &text, model, &options) == NALG_OK ? CLI_OK : cli_fail(c);
    nalg_model_free(model);
    if (code != CLI_OK) return code;
    code = answer(c, result, text);
    free(text);
    return code;
}

static const cli_option options[] = {
    {"to", "SYSTEM", "m2 (Macaulay2), singular, msolve, hc (HomotopyContinuation.jl), sage, bertini or phc (PHCpack)"},
    {"what", "KIND", "param, interpolation (default) or critical"},
    {"metric", "NAME", "critical: unit, bombieri, gaussian, generic (default) or data"},
    {"modulus", "P", "m2, singular, sage: compute modulo this prime, 101 to 32749 (default 32003); msolve: up to 31 bits (default 1073741827); 0: in the rational numbers"},
    {0},
};

const cli_command cli_command_export = {
    "export", "MODEL --to SYSTEM [--what param|interpolation|critical] [-o FILE]", "a model's polynomials as input of another system",
    "param: the coefficients of the outputs as polynomials in the weights, and how their image is computed. interpolation: the networks through\n"
    "as many random points as there are dimensions. critical: the critical points of squared distance to a random function. All numbers are exact.\n"
    "Comments in the file say how to run it and which answer of neuroalg to compare with.",
    "neuroalg export cnn k=2,2 x^2 --to m2 --what interpolation", options, run};
