/* Balanced inputs: a change of coordinates of the inputs that the first layer takes up.
 *
 * A network that begins with a dense layer realises the same functions of x as of U^T x (and of U^T (x - m)
 * beside a bias), with first weights U w instead of w. So inputs of very different sizes, or that nearly
 * depend on each other, are replaced by balanced ones, and weights are changed back. Powers of two are exact;
 * other changes round each input in its last place or so, as reading decimals does.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_BALANCE_H
#define NALG_LEARNING_BALANCE_H

#include "model/model.h"
#include "neuroalg/data.h"

typedef struct {
    bool used;      /* else the data is as given */
    bool exact;     /* only powers of two */
    bool dependent; /* columns nearly depend on each other */
    nalg_data data; /* balanced, or as given */
    size_t inputs, rows;
    bool bias;
    double *x;      /* of `data` */
    double *change; /* U, inputs x inputs */
    double *back;   /* U^-1 on the span of the data */
    double *mean;   /* m; zeros when nothing is taken off */
    double *work;   /* inputs numbers */
    /* The columns that differ most in size, and by how much. */
    size_t largest, smallest;
    double ratio;
} nalg_balance;

/* The data must be checked and outlive *out. NALG_E_ARGUMENT when columns of inputs differ by more than 1000
 * in size and the first layer is not dense. */
NALG_NODISCARD nalg_status nalg_balance_create(nalg_ctx *ctx, nalg_balance *out, const nalg_model *model,
                                               const nalg_data *data);
void nalg_balance_clear(nalg_balance *b);

/* Weights on balanced inputs to weights on the user's, and back; in place. */
void nalg_balance_restore(const nalg_balance *b, double *w);
void nalg_balance_apply(const nalg_balance *b, double *w);

/* A better message for a failure whose cause is that columns of inputs differ in size and no dense layer
 * takes it up; other failures stay as they are. Returns `status`. */
nalg_status nalg_balance_explain(nalg_ctx *ctx, const nalg_balance *b, nalg_status status);

#endif
