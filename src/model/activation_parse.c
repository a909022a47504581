/* Recursive-descent parser of activations: sums, products, quotients and integer powers of x and rational numbers.
 *   sum    := ['-'|'+'] product (('+'|'-') product)*
 *   product:= power (['*'|'/'] power)*          juxtaposition multiplies: 3x^2
 *   power  := base ['^' ['-'] integer]
 *   base   := number | 'x' | 'z' | '(' sum ')' | 'generic' '(' integer ')'
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "model/polynomial.h"

#define NESTING_LIMIT 50
#define DIGIT_LIMIT 1000
/* generic(r): coefficients drawn once and for all from a stream of their own, so that the phrase names one activation. */
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
    char digits[DIGIT_LIMIT + 1];
    size_t n = 0, decimals = 0;
    bool point = false;
    while (p->at < p->length && (isdigit((unsigned char)p->text[p->at]) || (p->text[p->at] == '.' && !point))) {
        if (n == DIGIT_LIMIT) return complain(p, "write a shorter coefficient", "a number has more than 1000 digits");
        if (p->text[p->at] == '.') point = true;
        else digits[n++] = p->text[p->at], decimals += point;
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
    if (!isdigit(peek(p))) return complain(p, "write a positive integer, such as x^3", "an exponent is missing");
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
    if (!word(p, ")") || degree == 0) return complain(p, "write generic(3)", "generic needs a degree from 1 to 1000 in parentheses");
    nalg_random r = nalg_random_stream(GENERIC_SEED, degree);
    nalg_polynomial total, term, next;
    bool ok = constant(&total, 0);
    for (uint64_t e = 1; ok && e <= degree; e++) {
        fmpq_t c;
        fmpq_init(c);
        long numerator = 1 + (long)nalg_random_below(&r, GENERIC_BOUND), denominator = 1 + (long)nalg_random_below(&r, GENERIC_BOUND);
        fmpq_set_si(c, nalg_random_below(&r, 2) ? numerator : -numerator, (ulong)denominator);
        ok = nalg_polynomial_monomial(&term, c, e);
        fmpq_clear(c);
        if (ok) {
            ok = nalg_polynomial_add(&next, &total, &term);
            nalg_polynomial_clear(&term);
        }
        nalg_polynomial_clear(&total);
        if (ok) total = next;
    }
    return wrap(p, out, &total, ok);
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
    if (c != '(') return complain(p, "write a polynomial in x, such as x^2 or x^3-2*x+1/2, or 1/x", "x, a number or ( is expected");
    if (++p->depth > NESTING_LIMIT) return complain(p, "expand the polynomial", "parentheses are nested more than 50 deep");
    p->at++;
    nalg_status status = sum(p, out);
    if (status != NALG_OK) return status;
    p->depth--;
    if (word(p, ")")) return NALG_OK;
    nalg_rational_function_clear(out);
    return complain(p, "close it with )", "a parenthesis is not closed");
}

/* out = a b, where the product must stay within the limits. */
static nalg_status multiply_polynomials(parser *p, nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
    uint64_t degree = (a->count ? a->term[0].exponent : 0) + (b->count ? b->term[0].exponent : 0);
    if (degree > NALG_EXPONENT_LIMIT) return complain(p, "use a smaller exponent", "an exponent is too large");
    if (a->count * b->count > NALG_TERM_LIMIT * 4)
        return complain(p, "use fewer terms", "the expanded polynomial has too many terms");
    return nalg_polynomial_multiply(out, a, b) ? NALG_OK : nalg_fail_memory(p->ctx);
}

/* *a = *a * b (or / b). Clears b. */
static nalg_status combine(parser *p, nalg_rational_function *a, nalg_rational_function *b, bool divide)
{
    nalg_polynomial n, d;
    nalg_status status = NALG_OK;
    if (divide && b->numerator.count == 0) status = complain(p, "divide by something else", "division by zero");
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
    return NALG_OK;
}

/* A single term raised at once; sums by repeated multiplication. */
static nalg_status raise_to(parser *p, nalg_polynomial *a, uint64_t exponent)
{
    nalg_polynomial result, next;
    if (a->count == 1) {
        uint64_t e = a->term[0].exponent;
        bool small = fmpq_is_pm1(&a->term[0].coefficient) || exponent <= NALG_TERM_LIMIT;
        if (e && exponent > NALG_EXPONENT_LIMIT / e) return complain(p, "use a smaller exponent", "an exponent is too large");
        if (!small) return complain(p, "use a smaller exponent", "a coefficient would have too many digits");
        fmpq_pow_si(&a->term[0].coefficient, &a->term[0].coefficient, (slong)exponent);
        a->term[0].exponent = e * exponent;
        return NALG_OK;
    }
    if (exponent > NALG_TERM_LIMIT) return complain(p, "use a smaller exponent", "the expanded polynomial has too many terms");
    if (!constant(&result, 1)) return nalg_fail_memory(p->ctx);
    for (uint64_t i = 0; i < exponent; i++) {
        nalg_status status = nalg_stopping(p->ctx) ? nalg_checkpoint(p->ctx) : multiply_polynomials(p, &next, &result, a);
        nalg_polynomial_clear(&result);
        if (status != NALG_OK) return status;
        result = next;
    }
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
    if (status == NALG_OK && negative && out->numerator.count == 0) status = complain(p, "use a positive exponent", "division by zero");
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

/* *a = *a + b over the common denominator (cross-multiplied unless equal to a constant 1). Clears b. */
static nalg_status add(parser *p, nalg_rational_function *a, nalg_rational_function *b)
{
    nalg_polynomial left = {0}, right = {0}, numerator = {0}, denominator = {0};
    nalg_status status = multiply_polynomials(p, &left, &a->numerator, &b->denominator);
    if (status == NALG_OK) status = multiply_polynomials(p, &right, &b->numerator, &a->denominator);
    if (status == NALG_OK) status = multiply_polynomials(p, &denominator, &a->denominator, &b->denominator);
    if (status == NALG_OK && !nalg_polynomial_add(&numerator, &left, &right)) {
        nalg_polynomial_clear(&denominator);
        status = nalg_fail_memory(p->ctx);
    }
    nalg_polynomial_clear(&left);
    nalg_polynomial_clear(&right);
    nalg_rational_function_clear(b);
    if (status != NALG_OK) return status;
    nalg_rational_function_clear(a);
    *a = (nalg_rational_function){numerator, denominator};
    return NALG_OK;
}

static void negate(nalg_rational_function *f)
{
    for (size_t i = 0; i < f->numerator.count; i++) fmpq_neg(&f->numerator.term[i].coefficient, &f->numerator.term[i].coefficient);
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

/* Coefficients stay as short as those that can be written. */
static bool coefficients_fit(const nalg_polynomial *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (fmpz_sizeinbase(fmpq_numref(&a->term[i].coefficient), 10) > DIGIT_LIMIT || fmpz_sizeinbase(fmpq_denref(&a->term[i].coefficient), 10) > DIGIT_LIMIT)
            return false;
    return true;
}

/* Divide numerator and denominator by the common power of x and make a constant denominator 1. */
static void normalise(nalg_rational_function *f)
{
    nalg_polynomial *n = &f->numerator, *d = &f->denominator;
    if (n->count == 0) return;
    uint64_t low_n = n->term[n->count - 1].exponent, low_d = d->term[d->count - 1].exponent, low = low_n < low_d ? low_n : low_d;
    for (size_t i = 0; i < n->count; i++) n->term[i].exponent -= low;
    for (size_t i = 0; i < d->count; i++) d->term[i].exponent -= low;
    fmpq_t lead;
    fmpq_init(lead);
    fmpq_set(lead, &d->term[0].coefficient);
    for (size_t i = 0; i < n->count; i++) fmpq_div(&n->term[i].coefficient, &n->term[i].coefficient, lead);
    for (size_t i = 0; i < d->count; i++) fmpq_div(&d->term[i].coefficient, &d->term[i].coefficient, lead);
    fmpq_clear(lead);
}

nalg_status nalg_rational_function_parse(nalg_ctx *ctx, nalg_rational_function *out, const char *text, size_t length, size_t column)
{
    parser p = {.ctx = ctx, .text = text, .length = length, .column = column};
    nalg_rational_function f;
    if (length >= 6 && !strncmp(text, "linear", 6) && length == 6) text = "x", p.text = text, p.length = 1;
    nalg_status status = sum(&p, &f);
    if (status != NALG_OK) return status;
    if (peek(&p) >= 0) status = complain(&p, "write a polynomial in x, such as x^2 or x^3-2*x+1/2, or 1/x", "unexpected character");
    normalise(&f);
    if (status == NALG_OK && !(coefficients_fit(&f.numerator) && coefficients_fit(&f.denominator)))
        status = complain(&p, "use smaller coefficients or exponents", "a coefficient would have more than 1000 digits");
    bool constant_function = f.numerator.count == 0 || (f.numerator.term[0].exponent == 0 && f.denominator.term[0].exponent == 0);
    if (status == NALG_OK && constant_function)
        status = complain(&p, "write a polynomial that contains x, such as x^2", "it does not depend on x");
    if (status != NALG_OK) {
        nalg_rational_function_clear(&f);
        return status;
    }
    *out = f;
    return NALG_OK;
}
