/* Pipelines: parsing, shapes, printing, lowering.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/pipeline.h"
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

/* Words people write for layers that exist under another name or not at all. */
static const struct {
    const char *word, *hint;
} unanswered[] = {
    {"relu", "piecewise-linear activations are not polynomial; write x^2 or another polynomial"},
    {"leakyrelu", "piecewise-linear activations are not polynomial; write x^2 or another polynomial"},
    {"abs", "piecewise-linear activations are not polynomial; write x^2 or another polynomial"},
    {"softmax", "write a polynomial normaliser: attention ... norm=1+x"},
    {"tanh", "write a polynomial activation such as x^3+x"},
    {"sigmoid", "write a polynomial activation such as x^3+x"},
    {"gelu", "write a polynomial activation such as x^2+x"},
    {"maxpool", "max pooling is not polynomial; write sumpool"},
    {"fc", "write dense"},
    {"input", "`input SHAPE` stands once, at the start"},
};

bool nalg_span_cut_outside(nalg_span *rest, char separator, nalg_span *piece)
{
    if (!rest->text) return false;
    size_t depth = 0, i = 0;
    for (; i < rest->length && (depth || rest->text[i] != separator); i++)
        depth += (rest->text[i] == '(') - (size_t)(rest->text[i] == ')' && depth);
    *piece = (nalg_span){rest->text, rest->where, i};
    if (i < rest->length) *rest = (nalg_span){rest->text + i + 1, rest->where + i + 1, rest->length - i - 1};
    else *rest = (nalg_span){0};
    while (piece->length && piece->text[0] == ' ') *piece = (nalg_span){piece->text + 1, piece->where + 1, piece->length - 1};
    while (piece->length && piece->text[piece->length - 1] == ' ') piece->length--;
    return true;
}

static const nalg_layer_type *find_type(const nalg_span *keyword)
{
    for (size_t i = 0; nalg_layer_types[i]; i++)
        if (nalg_layer_types[i]->keyword && nalg_span_is(keyword, nalg_layer_types[i]->keyword)) return nalg_layer_types[i];
    return NULL;
}

/* A letter-word that is neither a layer nor the start of an activation. */
static bool unknown_word(const nalg_span *keyword)
{
    if (keyword->length == 0 || nalg_span_is(keyword, "generic") || nalg_span_is(keyword, "linear")) return false;
    for (size_t i = 0; i < keyword->length; i++)
        if (keyword->text[i] >= 'a' && keyword->text[i] <= 'w') return true;
    return false;
}

static nalg_status complain_unknown(nalg_ctx *ctx, const nalg_span *keyword)
{
    nalg_text known = {0};
    const char *hint = NULL;
    for (size_t i = 0; i < sizeof unanswered / sizeof *unanswered; i++)
        if (nalg_span_is(keyword, unanswered[i].word)) hint = unanswered[i].hint;
    nalg_text_string(&known, "layers are ");
    for (size_t i = 0; nalg_layer_types[i]; i++)
        if (nalg_layer_types[i]->keyword) nalg_text_format(&known, "%s, ", nalg_layer_types[i]->keyword);
    nalg_text_string(&known, "or an activation such as x^2");
    nalg_status status = nalg_span_fail(ctx, keyword, NALG_E_PARSE, hint ? hint : known.data, "unknown layer '%.*s'",
                                        keyword->length > 40 ? 40 : (int)keyword->length, keyword->text);
    nalg_text_clear(&known);
    return status;
}

static nalg_status read_share(nalg_arguments *a, nalg_layer *layer)
{
    nalg_span name;
    if (!nalg_arguments_option(a, "share", &name)) return NALG_OK;
    if (name.length == 0 || name.length >= sizeof layer->share)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write share=NAME with at most 31 letters", "the shared name is empty or too long");
    memcpy(layer->share, name.text, name.length);
    return NALG_OK;
}

static nalg_status parse_layer(nalg_ctx *ctx, nalg_pipeline *p, nalg_span stage)
{
    nalg_arguments a;
    nalg_status status = nalg_arguments_parse(ctx, &a, stage);
    if (status != NALG_OK) return status;
    if (!nalg_grow((void **)&p->layer, &p->capacity, p->count, sizeof *p->layer)) return nalg_fail_memory(ctx);
    nalg_layer *layer = &p->layer[p->count];
    *layer = (nalg_layer){.type = find_type(&a.keyword), .column = nalg_span_column(&stage)};
    if (!layer->type) {
        if (unknown_word(&a.keyword)) return complain_unknown(ctx, &a.keyword);
        layer->type = &nalg_layer_activation;
    } else if (a.body.length && layer->type->keyword && !layer->type->body) {
        return nalg_span_fail(ctx, &stage, NALG_E_PARSE, layer->type->usage, "'%s' takes no parentheses", layer->type->keyword);
    }
    p->count++;
    status = read_share(&a, layer);
    if (status == NALG_OK && layer->type->configure) status = layer->type->configure(layer, &a);
    return status == NALG_OK ? nalg_arguments_done(&a, layer->type->usage) : status;
}

nalg_status nalg_pipeline_parse(nalg_ctx *ctx, nalg_pipeline **out, nalg_span text)
{
    *out = NULL;
    nalg_pipeline *p = nalg_array_zero(1, sizeof *p);
    if (!p) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    nalg_span stage, whole = text;
    while (status == NALG_OK && nalg_span_cut_outside(&text, '|', &stage)) {
        if (stage.length == 0)
            status = nalg_span_fail(ctx, stage.where ? &stage : &whole, NALG_E_PARSE, "write a layer between the bars, such as dense 4",
                                    "a layer is missing");
        else if (p->count == NALG_LAYER_LIMIT)
            status = nalg_span_fail(ctx, &stage, NALG_E_LIMIT, "use fewer layers", "more than %d layers", NALG_LAYER_LIMIT);
        else status = parse_layer(ctx, p, stage);
    }
    if (status == NALG_OK) *out = p;
    else nalg_pipeline_free(p);
    return status;
}

void nalg_pipeline_free(nalg_pipeline *p)
{
    if (!p) return;
    for (size_t i = 0; i < p->count; i++) {
        if (p->layer[i].type->clear) p->layer[i].type->clear(&p->layer[i]);
        free(p->layer[i].data);
        nalg_pipeline_free(p->layer[i].inner);
    }
    free(p->layer);
    free(p);
}

nalg_status nalg_pipeline_infer(nalg_ctx *ctx, nalg_pipeline *p, nalg_shape in)
{
    p->in = p->out = in;
    for (size_t i = 0; i < p->count; i++) {
        nalg_layer *layer = &p->layer[i];
        layer->in = p->out;
        nalg_status status = layer->type->infer(ctx, layer);
        if (status != NALG_OK) return status;
        if (nalg_shape_size(&layer->out) > NALG_TENSOR_LIMIT || layer->parameters > NALG_TENSOR_LIMIT)
            return nalg_layer_fail(ctx, layer, "use smaller widths", "this layer has more than %llu entries", (unsigned long long)NALG_TENSOR_LIMIT);
        p->out = layer->out;
    }
    return NALG_OK;
}

void nalg_pipeline_print(const nalg_pipeline *p, nalg_text *out)
{
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        nalg_text_string(out, i ? " | " : "");
        layer->type->print(layer, out);
        if (layer->share[0]) nalg_text_format(out, " share=%s", layer->share);
    }
}

int nalg_pipeline_lower(const nalg_pipeline *p, nalg_graph *g, int input)
{
    for (size_t i = 0; i < p->count; i++) input = p->layer[i].type->lower(&p->layer[i], g, input);
    return input;
}

bool nalg_pipeline_degrees(const nalg_pipeline *p, nalg_degrees *d)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->layer[i].type->degrees && !p->layer[i].type->degrees(&p->layer[i], d)) return false;
    return true;
}

uint64_t nalg_pipeline_exponent(const nalg_pipeline *p)
{
    uint64_t largest = 1;
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        uint64_t e = layer->inner ? nalg_pipeline_exponent(layer->inner) : layer->type->exponent ? layer->type->exponent(layer) : 1;
        largest = e > largest ? e : largest;
    }
    return largest;
}

nalg_model_class nalg_pipeline_class(const nalg_pipeline *p)
{
    nalg_model_class worst = NALG_CLASS_LINEAR;
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer_type *type = p->layer[i].type;
        nalg_model_class c = type->class_of ? type->class_of(&p->layer[i]) : NALG_CLASS_LINEAR;
        worst = c > worst ? c : worst;
    }
    return worst;
}
