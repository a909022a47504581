/* Primes of one word: doubles with a split factor below 2^31 (kernels.h), integers above.
 *
 * With integers, panels of at most PANEL columns are factored left-looking (Crout): before a column is searched for its pivot
 * it is reduced by one inner product per row, with one reduction modulo p at the end; the multipliers are kept in the first
 * columns of the panel, which are dead by then. The rest of the matrix is updated in tiles of columns: the pivot rows of a
 * tile are solved for and transposed into a buffer, so that the update is again inner products of contiguous vectors.
 *
 * An inner product of PANEL = 64 terms of two residues stays below 2^128 when p < 2^61. Above, the sum is folded after each
 * term: with its high word below p < 2^63 the sum is below p 2^64 < 2^127, and the next product, below p 2^63, is added
 * without overflow.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/flint.h"
#include "core/memory.h"
#include "core/threads.h"
#include "exact/rank_doubles.h"
#include "field/prime.h"

_Static_assert(sizeof(double) == sizeof(uint64_t), "the matrix is converted in place");

#define DOUBLES_LIMIT ((uint64_t)1 << 31)
#define UNFOLDED_LIMIT ((uint64_t)1 << 61)
#define PANEL 64
#define TILE_COLS 32
#define THREADS_WORTHWHILE 1e6 /* multiplications in a loop, from which starting threads pays */

typedef struct {
    nalg_ctx *ctx;
    uint64_t *a, p, inverse; /* inverse: FLINT's, of p */
    size_t rows, cols, stride, rank;
    size_t *row, *pivot_cols;
    size_t first, column, width, found; /* the panel: first row and column, columns, pivots */
    uint64_t *solved;                   /* for each worker, TILE_COLS x PANEL */
} words;

static uint64_t *entry(const words *w, size_t i, size_t j)
{
    return w->a + i * w->stride + j;
}

static uint64_t reduce(const words *w, nalg_u128 x)
{
    return n_ll_mod_preinv((uint64_t)(x >> 64), (uint64_t)x, w->p, w->inverse);
}

static inline nalg_u128 fold(nalg_u128 x, uint64_t p)
{
    return (uint64_t)(x >> 64) >= p ? x - ((nalg_u128)p << 64) : x;
}

/* Sums of x[l] y[l] for two x and two y at once: four independent chains of additions. */
static inline void four_products(nalg_u128 sum[4], const uint64_t *x[2], const uint64_t *y[2], size_t n)
{
    nalg_u128 s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    for (size_t l = 0; l < n; l++) {
        s00 += (nalg_u128)x[0][l] * y[0][l];
        s01 += (nalg_u128)x[0][l] * y[1][l];
        s10 += (nalg_u128)x[1][l] * y[0][l];
        s11 += (nalg_u128)x[1][l] * y[1][l];
    }
    sum[0] = s00, sum[1] = s01, sum[2] = s10, sum[3] = s11;
}

/* a - sum of x[l] y[l] mod p, n <= PANEL. */
static uint64_t subtract_dot(const words *w, uint64_t a, const uint64_t *x, const uint64_t *y, size_t n)
{
    nalg_u128 sum = 0;
    if (w->p < UNFOLDED_LIMIT)
        for (size_t l = 0; l < n; l++) sum += (nalg_u128)x[l] * y[l];
    else
        for (size_t l = 0; l < n; l++) sum = fold(sum + (nalg_u128)x[l] * y[l], w->p);
    return nalg_subtract_mod(a, reduce(w, sum), w->p);
}

static void swap_rows(words *w, size_t i, size_t j)
{
    if (i == j) return;
    for (size_t c = w->column; c < w->cols; c++) {
        uint64_t swap = *entry(w, i, c);
        *entry(w, i, c) = *entry(w, j, c);
        *entry(w, j, c) = swap;
    }
    size_t swap = w->row[i];
    w->row[i] = w->row[j];
    w->row[j] = swap;
}

/* Reduce column c of the panel by the pivots found so far and look for the next one. */
static void panel_column(words *w, size_t c)
{
    uint64_t above[PANEL];
    size_t pivot = w->rows;
    for (size_t l = 0; l < w->found; l++) {
        const uint64_t *multipliers = entry(w, w->first + l, w->column);
        above[l] = subtract_dot(w, *entry(w, w->first + l, c), multipliers, above, l);
    }
    for (size_t i = w->first + w->found; i < w->rows; i++) {
        uint64_t *x = entry(w, i, c);
        *x = subtract_dot(w, *x, entry(w, i, w->column), above, w->found);
        if (*x && pivot == w->rows) pivot = i;
    }
    if (pivot == w->rows) return;
    const size_t top = w->first + w->found;
    swap_rows(w, top, pivot);
    const uint64_t scale = nalg_inverse_mod(*entry(w, top, c), w->p);
    for (size_t i = top + 1; i < w->rows; i++)
        *entry(w, i, w->column + w->found) = n_mulmod2_preinv(*entry(w, i, c), scale, w->p, w->inverse);
    w->pivot_cols[w->rank + w->found++] = c;
}

static nalg_status factor_panel(words *w)
{
    nalg_status status = NALG_OK;
    w->found = 0;
    for (size_t c = w->column; c < w->column + w->width && w->first + w->found < w->rows && status == NALG_OK; c++) {
        panel_column(w, c);
        status = nalg_checkpoint(w->ctx);
    }
    return status;
}

/* Solve for the pivot rows in the columns of a tile; column j of the result is solved[j * PANEL ...]. */
static void solve_tile(const words *w, uint64_t *solved, size_t column, size_t width)
{
    for (size_t j = 0; j < width; j++)
        for (size_t l = 0; l < w->found; l++)
            solved[j * PANEL + l] = subtract_dot(w, *entry(w, w->first + l, column + j), entry(w, w->first + l, w->column),
                                                 solved + j * PANEL, l);
}

/* Two rows and two columns of the update. */
static void update_four(const words *w, uint64_t *to[2], const uint64_t *x[2], const uint64_t *y[2])
{
    nalg_u128 sum[4];
    four_products(sum, x, y, w->found);
    for (int k = 0; k < 4; k++) to[k / 2][k % 2] = nalg_subtract_mod(to[k / 2][k % 2], reduce(w, sum[k]), w->p);
}

static nalg_status update_tile(void *user, size_t index, int worker)
{
    words *w = user;
    uint64_t *solved = w->solved + (size_t)worker * TILE_COLS * PANEL;
    const size_t column = w->column + w->width + index * TILE_COLS;
    const size_t width = w->cols - column < TILE_COLS ? w->cols - column : TILE_COLS;
    size_t i = w->first + w->found;
    solve_tile(w, solved, column, width);
    for (; w->p < UNFOLDED_LIMIT && width % 2 == 0 && i + 1 < w->rows; i += 2) {
        const uint64_t *x[2] = {entry(w, i, w->column), entry(w, i + 1, w->column)};
        for (size_t j = 0; j < width; j += 2)
            update_four(w, (uint64_t *[2]){entry(w, i, column + j), entry(w, i + 1, column + j)}, x,
                        (const uint64_t *[2]){solved + j * PANEL, solved + (j + 1) * PANEL});
    }
    for (; i < w->rows; i++)
        for (size_t j = 0; j < width; j++) {
            uint64_t *to = entry(w, i, column + j);
            *to = subtract_dot(w, *to, entry(w, i, w->column), solved + j * PANEL, w->found);
        }
    return NALG_OK;
}

static nalg_status update(words *w)
{
    const size_t width = w->cols - w->column - w->width, tiles = (width + TILE_COLS - 1) / TILE_COLS;
    if (!w->found || !tiles) return NALG_OK;
    if ((double)w->found * (double)width * (double)(w->rows - w->first) > THREADS_WORTHWHILE)
        return nalg_parallel(w->ctx, tiles, update_tile, w);
    for (size_t i = 0; i < tiles; i++) (void)update_tile(w, i, 0);
    return NALG_OK;
}

static nalg_status eliminate(words *w)
{
    nalg_status status = nalg_checkpoint(w->ctx);
    const size_t most = w->rows < w->cols ? w->rows : w->cols;
    for (size_t i = 0; i < w->rows; i++) w->row[i] = i;
    nalg_progress(w->ctx, "elimination", 0, most, NULL);
    for (w->column = 0; status == NALG_OK && w->column < w->cols && w->rank < w->rows; w->column += w->width) {
        w->first = w->rank;
        w->width = w->cols - w->column < PANEL ? w->cols - w->column : PANEL;
        status = factor_panel(w);
        if (status == NALG_OK) status = update(w);
        w->rank += w->found;
        if (w->rank < most) nalg_progress(w->ctx, "elimination", w->rank, most, NULL);
    }
    if (status == NALG_OK) nalg_progress(w->ctx, "elimination", most, most, NULL);
    return status;
}

static nalg_status rank_integers(nalg_rank_profile *out, words *w)
{
    nalg_status status = NALG_OK;
    w->inverse = n_preinvert_limb(w->p);
    w->row = nalg_array(w->rows, sizeof(size_t));
    w->pivot_cols = nalg_array(w->rows < w->cols ? w->rows : w->cols, sizeof(size_t));
    w->solved = nalg_array_aligned((size_t)nalg_ctx_threads(w->ctx) * TILE_COLS * PANEL, sizeof(uint64_t));
    if (!w->row || !w->pivot_cols || !w->solved) {
        status = nalg_fail_memory(w->ctx);
        goto done;
    }
    if ((status = eliminate(w)) != NALG_OK) goto done;
    *out = (nalg_rank_profile){.rank = w->rank, .pivot_rows = w->row, .pivot_cols = w->pivot_cols};
    w->row = w->pivot_cols = NULL;
done:
    free(w->row);
    free(w->pivot_cols);
    free(w->solved);
    return status;
}

/* In place, entry by entry through memcpy: the same memory changes its type. */
static double *to_centred_doubles(uint64_t *a, size_t rows, size_t cols, size_t stride, uint64_t p)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            uint64_t *at = a + i * stride + j;
            double x = *at > p / 2 ? -(double)(p - *at) : (double)*at;
            memcpy(at, &x, sizeof x);
        }
    return (double *)(void *)a;
}

nalg_status nalg_rank_word(nalg_ctx *ctx, nalg_rank_profile *out, uint64_t *a, size_t rows, size_t cols, size_t stride,
                           uint64_t p)
{
    if (p < 2 || p >= NALG_PRIME_WORD_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^63", "no modulus of one word");
    if (stride < cols) return nalg_fail(ctx, NALG_E_ARGUMENT, "stride", "at least cols", "rows of the matrix overlap");
    if (p >= DOUBLES_LIMIT) {
        words w = {.ctx = ctx, .a = a, .p = p, .rows = rows, .cols = cols, .stride = stride};
        return rank_integers(out, &w);
    }
    double *centred = to_centred_doubles(a, rows, cols, stride, p);
    return nalg_rank_doubles(ctx, out, (nalg_block){centred, rows, cols, stride}, p);
}
