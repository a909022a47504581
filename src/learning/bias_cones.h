/* How large the sets of targets are that a stratum of subnetworks can attract.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_BIAS_CONES_H
#define NALG_LEARNING_BIAS_CONES_H

#include "geometry/strata.h"

/* At a random function h of the stratum. All ranks are those of Jacobians modulo a prime. */
typedef struct {
    size_t dimension; /* of the stratum */
    size_t normal; /* of the space of residuals u - h orthogonal to the images of d phi at all weights over h
                      that the strata of this set offer: whatever h is nearest to lies there */
    size_t critical; /* of the space of residuals orthogonal to d phi at the most degenerate of these weights:
                        for which these weights are critical */
} nalg_bias_cone;

/* One for each set. ambient: dimension of the span of the model's functions.
 * Returns: NALG_OK; NALG_E_UNSUPPORTED at a pole; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_bias_cones(nalg_ctx *ctx, nalg_bias_cone *out, const nalg_model *model,
                                           const nalg_strata *strata, size_t ambient);

#endif
