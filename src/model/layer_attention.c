/* attention a=A: Y = sum over heads of V X phi(X^T K^T Q X) on an input X of d features by t tokens. Without norm= phi is the
 * identity (lightning attention); norm=p applies the polynomial p to the scores and divides every column by its sum.
 * Parameters, head by head: Q (a x d), K (a x d), then V (d' x d), or O (d' x dv) and V' (dv x d) with dv=.
 * Source: Henry, Marchetti, Kohn, Geometry of lightning self-attention (arXiv 2408.17221).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(nalg_attention));
    if (status != NALG_OK) return status;
    nalg_attention *h = layer->data;
    nalg_span norm;
    h->heads = 1;
    status = nalg_arguments_size(a, "a", &h->score);
    if (status == NALG_OK && h->score == 0)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write attention a=2", "attention needs the width a of queries and keys");
    if (status == NALG_OK) status = nalg_arguments_size(a, "out", &h->out);
    if (status == NALG_OK) status = nalg_arguments_size(a, "heads", &h->heads);
    if (status == NALG_OK) status = nalg_arguments_size(a, "dv", &h->value);
    if (status == NALG_OK && nalg_arguments_option(a, "norm", &norm) && norm.length) {
        status = nalg_rational_function_parse(a->ctx, &h->norm, norm.text, norm.length, norm.where[0]);
        h->normalised = status == NALG_OK;
    }
    return status;
}

static void clear(nalg_layer *layer)
{
    nalg_attention *h = layer->data;
    if (h && h->normalised) nalg_rational_function_clear(&h->norm);
}

const nalg_attention *nalg_attention_data(const nalg_layer *layer)
{
    return layer->type == &nalg_layer_attention ? layer->data : NULL;
}

/* Offsets of one head's matrices inside the layer. */
typedef struct {
    size_t q, k, v, o; /* o: only with dv; then v is V' */
    size_t length;     /* parameters of a head */
} head_layout;

static head_layout layout(const nalg_layer *layer, size_t head)
{
    const nalg_attention *h = layer->data;
    size_t d = layer->in.dim[0], scores = h->score * d, out = layer->out.dim[0];
    size_t length = 2 * scores + (h->value ? h->value * (out + d) : out * d);
    size_t q = layer->offset + head * length, value = q + 2 * scores;
    return (head_layout){q, q + scores, h->value ? value + out * h->value : value, value, length};
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    const nalg_attention *h = layer->data;
    if (layer->in.rank != 2)
        return nalg_layer_fail(ctx, layer, "write the input as FEATURESxTOKENS: input 3x4", "attention needs a matrix of features by tokens");
    layer->out = (nalg_shape){2, {h->out ? h->out : layer->in.dim[0], layer->in.dim[1]}};
    uint64_t bound = (uint64_t)h->heads * (2 * h->score + h->value + layer->out.dim[0]);
    if (bound > NALG_TENSOR_LIMIT || bound * (layer->in.dim[0] + layer->out.dim[0]) > NALG_TENSOR_LIMIT)
        return nalg_layer_fail(ctx, layer, "use smaller widths", "this layer has too many parameters");
    layer->parameters = h->heads * layout(layer, 0).length;
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    const nalg_attention *h = layer->data;
    nalg_text_format(out, "attention a=%zu", h->score);
    if (layer->out.dim[0] != layer->in.dim[0]) nalg_text_format(out, " out=%zu", layer->out.dim[0]);
    if (h->heads > 1) nalg_text_format(out, " heads=%zu", h->heads);
    if (h->value) nalg_text_format(out, " dv=%zu", h->value);
    if (h->normalised) {
        nalg_text_string(out, " norm=");
        nalg_rational_function_print(&h->norm, out);
    }
}

/* phi(S) with every column divided by its sum; S is t x t, entry (i, j) at i * t + j. */
static int normalise(const nalg_attention *h, nalg_graph *g, int scores, size_t t)
{
    int values = nalg_rational_function_lower(g, &h->norm, scores), map;
    int32_t *column = nalg_graph_map_new(g, t * t, &map);
    if (!column) return NALG_NO_NODE;
    for (size_t i = 0; i < t * t; i++) column[i] = (int32_t)(i % t);
    int inverse = nalg_graph_inverse(g, nalg_graph_scatter(g, values, map, t));
    return nalg_graph_multiply(g, values, nalg_graph_gather(g, inverse, map));
}

static int lower_head(const nalg_layer *layer, nalg_graph *g, int x, size_t head)
{
    const nalg_attention *h = layer->data;
    size_t d = layer->in.dim[0], t = layer->in.dim[1], a = h->score, out = layer->out.dim[0];
    head_layout at = layout(layer, head);
    int qx = nalg_graph_product(g, nalg_graph_parameter(g, at.q, a * d), false, x, false, a, d, t);
    int kx = nalg_graph_product(g, nalg_graph_parameter(g, at.k, a * d), false, x, false, a, d, t);
    int scores = nalg_graph_product(g, kx, true, qx, false, t, a, t);
    if (h->normalised) scores = normalise(h, g, scores, t);
    size_t rows = h->value ? h->value : out;
    int vx = nalg_graph_product(g, nalg_graph_parameter(g, at.v, rows * d), false, x, false, rows, d, t);
    if (h->value) vx = nalg_graph_product(g, nalg_graph_parameter(g, at.o, out * rows), false, vx, false, out, rows, t);
    return nalg_graph_product(g, vx, false, scores, false, out, t, t);
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    const nalg_attention *h = layer->data;
    int sum = lower_head(layer, g, input, 0);
    for (size_t i = 1; i < h->heads; i++) sum = nalg_graph_add(g, sum, lower_head(layer, g, input, i));
    return sum;
}

static nalg_model_class class_of(const nalg_layer *layer)
{
    return ((const nalg_attention *)layer->data)->normalised ? NALG_CLASS_RATIONAL : NALG_CLASS_POLYNOMIAL;
}

static uint64_t exponent(const nalg_layer *layer)
{
    const nalg_attention *h = layer->data;
    return h->normalised ? nalg_rational_function_exponent(&h->norm) : 1;
}

/* Three factors of the input; with a norm, no polynomial. */
static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    if (((const nalg_attention *)layer->data)->normalised) {
        d->known = false;
        return true;
    }
    nalg_degrees once;
    if (!nalg_degrees_copy(&once, d)) return false;
    bool ok = nalg_degrees_multiply(d, &once) && nalg_degrees_multiply(d, &once);
    nalg_degrees_clear(&once);
    return ok;
}

/* ---- symmetries ---- */

/* Row i of a matrix with the given columns gains factor times row j. */
static void add_row(nalg_vector_field *v, size_t matrix, size_t columns, size_t i, size_t j, int64_t factor)
{
    for (size_t c = 0; c < columns; c++) nalg_vector_field_add(v, matrix + i * columns + c, (int64_t)(matrix + j * columns + c), factor);
}

/* Column j gains factor times column i: M = M + factor M E_ij. */
static void add_column(nalg_vector_field *v, size_t matrix, size_t rows, size_t columns, size_t i, size_t j, int64_t factor)
{
    for (size_t r = 0; r < rows; r++) nalg_vector_field_add(v, matrix + r * columns + j, (int64_t)(matrix + r * columns + i), factor);
}

static void scale(nalg_vector_field *v, size_t first, size_t length, int64_t factor)
{
    for (size_t i = 0; i < length; i++) nalg_vector_field_add(v, first + i, (int64_t)(first + i), factor);
}

static void emit(const nalg_layer *layer, nalg_gauge *gauge)
{
    *gauge = (nalg_gauge){NALG_ALGEBRA_GL, layer->out.dim[0], layer->out.dim[1], 1, false};
}

static void emit_field(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v)
{
    const nalg_attention *h = layer->data;
    for (size_t head = 0; head < h->heads; head++) {
        head_layout at = layout(layer, head);
        if (h->value) add_row(v, at.o, h->value, i, j, 1);
        else add_row(v, at.v, layer->in.dim[0], i, j, 1);
    }
}

static void absorb(const nalg_layer *layer, nalg_gauge *gauge)
{
    if (gauge->order != layer->in.dim[0] || gauge->block != layer->in.dim[1]) gauge->algebra = NALG_ALGEBRA_NONE;
    gauge->translations = false;
}

static void absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v)
{
    const nalg_attention *h = layer->data;
    size_t d = layer->in.dim[0];
    for (size_t head = 0; head < h->heads; head++) {
        head_layout at = layout(layer, head);
        add_column(v, at.q, h->score, d, i, j, -gauge->factor);
        add_column(v, at.k, h->score, d, i, j, -gauge->factor);
        add_column(v, at.v, h->value ? h->value : layer->out.dim[0], d, i, j, -gauge->factor);
    }
}

/* The fields of one head: changes of (Q, K), then of (O, V'), then the scaling between scores and values. */
typedef struct {
    size_t query_key, value, scaling;
    enum { GENERAL_LINEAR, ORTHOGONAL, ONLY_QUERY, ALL } query_key_kind;
} own_counts;

static own_counts own(const nalg_layer *layer)
{
    const nalg_attention *h = layer->data;
    size_t a = h->score, d = layer->in.dim[0], t = layer->in.dim[1];
    int64_t power;
    bool homogeneous = h->normalised && nalg_rational_function_is_monomial(&h->norm, &power);
    own_counts c = {a * a, h->value * h->value, 1, GENERAL_LINEAR};
    if (h->normalised) c.scaling = homogeneous; /* K and Q may be scaled alone when the norm divides the factor out */
    if (h->normalised && t == 1) { /* the only score is 1 */
        c = (own_counts){2 * a * d, c.value, 0, ALL};
    } else if (homogeneous && a == 1) { /* (k.x_i)(q.x_j): the query factor divides out */
        c = (own_counts){d, c.value, 1, ONLY_QUERY};
    } else if (!h->normalised && t == 1) { /* only the quadratic form of K^T Q matters: it is preserved by so(a, a) on (K; Q) */
        c.query_key = a * (2 * a - 1);
        c.query_key_kind = ORTHOGONAL;
    }
    return c;
}

static size_t own_count(const nalg_layer *layer)
{
    own_counts c = own(layer);
    return ((const nalg_attention *)layer->data)->heads * (c.query_key + c.value + c.scaling);
}

/* Row i < 2a of the stacked matrix (K; Q), and the row its quadratic form pairs it with. */
static size_t stacked_row(head_layout at, size_t a, size_t d, size_t i)
{
    return i < a ? at.k + i * d : at.q + (i - a) * d;
}

/* x^T K^T Q x = R^T S R / 2 with S the swap of halves: delta R = S N R for N = E_ij - E_ji. */
static void orthogonal_field(head_layout at, size_t a, size_t d, size_t index, nalg_vector_field *v)
{
    size_t i = 0, row = 2 * a - 1;
    while (index >= row) index -= row, row--, i++;
    size_t j = i + 1 + index;
    for (size_t c = 0; c < d; c++) {
        nalg_vector_field_add(v, stacked_row(at, a, d, (i + a) % (2 * a)) + c, (int64_t)(stacked_row(at, a, d, j) + c), 1);
        nalg_vector_field_add(v, stacked_row(at, a, d, (j + a) % (2 * a)) + c, (int64_t)(stacked_row(at, a, d, i) + c), -1);
    }
}

static void query_key_field(const nalg_layer *layer, head_layout at, own_counts c, size_t index, nalg_vector_field *v)
{
    const nalg_attention *h = layer->data;
    size_t a = h->score, d = layer->in.dim[0];
    switch (c.query_key_kind) {
    case GENERAL_LINEAR: /* Q -> (1 + eE_ij) Q, K -> (1 - eE_ji) K */
        add_row(v, at.q, d, index / a, index % a, 1);
        add_row(v, at.k, d, index % a, index / a, -1);
        break;
    case ORTHOGONAL:
        orthogonal_field(at, a, d, index, v);
        break;
    case ONLY_QUERY:
    case ALL: /* Q comes first, K follows */
        nalg_vector_field_add(v, at.q + index, -1, 1);
        break;
    }
}

static void own_field(const nalg_layer *layer, size_t index, nalg_vector_field *v)
{
    const nalg_attention *h = layer->data;
    own_counts c = own(layer);
    size_t each = c.query_key + c.value + c.scaling, d = layer->in.dim[0], out = layer->out.dim[0];
    head_layout at = layout(layer, index / each);
    index %= each;
    if (index < c.query_key) {
        query_key_field(layer, at, c, index, v);
    } else if (index < c.query_key + c.value) { /* V' -> (1 + eE_ij) V', O -> O (1 - eE_ij) */
        size_t i = (index - c.query_key) / h->value, j = (index - c.query_key) % h->value;
        add_row(v, at.v, d, i, j, 1);
        add_column(v, at.o, out, h->value, i, j, -1);
    } else if (h->normalised) {
        scale(v, at.k, h->score * d, 1);
    } else { /* scores scaled up, values down */
        scale(v, at.q, h->score * d, 1);
        scale(v, at.v, (h->value ? h->value : out) * d, -1);
    }
}

static void own_name(const nalg_layer *layer, nalg_text *out)
{
    const nalg_attention *h = layer->data;
    own_counts c = own(layer);
    static const char *const kinds[] = {"GL(%zu) between queries and keys", "SO(%zu,%zu) on queries and keys (one token)",
                                        "the queries, which the norm divides out", "queries and keys, which one token does not see"};
    if (c.query_key_kind == GENERAL_LINEAR) nalg_text_format(out, "GL(%zu) between queries and keys", h->score);
    else if (c.query_key_kind == ORTHOGONAL) nalg_text_format(out, "SO(%zu,%zu) on queries and keys (one token)", h->score, h->score);
    else nalg_text_string(out, kinds[c.query_key_kind]);
    if (c.value) nalg_text_format(out, ", GL(%zu) between values and outputs", h->value);
    if (c.scaling) nalg_text_string(out, h->normalised ? ", scaling of the scores" : ", scaling between scores and values");
    if (h->heads > 1) nalg_text_format(out, ", for each of %zu heads", h->heads);
}

const nalg_layer_type nalg_layer_attention = {
    .keyword = "attention", .usage = "attention a=A [out=D] [heads=H] [dv=V] [norm=1+x] [share=NAME]", .configure = configure,
    .infer = infer, .print = print, .lower = lower, .clear = clear, .class_of = class_of, .exponent = exponent, .degrees = degrees, .emit = emit, .emit_field = emit_field,
    .absorb = absorb, .absorb_field = absorb_field, .own_count = own_count, .own_field = own_field, .own_name = own_name};
