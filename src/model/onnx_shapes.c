/* ONNX operators that move entries and compute shapes.  Source: ONNX operators, opsets 7 to 20.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/onnx_import.h"

/* A copy that owns its integers. */
static nalg_status own(nalg_onnx_import *m, nalg_onnx_value *v)
{
    size_t size = nalg_onnx_size(v->rank, v->dim);
    if (!v->integers) return NALG_OK;
    int64_t *copy = nalg_array(size, sizeof *copy);
    if (!copy) return nalg_fail_memory(m->ctx);
    if (size) memcpy(copy, v->integers, size * sizeof *copy);
    v->integers = copy;
    return NALG_OK;
}

/* The same entries under another shape. */
static nalg_status reshaped(nalg_onnx_import *m, const Onnx__NodeProto *node, nalg_onnx_value v, size_t rank,
                            const size_t *dim)
{
    if (nalg_onnx_size(rank, dim) != nalg_onnx_size(v.rank, v.dim))
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model with a batch of one or a dynamic batch axis",
                              "a tensor of %zu entries cannot take this shape",
                              nalg_onnx_size(v.rank, v.dim));
    nalg_status status = own(m, &v);
    if (status != NALG_OK) return status;
    v.rank = rank;
    memmove(v.dim, dim, rank * sizeof *dim);
    return nalg_onnx_result(m, node, 0, v);
}

static nalg_status run_identity(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value v;
    nalg_status status = nalg_onnx_operand(m, node, 0, &v);
    return status == NALG_OK ? reshaped(m, node, v, v.rank, v.dim) : status;
}

/* In inference; the second output, a mask, is not made. */
static nalg_status run_dropout(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value training;
    if (nalg_onnx_has_operand(node, 2)) {
        nalg_status status = nalg_onnx_operand(m, node, 2, &training);
        if (status != NALG_OK) return status;
        if (!training.integers || nalg_onnx_size(training.rank, training.dim) != 1 || training.integers[0])
            return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "call model.eval() before the export",
                                  "Dropout in training mode");
    }
    return run_identity(m, node);
}

static nalg_status to_integers(nalg_onnx_import *m, nalg_onnx_value *v)
{
    size_t size = nalg_onnx_size(v->rank, v->dim);
    const fmpq *x = nalg_onnx_numbers(m, v->node);
    if (!x || size > NALG_ONNX_INTEGERS)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "keep activations real",
                              "a cast of activations to integers");
    v->integers = nalg_array(size, sizeof *v->integers);
    if (!v->integers) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) {
        if (!fmpz_is_one(fmpq_denref(x + i)) || !fmpz_fits_si(fmpq_numref(x + i))) {
            free(v->integers);
            v->integers = NULL;
            return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "cast whole numbers only",
                                  "a cast of a fraction to an integer");
        }
        v->integers[i] = fmpz_get_si(fmpq_numref(x + i));
    }
    return NALG_OK;
}

/* Bits of the significand of a floating type; 0 for all others. */
static int float_bits(int64_t type)
{
    switch (type) {
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
        return 24;
    case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
        return 53;
    case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
        return 11;
    case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
        return 8;
    default:
        return 0;
    }
}

/* Constants are rounded as the cast says; weights and activations are real numbers. */
static nalg_status round_constant(nalg_onnx_import *m, nalg_onnx_value *v, int bits)
{
    size_t size = nalg_onnx_size(v->rank, v->dim);
    if (!nalg_onnx_numbers(m, v->node)) return NALG_OK;
    double *x = nalg_array(size, sizeof *x);
    if (!x) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) {
        int exponent;
        double fraction = frexp(fmpq_get_d(nalg_onnx_numbers(m, v->node) + i), &exponent);
        x[i] = ldexp(rint(ldexp(fraction, bits)), exponent - bits);
    }
    nalg_status status = nalg_onnx_doubles(m, x, size, &v->node);
    free(x);
    return status;
}

/* To a floating type with so many bits, or to integers. */
static nalg_status cast(nalg_onnx_import *m, const Onnx__NodeProto *node, int bits)
{
    nalg_onnx_value v;
    nalg_status status = nalg_onnx_operand(m, node, 0, &v);
    if (status != NALG_OK) return status;
    if (!bits && !v.integers) {
        status = to_integers(m, &v);
        return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
    }
    if (bits && v.integers) {
        status = nalg_onnx_node(m, &v, &v.node);
        v.integers = NULL;
    }
    if (status == NALG_OK && bits) status = round_constant(m, &v, bits);
    return status == NALG_OK ? reshaped(m, node, v, v.rank, v.dim) : status;
}

static nalg_status run_cast(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return cast(m, node, float_bits(nalg_onnx_attribute_int(node, "to", 0)));
}

/* The type itself is not kept: a constant stays as it is. */
static nalg_status run_cast_like(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value like;
    nalg_status status = nalg_onnx_operand(m, node, 1, &like);
    return status == NALG_OK ? cast(m, node, like.integers ? 0 : 53) : status;
}

/* ---- shapes ---- */

static nalg_status new_integers(nalg_onnx_import *m, const Onnx__NodeProto *node, const int64_t *x,
                                size_t count, size_t rank)
{
    nalg_onnx_value v = {.rank = rank, .dim = {count}, .integers = nalg_array(count, sizeof *x)};
    if (!v.integers) return nalg_fail_memory(m->ctx);
    if (count) memcpy(v.integers, x, count * sizeof *x);
    return nalg_onnx_result(m, node, 0, v);
}

static int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}

static nalg_status run_shape(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t dim[NALG_ONNX_RANK];
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status != NALG_OK) return status;
    int64_t rank = (int64_t)a.rank, start = nalg_onnx_attribute_int(node, "start", 0),
            end = nalg_onnx_attribute_int(node, "end", rank);
    start = clamp(start < 0 && start >= -rank ? start + rank : start, 0, rank);
    end = clamp(end < 0 && end >= -rank ? end + rank : end, start, rank);
    for (size_t i = 0; i < a.rank; i++) dim[i] = (int64_t)a.dim[i];
    return new_integers(m, node, dim + start, (size_t)(end - start), 1);
}

static nalg_status run_size(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status != NALG_OK) return status;
    int64_t size = (int64_t)nalg_onnx_size(a.rank, a.dim);
    return new_integers(m, node, &size, 1, 0);
}

static nalg_status run_constant(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value v = {0};
    const Onnx__AttributeProto *a = node->n_attribute ? node->attribute[0] : NULL;
    nalg_status status = NALG_OK;
    double *x = NULL, one;
    if (!a || !a->name)
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "a Constant without a value");
    if (!strcmp(a->name, "value") && a->t) {
        status = nalg_onnx_constant(m, a->t, &v);
        return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
    }
    if (!strcmp(a->name, "value_int")) return new_integers(m, node, &a->i, 1, 0);
    if (!strcmp(a->name, "value_ints") && a->n_ints <= NALG_ONNX_INTEGERS)
        return new_integers(m, node, a->ints, a->n_ints, 1);
    bool list = !strcmp(a->name, "value_floats");
    if (!list && strcmp(a->name, "value_float"))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use numbers", "a Constant with %.60s", a->name);
    size_t count = list ? a->n_floats : 1;
    x = nalg_array(count, sizeof *x);
    if (!x) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < count; i++) {
        one = (double)(list ? a->floats[i] : a->f);
        if (!(one - one == 0))
            status = nalg_onnx_fail(m, NALG_E_PARSE, "use finite numbers", "a constant is not finite");
        x[i] = one;
    }
    v.rank = list;
    v.dim[0] = count;
    if (status == NALG_OK) status = nalg_onnx_doubles(m, x, count, &v.node);
    free(x);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* Extents from integers; false when negative or too large. */
static bool extents(const int64_t *x, size_t count, size_t *dim)
{
    if (count > NALG_ONNX_RANK) return false;
    for (size_t i = 0; i < count; i++) {
        if (x[i] < 0 || (uint64_t)x[i] > NALG_TENSOR_LIMIT) return false;
        dim[i] = (size_t)x[i];
    }
    return nalg_onnx_size(count, dim) <= NALG_TENSOR_LIMIT;
}

static nalg_status bad_shape(nalg_onnx_import *m)
{
    return nalg_onnx_fail(m, NALG_E_SHAPE, "use at most 8 axes and 2^27 entries",
                          "a shape that no tensor can have");
}

static nalg_status run_constant_of_shape(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value v = {0}, fill = {0};
    const Onnx__AttributeProto *a = nalg_onnx_attribute(node, "value");
    int64_t *shape, zero = 0;
    size_t count, scalar;
    nalg_status status = nalg_onnx_integers(m, node, 0, NULL, &shape, &count);
    if (status == NALG_OK && !extents(shape, count, v.dim)) status = bad_shape(m);
    free(shape);
    v.rank = count;
    if (status == NALG_OK && a && a->t) status = nalg_onnx_constant(m, a->t, &fill);
    if (status == NALG_OK && nalg_onnx_size(fill.rank, fill.dim) != 1) {
        free(fill.integers);
        status = bad_shape(m);
    }
    if (status != NALG_OK) return status;
    size_t size = nalg_onnx_size(v.rank, v.dim);
    if (fill.integers && size <= NALG_ONNX_INTEGERS) {
        v.integers = nalg_array(size, sizeof *v.integers);
        for (size_t i = 0; v.integers && i < size; i++) v.integers[i] = fill.integers[0];
        if (!v.integers) status = nalg_fail_memory(m->ctx);
    } else {
        nalg_onnx_value number = a && a->t ? fill : (nalg_onnx_value){.integers = &zero};
        number.rank = 0;
        status = nalg_onnx_node(m, &number, &scalar);
        number = (nalg_onnx_value){.node = scalar};
        if (status == NALG_OK) status = nalg_onnx_broadcast(m, &number, v.rank, v.dim, &v.node);
    }
    free(fill.integers);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

static nalg_status run_reshape(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *shape = NULL;
    size_t count, dim[NALG_ONNX_RANK] = {0}, known = 1, free_axis = SIZE_MAX;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "shape", &shape, &count);
    if (status != NALG_OK) return status;
    if (count > NALG_ONNX_RANK) status = bad_shape(m);
    size_t size = nalg_onnx_size(a.rank, a.dim);
    for (size_t i = 0; i < count && status == NALG_OK; i++) {
        bool copy = shape[i] == 0 && !nalg_onnx_attribute_int(node, "allowzero", 0);
        if (shape[i] == -1 && free_axis == SIZE_MAX) {
            free_axis = i;
            continue;
        }
        if (shape[i] < 0 || (copy && i >= a.rank)) status = bad_shape(m);
        dim[i] = copy && i < a.rank ? a.dim[i] : (size_t)shape[i];
        if (!nalg_size_multiply(&known, known, dim[i])) status = bad_shape(m);
    }
    free(shape);
    if (status == NALG_OK && free_axis != SIZE_MAX)
        dim[free_axis] = known && size % known == 0 ? size / known : 0;
    return status == NALG_OK ? reshaped(m, node, a, count, dim) : status;
}

static nalg_status run_flatten(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t axis = nalg_onnx_attribute_int(node, "axis", 1);
    size_t dim[2] = {1, 1}, cut;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_axis(m, axis, a.rank + 1, &cut);
    if (status != NALG_OK) return status;
    if (axis < 0) cut--; /* axes count from the rank, not from one more */
    for (size_t i = 0; i < a.rank; i++) dim[i >= cut] *= a.dim[i];
    return reshaped(m, node, a, 2, dim);
}

static nalg_status run_squeeze(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *axes = NULL;
    size_t count = 0, axis, rank = 0, dim[NALG_ONNX_RANK];
    bool gone[NALG_ONNX_RANK] = {false};
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "axes", &axes, &count);
    for (size_t i = 0; i < count && status == NALG_OK; i++) {
        status = nalg_onnx_axis(m, axes[i], a.rank, &axis);
        if (status == NALG_OK) gone[axis] = true;
    }
    free(axes);
    for (size_t i = 0; i < a.rank && status == NALG_OK; i++) {
        if (gone[i] && a.dim[i] != 1) status = bad_shape(m);
        if (!(gone[i] || (count == 0 && a.dim[i] == 1))) dim[rank++] = a.dim[i];
    }
    return status == NALG_OK ? reshaped(m, node, a, rank, dim) : status;
}

static nalg_status run_unsqueeze(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *axes = NULL;
    size_t count = 0, axis, dim[NALG_ONNX_RANK], from = 0;
    bool added[NALG_ONNX_RANK] = {false};
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "axes", &axes, &count);
    if (status == NALG_OK && a.rank + count > NALG_ONNX_RANK) status = bad_shape(m);
    for (size_t i = 0; i < count && status == NALG_OK; i++) {
        status = nalg_onnx_axis(m, axes[i], a.rank + count, &axis);
        if (status == NALG_OK && added[axis]) status = bad_shape(m);
        if (status == NALG_OK) added[axis] = true;
    }
    free(axes);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < a.rank + count; i++) dim[i] = added[i] ? 1 : a.dim[from++];
    return reshaped(m, node, a, a.rank + count, dim);
}

/* ---- moving entries ---- */

/* Entries of v read by a map; integers are moved, activations are viewed. */
static nalg_status viewed(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t output,
                          const nalg_onnx_value *v, const nalg_strided *s, size_t rank, const size_t *dim)
{
    nalg_onnx_value out = {.rank = rank};
    size_t size;
    memcpy(out.dim, dim, rank * sizeof *dim);
    if (!v->integers) {
        nalg_status status = nalg_onnx_view(m, v->node, s, &out.node);
        return status == NALG_OK ? nalg_onnx_result(m, node, output, out) : status;
    }
    if (!nalg_strided_size(s, &size) || size > NALG_ONNX_INTEGERS ||
        !nalg_strided_within(s, nalg_onnx_size(v->rank, v->dim)))
        return bad_shape(m);
    int64_t *index = nalg_array(size, sizeof *index);
    out.integers = nalg_array(size, sizeof *index);
    if (!index || !out.integers) {
        free(index);
        free(out.integers);
        return nalg_fail_memory(m->ctx);
    }
    nalg_strided_fill(s, index);
    for (size_t i = 0; i < size; i++) out.integers[i] = v->integers[index[i]];
    free(index);
    return nalg_onnx_result(m, node, output, out);
}

static nalg_status run_transpose(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *order = NULL;
    size_t count = 0, axis, dim[NALG_ONNX_RANK];
    bool seen[NALG_ONNX_RANK] = {false};
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, SIZE_MAX, "perm", &order, &count);
    if (status == NALG_OK && count && count != a.rank) status = bad_shape(m);
    nalg_strided rows = status == NALG_OK ? nalg_onnx_rows(a.rank, a.dim) : (nalg_strided){0}, s = rows;
    for (size_t i = 0; status == NALG_OK && i < a.rank; i++) {
        axis = a.rank - 1 - i;
        if (count) status = nalg_onnx_axis(m, order[i], a.rank, &axis);
        if (status == NALG_OK && seen[axis]) status = bad_shape(m);
        if (status != NALG_OK) break;
        seen[axis] = true;
        s.dim[i] = dim[i] = a.dim[axis];
        s.stride[i] = rows.stride[axis];
    }
    free(order);
    return status == NALG_OK ? viewed(m, node, 0, &a, &s, a.rank, dim) : status;
}

static nalg_status run_expand(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, v = {0};
    int64_t *shape = NULL;
    size_t count = 0;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, NULL, &shape, &count);
    if (status == NALG_OK && (count > NALG_ONNX_RANK || !extents(shape, count, v.dim))) status = bad_shape(m);
    free(shape);
    if (status != NALG_OK) return status;
    v.rank = count > a.rank ? count : a.rank;
    memmove(v.dim + (v.rank - count), v.dim, count * sizeof *v.dim);
    for (size_t i = 0; i < v.rank - count; i++) v.dim[i] = 1;
    for (size_t i = 0; i < a.rank; i++) {
        size_t *to = &v.dim[v.rank - a.rank + i];
        if (a.dim[i] != 1 && *to != 1 && *to != a.dim[i]) return bad_shape(m);
        if (a.dim[i] != 1) *to = a.dim[i];
    }
    if (nalg_onnx_size(v.rank, v.dim) > NALG_TENSOR_LIMIT) return bad_shape(m);
    nalg_strided s = nalg_onnx_broadcast_map(&a, v.rank, v.dim);
    return viewed(m, node, 0, &a, &s, v.rank, v.dim);
}

/* One axis of Slice: the first index, the step, the number of entries. */
static void slice_axis(int64_t extent, int64_t start, int64_t end, int64_t step, int64_t *first,
                       int64_t *count)
{
    if (start < 0) start = start < -extent ? 0 : start + extent;
    if (end < 0)
        end = end < -extent ? -1 : end + extent;
    else if (end > extent)
        end = extent;
    if (step > 0) {
        *first = clamp(start, 0, extent);
        *count = end > *first ? (end - *first + step - 1) / step : 0;
    } else {
        *first = clamp(start, 0, extent - 1);
        *count = *first > end ? (*first - end - step - 1) / -step : 0;
    }
}

static nalg_status run_slice(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *starts = NULL, *ends = NULL, *axes = NULL, *steps = NULL;
    size_t n = 0, n_ends = 0, n_axes = 0, n_steps = 0, axis, dim[NALG_ONNX_RANK];
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "starts", &starts, &n);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 2, "ends", &ends, &n_ends);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 3, "axes", &axes, &n_axes);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 4, NULL, &steps, &n_steps);
    if (status == NALG_OK && (n_ends != n || (axes && n_axes != n) || (steps && n_steps != n) || n > a.rank))
        status = bad_shape(m);
    nalg_strided s = status == NALG_OK ? nalg_onnx_rows(a.rank, a.dim) : (nalg_strided){0};
    for (size_t i = 0; i < n && status == NALG_OK; i++) {
        int64_t first, count, step = steps ? steps[i] : 1;
        status = nalg_onnx_axis(m, axes ? axes[i] : (int64_t)i, a.rank, &axis);
        if (status != NALG_OK) break;
        if (step == 0 || step > (int64_t)NALG_TENSOR_LIMIT || step < -(int64_t)NALG_TENSOR_LIMIT) {
            status = bad_shape(m);
            break;
        }
        slice_axis((int64_t)s.dim[axis], starts[i], ends[i], step, &first, &count);
        if (count <= 0)
            status = nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again", "a slice without entries");
        s.offset += first * s.stride[axis];
        s.stride[axis] *= step;
        s.dim[axis] = (size_t)count;
    }
    free(starts);
    free(ends);
    free(axes);
    free(steps);
    if (status != NALG_OK) return status;
    memcpy(dim, s.dim, a.rank * sizeof *dim);
    return viewed(m, node, 0, &a, &s, a.rank, dim);
}

static nalg_status run_split(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    int64_t *sizes = NULL;
    size_t count = 0, axis, dim[NALG_ONNX_RANK];
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK)
        status = nalg_onnx_axis(m, nalg_onnx_attribute_int(node, "axis", 0), a.rank, &axis);
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "split", &sizes, &count);
    if (status != NALG_OK) return status;
    nalg_strided s = nalg_onnx_rows(a.rank, a.dim);
    int64_t pieces = nalg_onnx_attribute_int(node, "num_outputs", (int64_t)node->n_output);
    size_t even = pieces > 0 ? (a.dim[axis] + (size_t)pieces - 1) / (size_t)pieces : 0, at = 0;
    for (size_t k = 0; k < node->n_output && status == NALG_OK; k++) {
        uint64_t want = sizes ? k < count && sizes[k] > 0 ? (uint64_t)sizes[k] : 0 : even;
        if (!sizes && at + want > a.dim[axis]) want = a.dim[axis] - at; /* the last piece may be smaller */
        if (want == 0 || want > a.dim[axis] - at) {
            status = bad_shape(m);
            break;
        }
        nalg_strided piece = s;
        piece.offset = (int64_t)at * s.stride[axis];
        memcpy(dim, a.dim, sizeof dim);
        piece.dim[axis] = dim[axis] = (size_t)want;
        status = viewed(m, node, k, &a, &piece, a.rank, dim);
        at += (size_t)want;
    }
    free(sizes);
    return status;
}

/* Pieces along an axis, each put in its place among zeros. */
static nalg_status join(nalg_onnx_import *m, const nalg_onnx_value *piece, size_t count, size_t axis,
                        nalg_onnx_value *out)
{
    size_t total = 0, at = 0, node;
    nalg_status status = NALG_OK;
    for (size_t k = 0; k < count; k++) total += piece[k].dim[axis];
    nalg_onnx_value v = piece[0];
    v.integers = NULL;
    v.dim[axis] = total;
    if (nalg_onnx_size(v.rank, v.dim) > NALG_TENSOR_LIMIT) return bad_shape(m);
    nalg_strided whole = nalg_onnx_rows(v.rank, v.dim);
    for (size_t k = 0; k < count && status == NALG_OK; k++) {
        nalg_strided s = whole;
        s.dim[axis] = piece[k].dim[axis];
        s.offset = (int64_t)at * whole.stride[axis];
        at += piece[k].dim[axis];
        status = nalg_onnx_node(m, &piece[k], &node);
        if (status == NALG_OK) status = nalg_onnx_put(m, node, nalg_onnx_size(v.rank, v.dim), &s, &node);
        if (status == NALG_OK && k) status = nalg_onnx_add(m, v.node, node, &node);
        v.node = node;
    }
    if (status == NALG_OK) *out = v;
    return status;
}

static nalg_status join_integers(nalg_onnx_import *m, const nalg_onnx_value *piece, size_t count,
                                 nalg_onnx_value *out)
{
    nalg_onnx_value v = {.rank = 1};
    size_t at = 0;
    for (size_t k = 0; k < count; k++) v.dim[0] += piece[k].dim[0];
    if (v.dim[0] > NALG_ONNX_INTEGERS) return bad_shape(m);
    v.integers = nalg_array(v.dim[0], sizeof *v.integers);
    if (!v.integers) return nalg_fail_memory(m->ctx);
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < piece[k].dim[0]; i++) v.integers[at++] = piece[k].integers[i];
    *out = v;
    return NALG_OK;
}

static nalg_status run_concat(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value *piece = nalg_array_zero(node->n_input, sizeof *piece), v = {0};
    size_t axis = 0;
    bool integers = true;
    nalg_status status = piece && node->n_input ? NALG_OK : nalg_fail_memory(m->ctx);
    for (size_t k = 0; k < node->n_input && status == NALG_OK; k++) {
        status = nalg_onnx_operand(m, node, k, &piece[k]);
        if (status == NALG_OK && k == 0)
            status = nalg_onnx_axis(m, nalg_onnx_attribute_int(node, "axis", 0), piece[0].rank, &axis);
        if (status != NALG_OK) break;
        integers = integers && piece[k].integers && piece[k].rank == 1;
        for (size_t i = 0; i < piece[0].rank; i++)
            if (piece[k].rank != piece[0].rank || (i != axis && piece[k].dim[i] != piece[0].dim[i]))
                status = bad_shape(m);
        if (status == NALG_OK && k >= NALG_ONNX_INTEGERS) status = bad_shape(m);
    }
    if (status == NALG_OK)
        status =
            integers ? join_integers(m, piece, node->n_input, &v) : join(m, piece, node->n_input, axis, &v);
    free(piece);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* The slice of a at `index` along an axis. */
static nalg_status slice_at(nalg_onnx_import *m, const nalg_onnx_value *a, size_t axis, int64_t index,
                            nalg_onnx_value *out)
{
    nalg_strided s = nalg_onnx_rows(a->rank, a->dim);
    *out = *a;
    out->integers = NULL;
    s.offset = index * s.stride[axis];
    out->dim[axis] = s.dim[axis] = 1;
    return nalg_onnx_view(m, a->node, &s, &out->node);
}

static nalg_status gather_integers(nalg_onnx_import *m, const Onnx__NodeProto *node, const nalg_onnx_value *a,
                                   const nalg_onnx_value *index)
{
    nalg_onnx_value v = *index;
    size_t count = nalg_onnx_size(index->rank, index->dim);
    if (a->rank != 1)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "gather from shapes only",
                              "Gather from an integer table");
    v.integers = nalg_array(count, sizeof *v.integers);
    if (!v.integers) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < count; i++)
        v.integers[i] = a->integers[index->integers[i] < 0 ? index->integers[i] + (int64_t)a->dim[0]
                                                           : index->integers[i]];
    return nalg_onnx_result(m, node, 0, v);
}

static nalg_status run_gather(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, index, v = {0}, *piece = NULL;
    size_t axis, dim[NALG_ONNX_RANK], rank = 0;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_operand(m, node, 1, &index);
    if (status == NALG_OK)
        status = nalg_onnx_axis(m, nalg_onnx_attribute_int(node, "axis", 0), a.rank, &axis);
    if (status != NALG_OK) return status;
    size_t count = nalg_onnx_size(index.rank, index.dim);
    if (!index.integers || count == 0)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use fixed indices",
                              "Gather at indices that depend on the input");
    int64_t extent = (int64_t)a.dim[axis];
    for (size_t i = 0; i < count; i++)
        if (index.integers[i] < -extent || index.integers[i] >= extent) return bad_shape(m);
    if (a.integers) return gather_integers(m, node, &a, &index);
    if (a.rank + index.rank - 1 > NALG_ONNX_RANK) return bad_shape(m);
    piece = nalg_array_zero(count, sizeof *piece);
    if (!piece) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < count && status == NALG_OK; i++)
        status = slice_at(m, &a, axis, index.integers[i] < 0 ? index.integers[i] + extent : index.integers[i],
                          &piece[i]);
    if (status == NALG_OK) status = join(m, piece, count, axis, &v);
    free(piece);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < a.rank; i++) {
        if (i != axis) dim[rank++] = a.dim[i];
        for (size_t k = 0; i == axis && k < index.rank; k++) dim[rank++] = index.dim[k];
    }
    v.rank = rank;
    memcpy(v.dim, dim, rank * sizeof *dim);
    return nalg_onnx_result(m, node, 0, v);
}

/* Zeros around a tensor. */
static nalg_status run_pad(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, fill, v;
    const Onnx__AttributeProto *mode = nalg_onnx_attribute(node, "mode");
    int64_t *pads = NULL;
    size_t count = 0;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK && mode && mode->has_s && (mode->s.len != 8 || memcmp(mode->s.data, "constant", 8)))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "pad with zeros", "Pad in a mode that is not constant");
    bool zero = nalg_onnx_attribute_float(node, "value", 0) == 0; /* before opset 11 */
    if (status == NALG_OK && nalg_onnx_has_operand(node, 2)) {
        status = nalg_onnx_lookup_constant(m, node->input[2], &fill);
        const fmpq *x = status == NALG_OK && !fill.integers ? nalg_onnx_numbers(m, fill.node) : NULL;
        zero = x && fmpq_is_zero(x);
    }
    if (status == NALG_OK && !zero)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "pad with zeros", "Pad with a value other than 0");
    if (status == NALG_OK && nalg_onnx_has_operand(node, 3))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "pad all axes", "Pad with a list of axes");
    if (status == NALG_OK) status = nalg_onnx_integers(m, node, 1, "pads", &pads, &count);
    if (status == NALG_OK && (count != 2 * a.rank || a.integers)) status = bad_shape(m);
    if (status != NALG_OK) {
        free(pads);
        return status;
    }
    v = a;
    for (size_t i = 0; i < a.rank && status == NALG_OK; i++) {
        if (pads[i] < 0 || pads[a.rank + i] < 0 || pads[i] > (1 << 24) || pads[a.rank + i] > (1 << 24))
            status = bad_shape(m);
        else
            v.dim[i] += (size_t)(pads[i] + pads[a.rank + i]);
    }
    if (status == NALG_OK && nalg_onnx_size(v.rank, v.dim) > NALG_TENSOR_LIMIT) status = bad_shape(m);
    if (status == NALG_OK) {
        nalg_strided s = nalg_onnx_rows(v.rank, v.dim);
        for (size_t i = 0; i < a.rank; i++) {
            s.dim[i] = a.dim[i];
            s.offset += pads[i] * s.stride[i];
        }
        status = nalg_onnx_put(m, a.node, nalg_onnx_size(v.rank, v.dim), &s, &v.node);
    }
    free(pads);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

const nalg_onnx_operator_entry nalg_onnx_shapes[] = {
    {"Identity", run_identity},
    {"Dropout", run_dropout},
    {"Cast", run_cast},
    {"CastLike", run_cast_like},
    {"Shape", run_shape},
    {"Size", run_size},
    {"Constant", run_constant},
    {"ConstantOfShape", run_constant_of_shape},
    {"Reshape", run_reshape},
    {"Flatten", run_flatten},
    {"Squeeze", run_squeeze},
    {"Unsqueeze", run_unsqueeze},
    {"Transpose", run_transpose},
    {"Expand", run_expand},
    {"Slice", run_slice},
    {"Split", run_split},
    {"Concat", run_concat},
    {"Gather", run_gather},
    {"Pad", run_pad},
    {0},
};
