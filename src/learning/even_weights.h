/* Weights of the same function with more even sizes, by the model's scaling symmetries.
 *
 * In a chart a function may have weights of 10^3 in one layer and of 10^-18 in another: then doubles hold
 * neither its gradient nor the rank of its derivative. Along every symmetry that multiplies weight i by
 * e^(a_i t) (model/symmetry.h) the sum of squares of the weights, each in units of its size, is convex in t
 * and is minimised, one symmetry after another.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_EVEN_WEIGHTS_H
#define NALG_LEARNING_EVEN_WEIGHTS_H

#include "model/model.h"

typedef struct {
    double *exponent; /* fields x weights */
    size_t fields, weights;
} nalg_scalings;

/* The scaling symmetries of a model. NALG_E_MEMORY or NALG_OK. */
NALG_NODISCARD nalg_status nalg_scalings_find(nalg_ctx *ctx, nalg_scalings *out, const nalg_model *model);
void nalg_scalings_clear(nalg_scalings *s);

/* w (one for each weight) moves along the symmetries; size: of each weight. */
void nalg_even_weights(const nalg_scalings *s, double *w, const double *size);

#endif
