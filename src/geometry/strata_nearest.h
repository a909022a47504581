/* The subnetwork nearest to a trained network, in function space.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NALG_GEOMETRY_STRATA_NEAREST_H
#define NALG_GEOMETRY_STRATA_NEAREST_H

#include "geometry/strata.h"
#include "model/weights.h"

typedef struct {
    double *distance; /* for each set: root mean square difference over standard normal inputs, summed over
                         the outputs, of the best subnetwork found: an upper bound of the distance to the set.
                         NAN when it was not computed */
    bool *exact;  /* the weights satisfy the equalities of one of its strata exactly, up to permutations of
                     units */
    double size;  /* root mean square of the network's own outputs */
    bool sampled; /* the mean is over inputs drawn from the seed, not over all */
    const char *skipped; /* why no distances were computed, or NULL */
} nalg_strata_nearest;

/* Levenberg-Marquardt from projections of the weights on each stratum, under permutations of the units, and
 * from random starts. Same seed, same answer. Larger models get exact memberships only (skipped says so).
 * NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_strata_nearest_find(nalg_ctx *ctx, nalg_strata_nearest *out,
                                                    const nalg_model *model, const nalg_strata *strata,
                                                    const nalg_weights *weights);
void nalg_strata_nearest_clear(nalg_strata_nearest *n);

#endif
