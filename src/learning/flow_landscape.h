/* The complete list of critical points of a small model, for the ends of its flow.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_LANDSCAPE_H
#define NALG_LEARNING_FLOW_LANDSCAPE_H

#include "core/json.h"
#include "learning/flow_match.h"
#include "neuroalg/learning.h"

/* What `landscape` gave. */
typedef struct {
    json_t *list; /* its critical points; NULL: none that is complete */
    char *reason; /* why there is no list; NULL when there is one */
} nalg_flow_landscape;

/* The critical points of squared loss that `landscape` lists, as functions on the data; *out is unchanged
 * when there is no complete list, and found->reason then says why. Not asked for unless the model is small or
 * `use` says so.
 * Returns: NALG_OK; NALG_E_MEMORY, NALG_E_INTERRUPTED. Cost: that of nalg_landscape. */
NALG_NODISCARD nalg_status nalg_flow_points_landscape(nalg_ctx *ctx, nalg_flow_points *out,
                                                      nalg_flow_landscape *found, const nalg_model *model,
                                                      const nalg_data *data, nalg_match_use use);
void nalg_flow_landscape_clear(nalg_flow_landscape *found);

#endif
