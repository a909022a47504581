/* The elimination behind nalg_rank_fast and nalg_rank_word.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_RANK_DOUBLES_H
#define NALG_EXACT_RANK_DOUBLES_H

#include "exact/elimination.h"
#include "exact/kernels.h"

/* As nalg_rank_fast, for p < 2^31. Entries are centred residues or, for p < 2^23 only, may be in [0, p). */
NALG_NODISCARD nalg_status nalg_rank_doubles(nalg_ctx *ctx, nalg_rank_profile *out, nalg_block a, uint64_t p);

/* The same for small matrices, without workspace; row and pivot_cols as in nalg_rank_profile, row[0..rows-1] being a
 * permutation. Returns the rank. */
size_t nalg_rank_small(const nalg_arithmetic *arithmetic, size_t *row, size_t *pivot_cols, nalg_block a);

/* a / b mod p for centred residues or integers in [0, p). */
double nalg_divide_doubles(double a, double b, double p);

#endif
