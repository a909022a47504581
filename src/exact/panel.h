/* Pivots of a panel (a few columns, any number of rows) by the exchange algorithm.
 *
 * Source: block principal pivoting ("exchange", "sweep"). Let S be the panel, R and C the pivot rows and columns found so far
 * and T the inverse of S[R, C]. The tableau keeps, for the pivot rows, the matrix E = T S[R, :] with T itself stored in the
 * columns C (where E would be the identity). Then
 *   - a row s of S reduced by all pivots is s' = s - s[C] E outside C: one matrix product for a block of rows;
 *   - its multipliers on the original pivot rows are s[C] T: all other rows of the panel get theirs by one more product,
 *     with no triangular solve anywhere;
 *   - new pivots, found in a block of reduced rows, are joined by one product of the same form.
 * The halves of a block of rows are processed recursively, so all but a vanishing part of the work is matrix products.
 *
 * A reduced row's first nonzero entry is its pivot; entries at pivot columns are zero by then, so pivot columns are the leading
 * columns of an echelon basis of the row space: the column rank profile of the panel.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_PANEL_H
#define NALG_EXACT_PANEL_H

#include "core/context.h"
#include "exact/kernels.h"

typedef struct {
    const nalg_arithmetic *arithmetic;
    size_t width, stride, capacity; /* columns; doubles between rows; rows of the tableau */
    size_t rank;                    /* the first `rank` rows of the tableau are E */
    double *entry;                  /* capacity x stride */
    size_t *source;                 /* for each tableau row: the row of the matrix it came from; increasing in E */
    size_t *pivot_col;              /* for each row of E: its column in the panel */
    bool *eligible;                 /* for each column: not a pivot yet */
    double *factor, *scratch;       /* workspaces of the products */
} nalg_panel;

/* Space for panels of at most max_width columns, extended by at most max_count rows at a time. max_width is at most half of
 * modulus.depth with one limb, where rows may also have entries in [0, p) (each product has one centred factor), and at most
 * modulus.depth with two. `arithmetic` must outlive the panel. False: out of memory, nothing to clear. */
bool nalg_panel_create(nalg_panel *panel, const nalg_arithmetic *arithmetic, size_t max_width, size_t max_count);
void nalg_panel_clear(nalg_panel *panel);

/* Start a panel of `width` columns. */
void nalg_panel_start(nalg_panel *panel, size_t width);

/* Look for pivots in `count` further rows, the rows first, first + 1, ... of `rows`, which is not
 * changed. `final`: no rows follow and the inverse is not needed, which saves the last joins. */
void nalg_panel_extend(nalg_panel *panel, nalg_block rows, size_t first, size_t count, bool final);

/* negated (rank x rank) := -T. */
void nalg_panel_inverse(const nalg_panel *panel, nalg_block negated);

/* Multipliers of rows that are not pivots: x := s[C] T for each row s of the block `rows` of the panel's columns; x may be
 * those rows' first `rank` columns. scratch: rows.rows * rank + nalg_product_scratch(rows.rows, rank, rank) doubles. */
void nalg_panel_multipliers(const nalg_panel *panel, nalg_block x, nalg_block rows, nalg_block negated_inverse,
                            double *scratch);

#endif
