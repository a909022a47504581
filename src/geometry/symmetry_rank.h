/* How many dimensions of parameter space the known symmetries move.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_SYMMETRY_RANK_H
#define NALG_GEOMETRY_SYMMETRY_RANK_H

#include "core/point.h"
#include "model/symmetry.h"

/* Fields beyond this many are not evaluated one by one. */
#define NALG_SYMMETRY_FIELDS_LIMIT 6000

/* Dimension of the span of all symmetry fields at a point over a fast prime (a lower bound for the generic dimension, proved) and,
 * when each is not NULL, of every symmetry alone. Columns are first compressed to about twice the number of fields by random signs,
 * which can only lower the result.
 * NALG_E_LIMIT with more fields than the limit. */
NALG_NODISCARD nalg_status nalg_symmetry_rank(nalg_ctx *ctx, size_t *total, size_t *each, const nalg_symmetries *s, const nalg_point *point);

#endif
