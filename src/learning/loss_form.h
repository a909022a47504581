/* Squared loss on a data set as a quadratic form on a space of functions, so that its size no longer depends
 * on the number of samples.
 *
 * A function of the model, restricted to the affine span of the data's inputs, is determined by its values e
 * at A basis points (input and output). Its values on the data are R e, so the loss sum_s |f(x_s) - y_s|^2 is
 * e^T G e - 2 b^T e + constant with G = R^T R, b = R^T y. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_LOSS_FORM_H
#define NALG_LEARNING_LOSS_FORM_H

#include "learning/chart.h"
#include "neuroalg/data.h"

typedef struct {
    const nalg_model *model;
    nalg_data data;
    size_t inputs, outputs;
    size_t ambient;        /* of the model, on all inputs; exact rank mod p */
    size_t size;           /* A: on the affine span of the data's inputs */
    size_t rank;           /* of the data's values as functionals on these functions */
    size_t input_rank;     /* dimension of the affine span of the inputs */
    size_t points;         /* different inputs among the basis points */
    double *x;             /* points x inputs */
    int32_t *pick;         /* A: output * points + point */
    double *interpolation; /* R, (samples * outputs) x A, row s * outputs + o; NULL when the data is too large
                              to keep it */
    double *form, *linear, constant; /* G (A x A), b, sum of squared targets */
    double *mean, *spread; /* of the inputs: generic points are mean + spread * normal (inputs x inputs) */
    double *input_scale, target_scale;
} nalg_loss_form;

/* The data must be checked (nalg_data_check) and outlive *out. NALG_E_LIMIT for more than 400 basis values.
 */
NALG_NODISCARD nalg_status nalg_loss_form_create(nalg_ctx *ctx, nalg_loss_form *out, const nalg_model *model,
                                                 const nalg_data *data);
void nalg_loss_form_clear(nalg_loss_form *f);

static inline nalg_chart_scale nalg_loss_form_scale(const nalg_loss_form *f)
{
    return (nalg_chart_scale){f->input_scale, f->target_scale};
}

/* The loss e^T G e - 2 b^T e + constant of basis values, without conjugation. */
double complex nalg_loss_form_value(const nalg_loss_form *f, const double complex *e);

/* Generic inputs in the affine span of the data's, count x inputs. */
NALG_NODISCARD nalg_status nalg_loss_generic_inputs(nalg_ctx *ctx, double *x, const nalg_loss_form *f,
                                                    uint64_t stream, size_t count);

/* The matrix that takes basis values to the values at `count` inputs: (count * outputs) x A. */
NALG_NODISCARD nalg_status nalg_loss_interpolate(nalg_ctx *ctx, double *matrix, const nalg_loss_form *f,
                                                 const double *inputs, size_t count);

#endif
