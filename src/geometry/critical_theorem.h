/* Published numbers of critical points.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CRITICAL_THEOREM_H
#define NALG_GEOMETRY_CRITICAL_THEOREM_H

#include "core/flint.h"
#include "geometry/metric.h"

/* False when no published number is known to apply. *source is a static string. */
bool nalg_critical_published(fmpz_t out, const char **source, const nalg_model *model,
                             const nalg_metric *metric);

/* The same, and the number of a model that fills its ambient space. proved: whether the dimension is.
 * NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_critical_theorem(nalg_ctx *ctx, bool *known, fmpz_t out, const char **source,
                                                 const nalg_model *model, const nalg_metric *metric,
                                                 size_t dimension, bool proved);

#endif
