/* All critical points of squared loss on the functions of a linear network, in closed form.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_THEOREM_H
#define NALG_LEARNING_FLOW_THEOREM_H

#include "learning/flow_match.h"

/* *known: the model is a linear network without biases, the inputs span their space, and the eigenvalues that
 * matter differ; then *out is the complete list of critical points of full rank by increasing loss, with the
 * index of each in function space. Otherwise *out is unchanged. Returns: NALG_OK; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_flow_points_linear(nalg_ctx *ctx, nalg_flow_points *out, bool *known,
                                                   const nalg_model *model, const nalg_data *data);

#endif
