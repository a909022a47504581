/* Rank profile by blocked elimination with row exchanges.
 *
 * For each panel of columns, from left to right:
 *   1. panel.h finds pivot rows and columns of the panel and the inverse T of the pivot block, looking only at as many rows
 *      as it takes (in a generic matrix the first ones);
 *   2. the pivot rows are moved up;
 *   3. the other rows get their multipliers X = S[:, C] T, stored over the panel, which is not needed any more;
 *   4. the rest of the matrix is updated, A := A - X A[pivot rows, :], tile by tile: one product of inner dimension `rank of
 *      the panel` and one reduction while the tile is in cache.
 * There is no triangular solve: the pivot rows themselves are never updated by their own panel. Steps 3 and 4 run on all
 * threads; tiles are independent and the arithmetic is exact, so the answer does not depend on the threads.
 *
 * Delayed reduction and its bound: kernels.h. Entries come in as [0, p) and are centred by their first reduction; until then
 * they are below 2 h, and as every product has one centred factor, panels of half the depth are safe.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/elimination.h"
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "exact/panel.h"
#include "exact/rank_doubles.h"
#include "field/blas.h"
#include "field/prime.h"

/* Tuned on one Zen 4 core; flat near the optimum. */
#define TILE_ROWS 512              /* at most; halved while a thread has fewer than TILES_PER_THREAD tiles */
#define TILE_COLS 1024
#define TILE_LEAST 128
#define TILES_PER_THREAD 4
#define MULTIPLIER_ROWS 256
#define SLAB_ROWS 64               /* rows taken after the first `width` ones */
#define SMALL 4e5                  /* operations in all, below which the plain loop is faster (58 x 58) */
#define BLAS_WORTHWHILE 3e8        /* operations in all, from which loading BLAS pays */
#define THREADS_WORTHWHILE 1e7     /* operations in a loop, from which starting threads pays */

typedef struct {
    nalg_ctx *ctx;
    nalg_arithmetic arithmetic;
    nalg_block a;
    size_t rank;       /* rows 0..rank-1 are pivot rows of finished panels */
    size_t *row;       /* row i of the matrix was row[i] at the beginning */
    size_t *pivot_cols;
    size_t width;      /* of panels */
    nalg_panel panel;
    nalg_block negated_inverse;
    double **scratch;  /* one for each worker */
    size_t first, column, found; /* the panel: first row, first column, pivots */
    size_t tile_rows, tile_cols; /* of its update */
} elimination;

void nalg_rank_profile_clear(nalg_rank_profile *profile)
{
    free(profile->pivot_rows);
    free(profile->pivot_cols);
    *profile = (nalg_rank_profile){0};
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t larger(size_t a, size_t b)
{
    return a < b ? b : a;
}

static size_t pieces(size_t length, size_t piece)
{
    return (length + piece - 1) / piece;
}

static double operations(const elimination *e)
{
    return 2.0 * (double)e->a.rows * (double)e->a.cols * (double)smaller(e->a.rows, e->a.cols);
}

/* Wider panels mean deeper products, narrower ones less work outside them. */
static size_t panel_width(const nalg_modulus *modulus, size_t rows, size_t cols)
{
    const size_t n = smaller(rows, cols), most = modulus->limbs == 1 ? modulus->depth / 2 : modulus->depth;
    const size_t width = n <= 128 ? 32 : n <= 600 ? 64 : n <= 1500 ? 128 : 256;
    return smaller(smaller(width, most), larger(cols, 1));
}

static size_t scratch_size(const elimination *e)
{
    const nalg_modulus *modulus = &e->arithmetic.modulus;
    const size_t multipliers = MULTIPLIER_ROWS * e->width + nalg_product_scratch(modulus, MULTIPLIER_ROWS, e->width, e->width);
    return larger(multipliers, nalg_product_scratch(modulus, TILE_ROWS, TILE_COLS, e->width));
}

static bool create(elimination *e)
{
    const size_t threads = (size_t)nalg_ctx_threads(e->ctx), slab = larger(e->width, SLAB_ROWS);
    e->row = nalg_array(e->a.rows, sizeof(size_t));
    e->pivot_cols = nalg_array(smaller(e->a.rows, e->a.cols), sizeof(size_t));
    e->negated_inverse = (nalg_block){nalg_array_aligned(e->width * e->width, sizeof(double)), 0, 0, e->width};
    e->scratch = nalg_array_zero(threads, sizeof(double *));
    if (!e->row || !e->pivot_cols || !e->negated_inverse.at || !e->scratch) return false;
    for (size_t i = 0; i < threads; i++)
        if (!(e->scratch[i] = nalg_array_aligned(scratch_size(e), sizeof(double)))) return false;
    return nalg_panel_create(&e->panel, &e->arithmetic, e->width, smaller(slab, e->a.rows));
}

static void clear(elimination *e)
{
    for (size_t i = 0; e->scratch && i < (size_t)nalg_ctx_threads(e->ctx); i++) free(e->scratch[i]);
    free(e->row);
    free(e->pivot_cols);
    free(e->negated_inverse.at);
    free(e->scratch);
    nalg_panel_clear(&e->panel);
}

/* Step 1. */
static nalg_status find_pivots(elimination *e)
{
    const size_t width = smaller(e->width, e->a.cols - e->column);
    const bool last_panel = e->column + width == e->a.cols;
    const nalg_block rows = {e->a.at + e->column, e->a.rows, width, e->a.stride};
    nalg_panel_start(&e->panel, width);
    size_t next = e->first, count = smaller(width, e->a.rows - next);
    while (count && e->panel.rank < width) {
        nalg_status status = nalg_checkpoint(e->ctx);
        if (status != NALG_OK) return status;
        nalg_panel_extend(&e->panel, rows, next, count, last_panel && next + count == e->a.rows);
        next += count;
        count = smaller(smaller(larger(width, SLAB_ROWS), larger(count, SLAB_ROWS)), e->a.rows - next);
    }
    e->found = e->panel.rank;
    for (size_t j = 0, known = e->rank; j < width; j++)
        if (!e->panel.eligible[j]) e->pivot_cols[known++] = e->column + j;
    return NALG_OK;
}

static void swap_rows(elimination *e, size_t i, size_t j)
{
    double *x = e->a.at + i * e->a.stride, *y = e->a.at + j * e->a.stride;
    for (size_t c = e->column; c < e->a.cols; c++) {
        double swap = x[c];
        x[c] = y[c];
        y[c] = swap;
    }
    size_t swap = e->row[i];
    e->row[i] = e->row[j];
    e->row[j] = swap;
}

/* Step 2. The sources increase, so no pivot row is displaced before its turn. */
static void move_pivots_up(elimination *e)
{
    for (size_t l = 0; l < e->found; l++)
        if (e->panel.source[l] != e->first + l) swap_rows(e, e->first + l, e->panel.source[l]);
}

/* The part of the matrix below the pivot rows and from column `column` on. */
static nalg_block below(const elimination *e, size_t offset, size_t height, size_t column, size_t width)
{
    return (nalg_block){e->a.at + (e->first + e->found + offset) * e->a.stride + column, height, width, e->a.stride};
}

static size_t rows_below(const elimination *e)
{
    return e->a.rows - e->first - e->found;
}

/* Step 3 for one block of rows. */
static nalg_status multipliers(void *user, size_t index, int worker)
{
    elimination *e = user;
    const size_t offset = index * MULTIPLIER_ROWS, height = smaller(MULTIPLIER_ROWS, rows_below(e) - offset);
    const nalg_block rows = below(e, offset, height, e->column, e->panel.width);
    const nalg_block x = below(e, offset, height, e->column, e->found);
    nalg_panel_multipliers(&e->panel, x, rows, e->negated_inverse, e->scratch[worker]);
    return NALG_OK;
}

/* Step 4 for one tile. */
static nalg_status update_tile(void *user, size_t index, int worker)
{
    elimination *e = user;
    const size_t height_in_tiles = pieces(rows_below(e), e->tile_rows);
    const size_t offset = index % height_in_tiles * e->tile_rows, height = smaller(e->tile_rows, rows_below(e) - offset);
    const size_t column = e->column + e->panel.width + index / height_in_tiles * e->tile_cols;
    const size_t width = smaller(e->tile_cols, e->a.cols - column);
    const nalg_block pivots = {e->a.at + e->first * e->a.stride + column, e->found, width, e->a.stride};
    nalg_product(&e->arithmetic, below(e, offset, height, column, width), below(e, offset, height, e->column, e->found), pivots,
                 e->scratch[worker]);
    return NALG_OK;
}

static nalg_status loop(elimination *e, size_t count, nalg_task *task, double work)
{
    if (work > THREADS_WORTHWHILE) return nalg_parallel(e->ctx, count, task, e);
    for (size_t i = 0; i < count; i++) (void)task(e, i, 0);
    return NALG_OK;
}

/* Large tiles for DGEMM, but enough of them for all threads. Returns their number. */
static size_t choose_tiles(elimination *e, size_t height, size_t width)
{
    const size_t threads = (size_t)nalg_ctx_threads(e->ctx), enough = threads == 1 ? 1 : TILES_PER_THREAD * threads;
    e->tile_rows = TILE_ROWS;
    e->tile_cols = TILE_COLS;
    while (pieces(height, e->tile_rows) * pieces(width, e->tile_cols) < enough && e->tile_cols > TILE_LEAST) {
        if (e->tile_cols > e->tile_rows)
            e->tile_cols /= 2;
        else
            e->tile_rows /= 2;
    }
    return pieces(height, e->tile_rows) * pieces(width, e->tile_cols);
}

static nalg_status update(elimination *e)
{
    const size_t height = rows_below(e), width = e->a.cols - e->column - e->panel.width;
    if (!e->found || !height || !width) return NALG_OK;
    e->negated_inverse.rows = e->negated_inverse.cols = e->found;
    nalg_panel_inverse(&e->panel, e->negated_inverse);
    const double area = 2.0 * (double)height * (double)e->found;
    nalg_status status = loop(e, pieces(height, MULTIPLIER_ROWS), multipliers, area * (double)e->found);
    if (status != NALG_OK) return status;
    return loop(e, choose_tiles(e, height, width), update_tile, area * (double)width);
}

static nalg_status eliminate(elimination *e)
{
    nalg_status status = NALG_OK;
    const size_t most = smaller(e->a.rows, e->a.cols);
    for (size_t i = 0; i < e->a.rows; i++) e->row[i] = i;
    nalg_progress(e->ctx, "elimination", 0, most, NULL);
    for (e->column = 0; e->column < e->a.cols && e->rank < e->a.rows; e->column += e->panel.width) {
        e->first = e->rank;
        if ((status = find_pivots(e)) != NALG_OK) return status;
        move_pivots_up(e);
        if ((status = update(e)) != NALG_OK) return status;
        e->rank += e->found;
        if (e->rank < most) nalg_progress(e->ctx, "elimination", e->rank, most, NULL);
    }
    nalg_progress(e->ctx, "elimination", most, most, NULL);
    return NALG_OK;
}

static nalg_status rank_small(nalg_ctx *ctx, nalg_rank_profile *out, const nalg_arithmetic *arithmetic, nalg_block a)
{
    nalg_status status = nalg_checkpoint(ctx);
    if (status != NALG_OK) return status;
    size_t *row = nalg_array(a.rows, sizeof(size_t)), *pivot_cols = nalg_array(smaller(a.rows, a.cols), sizeof(size_t));
    if (!row || !pivot_cols) {
        free(row);
        free(pivot_cols);
        return nalg_fail_memory(ctx);
    }
    const size_t rank = nalg_rank_small(arithmetic, row, pivot_cols, a);
    *out = (nalg_rank_profile){.rank = rank, .pivot_rows = row, .pivot_cols = pivot_cols};
    return NALG_OK;
}

nalg_status nalg_rank_doubles(nalg_ctx *ctx, nalg_rank_profile *out, nalg_block a, uint64_t p)
{
    elimination e = {.ctx = ctx, .a = a, .arithmetic = {.kernels = nalg_kernels_best(), .modulus = nalg_modulus_set(p)}};
    if (operations(&e) < SMALL) return rank_small(ctx, out, &e.arithmetic, a);
    e.width = panel_width(&e.arithmetic.modulus, a.rows, a.cols);
    e.arithmetic.blas = operations(&e) > BLAS_WORTHWHILE;
    nalg_status status = NALG_OK;
    if (e.arithmetic.blas) nalg_blas_threads_push();
    if (!create(&e)) {
        status = nalg_fail_memory(ctx);
        goto done;
    }
    if ((status = eliminate(&e)) != NALG_OK) goto done;
    *out = (nalg_rank_profile){.rank = e.rank, .pivot_rows = e.row, .pivot_cols = e.pivot_cols};
    e.row = e.pivot_cols = NULL;
done:
    if (e.arithmetic.blas) nalg_blas_threads_pop();
    clear(&e);
    return status;
}

nalg_status nalg_rank_fast(nalg_ctx *ctx, nalg_rank_profile *out, double *a, size_t rows, size_t cols, size_t stride,
                           uint32_t p)
{
    if (p < 2 || p >= NALG_PRIME_FAST_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^23", "%lu is no modulus for doubles", (unsigned long)p);
    if (stride < cols) return nalg_fail(ctx, NALG_E_ARGUMENT, "stride", "at least cols", "rows of the matrix overlap");
    return nalg_rank_doubles(ctx, out, (nalg_block){a, rows, cols, stride}, p);
}
