/* Paths on threads, and second and third attempts at those that look suspicious.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track/tracker.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "track/careful_path.h"
#include "track/lane_group.h"

/* Settings of the attempts. With a prediction error of 5e-3 the first of the two corrections a step makes is some two orders of magnitude
 * shorter than the distance at which Newton's method could reach another path (measured: no path of 24,500 in five interpolation systems ended
 * elsewhere than with the second attempt's settings, nor with 2e-2), and the contraction test sees the exceptions. The second attempt is far
 * more cautious in every respect. */
static const nalg_track_settings attempts[] = {
    {.prediction = 5e-3, .contraction = 0.05, .floor = 1e-9, .share = 0.6, .share_geometric = 1, .step_limit = 5000},
    {.prediction = 1e-7, .contraction = 0.01, .floor = 3e-8, .share = 0.2, .share_geometric = 0.2, .step_limit = 50000},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

/* Rounds of a lane group between two looks at the cancel flag. */
#define POLL_ROUNDS 8

/* An end is suspicious when its condition number or its last correction is larger than this: a path may arrive at a singular point
 * along a smooth curve. Newton's method in double-double arithmetic decides. */
#define CONDITION_SUSPICIOUS 1e9
#define ACCURACY_SUSPICIOUS 1e-11

/* Order of the Taylor polynomial: a step costs one or two Jacobians and factorisations and, for each order, two evaluations of the series
 * up to there and a solve; it reaches prediction^(1/(order+1)) of the radius. Take the order of least cost per length. */
static int best_order(const nalg_system *s, double prediction, int jacobians)
{
    const double n = (double)s->unknowns, value = (double)s->value.flops + 40 * (double)s->value.count;
    double jacobian = (double)s->jacobian.flops + 40 * (double)s->jacobian.count, best = INFINITY;
    int order = 3;
    for (int k = 3; k <= 8; k++) {
        double series = 0;
        for (int j = 1; j <= k; j++) series += (double)s->value.flops * (2 * j + 1) * 0.7 + 80 * (double)s->value.count;
        double cost = jacobians * (jacobian + 8 * n * n * n / 3) + value + 8 * n * n * (k + 3) + series + 400 * n;
        double reach = fmin(pow(prediction, 1.0 / (k + 1)), 0.5);
        if (cost / reach < best) best = cost / reach, order = k;
    }
    return order;
}

static nalg_status track_task(void *user, size_t index, int worker)
{
    nalg_track_queue *queue = user;
    (void)index;
    (void)worker;
    nalg_lane_group *group = nalg_lane_group_create(queue);
    if (!group) return NALG_E_MEMORY;
    bool more = true;
    while (more && !nalg_stopping(queue->ctx))
        for (int i = 0; more && i < POLL_ROUNDS; i++) more = nalg_lane_group_step(group);
    nalg_lane_group_free(group);
    return NALG_OK;
}

static bool suspicious(const nalg_path_result *r)
{
    if (r->outcome == NALG_PATH_LOST) return true;
    return r->outcome == NALG_PATH_CONVERGED && (r->condition > CONDITION_SUSPICIOUS || r->accuracy > ACCURACY_SUSPICIOUS) &&
           !r->double_double;
}

static void keep_suspicious(nalg_track_queue *queue, size_t *list)
{
    size_t left = 0;
    for (size_t i = 0; i < queue->count; i++)
        if (suspicious(&queue->result[list[i]])) list[left++] = list[i];
    queue->count = left;
}

/* The paths in `list` once more with the settings of attempt k. */
static nalg_status run_attempt(nalg_ctx *ctx, nalg_track_queue *queue, size_t k)
{
    nalg_track_settings s = attempts[k];
    const nalg_track_options *o = &queue->job->options;
    s.order = o->order ? o->order : best_order(queue->job->system, s.prediction, k == 0 && o->reuse_factors ? 1 : 2);
    s.reuse_factors = k == 0 && o->reuse_factors;
    if (o->step_limit) s.step_limit = o->step_limit;
    queue->settings = s;
    atomic_init(&queue->next, 0);
    atomic_init(&queue->settled, 0);
    size_t groups = (queue->count + NALG_LANES - 1) / NALG_LANES, threads = (size_t)nalg_ctx_threads(ctx);
    nalg_status status = nalg_parallel(ctx, groups < threads ? groups : threads, track_task, queue);
    return status == NALG_E_MEMORY ? nalg_fail_memory(ctx) : status;
}

/* A suspicious end, looked at in double-double arithmetic: one task each. */
static nalg_status end_task(void *user, size_t index, int worker)
{
    nalg_track_queue *queue = user;
    const nalg_track_job *job = queue->job;
    (void)worker;
    size_t k = queue->list[index];
    nalg_path_result *r = &queue->result[k];
    if (r->outcome == NALG_PATH_LOST) return NALG_OK;
    return nalg_careful_end(queue->z_end + k * job->system->unknowns, r, job->system,
                            &job->segment[job->which ? job->which[k] : 0]);
}

/* Ends taken for singular: coordinates of very different sizes lose the digits that tell. */
static nalg_status look_at_singular(nalg_ctx *ctx, nalg_track_queue *queue, size_t *list)
{
    queue->count = 0;
    for (size_t i = 0; i < queue->job->count; i++)
        if (queue->result[i].outcome == NALG_PATH_SINGULAR) list[queue->count++] = i;
    return queue->count ? nalg_parallel(ctx, queue->count, end_task, queue) : NALG_OK;
}

/* The last attempt, for paths that are still lost: one task each. */
static nalg_status careful_task(void *user, size_t index, int worker)
{
    nalg_track_queue *queue = user;
    const nalg_track_job *job = queue->job;
    (void)worker;
    size_t k = queue->list[index], n = job->system->unknowns;
    nalg_path_result *r = &queue->result[k], before = *r;
    const nalg_segment *segment = &job->segment[job->which ? job->which[k] : 0];
    double complex *z = nalg_array(n, sizeof *z);
    if (!z) return NALG_E_MEMORY;
    memcpy(z, job->z_start + k * n, n * sizeof *z);
    nalg_status status = nalg_careful_path(queue->ctx, z, r, job->system, segment, job->options.endgame);
    if (r->outcome != NALG_PATH_LOST) memcpy(queue->z_end + k * n, z, n * sizeof *z);
    else if (before.outcome == NALG_PATH_CONVERGED) { /* it arrives, but not at a regular solution */
        *r = before;
        if (job->options.endgame) r->outcome = NALG_PATH_SINGULAR;
    }
    free(z);
    return status;
}

static const nalg_lane_kernels *choose_kernels(int lanes)
{
    const nalg_lane_kernels *all[4];
    size_t count = nalg_lane_kernels_all(all);
    for (size_t i = 0; i < count; i++)
        if (lanes && all[i]->width == (size_t)lanes) return all[i];
    return all[count - 1];
}

static nalg_status check_job(nalg_ctx *ctx, const nalg_track_job *job)
{
    if (job->system->unknowns != job->system->equations)
        return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, NULL, "a system of %zu equations in %zu unknowns cannot be tracked",
                         job->system->equations, job->system->unknowns);
    if (job->options.order && (job->options.order < 3 || job->options.order > 8))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "order", "write 3 to 8, or 0", "the predictor has no order %d", job->options.order);
    return NALG_OK;
}

nalg_status nalg_track(nalg_ctx *ctx, double complex *z_end, nalg_path_result *result, const nalg_track_job *job)
{
    nalg_status status = check_job(ctx, job);
    if (status != NALG_OK || job->count == 0) return status;
    size_t *list = nalg_array(job->count, sizeof *list), n = job->system->unknowns;
    double complex *start = NULL;
    nalg_track_job own = *job;
    if (z_end == job->z_start && (start = nalg_array(job->count * n, sizeof *start)))
        own.z_start = memcpy(start, job->z_start, job->count * n * sizeof *start);
    if (!list || (z_end == job->z_start && !start)) status = nalg_fail_memory(ctx);
    nalg_track_queue queue = {.ctx = ctx, .job = &own, .kernels = choose_kernels(job->options.lanes), .list = list, .z_end = z_end, .result = result};
    for (size_t i = 0; status == NALG_OK && i < job->count; i++) {
        list[i] = i;
        result[i] = (nalg_path_result){.outcome = NALG_PATH_LOST, .winding = 1};
    }
    queue.count = job->count;
    const size_t first = job->options.careful ? 1 : 0, end = job->options.brief ? first + 1 : ATTEMPTS;
    for (size_t k = first; status == NALG_OK && k < end && queue.count; k++) {
        status = run_attempt(ctx, &queue, k);
        keep_suspicious(&queue, list);
        if (status == NALG_OK && queue.count) status = nalg_parallel(ctx, queue.count, end_task, &queue);
        keep_suspicious(&queue, list);
    }
    if (job->options.brief)
        for (size_t i = 0; i < queue.count; i++) result[list[i]].outcome = NALG_PATH_LOST;
    else if (status == NALG_OK && queue.count) status = nalg_parallel(ctx, queue.count, careful_task, &queue);
    if (status == NALG_OK && job->options.endgame) status = look_at_singular(ctx, &queue, list);
    if (status == NALG_E_MEMORY) status = nalg_fail_memory(ctx);
    free(list);
    free(start);
    return status;
}
