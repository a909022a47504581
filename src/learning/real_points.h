/* Real critical points: weights, loss, index.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_REAL_POINTS_H
#define NALG_LEARNING_REAL_POINTS_H

#include "learning/critical_set.h"
#include "learning/even_weights.h"

typedef struct {
    double *weights; /* of the model */
    double *e;       /* basis values */
    double loss;     /* sum over the samples */
    double gradient; /* |grad L| in units of the weights' sizes, relative to the sum of squared
                        targets */
    size_t index;    /* negative eigenvalues of the Hessian modulo the fiber */
    size_t flat;     /* zero eigenvalues that the fiber does not explain */
    size_t rank;     /* of the derivative of w -> f_w */
    size_t stratum;  /* 0: the model; then the subnetworks */
    bool certified, singular, critical; /* critical: the gradient in all weights vanishes */
    nalg_truth minimum;
} nalg_real_point;

typedef struct {
    nalg_real_point *point;
    size_t count, capacity;
} nalg_real_points;

/* What every part needs of one data set. */
typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_loss_form *form;
    nalg_loss *loss;          /* on the data: mean over the samples */
    nalg_loss *basis;         /* values at the basis points */
    nalg_chart all;           /* all weights as unknowns */
    nalg_loss_system hessian; /* on `all`, fixed form */
    double *size;             /* of each weight, see nalg_chart_weight_sizes */
    nalg_scalings scalings;   /* symmetries of the model */
    double *root;             /* T with G = T^T T, A x A */
    size_t dimension;         /* of the model's functions on the span of the data */
} nalg_data_loss;

NALG_NODISCARD nalg_status nalg_data_loss_create(nalg_ctx *ctx, nalg_data_loss *out, const nalg_model *model,
                                                 const nalg_loss_form *form, size_t dimension);
void nalg_data_loss_clear(nalg_data_loss *d);

/* Levenberg-Marquardt in all weights from w: minimise |f - target|^2 over the answers of `loss` named in pick
 * (count of them, row numbers; NULL: all). *square becomes the end's value. NALG_E_MEMORY,
 * NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_fit_weights(nalg_ctx *ctx, double *w, double *square, nalg_loss *loss,
                                            const size_t *pick, size_t count, const double *target);

/* Real weights for the function with basis values e, from w and then from random weights: *found says whether
 * there are any. */
NALG_NODISCARD nalg_status nalg_realise(nalg_data_loss *d, double *w, bool *found, const double *e);

/* Fill in everything of a point but stratum and certified, from real weights near a critical point; `chart`
 * (or NULL) has it at real unknowns z (D numbers), where `system` (fixed form) is its gradient: then both are
 * improved, and the weights of a chart of the whole model are evened out. */
NALG_NODISCARD nalg_status nalg_describe_point(nalg_data_loss *d, nalg_real_point *out, const double *w,
                                               const nalg_chart *chart, const nalg_loss_system *system,
                                               const double *z);
/* Improve a real critical point z of any chart, where `system` (fixed form) is its gradient; *index: negative
 * eigenvalues of the Hessian along the chart. */
NALG_NODISCARD nalg_status nalg_chart_index(nalg_data_loss *d, size_t *index, double *z,
                                            const nalg_loss_system *system);
/* Append; takes over the arrays. Equal functions in the same stratum are kept once (*fresh). */
NALG_NODISCARD nalg_status nalg_real_points_add(nalg_data_loss *d, nalg_real_points *list,
                                                nalg_real_point *point, bool *fresh);
void nalg_real_points_clear(nalg_real_points *list);
void nalg_real_point_clear(nalg_real_point *p);

/* Does the loss fall on descending from points around w? Then it is no local minimum. */
nalg_truth nalg_looks_minimal(nalg_data_loss *d, const double *w, double loss);

/* |e - f| relative to the larger of both and `floor`. */
double nalg_function_distance(const double *e, const double *f, size_t n, double floor);

#endif
