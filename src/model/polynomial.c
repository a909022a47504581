/* Arithmetic of sparse polynomials in one variable over the rational numbers.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "model/polynomial.h"
#include "core/memory.h"

/* Coefficients while an activation is read: four times NALG_DIGIT_LIMIT. */
#define COEFFICIENT_BITS 13288
/* Products of terms formed one by one. */
#define PRODUCT_LIMIT (4 * NALG_TERM_LIMIT)

void nalg_polynomial_clear(nalg_polynomial *p)
{
    for (size_t i = 0; i < p->count; i++) fmpq_clear(&p->term[i].coefficient);
    free(p->term);
    *p = (nalg_polynomial){0};
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

/* A sum over the terms of b, for exponents too large for a dense array. */
static bool multiply_sparse(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
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

/* a = x^low b(x^gap) / common with integer coefficients of b, gap as large as possible. */
typedef struct {
    fmpz_poly_t b;
    fmpz_t common;
    uint64_t low, gap;
} dense;

static void dense_init(dense *d)
{
    fmpz_poly_init(d->b);
    fmpz_init_set_ui(d->common, 1);
    d->low = d->gap = 0;
}

static void dense_clear(dense *d)
{
    fmpz_poly_clear(d->b);
    fmpz_clear(d->common);
}

static uint64_t low_of(const nalg_polynomial *a)
{
    return a->count ? a->term[a->count - 1].exponent : 0;
}

static uint64_t gap_of(const nalg_polynomial *a)
{
    uint64_t gap = 0;
    for (size_t i = 0; i + 1 < a->count; i++) gap = n_gcd(a->term[i].exponent - low_of(a), gap);
    return gap ? gap : 1;
}

static void to_dense(dense *d, const nalg_polynomial *a, uint64_t low, uint64_t gap)
{
    fmpz_t c;
    fmpz_init(c);
    d->low = low;
    d->gap = gap;
    for (size_t i = 0; i < a->count; i++)
        fmpz_lcm(d->common, d->common, fmpq_denref(&a->term[i].coefficient));
    for (size_t i = 0; i < a->count; i++) {
        fmpz_divexact(c, d->common, fmpq_denref(&a->term[i].coefficient));
        fmpz_mul(c, c, fmpq_numref(&a->term[i].coefficient));
        fmpz_poly_set_coeff_fmpz(d->b, (slong)((a->term[i].exponent - low) / gap), c);
    }
    fmpz_clear(c);
}

static bool from_dense(nalg_polynomial *out, const dense *d)
{
    slong length = fmpz_poly_length(d->b);
    nalg_polynomial r = {.term = nalg_array((size_t)length, sizeof(nalg_term))};
    if (!r.term) return false;
    fmpz_t c;
    fmpq_t q;
    fmpz_init(c);
    fmpq_init(q);
    for (slong e = length; e-- > 0;) {
        fmpz_poly_get_coeff_fmpz(c, d->b, e);
        fmpq_set_fmpz_frac(q, c, d->common);
        append(&r, d->low + d->gap * (uint64_t)e, q);
    }
    fmpz_clear(c);
    fmpq_clear(q);
    *out = r;
    return true;
}

static bool multiply_dense(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
    dense f, g;
    dense_init(&f);
    dense_init(&g);
    to_dense(&f, a, 0, 1);
    to_dense(&g, b, 0, 1);
    fmpz_poly_mul(f.b, f.b, g.b);
    fmpz_mul(f.common, f.common, g.common);
    bool ok = from_dense(out, &f);
    dense_clear(&f);
    dense_clear(&g);
    return ok;
}

static uint64_t degree_of(const nalg_polynomial *a)
{
    return a->count ? a->term[0].exponent : 0;
}

bool nalg_polynomial_multiply(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b)
{
    if (a->count == 1) return multiply_term(out, b, a->term);
    if (b->count == 1) return multiply_term(out, a, b->term);
    return degree_of(a) + degree_of(b) <= NALG_TERM_LIMIT ? multiply_dense(out, a, b)
                                                          : multiply_sparse(out, a, b);
}

/* ---- powers ---- */

static bool power_of_term(nalg_polynomial *out, const nalg_term *t, uint64_t exponent)
{
    fmpq_t c;
    fmpq_init(c);
    fmpq_pow_si(c, &t->coefficient, (slong)exponent);
    bool ok = nalg_polynomial_monomial(out, c, t->exponent * exponent);
    fmpq_clear(c);
    return ok;
}

static bool power_dense(nalg_polynomial *out, const nalg_polynomial *a, uint64_t exponent)
{
    dense d;
    dense_init(&d);
    to_dense(&d, a, low_of(a), gap_of(a));
    fmpz_poly_pow(d.b, d.b, exponent);
    fmpz_pow_ui(d.common, d.common, exponent);
    d.low *= exponent;
    bool ok = from_dense(out, &d);
    dense_clear(&d);
    return ok;
}

static bool power_sparse(nalg_polynomial *out, const nalg_polynomial *a, uint64_t exponent)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    nalg_polynomial result, next;
    bool ok = nalg_polynomial_monomial(&result, one, 0);
    fmpq_clear(one);
    for (uint64_t e = 0; ok && e < exponent; e++) {
        ok = nalg_polynomial_multiply(&next, &result, a);
        nalg_polynomial_clear(&result);
        if (ok) result = next;
    }
    if (ok) *out = result;
    return ok;
}

/* Terms of a power as a dense polynomial in x^gap; saturates. */
static uint64_t dense_terms(const nalg_polynomial *a, uint64_t exponent)
{
    uint64_t degree = (degree_of(a) - low_of(a)) / gap_of(a), terms;
    return __builtin_mul_overflow(degree, exponent, &terms) ? UINT64_MAX : terms;
}

bool nalg_polynomial_power(nalg_polynomial *out, const nalg_polynomial *a, uint64_t exponent)
{
    if (a->count == 1) return power_of_term(out, a->term, exponent);
    if (a->count == 0 && exponent) return nalg_polynomial_add(out, a, a);
    if (a->count && dense_terms(a, exponent) < NALG_TERM_LIMIT) return power_dense(out, a, exponent);
    return power_sparse(out, a, exponent);
}

/* ---- sizes ---- */

bool nalg_polynomial_is_writable(const nalg_polynomial *a)
{
    for (size_t i = 0; i < a->count; i++)
        if (fmpz_sizeinbase(fmpq_numref(&a->term[i].coefficient), 10) > NALG_DIGIT_LIMIT ||
            fmpz_sizeinbase(fmpq_denref(&a->term[i].coefficient), 10) > NALG_DIGIT_LIMIT)
            return false;
    return true;
}

static const char large_exponent[] = "an exponent is too large",
                  many_terms[] = "the expanded polynomial has too many terms",
                  long_coefficient[] = "a coefficient would have too many digits";

/* Bits of the longest numerator or denominator of a coefficient. */
static uint64_t bits_of(const nalg_polynomial *a)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < a->count; i++) {
        uint64_t n = fmpz_bits(fmpq_numref(&a->term[i].coefficient)),
                 d = fmpz_bits(fmpq_denref(&a->term[i].coefficient));
        bits = n > bits ? n : bits;
        bits = d > bits ? d : bits;
    }
    return bits;
}

/* The same over a common denominator, at least 1; beyond COEFFICIENT_BITS only that it is longer. */
static uint64_t common_bits(const nalg_polynomial *a)
{
    fmpz_t common;
    fmpz_init_set_ui(common, 1);
    uint64_t bits = 1;
    for (size_t i = 0; i < a->count && fmpz_bits(common) <= COEFFICIENT_BITS; i++)
        fmpz_lcm(common, common, fmpq_denref(&a->term[i].coefficient));
    for (size_t i = 0; i < a->count; i++) { /* |n / d| common has at most this many bits */
        uint64_t n = fmpz_bits(fmpq_numref(&a->term[i].coefficient)) + fmpz_bits(common) -
                     fmpz_bits(fmpq_denref(&a->term[i].coefficient)) + 1;
        bits = n > bits ? n : bits;
    }
    if (fmpz_bits(common) > bits) bits = fmpz_bits(common);
    fmpz_clear(common);
    return bits;
}

const char *nalg_polynomial_excess(const nalg_polynomial *a)
{
    if (a->count > NALG_TERM_LIMIT) return many_terms;
    return bits_of(a) > COEFFICIENT_BITS ? long_coefficient : NULL;
}

const char *nalg_polynomial_product_excess(const nalg_polynomial *a, const nalg_polynomial *b)
{
    uint64_t degree = degree_of(a) + degree_of(b);
    bool term = a->count <= 1 || b->count <= 1;
    if (degree > NALG_EXPONENT_LIMIT) return large_exponent;
    if (!term && degree > NALG_TERM_LIMIT && a->count * b->count > PRODUCT_LIMIT) return many_terms;
    uint64_t bits =
        term ? bits_of(a) + bits_of(b)
             : common_bits(a) + common_bits(b) + FLINT_BIT_COUNT(a->count < b->count ? a->count : b->count);
    return bits > COEFFICIENT_BITS ? long_coefficient : NULL;
}

/* Is the number of terms of a^exponent, at most binom(exponent + count - 1, exponent), within the limit? */
static bool few_terms(const nalg_polynomial *a, uint64_t exponent)
{
    uint64_t terms = 1;
    for (uint64_t k = 1; k < a->count && terms <= NALG_TERM_LIMIT; k++) terms = terms * (exponent + k) / k;
    return terms <= NALG_TERM_LIMIT;
}

const char *nalg_polynomial_power_excess(const nalg_polynomial *a, uint64_t exponent)
{
    uint64_t degree, bits = 0;
    if (__builtin_mul_overflow(degree_of(a), exponent, &degree) || degree > NALG_EXPONENT_LIMIT)
        return large_exponent;
    if (a->count == 1 && fmpq_is_pm1(&a->term[0].coefficient)) return NULL;
    if (a->count > 1 && dense_terms(a, exponent) >= NALG_TERM_LIMIT &&
        !(exponent < NALG_TERM_LIMIT && few_terms(a, exponent)))
        return many_terms;
    if (a->count == 1)
        bits = bits_of(a);
    else if (a->count)
        bits = common_bits(a) + FLINT_BIT_COUNT(a->count);
    return __builtin_mul_overflow(bits, exponent, &bits) || bits > COEFFICIENT_BITS ? long_coefficient : NULL;
}
