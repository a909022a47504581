/* How far conserved quantities drift along a numerical trajectory: an error estimate that costs no second
 * run. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_DRIFT_H
#define NALG_LEARNING_FLOW_DRIFT_H

#include "learning/conserved_law.h"

/* Conservation laws compiled for doubles: law k has the terms first[k] .. first[k + 1] - 1. */
typedef struct {
    size_t count, terms;
    size_t *first;
    double *coefficient;
    uint32_t *factor; /* NALG_LAW_DEGREE to a term */
} nalg_drift_laws;

/* All laws of degree 2 of small models, those of known symmetries for larger ones; possibly none. */
NALG_NODISCARD nalg_status nalg_drift_laws_find(nalg_ctx *ctx, nalg_drift_laws *out, const nalg_model *model);
void nalg_drift_laws_clear(nalg_drift_laws *laws);

/* Value of each law at w, and the sum of its terms without signs. */
void nalg_drift_values(const nalg_drift_laws *laws, double *value, double *size, const double *w);

/* Largest change of a law between two points, each relative to its size (and at least 1e-300) at either. */
double nalg_drift_between(const nalg_drift_laws *laws, const double *value, const double *size,
                          const double *other, const double *other_size);

#endif
