/* All proved upper bounds for a model's dimension, the least of them first in force, each with its reason.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_UPPER_BOUNDS_H
#define NALG_GEOMETRY_UPPER_BOUNDS_H

#include "core/json.h"
#include "model/symmetry.h"

#define NALG_BOUND_LIMIT 8

typedef struct {
    const char *kind;   /* parameters, symmetries, ambient, recursion, coefficients, heads, narrower, wider */
    uint64_t value;
    char *source;       /* one sentence */
    json_t *proof;      /* what a checker needs, or NULL */
} nalg_upper_bound;

typedef struct {
    nalg_upper_bound bound[NALG_BOUND_LIMIT];
    size_t count;
    uint64_t least;
    nalg_symmetries symmetries;
    size_t *symmetry_dimension; /* of each alone */
    size_t symmetry_rank;       /* of all together, at `prime` */
    uint64_t prime, seed;
} nalg_upper_bounds;

NALG_NODISCARD nalg_status nalg_upper_bounds_find(nalg_ctx *ctx, nalg_upper_bounds *out, const nalg_model *model);
void nalg_upper_bounds_clear(nalg_upper_bounds *b);

/* For the documents: the list [{kind, value, source}], the symmetries [{name, dimension}], and the certificate with proofs. */
json_t *nalg_upper_bounds_list(const nalg_upper_bounds *b);
json_t *nalg_upper_bounds_symmetries(const nalg_upper_bounds *b);
json_t *nalg_upper_bounds_certificate(const nalg_upper_bounds *b);

#endif
