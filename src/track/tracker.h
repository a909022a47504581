/* Path tracking: follow solutions z(t) of F(z; p(t)) = 0 from t = 0 to t = 1, several paths at once in SIMD
 * lanes, groups of lanes on the context's threads. The arithmetic of a path depends only on its own data, so
 * results are the same for any number of threads and any order of paths. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_TRACK_TRACKER_H
#define NALG_TRACK_TRACKER_H

#include <stdint.h>
#include "track/system.h"

typedef enum {
    NALG_PATH_LOST,      /* given up: see `t`. Never reported as anything else */
    NALG_PATH_CONVERGED, /* regular endpoint at t = 1 */
    NALG_PATH_SINGULAR,  /* finite endpoint with singular Jacobian, value from the Cauchy endgame
                            (options.endgame) */
    NALG_PATH_DIVERGED   /* tends to infinity as t -> 1 (options.endgame) */
} nalg_path_outcome;

typedef struct {
    nalg_path_outcome outcome;
    uint32_t steps, rejected; /* accepted and rejected steps, over all attempts */
    uint32_t attempts;        /* 1: settled at the first settings; more: tracked again, more carefully */
    int winding;              /* winding number of the endpoint (endgame), else 1 */
    bool double_double;       /* settled in double-double arithmetic */
    double t;                 /* where the path ended: 1 unless lost or diverged */
    double accuracy;          /* last Newton correction at the end, relative to the solution */
    double condition; /* estimate of the condition number of the Jacobian at the end, rows equilibrated */
} nalg_path_result;

/* p(t) = from + s (to - from), q numbers each, where s(t) = t / (t + (1 - t) turn) runs from 0 to 1 on an arc
 * of a circle in C: a straight segment with s = t for turn = 1 (or NULL), other arcs through the same two
 * points for other numbers that are not negative reals. */
typedef struct {
    const double complex *from, *to;
    const double complex *turn; /* one number */
} nalg_segment;

typedef struct {
    int order;    /* of the predictor's Taylor polynomial, 3 to 8; 0: chosen from the cost of the system */
    bool endgame; /* t = 1 may be singular or at infinity */
    bool careful; /* smaller steps and tighter tolerance from the start */
    int lanes;    /* per machine vector: 0 as many as the processor has; others for comparisons, if it can */
    bool reuse_factors;  /* first attempt: Taylor coefficients from the factors of the predicted point, one
                          * Jacobian a step: for systems that are  cheap to expand and not far from linear */
    uint32_t step_limit; /* accepted and rejected steps of one attempt; 0: default */
    bool brief;          /* one attempt: what it does not settle is lost */
} nalg_track_options;

/* Track `count` paths. Path k starts at z_start[k*n ..] and moves along segment[which[k]] (which NULL:
 * segment 0). Out: z_end (count x n; may be z_start; the last point where lost), result[count]. Suspicious
 * paths are tracked again with smaller steps, then in double-double arithmetic, before they are given up.
 * NALG_E_INTERRUPTED or NALG_E_DEADLINE within 0.1 s (outputs are then partial: paths not settled are
 * NALG_PATH_LOST with attempts = 0). options NULL: defaults. */
typedef struct nalg_track_stream nalg_track_stream;
typedef struct {
    const nalg_system *system;
    const nalg_segment *segment;
    const uint32_t *which;
    const double complex *z_start;
    size_t count;
    nalg_track_options options;
    const uint32_t *step_limit;      /* of each path; NULL: options.step_limit for all */
    const nalg_track_stream *stream; /* NULL: these paths and no others */
} nalg_track_job;

/* For brief jobs that grow: nobody waits for the last path of a round. The job's arrays and the answers have
 * room for `capacity` paths. `settled` is called in the calling thread with the results of paths first ..
 * first + count - 1, each path once, in order, in blocks that do not depend on the threads. It may write more
 * paths behind the last one and raise *total, the number of all, or end the job with *stop: paths it has not
 * seen then mean nothing. What it returns other than NALG_OK ends the job as well. */
struct nalg_track_stream {
    size_t capacity;
    nalg_status (*settled)(void *user, size_t first, size_t count, size_t *total, bool *stop);
    void *user;
};
NALG_NODISCARD nalg_status nalg_track(nalg_ctx *ctx, double complex *z_end, nalg_path_result *result,
                                      const nalg_track_job *job);

#endif
