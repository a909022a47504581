/* Primes of one word: doubles with a split factor below 2^31 (kernels.h), FLINT's LU decomposition above.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/flint.h"
#include "core/memory.h"
#include "exact/rank_doubles.h"
#include "field/prime.h"

_Static_assert(sizeof(double) == sizeof(uint64_t), "the matrix is converted in place");

#define DOUBLES_LIMIT ((uint64_t)1 << 31)

/* In place, entry by entry through memcpy: the same memory changes its type. */
static double *to_centred_doubles(uint64_t *a, size_t rows, size_t cols, size_t stride, uint64_t p)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            uint64_t *entry = a + i * stride + j;
            double x = *entry > p / 2 ? -(double)(p - *entry) : (double)*entry;
            memcpy(entry, &x, sizeof x);
        }
    return (double *)(void *)a;
}

/* Row i of U begins at its first nonzero entry from column i on; the columns before i hold L. */
static void read_pivot_cols(size_t *pivot_cols, const nalg_rank_profile *profile, const nmod_mat_t lu)
{
    slong column = 0;
    for (size_t i = 0; i < profile->rank; i++) {
        while (nmod_mat_get_entry(lu, (slong)i, column) == 0) column++;
        pivot_cols[i] = (size_t)column++;
    }
}

static nalg_status rank_by_flint(nalg_ctx *ctx, nalg_rank_profile *out, const uint64_t *a, size_t rows, size_t cols,
                                 size_t stride, uint64_t p)
{
    nalg_rank_profile profile = {.pivot_rows = nalg_array(rows, sizeof(size_t)),
                                 .pivot_cols = nalg_array(rows < cols ? rows : cols, sizeof(size_t))};
    slong *permutation = nalg_array(rows, sizeof(slong));
    if (!permutation || !profile.pivot_rows || !profile.pivot_cols) {
        free(permutation);
        nalg_rank_profile_clear(&profile);
        return nalg_fail_memory(ctx);
    }
    nmod_mat_t lu;
    nmod_mat_init(lu, (slong)rows, (slong)cols, p);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) nmod_mat_set_entry(lu, (slong)i, (slong)j, a[i * stride + j]);
    for (size_t i = 0; i < rows; i++) permutation[i] = (slong)i;
    profile.rank = rows && cols ? (size_t)nmod_mat_lu(permutation, lu, 0) : 0;
    read_pivot_cols(profile.pivot_cols, &profile, lu);
    for (size_t i = 0; i < profile.rank; i++) profile.pivot_rows[i] = (size_t)permutation[i];
    nmod_mat_clear(lu);
    free(permutation);
    *out = profile;
    return NALG_OK;
}

nalg_status nalg_rank_word(nalg_ctx *ctx, nalg_rank_profile *out, uint64_t *a, size_t rows, size_t cols, size_t stride,
                           uint64_t p)
{
    if (p < 2 || p >= NALG_PRIME_WORD_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^63", "no modulus of one word");
    if (stride < cols) return nalg_fail(ctx, NALG_E_ARGUMENT, "stride", "at least cols", "rows of the matrix overlap");
    nalg_status status = nalg_checkpoint(ctx);
    if (status != NALG_OK) return status;
    if (p >= DOUBLES_LIMIT) return rank_by_flint(ctx, out, a, rows, cols, stride, p);
    double *centred = to_centred_doubles(a, rows, cols, stride, p);
    return nalg_rank_doubles(ctx, out, (nalg_block){centred, rows, cols, stride}, p);
}
