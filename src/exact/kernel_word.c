/* Kernels and linear systems mod p from FLINT's reduced row echelon form, whose pivot-free columns give the canonical basis.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/flint.h"
#include "core/memory.h"
#include "exact/elimination.h"
#include "field/prime.h"

void nalg_kernel_clear(nalg_kernel *kernel)
{
    free(kernel->free_cols);
    free(kernel->basis);
    *kernel = (nalg_kernel){0};
}

/* Below this, asking the system for its free memory takes longer than the kernel of a small matrix, and says nothing. */
#define SMALL_BYTES ((size_t)1 << 20)

/* FLINT aborts when memory runs out, so ask before: the matrix and its working copies. */
static bool fits(size_t rows, size_t cols)
{
    size_t entries, bytes;
    if (rows > WORD_MAX / 8 || cols > WORD_MAX / 8 || !nalg_size_multiply(&entries, rows, cols + 2)) return false;
    if (!nalg_size_multiply(&bytes, entries, 3 * sizeof(mp_limb_t))) return false;
    size_t available = bytes < SMALL_BYTES ? 0 : nalg_memory_available();
    return !available || bytes < available;
}

static nalg_status check_arguments(nalg_ctx *ctx, size_t rows, size_t cols, size_t stride, uint64_t p)
{
    if (p < 2 || p >= NALG_PRIME_WORD_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^63", "no modulus of one word");
    if (stride < cols) return nalg_fail(ctx, NALG_E_ARGUMENT, "stride", "at least cols", "rows of the matrix overlap");
    if (!fits(rows, cols)) return nalg_fail_memory(ctx);
    return nalg_checkpoint(ctx);
}

/* Reduced echelon form of the first `cols` columns of m; pivots[i] is the pivot column of row i. Returns the rank. */
static size_t echelon(nmod_mat_t m, size_t *pivots)
{
    if (!nmod_mat_nrows(m) || !nmod_mat_ncols(m)) return 0;
    size_t rank = (size_t)nmod_mat_rref(m);
    slong column = 0;
    for (size_t i = 0; i < rank; i++) {
        while (nmod_mat_get_entry(m, (slong)i, column) == 0) column++;
        pivots[i] = (size_t)column++;
    }
    return rank;
}

static void load(nmod_mat_t m, const uint64_t *a, size_t rows, size_t cols, size_t stride)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) nmod_mat_set_entry(m, (slong)i, (slong)j, a[i * stride + j]);
}

/* Free columns in order, and for each its vector. */
static void read_basis(nalg_kernel *kernel, const nmod_mat_t m, const size_t *pivots, size_t rank, uint64_t p)
{
    size_t k = 0, next = 0;
    for (size_t j = 0; j < kernel->cols; j++) {
        if (next < rank && pivots[next] == j) {
            next++;
            continue;
        }
        uint64_t *x = kernel->basis + k * kernel->cols;
        for (size_t i = 0; i < rank; i++) x[pivots[i]] = nalg_subtract_mod(0, nmod_mat_get_entry(m, (slong)i, (slong)j), p);
        x[j] = 1;
        kernel->free_cols[k++] = j;
    }
}

nalg_status nalg_kernel_word(nalg_ctx *ctx, nalg_kernel *out, const uint64_t *a, size_t rows, size_t cols, size_t stride,
                             uint64_t p)
{
    nalg_status status = check_arguments(ctx, rows, cols, stride, p);
    if (status != NALG_OK) return status;
    nalg_kernel kernel = {.cols = cols};
    size_t *pivots = nalg_array(rows < cols ? rows : cols, sizeof(size_t)), entries = 0;
    nmod_mat_t m;
    nmod_mat_init(m, (slong)rows, (slong)cols, p);
    load(m, a, rows, cols, stride);
    const size_t rank = pivots ? echelon(m, pivots) : 0;
    kernel.dimension = cols - rank;
    if (nalg_size_multiply(&entries, kernel.dimension, cols)) kernel.basis = nalg_array_zero(entries, sizeof(uint64_t));
    kernel.free_cols = nalg_array(kernel.dimension, sizeof(size_t));
    if (!pivots || !kernel.basis || !kernel.free_cols) {
        status = nalg_fail_memory(ctx);
        goto done;
    }
    if ((status = nalg_checkpoint(ctx)) != NALG_OK) goto done;
    read_basis(&kernel, m, pivots, rank, p);
    *out = kernel;
    kernel = (nalg_kernel){0};
done:
    nmod_mat_clear(m);
    free(pivots);
    nalg_kernel_clear(&kernel);
    return status;
}

nalg_status nalg_solve_word(nalg_ctx *ctx, uint64_t *x, nalg_truth *solvable, const nalg_linear_system *system, uint64_t p)
{
    const size_t rows = system->rows, cols = system->cols;
    nalg_status status = check_arguments(ctx, rows, cols, system->stride, p);
    if (status != NALG_OK) return status;
    size_t *pivots = nalg_array(rows < cols + 1 ? rows : cols + 1, sizeof(size_t));
    if (!pivots) return nalg_fail_memory(ctx);
    nmod_mat_t m;
    nmod_mat_init(m, (slong)rows, (slong)cols + 1, p);
    load(m, system->a, rows, cols, system->stride);
    for (size_t i = 0; i < rows; i++) nmod_mat_set_entry(m, (slong)i, (slong)cols, system->b[i]);
    const size_t rank = echelon(m, pivots);
    if ((status = nalg_checkpoint(ctx)) == NALG_OK) {
        *solvable = rank && pivots[rank - 1] == cols ? NALG_FALSE : NALG_TRUE;
        for (size_t j = 0; *solvable == NALG_TRUE && j < cols; j++) x[j] = 0;
        for (size_t i = 0; *solvable == NALG_TRUE && i < rank; i++) x[pivots[i]] = nmod_mat_get_entry(m, (slong)i, (slong)cols);
    }
    nmod_mat_clear(m);
    free(pivots);
    return status;
}
