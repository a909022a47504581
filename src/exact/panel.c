/* The exchange tableau; panel.h explains the algorithm.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/panel.h"
#include <string.h>
#include "core/memory.h"
#include "exact/rank_doubles.h"

#define LEAF_ROWS 8 /* blocks of at most this many rows are eliminated row by row */

static double *row_of(const nalg_panel *panel, size_t i)
{
    return panel->entry + i * panel->stride;
}

static nalg_block rows_of(const nalg_panel *panel, size_t first, size_t count)
{
    return (nalg_block){row_of(panel, first), count, panel->width, panel->stride};
}

/* Whole vectors, and rows that do not fall on the same cache sets. */
static size_t padded(size_t width)
{
    size_t vectors = (width + 7) / 8;
    return 8 * (vectors + (vectors % 8 == 0));
}

bool nalg_panel_create(nalg_panel *panel, const nalg_arithmetic *arithmetic, size_t max_width, size_t max_count)
{
    const size_t capacity = max_width + max_count;
    const size_t scratch = nalg_product_scratch(&arithmetic->modulus, capacity, max_width, max_width);
    *panel = (nalg_panel){.arithmetic = arithmetic, .capacity = capacity};
    panel->entry = nalg_array_aligned(capacity * padded(max_width), sizeof(double));
    panel->source = nalg_array(capacity, sizeof(size_t));
    panel->pivot_col = nalg_array(capacity, sizeof(size_t));
    panel->eligible = nalg_array(max_width, sizeof(bool));
    panel->factor = nalg_array_aligned(capacity * max_width, sizeof(double));
    panel->scratch = nalg_array_aligned(scratch, sizeof(double));
    if (panel->entry && panel->source && panel->pivot_col && panel->eligible && panel->factor && panel->scratch) return true;
    nalg_panel_clear(panel);
    return false;
}

void nalg_panel_clear(nalg_panel *panel)
{
    free(panel->entry);
    free(panel->source);
    free(panel->pivot_col);
    free(panel->eligible);
    free(panel->factor);
    free(panel->scratch);
    *panel = (nalg_panel){0};
}

void nalg_panel_start(nalg_panel *panel, size_t width)
{
    panel->width = width;
    panel->stride = padded(width);
    panel->rank = 0;
    for (size_t j = 0; j < width; j++) panel->eligible[j] = true;
}

/* Tableau row `from` becomes row `to` <= from; what was there is dead (its row is dependent). */
static void move_row(nalg_panel *panel, size_t to, size_t from)
{
    if (to == from) return;
    memcpy(row_of(panel, to), row_of(panel, from), panel->width * sizeof(double));
    panel->source[to] = panel->source[from];
    panel->pivot_col[to] = panel->pivot_col[from];
}

static size_t first_nonzero(const nalg_panel *panel, const double *row)
{
    size_t j = 0;
    while (j < panel->width && (row[j] == 0 || !panel->eligible[j])) j++;
    return j;
}

/* factor := the columns of `count` pivot rows, taken out of `height` rows (zero is left), so that nalg_product can put
 * what replaces them. */
static nalg_block take_columns(nalg_panel *panel, size_t first, size_t height, size_t pivots, size_t count)
{
    for (size_t i = 0; i < height; i++) {
        double *row = row_of(panel, first + i), *to = panel->factor + i * count;
        for (size_t l = 0; l < count; l++) {
            to[l] = row[panel->pivot_col[pivots + l]];
            row[panel->pivot_col[pivots + l]] = 0;
        }
    }
    return (nalg_block){panel->factor, height, count, count};
}

/* Rows first..first+height-1 get the exchange with the `count` pivot rows at `pivots`. */
static void exchange(nalg_panel *panel, size_t first, size_t height, size_t pivots, size_t count)
{
    if (!height || !count) return;
    nalg_block factor = take_columns(panel, first, height, pivots, count);
    nalg_product(panel->arithmetic, rows_of(panel, first, height), factor, rows_of(panel, pivots, count), panel->scratch);
}

/* The exchange with one pivot row, for one row. */
static void exchange_row(nalg_panel *panel, size_t i, size_t pivot)
{
    double *row = row_of(panel, i), factor = row[panel->pivot_col[pivot]];
    if (factor == 0) return;
    row[panel->pivot_col[pivot]] = 0;
    panel->arithmetic->kernels->subtract_multiple(&panel->arithmetic->modulus, row, factor, row_of(panel, pivot), panel->width);
}

/* Row by row: returns the number of pivots, whose rows are then first, first + 1, ... */
static size_t sweep_leaf(nalg_panel *panel, size_t first, size_t height)
{
    size_t rank = 0;
    for (size_t i = first; i < first + height; i++) {
        size_t column = first_nonzero(panel, row_of(panel, i)), pivot = first + rank;
        if (column == panel->width) continue;
        move_row(panel, pivot, i);
        double *row = row_of(panel, pivot), scale = nalg_divide_doubles(1, row[column], panel->arithmetic->modulus.p);
        row[column] = 1;
        nalg_scale_row(panel->arithmetic, row, scale, panel->width);
        panel->pivot_col[pivot] = column;
        panel->eligible[column] = false;
        for (size_t j = first; j < pivot; j++) exchange_row(panel, j, pivot);
        for (size_t j = i + 1; j < first + height; j++) exchange_row(panel, j, pivot);
        rank++;
    }
    return rank;
}

/* `found` pivots at `start` follow `rank` pivots at `first` (first + rank <= start): make them adjacent. */
static void gather(nalg_panel *panel, size_t first, size_t rank, size_t start, size_t found)
{
    for (size_t i = 0; i < found; i++) move_row(panel, first + rank + i, start + i);
}

/* Recursion on halves of the rows; the same result as sweep_leaf. */
static size_t sweep(nalg_panel *panel, size_t first, size_t height, bool final)
{
    if (height <= LEAF_ROWS) return sweep_leaf(panel, first, height);
    const size_t top = height / 2, start = first + top, bottom = height - top;
    size_t rank = sweep(panel, first, top, false);
    exchange(panel, start, bottom, first, rank);
    size_t found = sweep(panel, start, bottom, final);
    if (!final) exchange(panel, first, rank, start, found);
    gather(panel, first, rank, start, found);
    return rank + found;
}

void nalg_panel_extend(nalg_panel *panel, nalg_block rows, size_t first, size_t count, bool final)
{
    const size_t start = panel->rank;
    for (size_t i = 0; i < count; i++) {
        memcpy(row_of(panel, start + i), rows.at + (first + i) * rows.stride, panel->width * sizeof(double));
        panel->source[start + i] = first + i;
    }
    exchange(panel, start, count, 0, start);
    size_t found = sweep(panel, start, count, final);
    if (!final) exchange(panel, 0, start, start, found);
    panel->rank += found;
}

void nalg_panel_inverse(const nalg_panel *panel, nalg_block negated)
{
    for (size_t i = 0; i < panel->rank; i++)
        for (size_t l = 0; l < panel->rank; l++)
            negated.at[i * negated.stride + l] = -row_of(panel, i)[panel->pivot_col[l]];
}

void nalg_panel_multipliers(const nalg_panel *panel, nalg_block x, nalg_block rows, nalg_block negated_inverse,
                            double *scratch)
{
    const size_t rank = panel->rank;
    nalg_block factor = {scratch, rows.rows, rank, rank};
    for (size_t i = 0; i < rows.rows; i++)
        for (size_t l = 0; l < rank; l++) factor.at[i * rank + l] = rows.at[i * rows.stride + panel->pivot_col[l]];
    for (size_t i = 0; i < rows.rows; i++) memset(x.at + i * x.stride, 0, rank * sizeof(double));
    nalg_product(panel->arithmetic, x, factor, negated_inverse, scratch + rows.rows * rank);
}
