/* Values of the symbolic run: names, constants, instructions with folding.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"

/* All entries of all values: what the model costs to lower. */
#define ENTRIES_LIMIT (UINT64_C(1) << 27)
/* Constants are kept as exact rationals: how many, the bits of one, and the words of all that are longer than
 * a word. */
#define NUMBERS_LIMIT (UINT64_C(1) << 23)
#define NUMBER_BITS 16384
#define WORDS_LIMIT (UINT64_C(1) << 23)

nalg_status nalg_onnx_fail(nalg_onnx_import *m, nalg_status status, const char *hint, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return nalg_fail(m->ctx, status, m->where, hint, "%s", what);
}

nalg_status nalg_onnx_note(nalg_onnx_import *m, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    json_t *text = json_string(what);
    if (!text) return NALG_OK; /* a name that is no UTF-8: the note is lost, nothing else */
    for (size_t i = 0; i < json_array_size(m->notes); i++)
        if (json_equal(json_array_get(m->notes, i), text)) {
            json_decref(text);
            return NALG_OK;
        }
    return json_array_append_new(m->notes, text) ? nalg_fail_memory(m->ctx) : NALG_OK;
}

/* ---- instructions ---- */

const fmpq *nalg_onnx_numbers(const nalg_onnx_import *m, size_t node)
{
    const nalg_instruction *i = &m->program.item[node];
    return i->op == NALG_PROGRAM_NUMBERS ? &m->program.number[i->first] : NULL;
}

nalg_status nalg_onnx_push(nalg_onnx_import *m, nalg_instruction i, size_t *out)
{
    if (i.size == 0 || i.size > NALG_TENSOR_LIMIT || m->program.count >= NALG_PROGRAM_LIMIT ||
        m->entries + i.size > ENTRIES_LIMIT)
        return nalg_onnx_fail(m, i.size ? NALG_E_LIMIT : NALG_E_SHAPE, "use a smaller model",
                              i.size ? "the model is too large" : "a tensor without elements");
    if (!nalg_grow((void **)&m->origin, &m->origin_capacity, m->program.count, sizeof *m->origin))
        return nalg_fail_memory(m->ctx);
    m->origin[m->program.count] = (nalg_onnx_origin){0};
    m->entries += i.size;
    size_t number = nalg_program_push(&m->program, i);
    if (number == SIZE_MAX) return nalg_fail_memory(m->ctx);
    *out = number;
    return NALG_OK;
}

static nalg_status push_numbers(nalg_onnx_import *m, size_t size, size_t *out)
{
    if (size == 0 || m->entries + size > ENTRIES_LIMIT)
        return nalg_onnx_push(m, (nalg_instruction){.size = size ? SIZE_MAX : 0}, out);
    if (m->numbers + size > NUMBERS_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model",
                              "the model has more than %llu constant numbers",
                              (unsigned long long)NUMBERS_LIMIT);
    m->numbers += size;
    size_t first = nalg_program_numbers(&m->program, size);
    if (first == SIZE_MAX) return nalg_fail_memory(m->ctx);
    return nalg_onnx_push(m, (nalg_instruction){.op = NALG_PROGRAM_NUMBERS, .first = first, .size = size},
                          out);
}

nalg_status nalg_onnx_scalar(nalg_onnx_import *m, const fmpq_t value, size_t *out)
{
    nalg_status status = push_numbers(m, 1, out);
    if (status == NALG_OK) fmpq_set(&m->program.number[m->program.item[*out].first], value);
    return status;
}

nalg_status nalg_onnx_doubles(nalg_onnx_import *m, const double *x, size_t count, size_t *out)
{
    nalg_status status = push_numbers(m, count, out);
    if (status != NALG_OK) return status;
    fmpq *number = &m->program.number[m->program.item[*out].first];
    for (size_t i = 0; i < count; i++) nalg_rational_of_double(&number[i], x[i]);
    return NALG_OK;
}

static size_t bits_of(const fmpq *x)
{
    return (size_t)(fmpz_bits(fmpq_numref(x)) + fmpz_bits(fmpq_denref(x)));
}

/* Room for a result of so many bits, before it is worked out. */
static nalg_status reserve_bits(nalg_onnx_import *m, size_t bits)
{
    m->number_words += bits <= 124 ? 0 : bits / 64 + 1;
    if (bits <= NUMBER_BITS && m->number_words <= WORDS_LIMIT) return NALG_OK;
    return nalg_onnx_fail(m, NALG_E_LIMIT, "fold constants before exporting, or use shorter numbers",
                          "an exact constant has too many digits");
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static nalg_status binary(nalg_onnx_import *m, nalg_program_op op, size_t a, size_t b, size_t *out)
{
    size_t size_a = m->program.item[a].size, size_b = m->program.item[b].size, size = larger(size_a, size_b);
    if (!nalg_onnx_numbers(m, a) || !nalg_onnx_numbers(m, b))
        return nalg_onnx_push(m, (nalg_instruction){.op = op, .a = a, .b = b, .size = size}, out);
    nalg_status status = push_numbers(m, size, out);
    if (status != NALG_OK) return status;
    fmpq *z = &m->program.number[m->program.item[*out].first];
    const fmpq *x = nalg_onnx_numbers(m, a), *y = nalg_onnx_numbers(m, b);
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        const fmpq *p = &x[size_a == 1 ? 0 : i], *q = &y[size_b == 1 ? 0 : i];
        status = reserve_bits(m, bits_of(p) + bits_of(q) + 1);
        if (status != NALG_OK) break;
        if (op == NALG_PROGRAM_ADD)
            fmpq_add(&z[i], p, q);
        else
            fmpq_mul(&z[i], p, q);
    }
    return status;
}

/* The one rational in all entries of a constant, or NULL. */
static const fmpq *uniform(const nalg_onnx_import *m, size_t node)
{
    const fmpq *x = nalg_onnx_numbers(m, node);
    for (size_t i = 1; x && i < m->program.item[node].size; i++)
        if (!fmpq_equal(x, x + i)) return NULL;
    return x;
}

nalg_status nalg_onnx_add(nalg_onnx_import *m, size_t a, size_t b, size_t *out)
{
    const fmpq *x = uniform(m, a), *y = uniform(m, b);
    size_t size_a = m->program.item[a].size, size_b = m->program.item[b].size;
    bool only_b = x && fmpq_is_zero(x) && size_b >= size_a, only_a = y && fmpq_is_zero(y) && size_a >= size_b;
    *out = only_b ? b : a;
    return only_a || only_b ? NALG_OK : binary(m, NALG_PROGRAM_ADD, a, b, out);
}

nalg_status nalg_onnx_multiply(nalg_onnx_import *m, size_t a, size_t b, size_t *out)
{
    const fmpq *x = uniform(m, a), *y = uniform(m, b);
    size_t size_a = m->program.item[a].size, size_b = m->program.item[b].size;
    bool only_b = x && fmpq_is_one(x) && size_b >= size_a, only_a = y && fmpq_is_one(y) && size_a >= size_b;
    *out = only_b ? b : a;
    return only_a || only_b ? NALG_OK : binary(m, NALG_PROGRAM_MULTIPLY, a, b, out);
}

nalg_status nalg_onnx_inverse(nalg_onnx_import *m, size_t a, size_t *out)
{
    size_t size = m->program.item[a].size;
    if (!nalg_onnx_numbers(m, a))
        return nalg_onnx_push(m, (nalg_instruction){.op = NALG_PROGRAM_INVERSE, .a = a, .size = size}, out);
    for (size_t i = 0; i < size; i++)
        if (fmpq_is_zero(nalg_onnx_numbers(m, a) + i))
            return nalg_onnx_fail(m, NALG_E_PARSE, "divide by another constant", "a division by 0");
    nalg_status status = push_numbers(m, size, out);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < size; i++)
        fmpq_inv(&m->program.number[m->program.item[*out].first + i], nalg_onnx_numbers(m, a) + i);
    return NALG_OK;
}

nalg_status nalg_onnx_power(nalg_onnx_import *m, size_t a, uint64_t exponent, size_t *out)
{
    size_t size = m->program.item[a].size;
    *out = a;
    if (exponent == 1) return NALG_OK;
    if (!nalg_onnx_numbers(m, a) || exponent > 64)
        return nalg_onnx_push(
            m, (nalg_instruction){.op = NALG_PROGRAM_POWER, .a = a, .exponent = exponent, .size = size}, out);
    nalg_status status = push_numbers(m, size, out);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        const fmpq *x = nalg_onnx_numbers(m, a) + i;
        status = reserve_bits(m, bits_of(x) * exponent);
        if (status == NALG_OK)
            fmpq_pow_si(&m->program.number[m->program.item[*out].first + i], x, (slong)exponent);
    }
    return status;
}

/* Reads every entry once, in order. */
static bool is_identity(const nalg_strided *s, size_t size)
{
    size_t visited;
    int64_t step = 1;
    if (!nalg_strided_size(s, &visited) || visited != size || s->offset) return false;
    for (size_t i = s->axes; i-- > 0; step *= (int64_t)s->dim[i])
        if (s->dim[i] > 1 && s->stride[i] != step) return false;
    return true;
}

/* The same map with fewer axes: those of extent 1 left out, neighbours that run on joined. */
static nalg_strided simplified(const nalg_strided *s)
{
    nalg_strided t = {.offset = s->offset};
    for (size_t i = 0; i < s->axes; i++) {
        if (s->dim[i] == 1) continue;
        if (t.axes && t.stride[t.axes - 1] == s->stride[i] * (int64_t)s->dim[i]) {
            t.dim[t.axes - 1] *= s->dim[i];
            t.stride[t.axes - 1] = s->stride[i];
        } else {
            t.dim[t.axes] = s->dim[i];
            t.stride[t.axes++] = s->stride[i];
        }
    }
    return t;
}

nalg_status nalg_onnx_view(nalg_onnx_import *m, size_t a, const nalg_strided *map, size_t *out)
{
    size_t from = m->program.item[a].size, size;
    if (!nalg_strided_size(map, &size))
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a tensor is too large");
    if (!nalg_strided_within(map, from))
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again", "a tensor is read beyond its end");
    *out = a;
    if (is_identity(map, from)) return NALG_OK;
    nalg_strided short_map = simplified(map);
    if (!nalg_onnx_numbers(m, a))
        return nalg_onnx_push(
            m, (nalg_instruction){.op = NALG_PROGRAM_VIEW, .a = a, .size = size, .map = short_map}, out);
    nalg_status status = push_numbers(m, size, out);
    int64_t *index = status == NALG_OK ? nalg_array(size, sizeof *index) : NULL;
    if (status == NALG_OK && !index) status = nalg_fail_memory(m->ctx);
    if (status == NALG_OK) {
        nalg_strided_fill(&short_map, index);
        for (size_t i = 0; i < size; i++)
            fmpq_set(&m->program.number[m->program.item[*out].first + i], nalg_onnx_numbers(m, a) + index[i]);
    }
    free(index);
    return status;
}

nalg_status nalg_onnx_put(nalg_onnx_import *m, size_t a, size_t size, const nalg_strided *map, size_t *out)
{
    nalg_strided short_map = simplified(map);
    if (size == 0 || !nalg_strided_within(map, size))
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again",
                              "a tensor is written beyond its end");
    *out = a;
    if (size == m->program.item[a].size && is_identity(map, size)) return NALG_OK;
    return nalg_onnx_push(
        m, (nalg_instruction){.op = NALG_PROGRAM_PUT, .a = a, .size = size, .map = short_map}, out);
}

nalg_status nalg_onnx_product(nalg_onnx_import *m, size_t a, size_t b, size_t rows, size_t inner,
                              size_t columns, size_t *out)
{
    size_t size, terms;
    if (!nalg_size_multiply(&size, rows, columns) || !nalg_size_multiply(&terms, size, inner) ||
        size > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a product is too large");
    return nalg_onnx_push(
        m,
        (nalg_instruction){
            .op = NALG_PROGRAM_PRODUCT, .a = a, .b = b, .m = rows, .k = inner, .n = columns, .size = size},
        out);
}

nalg_status nalg_onnx_node(nalg_onnx_import *m, const nalg_onnx_value *v, size_t *out)
{
    *out = v->node;
    if (!v->integers) return NALG_OK;
    size_t size = nalg_onnx_size(v->rank, v->dim);
    nalg_status status = push_numbers(m, size, out);
    for (size_t i = 0; i < size && status == NALG_OK; i++)
        fmpq_set_si(&m->program.number[m->program.item[*out].first + i], v->integers[i], 1);
    return status;
}

/* ---- names ---- */

nalg_status nalg_onnx_bind(nalg_onnx_import *m, const char *name, nalg_onnx_value v)
{
    if (!nalg_grow((void **)&m->value, &m->value_capacity, m->value_count, sizeof *m->value)) {
        free(v.integers);
        return nalg_fail_memory(m->ctx);
    }
    m->value[m->value_count] = v;
    if (json_object_set_new_nocheck(m->values, name, json_integer((json_int_t)m->value_count++)))
        return nalg_fail_memory(m->ctx);
    return NALG_OK;
}

nalg_status nalg_onnx_constant(nalg_onnx_import *m, const Onnx__TensorProto *t, nalg_onnx_value *out)
{
    nalg_onnx_value v = {0};
    nalg_status status = nalg_onnx_tensor_shape(m, t, &v.rank, v.dim);
    if (status != NALG_OK) return status;
    size_t size = nalg_onnx_size(v.rank, v.dim);
    if (nalg_onnx_tensor_is_integer(t)) {
        status = nalg_onnx_tensor_integers(m, t, size, &v.integers);
    } else {
        double *x = NULL;
        status = nalg_onnx_tensor_doubles(m, t, size, &x);
        if (status == NALG_OK) status = nalg_onnx_doubles(m, x, size, &v.node);
        free(x);
    }
    if (status == NALG_OK) *out = v;
    return status;
}

bool nalg_onnx_listed(const char *list, const char *name)
{
    size_t length = strlen(name);
    for (const char *s = list; s && *s; s += strcspn(s, ","), s += *s == ',') {
        size_t n = strcspn(s, ",");
        if (n && s[n - 1] == '*' ? length >= n - 1 && !strncmp(s, name, n - 1)
                                 : n == length && !strncmp(s, name, n))
            return true;
    }
    return false;
}

/* Constants that an optimiser lifted out of the graph: torch's new exporter calls its numbers val_7; others
 * keep the name of the Constant node's output, such as /act/Constant_1_output_0. */
bool nalg_onnx_is_lifted(const nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size)
{
    static const char ending[] = "_output_0";
    size_t length = t->name ? strlen(t->name) : 0;
    if (length == 0 || nalg_onnx_listed(m->options->parameters, t->name)) return false;
    bool node = length >= sizeof ending && !strcmp(t->name + length - (sizeof ending - 1), ending) &&
                strstr(t->name, "Constant");
    return node || (size == 1 && !strncmp(t->name, "val_", 4));
}

/* name: the tensor's, or that of a copy of it; it lives as long as the file. */
static nalg_status new_parameter(nalg_onnx_import *m, const Onnx__TensorProto *t, const char *name,
                                 nalg_onnx_value *v)
{
    nalg_onnx_parameter p = {.name = name, .rank = v->rank, .size = nalg_onnx_size(v->rank, v->dim)};
    memcpy(p.dim, v->dim, sizeof p.dim);
    if (p.size == 0)
        return nalg_onnx_fail(m, NALG_E_SHAPE, "export the model again", "tensor %.200s has no elements",
                              t->name);
    nalg_status status = nalg_onnx_tensor_doubles(m, t, p.size, &p.element);
    if (status != NALG_OK) return status;
    p.place = nalg_array(p.size, sizeof *p.place);
    if (!p.place || !nalg_grow((void **)&m->parameter, &m->parameter_capacity, m->parameter_count,
                               sizeof *m->parameter)) {
        free(p.element);
        free(p.place);
        return nalg_fail_memory(m->ctx);
    }
    m->parameter[m->parameter_count] = p;
    return nalg_onnx_push(
        m, (nalg_instruction){.op = NALG_PROGRAM_WEIGHTS, .first = m->parameter_count++, .size = p.size},
        &v->node);
}

static nalg_status lookup(nalg_onnx_import *m, const char *name, bool constant, nalg_onnx_value *out);

/* A tensor that is the transpose of another one. */
static nalg_status load_transpose(nalg_onnx_import *m, const char *name, const char *original,
                                  nalg_onnx_value *out)
{
    nalg_onnx_value v;
    nalg_status status = lookup(m, original, false, &v);
    if (status != NALG_OK) return status;
    nalg_strided s = {.axes = 2, .dim = {v.dim[1], v.dim[0]}, .stride = {1, (int64_t)v.dim[1]}};
    nalg_onnx_value t = {.rank = 2, .dim = {v.dim[1], v.dim[0]}};
    status = nalg_onnx_view(m, v.node, &s, &t.node);
    if (status == NALG_OK) status = nalg_onnx_bind(m, name, t);
    if (status == NALG_OK) *out = t;
    return status;
}

static nalg_status load(nalg_onnx_import *m, const char *name, bool constant, nalg_onnx_value *out)
{
    const json_t *number = json_object_get(m->tensors, name);
    if (!number)
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                              "the value %.200s is used before it is computed", name);
    const Onnx__TensorProto *t = m->graph->initializer[json_integer_value(number)];
    nalg_onnx_value v = {0};
    nalg_status status = nalg_onnx_tensor_shape(m, t, &v.rank, v.dim);
    if (status != NALG_OK) return status;
    size_t original = nalg_onnx_transpose_of(m, (size_t)json_integer_value(number));
    if (original != SIZE_MAX) return load_transpose(m, name, m->graph->initializer[original]->name, out);
    bool asked = nalg_onnx_listed(m->options->constants, name);
    constant = constant || asked || nalg_onnx_tensor_is_integer(t) ||
               nalg_onnx_is_lifted(m, t, nalg_onnx_size(v.rank, v.dim));
    if (constant)
        status = nalg_onnx_constant(m, t, &v);
    else
        status = new_parameter(m, t, name, &v);
    if (status == NALG_OK && constant && !nalg_onnx_tensor_is_integer(t)) {
        json_t *text = json_string(name);
        if (text && json_array_append_new(m->constants, text)) status = nalg_fail_memory(m->ctx);
    }
    if (status == NALG_OK) status = nalg_onnx_bind(m, name, v);
    if (status == NALG_OK) *out = v;
    return status;
}

static nalg_status lookup(nalg_onnx_import *m, const char *name, bool constant, nalg_onnx_value *out)
{
    const json_t *number = json_object_get(m->values, name);
    if (!number) return load(m, name, constant, out);
    *out = m->value[json_integer_value(number)];
    return NALG_OK;
}

nalg_status nalg_onnx_lookup(nalg_onnx_import *m, const char *name, nalg_onnx_value *out)
{
    return lookup(m, name, false, out);
}

nalg_status nalg_onnx_lookup_constant(nalg_onnx_import *m, const char *name, nalg_onnx_value *out)
{
    return lookup(m, name, true, out);
}
