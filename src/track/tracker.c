/* Paths on threads, and second and third attempts at those that look suspicious.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "track/tracker.h"
#include <math.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include "core/memory.h"
#include "core/threads.h"
#include "track/careful_path.h"
#include "track/lane_group.h"

/* Settings of the attempts. With a prediction error of 5e-3 the first of the two corrections a step makes is
 * some two orders of magnitude shorter than the distance at which Newton's method could reach another path
 * (measured: no path of 24,500 in five interpolation systems ended elsewhere than with the second attempt's
 * settings, nor with 2e-2), and the contraction test sees the exceptions. The second attempt is far more
 * cautious in every respect. */
static const nalg_track_settings attempts[] = {
    {.prediction = 5e-3,
     .contraction = 0.05,
     .floor = 1e-9,
     .share = 0.6,
     .share_geometric = 1,
     .step_limit = 5000},
    {.prediction = 1e-7,
     .contraction = 0.01,
     .floor = 3e-8,
     .share = 0.2,
     .share_geometric = 0.2,
     .step_limit = 50000},
};
enum { ATTEMPTS = sizeof attempts / sizeof *attempts };

/* Rounds of a lane group between two looks at the cancel flag. */
#define POLL_ROUNDS 8

/* An end is suspicious when its condition number or its last correction is larger than this: a path may
 * arrive at a singular point along a smooth curve. Newton's method in double-double arithmetic decides. */
#define CONDITION_SUSPICIOUS 1e9
#define ACCURACY_SUSPICIOUS 1e-11

/* Order of the Taylor polynomial: a step costs one or two Jacobians and factorisations and, for each order,
 * two evaluations of the series up to there and a solve; it reaches prediction^(1/(order+1)) of the radius.
 * Take the order of least cost per length. */
static int best_order(const nalg_system *s, double prediction, int jacobians)
{
    const double n = (double)s->unknowns, value = (double)s->value.flops + 40 * (double)s->value.count;
    double jacobian = (double)s->jacobian.flops + 40 * (double)s->jacobian.count, best = INFINITY;
    int order = 3;
    for (int k = 3; k <= 8; k++) {
        double series = 0;
        for (int j = 1; j <= k; j++)
            series += (double)s->value.flops * (2 * j + 1) * 0.7 + 80 * (double)s->value.count;
        double cost =
            jacobians * (jacobian + 8 * n * n * n / 3) + value + 8 * n * n * (k + 3) + series + 400 * n;
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
    return r->outcome == NALG_PATH_CONVERGED &&
           (r->condition > CONDITION_SUSPICIOUS || r->accuracy > ACCURACY_SUSPICIOUS) && !r->double_double;
}

static void keep_suspicious(nalg_track_queue *queue, size_t *list)
{
    size_t left = 0;
    for (size_t i = 0; i < queue->count; i++)
        if (suspicious(&queue->result[list[i]])) list[left++] = list[i];
    queue->count = left;
}

static void choose_settings(nalg_track_queue *queue, size_t k)
{
    nalg_track_settings s = attempts[k];
    const nalg_track_options *o = &queue->job->options;
    s.order = o->order ? o->order
                       : best_order(queue->job->system, s.prediction, k == 0 && o->reuse_factors ? 1 : 2);
    s.reuse_factors = k == 0 && o->reuse_factors;
    if (o->step_limit) s.step_limit = o->step_limit;
    queue->settings = s;
    atomic_init(&queue->next, 0);
}

/* The paths in `list` once more with the settings of attempt k. */
static nalg_status run_attempt(nalg_ctx *ctx, nalg_track_queue *queue, size_t k)
{
    choose_settings(queue, k);
    size_t groups = (queue->count + NALG_LANES - 1) / NALG_LANES, threads = (size_t)nalg_ctx_threads(ctx);
    return nalg_parallel(ctx, groups < threads ? groups : threads, track_task, queue);
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

/* ---- a job that grows ---- */

/* Paths handed over at once. */
#define BLOCK ((size_t)NALG_LANES)

typedef struct {
    nalg_track_queue *queue;
    size_t handed, checked; /* paths before these are handed over; are known to be over */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    atomic_bool finished, caller_waits;
} stream;

static void tell(stream *s)
{
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->lock);
}

static void finish(stream *s)
{
    atomic_store(&s->finished, true);
    tell(s);
}

/* What is still suspicious after a look at the end is lost. */
static nalg_status look_at_ends(nalg_track_queue *queue, size_t first, size_t end)
{
    nalg_status status = NALG_OK;
    for (size_t k = first; status == NALG_OK && k < end; k++) {
        if (!suspicious(&queue->result[k])) continue;
        status = end_task(queue, k, 0);
        if (suspicious(&queue->result[k])) queue->result[k].outcome = NALG_PATH_LOST;
    }
    return status;
}

/* Hand over the blocks that are complete. Calling thread. */
static nalg_status hand_over(stream *s)
{
    nalg_track_queue *queue = s->queue;
    const nalg_track_stream *to = queue->job->stream;
    while (!atomic_load(&s->finished)) {
        size_t count = queue->count, end = count - s->handed > BLOCK ? s->handed + BLOCK : count,
               total = count;
        while (s->checked < end && atomic_load(&queue->over[s->checked])) s->checked++;
        if (s->checked < end) return NALG_OK;
        bool stop = false;
        nalg_status status = look_at_ends(queue, s->handed, end);
        if (status == NALG_OK) status = to->settled(to->user, s->handed, end - s->handed, &total, &stop);
        s->handed = end;
        queue->count = total;
        if (status != NALG_OK || stop || end == total) finish(s);
        if (status != NALG_OK) return status;
        if (total > count) tell(s);
    }
    return NALG_OK;
}

/* Nanoseconds between two looks at the cancel flag of a thread that waits. */
#define POLL_WAIT 50000000

static void wait_a_little(stream *s)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += POLL_WAIT;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&s->changed, &s->lock, &until);
}

/* A group without paths: until there are some, or, for the caller's, until there is something to hand over.
 */
static void wait_for_others(stream *s, bool caller)
{
    nalg_track_queue *queue = s->queue;
    pthread_mutex_lock(&s->lock);
    if (caller) atomic_store(&s->caller_waits, true);
    while (!atomic_load(&s->finished) && !nalg_stopping(queue->ctx) && queue->next >= queue->count &&
           !(caller && atomic_load(&queue->over[s->checked])))
        wait_a_little(s);
    if (caller) atomic_store(&s->caller_waits, false);
    pthread_mutex_unlock(&s->lock);
}

/* Every thread has one of these until the end; the caller's hands over. */
static nalg_status stream_task(void *user, size_t index, int worker)
{
    stream *s = user;
    (void)index;
    if (atomic_load(&s->finished)) return NALG_OK;
    nalg_lane_group *group = nalg_lane_group_create(s->queue);
    nalg_status status = group ? NALG_OK : NALG_E_MEMORY;
    while (status == NALG_OK && !atomic_load(&s->finished) && !nalg_stopping(s->queue->ctx)) {
        bool busy = nalg_lane_group_step(group);
        if (worker == 0)
            status = hand_over(s);
        else if (atomic_load(&s->caller_waits))
            tell(s);
        if (!busy && status == NALG_OK) wait_for_others(s, worker == 0);
    }
    nalg_lane_group_free(group);
    finish(s);
    return status;
}

static nalg_status run_stream(nalg_ctx *ctx, nalg_track_queue *queue)
{
    size_t capacity = queue->job->stream->capacity;
    stream s = {.queue = queue};
    queue->over = nalg_array_zero(capacity, sizeof *queue->over);
    if (!queue->over) return NALG_E_MEMORY;
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.changed, NULL);
    choose_settings(queue, 0);
    nalg_status status = nalg_parallel(ctx, (size_t)nalg_ctx_threads(ctx), stream_task, &s);
    pthread_cond_destroy(&s.changed);
    pthread_mutex_destroy(&s.lock);
    free(queue->over);
    return status;
}

/* ---- all of it ---- */

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
    if (r->outcome != NALG_PATH_LOST)
        memcpy(queue->z_end + k * n, z, n * sizeof *z);
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
        return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, NULL,
                         "a system of %zu equations in %zu unknowns cannot be tracked",
                         job->system->equations, job->system->unknowns);
    if (job->stream && (!job->options.brief || job->options.careful || job->options.endgame))
        return nalg_fail(ctx, NALG_E_INTERNAL, NULL, NULL, "only brief jobs can grow");
    if (job->options.order && (job->options.order < 3 || job->options.order > 8))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "order", "write 3 to 8, or 0", "the predictor has no order %d",
                         job->options.order);
    return NALG_OK;
}

/* Attempts, one after the other, at what the ones before left suspicious. */
static nalg_status run_attempts(nalg_ctx *ctx, nalg_track_queue *queue, size_t *list)
{
    const nalg_track_options *o = &queue->job->options;
    const size_t first = o->careful ? 1 : 0, end = o->brief ? first + 1 : ATTEMPTS;
    nalg_status status = NALG_OK;
    for (size_t k = first; status == NALG_OK && k < end && queue->count; k++) {
        status = run_attempt(ctx, queue, k);
        keep_suspicious(queue, list);
        if (status == NALG_OK && queue->count) status = nalg_parallel(ctx, queue->count, end_task, queue);
        keep_suspicious(queue, list);
    }
    if (o->brief)
        for (size_t i = 0; i < queue->count; i++) queue->result[list[i]].outcome = NALG_PATH_LOST;
    else if (status == NALG_OK && queue->count)
        status = nalg_parallel(ctx, queue->count, careful_task, queue);
    if (status == NALG_OK && o->endgame) status = look_at_singular(ctx, queue, list);
    return status;
}

nalg_status nalg_track(nalg_ctx *ctx, double complex *z_end, nalg_path_result *result,
                       const nalg_track_job *job)
{
    nalg_status status = check_job(ctx, job);
    if (status != NALG_OK || job->count == 0) return status;
    size_t room = job->stream ? job->stream->capacity : job->count, n = job->system->unknowns,
           *list = nalg_array(room, sizeof *list);
    double complex *start = NULL;
    nalg_track_job own = *job;
    bool again = z_end == job->z_start && !job->options.brief; /* the starts are needed again */
    if (again && (start = nalg_array(job->count * n, sizeof *start)))
        own.z_start = memcpy(start, job->z_start, job->count * n * sizeof *start);
    if (!list || (again && !start)) status = nalg_fail_memory(ctx);
    nalg_track_queue queue = {.ctx = ctx,
                              .job = &own,
                              .kernels = choose_kernels(job->options.lanes),
                              .list = list,
                              .z_end = z_end,
                              .result = result};
    for (size_t i = 0; status == NALG_OK && i < room; i++) {
        list[i] = i;
        result[i] = (nalg_path_result){.outcome = NALG_PATH_LOST, .winding = 1};
    }
    queue.count = job->count;
    if (status == NALG_OK) status = job->stream ? run_stream(ctx, &queue) : run_attempts(ctx, &queue, list);
    if (status == NALG_E_MEMORY) status = nalg_fail_memory(ctx);
    free(list);
    free(start);
    return status;
}
