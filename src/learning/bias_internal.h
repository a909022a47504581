/* What the parts of `bias` share.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_BIAS_INTERNAL_H
#define NALG_LEARNING_BIAS_INTERNAL_H

#include "core/random.h"
#include "geometry/ambient.h"
#include "geometry/limits.h"
#include "learning/bias_cones.h"
#include "learning/nearest.h"
#include "neuroalg/bias.h"

/* Largest ambient space, and most values at samples. */
#define NALG_BIAS_ANSWERS 400
/* Targets whose outcomes are written into the evidence, for `verify`. */
#define NALG_BIAS_RECORDED 5000
/* End of training, in units in which the fastest movements take about one: the loss is a squared distance of
 * functions of size sqrt(ambient), weights are of size one. */
#define NALG_BIAS_FLOW_TIME 1e4

/* A target's nearest function, or its trained network, lies on a stratum. */
enum { NALG_BIAS_NEAREST = 1, NALG_BIAS_TRAINED = 2 };
/* Real weights are nearer than all descents; what descent found is no critical point, stratum or limit. */
enum { NALG_BIAS_NEARER = 1, NALG_BIAS_NOWHERE = 2 };

typedef struct {
    double nearest, trained; /* squared distances */
    bool finished;           /* the flow reached its end, */
    bool rests;              /* which is rest and not the limit of time */
    bool escaped;            /* the nearest function is a limit: weights grow without bound */
    int limit;               /* which of the limits it is; -1: none, or not known */
} nalg_bias_outcome;

/* All critical points of the distance to the first targets. */
typedef struct {
    bool done;
    size_t points, targets;
    size_t elsewhere;      /* targets whose nearest function is no smooth critical point */
    size_t missed;         /* targets for which real weights are nearer than all descents */
    size_t lost;           /* targets to which not all critical points could be followed */
    unsigned char *reason; /* of each target on which both ways disagree: NALG_BIAS_NEARER or
                              NALG_BIAS_NOWHERE; else 0 */
    size_t agree; /* targets for which both ways say the same: on a stratum or at infinity, or smooth */
} nalg_bias_critical;

/* Of one thread. */
typedef struct {
    double *w, *unknown, *best, *target, *position, *distance;
    nalg_descent *limit; /* for each limit */
} nalg_bias_scratch;

typedef struct {
    nalg_ctx *ctx;
    const nalg_bias_options *options;
    const char *metric;
    size_t dimension, ambient;
    bool ambient_known;
    nalg_function_space space;
    double *centre, deviation, target_size, scale;
    nalg_strata strata;
    nalg_limits limits;
    size_t *first; /* item of each set, and the number of items */
    nalg_bias_cone *cone;
    size_t workers;
    nalg_descent *descent;
    nalg_bias_scratch *scratch;
    size_t batch_first;
    nalg_bias_outcome *outcome; /* of each target */
    unsigned char *on;          /* targets x sets */
    nalg_bias_critical critical;
    double started;
} nalg_bias_run;

/* Everything before the first target, for b->ctx and b->options; cleared by the caller in any case. */
NALG_NODISCARD nalg_status nalg_bias_prepare(nalg_bias_run *b, const nalg_model *model);
void nalg_bias_clear(nalg_bias_run *b);

/* Nearest and trained functions of target t, in the scratch space of one thread. */
NALG_NODISCARD nalg_status nalg_bias_look(nalg_bias_run *b, size_t t, int worker);

/* Counts, intervals and the document. */
NALG_NODISCARD nalg_status nalg_bias_answer(const nalg_bias_run *b, nalg_result **out,
                                            const nalg_model *model);

/* Fills b->critical; not for large models, data, generic metrics, or many critical points. */
NALG_NODISCARD nalg_status nalg_bias_by_critical_points(nalg_bias_run *b, const nalg_model *model);

/* Target number t, and the random numbers that follow it. */
nalg_random nalg_bias_target(const nalg_bias_run *b, size_t t, double *target);

/* Wilson's interval of 95 % for `hits` of `trials`; 0 to 1 without trials. */
void nalg_bias_wilson(double *low, double *high, size_t hits, size_t trials);

#endif
