/* From a phrase to a model: white space, families, shared weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/model.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

#define PHRASE_LIMIT 4194304

/* The phrase in lower case, without white space around the characters that bind, and the column of every character. */
typedef struct {
    char *text;
    uint32_t *where;
    size_t length;
} phrase;

static bool binds(char c)
{
    return c && strchr("=,*|+^/", c);
}

static void drop_trailing_space(phrase *p)
{
    while (p->length && p->text[p->length - 1] == ' ') p->length--;
}

static nalg_status normalise(nalg_ctx *ctx, phrase *p, const char *text, size_t length)
{
    if (length > PHRASE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "write a shorter phrase", "the phrase has %zu characters, more than %d", length, PHRASE_LIMIT);
    p->text = nalg_array_zero(length + 1, 1);
    p->where = nalg_array_zero(length + 1, sizeof *p->where);
    if (!p->text || !p->where) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        char where[64];
        if (c == '\0' || (c < ' ' && !isspace(c)) || c > 126) {
            snprintf(where, sizeof where, "column %zu", i + 1);
            return nalg_fail(ctx, NALG_E_PARSE, where, "use plain ASCII text", "a character with code %u is not part of the language", c);
        }
        bool space = isspace(c), spaced_minus = c == '-' && i + 1 < length && isspace((unsigned char)text[i + 1]);
        if (space && (p->length == 0 || p->text[p->length - 1] == ' ' || binds(p->text[p->length - 1]))) continue;
        if (space && p->text[p->length - 1] == '-') continue;
        if (binds((char)c) || spaced_minus) drop_trailing_space(p);
        p->where[p->length] = (uint32_t)i;
        p->text[p->length++] = (char)(space ? ' ' : tolower(c));
    }
    drop_trailing_space(p);
    p->text[p->length] = '\0';
    p->where[p->length] = (uint32_t)length;
    if (p->length == 0)
        return nalg_fail(ctx, NALG_E_PARSE, "column 1", "write a model such as mlp 2-3-1 x^2", "the model is empty");
    return NALG_OK;
}

static nalg_status check_parentheses(nalg_ctx *ctx, const phrase *p)
{
    size_t depth = 0, open = 0;
    for (size_t i = 0; i < p->length; i++) {
        nalg_span at = {p->text + i, p->where + i, 1};
        if (p->text[i] == '(' && depth++ == 0) open = i;
        if (depth > NALG_NESTING_LIMIT)
            return nalg_span_fail(ctx, &at, NALG_E_LIMIT, "use fewer nested blocks", "parentheses are nested more than %d deep", NALG_NESTING_LIMIT);
        if (p->text[i] == ')' && depth-- == 0)
            return nalg_span_fail(ctx, &at, NALG_E_PARSE, "remove it or open one before", "a parenthesis is closed that was not opened");
    }
    nalg_span at = {p->text + open, p->where + open, 1};
    return depth ? nalg_span_fail(ctx, &at, NALG_E_PARSE, "close it with )", "a parenthesis is not closed") : NALG_OK;
}

/* `input 1x8x8`. */
static nalg_status parse_input(nalg_ctx *ctx, nalg_span stage, nalg_shape *shape)
{
    const char *hint = "start with the input's shape: input 3 | dense 4 | x^2 | dense 1, or with mlp, linear, cnn, gcnn, attention";
    nalg_span piece, keyword;
    nalg_span_cut(&stage, ' ', &keyword);
    if (!nalg_span_is(&keyword, "input"))
        return nalg_span_fail(ctx, &keyword, NALG_E_PARSE, hint, "unknown model '%.*s'", keyword.length > 40 ? 40 : (int)keyword.length, keyword.text);
    if (!stage.text) return nalg_span_fail(ctx, &keyword, NALG_E_PARSE, hint, "the input's shape is missing");
    *shape = (nalg_shape){0};
    while (nalg_span_cut(&stage, 'x', &piece)) {
        if (shape->rank == NALG_RANK_LIMIT)
            return nalg_span_fail(ctx, &piece, NALG_E_SHAPE, "write at most three numbers, such as 1x8x8", "the input has too many axes");
        nalg_status status = nalg_span_size(ctx, &piece, NALG_WIDTH_LIMIT, "input size", &shape->dim[shape->rank]);
        if (status != NALG_OK) return status;
        shape->rank++;
    }
    if (nalg_shape_size(shape) > NALG_TENSOR_LIMIT)
        return nalg_span_fail(ctx, &keyword, NALG_E_LIMIT, "use a smaller input", "the input has more than %llu entries", (unsigned long long)NALG_TENSOR_LIMIT);
    return NALG_OK;
}

typedef struct {
    nalg_layer *first[NALG_LAYER_LIMIT];
    size_t count, parameters;
} share_table;

/* Give every layer its place in the parameter vector; layers of one name share the place of the first. */
static nalg_status assign_offsets(nalg_ctx *ctx, nalg_pipeline *p, share_table *table)
{
    for (size_t i = 0; i < p->count; i++) {
        nalg_layer *layer = &p->layer[i], *same = NULL;
        if (layer->inner) {
            nalg_status status = assign_offsets(ctx, layer->inner, table);
            if (status != NALG_OK) return status;
            continue;
        }
        for (size_t j = 0; layer->share[0] && j < table->count; j++)
            if (!strcmp(table->first[j]->share, layer->share)) same = table->first[j];
        if (same && (same->type != layer->type || same->parameters != layer->parameters || !nalg_shape_equal(&same->in, &layer->in)))
            return nalg_layer_fail(ctx, layer, "share weights between layers of one kind with the same shapes",
                                   "the layers named '%s' have different shapes", layer->share);
        layer->offset = same ? same->offset : table->parameters;
        if (same) layer->tied = same->tied = true;
        else table->parameters += layer->parameters;
        if (layer->share[0] && !same && table->count < NALG_LAYER_LIMIT) table->first[table->count++] = layer;
    }
    return NALG_OK;
}

static nalg_status share_weights(nalg_ctx *ctx, nalg_model *m)
{
    share_table *table = nalg_array_zero(1, sizeof *table);
    if (!table) return nalg_fail_memory(ctx);
    nalg_status status = assign_offsets(ctx, m->layers, table);
    m->parameters = table->parameters;
    free(table);
    if (status == NALG_OK && m->parameters == 0)
        status = nalg_fail(ctx, NALG_E_SHAPE, NULL, "add a layer with weights, such as dense 2", "the model has no parameters");
    if (status == NALG_OK && m->parameters > NALG_TENSOR_LIMIT)
        status = nalg_fail(ctx, NALG_E_LIMIT, NULL, "use smaller widths", "the model has more than %llu parameters", (unsigned long long)NALG_TENSOR_LIMIT);
    return status;
}

/* m->layers from a pipeline text that starts with its input stage. */
static nalg_status build(nalg_ctx *ctx, nalg_model *m, nalg_span text)
{
    nalg_span stage;
    nalg_shape in;
    nalg_span whole = text;
    nalg_span_cut_outside(&text, '|', &stage);
    if (stage.length == 0) return nalg_span_fail(ctx, &whole, NALG_E_PARSE, "start with input 3 |", "the input stage is missing");
    nalg_status status = parse_input(ctx, stage, &in);
    if (status != NALG_OK) return status;
    if (!text.text) return nalg_span_fail(ctx, &stage, NALG_E_PARSE, "write input 3 | dense 1", "the model has no layers");
    status = nalg_pipeline_parse(ctx, &m->layers, text);
    if (status == NALG_OK) status = nalg_pipeline_infer(ctx, m->layers, in);
    if (status == NALG_OK) status = share_weights(ctx, m);
    if (status != NALG_OK) return status;
    nalg_text canonical = {0};
    nalg_text_string(&canonical, "input ");
    nalg_shape_print(&in, &canonical);
    nalg_text_string(&canonical, " | ");
    nalg_pipeline_print(m->layers, &canonical);
    size_t length = canonical.length;
    m->pipeline = nalg_text_take(&canonical);
    if (!m->pipeline) return nalg_fail_memory(ctx);
    if (length <= PHRASE_LIMIT) return NALG_OK;
    return nalg_fail(ctx, NALG_E_LIMIT, NULL, "write a shorter activation or fewer layers", "written out, the model has %zu characters, more than %d", length, PHRASE_LIMIT);
}

/* The phrase as given, with its outer white space removed. */
static char *trimmed(const char *text, size_t length)
{
    while (length && isspace((unsigned char)*text)) text++, length--;
    while (length && isspace((unsigned char)text[length - 1])) length--;
    nalg_text copy = {0};
    nalg_text_append(&copy, text, length);
    return nalg_text_take(&copy);
}

nalg_status nalg_model_parse(nalg_ctx *ctx, nalg_model **out, const char *text, size_t length)
{
    phrase given = {0};
    char *pipeline = NULL;
    uint32_t *where = NULL;
    nalg_model *m = nalg_array_zero(1, sizeof *m);
    nalg_status status = m ? normalise(ctx, &given, text, length) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = check_parentheses(ctx, &given);
    nalg_span span = {given.text, given.where, given.length};
    if (status == NALG_OK) status = nalg_family_expand(ctx, &pipeline, &where, span);
    if (status == NALG_OK && pipeline) span = (nalg_span){pipeline, where, strlen(pipeline)};
    if (status == NALG_OK) status = build(ctx, m, span);
    if (status == NALG_OK && !(m->spec = trimmed(text, length))) status = nalg_fail_memory(ctx);
    free(given.text);
    free(given.where);
    free(pipeline);
    free(where);
    if (status == NALG_OK) *out = m;
    else nalg_model_free(m);
    return status;
}

void nalg_model_free(nalg_model *model)
{
    if (!model) return;
    nalg_pipeline_free(model->layers);
    for (size_t i = 0; i < model->tensors; i++) {
        free(model->tensor[i].name);
        free(model->tensor[i].place);
    }
    free(model->tensor);
    nalg_weights_clear(&model->trained);
    json_decref(model->source);
    free(model->pipeline);
    free(model->spec);
    free(model);
}

size_t nalg_model_parameters(const nalg_model *model)
{
    return model->parameters;
}

const char *nalg_model_pipeline(const nalg_model *model)
{
    return model->pipeline;
}

nalg_status nalg_model_lower(nalg_ctx *ctx, const nalg_model *model, nalg_graph *g, int *output)
{
    int input = nalg_graph_input(g, 0, nalg_shape_size(&model->layers->in), true);
    *output = nalg_pipeline_lower(model->layers, g, input);
    return g->failed ? nalg_fail_memory(ctx) : NALG_OK;
}

/* Degree in the inputs, or in the weights with the inputs fixed. */
static nalg_status degree_in(nalg_ctx *ctx, const nalg_model *model, bool weights, uint64_t *numerator, uint64_t *denominator)
{
    nalg_graph g;
    int output;
    nalg_graph_init(&g);
    nalg_status status = nalg_model_lower(ctx, model, &g, &output);
    uint64_t *n = nalg_array(g.count, sizeof *n), *d = nalg_array(g.count, sizeof *d);
    if (status == NALG_OK && (!n || !d)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; weights && i < g.count; i++)
            if (g.node[i].op == NALG_OP_INPUT) g.node[i].op = NALG_OP_CONSTANT; /* inputs are fixed numbers here */
        nalg_graph_degree(&g, weights, n, d);
        *numerator = n[output];
        *denominator = d[output];
    }
    free(n);
    free(d);
    nalg_graph_clear(&g);
    return status;
}

nalg_status nalg_model_degree(nalg_ctx *ctx, const nalg_model *model, uint64_t *numerator, uint64_t *denominator)
{
    return degree_in(ctx, model, false, numerator, denominator);
}

nalg_status nalg_model_weight_degree(nalg_ctx *ctx, const nalg_model *model, uint64_t *numerator, uint64_t *denominator)
{
    return degree_in(ctx, model, true, numerator, denominator);
}

uint64_t nalg_model_exponent(const nalg_model *model)
{
    return nalg_pipeline_exponent(model->layers);
}
