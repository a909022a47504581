/* Data and start points that `flow` and `tangent` draw from the seed.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_DATA_H
#define NALG_LEARNING_FLOW_DATA_H

#include "learning/loss.h"

/* Samples as arrays that are owned here or by the user. */
typedef struct {
    nalg_data view;
    double *owned;
    bool random;
} nalg_flow_data;

/* The user's data after the checks of nalg_data_check, or (given NULL) standard normal inputs and targets;
 * for cross-entropy the targets are the softmax of normal numbers. samples 0: enough that generic targets
 * cannot be fitted, inputs + parameters / outputs. Returns: NALG_OK; NALG_E_LIMIT; the errors of
 * nalg_data_check; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_flow_data_prepare(nalg_ctx *ctx, nalg_flow_data *out, const nalg_model *model,
                                                  const nalg_data *given, size_t samples,
                                                  nalg_loss_function kind);
void nalg_flow_data_clear(nalg_flow_data *data);

/* Start point number `run`: independent normal weights with variance scale^2 / fan-in, the entries of a
 * tensor for one output; 1 for biases. */
NALG_NODISCARD nalg_status nalg_flow_start(nalg_ctx *ctx, double *w, const nalg_model *model, uint64_t run,
                                           double scale);

#endif
