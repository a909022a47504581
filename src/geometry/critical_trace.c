/* The trace test for critical points under any metric.
 *
 * With u = A + t B on a generic line of targets the critical points form an irreducible curve of pairs (f, t)
 * in an affine space. Under a structured metric critical points run to infinity at some t, so their sum over
 * t = const is not affine in t. Hyperplanes h + t = c with a generic linear h avoid that: by the classical
 * trace test the points of the curve in such a hyperplane are all known exactly if their sum is affine in c.
 * Monodromy over these hyperplanes finds them, starting from the known critical points moved from h = 0 to a
 * generic h. All of them are then followed back to h = 0: those that end there are the critical points for u
 * = A, the others run to infinity. Source: Leykin, Rodriguez, Sottile, Trace test, Arnold Math. J. 4 (2018),
 * sections 2 and 4 (the curve over a line stands for their multiprojective variety). SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/critical_trace.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"

enum { STREAM_LINE = 4101, STREAM_PLANE };
/* Points that move little leave a small mark on the sum when they are missing: rounding is some 1e-13. */
#define TRACE_TOLERANCE 1e-10
#define SLOTS_MOST 12

typedef struct {
    nalg_ctx *ctx;
    const nalg_critical_family *f;
    nalg_graph graph, check_samples, samples;
    int equations, values;
    nalg_system *system, *fingerprint;
    /* c and h = 0; generic ones; then, for both, what moves of the family, A and B: moving lines mix better
     * than moving planes alone. */
    double complex *flat, *plane;
    size_t count;
    size_t parameters;     /* c and h */
    double complex *start; /* the known points over `plane`, D + 1 numbers each */
    nalg_monodromy_result found;
} curve;

/* Vector nodes one after the other. */
static int joined(nalg_graph *g, int a, size_t m, int b, size_t n)
{
    int map_a, map_b;
    int32_t *to_a = nalg_graph_map_new(g, m, &map_a), *to_b = nalg_graph_map_new(g, n, &map_b);
    for (size_t i = 0; to_a && i < m; i++) to_a[i] = (int32_t)i;
    for (size_t i = 0; to_b && i < n; i++) to_b[i] = (int32_t)(m + i);
    return nalg_graph_add(g, nalg_graph_scatter(g, a, map_a, m + n), nalg_graph_scatter(g, b, map_b, m + n));
}

/* Entries first .. first + n - 1 of the path parameter's first part, c and h. */
static int parameter_part(const curve *c, nalg_graph *g, size_t first, size_t n)
{
    int map;
    int32_t *place = nalg_graph_map_new(g, n, &map);
    for (size_t i = 0; place && i < n; i++) place[i] = (int32_t)(first + i);
    return nalg_graph_gather(g, nalg_graph_input(g, 0, c->parameters, false), map);
}

static nalg_status build(curve *c)
{
    const nalg_critical_family *f = c->f;
    nalg_graph *g = &c->graph;
    size_t n = f->targets, d = f->unknowns, k = f->functionals;
    int check = f->values(f->owner, g, &c->check_samples), t = nalg_graph_parameter(g, d, 1);
    int base = nalg_graph_input(g, f->slots, n, false),
        direction = nalg_graph_input(g, f->slots + 1, n, false);
    int target = nalg_graph_add(g, base, nalg_graph_multiply(g, t, direction));
    int gradient = f->gradient(f->owner, g, &c->samples, target);
    if (g->failed || check == NALG_NO_NODE || gradient == NALG_NO_NODE) return nalg_fail_memory(c->ctx);
    int h = nalg_graph_product(g, parameter_part(c, g, 1, k), true, check, false, 1, k, 1);
    int plane = nalg_graph_subtract(g, nalg_graph_add(g, h, t), parameter_part(c, g, 0, 1));
    c->equations = joined(g, gradient, d, plane, 1);
    c->values = joined(g, check, k, t, 1);
    return g->failed || c->equations == NALG_NO_NODE || c->values == NALG_NO_NODE ? nalg_fail_memory(c->ctx)
                                                                                  : NALG_OK;
}

static nalg_status compile(curve *c)
{
    const nalg_critical_family *f = c->f;
    const double complex *input[SLOTS_MOST] = {NULL};
    bool moves[SLOTS_MOST] = {false};
    for (size_t i = 1; i < f->slots; i++) input[i] = f->input[i], moves[i] = f->moving[i];
    moves[f->slots] = moves[f->slots + 1] = true;
    nalg_system_source equations = {.graph = &c->graph,
                                    .output = c->equations,
                                    .input = input,
                                    .input_count = f->slots + 2,
                                    .moving = moves};
    nalg_system_source values = equations;
    values.output = c->values;
    nalg_status status = nalg_system_create(c->ctx, &c->system, &equations);
    return status == NALG_OK ? nalg_system_create(c->ctx, &c->fingerprint, &values) : status;
}

static double complex normal(nalg_random *r)
{
    double re = nalg_random_normal(r), im = nalg_random_normal(r);
    return CMPLX(re, im);
}

/* The line of targets, with a direction of the target's size. */
static nalg_status draw_line(curve *c)
{
    const nalg_critical_family *f = c->f;
    size_t n = f->targets, at = c->parameters;
    const double complex *u = f->target;
    double square = 0;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(c->ctx), STREAM_LINE);
    c->count = c->parameters + 2 * n;
    for (size_t i = 1; i < f->slots; i++) c->count += f->moving[i] ? f->moving_count[i] : 0;
    c->flat = nalg_array_zero(c->count, sizeof *c->flat);
    c->plane = nalg_array_zero(c->count, sizeof *c->plane);
    if (!c->flat || !c->plane) return nalg_fail_memory(c->ctx);
    for (size_t i = 1; i < f->slots; i++) {
        if (!f->moving[i]) continue;
        memcpy(c->flat + at, f->input[i], f->moving_count[i] * sizeof *c->flat);
        at += f->moving_count[i];
    }
    for (size_t i = 0; i < n; i++) square += creal(u[i] * conj(u[i]));
    double rms = sqrt(square / (double)n);
    for (size_t i = 0; i < n; i++) {
        c->flat[at + i] = u[i];
        c->flat[at + n + i] = fmax(cabs(u[i]), 0.3 * rms) * normal(&r);
    }
    memcpy(c->plane, c->flat, c->count * sizeof *c->plane);
    return NALG_OK;
}

/* A generic plane: h of the size of 1 / (values at the known points). */
static nalg_status draw_plane(curve *c, const double complex *known)
{
    size_t d = c->f->unknowns, n = c->f->functionals;
    double complex *first = nalg_array_zero(d + 1, sizeof *first), *value = nalg_array(n + 1, sizeof *value);
    nalg_status status = first && value ? NALG_OK : nalg_fail_memory(c->ctx);
    if (status == NALG_OK) memcpy(first, known, d * sizeof *first);
    if (status == NALG_OK)
        status = nalg_system_evaluate(c->ctx, value, NULL, c->fingerprint, first, 1, c->flat);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(c->ctx), STREAM_PLANE);
    if (status == NALG_OK) c->plane[0] = normal(&r);
    for (size_t k = 0; status == NALG_OK && k < n; k++)
        c->plane[1 + k] = normal(&r) / fmax(cabs(value[k]), 1e-3);
    free(first);
    free(value);
    return status;
}

/* The known critical points, from h = 0 to the generic plane. Those that get lost are left out. */
static nalg_status move_known(curve *c, const double complex *known, size_t count, size_t *moved,
                              nalg_critical_trace *out)
{
    size_t d = c->f->unknowns;
    nalg_path_result *result = nalg_array(count, sizeof *result);
    c->start = nalg_array_zero(count * (d + 1), sizeof *c->start);
    if (!result || !c->start) {
        free(result);
        return nalg_fail_memory(c->ctx);
    }
    for (size_t i = 0; i < count; i++) memcpy(c->start + i * (d + 1), known + i * d, d * sizeof *known);
    const nalg_segment segment = {c->flat, c->plane, NULL};
    nalg_track_job job = {.system = c->system, .segment = &segment, .z_start = c->start, .count = count};
    nalg_status status = nalg_track(c->ctx, c->start, result, &job);
    *moved = 0;
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        out->tracked++;
        out->steps += result[i].steps + result[i].rejected;
        if (result[i].outcome != NALG_PATH_CONVERGED)
            out->lost++;
        else
            memmove(c->start + (*moved)++ * (d + 1), c->start + i * (d + 1), (d + 1) * sizeof *c->start);
    }
    free(result);
    return status;
}

static nalg_status search(curve *c, size_t starts, size_t limit, nalg_critical_trace *out)
{
    nalg_monodromy_problem problem = {.system = c->system,
                                      .fingerprint = c->fingerprint,
                                      .z = c->start,
                                      .start_count = starts,
                                      .p = c->plane,
                                      .trace = true,
                                      .trace_parameters = 1};
    return nalg_critical_search(c->ctx, out, &c->found, &problem, limit, TRACE_TOLERANCE);
}

/* All points of the curve, followed to h = 0 along another arc than the one the known points came on. */
static nalg_status follow_back(curve *c, nalg_critical_trace *out, const nalg_critical_known *known)
{
    const double complex turn = CMPLX(0.6, 0.8);
    const nalg_segment segment = {c->plane, c->flat, &turn};
    return nalg_critical_follow(c->ctx, out, c->system, &segment, c->found.z, c->found.count, known);
}

static nalg_status run(curve *c, nalg_critical_trace *out, const double complex *z, size_t count,
                       size_t limit)
{
    const nalg_critical_known known = {z, count, c->f->unknowns, c->f->fingerprint};
    size_t starts = 0;
    nalg_status status = draw_line(c);
    if (status == NALG_OK) status = build(c);
    if (status == NALG_OK) status = compile(c);
    if (status == NALG_OK) status = draw_plane(c, z);
    if (status == NALG_OK) status = move_known(c, z, count, &starts, out);
    if (status == NALG_OK && starts) status = search(c, starts, limit, out);
    return status == NALG_OK && starts && out->complete ? follow_back(c, out, &known) : status;
}

nalg_status nalg_critical_trace_test(nalg_ctx *ctx, nalg_critical_trace *out,
                                     const nalg_critical_family *family, const double complex *known,
                                     size_t count, size_t limit)
{
    curve c = {.ctx = ctx, .f = family, .parameters = 1 + family->functionals};
    nalg_critical_trace result = {.residual = NAN};
    nalg_graph_init(&c.graph);
    nalg_graph_init(&c.samples);
    nalg_graph_init(&c.check_samples);
    nalg_status status = run(&c, &result, known, count, limit);
    nalg_graph_clear(&c.graph);
    nalg_graph_clear(&c.samples);
    nalg_graph_clear(&c.check_samples);
    nalg_system_free(c.system);
    nalg_system_free(c.fingerprint);
    nalg_monodromy_result_clear(&c.found);
    free(c.flat);
    free(c.plane);
    free(c.start);
    if (status == NALG_OK)
        *out = result;
    else
        nalg_critical_trace_clear(&result);
    return status;
}
