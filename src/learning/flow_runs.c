/* Each run has its own integrator and its own random numbers; a worker has a loss with its scratch space.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_runs.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "core/threads.h"
#include "field/blas.h"
#include "learning/flow_data.h"

/* Runs whose trajectories are kept for pictures. */
#define TRACED 32
/* Doubles of end points and answers. */
#define STORAGE_LIMIT ((size_t)1 << 26)
#define DESCENT_STEPS 100000

typedef struct {
    nalg_ctx *ctx;
    const nalg_flow_plan *plan;
    nalg_flow_runs *runs;
    nalg_loss **loss; /* one for each worker */
    double **laws;    /* likewise: values and sizes at the start, then now */
    atomic_size_t finished;
} making;

/* What watches one trajectory. */
typedef struct {
    const nalg_drift_laws *laws;
    nalg_flow_run *run;
    double *start_value, *start_size, *value, *size;
    bool started;
    nalg_flow_state last;
} observation;

static void observe(void *user, const nalg_flow_state *s)
{
    observation *o = user;
    nalg_flow_run *run = o->run;
    if (!o->started)
        nalg_drift_values(o->laws, o->start_value, o->start_size, s->w);
    else
        nalg_drift_values(o->laws, o->value, o->size, s->w);
    if (o->started)
        run->drift =
            fmax(run->drift, nalg_drift_between(o->laws, o->start_value, o->start_size, o->value, o->size));
    o->started = true;
    o->last = *s;
    if (run->trace.time) nalg_trace_add(&run->trace, s->time, s->loss, s->answers, false);
}

static nalg_status follow(making *m, nalg_flow_run *run, size_t worker, bool descent)
{
    const nalg_flow_plan *plan = m->plan;
    nalg_loss *loss = m->loss[worker];
    size_t laws = plan->laws->count;
    double *scratch = m->laws[worker], value;
    observation o = {.laws = plan->laws,
                     .run = run,
                     .start_value = scratch,
                     .start_size = scratch + laws,
                     .value = scratch + 2 * laws,
                     .size = scratch + 3 * laws};
    nalg_flow_control control = plan->control;
    control.observe = observe;
    control.user = &o;
    if (descent) control.step_limit = DESCENT_STEPS;
    nalg_status status =
        descent ? nalg_gradient_descent(m->ctx, &run->end, run->w, loss, plan->descent_step, &control)
                : nalg_gradient_flow(m->ctx, &run->end, run->w, loss, &control);
    if (status != NALG_OK) return status;
    /* The curvature was taken at points around the end: evaluate once more there. */
    if (!nalg_loss_at(loss, &value, NULL, run->w)) run->end.reason = NALG_FLOW_DIVERGED;
    memcpy(run->answers, nalg_loss_answers(loss), m->runs->answers * sizeof(double));
    if (run->trace.time && o.started && run->end.reason != NALG_FLOW_DIVERGED)
        nalg_trace_add(&run->trace, o.last.time, o.last.loss, run->answers, true);
    return NALG_OK;
}

static nalg_status task(void *user, size_t index, int worker)
{
    making *m = user;
    nalg_flow_run *descent = m->runs->descent ? &m->runs->descent[index] : NULL;
    if (descent) memcpy(descent->w, m->runs->flow[index].w, m->runs->parameters * sizeof(double));
    nalg_status status = follow(m, &m->runs->flow[index], (size_t)worker, false);
    if (status == NALG_OK && descent) status = follow(m, descent, (size_t)worker, true);
    size_t finished = atomic_fetch_add(&m->finished, 1) + 1;
    if (worker == 0) nalg_progress(m->ctx, "gradient flow", finished, m->runs->count, NULL);
    return status;
}

/* ---- memory ---- */

static nalg_status allot(nalg_ctx *ctx, nalg_flow_runs *r, bool descent)
{
    size_t kinds = descent ? 2 : 1, each = r->parameters + r->answers, total;
    if (!nalg_size_multiply(&total, kinds * r->count, each) || total > STORAGE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, "--starts", "use fewer starts, or less data",
                         "%zu end points with %zu numbers each are too many", r->count, each);
    r->storage = nalg_array_zero(total, sizeof *r->storage);
    r->flow = nalg_array_zero(r->count, sizeof *r->flow);
    r->descent = descent ? nalg_array_zero(r->count, sizeof *r->descent) : NULL;
    if (!r->storage || !r->flow || (descent && !r->descent)) return nalg_fail_memory(ctx);
    r->traced = r->count < TRACED ? r->count : TRACED;
    r->truncated = r->traced < r->count;
    for (size_t k = 0; k < kinds; k++)
        for (size_t i = 0; i < r->count; i++) {
            nalg_flow_run *run = k ? &r->descent[i] : &r->flow[i];
            run->w = r->storage + (k * r->count + i) * each;
            run->answers = run->w + r->parameters;
            run->point = NALG_NO_POINT;
            if (i < r->traced && !nalg_trace_create(&run->trace, r->answers, k == 1))
                return nalg_fail_memory(ctx);
        }
    return NALG_OK;
}

void nalg_flow_runs_clear(nalg_flow_runs *r)
{
    for (size_t i = 0; r->flow && i < r->count; i++) nalg_trace_clear(&r->flow[i].trace);
    for (size_t i = 0; r->descent && i < r->count; i++) nalg_trace_clear(&r->descent[i].trace);
    free(r->flow);
    free(r->descent);
    free(r->storage);
    *r = (nalg_flow_runs){0};
}

static nalg_status set_starts(nalg_ctx *ctx, nalg_flow_runs *r, const nalg_flow_plan *plan)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; status == NALG_OK && i < r->count; i++) {
        if (plan->given)
            memcpy(r->flow[i].w, plan->given, r->parameters * sizeof(double));
        else
            status = nalg_flow_start(ctx, r->flow[i].w, plan->model, i, plan->scale);
    }
    return status;
}

static nalg_status prepare_workers(making *m, size_t workers)
{
    const nalg_flow_plan *plan = m->plan;
    nalg_status status = NALG_OK;
    m->loss = nalg_array_zero(workers, sizeof(nalg_loss *));
    m->laws = nalg_array_zero(workers, sizeof(double *));
    if (!m->loss || !m->laws) return nalg_fail_memory(m->ctx);
    for (size_t k = 0; status == NALG_OK && k < workers; k++) {
        status = nalg_loss_create(m->ctx, &m->loss[k], plan->model, plan->kind, plan->data);
        m->laws[k] = nalg_array(plan->laws->count, 4 * sizeof(double));
        if (status == NALG_OK && !m->laws[k]) status = nalg_fail_memory(m->ctx);
    }
    return status;
}

/* Tasks record no error. */
static nalg_status explain(nalg_ctx *ctx, nalg_status status)
{
    if (status == NALG_E_MEMORY) return nalg_fail_memory(ctx);
    if (status != NALG_E_INTERRUPTED) return status;
    nalg_status reason = nalg_checkpoint(ctx);
    return reason == NALG_OK
               ? nalg_fail(ctx, NALG_E_INTERNAL, NULL, NULL, "gradient flow stopped without a reason")
               : reason;
}

nalg_status nalg_flow_runs_make(nalg_ctx *ctx, nalg_flow_runs *out, const nalg_flow_plan *plan)
{
    size_t workers = (size_t)nalg_ctx_threads(ctx);
    nalg_flow_runs r = {
        .count = plan->starts, .parameters = plan->model->parameters, .samples = plan->data->samples};
    making m = {.ctx = ctx, .plan = plan, .runs = &r};
    if (workers > plan->starts) workers = plan->starts;
    nalg_status status = prepare_workers(&m, workers);
    if (status == NALG_OK) {
        r.answers = nalg_loss_answer_count(m.loss[0]);
        status = allot(ctx, &r, plan->descent_step > 0);
    }
    if (status == NALG_OK) status = set_starts(ctx, &r, plan);
    if (status == NALG_OK) {
        nalg_progress(ctx, "gradient flow", 0, r.count, NULL);
        nalg_blas_threads_push();
        status = explain(ctx, nalg_parallel(ctx, r.count, task, &m));
        nalg_blas_threads_pop();
    }
    for (size_t k = 0; k < workers; k++) {
        if (m.loss) nalg_loss_free(m.loss[k]);
        if (m.laws) free(m.laws[k]);
    }
    free(m.loss);
    free(m.laws);
    if (status == NALG_OK)
        *out = r;
    else
        nalg_flow_runs_clear(&r);
    return status;
}
