/* Printing and lowering of sparse rational functions in one variable.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "model/rational_function.h"
#include "model/polynomial.h"

void nalg_rational_function_clear(nalg_rational_function *f)
{
    nalg_polynomial_clear(&f->numerator);
    nalg_polynomial_clear(&f->denominator);
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
    if (t->exponent == 1)
        nalg_text_string(out, "x");
    else if (t->exponent)
        nalg_text_format(out, "x^%llu", (unsigned long long)t->exponent);
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
    return nalg_rational_function_is_monomial(f, &exponent) && exponent == 1 &&
           f->numerator.term[0].exponent == 1 && fmpq_is_one(&f->numerator.term[0].coefficient);
}

uint64_t nalg_rational_function_exponent(const nalg_rational_function *f)
{
    uint64_t n = f->numerator.count ? f->numerator.term[0].exponent : 0,
             d = f->denominator.count ? f->denominator.term[0].exponent : 0;
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
            sum = i == 0 ? nalg_graph_scale(g, power, &p->term[0].coefficient)
                         : nalg_graph_multiply(g, sum, power);
        }
        if (i + 1 < p->count)
            sum = nalg_graph_add(g, sum, nalg_graph_constant(g, &p->term[i + 1].coefficient, 1));
    }
    return sum;
}

int nalg_rational_function_lower(nalg_graph *g, const nalg_rational_function *f, int node)
{
    if (node < 0) return NALG_NO_NODE;
    if (f->numerator.count == 0) return nalg_graph_constant_si(g, 0, g->node[node].size);
    int numerator = lower_polynomial(g, &f->numerator, node);
    if (nalg_rational_function_is_polynomial(f)) return numerator;
    return nalg_graph_multiply(g, numerator,
                               nalg_graph_inverse(g, lower_polynomial(g, &f->denominator, node)));
}
