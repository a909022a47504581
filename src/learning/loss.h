/* A model's training loss on data, with its gradient, over doubles.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_LOSS_H
#define NALG_LEARNING_LOSS_H

#include "model/model.h"
#include "neuroalg/data.h"

typedef enum {
    NALG_LOSS_SQUARED,  /* mean over the samples of |f_w(x) - y|^2, summed over outputs */
    NALG_LOSS_DISTANCE, /* squared distance of the answers to a target in coordinates (nalg_loss_distance) */
    NALG_LOSS_CROSS_ENTROPY /* mean over the samples of -sum_o y_o log softmax(f_w(x))_o; targets are
                               probabilities */
} nalg_loss_function;

typedef struct nalg_loss nalg_loss;

/* Data of the model's sizes (nalg_data_check), copied. A loss has scratch space: one for each thread.
 * Returns: NALG_OK; NALG_E_ARGUMENT for no samples, or cross-entropy targets that are no probabilities;
 * NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_loss_create(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model,
                                            nalg_loss_function kind, const nalg_data *data);
void nalg_loss_free(nalg_loss *loss);

/* |C a - z|^2 for the answers a (samples x outputs, row-major) and a target z that nalg_loss_aim sets:
 * distance in a space of functions. coordinates: rows of C, coordinates x (samples * outputs), copied. At
 * most 2^20 answers. Returns: as nalg_loss_create. */
NALG_NODISCARD nalg_status nalg_loss_distance(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model,
                                              const double *inputs, size_t samples, const double *coordinates,
                                              size_t coordinate_count);
/* The target: an entry for each coordinate, copied. */
void nalg_loss_aim(nalg_loss *loss, const double *target);
/* C a for the last call of nalg_loss_at. */
void nalg_loss_position(const nalg_loss *loss, double *out);

/* Value, and gradient (an entry for each parameter) unless that is NULL. False at a pole or on overflow.
 * Cost: one evaluation of the model's gradient for each sample. */
bool nalg_loss_at(nalg_loss *loss, double *value, double *gradient, const double *w);

/* What the model answered in the last call of nalg_loss_at: samples x outputs; probabilities for
 * cross-entropy. */
const double *nalg_loss_answers(const nalg_loss *loss);
size_t nalg_loss_answer_count(const nalg_loss *loss);
size_t nalg_loss_parameters(const nalg_loss *loss);

/* A size the loss can be compared with: mean square of the targets (1 if that is zero), or the log of the
 * number of classes. */
double nalg_loss_size(const nalg_loss *loss);

/* Jacobian of the model's answers (not of the softmax): (samples * outputs) x parameters, row-major. False at
 * a pole. */
bool nalg_loss_jacobian(nalg_loss *loss, double *matrix, const double *w);

/* Hessian at w by central differences of the gradient, made symmetric: parameters x parameters. False at a
 * pole. Accuracy: about 1e-9 of its size. Cost: two gradients for each parameter. scratch: 3 * parameters. */
bool nalg_loss_hessian(nalg_loss *loss, double *matrix, const double *w, double *scratch);

#endif
