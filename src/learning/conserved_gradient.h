/* The vector fields w -> grad_w (c . f_w(x)) evaluated at given weights in any number system.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_GRADIENT_H
#define NALG_LEARNING_CONSERVED_GRADIENT_H

#include "geometry/jacobian.h"
#include "graph/evaluate.h"

/* Must not be moved after creation: the evaluation points at the field. */
typedef struct {
    nalg_jacobian jacobian;
    nalg_field field;
    nalg_evaluation *evaluation;
    char *inputs, *functionals; /* scratch */
} nalg_gradient;

/* One sample at a time over `field`.  Returns: NALG_OK; NALG_E_MEMORY; NALG_E_ARGUMENT when a coefficient has no image. */
NALG_NODISCARD nalg_status nalg_gradient_create(nalg_ctx *ctx, nalg_gradient *out, const nalg_model *model, const nalg_field *field);
void nalg_gradient_clear(nalg_gradient *g);

/* Sample number `sample` of the point: its input and its functional. */
void nalg_gradient_set_sample(nalg_gradient *g, const nalg_point *point, uint64_t sample);
/* Input and functional as elements of the field. */
void nalg_gradient_set_input(nalg_gradient *g, const void *x, const void *functional);

/* grad at w (an element for each parameter) into out (likewise). False at a pole. out may be w. */
bool nalg_gradient_at(nalg_gradient *g, void *out, const void *w);

#endif
