/* Formulas for learning coefficients.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theory/learning_coefficient.h"
#include <stdlib.h>
#include <string.h>

void nalg_learning_coefficient_init(nalg_learning_coefficient *c)
{
    fmpq_init(c->lambda);
    c->multiplicity = 1;
}

void nalg_learning_coefficient_clear(nalg_learning_coefficient *c)
{
    fmpq_clear(c->lambda);
}

/* The k-th smallest width, by counting: networks have few layers. */
static size_t sorted_width(const size_t *width, size_t count, size_t k)
{
    for (size_t i = 0; i < count; i++) {
        size_t below = 0;
        for (size_t j = 0; j < count; j++) below += width[j] < width[i] || (width[j] == width[i] && j < i);
        if (below == k) return width[i];
    }
    return 0;
}

/* S, l of the formula: the l + 1 smallest M(s) = width - rank with sum >= l M(s) inside and < l M(s') outside. Also the sum over pairs. */
static uint64_t choose_layers(const size_t *width, size_t count, uint64_t rank, fmpz_t sum, fmpz_t pairs)
{
    fmpz_t bound;
    uint64_t l = 0;
    fmpz_init(bound);
    fmpz_zero(pairs);
    fmpz_set_ui(sum, sorted_width(width, count, 0) - rank);
    for (size_t k = 1; k < count; k++) {
        uint64_t m = sorted_width(width, count, k) - rank;
        fmpz_set_ui(bound, m);
        fmpz_mul_ui(bound, bound, l);
        if (k > 1 && fmpz_cmp(sum, bound) < 0) break;
        fmpz_addmul_ui(pairs, sum, m);
        fmpz_add_ui(sum, sum, m);
        l = k;
    }
    fmpz_clear(bound);
    return l;
}

void nalg_learning_coefficient_linear(nalg_learning_coefficient *out, const size_t *width, size_t count, uint64_t rank)
{
    fmpz_t sum, pairs, ceiling, a, t;
    fmpq_t term;
    fmpz_init(sum), fmpz_init(pairs), fmpz_init(ceiling), fmpz_init(a), fmpz_init(t);
    fmpq_init(term);
    uint64_t l = choose_layers(width, count, rank, sum, pairs);
    fmpz_set_ui(t, l);
    fmpz_cdiv_q(ceiling, sum, t); /* a = S - (ceil(S / l) - 1) l */
    fmpz_sub_ui(ceiling, ceiling, 1);
    fmpz_mul_ui(ceiling, ceiling, l);
    fmpz_sub(a, sum, ceiling);
    fmpz_sub(t, t, a);
    fmpz_mul(a, a, t); /* a (l - a) */
    out->multiplicity = fmpz_get_ui(a) + 1;
    /* lambda = (r (H1 + HL) - r^2) / 2 + a (l - a) / (4 l) - (l - 1) S^2 / (4 l) + pairs / 2 */
    fmpz_mul(t, sum, sum);
    fmpz_mul_ui(t, t, l - 1);
    fmpz_sub(a, a, t);
    fmpq_set_fmpz(term, a);
    fmpz_set_ui(t, l);
    fmpz_mul_ui(t, t, 4);
    fmpq_div_fmpz(out->lambda, term, t);
    fmpz_set_ui(t, width[0]);
    fmpz_add_ui(t, t, width[count - 1]);
    fmpz_sub_ui(t, t, rank);
    fmpz_mul_ui(t, t, rank);
    fmpz_add(t, t, pairs);
    fmpq_set_fmpz(term, t);
    fmpq_div_2exp(term, term, 1);
    fmpq_add(out->lambda, out->lambda, term);
    fmpz_clear(sum), fmpz_clear(pairs), fmpz_clear(ceiling), fmpz_clear(a), fmpz_clear(t);
    fmpq_clear(term);
}

void nalg_learning_coefficient_one_input(nalg_learning_coefficient *out, uint64_t hidden, uint64_t r, uint64_t outputs)
{
    fmpq_t other;
    fmpq_init(other);
    fmpq_set_ui(out->lambda, hidden, r);
    fmpq_set_ui(other, outputs, 1);
    int order = fmpq_cmp(other, out->lambda);
    if (order < 0) fmpq_set(out->lambda, other);
    out->multiplicity = order == 0 ? 2 : 1;
    fmpq_div_2exp(out->lambda, out->lambda, 1);
    fmpq_clear(other);
}

void nalg_learning_coefficient_product(nalg_learning_coefficient *c, const fmpz_t exponent, const nalg_learning_coefficient *other)
{
    fmpq_div_fmpz(c->lambda, c->lambda, exponent);
    int order = fmpq_cmp(other->lambda, c->lambda);
    if (order < 0) fmpq_set(c->lambda, other->lambda);
    c->multiplicity = order == 0 ? c->multiplicity + other->multiplicity : order < 0 ? other->multiplicity : c->multiplicity;
}
