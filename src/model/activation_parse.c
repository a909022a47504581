/* clang-format off */
/* Recursive-descent parser of activations: sums, products, quotients and integer powers of x and rational numbers.
 *   sum    := ['-'|'+'] product (('+'|'-') product)*
 *   product:= power (['*'|'/'] power)*          juxtaposition multiplies: 3x^2
 *   power  := base ['^' ['-'] integer]
 *   base   := number | 'x' | 'z' | '(' sum ')' | 'generic' '(' integer ')'
 * SPDX-License-Identifier: LGPL-2.1-or-later */
/* clang-format on */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "model/polynomial.h"

#define NESTING_LIMIT 50
/* generic(r): coefficients drawn once and for all from a stream of their own, so that the phrase names one
 * activation. */
#define GENERIC_SEED 20250131
#define GENERIC_BOUND 97
#define GENERIC_DEGREE_LIMIT 1000

typedef struct {
    nalg_ctx *ctx;
    const char *text;
    size_t length, at, column, depth;
} parser;

static nalg_status sum(parser *p, nalg_rational_function *out);

static nalg_status complain(parser *p, const char *hint, const char *what)
{
    char where[64];
    snprintf(where, sizeof where, "column %zu", p->column + p->at + 1);
    return nalg_fail(p->ctx, NALG_E_PARSE, where, hint, "activation: %s", what);
}

static int peek(parser *p)
{
    while (p->at < p->length && p->text[p->at] == ' ') p->at++;
    return p->at < p->length ? (unsigned char)p->text[p->at] : -1;
}

static bool word(parser *p, const char *w)
{
    size_t n = strlen(w);
    if (peek(p) < 0 || p->length - p->at < n || strncmp(p->text + p->at, w, n)) return false;
    p->at += n;
    return true;
}

static bool constant(nalg_polynomial *out, long c)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, c, 1);
    bool ok = nalg_polynomial_monomial(out, q, 0);
    fmpq_clear(q);
    return ok;
}

/* Wrap a polynomial as a rational function; takes ownership. */
static nalg_status wrap(parser *p, nalg_rational_function *out, nalg_polynomial *numerator, bool ok)
{
    nalg_polynomial one;
    if (ok && constant(&one, 1)) {
        *out = (nalg_rational_function){*numerator, one};
        return NALG_OK;
    }
    if (ok) nalg_polynomial_clear(numerator);
    return nalg_fail_memory(p->ctx);
}

/* Digits, with an optional decimal point, as an exact rational. */
static nalg_status number(parser *p, nalg_rational_function *out)
{
    char digits[NALG_DIGIT_LIMIT + 1];
    size_t n = 0, decimals = 0;
    bool point = false;
    while (p->at < p->length &&
           (isdigit((unsigned char)p->text[p->at]) || (p->text[p->at] == '.' && !point))) {
        if (n == NALG_DIGIT_LIMIT)
            return complain(p, "write a shorter coefficient", "a number has more than 1000 digits");
        if (p->text[p->at] == '.')
            point = true;
        else
            digits[n++] = p->text[p->at], decimals += point;
        p->at++;
    }
    digits[n] = '\0';
    if (n == 0) return complain(p, "write digits, such as 0.5", "a number has no digits");
    fmpq_t q;
    fmpq_init(q);
    fmpz_set_str(fmpq_numref(q), digits, 10);
    fmpz_ui_pow_ui(fmpq_denref(q), 10, decimals);
    fmpq_canonicalise(q);
    nalg_polynomial c;
    bool ok = nalg_polynomial_monomial(&c, q, 0);
    fmpq_clear(q);
    return wrap(p, out, &c, ok);
}

static nalg_status integer(parser *p, uint64_t limit, uint64_t *out)
{
    if (!isdigit(peek(p)))
        return complain(p, "write a positive integer, such as x^3", "an exponent is missing");
    uint64_t value = 0;
    while (p->at < p->length && isdigit((unsigned char)p->text[p->at])) {
        value = value * 10 + (uint64_t)(p->text[p->at] - '0');
        if (value > limit) return complain(p, "use a smaller exponent", "an exponent is too large");
        p->at++;
    }
    *out = value;
    return NALG_OK;
}

/* generic(r) = c_1 x + ... + c_r x^r with fixed random rational coefficients, none zero. */
static nalg_status generic(parser *p, nalg_rational_function *out)
{
    uint64_t degree;
    if (!word(p, "(")) return complain(p, "write generic(3)", "generic needs a degree in parentheses");
    nalg_status status = integer(p, GENERIC_DEGREE_LIMIT, &degree);
    if (status != NALG_OK) return status;
    if (!word(p, ")") || degree == 0)
        return complain(p, "write generic(3)", "generic needs a degree from 1 to 1000 in parentheses");
    nalg_random r = nalg_random_stream(GENERIC_SEED, degree);
    nalg_polynomial f = {.term = nalg_array(degree, sizeof(nalg_term)), .count = degree};
    if (!f.term) return nalg_fail_memory(p->ctx);
    for (uint64_t e = 1; e <= degree; e++) {
        nalg_term *t = &f.term[degree - e];
        long numerator = 1 + (long)nalg_random_below(&r, GENERIC_BOUND),
             denominator = 1 + (long)nalg_random_below(&r, GENERIC_BOUND);
        t->exponent = e;
        fmpq_init(&t->coefficient);
        fmpq_set_si(&t->coefficient, nalg_random_below(&r, 2) ? numerator : -numerator, (ulong)denominator);
    }
    return wrap(p, out, &f, true);
}

static nalg_status base(parser *p, nalg_rational_function *out)
{
    int c = peek(p);
    if (isdigit(c) || c == '.') return number(p, out);
    if (word(p, "generic")) return generic(p, out);
    if (c == 'x' || c == 'z') {
        p->at++;
        fmpq_t one;
        fmpq_init(one);
        fmpq_one(one);
        nalg_polynomial x;
        bool ok = nalg_polynomial_monomial(&x, one, 1);
        fmpq_clear(one);
        return wrap(p, out, &x, ok);
    }
    if (c != '(')
        return complain(p, "write a polynomial in x, such as x^2 or x^3-2*x+1/2, or 1/x",
                        "x, a number or ( is expected");
    if (++p->depth > NESTING_LIMIT)
        return complain(p, "expand the polynomial", "parentheses are nested more than 50 deep");
    p->at++;
    nalg_status status = sum(p, out);
    if (status != NALG_OK) return status;
    p->depth--;
    if (word(p, ")")) return NALG_OK;
    nalg_rational_function_clear(out);
    return complain(p, "close it with )", "a parenthesis is not closed");
}

static nalg_status too_large(parser *p, const char *what)
{
    return complain(p, "use smaller exponents, fewer terms or shorter coefficients", what);
}

/* out = a b, where the product must stay within the limits. */
static nalg_status multiply_polynomials(parser *p, nalg_polynomial *out, const nalg_polynomial *a,
                                        const nalg_polynomial *b)
{
    const char *excess = nalg_polynomial_product_excess(a, b);
    if (excess) return too_large(p, excess);
    if (nalg_stopping(p->ctx)) return nalg_checkpoint(p->ctx);
    if (!nalg_polynomial_multiply(out, a, b)) return nalg_fail_memory(p->ctx);
    excess = nalg_polynomial_excess(out);
    if (!excess) return NALG_OK;
    nalg_polynomial_clear(out);
    return too_large(p, excess);
}

/* A quotient by a number is a polynomial: sums of such quotients keep short denominators. */
static void divide_by_constant(nalg_rational_function *f)
{
    nalg_polynomial *n = &f->numerator, *d = &f->denominator;
    if (d->count != 1 || d->term[0].exponent || fmpq_is_one(&d->term[0].coefficient)) return;
    for (size_t i = 0; i < n->count; i++)
        fmpq_div(&n->term[i].coefficient, &n->term[i].coefficient, &d->term[0].coefficient);
    fmpq_one(&d->term[0].coefficient);
}

/* *a = *a * b (or / b). Clears b. */
static nalg_status combine(parser *p, nalg_rational_function *a, nalg_rational_function *b, bool divide)
{
    nalg_polynomial n, d;
    nalg_status status = NALG_OK;
    if (divide && b->numerator.count == 0)
        status = complain(p, "divide by something else", "division by zero");
    if (status == NALG_OK)
        status = multiply_polynomials(p, &n, &a->numerator, divide ? &b->denominator : &b->numerator);
    if (status == NALG_OK) {
        status = multiply_polynomials(p, &d, &a->denominator, divide ? &b->numerator : &b->denominator);
        if (status != NALG_OK) nalg_polynomial_clear(&n);
    }
    nalg_rational_function_clear(b);
    if (status != NALG_OK) return status;
    nalg_rational_function_clear(a);
    *a = (nalg_rational_function){n, d};
    divide_by_constant(a);
    return NALG_OK;
}

static nalg_status raise_to(parser *p, nalg_polynomial *a, uint64_t exponent)
{
    nalg_polynomial result;
    const char *excess = nalg_polynomial_power_excess(a, exponent);
    if (excess) return too_large(p, excess);
    if (!nalg_polynomial_power(&result, a, exponent)) return nalg_fail_memory(p->ctx);
    nalg_polynomial_clear(a);
    *a = result;
    return NALG_OK;
}

static nalg_status power(parser *p, nalg_rational_function *out)
{
    uint64_t exponent;
    nalg_status status = base(p, out);
    if (status != NALG_OK || !word(p, "^")) return status;
    bool negative = word(p, "-");
    status = integer(p, NALG_EXPONENT_LIMIT, &exponent);
    if (status == NALG_OK) status = raise_to(p, &out->numerator, exponent);
    if (status == NALG_OK) status = raise_to(p, &out->denominator, exponent);
    if (status == NALG_OK && negative && out->numerator.count == 0)
        status = complain(p, "use a positive exponent", "division by zero");
    if (status != NALG_OK) {
        nalg_rational_function_clear(out);
    } else if (negative) {
        nalg_polynomial swap = out->numerator;
        out->numerator = out->denominator;
        out->denominator = swap;
    }
    return status;
}

static nalg_status product(parser *p, nalg_rational_function *out)
{
    nalg_rational_function next;
    nalg_status status = power(p, out);
    while (status == NALG_OK) {
        bool divide = word(p, "/");
        int c = peek(p);
        if (!divide && !word(p, "*") && !(c == 'x' || c == 'z' || c == '(' || isdigit(c))) return NALG_OK;
        status = power(p, &next);
        if (status == NALG_OK) status = combine(p, out, &next, divide);
        if (status != NALG_OK) nalg_rational_function_clear(out);
    }
    return status;
}

static bool is_one(const nalg_polynomial *a)
{
    return a->count == 1 && a->term[0].exponent == 0 && fmpq_is_one(&a->term[0].coefficient);
}

/* Both over the product of the denominators. */
static nalg_status cross_multiply(parser *p, nalg_rational_function *a, nalg_rational_function *b)
{
    nalg_polynomial left = {0}, right = {0}, denominator = {0};
    nalg_status status = multiply_polynomials(p, &left, &a->numerator, &b->denominator);
    if (status == NALG_OK) status = multiply_polynomials(p, &right, &b->numerator, &a->denominator);
    if (status == NALG_OK) status = multiply_polynomials(p, &denominator, &a->denominator, &b->denominator);
    if (status != NALG_OK) {
        nalg_polynomial_clear(&left);
        nalg_polynomial_clear(&right);
        return status;
    }
    nalg_rational_function_clear(a);
    nalg_polynomial_clear(&b->numerator);
    *a = (nalg_rational_function){left, denominator};
    b->numerator = right;
    return NALG_OK;
}

/* *a = *a + b. Clears b. */
static nalg_status add(parser *p, nalg_rational_function *a, nalg_rational_function *b)
{
    nalg_polynomial numerator = {0};
    nalg_status status =
        is_one(&a->denominator) && is_one(&b->denominator) ? NALG_OK : cross_multiply(p, a, b);
    if (status == NALG_OK && !nalg_polynomial_add(&numerator, &a->numerator, &b->numerator))
        status = nalg_fail_memory(p->ctx);
    nalg_rational_function_clear(b);
    if (status != NALG_OK) return status;
    nalg_polynomial_clear(&a->numerator);
    a->numerator = numerator;
    const char *excess = nalg_polynomial_excess(&numerator);
    return excess ? too_large(p, excess) : NALG_OK;
}

static void negate(nalg_rational_function *f)
{
    for (size_t i = 0; i < f->numerator.count; i++)
        fmpq_neg(&f->numerator.term[i].coefficient, &f->numerator.term[i].coefficient);
}

static nalg_status sum(parser *p, nalg_rational_function *out)
{
    nalg_rational_function next;
    bool minus = word(p, "-");
    if (!minus) word(p, "+");
    nalg_status status = product(p, out);
    if (status == NALG_OK && minus) negate(out);
    while (status == NALG_OK) {
        minus = word(p, "-");
        if (!minus && !word(p, "+")) return NALG_OK;
        status = product(p, &next);
        if (status == NALG_OK && minus) negate(&next);
        if (status == NALG_OK) status = add(p, out, &next);
        if (status != NALG_OK) nalg_rational_function_clear(out);
    }
    return status;
}

/* Divide numerator and denominator by the common power of x and make a constant denominator 1. */
static void normalise(nalg_rational_function *f)
{
    nalg_polynomial *n = &f->numerator, *d = &f->denominator;
    if (n->count == 0) return;
    uint64_t low_n = n->term[n->count - 1].exponent, low_d = d->term[d->count - 1].exponent,
             low = low_n < low_d ? low_n : low_d;
    for (size_t i = 0; i < n->count; i++) n->term[i].exponent -= low;
    for (size_t i = 0; i < d->count; i++) d->term[i].exponent -= low;
    fmpq_t lead;
    fmpq_init(lead);
    fmpq_set(lead, &d->term[0].coefficient);
    for (size_t i = 0; i < n->count; i++) fmpq_div(&n->term[i].coefficient, &n->term[i].coefficient, lead);
    for (size_t i = 0; i < d->count; i++) fmpq_div(&d->term[i].coefficient, &d->term[i].coefficient, lead);
    fmpq_clear(lead);
}

nalg_status nalg_rational_function_parse(nalg_ctx *ctx, nalg_rational_function *out, const char *text,
                                         size_t length, size_t column)
{
    parser p = {.ctx = ctx, .text = text, .length = length, .column = column};
    nalg_rational_function f;
    if (length >= 6 && !strncmp(text, "linear", 6) && length == 6) text = "x", p.text = text, p.length = 1;
    nalg_status status = sum(&p, &f);
    if (status != NALG_OK) return status;
    if (peek(&p) >= 0)
        status = complain(&p, "write a polynomial in x, such as x^2 or x^3-2*x+1/2, or 1/x",
                          "unexpected character");
    normalise(&f);
    if (status == NALG_OK &&
        !(nalg_polynomial_is_writable(&f.numerator) && nalg_polynomial_is_writable(&f.denominator)))
        status = complain(&p, "use smaller coefficients or exponents",
                          "a coefficient would have more than 1000 digits");
    bool constant_function =
        f.numerator.count == 0 || (f.numerator.term[0].exponent == 0 && f.denominator.term[0].exponent == 0);
    if (status == NALG_OK && constant_function)
        status = complain(&p, "write a polynomial that contains x, such as x^2", "it does not depend on x");
    if (status != NALG_OK) {
        nalg_rational_function_clear(&f);
        return status;
    }
    *out = f;
    return NALG_OK;
}
