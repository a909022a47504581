/* A chart of a model's functions, or of a subnetwork's: weights w = B z + a, affine in as many unknowns as
 * the functions have dimensions.
 *
 * The frozen directions are chosen as in geometry/interpolation.h, but real and after turning every row of a
 * weight matrix by one random rotation for each matrix: data that singles out coordinates (an input that does
 * not matter) then puts no critical point at infinity of the chart, and a real function of real weights stays
 * at real unknowns, since the symmetries of layers act on rows from the left. Weights are scaled so that
 * unknowns of size one fit inputs and targets of the data's size.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NALG_LEARNING_CHART_H
#define NALG_LEARNING_CHART_H

#include "core/complex.h"
#include "geometry/limits.h"
#include "learning/loss.h"

/* Least size of inputs (one for each) and of targets. */
typedef struct {
    const double *input;
    double target;
} nalg_chart_scale;

/* A subnetwork: weight i is the free parameter map[i], or 0 for map[i] = -1. A limit, of which the model is
 * the wider network: weight i is sum[i]. Neither: all weights are free. */
typedef struct {
    const int32_t *map;
    size_t free_count;
    const nalg_limit_weight *sum;
} nalg_submodel;

typedef struct {
    const nalg_model *model;
    size_t weights, dimension;
    double complex *matrix; /* B, weights x dimension; real */
    double complex *origin; /* a; real */
    double *start;          /* a random point of the chart: unknowns of size one */
} nalg_chart;

/* Random weights of the subnetwork, of the chart's size: for the span of its functions. */
NALG_NODISCARD nalg_status nalg_chart_random_weights(nalg_ctx *ctx, double *w, const nalg_model *model,
                                                     const nalg_submodel *sub, const nalg_chart_scale *scale,
                                                     uint64_t stream, size_t count);

/* A size for each weight: first layers divide by the size of their inputs, last ones multiply with the
 * targets'. */
NALG_NODISCARD nalg_status nalg_chart_weight_sizes(nalg_ctx *ctx, double *out, const nalg_model *model,
                                                   const nalg_chart_scale *scale);

/* The chart at functions restricted to `inputs` (samples x inputs of the model), which must be generic points
 * of what the data spans: its dimension is the rank of the derivatives there. NALG_E_LIMIT for too many
 * weights, NALG_E_UNSUPPORTED at a pole. */
NALG_NODISCARD nalg_status nalg_chart_create(nalg_ctx *ctx, nalg_chart *out, const nalg_model *model,
                                             const nalg_submodel *sub, const nalg_chart_scale *scale,
                                             const double *inputs, size_t samples);
void nalg_chart_clear(nalg_chart *c);

/* The model's values and derivatives at inputs, as a loss with targets zero. */
NALG_NODISCARD nalg_status nalg_chart_evaluator(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model,
                                                const double *inputs, size_t samples);

/* w = B z + a. */
void nalg_chart_weights(double complex *w, const nalg_chart *c, const double complex *z);
/* The same at a real point of a real chart. */
void nalg_chart_real_weights(double *w, const nalg_chart *c, const double *z);

#endif
