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

/* The same for a prime p < 2^63 and entries in [0, p): doubles again below 2^31 (about twice the work), integers above. */
NALG_NODISCARD nalg_status nalg_rank_word(nalg_ctx *ctx, nalg_rank_profile *out, uint64_t *a, size_t rows, size_t cols,
                                          size_t stride, uint64_t p);

/* Basis of the vectors x with a x = 0: row k of `basis` (dimension x cols) is 1 at column free_cols[k], 0 at the other free
 * columns, and determined by that at the pivot columns. This is the one basis of its form, so bases for several primes of
 * good reduction are the images of one rational basis (lift.h). */
typedef struct {
    size_t dimension, cols;
    size_t *free_cols;
    uint64_t *basis;
} nalg_kernel;

void nalg_kernel_clear(nalg_kernel *kernel);

/* Kernel of a matrix over F_p with entries in [0, p), p < 2^63 prime. a is not changed.
 * Returns: NALG_OK; NALG_E_ARGUMENT; NALG_E_MEMORY; NALG_E_INTERRUPTED; NALG_E_DEADLINE (polled before and after FLINT's work).
 * Cost:    as nalg_rank_word by FLINT's reduced echelon form, twice the memory of a.  Out: free with nalg_kernel_clear. */
NALG_NODISCARD nalg_status nalg_kernel_word(nalg_ctx *ctx, nalg_kernel *out, const uint64_t *a, size_t rows, size_t cols,
                                            size_t stride, uint64_t p);

/* One solution of a x = b over F_p, zero at the non-pivot columns; x has cols entries, b has rows.
 * *solvable is NALG_FALSE, and x unchanged, if there is none. Requirements, errors and cost as nalg_kernel_word, of [a | b]. */
typedef struct {
    const uint64_t *a, *b;
    size_t rows, cols, stride;
} nalg_linear_system;

NALG_NODISCARD nalg_status nalg_solve_word(nalg_ctx *ctx, uint64_t *x, nalg_truth *solvable, const nalg_linear_system *system,
                                           uint64_t p);

#endif
