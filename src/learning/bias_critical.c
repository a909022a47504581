/* The second way to nearest functions, for small models: all complex critical points of the distance, found
 * once for a generic target by monodromy and followed to each real one. A nearest function that is a smooth
 * point of the model is among them; one on a singular stratum or at a boundary is not. So both ways must say
 * the same: the best of all descents has the distance of a real critical point, or else lies on a stratum or
 * runs away. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "geometry/critical_system.h"
#include "learning/bias_internal.h"
#include "track/monodromy.h"

/* Larger models are left to descent. */
#define MOST_DIMENSION 8
#define MOST_POINTS 60
#define MOST_TARGETS 50
#define QUIET_EDGES 14
#define ARCS 3
/* Imaginary parts of a real function, and squared distances that agree, relative. */
#define REAL 1e-7
#define SAME_DISTANCE 1e-6

typedef struct {
    nalg_bias_run *b;
    nalg_critical_system system;
    nalg_monodromy_result found;
    double complex *z, *u, *e;
    nalg_path_result *path;
    double *target, *position, *weights;
} critical;

/* u with L^T u = target. */
static void to_values(const nalg_function_space *s, const double *target, double complex *u)
{
    size_t n = s->coordinates;
    for (size_t i = n; i-- > 0;) {
        double sum = target[i];
        for (size_t k = i + 1; k < n; k++) sum -= s->factor[k * n + i] * creal(u[k]);
        u[i] = sum / s->factor[i * n + i];
    }
}

/* Coordinates L^T e of a real function; false for a complex one. */
static bool to_position(const nalg_function_space *s, const double complex *e, double *position)
{
    size_t n = s->coordinates;
    double size = 0, imaginary = 0;
    for (size_t i = 0; i < n; i++) {
        double complex sum = 0;
        for (size_t k = i; k < n; k++) sum += s->factor[k * n + i] * e[k];
        position[i] = creal(sum);
        size = fmax(size, cabs(sum));
        imaginary = fmax(imaginary, fabs(cimag(sum)));
    }
    return imaginary <= REAL * size;
}

static double distance(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* Do real weights realise the function at c->position? */
static nalg_status realised(critical *c, nalg_random *r, double size, bool *yes)
{
    nalg_descent *d = &c->b->descent[0];
    nalg_status status = NALG_OK;
    *yes = false;
    for (size_t k = 0; k < c->b->options->starts && !*yes && status == NALG_OK; k++) {
        double rest;
        for (size_t i = 0; i < d->parameters; i++) c->weights[i] = c->b->scale * nalg_random_normal(r);
        status = nalg_descend(c->b->ctx, d, &rest, c->weights, NULL, c->position);
        *yes = status == NALG_OK && rest <= SAME_DISTANCE * SAME_DISTANCE * size;
    }
    return status;
}

/* All points to the target in c->u; when one gets lost, all of them on another arc. */
static nalg_status follow(critical *c, bool *lost)
{
    static const double angle[ARCS] = {0, 0.8, -1.2};
    nalg_status status = NALG_OK;
    *lost = true;
    for (size_t k = 0; k < ARCS && *lost && status == NALG_OK; k++) {
        const double complex turn = CMPLX(cos(angle[k]), sin(angle[k]));
        nalg_segment segment = {.from = c->system.target, .to = c->u, .turn = k ? &turn : NULL};
        nalg_track_job job = {.system = c->system.system,
                              .segment = &segment,
                              .z_start = c->found.z,
                              .count = c->found.count,
                              .options = {.careful = k > 0}};
        status = nalg_track(c->b->ctx, c->z, c->path, &job);
        *lost = false;
        for (size_t i = 0; i < c->found.count && status == NALG_OK; i++)
            *lost = *lost || c->path[i].outcome != NALG_PATH_CONVERGED;
    }
    return status;
}

static nalg_status do_target(critical *c, size_t t)
{
    nalg_bias_run *b = c->b;
    nalg_bias_critical *out = &b->critical;
    size_t n = b->space.coordinates, d = b->dimension;
    nalg_random r = nalg_bias_target(b, t, c->target);
    double size = 0, best = b->outcome[t].nearest;
    for (size_t i = 0; i < n; i++) size += c->target[i] * c->target[i];
    to_values(&b->space, c->target, c->u);
    bool lost, same = false, missed = false, stratum = b->outcome[t].escaped;
    nalg_status status = follow(c, &lost);
    for (size_t k = 0; k < c->found.count && status == NALG_OK; k++) {
        if (c->path[k].outcome != NALG_PATH_CONVERGED) continue;
        status = nalg_system_evaluate(b->ctx, c->e, NULL, c->system.value_system, c->z + k * d, 1,
                                      c->system.target);
        if (status != NALG_OK || !to_position(&b->space, c->e, c->position)) continue;
        double found = distance(c->position, c->target, n);
        same = same || fabs(found - best) <= SAME_DISTANCE * size;
        if (found < best - SAME_DISTANCE * size && !missed) status = realised(c, &r, size, &missed);
    }
    for (size_t s = 0; s < b->strata.sets; s++)
        stratum = stratum || ((b->on[t * b->strata.sets + s] & NALG_BIAS_NEAREST) &&
                              b->cone[s].dimension < b->dimension);
    out->targets++;
    out->lost += lost;
    out->missed += missed;
    out->elsewhere += !same && !lost;
    out->reason[t] = missed ? NALG_BIAS_NEARER : !same && !lost && !stratum ? NALG_BIAS_NOWHERE : 0;
    out->agree += !out->reason[t] && (same || !lost);
    return status;
}

static nalg_status do_targets(critical *c)
{
    size_t targets = c->b->options->targets < MOST_TARGETS ? c->b->options->targets : MOST_TARGETS;
    nalg_status status = NALG_OK;
    free(c->b->critical.reason);
    c->b->critical = (nalg_bias_critical){.points = c->found.count,
                                          .reason = nalg_array_zero(targets, sizeof *c->b->critical.reason)};
    if (!c->b->critical.reason) return nalg_fail_memory(c->b->ctx);
    for (size_t t = 0; t < targets && status == NALG_OK; t++) {
        nalg_progress(c->b->ctx, "critical points", t, targets, NULL);
        status = do_target(c, t);
    }
    c->b->critical.done = status == NALG_OK;
    return status;
}

static nalg_status solve(critical *c, const nalg_model *model)
{
    nalg_bias_run *b = c->b;
    nalg_monodromy_options options;
    nalg_monodromy_problem problem = {.system = c->system.system,
                                      .fingerprint = c->system.base.fingerprint,
                                      .z = c->system.base.z,
                                      .start_count = 1,
                                      .p = c->system.target};
    nalg_monodromy_options_init(&options);
    options.limit = MOST_POINTS;
    options.quiet_edges = QUIET_EDGES;
    nalg_status status = nalg_monodromy(b->ctx, &c->found, &problem, &options);
    if (status == NALG_OK) status = nalg_checkpoint(b->ctx);
    if (status != NALG_OK || c->found.reason == NALG_MONODROMY_LIMIT) return status;
    b->critical.points = c->found.count;
    size_t n = b->space.coordinates;
    c->z = nalg_array(c->found.count * b->dimension, sizeof *c->z);
    c->path = nalg_array(c->found.count, sizeof *c->path);
    c->u = nalg_array(n, sizeof *c->u);
    c->e = nalg_array(n, sizeof *c->e);
    c->target = nalg_array(n, sizeof *c->target);
    c->position = nalg_array(n, sizeof *c->position);
    c->weights = nalg_array(model->parameters, sizeof *c->weights);
    bool enough = c->z && c->path && c->u && c->e && c->target && c->position && c->weights;
    return enough ? do_targets(c) : nalg_fail_memory(b->ctx);
}

nalg_status nalg_bias_by_critical_points(nalg_bias_run *b, const nalg_model *model)
{
    critical c = {.b = b};
    nalg_metric metric = {0};
    nalg_metric_kind kind;
    if (b->options->around || b->dimension > MOST_DIMENSION ||
        !nalg_metric_from_name(&kind, b->options->metric) || kind == NALG_METRIC_GENERIC ||
        kind == NALG_METRIC_DATA)
        return NALG_OK;
    nalg_status status = nalg_metric_create(b->ctx, &metric, model, kind, 0, b->dimension);
    if (status == NALG_OK && metric.size < b->dimension) {
        nalg_metric_clear(&metric);
        return NALG_OK;
    }
    if (status == NALG_OK)
        status = nalg_critical_system_create(b->ctx, &c.system, model, b->dimension, &metric);
    if (status == NALG_OK) {
        status = solve(&c, model);
        nalg_critical_system_clear(&c.system);
    }
    nalg_monodromy_result_clear(&c.found);
    free(c.z);
    free(c.path);
    free(c.u);
    free(c.e);
    free(c.target);
    free(c.position);
    free(c.weights);
    return status;
}
