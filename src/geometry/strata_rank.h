/* Exact ranks at strata: dimension of the closure, rank of d phi at a generic point, and how many tangent directions meet there.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_STRATA_RANK_H
#define NALG_GEOMETRY_STRATA_RANK_H

#include "geometry/strata.h"

typedef struct {
    bool known;           /* false: every point tried is a pole of the model */
    size_t dimension;     /* of the closure of the functions: rank of the parametrisation restricted to the stratum */
    size_t jacobian_rank; /* of d phi at a generic point of the stratum */
} nalg_stratum_rank;

typedef struct {
    nalg_stratum_rank *item; /* for each stratum */
    size_t *tangent;         /* for each set: dimension of the span of the images of d phi at several points over one generic function; all of
                                them lie in the tangent space of X there, so X is singular when this exceeds dim X. Proved from below */
    uint64_t prime[2];
    double log10_epsilon;    /* chance that one of the ranks is too small, at most 10 to this */
} nalg_strata_ranks;

/* Ranks modulo two primes of 61 bits at random points; the larger counts. `dimension` is dim X, `ambient` that of the linear space around it, or 0 when it is
 * not known. NALG_E_LIMIT when a Jacobian has too many entries; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_strata_ranks_find(nalg_ctx *ctx, nalg_strata_ranks *out, const nalg_model *model, const nalg_strata *strata, size_t dimension,
                                                  size_t ambient);
void nalg_strata_ranks_clear(nalg_strata_ranks *r);

#endif
