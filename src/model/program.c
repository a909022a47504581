/* Tensor programs: building, sizes, printing.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/program.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

void nalg_program_clear(nalg_program *p)
{
    for (size_t i = 0; i < p->numbers; i++) fmpq_clear(&p->number[i]);
    free(p->number);
    free(p->item);
    *p = (nalg_program){0};
}

unsigned nalg_program_operands(const nalg_instruction *i)
{
    switch (i->op) {
    case NALG_PROGRAM_INPUT:
    case NALG_PROGRAM_WEIGHTS:
    case NALG_PROGRAM_NUMBERS:
        return 0;
    case NALG_PROGRAM_ADD:
    case NALG_PROGRAM_MULTIPLY:
    case NALG_PROGRAM_PRODUCT:
        return 2;
    case NALG_PROGRAM_INVERSE:
    case NALG_PROGRAM_POWER:
    case NALG_PROGRAM_VIEW:
    case NALG_PROGRAM_PUT:
        return 1;
    }
    return 0;
}

size_t nalg_program_push(nalg_program *p, nalg_instruction i)
{
    if (!nalg_grow((void **)&p->item, &p->capacity, p->count, sizeof *p->item)) return SIZE_MAX;
    p->item[p->count] = i;
    return p->count++;
}

size_t nalg_program_numbers(nalg_program *p, size_t count)
{
    size_t first = p->numbers;
    for (size_t i = 0; i < count; i++) {
        if (!nalg_grow((void **)&p->number, &p->number_capacity, p->numbers, sizeof *p->number))
            return SIZE_MAX;
        fmpq_init(&p->number[p->numbers++]);
    }
    return first;
}

bool nalg_strided_size(const nalg_strided *s, size_t *out)
{
    size_t size = 1;
    for (size_t i = 0; i < s->axes; i++)
        if (!nalg_size_multiply(&size, size, s->dim[i]) || size > NALG_TENSOR_LIMIT) return false;
    *out = size;
    return true;
}

bool nalg_strided_within(const nalg_strided *s, size_t size)
{
    int64_t low = s->offset, high = s->offset, reach;
    for (size_t i = 0; i < s->axes; i++) {
        if (s->dim[i] == 0) return true;
        if (__builtin_mul_overflow(s->stride[i], (int64_t)s->dim[i] - 1, &reach)) return false;
        if (__builtin_add_overflow(reach < 0 ? low : high, reach, reach < 0 ? &low : &high)) return false;
    }
    return low >= 0 && high >= 0 && (uint64_t)high < size;
}

void nalg_strided_fill(const nalg_strided *s, int64_t *out)
{
    size_t size, at[NALG_STRIDED_AXES] = {0};
    int64_t index = s->offset;
    if (!nalg_strided_size(s, &size)) return;
    for (size_t i = 0; i < size; i++) {
        out[i] = index;
        for (size_t axis = s->axes; axis-- > 0;) {
            index += s->stride[axis];
            if (++at[axis] < s->dim[axis]) break;
            index -= s->stride[axis] * (int64_t)s->dim[axis];
            at[axis] = 0;
        }
    }
}

/* ---- sizes ---- */

static nalg_status complain(nalg_ctx *ctx, const char *where, size_t number, const char *what)
{
    return nalg_fail(ctx, NALG_E_SHAPE, where, "see the instructions of program(...) in docs/models.md",
                     "instruction v%zu of the program: %s", number, what);
}

/* NULL, or what is wrong with instruction i. */
static const char *check_one(nalg_program *p, nalg_instruction *i)
{
    size_t a = nalg_program_operands(i) > 0 ? p->item[i->a].size : 0,
           b = nalg_program_operands(i) > 1 ? p->item[i->b].size : 0, left, right, visited;
    switch (i->op) {
    case NALG_PROGRAM_INPUT:
    case NALG_PROGRAM_WEIGHTS:
    case NALG_PROGRAM_NUMBERS:
        break;
    case NALG_PROGRAM_ADD:
    case NALG_PROGRAM_MULTIPLY:
        if (a != b && a != 1 && b != 1) return "the operands have different sizes";
        i->size = a > b ? a : b;
        break;
    case NALG_PROGRAM_INVERSE:
    case NALG_PROGRAM_POWER:
        i->size = a;
        break;
    case NALG_PROGRAM_PRODUCT:
        if (!nalg_size_multiply(&left, i->m, i->k) || !nalg_size_multiply(&right, i->k, i->n) || left != a ||
            right != b)
            return "the factors do not have the sizes m k and k n";
        if (!nalg_size_multiply(&i->size, i->m, i->n)) return "it is too large";
        break;
    case NALG_PROGRAM_VIEW:
        if (!nalg_strided_size(&i->map, &i->size)) return "it is too large";
        if (!nalg_strided_within(&i->map, a)) return "it reaches beyond its operand";
        break;
    case NALG_PROGRAM_PUT:
        if (!nalg_strided_size(&i->map, &visited) || visited != a)
            return "the extents do not multiply to the size of the operand";
        if (!nalg_strided_within(&i->map, i->size)) return "it reaches beyond its result";
        break;
    }
    return i->size == 0 || i->size > NALG_TENSOR_LIMIT ? "it is empty or too large" : NULL;
}

nalg_status nalg_program_check(nalg_ctx *ctx, nalg_program *p, size_t input, const char *where)
{
    size_t all = 0;
    p->item[0].size = input;
    for (size_t i = 0; i < p->count; i++) {
        const char *wrong = check_one(p, &p->item[i]);
        if (wrong) return complain(ctx, where, i, wrong);
        all += p->item[i].size;
        if (all > NALG_TENSOR_LIMIT) return complain(ctx, where, i, "all values together are too large");
    }
    return NALG_OK;
}

/* ---- text ---- */

static void print_operand(nalg_text *out, size_t number)
{
    if (number == 0)
        nalg_text_string(out, "x");
    else
        nalg_text_format(out, "v%zu", number);
}

static void print_map(nalg_text *out, const nalg_strided *s)
{
    nalg_text_format(out, ",%" PRId64, s->offset);
    for (size_t i = 0; i < s->axes; i++) nalg_text_format(out, ",%zu:%" PRId64, s->dim[i], s->stride[i]);
}

static void print_numbers(const nalg_program *p, const nalg_instruction *i, nalg_text *out)
{
    for (size_t k = 0; k < i->size; k++) {
        char *text = fmpq_get_str(NULL, 10, &p->number[i->first + k]);
        nalg_text_format(out, "%s%s", k ? "," : "", text);
        flint_free(text);
    }
}

static void print_one(const nalg_program *p, const nalg_instruction *i, nalg_text *out)
{
    static const char *const names[] = {"x",    "w(",   "c(",  "add(",  "mul(",
                                        "inv(", "pow(", "mm(", "view(", "put("};
    nalg_text_string(out, names[i->op]);
    unsigned operands = nalg_program_operands(i);
    if (operands > 0) print_operand(out, i->a);
    if (operands > 1) nalg_text_string(out, ",");
    if (operands > 1) print_operand(out, i->b);
    if (i->op == NALG_PROGRAM_WEIGHTS) nalg_text_format(out, "%zu", i->size);
    if (i->op == NALG_PROGRAM_NUMBERS) print_numbers(p, i, out);
    if (i->op == NALG_PROGRAM_POWER) nalg_text_format(out, ",%" PRIu64, i->exponent);
    if (i->op == NALG_PROGRAM_PRODUCT) nalg_text_format(out, ",%zu,%zu,%zu", i->m, i->k, i->n);
    if (i->op == NALG_PROGRAM_PUT) nalg_text_format(out, ",%zu", i->size);
    if (i->op == NALG_PROGRAM_VIEW || i->op == NALG_PROGRAM_PUT) print_map(out, &i->map);
    nalg_text_string(out, ")");
}

void nalg_program_print(const nalg_program *p, nalg_text *out)
{
    for (size_t i = 1; i < p->count; i++) {
        if (i > 1) nalg_text_string(out, ";");
        print_one(p, &p->item[i], out);
    }
}
