/* The Jacobian of a model's parametrisation over a prime field, evaluated at random points, never expanded
 * into monomials.
 *
 * Column s of the (transposed) matrix is the gradient at w of c_s . f_w(x_s) for a random input x_s and a
 * random output functional c_s: generic such columns span the same space as all coefficients of d phi
 * (METHODS 1). SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_JACOBIAN_H
#define NALG_GEOMETRY_JACOBIAN_H

#include "exact/elimination.h"
#include "field/field.h"
#include "model/model.h"
#include "core/point.h"

/* Samples beyond the rank that is expected: a rank that stays below their number is not cut off by it. */
#define NALG_SPARE_SAMPLES 2

typedef struct {
    const nalg_model *model;
    nalg_graph graph;
    size_t inputs, outputs;
    int output;
    int functional;    /* node of the random output functional (slot 1, batched) */
    int *parameter;    /* PARAMETER nodes */
    int *derivative;   /* gradient: adjoint of each (or NALG_NO_NODE); sketch: its direction's input node */
    size_t parameters; /* number of PARAMETER nodes */
    int result;        /* sketch: directional derivative of the functional */
    size_t primal;     /* nodes of the value alone */
} nalg_jacobian;

/* Graph of value and gradient. */
NALG_NODISCARD nalg_status nalg_jacobian_gradient(nalg_ctx *ctx, nalg_jacobian *out, const nalg_model *model);
/* Graph of value and one directional derivative (for sketches, whose cost grows with the dimension and not
 * with the number of parameters). */
NALG_NODISCARD nalg_status nalg_jacobian_directional(nalg_ctx *ctx, nalg_jacobian *out,
                                                     const nalg_model *model);
void nalg_jacobian_clear(nalg_jacobian *j);

/* Degree of an entry of the gradient in weights, inputs and functionals: numerator plus denominator when
 * rational. */
NALG_NODISCARD nalg_status nalg_jacobian_degree(nalg_ctx *ctx, uint64_t *degree, const nalg_model *model);

/* Points of `dim`: trial t is at point t, or t plus a multiple of this when that is a pole. */
#define NALG_DIM_MOST_TRIALS 20

/* Elements of 8 bytes of the field, model->parameters x samples, row-major. NALG_E_UNSUPPORTED when the point
 * meets a pole. */
NALG_NODISCARD nalg_status nalg_jacobian_matrix(nalg_ctx *ctx, void *matrix, const nalg_jacobian *j,
                                                const nalg_field *field, const nalg_point *point,
                                                size_t samples);
/* The same times random directions: directions x samples. */
NALG_NODISCARD nalg_status nalg_jacobian_sketch(nalg_ctx *ctx, void *matrix, const nalg_jacobian *j,
                                                const nalg_field *field, const nalg_point *point,
                                                size_t samples, size_t directions);
/* Values c_s . f_w(x_s) for `weights` random weight vectors: weights x samples (the span of the model's
 * functions). */
NALG_NODISCARD nalg_status nalg_function_matrix(nalg_ctx *ctx, void *matrix, const nalg_model *model,
                                                const nalg_field *field, const nalg_point *point,
                                                size_t weights, size_t samples);

/* Rank over the fast field; the matrix is destroyed. */
NALG_NODISCARD nalg_status nalg_matrix_rank(nalg_ctx *ctx, nalg_rank_profile *out, void *matrix, size_t rows,
                                            size_t cols, const nalg_field *field);

#endif
