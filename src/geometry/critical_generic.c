/* Metrics s G + diag(w), with s and w numbers that move: G is the special metric, a random member is a
 * generic one.
 *
 * Under a generic metric no critical point runs to infinity when the target moves, so the trace test in the
 * target tells when all are known. On a generic segment from there to s = 1, w = 0 every isolated critical
 * point is the end of a path (parameter continuation); paths that end nowhere belong to points that the
 * special metric sends to infinity or into the singular part. Sources: Morgan, Sommese, Coefficient-parameter
 * polynomial continuation, Appl. Math. Comput. 29 (1989); Draisma et al., The Euclidean distance degree,
 * Found. Comput. Math. 16 (2016). SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/critical_generic.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"

enum { STREAM_MIXTURE = 4201 };

typedef struct {
    nalg_ctx *ctx;
    const nalg_critical_system *c;
    nalg_graph graph, samples;
    nalg_system *system;
    double complex *from, *to; /* u, w, s: 2 N + 1 numbers */
    nalg_monodromy_result found;
} mixture;

static nalg_status build(mixture *m)
{
    const double complex *input[NALG_CRITICAL_MIXED_SLOTS];
    const bool moving[NALG_CRITICAL_MIXED_SLOTS] = {[NALG_CRITICAL_MIXTURE] = true};
    int gradient = nalg_critical_mixture_node(m->c, &m->graph, &m->samples);
    if (m->graph.failed || gradient == NALG_NO_NODE) return nalg_fail_memory(m->ctx);
    nalg_critical_system_inputs(m->c, input);
    input[NALG_CRITICAL_MIXTURE] = NULL;
    const nalg_system_source source = {.graph = &m->graph,
                                       .output = gradient,
                                       .input = input,
                                       .input_count = NALG_CRITICAL_MIXED_SLOTS,
                                       .moving = moving};
    return nalg_system_create(m->ctx, &m->system, &source);
}

static double complex on_circle(nalg_random *r, double size)
{
    double modulus = size * (0.5 + nalg_random_unit(r)), angle = 2 * M_PI * nalg_random_unit(r);
    return CMPLX(modulus * cos(angle), modulus * sin(angle));
}

/* A generic member, the target for which the start weights are critical under it, and the special metric. */
static nalg_status draw(mixture *m)
{
    const size_t n = m->c->metric.size;
    const double complex *form = m->c->metric.form;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(m->ctx), STREAM_MIXTURE);
    double complex *mixed = nalg_array(n * n, sizeof *mixed);
    m->from = nalg_array_zero(2 * n + 1, sizeof *m->from);
    m->to = nalg_array_zero(2 * n + 1, sizeof *m->to);
    nalg_status status = mixed && m->from && m->to ? NALG_OK : nalg_fail_memory(m->ctx);
    if (status == NALG_OK) {
        double complex s = m->from[2 * n] = on_circle(&r, 1);
        for (size_t i = 0; i < n * n; i++) mixed[i] = s * form[i];
        for (size_t i = 0; i < n; i++) {
            m->from[n + i] = on_circle(&r, cabs(form[i * n + i]));
            mixed[i * n + i] += m->from[n + i];
        }
        memcpy(m->to, m->c->target, n * sizeof *m->to);
        m->to[2 * n] = 1;
        status = nalg_critical_choose_target(m->ctx, m->from, m->c, mixed);
    }
    free(mixed);
    return status;
}

static nalg_status search(mixture *m, nalg_critical_trace *out, size_t limit)
{
    const nalg_interpolation *base = &m->c->base;
    const nalg_monodromy_problem problem = {.system = m->system,
                                            .fingerprint = base->fingerprint,
                                            .z = base->z,
                                            .start_count = 1,
                                            .p = m->from,
                                            .trace = true,
                                            .trace_parameters = m->c->metric.size};
    return nalg_critical_search(m->ctx, out, &m->found, &problem, limit, NALG_CRITICAL_TRACE_TOLERANCE);
}

nalg_status nalg_critical_from_generic(nalg_ctx *ctx, nalg_critical_trace *out,
                                       const nalg_critical_system *system, const double complex *known,
                                       size_t count, size_t limit)
{
    mixture m = {.ctx = ctx, .c = system};
    nalg_critical_trace result = {.residual = NAN};
    nalg_graph_init(&m.graph);
    nalg_graph_init(&m.samples);
    nalg_status status = build(&m);
    if (status == NALG_OK) status = draw(&m);
    if (status == NALG_OK) status = search(&m, &result, limit);
    if (status == NALG_OK && result.complete) {
        const nalg_segment segment = {m.from, m.to, NULL};
        const nalg_critical_known points = {known, count, system->base.dimension, system->base.fingerprint};
        status = nalg_critical_follow(ctx, &result, m.system, &segment, m.found.z, m.found.count, &points);
    }
    nalg_graph_clear(&m.graph);
    nalg_graph_clear(&m.samples);
    nalg_system_free(m.system);
    nalg_monodromy_result_clear(&m.found);
    free(m.from);
    free(m.to);
    if (status == NALG_OK)
        *out = result;
    else
        nalg_critical_trace_clear(&result);
    return status;
}
