/* neuroalg report: one page about a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "commands.h"

static nalg_status show(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    return nalg_show(ctx, out, model);
}

static nalg_status dim(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    return nalg_dim(ctx, out, model, NULL);
}

/* What a page is made of, in order. */
static nalg_status (*const parts[])(nalg_ctx *, nalg_result **, const nalg_model *) = {show, dim};
#define PARTS (sizeof parts / sizeof *parts)

static int run(cli *c)
{
    nalg_model *model;
    nalg_result *results[PARTS] = {0}, *summary;
    const char *file = cli_value(c, "o") ? cli_value(c, "o") : "report.html";
    char *html;
    size_t length, count = 0;
    int code = CLI_OK;
    if (!cli_model(c, &model)) return CLI_USAGE;
    nalg_status status = NALG_OK;
    while (count < PARTS && status == NALG_OK) {
        status = parts[count](c->ctx, &results[count], model);
        count += status == NALG_OK;
    }
    if (status == NALG_OK) status = nalg_report(c->ctx, &summary, &html, &length, results, count, file);
    if (status != NALG_OK) {
        code = cli_fail(c);
    } else {
        code = cli_write_file(c, file, html, length);
        free(html);
        if (code) nalg_result_free(summary);
        else code = cli_answer(c, summary, false);
    }
    for (size_t i = 0; i < count; i++) nalg_result_free(results[i]);
    nalg_model_free(model);
    return code;
}

const cli_command cli_command_report = {
    "report", "MODEL [-o FILE.html]", "one readable page about a model",
    "Writes a self-contained HTML page (report.html unless -o says otherwise) that opens offline: the model as a diagram, what its dimension means,\n"
    "the evidence and how to check it again.",
    "neuroalg report mlp 4-5-5-5-1 x^2 -o report.html", NULL, run};
