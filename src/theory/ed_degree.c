/* Euclidean distance degrees.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theory/ed_degree.h"

#define FACTORS 8

/* Sum over e_j .. e_{count-1}, the factors before j being in `product` and their |e| in `used`. */
static void sum_terms(fmpz_t out, const size_t *n, const fmpz *d, size_t count, size_t j, size_t used, const fmpq_t product)
{
    if (j == count) {
        size_t m = 0;
        fmpz_t power, factorial;
        fmpq_t term;
        for (size_t i = 0; i < count; i++) m += n[i];
        fmpz_init(power);
        fmpz_init(factorial);
        fmpq_init(term);
        fmpz_one(power);
        fmpz_mul_2exp(power, power, m + 1 - used);
        fmpz_sub_ui(power, power, 1);
        fmpz_fac_ui(factorial, m - used);
        fmpz_mul(power, power, factorial);
        fmpq_mul_fmpz(term, product, power);
        if (used % 2) fmpz_sub(out, out, fmpq_numref(term)); /* the sum of terms of one |e| is an integer, and so is each term */
        else fmpz_add(out, out, fmpq_numref(term));
        fmpz_clear(power);
        fmpz_clear(factorial);
        fmpq_clear(term);
        return;
    }
    for (size_t e = 0; e <= n[j]; e++) {
        fmpz_t factor;
        fmpq_t next;
        fmpz_init(factor);
        fmpq_init(next);
        fmpz_bin_uiui(factor, n[j] + 1, e);
        fmpq_mul_fmpz(next, product, factor);
        fmpz_pow_ui(factor, &d[j], n[j] - e);
        fmpq_mul_fmpz(next, next, factor);
        fmpz_fac_ui(factor, n[j] - e);
        fmpq_div_fmpz(next, next, factor);
        sum_terms(out, n, d, count, j + 1, used + e, next);
        fmpz_clear(factor);
        fmpq_clear(next);
    }
}

void nalg_ed_degree_segre_veronese(fmpz_t out, const size_t *n, const fmpz *d, size_t count)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    fmpz_zero(out);
    if (count <= FACTORS) sum_terms(out, n, d, count, 0, 0, one);
    fmpq_clear(one);
}

void nalg_ed_degree_eigenvectors(fmpz_t out, size_t n, uint64_t r)
{
    if (r == 2) {
        fmpz_set_ui(out, n);
        return;
    }
    fmpz_set_ui(out, r - 1);
    fmpz_pow_ui(out, out, n);
    fmpz_sub_ui(out, out, 1);
    fmpz_divexact_ui(out, out, r - 2);
}

void nalg_ed_degree_rank_one(fmpz_t out, size_t n, size_t m, uint64_t r)
{
    fmpz_t term, power;
    fmpz_init(term);
    fmpz_init(power);
    fmpz_zero(out);
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b <= a && b < m; b++) {
            fmpz_bin_uiui(term, a, b);
            fmpz_ui_pow_ui(power, r - 1, a - b);
            fmpz_mul(term, term, power);
            fmpz_ui_pow_ui(power, r, b);
            fmpz_addmul(out, term, power);
        }
    fmpz_clear(term);
    fmpz_clear(power);
}
