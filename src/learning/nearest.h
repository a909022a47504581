/* Nearest functions of a model and of its subnetworks: squared distance in function space, descended by
 * Levenberg-Marquardt.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_NEAREST_H
#define NALG_LEARNING_NEAREST_H

#include "geometry/metric.h"
#include "geometry/strata.h"
#include "learning/loss.h"

/* A Euclidean space of functions: orthonormal coordinates C a of the answers a at sample points. */
typedef struct {
    size_t samples, coordinates;
    double *x;      /* samples x inputs */
    double *form;   /* C: coordinates x (samples * outputs) */
    double *factor; /* of a metric: L with G = L L^T, lower triangle; NULL for data */
} nalg_function_space;

/* With the norm of a metric, factored by Cholesky. NALG_E_INTERNAL when rounding spoils the form. */
NALG_NODISCARD nalg_status nalg_function_space_of_metric(nalg_ctx *ctx, nalg_function_space *out,
                                                         const nalg_model *model, const nalg_metric *metric);
/* Mean square over samples, all outputs. */
NALG_NODISCARD nalg_status nalg_function_space_of_data(nalg_ctx *ctx, nalg_function_space *out,
                                                       const nalg_data *data);
void nalg_function_space_clear(nalg_function_space *s);

/* Scratch space of one thread. */
typedef struct {
    const nalg_function_space *space;
    nalg_loss *loss;
    size_t parameters, outputs, answers, most;
    double *w, *matrix, *mixed, *jacobian, *residual, *normal, *factor, *step, *trial, *gradient, *position,
        *other;
} nalg_descent;

NALG_NODISCARD nalg_status nalg_descent_create(nalg_ctx *ctx, nalg_descent *out, const nalg_model *model,
                                               const nalg_function_space *space);
void nalg_descent_clear(nalg_descent *d);

/* Number of unknowns on a stratum (NULL: the model): its free parameters, and a matrix on the outputs when it
 * is mixed. */
size_t nalg_descent_unknowns(const nalg_descent *d, const nalg_stratum *stratum);
/* Weights of the model: gathered from the unknowns. */
void nalg_descent_weights(const nalg_descent *d, const nalg_stratum *stratum, const double *unknown,
                          double *w);

/* Squared distance to `target` at a local minimum reached from the unknowns, which move there. Infinite when
 * the start is a pole. NALG_E_INTERRUPTED when nalg_stopping(ctx): records no error.
 * Cost: a Jacobian for each of at most a few hundred steps. */
NALG_NODISCARD nalg_status nalg_descend(const nalg_ctx *ctx, nalg_descent *d, double *distance,
                                        double *unknown, const nalg_stratum *stratum, const double *target);

#endif
