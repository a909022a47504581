/* Few inputs at which a function of a finite-dimensional space is known by its values, with many zeros and
 * ones among their coordinates. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_SAMPLE_POINTS_H
#define NALG_GEOMETRY_SAMPLE_POINTS_H

#include "model/model.h"

/* Candidates: points with few coordinates that are not 0, the first of them 1, then dense random ones. */
typedef struct {
    double *x;       /* count x variables */
    size_t *support; /* coordinates that are not 0 */
    size_t count, variables;
} nalg_point_pool;

/* About 6 size + size candidates for polynomials of this degree (0: unknown) in so many variables. */
NALG_NODISCARD nalg_status nalg_point_pool_create(nalg_ctx *ctx, nalg_point_pool *out, size_t variables,
                                                  uint64_t degree, size_t size);
void nalg_point_pool_clear(nalg_point_pool *pool);

/* Linearly independent rows of a rows x columns matrix, well conditioned, of small weight[i] first among rows
 * that are equally good: pivoted orthogonalisation. The matrix is destroyed. *count <= limit rows, in the
 * order of choice. */
NALG_NODISCARD nalg_status nalg_choose_rows(nalg_ctx *ctx, size_t *chosen, size_t *count, size_t limit,
                                            double *matrix, size_t rows, size_t columns,
                                            const double *preference);

/* Pairs of an input and an output whose values determine every function in the span of the model's. */
typedef struct {
    double *x;      /* count x inputs */
    size_t *output; /* count */
    double *size;   /* count: root mean square of the value over random weights */
    size_t count;
} nalg_point_values;

/* `size`: the dimension of the span; fewer pairs when it is smaller than said. */
NALG_NODISCARD nalg_status nalg_point_values_create(nalg_ctx *ctx, nalg_point_values *out,
                                                   const nalg_model *model, size_t size);
void nalg_point_values_clear(nalg_point_values *c);

#endif
