/* Arithmetic, printing and lowering of sparse rational functions in one variable.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/rational_function.h"
#include "core/memory.h"
#include "model/polynomial.h"

void nalg_polynomial_clear(nalg_polynomial *p)
{
    for (size_t i = 0; i < p->count; i++) fmpq_clear(&p->term[i].coefficient);
    free(p->term);
    *p = (nalg_polynomial){0};
}

void nalg_rational_function_clear(nalg_rational_function *f)
{
    nalg_polynomial_clear(&f->numerator);
    nalg_polynomial_clear(&f->denominator);
}

bool nalg_polynomial_monomial(nalg_polynomial *out, const fmpq_t coefficient, uint64_t exponent)
{
    *out = (nalg_polynomial){.term = nalg_array(1, sizeof(nalg_term))};
    if (!out->term) return false;
    if (fmpq_is_zero(coefficient)) return true;
    out->count = 1;
    out->term[0].exponent = exponent;
    fmpq_init(&out->term[0].coefficient);
    fmpq_set(&out->term[0].coefficient, coefficient);
    return true;
}

/* Append a term to an array with room; zero coefficients vanish. */
static void append(nalg_polynomial *p, uint64_t exponent, const fmpq_t coefficient)
{
    if (fmpq_is_zero(coefficient)) return;
    nalg_term *t = &p->term[p->count++];
    t->exponent = exponent;
    fmpq_init(&t->coefficient);
    fmpq_set(&t->coefficient, coefficient);
}

bool nalg_polynomial_add(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
    nalg_polynomial sum = {.term = nalg_array(a->count + b->count, sizeof(nalg_term))};
    if (!sum.term) return false;
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        if (j == b->count || (i < a->count && a->term[i].exponent > b->term[j].exponent)) {
            append(&sum, a->term[i].exponent, &a->term[i].coefficient);
            i++;
        } else if (i == a->count || a->term[i].exponent < b->term[j].exponent) {
            append(&sum, b->term[j].exponent, &b->term[j].coefficient);
            j++;
        } else {
            fmpq_t c;
            fmpq_init(c);
            fmpq_add(c, &a->term[i].coefficient, &b->term[j].coefficient);
            append(&sum, a->term[i].exponent, c);
            fmpq_clear(c);
            i++, j++;
        }
    }
    *out = sum;
    return true;
}

/* a times one term. */
static bool multiply_term(nalg_polynomial *out, const nalg_polynomial *a, const nalg_term *t)
{
    nalg_polynomial r = {.term = nalg_array(a->count, sizeof(nalg_term))};
    if (!r.term) return false;
    fmpq_t c;
    fmpq_init(c);
    for (size_t i = 0; i < a->count; i++) {
        fmpq_mul(c, &a->term[i].coefficient, &t->coefficient);
        append(&r, a->term[i].exponent + t->exponent, c);
    }
    fmpq_clear(c);
    *out = r;
    return true;
}

bool nalg_polynomial_multiply(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
    if (a->count == 1) return multiply_term(out, b, a->term);
    if (b->count == 1) return multiply_term(out, a, b->term);
    nalg_polynomial sum = {.term = nalg_array(1, sizeof(nalg_term))}, piece, next;
    if (!sum.term) return false;
    for (size_t j = 0; j < b->count; j++) {
        bool ok = multiply_term(&piece, a, &b->term[j]);
        if (ok) {
            ok = nalg_polynomial_add(&next, &sum, &piece);
            nalg_polynomial_clear(&piece);
        }
        nalg_polynomial_clear(&sum);
        if (!ok) return false;
        sum = next;
    }
    *out = sum;
    return true;
}

static void print_term(const nalg_term *t, bool first, nalg_text *out)
{
    bool negative = fmpq_sgn(&t->coefficient) < 0;
    fmpq_t magnitude;
    fmpq_init(magnitude);
    fmpq_abs(magnitude, &t->coefficient);
    nalg_text_string(out, negative ? "-" : first ? "" : "+");
    if (t->exponent == 0 || !fmpq_is_one(magnitude)) {
        char *digits = fmpq_get_str(NULL, 10, magnitude);
        nalg_text_string(out, digits);
        flint_free(digits);
        if (t->exponent) nalg_text_string(out, "*");
    }
    if (t->exponent == 1) nalg_text_string(out, "x");
    else if (t->exponent) nalg_text_format(out, "x^%llu", (unsigned long long)t->exponent);
    fmpq_clear(magnitude);
}

static void print_polynomial(const nalg_polynomial *p, nalg_text *out)
{
    for (size_t i = 0; i < p->count; i++) print_term(&p->term[i], i == 0, out);
    if (!p->count) nalg_text_string(out, "0");
}

void nalg_rational_function_print(const nalg_rational_function *f, nalg_text *out)
{
    if (nalg_rational_function_is_polynomial(f)) {
        print_polynomial(&f->numerator, out);
        return;
    }
    bool plain = f->numerator.count == 1 && f->numerator.term[0].exponent == 0;
    nalg_text_string(out, plain ? "" : "(");
    print_polynomial(&f->numerator, out);
    nalg_text_string(out, plain ? "/" : ")/");
    plain = f->denominator.count == 1 && fmpq_is_one(&f->denominator.term[0].coefficient);
    nalg_text_string(out, plain ? "" : "(");
    print_polynomial(&f->denominator, out);
    nalg_text_string(out, plain ? "" : ")");
}

bool nalg_rational_function_is_polynomial(const nalg_rational_function *f)
{
    return f->denominator.count == 1 && f->denominator.term[0].exponent == 0;
}

bool nalg_rational_function_is_monomial(const nalg_rational_function *f, int64_t *exponent)
{
    if (f->numerator.count != 1 || f->denominator.count != 1) return false;
    *exponent = (int64_t)f->numerator.term[0].exponent - (int64_t)f->denominator.term[0].exponent;
    return true;
}

bool nalg_rational_function_is_identity(const nalg_rational_function *f)
{
    int64_t exponent;
    return nalg_rational_function_is_monomial(f, &exponent) && exponent == 1 && f->numerator.term[0].exponent == 1 &&
           fmpq_is_one(&f->numerator.term[0].coefficient);
}

uint64_t nalg_rational_function_exponent(const nalg_rational_function *f)
{
    uint64_t n = f->numerator.count ? f->numerator.term[0].exponent : 0, d = f->denominator.count ? f->denominator.term[0].exponent : 0;
    return n > d ? n : d;
}

/* ((c1 x^(e1-e2) + c2) x^(e2-e3) + ...) x^(ek). */
static int lower_polynomial(nalg_graph *g, const nalg_polynomial *p, int x)
{
    size_t size = g->node[x].size;
    int sum = nalg_graph_constant(g, &p->term[0].coefficient, size);
    if (p->term[0].exponent == 0) return sum;
    for (size_t i = 0; i < p->count; i++) {
        uint64_t gap = p->term[i].exponent - (i + 1 < p->count ? p->term[i + 1].exponent : 0);
        if (gap) {
            int power = nalg_graph_power(g, x, gap);
            sum = i == 0 ? nalg_graph_scale(g, power, &p->term[0].coefficient) : nalg_graph_multiply(g, sum, power);
        }
        if (i + 1 < p->count) sum = nalg_graph_add(g, sum, nalg_graph_constant(g, &p->term[i + 1].coefficient, 1));
    }
    return sum;
}

int nalg_rational_function_lower(nalg_graph *g, const nalg_rational_function *f, int node)
{
    if (node < 0) return NALG_NO_NODE;
    if (f->numerator.count == 0) return nalg_graph_constant_si(g, 0, g->node[node].size);
    int numerator = lower_polynomial(g, &f->numerator, node);
    if (nalg_rational_function_is_polynomial(f)) return numerator;
    return nalg_graph_multiply(g, numerator, nalg_graph_inverse(g, lower_polynomial(g, &f->denominator, node)));
}
