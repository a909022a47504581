/* program(INSTRUCTIONS) [out=SHAPE]: any computation with sums, products, inverses and index maps; see
 * program.h. It is what an ONNX file becomes where it is none of the named layers. Its symmetries are those
 * of the products inside it (program_algebra.c). SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/program.h"

extern const nalg_layer_type nalg_layer_program;

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

const nalg_program *nalg_layer_program_of(const nalg_layer *layer)
{
    return layer->type == &nalg_layer_program ? &((const program_layer *)layer->data)->program : NULL;
}

static nalg_model_class class_of(const nalg_layer *layer)
{
    const nalg_program *p = nalg_layer_program_of(layer);
    uint64_t degrees;
    for (size_t i = 0; i < p->count; i++)
        if (p->item[i].op == NALG_PROGRAM_INVERSE)
            return NALG_CLASS_RATIONAL;                                 /* of weights, if not of the input */
    if (!nalg_program_degrees(p, &degrees)) return NALG_CLASS_RATIONAL; /* the widest class is never wrong */
    return degrees == 0 || degrees > 3 ? NALG_CLASS_POLYNOMIAL : NALG_CLASS_LINEAR;
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

/* The union over the program's degrees e of all sums of e degrees of the input. */
static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    uint64_t own, zero = 0;
    nalg_degrees all = {.known = true}, power;
    if (!nalg_program_degrees(nalg_layer_program_of(layer), &own)) return false;
    d->known = d->known && own;
    if (!d->known) return true;
    bool ok = nalg_degrees_copy(&power, &(nalg_degrees){&zero, 1, true});
    for (; ok && own; own >>= 1) {
        if (own & 1) ok = nalg_degrees_unite(&all, &power);
        if (ok && own > 1) ok = nalg_degrees_multiply(&power, d);
    }
    nalg_degrees_clear(&power);
    nalg_degrees_clear(ok ? d : &all);
    if (ok) *d = all;
    return ok;
}

static size_t own_count(const nalg_layer *layer)
{
    return nalg_program_symmetries(nalg_layer_program_of(layer), NULL);
}

static void own_field(const nalg_layer *layer, size_t index, nalg_vector_field *v)
{
    nalg_program_symmetry_field(nalg_layer_program_of(layer), layer->offset, index, v);
}

static void own_name(const nalg_layer *layer, nalg_text *out)
{
    nalg_program_symmetries(nalg_layer_program_of(layer), out);
    nalg_text_string(out, " between the factors of products");
}

static void absorb(const nalg_layer *layer, nalg_gauge *gauge)
{
    gauge->translations = false;
    if (gauge->order * gauge->block != nalg_shape_size(&layer->in) ||
        !nalg_program_absorbs(nalg_layer_program_of(layer)))
        gauge->algebra = NALG_ALGEBRA_NONE;
}

/* M (x) 1: entry (unit, r) of the input stands at unit * block + r. */
static void absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j,
                         nalg_vector_field *v)
{
    for (size_t r = 0; r < gauge->block; r++)
        nalg_program_absorb_field(nalg_layer_program_of(layer), layer->offset, i * gauge->block + r,
                                  j * gauge->block + r, gauge->factor, v);
}

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
                                            .absorb = absorb,
                                            .absorb_field = absorb_field,
                                            .own_count = own_count,
                                            .own_field = own_field,
                                            .own_name = own_name,
                                            .body = true};
