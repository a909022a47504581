/* dense N [bias]: y = W x (+ b) on a vector. Parameters: W row by row, then b.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"

typedef struct {
    size_t width;
    bool bias;
} dense;

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(dense));
    if (status != NALG_OK) return status;
    dense *d = layer->data;
    nalg_span width;
    d->bias = nalg_arguments_flag(a, "bias");
    if (!nalg_arguments_next(a, &width))
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write the number of outputs: dense 4", "dense needs a width");
    return nalg_span_size(a->ctx, &width, NALG_WIDTH_LIMIT, "width", &d->width);
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    const dense *d = layer->data;
    if (layer->in.rank != 1)
        return nalg_layer_fail(ctx, layer, "put `flatten |` before it", "dense needs a vector as its input, not a tensor of rank %zu", layer->in.rank);
    layer->out = (nalg_shape){1, {d->width}};
    layer->parameters = d->width * (layer->in.dim[0] + d->bias);
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    const dense *d = layer->data;
    nalg_text_format(out, "dense %zu%s", d->width, d->bias ? " bias" : "");
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    const dense *d = layer->data;
    size_t n = layer->in.dim[0], m = d->width;
    int product = nalg_graph_product(g, nalg_graph_parameter(g, layer->offset, m * n), false, input, false, m, n, 1);
    return d->bias ? nalg_graph_add(g, product, nalg_graph_parameter(g, layer->offset + m * n, m)) : product;
}

bool nalg_dense_has_bias(const nalg_layer *layer)
{
    return ((const dense *)layer->data)->bias;
}

static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    return !nalg_dense_has_bias(layer) || nalg_degrees_add_constant(d);
}

static size_t bias_at(const nalg_layer *layer)
{
    return layer->offset + layer->out.dim[0] * layer->in.dim[0];
}

static void emit(const nalg_layer *layer, nalg_gauge *gauge)
{
    *gauge = (nalg_gauge){NALG_ALGEBRA_GL, layer->out.dim[0], 1, 1, nalg_dense_has_bias(layer)};
}

/* E_ij y: row j of (W, b) is added to row i. */
static void emit_field(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v)
{
    size_t n = layer->in.dim[0];
    for (size_t k = 0; k < n; k++) nalg_vector_field_add(v, layer->offset + i * n + k, (int64_t)(layer->offset + j * n + k), 1);
    if (nalg_dense_has_bias(layer)) nalg_vector_field_add(v, bias_at(layer) + i, (int64_t)(bias_at(layer) + j), 1);
}

static void emit_translation(const nalg_layer *layer, size_t i, nalg_vector_field *v)
{
    nalg_vector_field_add(v, bias_at(layer) + i, -1, 1);
}

static void absorb(const nalg_layer *layer, nalg_gauge *gauge)
{
    gauge->translations = gauge->translations && nalg_dense_has_bias(layer);
}

/* x + e (M (x) 1) x is undone by W - e W (M (x) 1): column (j, r) loses column (i, r). */
static void absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v)
{
    size_t n = layer->in.dim[0];
    for (size_t o = 0; o < layer->out.dim[0]; o++)
        for (size_t r = 0; r < gauge->block; r++) {
            size_t row = layer->offset + o * n;
            nalg_vector_field_add(v, row + j * gauge->block + r, (int64_t)(row + i * gauge->block + r), -gauge->factor);
        }
}

static void absorb_translation(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, nalg_vector_field *v)
{
    size_t n = layer->in.dim[0];
    for (size_t o = 0; o < layer->out.dim[0]; o++)
        nalg_vector_field_add(v, bias_at(layer) + o, (int64_t)(layer->offset + o * n + i), -gauge->factor);
}

const nalg_layer_type nalg_layer_dense = {
    .keyword = "dense", .usage = "dense WIDTH [bias] [share=NAME]", .configure = configure, .infer = infer, .print = print,
    .lower = lower, .degrees = degrees, .emit = emit, .emit_field = emit_field, .emit_translation = emit_translation, .absorb = absorb,
    .absorb_field = absorb_field, .absorb_translation = absorb_translation};
