/* Rank profile of a small matrix: rows are combined one at a time, below the pivot only, and
 * fraction-free: an inverse modulo p costs as much as the combination of a few hundred entries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/rank_doubles.h"
#include "field/prime.h"

double nalg_divide_doubles(double a, double b, double p)
{
    const uint64_t modulus = (uint64_t)p, x = (uint64_t)(a < 0 ? a + p : a), y = (uint64_t)(b < 0 ? b + p : b);
    const uint64_t quotient = nalg_multiply_mod(x, nalg_inverse_mod(y, modulus), modulus);
    return quotient > modulus / 2 ? (double)quotient - p : (double)quotient;
}

/* Clear column c of rows rank + 1, ... by row `rank`. */
static void clear_below(const nalg_arithmetic *arithmetic, const size_t *row, size_t rank, size_t c, nalg_block a)
{
    const double *from = a.at + row[rank] * a.stride + c;
    for (size_t i = rank + 1; i < a.rows; i++) {
        double *to = a.at + row[i] * a.stride + c;
        if (to[0] != 0) arithmetic->kernels->combine(&arithmetic->modulus, to, from[0], to[0], from, a.cols - c);
    }
}

size_t nalg_rank_small(const nalg_arithmetic *arithmetic, size_t *row, size_t *pivot_cols, nalg_block a)
{
    size_t rank = 0;
    for (size_t i = 0; i < a.rows; i++) row[i] = i;
    for (size_t c = 0; c < a.cols && rank < a.rows; c++) {
        size_t pivot = rank;
        while (pivot < a.rows && a.at[row[pivot] * a.stride + c] == 0) pivot++;
        if (pivot == a.rows) continue;
        const size_t swap = row[rank];
        row[rank] = row[pivot];
        row[pivot] = swap;
        clear_below(arithmetic, row, rank, c, a);
        pivot_cols[rank++] = c;
    }
    return rank;
}
