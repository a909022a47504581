/* From a generic instance to the data.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/critical_set.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "geometry/critical_theorem.h"
#include "learning/dense_algebra.h"

#define QUIET_EDGES 5
/* Most points of the curve of the trace test: so many for each critical point, and so many more. */
#define CURVE_FACTOR 10
#define CURVE_BASE 200
#define START_POINTS 10
#define GOOD_CONDITION 1e4
#define ARCS 4            /* tried for the way to the data */
#define CLOSE_TO_END 0.01 /* paths lost there are lost for what the data is, not for their way */
enum { STREAM_INPUTS = 6201, STREAM_UNKNOWNS, STREAM_RESIDUAL, STREAM_TURN };

typedef struct {
    nalg_ctx *ctx;
    const nalg_loss_form *form;
    const nalg_loss_system *target; /* moving form */
    const nalg_critical_set_options *options;
    size_t samples; /* of the generic instance */
    double *inputs;
    nalg_loss_system instance;
    double complex *z, *p; /* start solution; y, then the inputs */
    nalg_monodromy_result found;
} search;

/* As many samples as determine a function, and one more: then the critical points are as many as for any
 * larger number of samples. */
static nalg_status draw_instance(search *s)
{
    size_t outputs = s->form->outputs, n = s->form->inputs;
    s->samples = (s->form->size + outputs - 1) / outputs + 1;
    s->inputs = nalg_array(s->samples * n, sizeof *s->inputs);
    if (!s->inputs) return nalg_fail_memory(s->ctx);
    nalg_status status = nalg_loss_generic_inputs(s->ctx, s->inputs, s->form, STREAM_INPUTS, s->samples);
    return status == NALG_OK ? nalg_loss_system_create(s->ctx, &s->instance, NALG_GRADIENT_SAMPLES,
                                                       s->target->chart, s->form, s->inputs, s->samples)
                             : status;
}

/* v := v - J (J^T J)^-1 J^T v, so that J^T v = 0; nothing for a J without full rank. */
static nalg_status project(nalg_ctx *ctx, double complex *v, const double complex *jacobian, size_t values,
                           size_t n)
{
    double complex *square = nalg_array_zero(n * n, sizeof *square),
                   *right = nalg_array_zero(n, sizeof *right);
    nalg_status status = square && right ? NALG_OK : nalg_fail_memory(ctx);
    bool ok = status == NALG_OK;
    for (size_t i = 0; ok && i < n; i++)
        for (size_t k = 0; k < values; k++) {
            right[i] += jacobian[k * n + i] * v[k];
            for (size_t j = 0; j < n; j++) square[i * n + j] += jacobian[k * n + i] * jacobian[k * n + j];
        }
    ok = ok && nalg_complex_solve(square, right, n, 1);
    for (size_t k = 0; ok && k < values; k++)
        for (size_t i = 0; i < n; i++) v[k] -= jacobian[k * n + i] * right[i];
    free(square);
    free(right);
    return status;
}

/* Targets for which a random point is critical: y = f - r for a random r orthogonal to the derivatives. */
static nalg_status choose_targets(search *s, uint64_t attempt)
{
    size_t d = s->instance.chart->dimension, values = s->instance.values, n = s->form->inputs;
    double complex *f = nalg_array(values, sizeof *f), *jacobian = nalg_array(values * d, sizeof *jacobian),
                   *r = nalg_array(values, sizeof *r);
    nalg_status status = f && jacobian && r ? NALG_OK : nalg_fail_memory(s->ctx);
    nalg_random random = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_UNKNOWNS),
                noise = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_RESIDUAL);
    random.counter = noise.counter = attempt << 32;
    for (size_t i = 0; status == NALG_OK && i < d; i++) {
        double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
        s->z[i] = CMPLX(re, im);
    }
    if (status == NALG_OK)
        status = nalg_system_evaluate(s->ctx, f, jacobian, s->instance.value_system, s->z, 1, NULL);
    double size = 0;
    for (size_t k = 0; status == NALG_OK && k < values; k++) size = fmax(size, cabs(f[k]));
    for (size_t k = 0; status == NALG_OK && k < values; k++) {
        double re = nalg_random_normal(&noise), im = nalg_random_normal(&noise);
        r[k] = size * CMPLX(re, im);
    }
    if (status == NALG_OK) status = project(s->ctx, r, jacobian, values, d);
    for (size_t k = 0; status == NALG_OK && k < values; k++) s->p[k] = f[k] - r[k];
    if (status == NALG_OK) memcpy(s->p + values, s->instance.x, n * s->samples * sizeof *s->p);
    free(f);
    free(jacobian);
    free(r);
    return status;
}

/* The condition of the chosen point; infinite when Newton's method does not stay there. */
static nalg_status find_condition(search *s, double *condition)
{
    const nalg_segment still = {s->p, s->p, NULL};
    nalg_path_result path;
    double complex *end = nalg_array(s->instance.chart->dimension, sizeof *end);
    nalg_track_job job = {.system = s->instance.system, .segment = &still, .z_start = s->z, .count = 1};
    nalg_status status = end ? nalg_track(s->ctx, end, &path, &job) : nalg_fail_memory(s->ctx);
    free(end);
    *condition = status == NALG_OK && path.outcome == NALG_PATH_CONVERGED ? path.condition : INFINITY;
    return status;
}

/* A start point that is well conditioned, or the best of some. */
static nalg_status choose_start(search *s)
{
    double least = INFINITY, condition = INFINITY;
    uint64_t best = 0;
    s->z = nalg_array(s->instance.chart->dimension, sizeof *s->z);
    s->p = nalg_array_zero(s->instance.parameters, sizeof *s->p);
    nalg_status status = s->z && s->p ? NALG_OK : nalg_fail_memory(s->ctx);
    for (uint64_t attempt = 0; status == NALG_OK && attempt < START_POINTS && !(least < GOOD_CONDITION);
         attempt++) {
        status = choose_targets(s, attempt);
        if (status == NALG_OK) status = find_condition(s, &condition);
        if (condition < least) least = condition, best = attempt;
    }
    return status == NALG_OK && condition > least ? choose_targets(s, best) : status;
}

/* Paths of loops that pass close to infinity are long: the trace test tells whether they are needed. */
static nalg_status solve_instance(search *s, bool leave_long)
{
    nalg_monodromy_problem problem = {.system = s->instance.system,
                                      .fingerprint = s->target->value_system,
                                      .z = s->z,
                                      .start_count = 1,
                                      .p = s->p};
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = s->options->limit;
    options.quiet_edges = s->options->quiet_edges ? s->options->quiet_edges : QUIET_EDGES;
    options.expected = s->options->expected;
    options.leave_long = leave_long;
    nalg_status status = nalg_monodromy(s->ctx, &s->found, &problem, &options);
    if (status == NALG_OK && s->found.reason == NALG_MONODROMY_INTERRUPTED) {
        status = nalg_checkpoint(s->ctx);
        if (status == NALG_OK) status = nalg_fail(s->ctx, NALG_E_INTERRUPTED, NULL, NULL, "interrupted");
    }
    if (status == NALG_OK && s->found.reason == NALG_MONODROMY_LIMIT && options.limit &&
        s->found.count >= options.limit)
        status = nalg_fail(s->ctx, NALG_E_LIMIT, "limit", "allow more with --limit, or use a smaller model",
                           "more than %zu critical points", options.limit);
    return status;
}

/* Are these all? The trace test on the curve over a line of targets, which may also find what loops missed.
 */
static nalg_status complete(search *s, nalg_critical_set *out)
{
    const size_t count = s->found.count;
    nalg_loss_curve curve;
    nalg_critical_trace trace = {0};
    out->trace_residual = NAN;
    out->completeness = NALG_COMPLETE_UNKNOWN;
    if (s->found.reason == NALG_MONODROMY_EXPECTED) out->completeness = NALG_COMPLETE_THEOREM;
    if (s->found.reason != NALG_MONODROMY_STAGNATED || !s->options->trace) return NALG_OK;
    nalg_critical_family family = nalg_loss_family(&curve, &s->instance, s->target, s->form, s->p);
    nalg_status status = nalg_critical_trace_test(s->ctx, &trace, &family, s->found.z, count,
                                                  CURVE_FACTOR * count + CURVE_BASE);
    if (status != NALG_OK) return status;
    status = nalg_critical_merge(s->ctx, &s->found, &trace);
    out->completeness = trace.complete ? NALG_COMPLETE_TRACE : NALG_COMPLETE_UNKNOWN;
    out->curve_degree = trace.degree;
    out->trace_residual = trace.residual;
    nalg_critical_trace_clear(&trace);
    return status;
}

/* The instance's form and b on the basis. */
static nalg_status instance_form(search *s, double complex *from)
{
    size_t a = s->form->size, m = s->form->outputs, rows = s->samples * m;
    double *matrix = nalg_array(rows * a, sizeof *matrix), *form = nalg_array_zero(a * a, sizeof *form);
    nalg_status status = matrix && form
                             ? nalg_loss_interpolate(s->ctx, matrix, s->form, s->inputs, s->samples)
                             : nalg_fail_memory(s->ctx);
    for (size_t i = 0; status == NALG_OK && i < a; i++) {
        from[i] = 0;
        for (size_t k = 0; k < rows; k++) {
            from[i] += matrix[k * a + i] * s->p[k % m * s->samples + k / m];
            for (size_t j = 0; j < a; j++) form[i * a + j] += matrix[k * a + i] * matrix[k * a + j];
        }
    }
    if (status == NALG_OK) nalg_loss_pack(from + a, form, a);
    free(matrix);
    free(form);
    return status;
}

static void count_ends(nalg_critical_set *out)
{
    out->regular = out->singular = out->infinite = out->unsettled = 0;
    for (size_t k = 0; k < out->count; k++) switch (out->end[k].outcome) {
        case NALG_PATH_CONVERGED:
            out->regular++;
            break;
        case NALG_PATH_SINGULAR:
            out->singular++;
            break;
        case NALG_PATH_DIVERGED:
            out->infinite++;
            break;
        default:
            out->unsettled++;
        }
}

/* Was a path lost on its way? */
static bool lost_on_the_way(const nalg_critical_set *out)
{
    for (size_t k = 0; k < out->count; k++)
        if (out->end[k].outcome == NALG_PATH_LOST && out->end[k].t < 1 - CLOSE_TO_END) return true;
    return false;
}

/* All paths to the data along one arc. */
static nalg_status follow_arc(search *s, nalg_critical_set *out, const double complex *from,
                              const double complex *to, uint64_t number)
{
    nalg_random random = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_TURN);
    random.counter = number << 32;
    double angle = 0.6 + 1.2 * nalg_random_unit(&random);
    double complex turn = CMPLX(cos(angle), sin(angle));
    nalg_segment segment = {from, to, &turn};
    nalg_track_job job = {.system = s->target->system,
                          .segment = &segment,
                          .z_start = s->found.z,
                          .count = s->found.count,
                          .options = {.endgame = true}};
    nalg_status status = nalg_track(s->ctx, out->z, out->end, &job);
    if (status == NALG_OK) count_ends(out);
    return status;
}

/* Where a path gets lost on its way, as close to infinity, all of them take another arc: the ends may come in
 * another order. */
static nalg_status follow(search *s, nalg_critical_set *out)
{
    size_t a = s->form->size, q = s->target->parameters, count = s->found.count, d = out->unknowns;
    double complex *from = nalg_array(q, sizeof *from), *to = nalg_array(q, sizeof *to);
    out->count = count;
    out->z = nalg_array(count * d, sizeof *out->z);
    out->e = nalg_array(count * a, sizeof *out->e);
    out->end = nalg_array(count, sizeof *out->end);
    nalg_status status =
        from && to && out->z && out->e && out->end ? instance_form(s, from) : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; i < a; i++) to[i] = s->form->linear[i];
        nalg_loss_pack(to + a, s->form->form, a);
    }
    for (uint64_t k = 0; status == NALG_OK && k < ARCS && (k == 0 || lost_on_the_way(out)); k++)
        status = follow_arc(s, out, from, to, k);
    if (status == NALG_OK)
        status = nalg_system_evaluate(s->ctx, out->e, NULL, s->target->value_system, out->z, count, NULL);
    free(from);
    free(to);
    return status;
}

nalg_status nalg_critical_set_find(nalg_ctx *ctx, nalg_critical_set *out, const nalg_loss_form *form,
                                   const nalg_loss_system *form_system,
                                   const nalg_critical_set_options *options)
{
    static const nalg_critical_set_options none = {0};
    search s = {.ctx = ctx, .form = form, .target = form_system, .options = options ? options : &none};
    nalg_critical_set set = {.unknowns = form_system->chart->dimension, .values = form->size};
    nalg_status status = draw_instance(&s);
    if (status == NALG_OK) status = choose_start(&s);
    const bool tested = s.options->trace && !s.options->expected;
    if (status == NALG_OK) status = solve_instance(&s, tested);
    if (status == NALG_OK) status = complete(&s, &set);
    if (status == NALG_OK && tested && !s.options->brief && set.completeness == NALG_COMPLETE_UNKNOWN &&
        s.found.put_off) {
        nalg_monodromy_result_clear(&s.found);
        status = solve_instance(&s, false);
        if (status == NALG_OK) status = complete(&s, &set);
    }
    if (status == NALG_OK) {
        set.generic = s.found.count;
        set.reason = s.found.reason;
        set.tracked = s.found.tracked;
        set.lost = s.found.lost;
        set.jumps = s.found.jumps;
        status = follow(&s, &set);
    }
    nalg_loss_system_clear(&s.instance);
    nalg_monodromy_result_clear(&s.found);
    free(s.inputs);
    free(s.z);
    free(s.p);
    if (status == NALG_OK)
        *out = set;
    else
        nalg_critical_set_clear(&set);
    return status;
}

size_t nalg_critical_set_expected(const nalg_loss_form *form, const nalg_chart *chart)
{
    const nalg_metric like_data = {.kind = NALG_METRIC_DATA, .determined = true};
    const char *source;
    fmpz_t value;
    if (chart->dimension == form->size) return 1; /* all functions of a linear space: least squares */
    if (form->size < form->ambient) return 0;
    fmpz_init(value);
    bool known = nalg_critical_published(value, &source, form->model, &like_data) && fmpz_abs_fits_ui(value);
    size_t count = known ? fmpz_get_ui(value) : 0;
    fmpz_clear(value);
    return count;
}

const char *nalg_completeness_text(nalg_completeness c)
{
    return c == NALG_COMPLETE_THEOREM ? "theorem"
           : c == NALG_COMPLETE_TRACE ? "trace test"
                                      : "rounds of monodromy brought nothing new";
}

void nalg_critical_set_clear(nalg_critical_set *s)
{
    free(s->z);
    free(s->e);
    free(s->end);
    *s = (nalg_critical_set){0};
}
