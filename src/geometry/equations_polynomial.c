/* Sparse polynomials in several inputs by recursive descent.
 *
 *     sum     = ["-"] product { ("+" | "-") product }
 *     product = power { ["*"] power | "/" number }
 *     power   = atom [ "^" digits ]
 *     atom    = number | x digits | "(" sum ")"
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_polynomial.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

#define TERM_LIMIT 20000
#define EXPONENT_LIMIT 1000
#define DEPTH_LIMIT 64
#define DIGIT_LIMIT 1000

typedef nalg_input_polynomial polynomial;

typedef struct {
    nalg_ctx *ctx;
    const char *text;
    size_t length, at, inputs, line;
    unsigned depth;
    nalg_status status;
} reader;

static void fail(reader *r, const char *hint, const char *what)
{
    char where[64];
    if (r->status != NALG_OK) return;
    snprintf(where, sizeof where, "line %zu, column %zu", r->line, r->at + 1);
    r->status = nalg_fail(r->ctx, NALG_E_PARSE, where, hint, "%s", what);
}

static void fail_memory(reader *r)
{
    if (r->status == NALG_OK) r->status = nalg_fail_memory(r->ctx);
}

void nalg_input_polynomial_clear(polynomial *p)
{
    for (size_t t = 0; p->coefficient && t < p->count; t++) fmpq_clear(p->coefficient + t);
    free(p->exponent);
    free(p->coefficient);
    *p = (polynomial){0};
}

/* count zero terms. */
static polynomial make(reader *r, size_t count)
{
    polynomial p = {.inputs = r->inputs};
    if (count > TERM_LIMIT) {
        fail(r, "write a polynomial with fewer terms", "the polynomial has too many terms");
        return p;
    }
    p.exponent = nalg_array_zero(count * r->inputs, sizeof *p.exponent);
    p.coefficient = nalg_array_zero(count, sizeof *p.coefficient);
    if (!p.exponent || !p.coefficient) {
        nalg_input_polynomial_clear(&p);
        fail_memory(r);
        return p;
    }
    p.count = count;
    for (size_t t = 0; t < count; t++) fmpq_init(p.coefficient + t);
    return p;
}

static int compare(const uint16_t *a, const uint16_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) return a[i] > b[i] ? -1 : 1;
    return 0;
}

/* a + sign * b, terms merged in order; both are cleared. */
static polynomial add(reader *r, polynomial a, polynomial b, int sign)
{
    polynomial sum = make(r, a.count + b.count);
    size_t n = r->inputs, i = 0, j = 0, t = 0;
    while (sum.count && (i < a.count || j < b.count)) {
        int order = i == a.count ? 1 : j == b.count ? -1 : compare(a.exponent + i * n, b.exponent + j * n, n);
        memcpy(sum.exponent + t * n, order <= 0 ? a.exponent + i * n : b.exponent + j * n, n * sizeof *sum.exponent);
        if (order <= 0) fmpq_set(sum.coefficient + t, a.coefficient + i);
        if (order >= 0 && sign > 0) fmpq_add(sum.coefficient + t, sum.coefficient + t, b.coefficient + j);
        if (order >= 0 && sign < 0) fmpq_sub(sum.coefficient + t, sum.coefficient + t, b.coefficient + j);
        i += order <= 0;
        j += order >= 0;
        t += !fmpq_is_zero(sum.coefficient + t);
    }
    for (size_t k = t; k < sum.count; k++) fmpq_clear(sum.coefficient + k);
    sum.count = t;
    nalg_input_polynomial_clear(&a);
    nalg_input_polynomial_clear(&b);
    return sum;
}

/* a times one term of b. */
static polynomial times_term(reader *r, const polynomial *a, const polynomial *b, size_t term)
{
    polynomial product = make(r, a->count);
    size_t n = r->inputs;
    for (size_t t = 0; t < product.count; t++) {
        for (size_t i = 0; i < n; i++) {
            unsigned e = a->exponent[t * n + i] + (unsigned)b->exponent[term * n + i];
            if (e > EXPONENT_LIMIT) fail(r, "write exponents up to 1000", "an exponent is too large");
            product.exponent[t * n + i] = (uint16_t)e;
        }
        fmpq_mul(product.coefficient + t, a->coefficient + t, b->coefficient + term);
    }
    return product;
}

/* Sums of halves, so that no term is merged more often than the logarithm of the number of terms. */
static polynomial times_range(reader *r, const polynomial *a, const polynomial *b, size_t first, size_t last)
{
    if (last - first == 1) return times_term(r, a, b, first);
    if (last == first || r->status != NALG_OK) return make(r, 0);
    size_t middle = first + (last - first) / 2;
    polynomial low = times_range(r, a, b, first, middle), high = times_range(r, a, b, middle, last);
    return add(r, low, high, 1);
}

static polynomial multiply(reader *r, polynomial a, polynomial b)
{
    polynomial product = times_range(r, &a, &b, 0, b.count);
    nalg_input_polynomial_clear(&a);
    nalg_input_polynomial_clear(&b);
    return product;
}

static void skip(reader *r)
{
    while (r->at < r->length && isspace((unsigned char)r->text[r->at])) r->at++;
}

static char peek(reader *r)
{
    skip(r);
    return r->at < r->length ? r->text[r->at] : '\0';
}

static bool accept(reader *r, char c)
{
    if (peek(r) != c) return false;
    r->at++;
    return true;
}

/* Digits with an optional fraction, exactly. */
static void read_number(reader *r, fmpq_t value)
{
    char digits[DIGIT_LIMIT + 1];
    size_t count = 0, fraction = 0;
    bool point = false;
    for (; r->at < r->length && (isdigit((unsigned char)r->text[r->at]) || (r->text[r->at] == '.' && !point)); r->at++) {
        if (r->text[r->at] == '.') {
            point = true;
            continue;
        }
        if (count == DIGIT_LIMIT) fail(r, "write at most 1000 digits", "a number is too long");
        if (r->status != NALG_OK) return;
        digits[count++] = r->text[r->at];
        fraction += point;
    }
    digits[count] = '\0';
    if (!count || fmpz_set_str(fmpq_numref(value), digits, 10)) fail(r, "write a number such as 3, 1.5 or 1/2", "a number is expected");
    fmpz_ui_pow_ui(fmpq_denref(value), 10, fraction);
    fmpq_canonicalise(value);
}

static unsigned read_unsigned(reader *r, unsigned most, const char *hint, const char *what)
{
    unsigned n = 0;
    if (r->at >= r->length || !isdigit((unsigned char)r->text[r->at])) fail(r, hint, what);
    for (; r->at < r->length && isdigit((unsigned char)r->text[r->at]) && n <= most; r->at++) n = 10 * n + (unsigned)(r->text[r->at] - '0');
    if (n > most) fail(r, hint, what);
    return n;
}

static polynomial read_sum(reader *r);

static polynomial read_atom(reader *r)
{
    char c = peek(r);
    polynomial p = {0};
    if (c == '(') {
        r->at++;
        if (++r->depth > DEPTH_LIMIT) fail(r, "use fewer parentheses", "parentheses are nested too deeply");
        if (r->status == NALG_OK) p = read_sum(r);
        r->depth--;
        if (!accept(r, ')')) fail(r, "close it with )", "a parenthesis is not closed");
        return p;
    }
    if (c != 'x' && c != 'X' && c != '.' && !isdigit((unsigned char)c)) {
        fail(r, "write a polynomial such as 3*x1^2*x2 - x2^3", c ? "this is no part of a polynomial" : "the polynomial ends too early");
        return p;
    }
    p = make(r, 1);
    if (!p.count) return p;
    fmpq_one(p.coefficient);
    if (c == 'x' || c == 'X') {
        r->at++;
        bool bare = r->inputs == 1 && (r->at >= r->length || !isdigit((unsigned char)r->text[r->at]));
        unsigned index = bare ? 1 : read_unsigned(r, (unsigned)r->inputs, "inputs are x1, x2, ... as many as the model has", "this input does not exist");
        if (index == 0) fail(r, "inputs are numbered from x1", "this input does not exist");
        else if (index <= r->inputs) p.exponent[index - 1] = 1;
        return p;
    }
    read_number(r, p.coefficient);
    if (fmpq_is_zero(p.coefficient)) nalg_input_polynomial_clear(&p), p.inputs = r->inputs;
    return p;
}

static polynomial read_power(reader *r)
{
    polynomial base = read_atom(r);
    if (!accept(r, '^')) return base;
    skip(r);
    unsigned exponent = read_unsigned(r, EXPONENT_LIMIT, "write an exponent from 0 to 1000", "this exponent cannot be used");
    polynomial power = make(r, 1);
    if (power.count) fmpq_one(power.coefficient);
    for (unsigned k = 0; k < exponent && r->status == NALG_OK; k++) {
        polynomial copy = make(r, base.count);
        for (size_t t = 0; t < copy.count; t++) fmpq_set(copy.coefficient + t, base.coefficient + t);
        if (copy.count) memcpy(copy.exponent, base.exponent, base.count * r->inputs * sizeof *copy.exponent);
        power = multiply(r, power, copy);
        if (nalg_checkpoint(r->ctx) != NALG_OK) r->status = nalg_checkpoint(r->ctx);
    }
    nalg_input_polynomial_clear(&base);
    return power;
}

static polynomial read_product(reader *r)
{
    polynomial p = read_power(r);
    while (r->status == NALG_OK) {
        char c = peek(r);
        if (c == '/') {
            fmpq_t divisor;
            r->at++;
            skip(r);
            fmpq_init(divisor);
            read_number(r, divisor);
            if (r->status == NALG_OK && fmpq_is_zero(divisor)) fail(r, "divide by another number", "division by zero");
            for (size_t t = 0; r->status == NALG_OK && t < p.count; t++) fmpq_div(p.coefficient + t, p.coefficient + t, divisor);
            fmpq_clear(divisor);
        } else if (c == '*' || c == 'x' || c == 'X' || c == '(') {
            r->at += c == '*';
            polynomial factor = read_power(r);
            p = multiply(r, p, factor);
        } else {
            break;
        }
    }
    return p;
}

static polynomial read_sum(reader *r)
{
    polynomial sum = make(r, 0);
    bool negative = accept(r, '-');
    if (!negative) (void)accept(r, '+');
    do {
        polynomial product = read_product(r);
        sum = add(r, sum, product, negative ? -1 : 1);
        if (accept(r, '+')) negative = false;
        else if (accept(r, '-')) negative = true;
        else break;
    } while (r->status == NALG_OK);
    return sum;
}

nalg_status nalg_input_polynomial_parse(nalg_ctx *ctx, polynomial *out, const char *text, size_t length, size_t inputs, size_t line)
{
    reader r = {.ctx = ctx, .text = text, .length = length, .inputs = inputs, .line = line};
    polynomial p = read_sum(&r);
    if (r.status == NALG_OK && peek(&r)) fail(&r, "write a polynomial such as 3*x1^2*x2 - x2^3", "this is no part of a polynomial");
    if (r.status == NALG_OK) *out = p;
    else nalg_input_polynomial_clear(&p);
    return r.status;
}
