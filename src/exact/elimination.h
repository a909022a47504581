/* Rank, pivots and kernels of matrices over F_p.
 *
 * Matrices are row-major: entry (i, j) is a[i * stride + j], stride >= cols. All functions accept matrices without rows or
 * columns. They run on the context's threads, poll its cancel flag and report progress as "elimination"; answers, pivots
 * included, do not depend on the number of threads. On error *out is unchanged and the matrix is destroyed all the same.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_ELIMINATION_H
#define NALG_EXACT_ELIMINATION_H

#include <stddef.h>
#include <stdint.h>
#include "core/context.h"

/* A nonsingular submatrix of full rank: rows pivot_rows[0..rank-1], columns pivot_cols[0..rank-1]. pivot_cols increases and
 * is the column rank profile: column j is in it exactly when it is no combination of the columns before it. */
typedef struct {
    size_t rank;
    size_t *pivot_rows, *pivot_cols;
} nalg_rank_profile;

/* Free the arrays and zero the struct. A zeroed profile may be cleared. */
void nalg_rank_profile_clear(nalg_rank_profile *profile);

/* Rank over F_p of a matrix of doubles that are integers in [0, p).
 * Out:      *out, overwritten; free with nalg_rank_profile_clear.
 * In/out:   a, destroyed.
 * Requires: p prime, p < 2^23 (NALG_PRIME_FAST_LIMIT); primality is not checked.
 * Returns:  NALG_OK; NALG_E_ARGUMENT; NALG_E_MEMORY; NALG_E_INTERRUPTED; NALG_E_DEADLINE.
 * Cost:     the operations of an LU factorisation, nearly all of them DGEMM; memory: the matrix itself and a few
 *           tiles. A stride that is not a multiple of a large power of two is faster. */
NALG_NODISCARD nalg_status nalg_rank_fast(nalg_ctx *ctx, nalg_rank_profile *out, double *a, size_t rows, size_t cols,
                                          size_t stride, uint32_t p);

/* The same for a prime p < 2^63 and entries in [0, p): doubles again below 2^31 (about twice the work), FLINT above. */
NALG_NODISCARD nalg_status nalg_rank_word(nalg_ctx *ctx, nalg_rank_profile *out, uint64_t *a, size_t rows, size_t cols,
                                          size_t stride, uint64_t p);

#endif
