/* Linear programs over the rationals.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_LINEAR_PROGRAM_H
#define NALG_EXACT_LINEAR_PROGRAM_H

#include <stdbool.h>
#include "core/context.h"
#include "core/flint.h"

typedef enum { NALG_PROGRAM_OPTIMAL, NALG_PROGRAM_INFEASIBLE, NALG_PROGRAM_UNBOUNDED } nalg_program_outcome;

/* Maximise objective . x over x >= 0 with row . x >= bound (or = bound where equal[i]) for every row. `rows` is an m x n matrix, bounds m x 1,
 * objective and x 1 x n; x may be NULL. Exact: the simplex method in two phases with Bland's rule, which cannot cycle (Bland 1977).
 * NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_program_maximum(nalg_ctx *ctx, nalg_program_outcome *outcome, fmpq_mat_struct *x, const fmpq_mat_struct *rows,
                                                const fmpq_mat_struct *bounds, const bool *equal, const fmpq_mat_struct *objective);

#endif
