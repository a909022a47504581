/* ONNX operators with weights: products, convolutions, pooling, normalisation in inference form.
 * Source: ONNX operators, opsets 7 to 20.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"

#define LABELS 26

static nalg_status shapes_differ(nalg_onnx_import *m)
{
    return nalg_onnx_fail(m, NALG_E_SHAPE,
                          "export the model again with a batch of one or a dynamic batch axis",
                          "the operands have shapes that do not fit");
}

static nalg_status real_operand(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                nalg_onnx_value *out)
{
    nalg_status status = nalg_onnx_operand(m, node, k, out);
    if (status == NALG_OK && out->integers) {
        status = nalg_onnx_node(m, out, &out->node);
        out->integers = NULL;
    }
    return status;
}

static nalg_status transposed(nalg_onnx_import *m, nalg_onnx_value *v)
{
    nalg_strided s = {.axes = 2, .dim = {v->dim[1], v->dim[0]}, .stride = {1, (int64_t)v->dim[1]}};
    nalg_status status = nalg_onnx_view(m, v->node, &s, &v->node);
    size_t rows = v->dim[0];
    v->dim[0] = v->dim[1];
    v->dim[1] = rows;
    return status;
}

static nalg_status scaled(nalg_onnx_import *m, size_t node, double factor, size_t *out)
{
    fmpq_t q;
    size_t scalar;
    *out = node;
    if (!isfinite(factor))
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "an attribute is not finite");
    if (factor == 1) return NALG_OK;
    fmpq_init(q);
    nalg_rational_of_double(q, factor);
    nalg_status status = nalg_onnx_scalar(m, q, &scalar);
    fmpq_clear(q);
    return status == NALG_OK ? nalg_onnx_multiply(m, node, scalar, out) : status;
}

/* alpha A' B' + beta C. */
static nalg_status run_gemm(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, b, c, v = {.rank = 2};
    nalg_status status = real_operand(m, node, 0, &a);
    if (status == NALG_OK) status = real_operand(m, node, 1, &b);
    if (status == NALG_OK && (a.rank != 2 || b.rank != 2)) status = shapes_differ(m);
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "transA", 0)) status = transposed(m, &a);
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "transB", 0)) status = transposed(m, &b);
    if (status == NALG_OK && a.dim[1] != b.dim[0]) status = shapes_differ(m);
    if (status != NALG_OK) return status;
    v.dim[0] = a.dim[0];
    v.dim[1] = b.dim[1];
    status = nalg_onnx_product(m, a.node, b.node, a.dim[0], a.dim[1], b.dim[1], &v.node);
    if (status == NALG_OK) status = scaled(m, v.node, nalg_onnx_attribute_float(node, "alpha", 1), &v.node);
    if (status == NALG_OK && nalg_onnx_has_operand(node, 2)) {
        size_t bias;
        status = real_operand(m, node, 2, &c);
        if (status == NALG_OK && c.rank > 2) status = shapes_differ(m);
        for (size_t i = 0; status == NALG_OK && i < c.rank; i++)
            if (c.dim[i] != 1 && c.dim[i] != v.dim[2 - c.rank + i]) status = shapes_differ(m);
        if (status == NALG_OK) status = nalg_onnx_broadcast(m, &c, 2, v.dim, &bias);
        if (status == NALG_OK) status = scaled(m, bias, nalg_onnx_attribute_float(node, "beta", 1), &bias);
        if (status == NALG_OK) status = nalg_onnx_add(m, v.node, bias, &v.node);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* ---- sums of products over labelled axes: MatMul with batches, Einsum ---- */

typedef struct {
    size_t extent[LABELS]; /* 0: label not used */
    struct {
        size_t rank, label[NALG_ONNX_RANK], node;
        nalg_strided rows;
    } operand[2], out;
    size_t operands;
} contraction;

static bool has_label(const size_t *label, size_t rank, size_t l)
{
    for (size_t i = 0; i < rank; i++)
        if (label[i] == l) return true;
    return false;
}

/* The stride of a label in operand k (repeated labels run along the diagonal), 0 when it is not there. */
static int64_t stride_of(const contraction *c, size_t k, size_t l)
{
    int64_t stride = 0;
    for (size_t i = 0; i < c->operand[k].rank; i++)
        if (c->operand[k].label[i] == l) stride += c->operand[k].rows.stride[i];
    return stride;
}

/* Labels of extent above 1 in the order: those of the first list, then of the second, restricted by where
 * they occur. */
typedef struct {
    size_t label[LABELS], count;
} label_list;

static void collect(const contraction *c, label_list *list, bool in_a, bool in_b, bool in_out)
{
    for (size_t l = 0; l < LABELS; l++) {
        bool a = has_label(c->operand[0].label, c->operand[0].rank, l),
             b = c->operands > 1 && has_label(c->operand[1].label, c->operand[1].rank, l);
        if (c->extent[l] > 1 && a == in_a && b == in_b && has_label(c->out.label, c->out.rank, l) == in_out)
            list->label[list->count++] = l;
    }
}

/* Reading operand k in the order of two lists. */
static nalg_status read_operand(nalg_onnx_import *m, const contraction *c, size_t k, const label_list *first,
                                const label_list *second, size_t *out)
{
    nalg_strided s = {0};
    for (size_t i = 0; i < first->count + second->count; i++) {
        size_t l = i < first->count ? first->label[i] : second->label[i - first->count];
        if (s.axes == NALG_STRIDED_AXES)
            return nalg_onnx_fail(m, NALG_E_LIMIT, "use fewer labels", "a contraction over more than %d axes",
                                  NALG_STRIDED_AXES);
        s.dim[s.axes] = c->extent[l];
        s.stride[s.axes++] = stride_of(c, k, l);
    }
    return nalg_onnx_view(m, c->operand[k].node, &s, out);
}

static size_t extent_of(const contraction *c, const label_list *list)
{
    size_t size = 1;
    for (size_t i = 0; i < list->count; i++)
        if (!nalg_size_multiply(&size, size, c->extent[list->label[i]])) return SIZE_MAX;
    return size;
}

/* From the order of the lists to the order of the output. */
static nalg_status arrange(nalg_onnx_import *m, const contraction *c, size_t node, const label_list *first,
                           const label_list *second, size_t *out)
{
    int64_t stride[LABELS] = {0}, step = 1;
    for (size_t i = first->count + second->count; i-- > 0;) {
        size_t l = i < first->count ? first->label[i] : second->label[i - first->count];
        stride[l] = step;
        step *= (int64_t)c->extent[l];
    }
    nalg_strided s = {.axes = c->out.rank};
    for (size_t i = 0; i < c->out.rank; i++) {
        s.dim[i] = c->extent[c->out.label[i]];
        s.stride[i] = stride[c->out.label[i]];
    }
    return nalg_onnx_view(m, node, &s, out);
}

/* Without labels that both operands share with the output this is one matrix product. */
static nalg_status matrix_form(nalg_onnx_import *m, const contraction *c, size_t *out)
{
    label_list rows = {0}, inner = {0}, columns = {0};
    size_t a, b;
    collect(c, &rows, true, false, true);
    collect(c, &inner, true, true, false);
    collect(c, &columns, false, true, true);
    nalg_status status = read_operand(m, c, 0, &rows, &inner, &a);
    if (status == NALG_OK) status = read_operand(m, c, 1, &inner, &columns, &b);
    if (status == NALG_OK)
        status = nalg_onnx_product(m, a, b, extent_of(c, &rows), extent_of(c, &inner), extent_of(c, &columns),
                                   out);
    return status == NALG_OK ? arrange(m, c, *out, &rows, &columns, out) : status;
}

/* All terms, then their sums. */
static nalg_status termwise(nalg_onnx_import *m, const contraction *c, size_t *out)
{
    label_list all = {0}, none = {0};
    size_t node[2];
    for (size_t l = 0; l < LABELS; l++)
        if (c->extent[l] > 1) all.label[all.count++] = l;
    if (extent_of(c, &all) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a contraction has too many terms");
    nalg_status status = NALG_OK;
    for (size_t k = 0; k < c->operands && status == NALG_OK; k++)
        status = read_operand(m, c, k, &all, &none, &node[k]);
    if (status == NALG_OK && c->operands > 1) status = nalg_onnx_multiply(m, node[0], node[1], &node[0]);
    nalg_strided s = {.axes = all.count};
    for (size_t i = 0; i < all.count; i++) {
        s.dim[i] = c->extent[all.label[i]];
        for (size_t j = 0; j < c->out.rank; j++)
            if (c->out.label[j] == all.label[i]) s.stride[i] = c->out.rows.stride[j];
    }
    size_t size = 1;
    for (size_t j = 0; j < c->out.rank; j++) size *= c->extent[c->out.label[j]];
    return status == NALG_OK ? nalg_onnx_put(m, node[0], size, &s, out) : status;
}

static nalg_status contract(nalg_onnx_import *m, const Onnx__NodeProto *node, contraction *c)
{
    nalg_onnx_value v = {.rank = c->out.rank};
    label_list batch = {0}, lone = {0};
    for (size_t i = 0; i < c->out.rank; i++) v.dim[i] = c->extent[c->out.label[i]];
    c->out.rows = nalg_onnx_rows(v.rank, v.dim);
    if (nalg_onnx_size(v.rank, v.dim) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a product is too large");
    collect(c, &batch, true, true, true);
    collect(c, &lone, true, false, false);
    collect(c, &lone, false, true, false);
    bool matrix = c->operands == 2 && batch.count == 0 && lone.count == 0;
    nalg_status status = matrix ? matrix_form(m, c, &v.node) : termwise(m, c, &v.node);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

static bool set_extent(contraction *c, size_t label, size_t extent)
{
    if (c->extent[label] == 0 || c->extent[label] == 1) c->extent[label] = extent;
    return extent == 1 || c->extent[label] == extent;
}

/* A label of extent 1 in one operand only is spread: its stride must not count. */
static void take_operand(contraction *c, size_t k, const nalg_onnx_value *v)
{
    c->operand[k].node = v->node;
    c->operand[k].rank = v->rank;
    c->operand[k].rows = nalg_onnx_rows(v->rank, v->dim);
    for (size_t i = 0; i < v->rank; i++)
        if (v->dim[i] == 1) c->operand[k].rows.stride[i] = 0;
}

static nalg_status run_matmul(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, b;
    contraction c = {.operands = 2};
    nalg_status status = real_operand(m, node, 0, &a);
    if (status == NALG_OK) status = real_operand(m, node, 1, &b);
    if (status != NALG_OK) return status;
    if (a.rank == 0 || b.rank == 0) return shapes_differ(m);
    take_operand(&c, 0, &a);
    take_operand(&c, 1, &b);
    enum { ROW = 20, INNER, COLUMN };
    size_t batch_a = a.rank > 1 ? a.rank - 2 : 0, batch_b = b.rank > 1 ? b.rank - 2 : 0,
           batch = batch_a > batch_b ? batch_a : batch_b;
    bool fits = true;
    for (size_t i = 0; i < a.rank; i++) {
        c.operand[0].label[i] = i < batch_a ? batch - batch_a + i : i == a.rank - 1 ? INNER : ROW;
        fits = fits && set_extent(&c, c.operand[0].label[i], a.dim[i]);
    }
    for (size_t i = 0; i < b.rank; i++) {
        c.operand[1].label[i] = i < batch_b                      ? batch - batch_b + i
                                : b.rank == 1 || i == b.rank - 2 ? INNER
                                                                 : COLUMN;
        fits = fits && set_extent(&c, c.operand[1].label[i], b.dim[i]);
    }
    if (!fits || a.dim[a.rank - 1] != b.dim[b.rank == 1 ? 0 : b.rank - 2]) return shapes_differ(m);
    for (size_t i = 0; i < batch; i++) c.out.label[c.out.rank++] = i;
    if (a.rank > 1) c.out.label[c.out.rank++] = ROW;
    if (b.rank > 1) c.out.label[c.out.rank++] = COLUMN;
    return contract(m, node, &c);
}

/* "ij,jk->ik" without "...". */
static bool read_equation(const char *s, size_t length, contraction *c, bool *explicit)
{
    size_t k = 0, *rank = &c->operand[0].rank, *label = c->operand[0].label;
    for (size_t i = 0; i < length; i++) {
        if (s[i] == ' ') continue;
        if (s[i] == ',' && k == 0) {
            k = 1;
            rank = &c->operand[1].rank;
            label = c->operand[1].label;
        } else if (s[i] == '-' && i + 1 < length && s[i + 1] == '>' && !*explicit) {
            i++;
            *explicit = true;
            rank = &c->out.rank;
            label = c->out.label;
        } else if (islower((unsigned char)s[i]) && *rank < NALG_ONNX_RANK) {
            label[(*rank)++] = (size_t)(s[i] - 'a');
        } else {
            return false;
        }
    }
    c->operands = k + 1;
    return true;
}

static nalg_status run_einsum(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    const Onnx__AttributeProto *equation = nalg_onnx_attribute(node, "equation");
    contraction c = {0};
    bool explicit = false, fits = true;
    const char *hint = "write it with one or two operands and lower-case letters, such as ij,jk->ik";
    if (!equation || !equation->has_s ||
        !read_equation((const char *)equation->s.data, equation->s.len, &c, &explicit) ||
        c.operands != node->n_input)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, hint, "an Einsum equation of another form");
    for (size_t k = 0; k < c.operands; k++) {
        nalg_onnx_value v;
        size_t rank = c.operand[k].rank;
        nalg_status status = real_operand(m, node, k, &v);
        if (status != NALG_OK) return status;
        if (v.rank != rank) return shapes_differ(m);
        take_operand(&c, k, &v);
        for (size_t i = 0; i < rank; i++) fits = fits && set_extent(&c, c.operand[k].label[i], v.dim[i]);
    }
    for (size_t l = 0; l < LABELS && !explicit; l++) {
        size_t times = 0;
        for (size_t k = 0; k < c.operands; k++)
            for (size_t i = 0; i < c.operand[k].rank; i++) times += c.operand[k].label[i] == l;
        if (times == 1 && c.out.rank < NALG_ONNX_RANK) c.out.label[c.out.rank++] = l;
    }
    for (size_t i = 0; i < c.out.rank; i++) {
        fits = fits && c.extent[c.out.label[i]] > 0;
        for (size_t j = 0; j < i; j++) fits = fits && c.out.label[j] != c.out.label[i];
    }
    return fits ? contract(m, node, &c) : shapes_differ(m);
}

/* ---- windows over spatial axes: convolution, average pooling ---- */

typedef struct {
    size_t axes, channels, in[3], filter[3], out[3];
    int64_t stride[3], dilation[3], low[3], high[3];
    bool symmetric, plain; /* padding alike on both sides; no dilation */
} windows;

static nalg_status read_list(nalg_onnx_import *m, const Onnx__NodeProto *node, const char *name, size_t count,
                             int64_t otherwise, int64_t least, int64_t *out)
{
    const Onnx__AttributeProto *a = nalg_onnx_attribute(node, name);
    for (size_t i = 0; i < count; i++) out[i] = otherwise;
    if (!a || a->n_ints == 0) return NALG_OK;
    if (a->n_ints != count)
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again",
                              "attribute %s has %zu entries, not %zu", name, a->n_ints, count);
    for (size_t i = 0; i < count; i++) {
        out[i] = a->ints[i];
        if (out[i] < least || out[i] > (1 << 24))
            return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again", "attribute %s is out of range",
                                  name);
    }
    return NALG_OK;
}

static bool is_text(const Onnx__AttributeProto *a, const char *text)
{
    return a->has_s && a->s.len == strlen(text) && !memcmp(a->s.data, text, a->s.len);
}

/* auto_pad SAME_UPPER and SAME_LOWER: ceil(in / stride) windows. */
static nalg_status automatic(nalg_onnx_import *m, const Onnx__NodeProto *node, windows *w)
{
    const Onnx__AttributeProto *a = nalg_onnx_attribute(node, "auto_pad");
    if (!a || is_text(a, "NOTSET") || is_text(a, "VALID")) return NALG_OK;
    bool lower = is_text(a, "SAME_LOWER");
    if (!lower && !is_text(a, "SAME_UPPER"))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "give the padding as numbers",
                              "an auto_pad of another kind");
    for (size_t i = 0; i < w->axes; i++) {
        int64_t in = (int64_t)w->in[i], need = ((in - 1) / w->stride[i]) * w->stride[i] +
                                               ((int64_t)w->filter[i] - 1) * w->dilation[i] + 1 - in;
        need = need < 0 ? 0 : need;
        w->low[i] = lower ? need - need / 2 : need / 2;
        w->high[i] = need - w->low[i];
    }
    return NALG_OK;
}

/* x is 1 x channels x spatial; filter sizes are known. */
static nalg_status read_windows(nalg_onnx_import *m, const Onnx__NodeProto *node, const nalg_onnx_value *x,
                                windows *w)
{
    int64_t pads[6];
    if (x->rank < 3 || x->rank > 5)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED,
                              "give it batch x channels x length, or one or two axes more",
                              "a window over a tensor of rank %zu", x->rank);
    if (x->dim[0] != 1)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export with a batch of one or a dynamic batch axis",
                              "a batch of %zu samples", x->dim[0]);
    w->channels = x->dim[1];
    nalg_status status = read_list(m, node, "strides", w->axes, 1, 1, w->stride);
    if (status == NALG_OK) status = read_list(m, node, "dilations", w->axes, 1, 1, w->dilation);
    if (status == NALG_OK) status = read_list(m, node, "pads", 2 * w->axes, 0, 0, pads);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < w->axes; i++) {
        w->in[i] = x->dim[2 + i];
        w->low[i] = pads[i];
        w->high[i] = pads[w->axes + i];
    }
    status = automatic(m, node, w);
    if (status != NALG_OK) return status;
    w->symmetric = w->plain = true;
    for (size_t i = 0; i < w->axes; i++) {
        int64_t reach = ((int64_t)w->filter[i] - 1) * w->dilation[i] + 1,
                room = (int64_t)w->in[i] + w->low[i] + w->high[i] - reach;
        if (room < 0)
            return nalg_onnx_fail(m, NALG_E_SHAPE, "use a smaller filter", "a window larger than the tensor");
        w->out[i] = (size_t)(room / w->stride[i]) + 1;
        w->symmetric = w->symmetric && w->low[i] == w->high[i];
        w->plain = w->plain && w->dilation[i] == 1;
    }
    return NALG_OK;
}

static size_t spatial(const windows *w, const size_t *extent)
{
    return nalg_onnx_size(w->axes, extent);
}

/* x with zeros around; the padded extents. */
static nalg_status padded(nalg_onnx_import *m, const windows *w, size_t node, size_t *extent, size_t *out)
{
    size_t dim[4] = {w->channels};
    for (size_t i = 0; i < w->axes; i++) dim[1 + i] = extent[i] = w->in[i] + (size_t)(w->low[i] + w->high[i]);
    size_t size = nalg_onnx_size(1 + w->axes, dim);
    if (size > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a tensor is too large");
    nalg_strided s = nalg_onnx_rows(1 + w->axes, dim);
    for (size_t i = 0; i < w->axes; i++) {
        s.dim[1 + i] = w->in[i];
        s.offset += w->low[i] * s.stride[1 + i];
    }
    return nalg_onnx_put(m, node, size, &s, out);
}

/* Row (channel, position in the filter), column (position of the window): channels first .. first + count
 * - 1. */
static nalg_status patches(nalg_onnx_import *m, const windows *w, size_t node, const size_t *extent,
                           size_t first, size_t count, size_t *out)
{
    nalg_strided s = {.axes = 1 + 2 * w->axes};
    size_t plane = spatial(w, extent);
    nalg_strided rows = nalg_onnx_rows(w->axes, extent);
    s.offset = (int64_t)(first * plane);
    s.dim[0] = count;
    s.stride[0] = (int64_t)plane;
    for (size_t i = 0; i < w->axes; i++) {
        s.dim[1 + i] = w->filter[i];
        s.stride[1 + i] = rows.stride[i] * w->dilation[i];
        s.dim[1 + w->axes + i] = w->out[i];
        s.stride[1 + w->axes + i] = rows.stride[i] * w->stride[i];
    }
    return nalg_onnx_view(m, node, &s, out);
}

static void remember(nalg_onnx_import *m, const windows *w, size_t node, size_t data, size_t weight,
                     size_t channels)
{
    nalg_onnx_origin *o = &m->origin[node];
    *o = (nalg_onnx_origin){.convolution = true,
                            .data = data,
                            .weight = weight,
                            .axes = w->axes,
                            .channels_in = w->channels,
                            .channels = channels};
    for (size_t i = 0; i < 2; i++) { /* axis 1 is the last */
        size_t from = w->axes == 1 ? 0 : i;
        bool unit = w->axes == 1 && i == 0;
        o->in[i] = unit ? 1 : w->in[from];
        o->filter[i] = unit ? 1 : w->filter[from];
        o->stride[i] = unit ? 1 : (size_t)w->stride[from];
        o->pad[i] = unit ? 0 : (size_t)w->low[from];
    }
}

/* One group: filters f0 .. f0 + count - 1 on the channels of the group. */
static nalg_status convolve_group(nalg_onnx_import *m, const windows *w, size_t x, const size_t *extent,
                                  const nalg_onnx_value *f, size_t group, size_t groups, size_t *out)
{
    size_t count = f->dim[0] / groups, inner = f->dim[1] * spatial(w, w->filter), patch, filters,
           columns = spatial(w, w->out);
    nalg_strided s = {
        .offset = (int64_t)(group * count * inner), .axes = 1, .dim = {count * inner}, .stride = {1}};
    nalg_status status = patches(m, w, x, extent, group * f->dim[1], f->dim[1], &patch);
    if (status == NALG_OK) status = nalg_onnx_view(m, f->node, &s, &filters);
    if (status == NALG_OK) status = nalg_onnx_product(m, filters, patch, count, inner, columns, out);
    if (status != NALG_OK || groups == 1) return status;
    s = (nalg_strided){
        .offset = (int64_t)(group * count * columns), .axes = 1, .dim = {count * columns}, .stride = {1}};
    return nalg_onnx_put(m, *out, f->dim[0] * columns, &s, out);
}

static nalg_status run_conv(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value x, f, b, v;
    windows w = {0};
    int64_t groups = nalg_onnx_attribute_int(node, "group", 1);
    size_t extent[3], field, part;
    nalg_status status = real_operand(m, node, 0, &x);
    if (status == NALG_OK) status = real_operand(m, node, 1, &f);
    if (status != NALG_OK) return status;
    if (f.rank != x.rank || f.rank < 3 || f.rank > 5 || groups < 1) return shapes_differ(m);
    w.axes = x.rank - 2;
    for (size_t i = 0; i < w.axes; i++) w.filter[i] = f.dim[2 + i];
    status = read_windows(m, node, &x, &w);
    if (status == NALG_OK &&
        (groups > 4096 || w.channels != f.dim[1] * (size_t)groups || f.dim[0] % (size_t)groups))
        status = shapes_differ(m);
    if (status == NALG_OK) status = padded(m, &w, x.node, extent, &field);
    v = x;
    for (size_t g = 0; g < (size_t)groups && status == NALG_OK; g++) {
        status = convolve_group(m, &w, field, extent, &f, g, (size_t)groups, &part);
        if (status == NALG_OK && g) status = nalg_onnx_add(m, v.node, part, &part);
        v.node = part;
    }
    if (status != NALG_OK) return status;
    if (groups == 1 && w.axes < 3 && w.symmetric && w.plain)
        remember(m, &w, v.node, x.node, f.node, f.dim[0]);
    v.dim[1] = f.dim[0];
    for (size_t i = 0; i < w.axes; i++) v.dim[2 + i] = w.out[i];
    if (nalg_onnx_has_operand(node, 2)) {
        size_t bias;
        status = real_operand(m, node, 2, &b);
        if (status == NALG_OK && (b.rank != 1 || b.dim[0] != f.dim[0])) status = shapes_differ(m);
        nalg_strided s = {.axes = 2, .dim = {f.dim[0], spatial(&w, w.out)}, .stride = {1, 0}};
        if (status == NALG_OK) status = nalg_onnx_view(m, b.node, &s, &bias);
        if (status == NALG_OK) status = nalg_onnx_add(m, v.node, bias, &v.node);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* Sum over the windows of each channel. */
static nalg_status window_sums(nalg_onnx_import *m, const windows *w, size_t node, size_t *out)
{
    size_t extent[3], field, patch, dim[4] = {w->channels};
    nalg_status status = padded(m, w, node, extent, &field);
    if (status == NALG_OK) status = patches(m, w, field, extent, 0, w->channels, &patch);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < w->axes; i++) dim[1 + i] = w->out[i];
    nalg_strided rows = nalg_onnx_rows(1 + w->axes, dim), s = {.axes = 1 + 2 * w->axes};
    s.dim[0] = w->channels;
    s.stride[0] = rows.stride[0];
    for (size_t i = 0; i < w->axes; i++) {
        s.dim[1 + i] = w->filter[i];
        s.dim[1 + w->axes + i] = w->out[i];
        s.stride[1 + w->axes + i] = rows.stride[1 + i];
    }
    return nalg_onnx_put(m, patch, nalg_onnx_size(1 + w->axes, dim), &s, out);
}

/* Entries of each window that are no padding, as a constant: the sums over windows of ones. */
static nalg_status window_counts(nalg_onnx_import *m, const windows *w, size_t *out)
{
    size_t dim[4] = {w->channels};
    for (size_t i = 0; i < w->axes; i++) dim[1 + i] = w->out[i];
    size_t size = nalg_onnx_size(1 + w->axes, dim);
    double *count = nalg_array(size, sizeof *count);
    if (!count) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) {
        size_t rest = i;
        count[i] = 1;
        for (size_t axis = w->axes; axis-- > 0; rest /= w->out[axis]) {
            int64_t start = (int64_t)(rest % w->out[axis]) * w->stride[axis] - w->low[axis], inside = 0;
            for (int64_t u = 0; u < (int64_t)w->filter[axis]; u++)
                inside += start + u >= 0 && start + u < (int64_t)w->in[axis];
            count[i] *= (double)inside;
        }
    }
    nalg_status status = nalg_onnx_doubles(m, count, size, out);
    free(count);
    return status;
}

static nalg_status run_average_pool(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value x;
    windows w = {0};
    int64_t filter[3];
    size_t divisor;
    fmpq_t q;
    nalg_status status = real_operand(m, node, 0, &x);
    if (status != NALG_OK) return status;
    if (x.rank < 3 || x.rank > 5) return shapes_differ(m);
    w.axes = x.rank - 2;
    status = read_list(m, node, "kernel_shape", w.axes, 0, 1, filter);
    if (status == NALG_OK && filter[0] == 0)
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "kernel_shape is missing");
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "ceil_mode", 0))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use ceil_mode=False", "AveragePool with ceil_mode");
    for (size_t i = 0; i < w.axes && status == NALG_OK; i++) w.filter[i] = (size_t)filter[i];
    if (status == NALG_OK) status = read_windows(m, node, &x, &w);
    if (status == NALG_OK && !w.plain)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use dilation 1", "AveragePool with dilation");
    if (status == NALG_OK) status = window_sums(m, &w, x.node, &x.node);
    if (status != NALG_OK) return status;
    bool padding = false;
    for (size_t i = 0; i < w.axes; i++) padding = padding || w.low[i] || w.high[i];
    if (padding && !nalg_onnx_attribute_int(node, "count_include_pad", 0)) {
        status = window_counts(m, &w, &divisor);
    } else {
        fmpq_init(q);
        fmpq_set_si(q, (slong)spatial(&w, w.filter), 1);
        status = nalg_onnx_scalar(m, q, &divisor);
        fmpq_clear(q);
    }
    if (status == NALG_OK) status = nalg_onnx_inverse(m, divisor, &divisor);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, x.node, divisor, &x.node);
    for (size_t i = 0; i < w.axes; i++) x.dim[2 + i] = w.out[i];
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, x) : status;
}

static nalg_status run_global_average_pool(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value x;
    size_t divisor, planes, size;
    fmpq_t q;
    nalg_status status = real_operand(m, node, 0, &x);
    if (status == NALG_OK && x.rank < 3) status = shapes_differ(m);
    if (status != NALG_OK) return status;
    planes = x.dim[0] * x.dim[1];
    size = nalg_onnx_size(x.rank, x.dim) / planes;
    nalg_strided s = {.axes = 2, .dim = {planes, size}, .stride = {1, 0}};
    fmpq_init(q);
    fmpq_set_si(q, 1, size);
    status = nalg_onnx_put(m, x.node, planes, &s, &x.node);
    if (status == NALG_OK) status = nalg_onnx_scalar(m, q, &divisor);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, x.node, divisor, &x.node);
    fmpq_clear(q);
    for (size_t i = 2; i < x.rank; i++) x.dim[i] = 1;
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, x) : status;
}

/* ---- batch normalisation with fixed statistics ---- */

/* One number for each channel, spread over x. */
static nalg_status per_channel(nalg_onnx_import *m, const nalg_onnx_value *x, size_t node, size_t *out)
{
    size_t inner = nalg_onnx_size(x->rank - 2, x->dim + 2);
    nalg_strided s = {.axes = 3, .dim = {x->dim[0], x->dim[1], inner}, .stride = {0, 1, 0}};
    return nalg_onnx_view(m, node, &s, out);
}

/* Statistics are buffers, not weights. */
static nalg_status statistics(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k, size_t channels,
                              const fmpq **out, size_t *at)
{
    nalg_onnx_value v;
    if (!nalg_onnx_has_operand(node, k)) return nalg_onnx_operand(m, node, k, &v);
    nalg_status status = nalg_onnx_lookup_constant(m, node->input[k], &v);
    if (status != NALG_OK) return status;
    if (v.integers || !nalg_onnx_numbers(m, v.node) || nalg_onnx_size(v.rank, v.dim) != channels)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "call model.eval() before the export",
                              "statistics of BatchNormalization that are no constants");
    *out = nalg_onnx_numbers(m, v.node);
    *at = v.node;
    return NALG_OK;
}

static nalg_status run_batch_normalization(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value x, scale, bias;
    const fmpq *number;
    size_t mean, variance, factor, minus, spread;
    fmpq_t q;
    double epsilon = nalg_onnx_attribute_float(node, "epsilon", 1e-5), *rate = NULL;
    nalg_status status = real_operand(m, node, 0, &x);
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "training_mode", 0))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "call model.eval() before the export",
                              "BatchNormalization in training mode");
    if (status == NALG_OK && x.rank < 2) status = shapes_differ(m);
    if (status == NALG_OK) status = real_operand(m, node, 1, &scale);
    if (status == NALG_OK) status = real_operand(m, node, 2, &bias);
    if (status == NALG_OK && (nalg_onnx_size(scale.rank, scale.dim) != x.dim[1] ||
                              nalg_onnx_size(bias.rank, bias.dim) != x.dim[1]))
        status = shapes_differ(m);
    if (status == NALG_OK) status = statistics(m, node, 3, x.dim[1], &number, &mean);
    if (status == NALG_OK) status = statistics(m, node, 4, x.dim[1], &number, &variance);
    if (status != NALG_OK) return status;
    rate = nalg_array(x.dim[1], sizeof *rate);
    if (!rate) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < x.dim[1] && status == NALG_OK; i++) {
        rate[i] =
            1 / sqrt(fmpz_get_d(fmpq_numref(number + i)) / fmpz_get_d(fmpq_denref(number + i)) + epsilon);
        if (!isfinite(rate[i]))
            status = nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "a negative variance");
    }
    if (status == NALG_OK) status = nalg_onnx_doubles(m, rate, x.dim[1], &factor);
    free(rate);
    fmpq_init(q);
    fmpq_set_si(q, -1, 1);
    if (status == NALG_OK) status = nalg_onnx_scalar(m, q, &minus);
    fmpq_clear(q);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, mean, minus, &mean);
    if (status == NALG_OK) status = per_channel(m, &x, mean, &spread);
    if (status == NALG_OK) status = nalg_onnx_add(m, x.node, spread, &x.node);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, scale.node, factor, &factor);
    if (status == NALG_OK) status = per_channel(m, &x, factor, &spread);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, x.node, spread, &x.node);
    if (status == NALG_OK) status = per_channel(m, &x, bias.node, &spread);
    if (status == NALG_OK) status = nalg_onnx_add(m, x.node, spread, &x.node);
    if (status == NALG_OK)
        status = nalg_onnx_note(m, "running means and variances of batch normalisation are constants; "
                                   "1/sqrt(variance + epsilon) is the nearest 64-bit floating-point number");
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, x) : status;
}

const nalg_onnx_operator_entry nalg_onnx_layers[] = {
    {"Gemm", run_gemm},
    {"MatMul", run_matmul},
    {"Einsum", run_einsum},
    {"Conv", run_conv},
    {"AveragePool", run_average_pool},
    {"GlobalAveragePool", run_global_average_pool},
    {"BatchNormalization", run_batch_normalization},
    {0},
};
