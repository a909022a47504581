/* Ends of paths as critical points.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/critical_ends.h"
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "track/solution_store.h"

/* A path that gets this close to its end has no regular end, or Newton's method would have found it. */
#define END_REACHED 1e-6

/* The paths, and where they end. */
typedef struct {
    nalg_ctx *ctx;
    const nalg_system *system;
    const nalg_segment *segment;
    const double complex *z; /* count x n */
    size_t n, count;
    const nalg_system *fingerprint;
    nalg_solution_store store; /* critical points: the known ones first */
    nalg_path_outcome *outcome;
    double *t;     /* where the path ended */
    size_t *place; /* in the store; NALG_NO_SOLUTION: at infinity, singular or lost */
    size_t *index; /* room for a list of paths */
} ends;

static bool prepare(ends *e)
{
    e->outcome = nalg_array(e->count, sizeof *e->outcome);
    e->place = nalg_array(e->count, sizeof *e->place);
    e->index = nalg_array(e->count, sizeof *e->index);
    e->t = nalg_array(e->count, sizeof *e->t);
    return e->outcome && e->place && e->index && e->t;
}

static void clear(ends *e)
{
    free(e->outcome);
    free(e->place);
    free(e->index);
    free(e->t);
    nalg_solution_store_clear(&e->store);
}

/* The place of the critical point z in the store, which gains it if it is new. */
static nalg_status enter(ends *e, const double complex *z, size_t *place)
{
    double complex *value = nalg_array(nalg_system_equations(e->fingerprint), sizeof *value);
    nalg_status status = value ? nalg_system_evaluate(e->ctx, value, NULL, e->fingerprint, z, 1, NULL)
                               : nalg_fail_memory(e->ctx);
    if (status == NALG_OK) *place = nalg_solution_store_find(&e->store, value);
    if (status == NALG_OK && *place == NALG_NO_SOLUTION) {
        *place = e->store.count;
        if (!nalg_solution_store_add(&e->store, z, value)) status = nalg_fail_memory(e->ctx);
    }
    free(value);
    return status;
}

/* Follow the `count` paths listed in e->index. */
static nalg_status follow(ends *e, size_t count, bool careful, nalg_critical_trace *out)
{
    double complex *z = nalg_array(count * e->n, sizeof *z);
    nalg_path_result *result = nalg_array(count, sizeof *result);
    nalg_track_job job = {.system = e->system,
                          .segment = e->segment,
                          .z_start = z,
                          .count = count,
                          .options = {.endgame = true, .careful = careful}};
    nalg_status status = z && result ? NALG_OK : nalg_fail_memory(e->ctx);
    for (size_t i = 0; status == NALG_OK && i < count; i++)
        memcpy(z + i * e->n, e->z + e->index[i] * e->n, e->n * sizeof *z);
    if (status == NALG_OK) status = nalg_track(e->ctx, z, result, &job);
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        size_t k = e->index[i];
        out->tracked++;
        out->steps += result[i].steps + result[i].rejected;
        e->outcome[k] = result[i].outcome;
        e->t[k] = result[i].t;
        e->place[k] = NALG_NO_SOLUTION;
        if (result[i].outcome == NALG_PATH_CONVERGED) status = enter(e, z + i * e->n, &e->place[k]);
    }
    free(z);
    free(result);
    return status;
}

/* Paths that share their end with another one, into e->index. */
static nalg_status list_shared(ends *e, size_t *count)
{
    size_t *hits = nalg_array_zero(e->store.count, sizeof *hits);
    if (!hits) return nalg_fail_memory(e->ctx);
    *count = 0;
    for (size_t i = 0; i < e->count; i++)
        if (e->place[i] != NALG_NO_SOLUTION) hits[e->place[i]]++;
    for (size_t i = 0; i < e->count; i++)
        if (e->place[i] != NALG_NO_SOLUTION && hits[e->place[i]] > 1) e->index[(*count)++] = i;
    free(hits);
    return NALG_OK;
}

/* What one pass along all paths came to. */
typedef struct {
    size_t shared, finite, lost, degenerate;
} outcome;

static nalg_status pass(ends *e, outcome *o, nalg_critical_trace *out)
{
    *o = (outcome){0};
    for (size_t i = 0; i < e->count; i++) e->index[i] = i;
    nalg_status status = follow(e, e->count, false, out);
    if (status == NALG_OK) status = list_shared(e, &o->shared);
    if (status == NALG_OK && o->shared) status = follow(e, o->shared, true, out);
    if (status == NALG_OK && o->shared) status = list_shared(e, &o->shared);
    for (size_t i = 0; status == NALG_OK && i < e->count; i++) {
        bool unsettled = e->outcome[i] == NALG_PATH_LOST, reached = 1 - e->t[i] < END_REACHED;
        o->finite += e->place[i] != NALG_NO_SOLUTION;
        o->lost += unsettled && !reached;
        o->degenerate += (unsettled && reached) || e->outcome[i] == NALG_PATH_SINGULAR;
    }
    return status;
}

static bool passed(const ends *e, const outcome *o)
{
    return !o->lost && !o->shared && o->finite == e->store.count;
}

/* Ends that look degenerate could hide a regular one: then another arc has to lead to the same points. */
static nalg_status judge(ends *e, size_t unknowns, nalg_critical_trace *out)
{
    const double complex other = CMPLX(0.28, -0.96);
    const nalg_segment *first = e->segment, second = {first->from, first->to, &other};
    const size_t known = e->store.count;
    outcome o;
    nalg_status status = pass(e, &o, out);
    out->complete = status == NALG_OK && passed(e, &o);
    out->lost += o.lost;
    out->singular = o.degenerate;
    if (out->complete && o.degenerate) {
        e->segment = &second;
        status = pass(e, &o, out);
        out->complete = status == NALG_OK && passed(e, &o);
        out->lost += o.lost;
    }
    if (status != NALG_OK) return status;
    out->added_count = e->store.count - known;
    out->added = nalg_array(out->added_count * unknowns, sizeof *out->added);
    if (!out->added) return nalg_fail_memory(e->ctx);
    memcpy(out->added, e->store.z + known * unknowns, out->added_count * unknowns * sizeof *out->added);
    return NALG_OK;
}

nalg_status nalg_critical_follow(nalg_ctx *ctx, nalg_critical_trace *out, const nalg_system *system,
                                 const nalg_segment *segment, const double complex *z, size_t count,
                                 const nalg_critical_known *known)
{
    ends e = {.ctx = ctx,
              .system = system,
              .segment = segment,
              .z = z,
              .n = nalg_system_unknowns(system),
              .count = count,
              .fingerprint = known->fingerprint};
    size_t m = nalg_system_equations(known->fingerprint), place;
    bool ok = nalg_solution_store_init(&e.store, known->unknowns, m, nalg_ctx_seed(ctx)) && prepare(&e);
    nalg_status status = ok ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < known->count; i++)
        status = enter(&e, known->z + i * known->unknowns, &place);
    if (status == NALG_OK) status = judge(&e, known->unknowns, out);
    clear(&e);
    return status;
}

nalg_status nalg_critical_search(nalg_ctx *ctx, nalg_critical_trace *out, nalg_monodromy_result *found,
                                 const nalg_monodromy_problem *problem, size_t limit, double tolerance)
{
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = limit;
    options.trace_tolerance = tolerance;
    nalg_status status = nalg_monodromy(ctx, found, problem, &options);
    if (status != NALG_OK) return status;
    out->tracked += found->tracked;
    out->steps += found->steps;
    out->lost += found->lost;
    out->residual = found->trace_residual;
    out->degree = found->count;
    out->complete = found->reason == NALG_MONODROMY_TRACE;
    return found->reason == NALG_MONODROMY_INTERRUPTED ? nalg_checkpoint(ctx) : NALG_OK;
}

nalg_status nalg_critical_merge(nalg_ctx *ctx, nalg_monodromy_result *found, const nalg_critical_trace *trace)
{
    const size_t d = found->unknowns, total = found->count + trace->added_count;
    double complex *z = nalg_array(total * d, sizeof *z);
    if (!z) return nalg_fail_memory(ctx);
    memcpy(z, found->z, found->count * d * sizeof *z);
    if (trace->added_count) memcpy(z + found->count * d, trace->added, trace->added_count * d * sizeof *z);
    free(found->z);
    found->z = z;
    found->count = total;
    found->tracked += trace->tracked;
    found->steps += trace->steps;
    found->lost += trace->lost;
    return NALG_OK;
}

void nalg_critical_trace_clear(nalg_critical_trace *t)
{
    free(t->added);
    *t = (nalg_critical_trace){0};
}
