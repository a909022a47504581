/* Reading tensor programs.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "model/program.h"

#define NUMBER_DIGITS 2000

static const struct {
    const char *name;
    nalg_program_op op;
} words[] = {
    {"w", NALG_PROGRAM_WEIGHTS},    {"c", NALG_PROGRAM_NUMBERS},   {"add", NALG_PROGRAM_ADD},
    {"mul", NALG_PROGRAM_MULTIPLY}, {"inv", NALG_PROGRAM_INVERSE}, {"pow", NALG_PROGRAM_POWER},
    {"mm", NALG_PROGRAM_PRODUCT},   {"view", NALG_PROGRAM_VIEW},   {"put", NALG_PROGRAM_PUT},
};

typedef struct {
    nalg_ctx *ctx;
    nalg_program *p;
    nalg_span whole, rest; /* one instruction; its arguments not read yet */
} parser;

static nalg_status complain(parser *r, const nalg_span *at, const char *what)
{
    return nalg_span_fail(r->ctx, at->length ? at : &r->whole, NALG_E_PARSE,
                          "write w(N), c(1/2), add(a,b), mul(a,b), inv(a), pow(a,2), mm(a,b,m,k,n), "
                          "view(a,offset,extent:stride) "
                          "or put(a,size,offset,extent:stride) on x, v1, v2, ...",
                          "program: %s", what);
}

static nalg_span next(parser *r)
{
    nalg_span piece = {0};
    if (!nalg_span_cut(&r->rest, ',', &piece)) return (nalg_span){r->whole.text, r->whole.where, 0};
    while (piece.length && piece.text[0] == ' ')
        piece = (nalg_span){piece.text + 1, piece.where + 1, piece.length - 1};
    while (piece.length && piece.text[piece.length - 1] == ' ') piece.length--;
    return piece;
}

/* An integer in -limit .. limit that fills the span. */
static bool integer(const nalg_span *s, int64_t limit, int64_t *out)
{
    bool negative = s->length && s->text[0] == '-';
    int64_t value = 0;
    if (s->length == (size_t)negative || s->length > 18) return false;
    for (size_t i = negative; i < s->length; i++) {
        if (!isdigit((unsigned char)s->text[i])) return false;
        value = value * 10 + (s->text[i] - '0');
    }
    *out = negative ? -value : value;
    return value <= limit;
}

static bool counted(parser *r, size_t least, uint64_t most, size_t *out)
{
    nalg_span s = next(r);
    int64_t value;
    if (!integer(&s, (int64_t)most, &value) || value < (int64_t)least) return false;
    *out = (size_t)value;
    return true;
}

static bool operand(parser *r, size_t *out)
{
    nalg_span s = next(r);
    int64_t value;
    if (nalg_span_is(&s, "x")) {
        *out = 0;
        return true;
    }
    nalg_span digits = {s.text + 1, s.where + 1, s.length ? s.length - 1 : 0};
    if (s.length < 2 || s.text[0] != 'v' || !integer(&digits, NALG_PROGRAM_LIMIT, &value) || value < 1 ||
        (size_t)value >= r->p->count)
        return false;
    *out = (size_t)value;
    return true;
}

static bool strided(parser *r, nalg_strided *s)
{
    nalg_span piece = next(r), extent;
    if (!integer(&piece, (int64_t)NALG_TENSOR_LIMIT, &s->offset)) return false;
    while (r->rest.text) {
        int64_t dim, stride;
        piece = next(r);
        if (s->axes == NALG_STRIDED_AXES || !nalg_span_cut(&piece, ':', &extent) || !piece.text) return false;
        if (!integer(&extent, (int64_t)NALG_TENSOR_LIMIT, &dim) || dim < 1 ||
            !integer(&piece, (int64_t)NALG_TENSOR_LIMIT, &stride))
            return false;
        s->dim[s->axes] = (size_t)dim;
        s->stride[s->axes++] = stride;
    }
    return true;
}

static nalg_status numbers(parser *r, nalg_instruction *i)
{
    char digits[NUMBER_DIGITS + 1];
    i->first = r->p->numbers;
    while (r->rest.text) {
        nalg_span s = next(r);
        size_t at = nalg_program_numbers(r->p, 1);
        if (at == SIZE_MAX) return nalg_fail_memory(r->ctx);
        if (s.length == 0 || s.length > NUMBER_DIGITS)
            return complain(r, &s, "a number is missing or too long");
        memcpy(digits, s.text, s.length);
        digits[s.length] = '\0';
        if (fmpq_set_str(&r->p->number[at], digits, 10) || fmpz_is_zero(fmpq_denref(&r->p->number[at]))) {
            fmpq_zero(&r->p->number[at]);
            return complain(r, &s, "this is no rational number");
        }
        fmpq_canonicalise(&r->p->number[at]);
        i->size++;
    }
    return NALG_OK;
}

/* The arguments after the word. */
static nalg_status arguments(parser *r, nalg_instruction *i)
{
    unsigned operands = nalg_program_operands(i);
    if (i->op == NALG_PROGRAM_NUMBERS) return numbers(r, i);
    if (operands > 0 && !operand(r, &i->a))
        return complain(r, &r->whole, "the first argument is no earlier value");
    if (operands > 1 && !operand(r, &i->b))
        return complain(r, &r->whole, "the second argument is no earlier value");
    bool ok = true;
    size_t exponent = 0;
    if (i->op == NALG_PROGRAM_WEIGHTS) {
        ok = counted(r, 1, NALG_TENSOR_LIMIT, &i->size);
        i->first = r->p->weights;
        r->p->weights += ok ? i->size : 0;
    }
    if (i->op == NALG_PROGRAM_POWER) {
        ok = counted(r, 1, NALG_EXPONENT_LIMIT, &exponent);
        i->exponent = exponent;
    }
    if (i->op == NALG_PROGRAM_PRODUCT)
        ok = counted(r, 1, NALG_TENSOR_LIMIT, &i->m) && counted(r, 1, NALG_TENSOR_LIMIT, &i->k) &&
             counted(r, 1, NALG_TENSOR_LIMIT, &i->n);
    if (i->op == NALG_PROGRAM_PUT) ok = counted(r, 1, NALG_TENSOR_LIMIT, &i->size);
    if (ok && (i->op == NALG_PROGRAM_VIEW || i->op == NALG_PROGRAM_PUT)) ok = strided(r, &i->map);
    if (!ok || r->rest.text) return complain(r, &r->whole, "the arguments are not understood");
    if (r->p->weights > NALG_TENSOR_LIMIT) return complain(r, &r->whole, "too many parameters");
    return NALG_OK;
}

static nalg_status instruction(parser *r)
{
    nalg_instruction i = {.op = NALG_PROGRAM_INPUT};
    size_t n = 0;
    while (n < r->whole.length && isalpha((unsigned char)r->whole.text[n])) n++;
    nalg_span word = {r->whole.text, r->whole.where, n};
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (nalg_span_is(&word, words[k].name)) i.op = words[k].op;
    if (i.op == NALG_PROGRAM_INPUT || n + 2 > r->whole.length || r->whole.text[n] != '(' ||
        r->whole.text[r->whole.length - 1] != ')')
        return complain(r, &r->whole, "this is no instruction");
    r->rest = (nalg_span){r->whole.text + n + 1, r->whole.where + n + 1, r->whole.length - n - 2};
    nalg_status status = arguments(r, &i);
    if (status != NALG_OK) return status;
    return nalg_program_push(r->p, i) == SIZE_MAX ? nalg_fail_memory(r->ctx) : NALG_OK;
}

nalg_status nalg_program_parse(nalg_ctx *ctx, nalg_program *out, nalg_span text)
{
    nalg_program p = {0};
    parser r = {.ctx = ctx, .p = &p};
    nalg_span piece, whole = text;
    nalg_status status = nalg_program_push(&p, (nalg_instruction){.op = NALG_PROGRAM_INPUT}) == SIZE_MAX
                             ? nalg_fail_memory(ctx)
                             : NALG_OK;
    while (status == NALG_OK && nalg_span_cut(&text, ';', &piece)) {
        while (piece.length && piece.text[0] == ' ')
            piece = (nalg_span){piece.text + 1, piece.where + 1, piece.length - 1};
        while (piece.length && piece.text[piece.length - 1] == ' ') piece.length--;
        r.whole = piece.length ? piece : whole;
        if (p.count > NALG_PROGRAM_LIMIT)
            status = nalg_span_fail(ctx, &r.whole, NALG_E_LIMIT, "use fewer",
                                    "a program of more than %d instructions", NALG_PROGRAM_LIMIT);
        else
            status = instruction(&r);
        if ((p.count & 0xff) == 0 && status == NALG_OK) status = nalg_checkpoint(ctx);
    }
    if (status == NALG_OK)
        *out = p;
    else
        nalg_program_clear(&p);
    return status;
}
