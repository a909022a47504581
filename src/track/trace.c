/* Both trace tests; the curvature test works in lanes, chunks of solutions on threads, and adds up in the
 * order of the solutions. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track/trace.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "track/lanes.h"
#include "track/system_internal.h"

#define D NALG_LANE_DOUBLES
#define L NALG_LANES
#define STREAM_TRACE 0x6d71u
#define LINES 2
#define TRACE_TOLERANCE 1e-6
/* The residual of the curvature test must be rounding and nothing else: below the first multiple of its
 * estimate (complete sets are seen below ten times). Below the second multiple it may be, and the tracked
 * test is asked. */
#define NOISE_MARGIN 100.0
#define NOISE_OPEN 1e4
#define NOISE_LEAST 1e-12
#define STRIDE 3 /* Taylor coefficients 0, 1, 2 */
/* Second coefficients below this share of the values count as small: a space of functions that is linear has
 * none at all. */
#define SMALL_SHARE 1e-3
/* Solutions of one task of the curvature test. */
#define CHUNK ((size_t)(8 * L))
/* Paths of one call of the tracker. */
#define BATCH ((size_t)2048)

static const nalg_system *fingerprint_system(const nalg_trace_set *s)
{
    return s->problem->fingerprint;
}

/* A random direction for the parameters that move, of their size; 0 for the others. */
static double complex *draw_line(nalg_ctx *ctx, const nalg_trace_set *set, uint64_t line)
{
    const nalg_monodromy_problem *problem = set->problem;
    size_t q = nalg_system_parameters(problem->system),
           moving = problem->trace_parameters ? problem->trace_parameters : q;
    double complex *v = nalg_array_zero(q, sizeof *v);
    nalg_random random =
        nalg_random_stream(nalg_ctx_seed(ctx), STREAM_TRACE + ((set->first_line + line) << 32));
    double square = 0;
    for (size_t i = 0; i < moving; i++) square += creal(problem->p[i] * conj(problem->p[i]));
    double rms = square > 0 ? sqrt(square / (double)moving) : 1;
    for (size_t i = 0; v && i < moving; i++) {
        double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
        v[i] = rms * CMPLX(re, im);
    }
    return v;
}

/* ---- curvature ---- */

typedef struct {
    const nalg_trace_set *set;
    double complex *line[LINES];
    double complex *second; /* LINES x count x m: second Taylor coefficients of the fingerprints */
    double *error;          /* count x m: their errors, an estimate; the worst line */
} curvature;

/* Memories of one task. */
typedef struct {
    const nalg_lane_kernels *kernels;
    const nalg_system *system;
    double *newton, *series, *values,
        *x; /* tapes' registers, series of the system and the fingerprint, n registers */
    nalg_lane_matrix matrix;
} workspace;

static void release(workspace *w)
{
    free(w->newton);
    free(w->series);
    free(w->values);
    free(w->x);
    free(w->matrix.scale);
    free(w->matrix.pivot);
    free(w->matrix.exchanged);
}

static double *lanes(size_t registers)
{
    double *x = nalg_array_aligned((registers + 1) * D, sizeof *x);
    if (x) memset(x, 0, (registers + 1) * D * sizeof *x);
    return x;
}

static bool prepare(workspace *w, const nalg_trace_set *set)
{
    const nalg_system *s = set->problem->system, *f = fingerprint_system(set);
    size_t n = s->unknowns;
    *w = (workspace){.kernels = nalg_lane_kernels_best(), .system = s};
    w->newton = lanes(s->jacobian.registers);
    w->series = lanes(s->value.registers * STRIDE);
    w->values = lanes(f ? f->value.registers * STRIDE : 0);
    w->x = lanes(n);
    w->matrix = (nalg_lane_matrix){.n = n,
                                   .stride = s->stride,
                                   .scale = nalg_array_zero((n + 1) * L, sizeof(double)),
                                   .pivot = nalg_array_zero(n * L, sizeof(uint32_t)),
                                   .exchanged = nalg_array_zero(n + 1, 1)};
    if (!w->newton || !w->series || !w->values || !w->x || !w->matrix.scale || !w->matrix.pivot ||
        !w->matrix.exchanged)
        return false;
    w->matrix.smallest = w->matrix.scale + n * L;
    w->matrix.entry = w->newton + (n + s->parameters + s->equations) * D;
    return true;
}

/* Register r := the same number in all lanes. */
static void spread(double *memory, size_t r, double complex value)
{
    for (size_t l = 0; l < L; l++) memory[r * D + l] = creal(value), memory[r * D + L + l] = cimag(value);
}

/* Parameters and their direction as series: coefficients 0 and 1 of registers first .. first + q. */
static void spread_line(double *series, size_t first, size_t q, const double complex *p,
                        const double complex *v)
{
    for (size_t i = 0; i < q; i++) {
        spread(series, (first + i) * STRIDE, p[i]);
        spread(series, (first + i) * STRIDE + 1, v[i]);
        spread(series, (first + i) * STRIDE + 2, 0);
    }
}

/* Jacobian at the solutions, factored; one more Newton correction. */
static void linearise(workspace *w, const nalg_trace_set *set, size_t first, size_t count)
{
    size_t n = w->system->unknowns, q = w->system->parameters;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < L; l++) {
            double complex z = set->z[(first + (l < count ? l : count - 1)) * n + i];
            w->newton[i * D + l] = creal(z), w->newton[i * D + L + l] = cimag(z);
        }
    for (size_t i = 0; i < q; i++) spread(w->newton, n + i, set->problem->p[i]);
    w->kernels->run(&w->system->jacobian, w->newton);
    memcpy(w->x, w->newton + (n + q) * D, n * D * sizeof(double));
    w->kernels->factor(&w->matrix);
    w->kernels->solve(&w->matrix, w->x);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < D; l++) w->series[i * STRIDE * D + l] = w->newton[i * D + l] - w->x[i * D + l];
}

/* Coefficient k of the solutions gains -A^-1 (coefficient k of F): the coefficient itself when it was 0, a
 * refinement afterwards. */
static void solve_order(workspace *w, size_t k)
{
    size_t n = w->system->unknowns, q = w->system->parameters;
    w->kernels->series(&w->system->value, w->series, STRIDE, k, true);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < D; l++) w->x[i * D + l] = -w->series[((n + q + i) * STRIDE + k) * D + l];
    w->kernels->solve(&w->matrix, w->x);
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < D; l++) w->series[(i * STRIDE + k) * D + l] += w->x[i * D + l];
}

/* The fingerprints' coefficients of order 2 as they are now: m registers. */
static const double *second_values(workspace *w, const curvature *c, size_t line)
{
    const nalg_trace_set *set = c->set;
    const nalg_system *f = fingerprint_system(set);
    const size_t n = w->system->unknowns;
    if (!f) return w->series;
    memcpy(w->values, w->series, n * STRIDE * D * sizeof(double));
    if (f->parameters) spread_line(w->values, n, f->parameters, set->problem->p, c->line[line]);
    for (size_t k = 1; k < STRIDE; k++) w->kernels->series(&f->value, w->values, STRIDE, k, true);
    return w->values + (n + f->parameters) * STRIDE * D;
}

static double complex entry(const double *values, size_t i, size_t l)
{
    const double *x = values + (i * STRIDE + 2) * D;
    return CMPLX(x[l], x[L + l]);
}

/* Second coefficients of the fingerprints of up to L solutions along one line. What the last refinement
 * changes in them is their error: large coefficients of the solutions may cancel in a function's. */
static void expand(workspace *w, const curvature *c, size_t line, size_t first, size_t count)
{
    const nalg_trace_set *set = c->set;
    const size_t n = w->system->unknowns, m = set->m;
    double complex *second = c->second + (line * set->count + first) * m;
    double *error = c->error + first * m;
    spread_line(w->series, n, w->system->parameters, set->problem->p, c->line[line]);
    for (size_t i = 0; i < n; i++) memset(w->series + (i * STRIDE + 1) * D, 0, 2 * D * sizeof(double));
    solve_order(w, 1), solve_order(w, 1), solve_order(w, 2);
    const double *values = second_values(w, c, line);
    for (size_t l = 0; l < count; l++)
        for (size_t i = 0; i < m; i++) second[l * m + i] = entry(values, i, l);
    solve_order(w, 2);
    values = second_values(w, c, line);
    for (size_t l = 0; l < count; l++)
        for (size_t i = 0; i < m; i++) {
            double complex refined = entry(values, i, l);
            error[l * m + i] = fmax(error[l * m + i], cabs(refined - second[l * m + i]));
            second[l * m + i] = refined;
        }
}

static nalg_status curvature_task(void *user, size_t index, int worker)
{
    const curvature *c = user;
    workspace w;
    (void)worker;
    bool ok = prepare(&w, c->set);
    size_t end = (index + 1) * CHUNK < c->set->count ? (index + 1) * CHUNK : c->set->count;
    for (size_t first = index * CHUNK; ok && first < end; first += L) {
        size_t count = end - first < L ? end - first : L;
        linearise(&w, c->set, first, count);
        for (size_t line = 0; line < LINES; line++) expand(&w, c, line, first, count);
    }
    release(&w);
    return ok ? NALG_OK : NALG_E_MEMORY;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x, size_t n)
{
    qsort(x, n, sizeof *x, compare_doubles);
    return x[n / 2];
}

/* The sums of one line, component by component. `size` is room for count numbers. */
static void judge_line(const curvature *c, size_t line, double *size, double *residual, double *noise)
{
    const nalg_trace_set *set = c->set;
    for (size_t i = 0; i < set->m; i++) {
        double complex sum = 0;
        double error = 0;
        for (size_t k = 0; k < set->count; k++) size[k] = cabs(set->fingerprint[k * set->m + i]);
        double scale = SMALL_SHARE * median(size, set->count);
        for (size_t k = 0; k < set->count; k++) {
            double complex a = c->second[(line * set->count + k) * set->m + i];
            sum += a;
            error += c->error[k * set->m + i] + cabs(set->fingerprint[k * set->m + i]) * 0x1p-52;
            size[k] = cabs(a);
        }
        scale = fmax(fmax(scale, median(size, set->count)), 1e-300);
        double r = cabs(sum) / scale;
        *residual = r <= *residual ? *residual : r; /* a NaN stays */
        *noise = fmax(*noise, error / scale);
    }
}

nalg_status nalg_trace_curvature(nalg_ctx *ctx, double *residual, double *noise, const nalg_trace_set *set)
{
    curvature c = {.set = set,
                   .second = nalg_array(LINES * set->count * set->m, sizeof *c.second),
                   .error = nalg_array_zero(set->count * set->m, sizeof *c.error)};
    double *size = nalg_array(set->count, sizeof *size);
    bool ok = c.second && c.error && size;
    for (size_t line = 0; line < LINES; line++) ok = (c.line[line] = draw_line(ctx, set, line)) && ok;
    nalg_status status =
        ok ? nalg_parallel(ctx, (set->count + CHUNK - 1) / CHUNK, curvature_task, &c) : NALG_E_MEMORY;
    if (status == NALG_OK) {
        *residual = *noise = 0;
        for (size_t line = 0; line < LINES; line++) judge_line(&c, line, size, residual, noise);
        if (*residual != *residual) *residual = INFINITY;
    }
    for (size_t line = 0; line < LINES; line++) free(c.line[line]);
    free(c.second);
    free(c.error);
    free(size);
    return status == NALG_E_MEMORY ? nalg_fail_memory(ctx) : status;
}

/* ---- tracked ---- */

void nalg_monodromy_count_paths(nalg_monodromy_result *result, const nalg_path_result *path, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        result->tracked++;
        result->steps += path[i].steps + path[i].rejected;
        result->retracked += path[i].attempts > 1;
        result->double_double += path[i].double_double;
        result->lost += path[i].outcome != NALG_PATH_CONVERGED;
    }
}

/* Sum of fingerprints over the solutions z over p, which are moved there along a segment first, in place.
 * *complete becomes false if a path is lost. */
static nalg_status tracked_sum(nalg_ctx *ctx, double complex *sum, double complex *z, bool *complete,
                               nalg_monodromy_result *paths, const nalg_trace_set *set,
                               const nalg_segment *segment, const nalg_track_options *options)
{
    const nalg_system *f = fingerprint_system(set);
    size_t n = nalg_system_unknowns(set->problem->system), m = set->m;
    nalg_path_result *result = nalg_array(BATCH, sizeof *result);
    double complex *value = nalg_array(BATCH * m, sizeof *value);
    nalg_status status = result && value ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t first = 0; status == NALG_OK && *complete && first < set->count; first += BATCH) {
        size_t part = set->count - first < BATCH ? set->count - first : BATCH;
        nalg_track_job job = {.system = set->problem->system,
                              .segment = segment,
                              .z_start = z + first * n,
                              .count = part,
                              .options = *options};
        job.options.endgame = false;
        status = nalg_track(ctx, z + first * n, result, &job);
        if (status == NALG_OK && f)
            status = nalg_system_evaluate(ctx, value, NULL, f, z + first * n, part, segment->to);
        else if (status == NALG_OK)
            memcpy(value, z + first * n, part * n * sizeof *z);
        if (status != NALG_OK) break;
        nalg_monodromy_count_paths(paths, result, part);
        for (size_t k = 0; k < part; k++) {
            *complete = *complete && result[k].outcome == NALG_PATH_CONVERGED;
            for (size_t i = 0; i < m; i++) sum[i] += value[k * m + i];
        }
    }
    free(result);
    free(value);
    return status;
}

/* Relative to the mean size of a fingerprint: a solution that is missing shows whatever the number of the
 * others. */
static double collinearity(const nalg_trace_set *set, const double complex *middle, const double complex *end)
{
    double residual = 0;
    for (size_t i = 0; i < set->m; i++) {
        double complex start = 0;
        double size = 0;
        for (size_t k = 0; k < set->count; k++) {
            start += set->fingerprint[k * set->m + i];
            size += cabs(set->fingerprint[k * set->m + i]);
        }
        residual =
            fmax(residual, cabs(middle[i] - (start + end[i]) / 2) / fmax(size / (double)set->count, 1e-300));
    }
    return residual;
}

nalg_status nalg_trace_tracked(nalg_ctx *ctx, double *residual, nalg_monodromy_result *count,
                               const nalg_trace_set *set, const nalg_track_options *options)
{
    const nalg_system *system = set->problem->system;
    const size_t m = set->m, n = nalg_system_unknowns(system), q = nalg_system_parameters(system);
    double complex *line = draw_line(ctx, set, 0), *sum = nalg_array_zero(2 * m, sizeof *sum),
                   *point = nalg_array(2 * q, sizeof *point);
    double complex *z = nalg_array(set->count * n, sizeof *z);
    nalg_status status = line && sum && point && z ? NALG_OK : nalg_fail_memory(ctx);
    bool complete = true;
    for (size_t i = 0; status == NALG_OK && i < q; i++) {
        point[i] = set->problem->p[i] + line[i] / 2;
        point[q + i] = set->problem->p[i] + line[i];
    }
    const nalg_segment first = {set->problem->p, point, NULL}, second = {point, point + q, NULL};
    if (status == NALG_OK) memcpy(z, set->z, set->count * n * sizeof *z);
    if (status == NALG_OK) status = tracked_sum(ctx, sum, z, &complete, count, set, &first, options);
    if (status == NALG_OK) status = tracked_sum(ctx, sum + m, z, &complete, count, set, &second, options);
    if (status == NALG_OK) *residual = complete ? collinearity(set, sum, sum + m) : INFINITY;
    free(line);
    free(sum);
    free(point);
    free(z);
    return status;
}

nalg_status nalg_trace_test(nalg_ctx *ctx, bool *passed, double *residual, nalg_monodromy_result *count,
                            const nalg_trace_set *set, double tolerance, const nalg_track_options *options)
{
    double noise, largest = tolerance > 0 ? tolerance : TRACE_TOLERANCE;
    *passed = false;
    nalg_status status = nalg_trace_curvature(ctx, residual, &noise, set);
    if (status != NALG_OK) return status;
    *passed = *residual <= fmin(largest, NOISE_MARGIN * noise + NOISE_LEAST);
    if (*passed || !options || NOISE_OPEN * noise < fmin(*residual, 1)) return NALG_OK;
    status = nalg_trace_tracked(ctx, residual, count, set, options);
    *passed = status == NALG_OK && *residual <= largest;
    return status;
}
