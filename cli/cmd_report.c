/* neuroalg report: one page about a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

/* Optional parts are tried on models of at most this many parameters, each for this long. */
#define SMALL_MODEL 40
#define PART_SECONDS 15.0

/* Each part takes the data of --data, or NULL. Most do not look at it, and ask with the defaults of their commands. */
#define PART(name, arguments)                                                                                                 \
    static nalg_status name(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_data *data)                 \
    {                                                                                                                         \
        (void)data;                                                                                                           \
        return nalg_##name arguments;                                                                                         \
    }
PART(show, (ctx, out, model))
PART(bounds, (ctx, out, model))
PART(dim, (ctx, out, model, NULL))
PART(degree, (ctx, out, model, NULL))
PART(fiber, (ctx, out, model, NULL))
PART(critical, (ctx, out, model, NULL))
PART(singular, (ctx, out, model, NULL))
PART(conserved, (ctx, out, model, NULL))
PART(equations, (ctx, out, model, NULL))
#undef PART

/* The parts that do look at it. */
#define DATA_PART(name)                                                                                                       \
    static nalg_status name(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_data *data)                 \
    {                                                                                                                         \
        nalg_##name##_options options;                                                                                        \
        nalg_##name##_options_init(&options);                                                                                 \
        options.data = data;                                                                                                  \
        return nalg_##name(ctx, out, model, &options);                                                                        \
    }
DATA_PART(flow)
DATA_PART(tangent)
#undef DATA_PART

/* Without sampling, which takes too long for a page. */
static nalg_status rlct(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_data *data)
{
    nalg_rlct_options options;
    (void)data;
    nalg_rlct_options_init(&options);
    options.estimate = NALG_ESTIMATE_NEVER;
    return nalg_rlct(ctx, out, model, &options);
}

/* Fewer targets than the command takes: a page should not keep its reader waiting. */
static nalg_status bias(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_data *data)
{
    nalg_bias_options options;
    (void)data;
    nalg_bias_options_init(&options);
    options.targets = 60;
    options.starts = 5;
    options.critical = false;
    return nalg_bias(ctx, out, model, &options);
}

/* Of a trained network too large for the rest: its nearest subnetworks, without path tracking. */
static nalg_status nearest(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    nalg_singular_options options;
    nalg_singular_options_init(&options);
    options.depth = 1;
    options.multiplicity = false;
    return nalg_singular(ctx, out, model, &options);
}

static bool is_trained(cli *c, const nalg_model *model)
{
    double *weights = malloc((nalg_model_parameters(model) + 1) * sizeof *weights);
    bool trained = weights && nalg_model_weights(c->ctx, weights, model) == NALG_OK;
    free(weights);
    return trained;
}

/* What a page is made of, in order. The first two are always there. */
static const struct {
    const char *name;
    nalg_status (*compute)(nalg_ctx *, nalg_result **, const nalg_model *, const nalg_data *);
} parts[] = {{"show", show}, {"dim", dim}, {"degree", degree}, {"fiber", fiber}, {"critical", critical}, {"singular", singular}, {"conserved", conserved}, {"flow", flow}, {"tangent", tangent}, {"bounds", bounds}, {"rlct", rlct}, {"equations", equations}, {"bias", bias}};
#define PARTS (sizeof parts / sizeof *parts)
#define ALWAYS 2

static bool listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *s = list; s && *s; s += strcspn(s, ","), s += *s == ',')
        if (strcspn(s, ",") == length && !strncmp(s, name, length)) return true;
    return false;
}

/* Every name of the list must be a part. */
static bool check_list(cli *c, const char *list)
{
    size_t found = 0, wanted = *list != '\0';
    for (const char *s = list; *s; s++) wanted += *s == ',';
    for (size_t i = 0; i < PARTS; i++) found += listed(list, parts[i].name);
    if (found == wanted) return true;
    cli_complain(c, "--sections", "write some of show,dim,degree,fiber,critical,singular,conserved,flow,tangent,bounds,rlct,equations,bias", "an unknown or repeated section");
    return false;
}

/* Results of all parts; optional ones that cannot be had in time, or not for this model, are left out. */
static nalg_status gather(cli *c, const nalg_model *model, const nalg_data *data, nalg_result **results, size_t *count)
{
    const char *list = cli_value(c, "sections");
    bool small = nalg_model_parameters(model) <= SMALL_MODEL;
    for (size_t i = 0; i < PARTS; i++) {
        bool always = i < ALWAYS, asked = list && listed(list, parts[i].name),
             near = !list && !small && !strcmp(parts[i].name, "singular") && is_trained(c, model);
        if (!always && !asked && !near && (list || !small)) continue;
        if (!always && !asked && !cli_value(c, "timeout")) nalg_ctx_set_timeout(c->ctx, PART_SECONDS);
        nalg_status status = near ? nearest(c->ctx, &results[*count], model) : parts[i].compute(c->ctx, &results[*count], model, data);
        if (!cli_value(c, "timeout")) nalg_ctx_set_timeout(c->ctx, 0);
        if (status == NALG_OK) ++*count;
        else if (always || asked || status == NALG_E_INTERRUPTED || status == NALG_E_MEMORY || status == NALG_E_INTERNAL) return status;
    }
    return NALG_OK;
}

/* With --data: the landscape and the chambers around the data. */
#define DATA_PARTS 2
#define PICTURE_SIZE 96

static nalg_status gather_data(cli *c, const nalg_model *model, const nalg_data *data, nalg_result **results, size_t *count)
{
    nalg_discriminant_options picture;
    nalg_discriminant_options_init(&picture);
    picture.size = PICTURE_SIZE;
    nalg_status status = nalg_landscape(c->ctx, &results[*count], model, data, NULL);
    if (status != NALG_OK) return status;
    ++*count;
    if (!cli_value(c, "timeout")) nalg_ctx_set_timeout(c->ctx, PART_SECONDS);
    status = nalg_discriminant(c->ctx, &results[*count], model, data, &picture);
    if (!cli_value(c, "timeout")) nalg_ctx_set_timeout(c->ctx, 0);
    if (status == NALG_OK) ++*count;
    /* Too little data has no picture. */
    return status == NALG_E_INTERRUPTED || status == NALG_E_MEMORY || status == NALG_E_INTERNAL ? status : NALG_OK;
}

static int write_report(cli *c, nalg_result *const *results, size_t count)
{
    const char *file = cli_value(c, "o") ? cli_value(c, "o") : "report.html";
    nalg_result *summary;
    char *html;
    size_t length;
    if (nalg_report(c->ctx, &summary, &html, &length, results, count, file) != NALG_OK) return cli_fail(c);
    int code = cli_write_file(c, file, html, length);
    free(html);
    if (!code) return cli_answer(c, summary, false);
    nalg_result_free(summary);
    return code;
}

static int run(cli *c)
{
    nalg_result *results[PARTS + DATA_PARTS] = {0};
    cli_inputs in;
    size_t count = 0;
    if (cli_value(c, "sections") && !check_list(c, cli_value(c, "sections"))) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    nalg_status status = in.data ? gather_data(c, in.model, in.data, results, &count) : NALG_OK;
    if (status == NALG_OK) status = gather(c, in.model, in.data, results, &count);
    code = status == NALG_OK ? write_report(c, results, count) : cli_fail(c);
    for (size_t i = 0; i < count; i++) nalg_result_free(results[i]);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"sections", "LIST", "which of degree,fiber,critical,singular,conserved,flow,tangent,bounds,rlct,equations,bias to add (default: all that a model of up to 40 parameters gives in 15 s each; of larger trained ones the nearest subnetworks)"},
    {"data", "FILE", "also the loss landscape on these samples (inputs, then targets), and how it changes with the targets; flow and tangent are those on them"},
    {0},
};

const cli_command cli_command_report = {
    "report", "MODEL [-o FILE.html]", "one readable page about a model",
    "Writes a self-contained HTML page (report.html unless -o says otherwise) that opens offline: the model as a diagram, what its dimension means,\n"
    "how many networks fit the data, which weights give the same function, what training conserves, sample bounds, and the evidence for each.",
    "neuroalg report mlp 3-2-1 x^3 -o report.html", options, run};
