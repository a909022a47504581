/* The interpolation homotopy with a Cauchy endgame on function values.
 *
 * Weights may diverge while their functions converge (a frozen weight is in the way, or the limit is realised
 * by no network), so only functions are judged: t runs to 1 - r, then around t = 1 on a circle of radius r
 * until every function is back where it started; the mean over the turns is its limit (Cauchy), if its series
 * has no negative powers: those betray a circle that encloses another branch point. Radii shrink until two in
 * a row agree; so must two ways.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/multiplicity.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"

/* Corners of the circle, and turns after which a function that is not back is given up. */
#define CORNERS 16
#define MOST_TURNS 24
#define RADIUS 1e-3
#define SHRINK 0.1
#define LEAST_RADIUS 0.5e-8
/* Values agree to this, relative to their size: the same function. Means over a circle that encloses no other
 * branch point are exact to about 1e-12. */
#define SAME_FUNCTION 1e-8
/* Between this and SAME_FUNCTION the count is not trusted. */
#define CLEARLY_DIFFERENT 1e-5
/* Functions further from h than this need not be known any better. */
#define FAR_AWAY 1e-2
/* A function counts as no smaller than this part of the median of the others (the zero function has no size
 * of its own). */
#define LEAST_SIZE 1e-4
#define BACK_AGAIN 1e-6
/* Negative powers in the series of a function, relative to its values: what rounding leaves. */
#define NEGATIVE_POWER 1e-10
/* Paths whose functions agree to this have become one. */
#define SAME_PATH 1e-9
/* Different ways from the generic values to h: two must give the same count. */
#define WAYS 4
#define TWO_PI 6.283185307179586476925

/* ---- all functions through generic points ---- */

static nalg_status run_monodromy(nalg_ctx *ctx, nalg_function_set *s, size_t expected)
{
    nalg_monodromy_problem problem = {.system = s->system.system,
                                      .fingerprint = s->system.fingerprint,
                                      .z = s->system.z,
                                      .start_count = 1,
                                      .p = s->system.p,
                                      .trace = true,
                                      .trace_parameters = s->system.dimension};
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = s->limit + 1;
    options.expected = expected;
    nalg_status status = nalg_monodromy(ctx, &s->found, &problem, &options);
    if (status != NALG_OK) return status;
    if (s->found.reason == NALG_MONODROMY_INTERRUPTED) {
        status = nalg_checkpoint(ctx);
        nalg_monodromy_result_clear(&s->found);
        s->found = (nalg_monodromy_result){0};
        return status;
    }
    s->complete = (s->found.reason == NALG_MONODROMY_EXPECTED || s->found.reason == NALG_MONODROMY_TRACE) &&
                  s->found.count <= s->limit;
    if (s->found.count > s->limit)
        s->how = "the degree is above the limit";
    else if (s->found.reason == NALG_MONODROMY_EXPECTED)
        s->how = "their number is that of a theorem";
    else if (s->found.reason == NALG_MONODROMY_TRACE)
        s->how = "the trace test passed";
    else
        s->how = "not all functions through generic points were found";
    return NALG_OK;
}

nalg_status nalg_function_set_find(nalg_ctx *ctx, nalg_function_set *out, const nalg_model *model,
                                   size_t dimension, size_t expected, size_t limit)
{
    nalg_function_set s = {.model = model, .limit = limit};
    nalg_graph_init(&s.system.graph);
    nalg_graph_init(&s.system.check_graph);
    if (expected > limit) {
        s.how = "the degree is above the limit";
        *out = s;
        return NALG_OK;
    }
    nalg_status status = nalg_interpolation_create(ctx, &s.system, model, dimension, false);
    if (status != NALG_OK) return status;
    status = run_monodromy(ctx, &s, expected);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_function_set_clear(&s);
    return status;
}

void nalg_function_set_clear(nalg_function_set *s)
{
    nalg_monodromy_result_clear(&s->found);
    nalg_interpolation_clear(&s->system);
    *s = (nalg_function_set){0};
    nalg_graph_init(&s->system.graph);
    nalg_graph_init(&s->system.check_graph);
}

/* ---- values of a function given by weights ---- */

/* c_j . f_w(x_j) for samples x, c (entry i of sample s at i * count + s). */
static nalg_status values_of(nalg_ctx *ctx, double complex *out, const nalg_model *model,
                             const double complex *weights, const double complex *x, const double complex *c,
                             size_t count)
{
    nalg_graph g;
    nalg_system *system = NULL;
    nalg_graph_init(&g);
    size_t outputs = nalg_shape_size(&model->layers->out);
    int input = nalg_graph_input(&g, 1, nalg_shape_size(&model->layers->in), true),
        functional = nalg_graph_input(&g, 2, outputs, true);
    int f = nalg_pipeline_lower(model->layers, &g, input),
        value = nalg_graph_product(&g, functional, true, f, false, 1, outputs, 1);
    const double complex *inputs[] = {NULL, x, c};
    nalg_system_source source = {
        .graph = &g, .output = value, .batch = count, .input = inputs, .input_count = 3};
    nalg_status status = g.failed ? nalg_fail_memory(ctx) : nalg_system_create(ctx, &system, &source);
    if (status == NALG_OK) status = nalg_system_evaluate(ctx, out, NULL, system, weights, 1, NULL);
    nalg_system_free(system);
    nalg_graph_clear(&g);
    return status;
}

/* ---- the homotopy ---- */

typedef struct {
    nalg_ctx *ctx;
    const nalg_function_set *s;
    size_t count, n, k, q;
    double complex *target;      /* q numbers: the values of h, the inputs as they were */
    double complex *h;           /* fingerprint of h: k numbers */
    double complex *z, *corner;  /* count x n; from and to: 2 x q */
    double complex *start, *now; /* fingerprints: count x k */
    double complex *sample; /* fingerprints at all corners of all turns: (MOST_TURNS * CORNERS) x count x k */
    size_t *samples;        /* of each function until it is back; 0 while it is not */
    double complex *limit;  /* means: count x k */
    int *winding;
    bool *lost;
    nalg_path_result *result;
    double *size;
    bool careful, jumped;
} homotopy;

static double distance(const double complex *a, const double complex *b, size_t k)
{
    double d = 0, size = 1e-300;
    for (size_t i = 0; i < k; i++) {
        d = fmax(d, cabs(a[i] - b[i]));
        size = fmax(size, fmax(cabs(a[i]), cabs(b[i])));
    }
    return d / size;
}

static nalg_status allocate(homotopy *w)
{
    w->target = nalg_array(w->q, sizeof *w->target);
    w->h = nalg_array(w->k, sizeof *w->h);
    w->z = nalg_array(w->count * w->n, sizeof *w->z);
    w->corner = nalg_array(2 * w->q, sizeof *w->corner);
    w->start = nalg_array(w->count * w->k, sizeof *w->start);
    w->now = nalg_array(w->count * w->k, sizeof *w->now);
    size_t all;
    w->sample = nalg_size_multiply(&all, w->count, w->k * MOST_TURNS * CORNERS)
                    ? nalg_array(all, sizeof *w->sample)
                    : NULL;
    w->limit = nalg_array(w->count * w->k, sizeof *w->limit);
    w->samples = nalg_array(w->count, sizeof *w->samples);
    w->winding = nalg_array(w->count, sizeof *w->winding);
    w->lost = nalg_array_zero(w->count, sizeof *w->lost);
    w->result = nalg_array(w->count, sizeof *w->result);
    w->size = nalg_array(w->count, sizeof *w->size);
    bool ok = w->size && w->target && w->h && w->z && w->corner && w->start && w->now && w->sample &&
              w->limit && w->samples && w->winding && w->lost && w->result;
    return ok ? NALG_OK : nalg_fail_memory(w->ctx);
}

static void release(homotopy *w)
{
    free(w->target);
    free(w->h);
    free(w->z);
    free(w->corner);
    free(w->start);
    free(w->now);
    free(w->sample);
    free(w->limit);
    free(w->samples);
    free(w->winding);
    free(w->lost);
    free(w->result);
    free(w->size);
}

/* The parameter at 1 - t = u. */
static void parameter_at(const homotopy *w, double complex u, double complex *p)
{
    for (size_t i = 0; i < w->q; i++) p[i] = w->target[i] + u * (w->s->system.p[i] - w->target[i]);
}

/* All paths along the segment between the two corners, on an arc of a circle if `turn` is given; then the
 * fingerprints there. */
static nalg_status advance(homotopy *w, const double complex *turn)
{
    nalg_segment segment = {.from = w->corner, .to = w->corner + w->q, .turn = turn};
    nalg_track_job job = {.system = w->s->system.system,
                          .segment = &segment,
                          .z_start = w->z,
                          .count = w->count,
                          .options = {.careful = w->careful}};
    nalg_status status = nalg_track(w->ctx, w->z, w->result, &job);
    for (size_t i = 0; status == NALG_OK && i < w->count; i++)
        w->lost[i] = w->lost[i] || w->result[i].outcome != NALG_PATH_CONVERGED;
    if (status == NALG_OK)
        status = nalg_system_evaluate(w->ctx, w->now, NULL, w->s->system.fingerprint, w->z, w->count,
                                      w->s->system.p);
    memcpy(w->corner, w->corner + w->q, w->q * sizeof *w->corner);
    return status;
}

/* A turn permutes the functions: is this none of those at its start? */
static bool is_new(const homotopy *w, size_t i)
{
    for (size_t j = 0; j < w->count; j++)
        if (!w->lost[j] && distance(w->now + i * w->k, w->start + j * w->k, w->k) < BACK_AGAIN) return false;
    return true;
}

/* Paths that arrive at one function have jumped. */
static bool coincide(const homotopy *w)
{
    for (size_t i = 0; i < w->count; i++)
        for (size_t j = 0; j < i; j++)
            if (!w->lost[i] && !w->lost[j] &&
                distance(w->start + i * w->k, w->start + j * w->k, w->k) < SAME_PATH)
                return true;
    return false;
}

/* One turn. *all_back: every function is where it started. */
static nalg_status turn(homotopy *w, double radius, int number, bool *all_back)
{
    nalg_status status = NALG_OK;
    for (int k = 1; k <= CORNERS && status == NALG_OK; k++) {
        memcpy(w->sample + (size_t)((number - 1) * CORNERS + k - 1) * w->count * w->k, w->now,
               w->count * w->k * sizeof *w->now);
        double angle = TWO_PI * (k % CORNERS) / CORNERS;
        parameter_at(w, radius * CMPLX(cos(angle), sin(angle)), w->corner + w->q);
        status = advance(w, NULL);
    }
    *all_back = true;
    for (size_t i = 0; i < w->count && status == NALG_OK; i++) {
        if (w->samples[i] || w->lost[i]) continue;
        if (distance(w->now + i * w->k, w->start + i * w->k, w->k) < BACK_AGAIN) {
            w->samples[i] = (size_t)number * CORNERS;
            w->winding[i] = number;
        } else {
            *all_back = false;
            w->jumped = w->jumped || is_new(w, i);
        }
    }
    return status;
}

/* From 1 - t = `from` to the circle, and around it. */
static nalg_status circle(homotopy *w, double radius, const double complex *way)
{
    bool all_back = false;
    parameter_at(w, radius, w->corner + w->q);
    nalg_status status = advance(w, way);
    if (status != NALG_OK) return status;
    memcpy(w->start, w->now, w->count * w->k * sizeof *w->now);
    w->jumped = coincide(w);
    memset(w->samples, 0, w->count * sizeof *w->samples);
    for (int number = 1; number <= MOST_TURNS && !all_back && status == NALG_OK; number++)
        status = turn(w, radius, number, &all_back);
    return status;
}

/* Coefficient of s^power in the Laurent series of value j of function i, s a root of 1 - t of the order of
 * its winding number, on the circle. */
static double complex coefficient(const homotopy *w, size_t i, size_t j, long power)
{
    size_t n = w->samples[i];
    double complex sum = 0;
    for (size_t m = 0; m < n; m++) {
        double angle = -TWO_PI * (double)power * (double)m / (double)n;
        sum += w->sample[(m * w->count + i) * w->k + j] * CMPLX(cos(angle), sin(angle));
    }
    return sum / (double)n;
}

/* The limit of function i. False when negative powers of s occur: then the circle encloses another branch
 * point. */
static bool find_limit(homotopy *w, size_t i)
{
    bool clean = true;
    for (size_t j = 0; j < w->k; j++) {
        double size = 0;
        w->limit[i * w->k + j] = coefficient(w, i, j, 0);
        for (size_t m = 0; m < w->samples[i]; m++)
            size = fmax(size, cabs(w->sample[(m * w->count + i) * w->k + j]));
        for (long power = 1; power <= (long)w->samples[i] / 4; power++)
            clean = clean && cabs(coefficient(w, i, j, -power)) < NEGATIVE_POWER * size;
    }
    return clean;
}

/* Least distance from h, relative to `size`, of what function i and those it is permuted with tend to. The
 * product of their differences from h is a holomorphic function in the circle whatever they do inside: its
 * mean is its value in the middle. */
static double least_distance(const homotopy *w, size_t i, double size)
{
    double most = 0;
    size_t turns = w->samples[i] / CORNERS;
    for (size_t j = 0; j < w->k; j++) {
        double complex sum = 0;
        for (size_t m = 0; m < CORNERS; m++) {
            double complex product = 1;
            for (size_t t = 0; t < turns; t++)
                product *= (w->sample[((t * CORNERS + m) * w->count + i) * w->k + j] - w->h[j]) / size;
            sum += product / CORNERS;
        }
        most = fmax(most, pow(cabs(sum), 1 / (double)turns));
    }
    return most;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* What distances from h are measured by. */
static double size_of(homotopy *w)
{
    double own = 0;
    for (size_t i = 0; i < w->count; i++) {
        w->size[i] = 0;
        for (size_t j = 0; j < w->k; j++)
            w->size[i] = fmax(w->size[i], cabs(w->s->found.fingerprint[i * w->k + j]));
    }
    qsort(w->size, w->count, sizeof *w->size, compare_doubles);
    for (size_t j = 0; j < w->k; j++) own = fmax(own, cabs(w->h[j]));
    return fmax(own, LEAST_SIZE * w->size[w->count / 2]);
}

/* Count the functions whose limit is h. */
static void judge(homotopy *w, nalg_multiplicity *out)
{
    double size = size_of(w);
    *out = (nalg_multiplicity){.known = true, .distance = INFINITY};
    for (size_t i = 0; i < w->count; i++) {
        if (w->lost[i] || !w->samples[i]) {
            out->known = false;
            out->why =
                w->lost[i] ? "a path was lost near the end" : "a function did not return after many turns";
            continue;
        }
        double d = 0;
        if (!find_limit(w, i)) {
            if (least_distance(w, i, size) > FAR_AWAY) continue;
            out->known = false;
            out->why = "functions branch too near the end of the path";
        }
        for (size_t j = 0; j < w->k; j++) d = fmax(d, cabs(w->limit[i * w->k + j] - w->h[j]));
        d /= size;
        if (d < SAME_FUNCTION) {
            out->multiplicity++;
            out->spread = fmax(out->spread, d);
            if (w->winding[i] > out->winding) out->winding = w->winding[i];
        } else {
            out->distance = fmin(out->distance, d);
        }
    }
    if (out->known && w->jumped) {
        out->known = false;
        out->why = "paths came too near to each other";
    }
    if (out->known && out->distance < CLEARLY_DIFFERENT) {
        out->known = false;
        out->why = "another function arrives too near to be told apart";
    }
    if (out->known && !out->multiplicity) {
        out->known = false;
        out->why = "no function arrives";
    }
}

static nalg_status one_way(homotopy *w, nalg_multiplicity *out, size_t number)
{
    static const double angle[WAYS] = {0, 0.9, -1.1, 1.7};
    double complex way = CMPLX(cos(angle[number]), sin(angle[number]));
    nalg_multiplicity before = {0};
    memcpy(w->z, w->s->found.z, w->count * w->n * sizeof *w->z);
    memcpy(w->corner, w->s->system.p, w->q * sizeof *w->corner);
    memset(w->lost, 0, w->count * sizeof *w->lost);
    w->careful = number >= 2;
    for (double radius = RADIUS; radius > LEAST_RADIUS; radius *= SHRINK) {
        nalg_status status = circle(w, radius, radius == RADIUS ? &way : NULL);
        if (status != NALG_OK) return status;
        judge(w, out);
        if (out->known && before.known && out->multiplicity == before.multiplicity) return NALG_OK;
        before = *out;
    }
    if (out->known) out->why = "no two radii of the endgame agree";
    out->known = false;
    return NALG_OK;
}

static nalg_status run(homotopy *w, nalg_multiplicity *out)
{
    nalg_multiplicity found[WAYS];
    for (size_t k = 0; k < WAYS; k++) {
        nalg_status status = one_way(w, &found[k], k);
        if (status != NALG_OK) return status;
        *out = found[k];
        for (size_t j = 0; j < k; j++)
            if (found[k].known && found[j].known && found[k].multiplicity == found[j].multiplicity)
                return NALG_OK;
    }
    if (out->known) out->why = "different ways to the function disagree";
    out->known = false;
    return NALG_OK;
}

nalg_status nalg_multiplicity_at(nalg_ctx *ctx, nalg_multiplicity *out, const nalg_function_set *s,
                                 const nalg_model *other, const double complex *weights)
{
    const nalg_interpolation *m = &s->system;
    homotopy w = {.ctx = ctx,
                  .s = s,
                  .count = s->found.count,
                  .n = m->dimension,
                  .k = NALG_FINGERPRINT_SAMPLES,
                  .q = m->p_count};
    nalg_status status = allocate(&w);
    if (status == NALG_OK) memcpy(w.target, m->p, w.q * sizeof *w.target);
    if (status == NALG_OK) status = values_of(ctx, w.target, other, weights, m->x, m->c, m->dimension);
    if (status == NALG_OK) status = values_of(ctx, w.h, other, weights, m->check_x, m->check_c, w.k);
    if (status == NALG_OK) status = run(&w, out);
    release(&w);
    return status;
}
