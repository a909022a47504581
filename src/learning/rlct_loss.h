/* The mean squared loss K(w) at a true function, as samplers need it.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_LOSS_H
#define NALG_LEARNING_RLCT_LOSS_H

#include "geometry/jacobian.h"
#include "graph/evaluate.h"
#include "model/model.h"

/* Largest block of weights that is moved together. */
#define NALG_RLCT_BLOCK 24

/* Weights first .. first + count - 1; `affine`: the function is affine in all of them together, the others
 * fixed. */
typedef struct {
    size_t first, count;
    bool affine;
} nalg_rlct_block;

/* A one-parameter group of symmetries: w[target] changes by coefficient * (w[source] t) for a shear, is
 * multiplied by exp(coefficient t) for a scaling. */
typedef struct {
    size_t first, count; /* in `term` */
    bool scaling;
    double divergence; /* scalings: sum of the coefficients */
} nalg_rlct_flow;

typedef struct {
    size_t target, source;
    double coefficient;
} nalg_rlct_term;

typedef struct {
    const nalg_model *model;
    nalg_graph graph;
    int output;
    nalg_field field;
    size_t parameters, inputs, outputs, samples, rows; /* rows = outputs * samples */
    double *x;                                         /* inputs x samples, standard normal */
    double *target;                                    /* rows: the true function at the inputs */
    double *low, *high;                                /* the box of weights: the prior is uniform on it */
    nalg_rlct_block *block;
    size_t block_count;
    nalg_rlct_flow *flow;
    size_t flow_count, flow_capacity;
    nalg_rlct_term *term;
    size_t term_count, term_capacity;
    bool curved; /* some block is not affine, and there are few enough weights for their Jacobian: */
    nalg_jacobian gradient; /* graph of the gradient of one output, chosen by slot 1 */
} nalg_rlct_loss;

/* truth: weights of the true function, or NULL for the zero function. The box is [center - radius, center +
 * radius], center 0 when `center` is NULL. */
NALG_NODISCARD nalg_status nalg_rlct_loss_create(nalg_ctx *ctx, nalg_rlct_loss *out, const nalg_model *model,
                                                 const double *truth, const double *center, double radius);
void nalg_rlct_loss_clear(nalg_rlct_loss *loss);

NALG_NODISCARD nalg_status nalg_rlct_loss_evaluation(nalg_ctx *ctx, nalg_evaluation **out,
                                                     const nalg_rlct_loss *loss);

/* K(w) and, when residual is not NULL, the values minus the truth (rows). Infinite at a pole. */
double nalg_rlct_loss_at(const nalg_rlct_loss *loss, nalg_evaluation *e, const double *w, double *residual);

#endif
