/* Dimension and gradings of the closure of a model, from its tangent spaces in coefficient coordinates.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_GRADING_H
#define NALG_GEOMETRY_EQUATIONS_GRADING_H

#include "geometry/equations_coordinates.h"

/* A diagonal matrix L preserves a variety X when L c is tangent to X at every c in X. All such L form a linear space (the Lie algebra of
 * the largest diagonal torus that acts on X): scalings of inputs and outputs, and whatever else the architecture has. Equations split by
 * their weights under it. */
typedef struct {
    size_t dimension;
    bool cone;          /* c -> t c preserves the closure */
    size_t torus;       /* dimension of the torus */
    uint64_t *weight;   /* of each coordinate under one random element of the torus's Lie algebra, modulo prime */
    uint64_t prime;
} nalg_closure_grading;

NALG_NODISCARD nalg_status nalg_closure_grading_find(nalg_ctx *ctx, nalg_closure_grading *out, const nalg_coordinates *c);
void nalg_closure_grading_clear(nalg_closure_grading *g);

#endif
