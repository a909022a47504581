/* Arithmetic of ONNX: entry by entry with broadcasting, sums over axes, products. Integers (shapes) are
 * folded. Source: ONNX operators, opsets 7 to 20.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"

#define EXPONENT_LIMIT (1 << 20)

/* ---- attributes, operands, results ---- */

const Onnx__AttributeProto *nalg_onnx_attribute(const Onnx__NodeProto *node, const char *name)
{
    for (size_t i = 0; i < node->n_attribute; i++)
        if (node->attribute[i]->name && !strcmp(node->attribute[i]->name, name)) return node->attribute[i];
    return NULL;
}

int64_t nalg_onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t otherwise)
{
    const Onnx__AttributeProto *a = nalg_onnx_attribute(node, name);
    return a && a->has_i ? a->i : otherwise;
}

double nalg_onnx_attribute_float(const Onnx__NodeProto *node, const char *name, double otherwise)
{
    const Onnx__AttributeProto *a = nalg_onnx_attribute(node, name);
    return a && a->has_f ? (double)a->f : otherwise;
}

bool nalg_onnx_has_operand(const Onnx__NodeProto *node, size_t k)
{
    return k < node->n_input && node->input[k] && node->input[k][0];
}

nalg_status nalg_onnx_operand(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                              nalg_onnx_value *out)
{
    if (!nalg_onnx_has_operand(node, k))
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "operand %zu is missing", k + 1);
    return nalg_onnx_lookup(m, node->input[k], out);
}

nalg_status nalg_onnx_real_operand(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                   nalg_onnx_value *out)
{
    nalg_status status = nalg_onnx_operand(m, node, k, out);
    if (status == NALG_OK && out->integers) {
        status = nalg_onnx_node(m, out, &out->node);
        out->integers = NULL;
    }
    return status;
}

nalg_status nalg_onnx_shapes_differ(nalg_onnx_import *m)
{
    return nalg_onnx_fail(m, NALG_E_SHAPE,
                          "export the model again with a batch of one or a dynamic batch axis",
                          "the operands have shapes that do not fit");
}

nalg_status nalg_onnx_result(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k, nalg_onnx_value v)
{
    if (k >= node->n_output || !node->output[k] || !node->output[k][0]) {
        free(v.integers);
        return k == 0 ? nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "a node has no output")
                      : NALG_OK;
    }
    return nalg_onnx_bind(m, node->output[k], v);
}

nalg_status nalg_onnx_integers(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                               const char *attribute, int64_t **out, size_t *count)
{
    const Onnx__AttributeProto *a = attribute ? nalg_onnx_attribute(node, attribute) : NULL;
    const int64_t *from = NULL;
    nalg_onnx_value v;
    *out = NULL;
    *count = 0;
    if (nalg_onnx_has_operand(node, k)) {
        nalg_status status = nalg_onnx_operand(m, node, k, &v);
        if (status != NALG_OK) return status;
        if (!v.integers)
            return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export with fixed sizes",
                                  "operand %zu must be known integers, not computed from the input", k + 1);
        from = v.integers;
        *count = nalg_onnx_size(v.rank, v.dim);
    } else if (a) {
        static const int64_t none;
        from = a->n_ints ? a->ints : a->has_i ? &a->i : &none;
        *count = a->n_ints ? a->n_ints : a->has_i ? 1 : 0;
        if (*count > NALG_ONNX_INTEGERS)
            return nalg_onnx_fail(m, NALG_E_LIMIT, "use fewer", "attribute %s is too long", attribute);
    }
    if (!from) return NALG_OK;
    *out = nalg_array(*count, sizeof **out);
    if (!*out) return nalg_fail_memory(m->ctx);
    if (*count) memcpy(*out, from, *count * sizeof **out);
    return NALG_OK;
}

nalg_status nalg_onnx_axis(nalg_onnx_import *m, int64_t axis, size_t rank, size_t *out)
{
    if (axis < -(int64_t)rank || axis >= (int64_t)rank)
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again", "axis %lld does not exist",
                              (long long)axis);
    *out = (size_t)(axis < 0 ? axis + (int64_t)rank : axis);
    return NALG_OK;
}

nalg_strided nalg_onnx_rows(size_t rank, const size_t *dim)
{
    nalg_strided s = {.axes = rank};
    int64_t step = 1;
    for (size_t i = rank; i-- > 0; step *= (int64_t)dim[i]) {
        s.dim[i] = dim[i];
        s.stride[i] = step;
    }
    return s;
}

/* ---- broadcasting ---- */

/* The common shape of two, or false. */
static bool common_shape(const nalg_onnx_value *a, const nalg_onnx_value *b, size_t *rank, size_t *dim)
{
    *rank = a->rank > b->rank ? a->rank : b->rank;
    for (size_t i = 0; i < *rank; i++) { /* from the last axis */
        size_t x = i < a->rank ? a->dim[a->rank - 1 - i] : 1, y = i < b->rank ? b->dim[b->rank - 1 - i] : 1;
        if (x != y && x != 1 && y != 1) return false;
        dim[*rank - 1 - i] = x == 1 ? y : x;
    }
    return nalg_onnx_size(*rank, dim) <= NALG_TENSOR_LIMIT;
}

nalg_strided nalg_onnx_broadcast_map(const nalg_onnx_value *v, size_t rank, const size_t *dim)
{
    nalg_strided own = nalg_onnx_rows(v->rank, v->dim), s = {.axes = rank};
    for (size_t i = 0; i < rank; i++) {
        size_t lead = rank - v->rank;
        s.dim[i] = dim[i];
        s.stride[i] = i < lead || v->dim[i - lead] == 1 ? 0 : own.stride[i - lead];
    }
    return s;
}

nalg_status nalg_onnx_broadcast(nalg_onnx_import *m, const nalg_onnx_value *v, size_t rank, const size_t *dim,
                                size_t *out)
{
    size_t node;
    nalg_status status = nalg_onnx_node(m, v, &node);
    if (status != NALG_OK) return status;
    nalg_strided s = nalg_onnx_broadcast_map(v, rank, dim);
    return nalg_onnx_view(m, node, &s, out);
}

/* ---- entry by entry ---- */

static bool fold_integer(char op, int64_t x, int64_t y, int64_t *z)
{
    switch (op) {
    case '+':
        return !__builtin_add_overflow(x, y, z);
    case '-':
        return !__builtin_sub_overflow(x, y, z);
    case '*':
        return !__builtin_mul_overflow(x, y, z);
    case '=':
        *z = x == y;
        return true;
    default:
        if (y == 0 || (y == -1 && x == INT64_MIN)) return false;
        *z = x / y;
        return true;
    }
}

static nalg_status integers_entrywise(nalg_onnx_import *m, const Onnx__NodeProto *node, char op,
                                      const nalg_onnx_value *a, const nalg_onnx_value *b)
{
    nalg_onnx_value v = {0};
    int64_t *at_a = NULL, *at_b = NULL;
    if (!common_shape(a, b, &v.rank, v.dim) || nalg_onnx_size(v.rank, v.dim) > NALG_ONNX_INTEGERS)
        return nalg_onnx_shapes_differ(m);
    size_t size = nalg_onnx_size(v.rank, v.dim);
    nalg_status status = NALG_OK;
    v.integers = nalg_array(size, sizeof *v.integers);
    at_a = nalg_array(size, sizeof *at_a);
    at_b = nalg_array(size, sizeof *at_b);
    if (!v.integers || !at_a || !at_b) {
        status = nalg_fail_memory(m->ctx);
    } else {
        nalg_strided map_a = nalg_onnx_broadcast_map(a, v.rank, v.dim),
                     map_b = nalg_onnx_broadcast_map(b, v.rank, v.dim);
        nalg_strided_fill(&map_a, at_a);
        nalg_strided_fill(&map_b, at_b);
        for (size_t i = 0; i < size && status == NALG_OK; i++)
            if (!fold_integer(op, a->integers[at_a[i]], b->integers[at_b[i]], &v.integers[i]))
                status = nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                                        "arithmetic of shapes overflows");
    }
    free(at_a);
    free(at_b);
    if (status == NALG_OK) return nalg_onnx_result(m, node, 0, v);
    free(v.integers);
    return status;
}

/* b replaced by -b or 1 / b. */
static nalg_status adjust(nalg_onnx_import *m, char op, size_t *b)
{
    fmpq_t minus;
    size_t scalar;
    if (op == '/') return nalg_onnx_inverse(m, *b, b);
    if (op != '-') return NALG_OK;
    fmpq_init(minus);
    fmpq_set_si(minus, -1, 1);
    nalg_status status = nalg_onnx_scalar(m, minus, &scalar);
    if (status == NALG_OK) status = nalg_onnx_multiply(m, *b, scalar, b);
    fmpq_clear(minus);
    return status;
}

/* A scalar is spread by the instruction itself; anything else by a view. */
static nalg_status spread(nalg_onnx_import *m, const nalg_onnx_value *v, size_t rank, const size_t *dim,
                          size_t *out)
{
    if (nalg_onnx_size(v->rank, v->dim) == 1) return nalg_onnx_node(m, v, out);
    return nalg_onnx_broadcast(m, v, rank, dim, out);
}

static nalg_status entrywise(nalg_onnx_import *m, char op, const nalg_onnx_value *a, const nalg_onnx_value *b,
                             nalg_onnx_value *out)
{
    nalg_onnx_value v = {0};
    size_t x, y;
    if (!common_shape(a, b, &v.rank, v.dim)) return nalg_onnx_shapes_differ(m);
    nalg_status status = spread(m, a, v.rank, v.dim, &x);
    if (status == NALG_OK) status = spread(m, b, v.rank, v.dim, &y);
    if (status == NALG_OK) status = adjust(m, op, &y);
    if (status == NALG_OK)
        status =
            op == '*' || op == '/' ? nalg_onnx_multiply(m, x, y, &v.node) : nalg_onnx_add(m, x, y, &v.node);
    if (status == NALG_OK) *out = v;
    return status;
}

static nalg_status binary(nalg_onnx_import *m, const Onnx__NodeProto *node, char op)
{
    nalg_onnx_value a, b, v;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_operand(m, node, 1, &b);
    if (status != NALG_OK) return status;
    if (a.integers && b.integers) return integers_entrywise(m, node, op, &a, &b);
    if (op == '=')
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "compare shapes only",
                              "Equal on values that depend on the input");
    status = entrywise(m, op, &a, &b, &v);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

static nalg_status run_add(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return binary(m, node, '+');
}

static nalg_status run_sub(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return binary(m, node, '-');
}

static nalg_status run_mul(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return binary(m, node, '*');
}

static nalg_status run_div(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return binary(m, node, '/');
}

static nalg_status run_equal(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return binary(m, node, '=');
}

static nalg_status run_sum(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value sum, v;
    nalg_status status = nalg_onnx_operand(m, node, 0, &sum);
    if (status == NALG_OK && sum.integers)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use Add", "Sum of integers");
    for (size_t k = 1; k < node->n_input && status == NALG_OK; k++) {
        status = nalg_onnx_operand(m, node, k, &v);
        if (status == NALG_OK) status = entrywise(m, '+', &sum, &v, &sum);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, sum) : status;
}

static nalg_status run_neg(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    int64_t minus = -1;
    nalg_onnx_value a, v, factor = {.integers = &minus};
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status != NALG_OK) return status;
    if (a.integers) return integers_entrywise(m, node, '*', &a, &factor);
    status = entrywise(m, '*', &a, &factor, &v);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

static nalg_status run_reciprocal(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    size_t at = 0;
    if (status == NALG_OK) status = nalg_onnx_node(m, &a, &at);
    if (status == NALG_OK) status = nalg_onnx_inverse(m, at, &a.node);
    a.integers = NULL;
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, a) : status;
}

/* The one integer in every entry of a constant. */
static bool integral(const nalg_onnx_import *m, const nalg_onnx_value *v, int64_t *out)
{
    size_t size = nalg_onnx_size(v->rank, v->dim);
    const fmpq *x = v->integers ? NULL : nalg_onnx_numbers(m, v->node);
    if (size == 0 || (!x && !v->integers)) return false;
    for (size_t i = 0; i < size; i++) {
        if (x && (!fmpz_is_one(fmpq_denref(x + i)) || fmpz_cmpabs(fmpq_numref(x + i), fmpq_numref(x)) ||
                  !fmpz_abs_fits_ui(fmpq_numref(x))))
            return false;
        int64_t value = x ? (int64_t)fmpz_get_si(fmpq_numref(x + i)) : v->integers[i];
        if (i && value != *out) return false;
        *out = value;
    }
    return *out >= -EXPONENT_LIMIT && *out <= EXPONENT_LIMIT;
}

static nalg_status run_pow(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, e, v = {0};
    int64_t exponent = 0;
    size_t base = 0, one = 0;
    fmpq_t q;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK && !nalg_onnx_has_operand(node, 1)) return nalg_onnx_operand(m, node, 1, &e);
    if (status == NALG_OK) status = nalg_onnx_lookup_constant(m, node->input[1], &e);
    if (status != NALG_OK) return status;
    if (!integral(m, &e, &exponent))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use an integer such as x**2 or x**3",
                              "the exponent is not one fixed integer");
    if (!common_shape(&a, &e, &v.rank, v.dim)) return nalg_onnx_shapes_differ(m);
    status = nalg_onnx_broadcast(m, &a, v.rank, v.dim, &base);
    if (status != NALG_OK) return status;
    if (exponent == 0) {
        fmpq_init(q);
        fmpq_one(q);
        status = nalg_onnx_scalar(m, q, &one);
        fmpq_clear(q);
        nalg_onnx_value unit = {.node = one};
        if (status == NALG_OK) status = nalg_onnx_broadcast(m, &unit, v.rank, v.dim, &v.node);
    } else {
        status = nalg_onnx_power(m, base, (uint64_t)(exponent < 0 ? -exponent : exponent), &v.node);
        if (status == NALG_OK && exponent < 0) status = nalg_onnx_inverse(m, v.node, &v.node);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* Of constants only, by the nearest double: attention divides its scores by sqrt(d). */
static nalg_status run_sqrt(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a;
    size_t from = 0;
    double *x = NULL;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_node(m, &a, &from);
    if (status != NALG_OK) return status;
    if (!nalg_onnx_numbers(m, from))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use a polynomial such as x**2",
                              "Sqrt of values that are no constants");
    size_t size = nalg_onnx_size(a.rank, a.dim);
    x = nalg_array(size, sizeof *x);
    if (!x) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        const fmpq *q = nalg_onnx_numbers(m, from) + i;
        x[i] = sqrt(fmpq_get_d(q));
        if (!isfinite(x[i]))
            status = nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                                    "the square root of a negative constant");
    }
    if (status == NALG_OK) status = nalg_onnx_doubles(m, x, size, &a.node);
    free(x);
    a.integers = NULL;
    if (status == NALG_OK)
        status = nalg_onnx_note(m, "square roots of constants are the nearest 64-bit floating-point numbers");
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, a) : status;
}

static nalg_status run_where(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value c, a, b, v = {0};
    nalg_status status = nalg_onnx_operand(m, node, 0, &c);
    if (status == NALG_OK) status = nalg_onnx_operand(m, node, 1, &a);
    if (status == NALG_OK) status = nalg_onnx_operand(m, node, 2, &b);
    if (status != NALG_OK) return status;
    size_t size = nalg_onnx_size(c.rank, c.dim);
    if (!a.integers || !b.integers || !c.integers || nalg_onnx_size(a.rank, a.dim) != size ||
        nalg_onnx_size(b.rank, b.dim) != size)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use Where on shapes only",
                              "Where on values that depend on the input");
    v = c;
    v.integers = nalg_array(size, sizeof *v.integers);
    if (!v.integers) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) v.integers[i] = c.integers[i] ? a.integers[i] : b.integers[i];
    return nalg_onnx_result(m, node, 0, v);
}

/* ---- sums over axes ---- */

static nalg_status reduced_axes(nalg_onnx_import *m, const Onnx__NodeProto *node, const nalg_onnx_value *a,
                                bool *reduce)
{
    int64_t *axes;
    size_t count, axis = 0;
    nalg_status status = nalg_onnx_integers(m, node, 1, "axes", &axes, &count);
    for (size_t i = 0; i < count && status == NALG_OK; i++) {
        status = nalg_onnx_axis(m, axes[i], a->rank, &axis);
        if (status == NALG_OK) reduce[axis] = true;
    }
    free(axes);
    for (size_t i = 0; i < a->rank && status == NALG_OK && count == 0 &&
                       !nalg_onnx_attribute_int(node, "noop_with_empty_axes", 0);
         i++)
        reduce[i] = true;
    return status;
}

static nalg_status reduce(nalg_onnx_import *m, const Onnx__NodeProto *node, bool mean)
{
    nalg_onnx_value a, v = {0};
    bool gone[NALG_ONNX_RANK] = {false}, keep = nalg_onnx_attribute_int(node, "keepdims", 1) != 0;
    nalg_status status = nalg_onnx_operand(m, node, 0, &a);
    if (status == NALG_OK && a.integers)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use real tensors", "a sum of integers");
    if (status == NALG_OK) status = reduced_axes(m, node, &a, gone);
    if (status != NALG_OK) return status;
    nalg_strided s = nalg_onnx_rows(a.rank, a.dim);
    int64_t step = 1, share = 1;
    for (size_t i = a.rank; i-- > 0;) {
        s.stride[i] = gone[i] ? 0 : step;
        step *= gone[i] ? 1 : (int64_t)a.dim[i];
        share *= gone[i] ? (int64_t)a.dim[i] : 1;
    }
    for (size_t i = 0; i < a.rank; i++)
        if (!gone[i] || keep) v.dim[v.rank++] = gone[i] ? 1 : a.dim[i];
    status = nalg_onnx_put(m, a.node, nalg_onnx_size(v.rank, v.dim), &s, &v.node);
    if (status == NALG_OK && mean) {
        nalg_onnx_value factor = {.integers = &share};
        status = entrywise(m, '/', &v, &factor, &v);
    }
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

static nalg_status run_reduce_sum(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return reduce(m, node, false);
}

static nalg_status run_reduce_mean(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return reduce(m, node, true);
}

const nalg_onnx_operator_entry nalg_onnx_arithmetic[] = {
    {"Add", run_add},
    {"Sub", run_sub},
    {"Mul", run_mul},
    {"Div", run_div},
    {"Equal", run_equal},
    {"Sum", run_sum},
    {"Neg", run_neg},
    {"Pow", run_pow},
    {"Reciprocal", run_reciprocal},
    {"Sqrt", run_sqrt},
    {"Where", run_where},
    {"ReduceSum", run_reduce_sum},
    {"ReduceMean", run_reduce_mean},
    {0},
};
