/* A layer with one unit makes the rest of the network a function of one number t: f = c(w'') t^R with t = f1(x, w')^r, so the squared
 * loss at zero is |c|^2 times a power of the squared norm of f1, in disjoint weights. (The norm of f1^R is, up to constants, the R-th power of
 * the norm of f1, since both are continuous and vanish only at zero on polynomials of bounded degree.)
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_chain.h"

bool nalg_chain_is_linear(const nalg_chain *c)
{
    for (size_t l = 1; l < c->layers; l++)
        if (c->activation[l] && !nalg_rational_function_is_identity(c->activation[l])) return false;
    return true;
}

bool nalg_chain_is_homogeneous(const nalg_chain *c)
{
    for (size_t l = 1; l < c->layers; l++)
        if (!nalg_chain_exponent(c, l)) return false;
    return !c->bias;
}

bool nalg_rlct_chain_linear(nalg_learning_coefficient *out, const nalg_chain *c, uint64_t rank)
{
    for (size_t l = 0; l <= c->layers; l++)
        if (rank > c->width[l]) return false;
    nalg_learning_coefficient_linear(out, c->width, c->layers + 1, rank);
    if (c->bias) { /* the last bias absorbs the others: that many regular directions beside the matrix */
        fmpq_t half;
        fmpq_init(half);
        fmpq_set_si(half, (slong)c->width[c->layers], 2);
        fmpq_add(out->lambda, out->lambda, half);
        fmpq_clear(half);
    }
    return true;
}

/* Layers first .. last (widths first .. last) as one piece; *degree in its input. */
static bool piece(nalg_learning_coefficient *out, const nalg_chain *c, size_t first, size_t last, fmpz_t degree)
{
    bool linear = true;
    fmpz_one(degree);
    for (size_t l = first + 1; l < last; l++) {
        uint64_t r = nalg_chain_exponent(c, l);
        if (!r) return false;
        linear = linear && r == 1;
        fmpz_mul_ui(degree, degree, r);
    }
    if (linear) nalg_learning_coefficient_linear(out, c->width + first, last - first + 1, 0);
    else if (c->width[first] == 1 && last == first + 2)
        nalg_learning_coefficient_one_input(out, c->width[first + 1], nalg_chain_exponent(c, first + 1), c->width[last]);
    else return false;
    return true;
}

bool nalg_rlct_chain_zero(nalg_learning_coefficient *out, const nalg_chain *c)
{
    nalg_learning_coefficient next;
    fmpz_t degree;
    bool ok = !c->bias;
    nalg_learning_coefficient_init(&next);
    fmpz_init(degree);
    for (size_t first = 0, last; ok && first < c->layers; first = last) {
        for (last = first + 1; last < c->layers && c->width[last] != 1;) last++;
        ok = piece(first ? &next : out, c, first, last, degree);
        if (!ok || !first) continue;
        uint64_t r = nalg_chain_exponent(c, first);
        ok = r > 0;
        fmpz_mul_ui(degree, degree, r);
        if (ok) nalg_learning_coefficient_product(out, degree, &next);
    }
    nalg_learning_coefficient_clear(&next);
    fmpz_clear(degree);
    return ok;
}

bool nalg_rlct_chain_bounds(fmpz_t degree, fmpq_t upper, const nalg_chain *c)
{
    fmpz_t in_layer;
    fmpq_t bound;
    bool ok = !c->bias;
    fmpz_init(in_layer);
    fmpq_init(bound);
    fmpz_one(in_layer);
    fmpz_zero(degree);
    for (size_t l = c->layers; ok && l > 0; l--) {
        fmpz_add(degree, degree, in_layer);
        fmpz_set_ui(fmpq_numref(bound), c->width[l]);
        fmpz_mul_ui(fmpq_numref(bound), fmpq_numref(bound), c->width[l - 1]);
        fmpz_mul_ui(fmpq_denref(bound), in_layer, 2);
        fmpq_canonicalise(bound);
        if (l == c->layers || fmpq_cmp(bound, upper) < 0) fmpq_set(upper, bound);
        uint64_t r = l > 1 ? nalg_chain_exponent(c, l - 1) : 1;
        ok = r > 0;
        if (ok) fmpz_mul_ui(in_layer, in_layer, r);
    }
    fmpz_clear(in_layer);
    fmpq_clear(bound);
    return ok;
}
