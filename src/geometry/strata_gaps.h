/* Families of special functions that are not among the strata and limits of a model, so that nobody takes the
 * list for complete. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_STRATA_GAPS_H
#define NALG_GEOMETRY_STRATA_GAPS_H

#include "geometry/limits.h"

#define NALG_STRATA_GAPS_MOST 16

typedef struct {
    const char *family, *reason;
} nalg_strata_gap;

/* Their number; those that the model can have. depth: that of the list. */
size_t nalg_strata_gaps(nalg_strata_gap gap[NALG_STRATA_GAPS_MOST], const nalg_model *model,
                        const nalg_strata *strata, const nalg_limits *limits, size_t depth);

#endif
