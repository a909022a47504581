/* The Hessian of a loss at a point of rest: minimum, saddle, flat directions.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CURVATURE_H
#define NALG_LEARNING_CURVATURE_H

#include "learning/loss.h"

typedef struct {
    bool known;            /* false for large models, at a pole, and when memory is out */
    size_t negative, flat; /* eigenvalues below, and about, zero */
    double lowest, highest;
} nalg_curvature;

/* Eigenvalues are flat when they are below 1e-6 of the largest in absolute value.
 * Cost: two gradients for each parameter, and the eigenvalues of a matrix of that size; models of up to 400
 * parameters. */
void nalg_loss_curvature(nalg_loss *loss, nalg_curvature *out, const double *w);

#endif
