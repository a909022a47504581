/* The least linear space of functions that contains a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_AMBIENT_H
#define NALG_GEOMETRY_AMBIENT_H

#include "core/json.h"
#include "geometry/upper_bounds.h"

typedef struct {
    fmpz size;
    bool known;       /* otherwise too large to compute and no formula applies */
    bool proved;      /* the degrees that occur allow no more: an upper bound and not only a rank mod p */
    bool computed;    /* by evaluating the model's functions; otherwise from the degrees that occur */
} nalg_ambient;

/* Span of the model's functions: the rank mod p of their values when it stays below a limit, which also sees gaps and structure; for
 * larger multilayer perceptrons the monomials of the degrees that occur, which they span. */
NALG_NODISCARD nalg_status nalg_ambient_find(nalg_ctx *ctx, nalg_ambient *out, const nalg_model *model, uint64_t largest_exponent);
void nalg_ambient_clear(nalg_ambient *a);

/* Set the keys ambient, expected, defect, filling of an answer. Non-zero when memory is out. */
int nalg_ambient_describe(json_t *answer, const nalg_ambient *a, size_t dimension, const nalg_upper_bounds *bounds);

#endif
