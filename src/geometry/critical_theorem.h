/* Published numbers of critical points.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CRITICAL_THEOREM_H
#define NALG_GEOMETRY_CRITICAL_THEOREM_H

#include "core/flint.h"
#include "geometry/metric.h"

/* False when no theorem is known to apply. *source is a static string. */
bool nalg_critical_theorem(fmpz_t out, const char **source, const nalg_model *model,
                           const nalg_metric *metric);

#endif
