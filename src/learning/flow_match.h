/* Which critical point each trajectory ends at.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_MATCH_H
#define NALG_LEARNING_FLOW_MATCH_H

#include "learning/flow_runs.h"

typedef enum {
    NALG_POINT_OF_END,     /* a trajectory ends there, and no list has it */
    NALG_POINT_OF_THEOREM, /* of the closed form for linear networks */
    NALG_POINT_OF_LANDSCAPE
} nalg_flow_point_origin;

typedef struct {
    nalg_flow_point_origin origin;
    double loss;
    nalg_curvature curvature; /* flat: SIZE_MAX when it is not known */
    nalg_truth minimum;
    size_t listed; /* position in the list of `landscape`, when it is from there */
    size_t runs;   /* how many trajectories of the flow end there */
} nalg_flow_point;

/* Critical points as functions on the data. */
typedef struct {
    size_t count, answers;
    double *answer; /* count x answers */
    nalg_flow_point *point;
} nalg_flow_points;

/* Room for `most` points, none of them there yet. */
NALG_NODISCARD nalg_status nalg_flow_points_create(nalg_ctx *ctx, nalg_flow_points *out, size_t most,
                                                   size_t answers);
/* By increasing loss. */
void nalg_flow_points_sort(nalg_flow_points *points);

/* The end points at rest, grouped by their functions, with the points known before (or none, with count 0);
 * by increasing loss. `size`: of the loss (nalg_loss_size). Returns: NALG_OK; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_flow_points_cluster(nalg_ctx *ctx, nalg_flow_points *out,
                                                    const nalg_flow_points *known, const nalg_flow_runs *runs,
                                                    double size, nalg_loss_function kind);
void nalg_flow_points_clear(nalg_flow_points *points);

/* Set run->point to the nearest point within the tolerance, for runs at rest; count them. */
void nalg_flow_points_match(nalg_flow_points *points, nalg_flow_runs *runs, double size,
                            nalg_loss_function kind);

#endif
