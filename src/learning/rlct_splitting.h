/* The volume law by multilevel splitting.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_SPLITTING_H
#define NALG_LEARNING_RLCT_SPLITTING_H

#include "learning/rlct_loss.h"

typedef struct {
    size_t replicates, particles;
    double depth;     /* levels go down to exp(-depth) */
    double most_nats; /* or until the volume has shrunk by exp(-most_nats) */
    uint64_t stream;  /* of the random numbers */
} nalg_rlct_splitting_options;

/* log of the volume (of the box: 0) at levels exp(-depth[i]), of one replicate. */
typedef struct {
    double *depth, *log_volume;
    size_t count, capacity;
    uint64_t evaluations;
    double start; /* depth of the first level: where the particles of the prior are */
} nalg_rlct_curve;

/* options->replicates curves into *curves, freed by nalg_rlct_curves_free. The same for any number of
 * threads. */
NALG_NODISCARD nalg_status nalg_rlct_splitting(nalg_ctx *ctx, nalg_rlct_curve **curves,
                                               const nalg_rlct_loss *loss,
                                               const nalg_rlct_splitting_options *options);
void nalg_rlct_curves_free(nalg_rlct_curve *curves, size_t count);

/* Depth at log volume -nats, or at the end of the curve. */
double nalg_rlct_curve_depth(const nalg_rlct_curve *curve, double nats);
/* log volume at a depth, by linear interpolation. */
double nalg_rlct_curve_at(const nalg_rlct_curve *curve, double depth);

#endif
