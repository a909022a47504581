/* The command `discriminant`: numbers of real critical points and of minima over a plane of targets through
 * the data (METHODS 6).
 *
 * All complex critical points are known over the data. They are followed from there along segments in the
 * plane, on arcs through complex targets so that walls, where two points collide, are passed by. Pixels form
 * a quadtree: a square is filled when its corners have equal numbers and no two points can meet inside it, as
 * far as their distances and speeds at the corners tell; else it is cut in four. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "field/lapack.h"
#include "learning/balance.h"
#include "learning/critical_set.h"
#include "learning/data_document.h"
#include "learning/dense_algebra.h"
#include "learning/discriminant_internal.h"
#include "track/solution_store.h"
#include "model/dataset.h"
#include "model/document.h"
#include "neuroalg/landscape.h"

#define REAL_VALUES 1e-6
#define REAL_UNKNOWNS 1e-3
#define COARSE 16 /* pixels along a side of the first squares */
#define MEET 1.0  /* points meet when they are closer than this times speed times the square's side */
#define UNKNOWN UINT16_MAX
#define RAYS 48
#define BISECTIONS 30
#define SIZE_MOST 1024
enum { STREAM_CHART = 6501, STREAM_PLANE };

void nalg_discriminant_options_init(nalg_discriminant_options *options)
{
    *options = (nalg_discriminant_options){.size = 256};
}

/* What is known at one place of the plane. */
typedef struct {
    uint16_t real, minima; /* real: UNKNOWN when not computed */
    bool lost;
    double reach;      /* largest side of a square around it in which no two points should meet */
    double complex *z; /* all critical points, or NULL */
} place;

typedef struct {
    nalg_ctx *ctx;
    nalg_balance balance;
    nalg_loss_form form;
    nalg_chart chart;
    nalg_loss_system system; /* fixed form */
    size_t count, unknowns, values, size;
    double extent, step; /* of the plane; between pixels */
    double *direction;   /* b along the two directions: 2 x A */
    double *span;        /* the directions in target space, orthonormal: 2 x values of the data */
    size_t missing;      /* paths to the data that did not end at regular points, nor at infinity */
    nalg_completeness completeness;
    double complex *z;       /* over the data */
    place *pixel;            /* size x size */
    uint16_t *real, *minima; /* the picture */
    bool *guessed;           /* pixels where a path was lost */
    size_t computed, lost;
    uint64_t paths;
} plane;

static void target(const plane *s, double complex *b, double u, double v)
{
    for (size_t i = 0; i < s->values; i++)
        b[i] = s->form.linear[i] + u * s->direction[i] + v * s->direction[s->values + i];
}

/* Rows and columns of a symmetric matrix scaled to a like size, which keeps the signs of eigenvalues. */
static void balance(double *matrix, double *scale, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double size = 0;
        for (size_t k = 0; k < n; k++) size = fmax(size, fabs(matrix[i * n + k]));
        scale[i] = size > 0 ? 1 / sqrt(size) : 1;
    }
    for (size_t i = 0; i < n * n; i++) matrix[i] *= scale[i / n] * scale[i % n];
}

/* Numbers of real points and minima, and how far the nearest meeting of two points is. */
static nalg_status judge(plane *s, place *out, double u, double v)
{
    size_t n = s->unknowns, a = s->values, count = s->count;
    double complex *b = nalg_array(a, sizeof *b), *f = nalg_array(count * n, sizeof *f),
                   *h = nalg_array(count * n * n, sizeof *h);
    double complex *e = nalg_array(count * a, sizeof *e), *j = nalg_array(count * a * n, sizeof *j),
                   *w = nalg_array(2 * n, sizeof *w), *m = nalg_array(n * n, sizeof *m);
    double *speed = nalg_array(count, sizeof *speed), *matrix = nalg_array(n * n, sizeof *matrix),
           *value = nalg_array(n, sizeof *value);
    bool *real = nalg_array(count, sizeof *real);
    nalg_status status = b && f && h && e && j && w && m && speed && matrix && value && real
                             ? NALG_OK
                             : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) {
        target(s, b, u, v);
        status = nalg_system_evaluate(s->ctx, f, h, s->system.system, out->z, count, b);
    }
    if (status == NALG_OK)
        status = nalg_system_evaluate(s->ctx, e, j, s->system.value_system, out->z, count, NULL);
    out->real = out->minima = 0;
    for (size_t k = 0; status == NALG_OK && k < count; k++) {
        double imaginary = 0, size = 0;
        for (size_t i = 0; i < n; i++) {
            imaginary = fmax(imaginary, fabs(cimag(out->z[k * n + i])));
            size = fmax(size, cabs(out->z[k * n + i]));
        }
        double other = 0, value_size = 0;
        for (size_t i = 0; i < a; i++) {
            other = fmax(other, fabs(cimag(e[k * a + i])));
            value_size = fmax(value_size, cabs(e[k * a + i]));
        }
        /* Decided on the function's values: near the chart's infinity unknowns are less accurate. */
        real[k] = other <= REAL_VALUES * value_size && imaginary <= REAL_UNKNOWNS * size;
        out->real = (uint16_t)(out->real + real[k]);
        if (real[k]) {
            for (size_t i = 0; i < n * n; i++)
                matrix[i] = (creal(h[k * n * n + i]) + creal(h[k * n * n + i % n * n + i / n])) / 2;
            balance(matrix, value, n);
            if (!nalg_symmetric_eigen(value, matrix, n, false))
                status = nalg_fail_memory(s->ctx);
            else
                out->minima = (uint16_t)(out->minima + (value[0] > 0));
        }
        /* dz = H^-1 J^T db, de = J dz for both directions of the plane */
        for (size_t i = 0; i < n; i++)
            for (size_t d = 0; d < 2; d++) {
                w[i * 2 + d] = 0;
                for (size_t l = 0; l < a; l++)
                    w[i * 2 + d] += j[(k * a + l) * n + i] * s->direction[d * a + l];
            }
        memcpy(m, h + k * n * n, n * n * sizeof *m);
        speed[k] = INFINITY;
        if (status == NALG_OK && nalg_complex_solve(m, w, n, 2)) {
            double square = 0;
            for (size_t l = 0; l < a; l++)
                for (size_t d = 0; d < 2; d++) {
                    double complex sum = 0;
                    for (size_t i = 0; i < n; i++) sum += j[(k * a + l) * n + i] * w[i * 2 + d];
                    square += creal(sum * conj(sum));
                }
            speed[k] = sqrt(square);
        }
    }
    /* Only real pairs and conjugate pairs change the numbers when they meet. */
    out->reach = INFINITY;
    for (size_t k = 0; status == NALG_OK && k < count; k++) {
        if (!real[k]) {
            double imaginary = 0;
            for (size_t i = 0; i < a; i++) imaginary += cimag(e[k * a + i]) * cimag(e[k * a + i]);
            out->reach = fmin(out->reach, 2 * sqrt(imaginary) / (2 * speed[k] * MEET));
            continue;
        }
        for (size_t l = 0; l < k; l++) {
            double distance = 0;
            if (!real[l]) continue;
            for (size_t i = 0; i < a; i++)
                distance += creal((e[k * a + i] - e[l * a + i]) * conj(e[k * a + i] - e[l * a + i]));
            out->reach = fmin(out->reach, sqrt(distance) / ((speed[k] + speed[l]) * MEET));
        }
    }
    free(b);
    free(f);
    free(h);
    free(e);
    free(j);
    free(w);
    free(m);
    free(speed);
    free(matrix);
    free(value);
    free(real);
    return status;
}

/* All points followed from one place to another. *lost: a path did not arrive regularly. */
static nalg_status move(plane *s, place *to, double u, double v, const double complex *from, double u0,
                        double v0)
{
    size_t n = s->unknowns, a = s->values;
    double complex *b = nalg_array(2 * a, sizeof *b), turn = CMPLX(cos(0.9), sin(0.9));
    nalg_path_result *end = nalg_array(s->count, sizeof *end);
    to->z = nalg_array(s->count * n, sizeof *to->z);
    nalg_status status = b && end && to->z ? NALG_OK : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) {
        target(s, b, u0, v0);
        target(s, b + a, u, v);
        nalg_segment segment = {b, b + a, &turn};
        nalg_track_job job = {
            .system = s->system.system, .segment = &segment, .z_start = from, .count = s->count};
        status = nalg_track(s->ctx, to->z, end, &job);
        s->paths += s->count;
    }
    to->lost = false;
    for (size_t k = 0; status == NALG_OK && k < s->count; k++)
        to->lost = to->lost || end[k].outcome != NALG_PATH_CONVERGED;
    if (status == NALG_OK && !to->lost) { /* two that arrive at one point: a jump */
        for (size_t k = 0; k < s->count && !to->lost; k++)
            for (size_t l = 0; l < k && !to->lost; l++)
                to->lost = nalg_solution_close(to->z + k * n, to->z + l * n, n);
    }
    if (status == NALG_OK) status = judge(s, to, u, v);
    free(b);
    free(end);
    return status;
}

/* The same, once more straight from the data when a path gets lost. */
static nalg_status arrive(plane *s, place *to, double u, double v, const double complex *from, double u0,
                          double v0)
{
    nalg_status status = move(s, to, u, v, from, u0, v0);
    if (status != NALG_OK || !to->lost || from == s->z) return status;
    free(to->z);
    to->z = NULL;
    return move(s, to, u, v, s->z, 0, 0);
}

static double place_of(const plane *s, size_t pixel)
{
    return ((double)pixel - (double)(s->size - 1) / 2) * s->step;
}

/* Compute a pixel, from the nearest one that is known among those given (or from the data). */
static nalg_status compute(plane *s, size_t x, size_t y, const size_t (*near)[2], size_t near_count)
{
    place *p = &s->pixel[y * s->size + x];
    if (p->z) return NALG_OK;
    double u = place_of(s, x), v = place_of(s, y), u0 = 0, v0 = 0, best = INFINITY;
    const double complex *from = s->z;
    for (size_t i = 0; i < near_count; i++) {
        const place *q = &s->pixel[near[i][1] * s->size + near[i][0]];
        double du = place_of(s, near[i][0]) - u, dv = place_of(s, near[i][1]) - v;
        if (!q->z || q->lost || !(hypot(du, dv) < best)) continue;
        best = hypot(du, dv);
        from = q->z;
        u0 = u + du;
        v0 = v + dv;
    }
    nalg_status status = arrive(s, p, u, v, from, u0, v0);
    s->computed++;
    s->lost += p->lost;
    return status;
}

/* Where a path was lost the numbers may be too small: a guess until `heal`. */
static void paint(plane *s, size_t x, size_t y, const place *p)
{
    s->guessed[y * s->size + x] = p->lost;
    s->real[y * s->size + x] = p->real;
    s->minima[y * s->size + x] = p->minima;
}

/* A square with corners (x0, y0) and (x1, y1), which are computed. */
static nalg_status refine(plane *s, size_t x0, size_t y0, size_t x1, size_t y1)
{
    const size_t corner[4][2] = {{x0, y0}, {x1, y0}, {x0, y1}, {x1, y1}};
    const place *p[4];
    bool equal = true;
    double side = s->step * (double)(x1 - x0 > y1 - y0 ? x1 - x0 : y1 - y0), reach = INFINITY;
    for (size_t i = 0; i < 4; i++) {
        p[i] = &s->pixel[corner[i][1] * s->size + corner[i][0]];
        equal = equal && p[i]->real == p[0]->real && p[i]->minima == p[0]->minima && !p[i]->lost;
        reach = fmin(reach, p[i]->reach);
    }
    if (x1 - x0 <= 1 && y1 - y0 <= 1) return NALG_OK;
    if (equal && reach > side) {
        for (size_t y = y0; y <= y1; y++)
            for (size_t x = x0; x <= x1; x++) paint(s, x, y, p[0]);
        return NALG_OK;
    }
    size_t xm = (x0 + x1) / 2, ym = (y0 + y1) / 2;
    const size_t middle[5][2] = {{xm, ym}, {xm, y0}, {x0, ym}, {x1, ym}, {xm, y1}};
    nalg_status status = nalg_checkpoint(s->ctx);
    for (size_t i = 0; status == NALG_OK && i < 5; i++) {
        status = compute(s, middle[i][0], middle[i][1], corner, 4);
        if (status == NALG_OK)
            paint(s, middle[i][0], middle[i][1], &s->pixel[middle[i][1] * s->size + middle[i][0]]);
    }
    for (int half = 0; status == NALG_OK && half < 4; half++) {
        size_t a0 = half & 1 ? xm : x0, a1 = half & 1 ? x1 : xm, b0 = half & 2 ? ym : y0,
               b1 = half & 2 ? y1 : ym;
        if (a1 > a0 && b1 > b0) status = refine(s, a0, b0, a1, b1);
    }
    return status;
}

/* Drop the solutions of rows that no square needs any more. */
static void forget_rows(plane *s, size_t first, size_t last)
{
    for (size_t i = first * s->size; i < last * s->size; i++) {
        free(s->pixel[i].z);
        s->pixel[i].z = NULL;
    }
}

static nalg_status draw(plane *s)
{
    size_t cells = (s->size - 1 + COARSE - 1) / COARSE, last = s->size - 1;
    nalg_status status = NALG_OK;
    for (size_t row = 0; status == NALG_OK && row <= cells; row++) {
        size_t y = row * COARSE < last ? row * COARSE : last;
        for (size_t column = 0; status == NALG_OK && column <= cells; column++) {
            size_t x = column * COARSE < last ? column * COARSE : last,
                   left = column ? (column - 1) * COARSE : 0, up = row ? (row - 1) * COARSE : 0;
            const size_t near[2][2] = {{left, y}, {x, up}};
            status = compute(s, x, y, near, 2);
            if (status == NALG_OK) paint(s, x, y, &s->pixel[y * s->size + x]);
        }
        for (size_t column = 0; row && status == NALG_OK && column < cells; column++) {
            size_t x0 = column * COARSE, x1 = (column + 1) * COARSE < last ? (column + 1) * COARSE : last,
                   y0 = (row - 1) * COARSE;
            status = refine(s, x0, y0, x1, y);
            nalg_progress(s->ctx, "pixels", (row - 1) * cells + column, cells * cells, NULL);
        }
        if (row) forget_rows(s, (row - 1) * COARSE, y);
    }
    return status;
}

/* Lost pixels take the numbers of a neighbour that is known. */
static void heal(plane *s)
{
    size_t n = s->size;
    for (size_t i = 0; i < n * n; i++) {
        const size_t near[4] = {i % n ? i - 1 : i, i % n + 1 < n ? i + 1 : i, i >= n ? i - n : i,
                                i + n < n * n ? i + n : i};
        for (size_t k = 0; s->guessed[i] && k < 4; k++) {
            if (s->guessed[near[k]]) continue;
            s->real[i] = s->real[near[k]];
            s->minima[i] = s->minima[near[k]];
            s->guessed[i] = false;
        }
    }
}

/* ---- the nearest wall in the plane ---- */

/* A ray from the data: the last place with the data's numbers, at distance `inside`. */
typedef struct {
    double c, s, inside;
    place last; /* z NULL: the data itself */
} ray;

/* Look at distance t: *known unless a path is lost there, *equal: the data's numbers; then it is the last
 * place. */
static nalg_status look(plane *s, ray *r, double t, const place *origin, bool *known, bool *equal)
{
    place here = {.z = NULL};
    nalg_status status = arrive(s, &here, t * r->c, t * r->s, r->last.z ? r->last.z : s->z, r->inside * r->c,
                                r->inside * r->s);
    *known = status == NALG_OK && !here.lost;
    *equal = *known && here.real == origin->real && here.minima == origin->minima;
    if (*equal) {
        free(r->last.z);
        r->last = here;
        r->inside = t;
    } else {
        free(here.z);
    }
    return status;
}

/* Distance along a ray to the first change, INFINITY if there is none up to `most`. A lost path is no change:
 * that place is passed by. */
static nalg_status along_ray(plane *s, double *distance, double angle, double most, const place *origin)
{
    ray r = {.c = cos(angle), .s = sin(angle)};
    double outside = INFINITY, step = fmin(most / 24, fmax(origin->reach, most / 200));
    nalg_status status = NALG_OK;
    bool known, equal;
    for (double t = step; status == NALG_OK && t <= most && outside == INFINITY; t += step) {
        status = look(s, &r, t, origin, &known, &equal);
        if (known && !equal) outside = t;
        if (equal) step = fmin(most / 24, fmax(r.last.reach, most / 200));
    }
    double part = 0.5; /* later halves start at the last good place, so their arcs are short */
    for (int i = 0; status == NALG_OK && i < BISECTIONS && outside < INFINITY; i++) {
        double t = r.inside + part * (outside - r.inside);
        status = look(s, &r, t, origin, &known, &equal);
        if (known && !equal) outside = t;
        part = known ? 0.5 : fmod(part + 0.23, 1);
    }
    free(r.last.z);
    *distance = outside;
    return status;
}

static nalg_status nearest_wall(plane *s, double *distance, double *angle, const place *origin)
{
    nalg_status status = NALG_OK;
    double most = s->extent * 1.5;
    *distance = INFINITY;
    *angle = 0;
    for (int k = 0; status == NALG_OK && k < RAYS; k++) {
        double d, a = 2 * M_PI * k / RAYS;
        status = along_ray(s, &d, a, fmin(most, *distance), origin);
        if (status == NALG_OK && d < *distance) *distance = d, *angle = a;
    }
    double width = 2 * M_PI / RAYS;
    for (int k = 0; status == NALG_OK && k < 10 && *distance < INFINITY; k++, width *= 0.6)
        for (int side = -1; status == NALG_OK && side <= 1; side += 2) {
            double d, a = *angle + side * width / 2;
            status = along_ray(s, &d, a, *distance, origin);
            if (status == NALG_OK && d < *distance) *distance = d, *angle = a;
        }
    return status;
}

/* ---- setting up ---- */

static nalg_status choose_plane(plane *s, const nalg_discriminant_options *options)
{
    size_t values = s->form.data.samples * s->form.outputs;
    double *d = nalg_array(2 * values, sizeof *d), along = 0, size = 0;
    s->span = d;
    s->direction = nalg_array_zero(2 * s->values, sizeof *s->direction);
    if (!d || !s->direction) return nalg_fail_memory(s->ctx);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_PLANE);
    for (size_t i = 0; i < 2 * values; i++)
        d[i] = options->direction ? options->direction[i] : nalg_random_normal(&r);
    nalg_status status = NALG_OK;
    for (size_t k = 0; k < 2; k++) { /* orthonormal in target space */
        for (size_t i = 0; k && i < values; i++) along += d[i] * d[values + i];
        for (size_t i = 0; k && i < values; i++) d[values + i] -= along * d[i];
        size = 0;
        for (size_t i = 0; i < values; i++) size += d[k * values + i] * d[k * values + i];
        if (!(size > 1e-20 && size < INFINITY))
            status = nalg_fail(s->ctx, NALG_E_ARGUMENT, "plane", "give two directions that are not parallel",
                               "the directions span no plane");
        for (size_t i = 0; i < values; i++) d[k * values + i] /= sqrt(size);
        for (size_t i = 0; i < values; i++)
            for (size_t j = 0; j < s->values; j++)
                s->direction[k * s->values + j] +=
                    s->form.interpolation[i * s->values + j] * d[k * values + i];
    }
    s->extent =
        options->extent > 0 ? options->extent : 1.5 * (s->form.constant > 0 ? sqrt(s->form.constant) : 1);
    s->step = 2 * s->extent / (double)(s->size - 1);
    return status;
}

static nalg_status solve(plane *s, const nalg_model *model, const nalg_data *data,
                         const nalg_discriminant_options *options)
{
    size_t points;
    nalg_loss_system moving;
    nalg_critical_set set = {0};
    nalg_critical_set_options limits = {.limit = options->limit, .trace = true};
    nalg_status status = nalg_balance_create(s->ctx, &s->balance, model, data);
    if (status == NALG_OK) status = nalg_loss_form_create(s->ctx, &s->form, model, &s->balance.data);
    if (status != NALG_OK) return status;
    if (!s->form.interpolation)
        return nalg_fail(s->ctx, NALG_E_LIMIT, "data", "take a part of the data",
                         "too many samples for a picture");
    points = s->form.size / s->form.outputs + 6;
    double *x = nalg_array(points * s->form.inputs, sizeof *x);
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    status =
        x ? nalg_loss_generic_inputs(s->ctx, x, &s->form, STREAM_CHART, points) : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) status = nalg_chart_create(s->ctx, &s->chart, model, NULL, &scale, x, points);
    free(x);
    if (status == NALG_OK && s->form.rank < s->chart.dimension)
        status = nalg_fail(s->ctx, NALG_E_ARGUMENT, "data", "give more samples",
                           "%zu conditions leave a continuum of critical points: the dimension is %zu",
                           s->form.rank, s->chart.dimension);
    if (status != NALG_OK) return status;
    status =
        nalg_loss_system_create(s->ctx, &moving, NALG_GRADIENT_MOVING_FORM, &s->chart, &s->form, NULL, 0);
    if (status == NALG_OK) {
        status = nalg_loss_system_create(s->ctx, &s->system, NALG_GRADIENT_FIXED_FORM, &s->chart, &s->form,
                                         NULL, 0);
        limits.expected = nalg_critical_set_expected(&s->form, &s->chart);
        if (status == NALG_OK) status = nalg_critical_set_find(s->ctx, &set, &s->form, &moving, &limits);
        nalg_loss_system_clear(&moving);
    }
    s->unknowns = s->chart.dimension;
    s->values = s->form.size;
    s->z = nalg_array(set.count * s->unknowns, sizeof *s->z);
    if (status == NALG_OK && !s->z) status = nalg_fail_memory(s->ctx);
    for (size_t k = 0; status == NALG_OK && k < set.count; k++)
        if (set.end[k].outcome == NALG_PATH_CONVERGED)
            memcpy(s->z + s->count++ * s->unknowns, set.z + k * s->unknowns, s->unknowns * sizeof *s->z);
    s->missing = set.unsettled + set.singular;
    s->completeness = set.completeness;
    if (status == NALG_OK && s->count == 0)
        status = nalg_fail(s->ctx, NALG_E_UNSUPPORTED, "data", "perturb the targets a little",
                           "no critical point of this data is regular");
    nalg_critical_set_clear(&set);
    return status;
}

/* ---- the answer ---- */

/* Rows as runs: [number, length, number, length, ...]. */
static json_t *rows_json(const uint16_t *value, size_t n)
{
    json_t *rows = json_array();
    for (size_t y = 0; rows && y < n; y++) {
        json_t *row = json_array();
        for (size_t x = 0; row && x < n;) {
            size_t length = 1;
            while (x + length < n && value[y * n + x + length] == value[y * n + x]) length++;
            json_array_append_new(row, json_integer(value[y * n + x]));
            json_array_append_new(row, json_integer((json_int_t)length));
            x += length;
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

#define RECORDED 200000 /* numbers of data and of directions that are kept in the document */

/* What was asked, for `verify`. */
static json_t *question_json(const plane *s, const nalg_data *data, size_t limit)
{
    size_t values = data->samples * data->output_size;
    bool kept = data->samples <= RECORDED / (data->input_size + 3 * data->output_size);
    return json_pack("{s:o, s:o, s:o}", "limit", nalg_json_unsigned(limit), "data",
                     kept ? nalg_data_json(data) : json_null(), "directions",
                     kept ? nalg_reals_json(s->span, 2 * values) : json_null());
}

const char *nalg_discriminant_reason(bool missing)
{
    return missing ? "some critical points over the data are degenerate or were lost and are not followed: "
                     "numbers "
                     "may be too small; perturb the targets a little"
                   : "every complex critical point was followed to every computed pixel; squares were filled "
                     "where "
                     "their corners agree and no two points are near";
}

static json_t *evidence_json(const plane *s, json_t *question)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "status", s->missing ? "unknown" : "numerical",
                     "reason", nalg_discriminant_reason(s->missing > 0), "completeness",
                     nalg_completeness_text(s->completeness), "missing", nalg_json_unsigned(s->missing),
                     "paths", nalg_json_unsigned(s->paths), "question", question);
}

static nalg_status answer(plane *s, nalg_result **out, const nalg_model *model, double distance, double angle,
                          const place *origin, json_t *question, double started)
{
    json_t *chambers = nalg_discriminant_chambers(s->real, s->minima, s->size, s->extent);
    bool wall = distance < INFINITY;
    json_t *nearest = wall ? json_pack("{s:f, s:f, s:[f, f], s:s}", "distance", distance, "relative",
                                       distance / sqrt(fmax(s->form.constant, 1e-300)), "at",
                                       distance * cos(angle), distance * sin(angle), "known",
                                       "first change on rays in the plane, bisected: an upper bound of the "
                                       "distance in target space")
                           : json_null();
    json_t *picture =
        json_pack("{s:o, s:f, s:o, s:o}", "size", nalg_json_unsigned(s->size), "extent", s->extent, "real",
                  rows_json(s->real, s->size), "minima", rows_json(s->minima, s->size));
    json_t *result = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "chambers", chambers, "nearest_wall", nearest,
        "count_complex", nalg_json_unsigned(s->count), "real_critical_points",
        nalg_json_unsigned(origin->real), "minima", nalg_json_unsigned(origin->minima), "pixels_computed",
        nalg_json_unsigned(s->computed), "pixels_lost", nalg_json_unsigned(s->lost), "picture", picture);
    json_t *evidence = evidence_json(s, question);
    return nalg_result_create(s->ctx, out, "discriminant", started, nalg_model_document(model), result,
                              evidence);
}

static nalg_status check(nalg_ctx *ctx, const nalg_discriminant_options *o)
{
    if (o->size < 8 || o->size > SIZE_MOST)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "size", "write 8 to 1024", "a picture of %zu pixels a side",
                         o->size);
    if (!(o->extent >= 0 && o->extent < INFINITY))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "extent", "write a positive number", "the extent is no size");
    return NALG_OK;
}

nalg_status nalg_discriminant(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                              const nalg_data *data, const nalg_discriminant_options *options)
{
    nalg_discriminant_options defaults;
    double started = nalg_seconds(), distance = INFINITY, angle = 0;
    nalg_discriminant_options_init(&defaults);
    const nalg_discriminant_options *o = options ? options : &defaults;
    plane s = {.ctx = ctx, .size = o->size};
    place origin = {.z = NULL};
    nalg_status status = check(ctx, o);
    if (status == NALG_OK) status = nalg_data_check(ctx, data, model);
    if (status == NALG_OK) status = nalg_balance_explain(ctx, &s.balance, solve(&s, model, data, o));
    if (status == NALG_OK) status = choose_plane(&s, o);
    if (status == NALG_OK) {
        s.pixel = nalg_array_zero(s.size * s.size, sizeof *s.pixel);
        s.real = nalg_array_zero(s.size * s.size, sizeof *s.real);
        s.minima = nalg_array_zero(s.size * s.size, sizeof *s.minima);
        origin.z = nalg_array(s.count * s.unknowns, sizeof *origin.z);
        s.guessed = nalg_array_zero(s.size * s.size, sizeof *s.guessed);
        if (!s.pixel || !s.real || !s.minima || !s.guessed || !origin.z) status = nalg_fail_memory(ctx);
    }
    if (status == NALG_OK) memcpy(origin.z, s.z, s.count * s.unknowns * sizeof *origin.z);
    if (status == NALG_OK) status = judge(&s, &origin, 0, 0);
    if (status == NALG_OK) status = draw(&s);
    if (status == NALG_OK) heal(&s);
    if (status == NALG_OK) status = nearest_wall(&s, &distance, &angle, &origin);
    if (status == NALG_OK)
        status = answer(&s, out, model, distance, angle, &origin, question_json(&s, data, o->limit), started);
    for (size_t i = 0; s.pixel && i < s.size * s.size; i++) free(s.pixel[i].z);
    free(s.pixel);
    free(s.real);
    free(s.minima);
    free(s.guessed);
    free(s.z);
    free(s.direction);
    free(s.span);
    free(origin.z);
    if (s.system.x) nalg_loss_system_clear(&s.system);
    nalg_chart_clear(&s.chart);
    nalg_loss_form_clear(&s.form);
    nalg_balance_clear(&s.balance);
    return status;
}
