/* Rank profile by Gaussian elimination with row swaps.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/elimination.h"
#include <string.h>
#include "core/memory.h"
#include "field/prime.h"

void nalg_rank_profile_clear(nalg_rank_profile *profile)
{
    free(profile->pivot_rows);
    free(profile->pivot_cols);
    *profile = (nalg_rank_profile){0};
}

nalg_status nalg_rank_word(nalg_ctx *ctx, nalg_rank_profile *out, uint64_t *a, size_t rows, size_t cols, size_t stride,
                           uint64_t p)
{
    if (p < 2 || p >= NALG_PRIME_WORD_LIMIT || stride < cols)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^63", "no arithmetic modulo this number");
    size_t most = rows < cols ? rows : cols, rank = 0;
    size_t *row = nalg_array(rows, sizeof *row), *pivot_cols = nalg_array(most, sizeof *pivot_cols);
    nalg_status status = NALG_OK;
    if (!row || !pivot_cols) {
        status = nalg_fail_memory(ctx);
        goto done;
    }
    for (size_t i = 0; i < rows; i++) row[i] = i;
    for (size_t c = 0; c < cols && rank < rows; c++) {
        if ((status = nalg_checkpoint(ctx)) != NALG_OK) goto done;
        size_t pivot = rank;
        while (pivot < rows && !a[row[pivot] * stride + c]) pivot++;
        if (pivot == rows) continue;
        size_t swap = row[rank];
        row[rank] = row[pivot];
        row[pivot] = swap;
        const uint64_t *from = a + row[rank] * stride;
        uint64_t inverse = nalg_inverse_mod(from[c], p);
        for (size_t i = rank + 1; i < rows; i++) {
            uint64_t *to = a + row[i] * stride, factor = nalg_multiply_mod(to[c], inverse, p);
            for (size_t j = c; factor && j < cols; j++)
                to[j] = nalg_subtract_mod(to[j], nalg_multiply_mod(factor, from[j], p), p);
        }
        pivot_cols[rank++] = c;
    }
    *out = (nalg_rank_profile){rank, row, pivot_cols};
    row = pivot_cols = NULL;
done:
    free(row);
    free(pivot_cols);
    return status;
}

nalg_status nalg_rank_fast(nalg_ctx *ctx, nalg_rank_profile *out, double *a, size_t rows, size_t cols, size_t stride,
                           uint32_t p)
{
    size_t count;
    if (p < 2 || p >= NALG_PRIME_FAST_LIMIT || stride < cols)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^23", "no fast arithmetic modulo this number");
    uint64_t *copy = nalg_size_multiply(&count, rows, stride) ? nalg_array(count, sizeof *copy) : NULL;
    if (!copy) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) copy[i * stride + j] = (uint64_t)a[i * stride + j];
    nalg_status status = nalg_rank_word(ctx, out, copy, rows, cols, stride, p);
    free(copy);
    return status;
}
