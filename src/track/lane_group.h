/* One group of lanes: NALG_LANES paths advanced in lockstep, each with its own place, step and phase; a lane
 * whose path ends takes the next path from a shared queue.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_LANE_GROUP_H
#define NALG_TRACK_LANE_GROUP_H

#include <stdatomic.h>
#include "track/lanes.h"
#include "track/system_internal.h"
#include "track/tracker.h"

/* How cautious an attempt is. Lengths are relative to the solution, in the norm of nalg_lane_kernels.norm. */
typedef struct {
    int order;
    double prediction;  /* largest error of a prediction aimed at */
    double contraction; /* |second| <= contraction |first| for two Newton corrections */
    double floor;       /* a second correction this small is accepted whatever the contraction: rounding */
    double share;       /* largest step as a share of the radius of convergence */
    double share_geometric; /* the same for a Pade approximant, as a share of the distance to its pole */
    uint32_t step_limit;
    bool reuse_factors; /* nalg_track_options */
} nalg_track_settings;

/* Paths to be tracked and where results go; shared by the groups of all threads. */
typedef struct {
    const nalg_ctx *ctx;
    const nalg_track_job *job;
    const nalg_lane_kernels *kernels;
    nalg_track_settings settings;
    const size_t *list; /* paths of this attempt */
    atomic_size_t count, next;
    atomic_bool *over; /* of each path, in a stream; else NULL */
    double complex *z_end;
    nalg_path_result *result;
} nalg_track_queue;

typedef struct nalg_lane_group nalg_lane_group;
nalg_lane_group *nalg_lane_group_create(nalg_track_queue *queue); /* NULL: out of memory */
void nalg_lane_group_free(nalg_lane_group *group);
/* One step of all lanes, taking new paths from the queue as lanes get free. False when there is no path. */
bool nalg_lane_group_step(nalg_lane_group *group);

#endif
