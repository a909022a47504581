/* ONNX operators with weights: Gemm, convolutions, pooling, normalisation in inference form.
 * Source: ONNX operators, opsets 7 to 20.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"

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
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_real_operand(m, node, 1, &b);
    if (status == NALG_OK && (a.rank != 2 || b.rank != 2)) status = nalg_onnx_shapes_differ(m);
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "transA", 0)) status = transposed(m, &a);
    if (status == NALG_OK && nalg_onnx_attribute_int(node, "transB", 0)) status = transposed(m, &b);
    if (status == NALG_OK && a.dim[1] != b.dim[0]) status = nalg_onnx_shapes_differ(m);
    if (status != NALG_OK) return status;
    v.dim[0] = a.dim[0];
    v.dim[1] = b.dim[1];
    status = nalg_onnx_product(m, a.node, b.node, a.dim[0], a.dim[1], b.dim[1], &v.node);
    if (status == NALG_OK) status = scaled(m, v.node, nalg_onnx_attribute_float(node, "alpha", 1), &v.node);
    if (status == NALG_OK && nalg_onnx_has_operand(node, 2)) {
        size_t bias;
        status = nalg_onnx_real_operand(m, node, 2, &c);
        if (status == NALG_OK && c.rank > 2) status = nalg_onnx_shapes_differ(m);
        for (size_t i = 0; status == NALG_OK && i < c.rank; i++)
            if (c.dim[i] != 1 && c.dim[i] != v.dim[2 - c.rank + i]) status = nalg_onnx_shapes_differ(m);
        if (status == NALG_OK) status = nalg_onnx_broadcast(m, &c, 2, v.dim, &bias);
        if (status == NALG_OK) status = scaled(m, bias, nalg_onnx_attribute_float(node, "beta", 1), &bias);
        if (status == NALG_OK) status = nalg_onnx_add(m, v.node, bias, &v.node);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* ---- windows over spatial axes: convolution, average pooling ---- */

typedef struct {
    size_t axes, channels, in[3], filter[3], out[3];
    int64_t stride[3], dilation[3], low[3], high[3];
    bool up; /* the last window may reach so far over the padding */
    int64_t over[3];
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
        int64_t last = (w->up ? room + w->stride[i] - 1 : room) / w->stride[i];
        if (w->up && last * w->stride[i] >= (int64_t)w->in[i] + w->low[i]) last--; /* nothing but padding */
        w->out[i] = (size_t)last + 1;
        w->over[i] = last * w->stride[i] > room ? last * w->stride[i] - room : 0;
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
    for (size_t i = 0; i < w->axes; i++)
        dim[1 + i] = extent[i] = w->in[i] + (size_t)(w->low[i] + w->high[i] + w->over[i]);
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
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &x);
    if (status == NALG_OK) status = nalg_onnx_real_operand(m, node, 1, &f);
    if (status != NALG_OK) return status;
    if (f.rank != x.rank || f.rank < 3 || f.rank > 5 || groups < 1) return nalg_onnx_shapes_differ(m);
    w.axes = x.rank - 2;
    for (size_t i = 0; i < w.axes; i++) w.filter[i] = f.dim[2 + i];
    status = read_windows(m, node, &x, &w);
    if (status == NALG_OK &&
        (groups > 4096 || w.channels != f.dim[1] * (size_t)groups || f.dim[0] % (size_t)groups))
        status = nalg_onnx_shapes_differ(m);
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
        status = nalg_onnx_real_operand(m, node, 2, &b);
        if (status == NALG_OK && (b.rank != 1 || b.dim[0] != f.dim[0])) status = nalg_onnx_shapes_differ(m);
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

/* Entries that count along one axis of window `position`, with the padding or without. */
static size_t window_count(const windows *w, size_t axis, size_t position, bool padding)
{
    int64_t at = (int64_t)position * w->stride[axis] - w->low[axis], low = padding ? -w->low[axis] : 0,
            high = (int64_t)w->in[axis] + (padding ? w->high[axis] : 0);
    size_t count = 0;
    for (size_t u = 0; u < w->filter[axis]; u++, at += w->dilation[axis]) count += at >= low && at < high;
    return count;
}

/* The same for all windows: constants. */
static nalg_status window_counts(nalg_onnx_import *m, const windows *w, bool padding, size_t *out)
{
    size_t dim[4] = {w->channels};
    for (size_t i = 0; i < w->axes; i++) dim[1 + i] = w->out[i];
    size_t size = nalg_onnx_size(1 + w->axes, dim);
    double *count = nalg_array(size, sizeof *count);
    if (!count) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) {
        size_t rest = i;
        count[i] = 1;
        for (size_t axis = w->axes; axis-- > 0; rest /= w->out[axis])
            count[i] *= (double)window_count(w, axis, rest % w->out[axis], padding);
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
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &x);
    if (status != NALG_OK) return status;
    if (x.rank < 3 || x.rank > 5) return nalg_onnx_shapes_differ(m);
    w.axes = x.rank - 2;
    status = read_list(m, node, "kernel_shape", w.axes, 0, 1, filter);
    if (status == NALG_OK && filter[0] == 0)
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "kernel_shape is missing");
    w.up = nalg_onnx_attribute_int(node, "ceil_mode", 0) != 0;
    for (size_t i = 0; i < w.axes && status == NALG_OK; i++) w.filter[i] = (size_t)filter[i];
    if (status == NALG_OK) status = read_windows(m, node, &x, &w);
    if (status == NALG_OK) status = window_sums(m, &w, x.node, &x.node);
    if (status != NALG_OK) return status;
    bool padding = nalg_onnx_attribute_int(node, "count_include_pad", 0) != 0, whole = true;
    for (size_t i = 0; i < w.axes; i++) whole = whole && !w.over[i] && (padding || (!w.low[i] && !w.high[i]));
    if (!whole) {
        status = window_counts(m, &w, padding, &divisor);
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
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &x);
    if (status == NALG_OK && x.rank < 3) status = nalg_onnx_shapes_differ(m);
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
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &x);
    bool training = nalg_onnx_attribute_int(node, "training_mode", 0) != 0;
    for (size_t k = 1; k < node->n_output; k++) training = training || *node->output[k]; /* before opset 14 */
    if (status == NALG_OK && training)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "call model.eval() before the export",
                              "BatchNormalization in training mode");
    if (status == NALG_OK && x.rank < 2) status = nalg_onnx_shapes_differ(m);
    if (status == NALG_OK) status = nalg_onnx_real_operand(m, node, 1, &scale);
    if (status == NALG_OK) status = nalg_onnx_real_operand(m, node, 2, &bias);
    if (status == NALG_OK && (nalg_onnx_size(scale.rank, scale.dim) != x.dim[1] ||
                              nalg_onnx_size(bias.rank, bias.dim) != x.dim[1]))
        status = nalg_onnx_shapes_differ(m);
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
    {"Conv", run_conv},
    {"AveragePool", run_average_pool},
    {"GlobalAveragePool", run_global_average_pool},
    {"BatchNormalization", run_batch_normalization},
    {0},
};
