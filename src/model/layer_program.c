/* program(INSTRUCTIONS) [out=SHAPE]: any computation with sums, products, inverses and index maps; see
 * program.h. It is what an ONNX file becomes where it is none of the named layers. It supplies no symmetries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/program.h"

typedef struct {
    nalg_program program;
    nalg_shape out; /* rank 0: a vector */
} program_layer;

static nalg_status read_shape(nalg_ctx *ctx, nalg_span s, nalg_shape *out)
{
    nalg_span piece;
    while (nalg_span_cut(&s, 'x', &piece)) {
        if (out->rank == NALG_RANK_LIMIT)
            return nalg_span_fail(ctx, &piece, NALG_E_SHAPE, "write at most three numbers, such as out=1x8x8",
                                  "out= has too many axes");
        nalg_status status = nalg_span_size(ctx, &piece, NALG_WIDTH_LIMIT, "out", &out->dim[out->rank]);
        if (status != NALG_OK) return status;
        out->rank++;
    }
    return NALG_OK;
}

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    nalg_span shape;
    if (a->body.length == 0)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write program(w(3);mul(v1,x))",
                              "program needs its instructions in parentheses");
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(program_layer));
    if (status != NALG_OK) return status;
    program_layer *p = layer->data;
    if (nalg_arguments_option(a, "out", &shape)) status = read_shape(a->ctx, shape, &p->out);
    return status == NALG_OK ? nalg_program_parse(a->ctx, &p->program, a->body) : status;
}

static void clear(nalg_layer *layer)
{
    program_layer *p = layer->data;
    if (p) nalg_program_clear(&p->program);
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    program_layer *p = layer->data;
    char where[64];
    snprintf(where, sizeof where, "column %zu", layer->column);
    nalg_status status = nalg_program_check(ctx, &p->program, nalg_shape_size(&layer->in), where);
    if (status != NALG_OK) return status;
    size_t size = p->program.item[p->program.count - 1].size;
    layer->out = p->out.rank ? p->out : (nalg_shape){1, {size}};
    if (nalg_shape_size(&layer->out) != size)
        return nalg_layer_fail(ctx, layer, "write the shape of the last value",
                               "the program ends with %zu entries, which out= does not say", size);
    layer->parameters = p->program.weights;
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    const program_layer *p = layer->data;
    nalg_text_string(out, "program(");
    nalg_program_print(&p->program, out);
    nalg_text_string(out, ")");
    if (!p->out.rank) return;
    nalg_text_string(out, " out=");
    nalg_shape_print(&p->out, out);
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    const program_layer *p = layer->data;
    return nalg_program_lower(&p->program, g, input, layer->offset);
}

/* Degree in the input up to 2 (2: two or more), or 3 for a quotient, of every value. */
static uint8_t value_degree(const nalg_instruction *i, const uint8_t *degree)
{
    uint8_t a = nalg_program_operands(i) > 0 ? degree[i->a] : 0,
            b = nalg_program_operands(i) > 1 ? degree[i->b] : 0;
    uint8_t larger = a > b ? a : b;
    if (larger == 3) return 3;
    switch (i->op) {
    case NALG_PROGRAM_INPUT:
        return 1;
    case NALG_PROGRAM_INVERSE:
        return a ? 3 : 0;
    case NALG_PROGRAM_POWER:
        return a && i->exponent > 1 ? 2 : a;
    case NALG_PROGRAM_MULTIPLY:
    case NALG_PROGRAM_PRODUCT:
        return a + b > 2 ? 2 : (uint8_t)(a + b);
    default:
        return larger;
    }
}

static nalg_model_class class_of(const nalg_layer *layer)
{
    const nalg_program *p = &((const program_layer *)layer->data)->program;
    uint8_t *degree = nalg_array(p->count, 1), last;
    if (!degree) return NALG_CLASS_RATIONAL; /* the widest class is never wrong */
    bool quotient = false;
    for (size_t i = 0; i < p->count; i++) {
        degree[i] = value_degree(&p->item[i], degree);
        quotient = quotient || p->item[i].op == NALG_PROGRAM_INVERSE;
    }
    last = degree[p->count - 1];
    free(degree);
    if (quotient) return NALG_CLASS_RATIONAL; /* of weights, if not of the input */
    return last > 1 ? NALG_CLASS_POLYNOMIAL : NALG_CLASS_LINEAR;
}

static uint64_t exponent(const nalg_layer *layer)
{
    const nalg_program *p = &((const program_layer *)layer->data)->program;
    uint64_t largest = 1;
    for (size_t i = 1; i < p->count; i++)
        if (p->item[i].op == NALG_PROGRAM_POWER && p->item[i].exponent > largest)
            largest = p->item[i].exponent;
    return largest;
}

static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    (void)layer;
    d->known = false;
    return true;
}

extern const nalg_layer_type nalg_layer_program;
const nalg_layer_type nalg_layer_program = {.keyword = "program",
                                            .usage = "program(w(3);mul(v1,x)) [out=SHAPE] [share=NAME]",
                                            .configure = configure,
                                            .infer = infer,
                                            .print = print,
                                            .lower = lower,
                                            .clear = clear,
                                            .class_of = class_of,
                                            .exponent = exponent,
                                            .degrees = degrees,
                                            .body = true};
