/* Learning coefficients by the Newton polyhedron.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_NEWTON_H
#define NALG_LEARNING_RLCT_NEWTON_H

#include "model/model.h"
#include "model/weights.h"
#include "theory/learning_coefficient.h"

typedef struct {
    bool found;           /* the polynomials could be written out: value.lambda is an upper bound for lambda at the weights */
    bool non_degenerate;  /* proved: then value is exact, at the weights */
    bool constant;        /* the function at these weights is not zero */
    bool homogeneous;     /* the polynomials are quasi-homogeneous with positive weights: nowhere else is lambda smaller */
    nalg_learning_coefficient value;
} nalg_newton_answer;

/* The squared loss near the weights `at` (NULL: zero), as sum of squares of the coefficients of f_w - f_at. found is false when the model is no
 * polynomial or too large. value.lambda must be initialised. */
NALG_NODISCARD nalg_status nalg_rlct_newton(nalg_ctx *ctx, nalg_newton_answer *out, const nalg_model *model, const nalg_weights *at);

#endif
