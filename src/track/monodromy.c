/* The search: pending (solution, edge) pairs in batches that fill the lanes and grow as solutions are found;
 * matches, conflicts, trace test. Results depend on the seed only: batches are composed and evaluated in a
 * fixed order, and a path's numbers depend on its own data only.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core/complex.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "track/monodromy_internal.h"
#include "track/trace.h"

#define BATCH NALG_MONODROMY_BATCH
#define EDGES_AT_START 3
#define EDGE_LIMIT 64
#define QUIET_EDGES 4
/* Edges before this one are arcs of the line through A and B. */
#define FIRST_DETOUR 8
/* A path that takes more steps than these, or than so many times the mean of the paths before, is put off:
 * other edges lead to the same place, and its end is waited for. */
#define LONG_PATH 400
#define LONG_SHARE 2
/* Paths that wait or are tracked in a batch that grows: these or so large a part of the solutions. Fewer
 * would leave lanes empty; with more, more are tracked that others settle. */
#define BACKLOG 48
#define BACKLOG_SHARE 16
#define STREAM_VERTEX 0x6d6fu
#define STREAM_DETOUR 0x6d700000u
#define GOLDEN_RATIO 0.6180339887498949

typedef nalg_monodromy_task pending;
typedef nalg_monodromy_batch batch;

void nalg_monodromy_options_init(nalg_monodromy_options *options)
{
    memset(options, 0, sizeof *options);
}

/* 1 for a zero vector. */
static double root_mean_square(const double complex *x, size_t n)
{
    double square = 0;
    for (size_t i = 0; i < n; i++) square += creal(x[i] * conj(x[i]));
    return square > 0 ? sqrt(square / (double)n) : 1;
}

/* A random parameter of the size of the start parameter, coordinate by coordinate. */
static void draw_parameter(const nalg_monodromy_search *s, double complex *out, uint64_t stream)
{
    nalg_random random = nalg_random_stream(nalg_ctx_seed(s->ctx), stream);
    double rms = root_mean_square(s->p[0], s->q);
    for (size_t i = 0; i < s->q; i++) {
        double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
        out[i] = fmax(cabs(s->p[0][i]), 0.3 * rms) * CMPLX(re, im);
    }
}

nalg_status nalg_monodromy_add_edge(nalg_monodromy_search *s)
{
    if (!nalg_grow((void **)&s->edge, &s->edge_capacity, s->edges, sizeof *s->edge))
        return nalg_fail_memory(s->ctx);
    nalg_monodromy_edge *e = &s->edge[s->edges];
    memset(e, 0, sizeof *e);
    /* Edge 0 is straight; the angles of the others fill the circle evenly (golden ratio), so any two arcs
     * enclose a good part of the branch points on the line through A and B. Two branch points that no arc of
     * that line tells apart are told apart on other lines: later edges make a detour. */
    double angle = 2 * M_PI * fmod(GOLDEN_RATIO * (double)s->edges, 1);
    e->turn[0] = CMPLX(cos(angle), sin(angle));
    e->turn[1] = conj(e->turn[0]);
    if (s->edges >= FIRST_DETOUR) {
        e->via = nalg_array(s->q, sizeof *e->via);
        if (!e->via) return nalg_fail_memory(s->ctx);
        draw_parameter(s, e->via, STREAM_DETOUR + s->edges);
    }
    s->edges++;
    return NALG_OK;
}

static bool reserve(nalg_monodromy_edge *e, size_t v, size_t length)
{
    while (e->length[v] < length) {
        if (!nalg_grow((void **)&e->map[v], &e->capacity[v], e->length[v], sizeof(size_t))) return false;
        e->map[v][e->length[v]++] = NALG_UNTRACKED;
    }
    return true;
}

bool nalg_monodromy_match(nalg_monodromy_search *s, size_t e, size_t v, size_t i, size_t j)
{
    nalg_monodromy_edge *edge = &s->edge[e];
    if (!reserve(edge, v, i + 1) || (j < NALG_UNDERWAY && !reserve(edge, 1 - v, j + 1))) return false;
    edge->map[v][i] = j;
    if (j < NALG_UNDERWAY) edge->map[1 - v][j] = i;
    return true;
}

nalg_status nalg_monodromy_fingerprints(nalg_monodromy_search *s, double complex *out,
                                        const double complex *z, size_t count, const double complex *p)
{
    const nalg_system *f = s->problem->fingerprint;
    if (f) return nalg_system_evaluate(s->ctx, out, NULL, f, z, count, p);
    memcpy(out, z, count * s->n * sizeof *z);
    return NALG_OK;
}

/* The first leg of an edge from a vertex, or its only one; the second leg. */
static nalg_segment first_leg(const nalg_monodromy_search *s, size_t edge, size_t vertex)
{
    const nalg_monodromy_edge *e = &s->edge[edge];
    return (nalg_segment){s->p[vertex], e->via ? e->via : s->p[1 - vertex], &e->turn[vertex]};
}

static nalg_segment second_leg(const nalg_monodromy_search *s, size_t edge, size_t vertex)
{
    const nalg_monodromy_edge *e = &s->edge[edge];
    return (nalg_segment){e->via ? e->via : s->p[vertex], s->p[1 - vertex], &e->turn[vertex]};
}

/* Does a long path of this batch have to wait? */
static bool brief(const nalg_monodromy_search *s, bool careful)
{
    return !s->thorough && !careful;
}

/* Steps a brief path may take. */
static uint32_t step_limit(const nalg_monodromy_search *s)
{
    const nalg_monodromy_result *r = s->result;
    if (s->options->track.step_limit) return s->options->track.step_limit;
    if (!r->tracked) return LONG_PATH;
    return (uint32_t)fmin(LONG_PATH, LONG_SHARE * (double)r->steps / (double)r->tracked);
}

/* Paths that a batch may hold when `over` of them are over. */
static size_t most_paths(const nalg_monodromy_search *s, size_t over)
{
    const size_t share = (s->store[0].count + s->store[1].count) / BACKLOG_SHARE;
    const size_t most = over + (share > BACKLOG ? share : BACKLOG);
    return most < BATCH && brief(s, s->options->track.careful) ? most : BATCH;
}

/* Add pairs of vertex v that have not been tracked to a batch, up to `most`: edge by edge, oldest solutions
 * first. */
static void collect_from(nalg_monodromy_search *s, batch *b, size_t v, size_t most)
{
    const uint32_t limit = step_limit(s);
    for (size_t e = 0; e < s->edges; e++) {
        nalg_monodromy_edge *edge = &s->edge[e];
        size_t *at = &edge->cursor[v];
        for (; *at < s->store[v].count && b->count < most; ++*at) {
            if (edge->map[v][*at] != NALG_UNTRACKED) continue;
            edge->map[v][*at] = NALG_UNDERWAY;
            b->task[b->count] = (pending){e, v, *at};
            b->which[b->count] = (uint32_t)(2 * e + v);
            b->step_limit[b->count] = limit;
            memcpy(b->z + b->count++ * s->n, s->store[v].z + *at * s->n, s->n * sizeof *b->z);
        }
    }
}

/* Add pairs that have not been tracked to a batch. They are taken from one vertex as long as it has any:
 * paths from both ends of one pair are seldom tracked then. */
static bool collect(nalg_monodromy_search *s, batch *b, size_t over)
{
    const size_t most = most_paths(s, over);
    for (size_t v = 0; v < NALG_VERTICES; v++)
        for (size_t e = 0; e < s->edges; e++)
            if (!reserve(&s->edge[e], v, s->store[v].count)) return false;
    for (size_t k = 0; k < NALG_VERTICES && b->count < most; k++) {
        size_t before = b->count;
        collect_from(s, b, s->side, most);
        if (b->count == before) s->side = 1 - s->side;
    }
    return true;
}

/* Paths of the batch on edges with a detour go on from its corner; the others are done. */
static nalg_status track_second_leg(nalg_monodromy_search *s, batch *b, const nalg_segment *segment,
                                    const nalg_track_options *options)
{
    size_t count = 0, n = s->n;
    size_t *from = nalg_array(b->count, sizeof *from);
    uint32_t *which = nalg_array(b->count, sizeof *which);
    double complex *z = nalg_array(b->count * n, sizeof *z);
    nalg_path_result *result = nalg_array(b->count, sizeof *result);
    nalg_status status = from && which && z && result ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t k = 0; status == NALG_OK && k < b->count; k++) {
        if (!s->edge[b->task[k].edge].via || b->result[k].outcome != NALG_PATH_CONVERGED) continue;
        which[count] = b->which[k];
        memcpy(z + count * n, b->z + k * n, n * sizeof *z);
        from[count++] = k;
    }
    nalg_track_job job = {.system = s->problem->system,
                          .segment = segment,
                          .which = which,
                          .z_start = z,
                          .count = count,
                          .options = *options};
    if (status == NALG_OK && count) status = nalg_track(s->ctx, z, result, &job);
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        uint32_t steps = b->result[from[i]].steps + b->result[from[i]].rejected;
        b->result[from[i]] = result[i];
        b->result[from[i]].steps += steps;
        memcpy(b->z + from[i] * n, z + i * n, n * sizeof *z);
    }
    free(from);
    free(which);
    free(z);
    free(result);
    return status;
}

/* Segments of all edges from both ends: first legs, then second ones. */
static nalg_segment *segments(const nalg_monodromy_search *s)
{
    nalg_segment *segment = nalg_array(4 * s->edges, sizeof *segment);
    for (size_t k = 0; segment && k < 2 * s->edges; k++) {
        segment[k] = first_leg(s, k / 2, k % 2);
        segment[2 * s->edges + k] = second_leg(s, k / 2, k % 2);
    }
    return segment;
}

/* Track the paths of a batch; one that grows is brief, and counts its paths when it enters them. */
static nalg_status track(nalg_monodromy_search *s, batch *b, bool careful, const nalg_track_stream *stream)
{
    nalg_segment *segment = segments(s);
    if (!segment) return nalg_fail_memory(s->ctx);
    nalg_track_job job = {.system = s->problem->system,
                          .segment = segment,
                          .which = b->which,
                          .z_start = b->z,
                          .count = b->count,
                          .options = s->options->track,
                          .step_limit = stream ? b->step_limit : NULL,
                          .stream = stream};
    job.options.endgame = false;
    job.options.careful = careful;
    job.options.brief = stream != NULL;
    nalg_status status = nalg_track(s->ctx, b->z, b->result, &job);
    if (stream) job.options.step_limit = step_limit(s);
    if (status == NALG_OK && s->edges > FIRST_DETOUR && !(stream && s->stop))
        status = track_second_leg(s, b, segment + 2 * s->edges, &job.options);
    free(segment);
    return status;
}

nalg_status nalg_monodromy_track(nalg_monodromy_search *s, batch *b, bool careful)
{
    nalg_status status = track(s, b, careful, NULL);
    if (status == NALG_OK) nalg_monodromy_count_paths(s->result, b->result, b->count);
    return status;
}

static nalg_status fingerprint(nalg_monodromy_search *s, batch *b, size_t first, size_t count)
{
    const nalg_system *f = s->problem->fingerprint;
    if (!f || !nalg_system_parameters(f))
        return nalg_monodromy_fingerprints(s, b->fingerprint + first * s->m, b->z + first * s->n, count,
                                           NULL);
    for (size_t i = first; i < first + count; i++) {
        nalg_status status = nalg_monodromy_fingerprints(s, b->fingerprint + i * s->m, b->z + i * s->n, 1,
                                                         s->p[1 - b->task[i].vertex]);
        if (status != NALG_OK) return status;
    }
    return NALG_OK;
}

/* The last solution over a vertex was found by this path. */
static bool note_origin(nalg_monodromy_search *s, size_t vertex, const pending *by)
{
    while (s->origins[vertex] < s->store[vertex].count) {
        if (!nalg_grow((void **)&s->origin[vertex], &s->origin_capacity[vertex], s->origins[vertex],
                       sizeof *s->origin[vertex]))
            return false;
        bool last = s->origins[vertex] + 1 == s->store[vertex].count;
        s->origin[vertex][s->origins[vertex]++] =
            (nalg_monodromy_origin){last ? by->edge : NALG_NO_EDGE, last ? by->index : 0};
    }
    return true;
}

/* Enter the end of path k of the batch, `when_lost` if it has none. *conflict: another path of the same edge
 * already arrived there. */
static nalg_status enter(nalg_monodromy_search *s, const batch *b, size_t k, size_t when_lost, bool *conflict)
{
    const pending *t = &b->task[k];
    size_t to = 1 - t->vertex, found = when_lost;
    nalg_status status = NALG_OK;
    *conflict = false;
    if (b->result[k].outcome == NALG_PATH_CONVERGED) {
        const double complex *z = b->z + k * s->n, *f = b->fingerprint + k * s->m;
        found = nalg_solution_store_find(&s->store[to], f);
        if (found == NALG_NO_SOLUTION) {
            found = s->store[to].count;
            if (!nalg_solution_store_add(&s->store[to], z, f) || !note_origin(s, to, t))
                return nalg_fail_memory(s->ctx);
            status = nalg_monodromy_checkpoint_solution(s, to, found);
        }
        if (!reserve(&s->edge[t->edge], to, found + 1)) return nalg_fail_memory(s->ctx);
        size_t earlier = s->edge[t->edge].map[to][found];
        *conflict = earlier < NALG_UNDERWAY && earlier != t->index;
        if (*conflict) return status;
    }
    if (!nalg_monodromy_match(s, t->edge, t->vertex, t->index, found)) return nalg_fail_memory(s->ctx);
    if (status != NALG_OK || found == NALG_PUT_OFF) return status;
    return nalg_monodromy_checkpoint_match(s, t->edge, t->vertex, t->index, found);
}

void nalg_monodromy_forget(nalg_monodromy_search *s, size_t e, size_t v, size_t i)
{
    nalg_monodromy_edge *edge = &s->edge[e];
    if (i >= edge->length[v]) return;
    size_t j = edge->map[v][i];
    if (j < NALG_UNDERWAY) edge->map[1 - v][j] = NALG_UNTRACKED;
    if (j < NALG_UNDERWAY && edge->cursor[1 - v] > j) edge->cursor[1 - v] = j;
    edge->map[v][i] = NALG_UNTRACKED;
    if (edge->cursor[v] > i) edge->cursor[v] = i;
}

/* Paths that arrived where another did: track both again, carefully; what still conflicts is lost. */
static nalg_status resolve(nalg_monodromy_search *s, batch *b)
{
    s->result->jumps += b->conflicts;
    b->count = 0;
    for (size_t k = 0; k < b->conflicts && b->count < BATCH; k++) b->task[b->count++] = b->conflict[k];
    for (size_t k = 0; k < b->count; k++) {
        const pending *t = &b->task[k];
        b->which[k] = (uint32_t)(2 * t->edge + t->vertex);
        memcpy(b->z + k * s->n, s->store[t->vertex].z + t->index * s->n, s->n * sizeof *b->z);
        if (s->edge[t->edge].map[t->vertex][t->index] == NALG_UNTRACKED) continue;
        nalg_monodromy_forget(s, t->edge, t->vertex, t->index);
        nalg_status status = nalg_monodromy_checkpoint_match(s, t->edge, t->vertex, t->index, NALG_UNTRACKED);
        if (status != NALG_OK) return status;
    }
    nalg_status status = nalg_monodromy_track(s, b, true);
    if (status == NALG_OK) status = fingerprint(s, b, 0, b->count);
    for (size_t k = 0; status == NALG_OK && k < b->count; k++) {
        bool again;
        if (s->edge[b->task[k].edge].map[b->task[k].vertex][b->task[k].index] != NALG_UNTRACKED) continue;
        status = enter(s, b, k, NALG_LOST_PATH, &again);
        if (status != NALG_OK || !again) continue;
        s->result->lost++;
        if (!nalg_monodromy_match(s, b->task[k].edge, b->task[k].vertex, b->task[k].index, NALG_LOST_PATH))
            return nalg_fail_memory(s->ctx);
    }
    return status;
}

/* Is the set over A complete? The costly part of the test only when everything has been tracked (`thorough`).
 */
static nalg_status trace_test(nalg_monodromy_search *s, bool thorough)
{
    const nalg_trace_set set = {s->problem,        s->store[0].z, s->store[0].fingerprint,
                                s->store[0].count, s->m,          0};
    s->trace_count = set.count;
    return nalg_trace_test(s->ctx, &s->trace_passed, &s->result->trace_residual, s->result, &set,
                           s->options->trace_tolerance, thorough ? &s->options->track : NULL);
}

static void report(nalg_monodromy_search *s)
{
    char note[96];
    double rate = (double)s->result->tracked / fmax(nalg_seconds() - s->started, 1e-9);
    if (s->result->trace_residual == s->result->trace_residual)
        snprintf(note, sizeof note, "trace residual %.1e, %.0f paths/s", s->result->trace_residual, rate);
    else
        snprintf(note, sizeof note, "%.0f paths/s", rate);
    nalg_progress(s->ctx, "monodromy", s->store[0].count, s->options->expected, note);
}

/* Number of paths that are put off; take them up again (`recall`). */
static size_t put_off(nalg_monodromy_search *s, bool recall)
{
    size_t count = 0;
    for (size_t e = 0; e < s->edges; e++)
        for (size_t v = 0; v < NALG_VERTICES; v++)
            for (size_t i = 0; i < s->edge[e].length[v]; i++) {
                if (s->edge[e].map[v][i] != NALG_PUT_OFF) continue;
                count++;
                if (recall) nalg_monodromy_forget(s, e, v, i);
            }
    return count;
}

/* Everything known has been tracked along every edge, but for what was put off. With a trace test to fall
 * back on, another edge is the cheaper next try. */
static nalg_status closed(nalg_monodromy_search *s)
{
    const nalg_monodromy_options *o = s->options;
    size_t count = s->store[0].count;
    bool recall = !s->thorough && !o->leave_long && (!s->problem->trace || s->edges > FIRST_DETOUR);
    s->thorough = recall && put_off(s, true);
    if (s->thorough) return NALG_OK;
    s->quiet_edges = count == s->closed_count ? s->quiet_edges + (s->edges - s->result->edges) : 0;
    s->closed_count = count;
    s->result->edges = s->edges;
    if (s->problem->trace) {
        nalg_status status = trace_test(s, true);
        if (status != NALG_OK) return status;
    }
    nalg_monodromy_state state = {count, s->edges, s->quiet_edges, s->result->trace_residual};
    s->stop = true;
    s->reason = NALG_MONODROMY_STOPPED;
    if (o->stop && o->stop(o->user, &state)) return NALG_OK;
    s->reason = NALG_MONODROMY_TRACE;
    if (s->problem->trace && s->trace_passed) return NALG_OK;
    s->reason = NALG_MONODROMY_STAGNATED;
    /* A proved bound is known to be met; few solutions have few branch points, which many edges miss. */
    bool enough = s->quiet_edges >= (o->quiet_edges ? o->quiet_edges : QUIET_EDGES);
    if (!s->problem->trace && enough && count >= o->expected) return NALG_OK;
    s->reason = NALG_MONODROMY_LIMIT;
    if (s->edges >= (o->edge_limit ? o->edge_limit : EDGE_LIMIT)) return NALG_OK;
    s->stop = false;
    return nalg_monodromy_add_edge(s);
}

/* Have enough been found? Then the search stops. */
static bool over(nalg_monodromy_search *s)
{
    const size_t count = s->store[0].count, expected = s->options->expected, limit = s->options->limit;
    if (expected && count >= expected)
        s->reason = count > expected ? NALG_MONODROMY_INCONSISTENT : NALG_MONODROMY_EXPECTED;
    else if (limit && count >= limit)
        s->reason = NALG_MONODROMY_LIMIT;
    else
        return s->stop;
    return s->stop = true;
}

/* One more round of paths has come back. */
static nalg_status record_round(nalg_monodromy_search *s)
{
    if (!nalg_grow((void **)&s->result->found, &s->round_capacity, s->result->rounds,
                   sizeof *s->result->found))
        return nalg_fail_memory(s->ctx);
    s->result->found[s->result->rounds++] = s->store[0].count;
    return NALG_OK;
}

/* The test costs next to nothing, so it is made whenever there are new solutions; a proved bound that is not
 * met has the last word. */
static nalg_status complete(nalg_monodromy_search *s)
{
    if (!s->problem->trace || s->options->expected || s->trace_count == s->store[0].count) return NALG_OK;
    nalg_status status = trace_test(s, false);
    if (status != NALG_OK || !s->trace_passed) return status;
    s->stop = true;
    s->reason = NALG_MONODROMY_TRACE;
    return NALG_OK;
}

/* Everything is tracked that was known when the round began. */
static nalg_status end_round(nalg_monodromy_search *s)
{
    nalg_status status = record_round(s);
    if (status == NALG_OK && !over(s)) status = complete(s);
    if (status == NALG_OK) status = nalg_monodromy_checkpoint_flush(s);
    report(s);
    return status;
}

/* Count and enter paths first .. first + count - 1 of the batch: those with a detour, or the others. */
static nalg_status enter_paths(nalg_monodromy_search *s, batch *b, size_t first, size_t count, bool detour)
{
    const bool may_wait = brief(s, s->options->track.careful);
    const size_t when_lost = may_wait ? NALG_PUT_OFF : NALG_LOST_PATH;
    nalg_status status = fingerprint(s, b, first, count);
    for (size_t k = first; status == NALG_OK && k < first + count; k++) {
        bool twice;
        const pending *t = &b->task[k];
        if ((s->edge[t->edge].via != NULL) != detour) continue;
        const uint64_t lost = s->result->lost;
        nalg_monodromy_count_paths(s->result, &b->result[k], 1);
        if (may_wait) s->result->lost = lost;
        /* Both ends of a pair may be in one batch: the first to arrive has settled the other. */
        if (s->edge[t->edge].map[t->vertex][t->index] < NALG_UNDERWAY) continue;
        status = enter(s, b, k, when_lost, &twice);
        if (status != NALG_OK || !twice) continue;
        size_t to = 1 - t->vertex, found = nalg_solution_store_find(&s->store[to], b->fingerprint + k * s->m);
        size_t other = s->edge[t->edge].map[to][found];
        b->conflict[b->conflicts++] = *t;
        if (other < NALG_UNDERWAY) b->conflict[b->conflicts++] = (pending){t->edge, t->vertex, other};
    }
    return status;
}

typedef struct {
    nalg_monodromy_search *search;
    batch *batch;
} growing;

/* Some paths of a batch are over (nalg_track_stream): what they found is tracked in this batch. */
static nalg_status settled(void *user, size_t first, size_t count, size_t *total, bool *stop)
{
    const growing *g = user;
    nalg_monodromy_search *s = g->search;
    batch *b = g->batch;
    const size_t end = first + count;
    nalg_status status = enter_paths(s, b, first, count, false);
    if (status == NALG_OK && !collect(s, b, end)) status = nalg_fail_memory(s->ctx);
    bool round = end >= b->round_end && end < b->count;
    if (round) b->round_end = b->count;
    if (status == NALG_OK && (round || over(s))) status = end_round(s);
    *total = b->count;
    *stop = s->stop;
    return status;
}

static nalg_status run_batch(nalg_monodromy_search *s, batch *b)
{
    growing g = {s, b};
    const nalg_track_stream stream = {BATCH, settled, &g};
    const bool careful = s->options->track.careful, grows = brief(s, careful);
    b->round_end = b->count;
    b->conflicts = 0;
    nalg_status status = track(s, b, careful, grows ? &stream : NULL);
    if (status == NALG_OK && !grows) status = enter_paths(s, b, 0, b->count, false);
    if (status == NALG_OK && !s->stop && s->edges > FIRST_DETOUR)
        status = enter_paths(s, b, 0, b->count, true);
    for (size_t k = 0; k < b->count; k++) {
        const pending *t = &b->task[k];
        if (s->edge[t->edge].map[t->vertex][t->index] == NALG_UNDERWAY)
            nalg_monodromy_forget(s, t->edge, t->vertex, t->index);
    }
    return status == NALG_OK && b->conflicts ? resolve(s, b) : status;
}

static nalg_status search(nalg_monodromy_search *s, batch *b)
{
    nalg_status status = over(s) ? NALG_OK : complete(s);
    while (status == NALG_OK && !s->stop) {
        b->count = 0;
        if (!collect(s, b, 0)) return nalg_fail_memory(s->ctx);
        const bool tracks = b->count > 0;
        status = tracks ? run_batch(s, b) : closed(s);
        if (status == NALG_OK && !s->stop && tracks) status = end_round(s);
        if (status == NALG_OK && !s->stop && !tracks && !over(s)) status = complete(s);
    }
    if (status == NALG_OK && s->reason == NALG_MONODROMY_EXPECTED && s->problem->trace)
        status = trace_test(s, true);
    bool interrupted = status == NALG_E_INTERRUPTED || status == NALG_E_DEADLINE;
    s->result->reason = interrupted ? NALG_MONODROMY_INTERRUPTED : s->reason;
    return interrupted ? NALG_OK : status;
}

/* The second vertex and the start solutions. */
static nalg_status set_up(nalg_monodromy_search *s, batch *b)
{
    const nalg_monodromy_problem *problem = s->problem;
    if (s->q) memcpy(s->p[0], problem->p, s->q * sizeof *problem->p);
    draw_parameter(s, s->p[1], STREAM_VERTEX);
    const nalg_segment still = {s->p[0], s->p[0], NULL};
    for (size_t first = 0; first < problem->start_count; first += BATCH) {
        b->count = problem->start_count - first < BATCH ? problem->start_count - first : BATCH;
        nalg_track_job job = {.system = problem->system,
                              .segment = &still,
                              .z_start = problem->z + first * s->n,
                              .count = b->count};
        nalg_status status = nalg_track(s->ctx, b->z, b->result, &job);
        if (status == NALG_OK)
            status = nalg_monodromy_fingerprints(s, b->fingerprint, b->z, b->count, s->p[0]);
        for (size_t k = 0; status == NALG_OK && k < b->count; k++) {
            const double complex *f = b->fingerprint + k * s->m;
            if (b->result[k].outcome != NALG_PATH_CONVERGED)
                return nalg_fail(s->ctx, NALG_E_ARGUMENT, NULL, "take a generic point",
                                 "start solution %zu is not a regular solution", first + k + 1);
            if (nalg_solution_store_find(&s->store[0], f) != NALG_NO_SOLUTION) continue;
            if (!nalg_solution_store_add(&s->store[0], b->z + k * s->n, f)) status = nalg_fail_memory(s->ctx);
        }
        if (status != NALG_OK) return status;
    }
    return NALG_OK;
}

static void release(nalg_monodromy_search *s)
{
    for (size_t v = 0; v < NALG_VERTICES; v++) {
        free(s->p[v]);
        nalg_solution_store_clear(&s->store[v]);
        free(s->origin[v]);
    }
    for (size_t e = 0; e < s->edges; e++) {
        free(s->edge[e].map[0]);
        free(s->edge[e].map[1]);
        free(s->edge[e].via);
    }
    free(s->edge);
    if (s->checkpoint) fclose(s->checkpoint);
}

/* Hand the solutions over A to the result. */
static void hand_over(nalg_monodromy_search *s)
{
    nalg_monodromy_result *r = s->result;
    r->count = s->store[0].count;
    r->opposite = s->store[1].count;
    r->put_off = put_off(s, false);
    r->unknowns = s->n;
    r->fingerprint_size = s->m;
    r->z = s->store[0].z;
    s->store[0].z = NULL;
    if (s->problem->fingerprint) {
        r->fingerprint = s->store[0].fingerprint;
        s->store[0].fingerprint = NULL;
    }
    r->seconds = nalg_seconds() - s->started;
}

nalg_status nalg_monodromy(nalg_ctx *ctx, nalg_monodromy_result *out, const nalg_monodromy_problem *problem,
                           const nalg_monodromy_options *options)
{
    nalg_monodromy_options defaults;
    nalg_monodromy_options_init(&defaults);
    nalg_monodromy_result result = {.trace_residual = NAN};
    nalg_monodromy_search s = {.ctx = ctx,
                               .problem = problem,
                               .options = options ? options : &defaults,
                               .result = &result,
                               .n = nalg_system_unknowns(problem->system),
                               .q = nalg_system_parameters(problem->system),
                               .started = nalg_seconds()};
    s.m = problem->fingerprint ? nalg_system_equations(problem->fingerprint) : s.n;
    batch *b = nalg_array_zero(1, sizeof *b);
    nalg_status status = NALG_OK;
    bool ok = b != NULL;
    for (size_t v = 0; v < NALG_VERTICES; v++) {
        s.p[v] = nalg_array_zero(s.q, sizeof *s.p[v]);
        ok = nalg_solution_store_init(&s.store[v], s.n, s.m, nalg_ctx_seed(ctx)) && s.p[v] && ok;
    }
    if (b) {
        b->z = nalg_array(BATCH * s.n, sizeof *b->z);
        b->fingerprint = nalg_array(BATCH * s.m, sizeof *b->fingerprint);
        ok = ok && b->z && b->fingerprint;
    }
    if (!ok) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = set_up(&s, b);
    for (size_t e = 0; status == NALG_OK && e < EDGES_AT_START; e++) status = nalg_monodromy_add_edge(&s);
    if (status == NALG_OK) status = nalg_monodromy_checkpoint_open(&s);
    if (status == NALG_OK) status = search(&s, b);
    if (status == NALG_OK && problem->function && result.reason == NALG_MONODROMY_LIMIT)
        status = nalg_monodromy_return(&s, b);
    if (status == NALG_OK) hand_over(&s);
    release(&s);
    if (b) {
        free(b->z);
        free(b->fingerprint);
        free(b);
    }
    if (status == NALG_OK)
        *out = result;
    else
        nalg_monodromy_result_clear(&result);
    return status;
}

const char *nalg_monodromy_reason_text(nalg_monodromy_reason reason)
{
    static const char *const texts[] = {"the theorem's number was reached",
                                        "the trace test passed",
                                        "several rounds brought nothing new",
                                        "stopped",
                                        "a limit was reached",
                                        "interrupted",
                                        "the tracked solutions contradict each other"};
    return texts[reason];
}

void nalg_monodromy_result_clear(nalg_monodromy_result *result)
{
    free(result->z);
    free(result->fingerprint);
    free(result->returned);
    free(result->found);
    memset(result, 0, sizeof *result);
}
