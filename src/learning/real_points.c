/* From complex critical functions to weights a network can have.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "learning/real_points.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "field/lapack.h"
#include "learning/dense_algebra.h"

#define FIT_STEPS 200
#define FIT_STARTS 24
#define REALISED 1e-9 /* relative distance of functions below which weights realise one */
#define SAME 1e-6
#define FLAT 1e-8 /* eigenvalues below this share of the largest are zero */
#define RANK 1e-7
#define CRITICAL 1e-6
#define NEWTON_STEPS 6
enum { STREAM_STARTS = 6301, STREAM_AROUND };

nalg_status nalg_data_loss_create(nalg_ctx *ctx, nalg_data_loss *out, const nalg_model *model,
                                  const nalg_loss_form *form, size_t dimension)
{
    size_t n = model->parameters;
    *out = (nalg_data_loss){.ctx = ctx, .model = model, .form = form, .dimension = dimension};
    nalg_status status = nalg_loss_create(ctx, &out->loss, model, NALG_LOSS_SQUARED, &form->data);
    if (status == NALG_OK) status = nalg_chart_evaluator(ctx, &out->basis, model, form->x, form->points);
    if (status == NALG_OK) status = nalg_scalings_find(ctx, &out->scalings, model);
    if (status != NALG_OK) return status;
    out->all = (nalg_chart){model,
                            n,
                            n,
                            nalg_array_zero(n * n, sizeof(double complex)),
                            nalg_array_zero(n, sizeof(double complex)),
                            nalg_array_zero(n, sizeof(double))};
    size_t a = form->size;
    double *value = nalg_array(a, sizeof *value);
    nalg_chart_scale scale = nalg_loss_form_scale(form);
    out->root = nalg_array(a * a, sizeof *out->root);
    out->size = nalg_array(n, sizeof *out->size);
    bool ok = value && out->root && out->size;
    if (ok) status = nalg_chart_weight_sizes(ctx, out->size, model, &scale);
    if (ok) memcpy(out->root, form->form, a * a * sizeof *out->root);
    ok = ok && nalg_symmetric_eigen(value, out->root, a, true);
    for (size_t i = 0; ok && i < a * a; i++) out->root[i] *= sqrt(fmax(value[i / a], 0));
    free(value);
    if (!ok || !out->all.matrix || !out->all.origin || !out->all.start) return nalg_fail_memory(ctx);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < n; i++) out->all.matrix[i * n + i] = 1;
    return nalg_loss_system_create(ctx, &out->hessian, NALG_GRADIENT_FIXED_FORM, &out->all, form, NULL, 0);
}

void nalg_data_loss_clear(nalg_data_loss *d)
{
    nalg_loss_free(d->loss);
    nalg_loss_free(d->basis);
    nalg_scalings_clear(&d->scalings);
    free(d->root);
    free(d->size);
    if (d->hessian.x) nalg_loss_system_clear(&d->hessian);
    nalg_chart_clear(&d->all);
}

double nalg_function_distance(const double *e, const double *f, size_t n, double floor)
{
    double distance = 0, size = floor * floor, other = 0;
    for (size_t i = 0; i < n; i++) {
        distance += (e[i] - f[i]) * (e[i] - f[i]);
        other += f[i] * f[i];
        size = fmax(size, 0) + e[i] * e[i];
    }
    return sqrt(distance / fmax(fmax(size, other), 1e-300));
}

/* ---- fitting ---- */

typedef struct {
    nalg_loss *loss;
    const size_t *pick;
    size_t count, weights;
    const double *target;
    double *jacobian, *rows, *right, *trial;
} fitting;

static double residual(fitting *f, double *out, const double *w)
{
    double value, square = 0;
    if (!nalg_loss_at(f->loss, &value, NULL, w)) return INFINITY;
    const double *answers = nalg_loss_answers(f->loss);
    for (size_t i = 0; i < f->count; i++) {
        double r = f->target[i] - answers[f->pick ? f->pick[i] : i];
        if (out) out[i] = r;
        square += r * r;
    }
    return square;
}

/* One damped step; false when none is shorter than rounding and better. */
static bool fit_step(fitting *f, double *w, double *square, double *damping)
{
    size_t n = f->weights, m = f->count;
    if (!nalg_loss_jacobian(f->loss, f->jacobian, w)) return false;
    for (int attempt = 0; attempt < 12; attempt++) {
        double largest = 0;
        for (size_t i = 0; i < m; i++)
            memcpy(f->rows + i * n, f->jacobian + (f->pick ? f->pick[i] : i) * n, n * sizeof *f->rows);
        for (size_t i = 0; i < m * n; i++) largest = fmax(largest, fabs(f->rows[i]));
        memset(f->rows + m * n, 0, n * n * sizeof *f->rows);
        memset(f->right + m, 0, n * sizeof *f->right);
        for (size_t i = 0; i < n; i++) f->rows[(m + i) * n + i] = *damping * fmax(largest, 1e-300);
        residual(f, f->right, w);
        if (!nalg_least_squares(f->rows, f->right, m + n, n, 1)) return false;
        for (size_t i = 0; i < n; i++) f->trial[i] = w[i] + f->right[i];
        double after = residual(f, NULL, f->trial);
        if (after < *square) {
            bool goes_on = after < *square * (1 - 1e-13);
            memcpy(w, f->trial, n * sizeof *w);
            *square = after;
            *damping = fmax(*damping / 5, 1e-12);
            return goes_on;
        }
        *damping = fmin(*damping * 6, 1e6);
    }
    return false;
}

nalg_status nalg_fit_weights(nalg_ctx *ctx, double *w, double *square, nalg_loss *loss, const size_t *pick,
                             size_t count, const double *target)
{
    size_t n = nalg_loss_parameters(loss), all = nalg_loss_answer_count(loss);
    fitting f = {.loss = loss, .pick = pick, .count = pick ? count : all, .weights = n, .target = target};
    f.jacobian = nalg_array(all * n, sizeof(double));
    f.rows = nalg_array((f.count + n) * n, sizeof(double));
    f.right = nalg_array(f.count + n, sizeof(double));
    f.trial = nalg_array(n, sizeof(double));
    nalg_status status = f.jacobian && f.rows && f.right && f.trial ? NALG_OK : nalg_fail_memory(ctx);
    double damping = 0.01;
    if (status == NALG_OK) *square = residual(&f, NULL, w);
    for (int step = 0; status == NALG_OK && step < FIT_STEPS && *square < INFINITY; step++) {
        if (!fit_step(&f, w, square, &damping)) break;
        status = nalg_checkpoint(ctx);
    }
    free(f.jacobian);
    free(f.rows);
    free(f.right);
    free(f.trial);
    return status;
}

static size_t *pick_rows(const nalg_loss_form *form)
{
    size_t *row = nalg_array(form->size, sizeof *row);
    for (size_t i = 0; row && i < form->size; i++)
        row[i] = (size_t)form->pick[i] % form->points * form->outputs + (size_t)form->pick[i] / form->points;
    return row;
}

nalg_status nalg_realise(nalg_data_loss *d, double *w, bool *found, const double *e)
{
    const nalg_loss_form *form = d->form;
    size_t *row = pick_rows(form), n = d->model->parameters;
    double *start = nalg_array(n * FIT_STARTS, sizeof *start), size = 0, square = INFINITY;
    nalg_chart_scale scale = nalg_loss_form_scale(form);
    nalg_status status = row && start ? nalg_chart_random_weights(d->ctx, start, d->model, NULL, &scale,
                                                                  STREAM_STARTS, FIT_STARTS)
                                      : nalg_fail_memory(d->ctx);
    for (size_t i = 0; i < form->size; i++) size += e[i] * e[i];
    *found = false;
    for (size_t k = 0; status == NALG_OK && k <= FIT_STARTS && !*found; k++) {
        if (k) memcpy(w, start + (k - 1) * n, n * sizeof *w);
        status = nalg_fit_weights(d->ctx, w, &square, d->basis, row, form->size, e);
        *found = square <= REALISED * REALISED * size;
    }
    free(row);
    free(start);
    return status;
}

/* ---- describing ---- */

/* Newton's method at real unknowns. */
static nalg_status improve(nalg_data_loss *d, double *z, const nalg_loss_system *system)
{
    size_t n = system->chart->dimension, a = d->form->size;
    double complex *p = nalg_array(a, sizeof *p), *x = nalg_array(n, sizeof *x),
                   *f = nalg_array(n, sizeof *f), *j = nalg_array(n * n, sizeof *j);
    nalg_status status = p && x && f && j ? NALG_OK : nalg_fail_memory(d->ctx);
    double before = INFINITY;
    for (size_t i = 0; status == NALG_OK && i < a; i++) p[i] = d->form->linear[i];
    for (int step = 0; status == NALG_OK && step < NEWTON_STEPS; step++) {
        for (size_t i = 0; i < n; i++) x[i] = z[i];
        status = nalg_system_evaluate(d->ctx, f, j, system->system, x, 1, p);
        if (status != NALG_OK || !nalg_complex_solve(j, f, n, 1)) break;
        double length = 0;
        for (size_t i = 0; i < n; i++) length = fmax(length, cabs(f[i]));
        if (!(length < before)) break;
        before = length;
        for (size_t i = 0; i < n; i++) z[i] -= creal(f[i]);
    }
    free(p);
    free(x);
    free(f);
    free(j);
    return status;
}

/* Tangent vectors of length one, by columns of *change, where the eigenvalues do not depend on the chart: in
 * the data's metric plus a little of that of the basis values, since the former is degenerate where data of
 * fewer values than coefficients ramifies. j: derivatives of the basis values, a x n; m: scratch, 2a x n. */
static bool unit_tangents(const nalg_data_loss *d, double *change, double *m, const double complex *j,
                          size_t n)
{
    size_t a = d->form->size;
    double trace = 0;
    for (size_t i = 0; i < a; i++) trace += d->form->form[i * a + i];
    double little = 0.1 * sqrt(trace / (double)a);
    memset(m, 0, 2 * a * n * sizeof *m);
    for (size_t i = 0; i < a; i++)
        for (size_t k = 0; k < n; k++) {
            for (size_t l = 0; l < a; l++) m[i * n + k] += d->root[i * a + l] * creal(j[l * n + k]);
            m[(a + i) * n + k] = little * creal(j[i * n + k]);
        }
    return nalg_orthonormal_columns(m, change, NULL, 2 * a, n, 0, 0) == n;
}

/* A change of coordinates that keeps signs: unit tangent vectors, or only rows and columns of a like size.
 * n x n, by columns. */
static nalg_status coordinates(nalg_data_loss *d, double *change, const nalg_loss_system *system,
                               const double complex *x, const double *hessian, bool slice)
{
    size_t n = system->chart->dimension, a = d->form->size;
    if (slice) {
        double complex *e = nalg_array(a, sizeof *e), *j = nalg_array(a * n, sizeof *j);
        double *m = nalg_array(2 * a * n, sizeof *m);
        nalg_status status = e && j && m
                                 ? nalg_system_evaluate(d->ctx, e, j, system->value_system, x, 1, NULL)
                                 : nalg_fail_memory(d->ctx);
        bool done = status == NALG_OK && unit_tangents(d, change, m, j, n);
        free(e);
        free(j);
        free(m);
        if (status != NALG_OK || done) return status;
    }
    double largest = 0;
    memset(change, 0, n * n * sizeof *change);
    for (size_t i = 0; i < n * n; i++) largest = fmax(largest, fabs(hessian[i]));
    for (size_t i = 0; i < n; i++) {
        double size = 0;
        for (size_t k = 0; k < n; k++) size = fmax(size, fabs(hessian[i * n + k]));
        change[i * n + i] = largest > 0 ? 1 / sqrt(fmax(size, 1e-12 * largest)) : 1;
    }
    return NALG_OK;
}

/* Eigenvalues of the Hessian along a chart at z, in good coordinates. */
static nalg_status hessian_values(nalg_data_loss *d, double *value, const nalg_loss_system *system,
                                  const double *z, bool slice)
{
    size_t n = system->chart->dimension, a = d->form->size;
    double complex *p = nalg_array(a, sizeof *p), *x = nalg_array(n, sizeof *x),
                   *f = nalg_array(n, sizeof *f), *j = nalg_array(n * n, sizeof *j);
    double *h = nalg_array(n * n, sizeof *h), *change = nalg_array(n * n, sizeof *change),
           *half = nalg_array_zero(n * n, sizeof *half);
    double *matrix = nalg_array_zero(n * n, sizeof *matrix);
    nalg_status status =
        p && x && f && j && h && change && half && matrix ? NALG_OK : nalg_fail_memory(d->ctx);
    for (size_t i = 0; status == NALG_OK && i < a; i++) p[i] = d->form->linear[i];
    for (size_t i = 0; status == NALG_OK && i < n; i++) x[i] = z[i];
    if (status == NALG_OK) status = nalg_system_evaluate(d->ctx, f, j, system->system, x, 1, p);
    for (size_t i = 0; status == NALG_OK && i < n * n; i++)
        h[i] = (creal(j[i]) + creal(j[i % n * n + i / n])) / 2;
    if (status == NALG_OK) status = coordinates(d, change, system, x, h, slice);
    for (size_t i = 0; status == NALG_OK && i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t l = 0; l < n; l++) half[i * n + l] += h[i * n + k] * change[k * n + l];
    for (size_t k = 0; status == NALG_OK && k < n; k++)
        for (size_t i = 0; i < n; i++)
            for (size_t l = 0; l < n; l++) matrix[i * n + l] += change[k * n + i] * half[k * n + l];
    for (size_t i = 0; status == NALG_OK && i < n; i++)
        for (size_t l = 0; l < i; l++)
            matrix[i * n + l] = matrix[l * n + i] = (matrix[i * n + l] + matrix[l * n + i]) / 2;
    if (status == NALG_OK && !nalg_symmetric_eigen(value, matrix, n, false))
        status = nalg_fail_memory(d->ctx);
    free(p);
    free(x);
    free(f);
    free(j);
    free(h);
    free(change);
    free(half);
    free(matrix);
    return status;
}

/* Signs of the Hessian along a chart at z: how many eigenvalues are negative, how many are zero. */
static nalg_status count_signs(nalg_data_loss *d, size_t *negative, size_t *zero,
                               const nalg_loss_system *system, const double *z, bool slice)
{
    size_t n = system->chart->dimension;
    double *value = nalg_array(n, sizeof *value);
    nalg_status status = value ? hessian_values(d, value, system, z, slice) : nalg_fail_memory(d->ctx);
    double largest = status == NALG_OK ? fmax(fabs(value[0]), fabs(value[n - 1])) : 0;
    *negative = *zero = 0;
    for (size_t i = 0; status == NALG_OK && i < n; i++) {
        *negative += value[i] < -FLAT * largest;
        *zero += fabs(value[i]) <= FLAT * largest;
    }
    free(value);
    return status;
}

static nalg_status find_index(nalg_data_loss *d, nalg_real_point *p, const nalg_loss_system *system,
                              const double *z)
{
    bool all = system == &d->hessian;
    size_t n = system->chart->dimension, fiber = n > p->rank ? n - p->rank : 0, zero;
    nalg_status status = count_signs(d, &p->index, &zero, system, z, !all);
    p->flat = !all ? zero : zero > fiber ? zero - fiber : 0; /* every direction along the fiber is flat */
    return status;
}

nalg_status nalg_chart_index(nalg_data_loss *d, size_t *index, double *z, const nalg_loss_system *system)
{
    size_t zero;
    nalg_status status = improve(d, z, system);
    return status == NALG_OK ? count_signs(d, index, &zero, system, z, true) : status;
}

/* Basis values and rank of the derivative at real weights. */
static nalg_status evaluate(nalg_data_loss *d, nalg_real_point *p)
{
    const nalg_loss_form *form = d->form;
    size_t n = d->model->parameters, all = nalg_loss_answer_count(d->basis), *row = pick_rows(form);
    double value, *jacobian = nalg_array(all * n, sizeof *jacobian),
                  *picked = nalg_array(form->size * n, sizeof *picked),
                  *gradient = nalg_array(n, sizeof *gradient);
    size_t *chosen = nalg_array(form->size, sizeof *chosen);
    nalg_status status = row && jacobian && picked && chosen && gradient ? NALG_OK : nalg_fail_memory(d->ctx);
    if (status == NALG_OK && (!nalg_loss_at(d->basis, &value, NULL, p->weights) ||
                              !nalg_loss_jacobian(d->basis, jacobian, p->weights)))
        status =
            nalg_fail(d->ctx, NALG_E_UNSUPPORTED, NULL, NULL, "the model has a pole at a critical point");
    for (size_t i = 0; status == NALG_OK && i < form->size; i++)
        p->e[i] = nalg_loss_answers(d->basis)[row[i]];
    double largest = 0;
    for (size_t i = 0; status == NALG_OK && i < form->size; i++)
        memcpy(picked + i * n, jacobian + row[i] * n, n * sizeof *picked);
    for (size_t i = 0; status == NALG_OK && i < form->size * n; i++) largest = fmax(largest, fabs(picked[i]));
    if (status == NALG_OK) { /* singular values of the derivative, columns of a like size */
        for (size_t k = 0; k < n; k++) {
            double size = 0;
            for (size_t i = 0; i < form->size; i++) size = fmax(size, fabs(picked[i * n + k]));
            for (size_t i = 0; i < form->size && size > 1e-9 * largest; i++) picked[i * n + k] /= size;
        }
        size_t least = form->size < n ? form->size : n;
        double *singular = nalg_array(least, sizeof *singular);
        p->rank = 0;
        if (!singular || !nalg_singular_values(singular, picked, form->size, n))
            status = nalg_fail_memory(d->ctx);
        for (size_t i = 0; status == NALG_OK && i < least; i++)
            p->rank += singular[i] > RANK * singular[0] && singular[0] > 0;
        free(singular);
    }
    if (status == NALG_OK && nalg_loss_at(d->loss, &value, gradient, p->weights)) {
        double samples = (double)form->data.samples, square = 0;
        p->loss = value * samples;
        for (size_t i = 0; i < n; i++) {
            double part = gradient[i] * fmax(fabs(p->weights[i]), d->size[i]);
            square += part * part;
        }
        p->gradient = sqrt(square) * samples / fmax(form->constant, 1e-300);
        p->critical = p->gradient <= CRITICAL;
    }
    free(row);
    free(jacobian);
    free(picked);
    free(gradient);
    free(chosen);
    return status;
}

nalg_status nalg_describe_point(nalg_data_loss *d, nalg_real_point *out, const double *w,
                                const nalg_chart *chart, const nalg_loss_system *system, const double *z)
{
    size_t n = d->model->parameters, unknowns = chart ? chart->dimension : 0;
    nalg_real_point p = {.weights = nalg_array(n, sizeof(double)),
                         .e = nalg_array(d->form->size, sizeof(double)),
                         .minimum = NALG_UNKNOWN};
    double *x = nalg_array(unknowns, sizeof *x);
    nalg_status status = p.weights && p.e && x ? NALG_OK : nalg_fail_memory(d->ctx);
    if (status == NALG_OK && chart) {
        memcpy(x, z, unknowns * sizeof *x);
        status = improve(d, x, system);
        nalg_chart_real_weights(p.weights, chart, x);
    } else if (status == NALG_OK) {
        memcpy(p.weights, w, n * sizeof *w);
    }
    /* regular: no weight is zero for a reason, but one of rounding size would draw others along */
    bool even = chart && unknowns == d->dimension;
    if (status == NALG_OK && even) nalg_even_weights(&d->scalings, p.weights, d->size);
    if (status == NALG_OK) status = evaluate(d, &p);
    if (status == NALG_OK && even && p.rank < d->dimension) {
        nalg_chart_real_weights(p.weights, chart, x);
        status = evaluate(d, &p);
    }
    bool slice = chart && p.rank == d->dimension && unknowns == d->dimension; /* a chart across the fibers */
    if (status == NALG_OK)
        status = slice ? find_index(d, &p, system, x) : find_index(d, &p, &d->hessian, p.weights);
    free(x);
    if (status == NALG_OK)
        *out = p;
    else
        nalg_real_point_clear(&p);
    return status;
}

nalg_status nalg_real_points_add(nalg_data_loss *d, nalg_real_points *list, nalg_real_point *point,
                                 bool *fresh)
{
    double floor = sqrt(d->form->constant / (double)(d->form->data.samples * d->form->outputs)) * 1e-3;
    for (size_t i = 0; i < list->count; i++)
        if (nalg_function_distance(list->point[i].e, point->e, d->form->size, floor) < SAME) {
            list->point[i].certified =
                list->point[i].certified || (point->certified && point->stratum == list->point[i].stratum);
            nalg_real_point_clear(point);
            *fresh = false;
            return NALG_OK;
        }
    if (!nalg_grow((void **)&list->point, &list->capacity, list->count, sizeof *list->point)) {
        nalg_real_point_clear(point);
        return nalg_fail_memory(d->ctx);
    }
    list->point[list->count++] = *point;
    *fresh = true;
    return NALG_OK;
}

void nalg_real_point_clear(nalg_real_point *p)
{
    free(p->weights);
    free(p->e);
    *p = (nalg_real_point){0};
}

void nalg_real_points_clear(nalg_real_points *list)
{
    for (size_t i = 0; i < list->count; i++) nalg_real_point_clear(&list->point[i]);
    free(list->point);
    *list = (nalg_real_points){0};
}

#define AROUND 144
#define DESCENT_STEPS 60
#define VALLEY 1e-3 /* descent knows curvatures down to this share of the largest */
#define KERNEL 1e-6 /* eigenvalues below this share of the largest */

/* sum of v v^T / max(|value|, floor) over eigenvectors v (rows); value increases. */
static void invert_absolute(double *out, const double *value, const double *v, size_t n)
{
    double largest = fmax(fabs(value[0]), fabs(value[n - 1]));
    memset(out, 0, n * n * sizeof *out);
    for (size_t k = 0; k < n; k++) {
        double factor = largest > 0 ? 1 / fmax(fabs(value[k]), VALLEY * largest) : 1;
        for (size_t i = 0; i < n * n; i++) out[i] += factor * v[k * n + i / n] * v[k * n + i % n];
    }
}

/* Directions along which the Hessian vanishes, in units of the weights' sizes: *count rows of length one into
 * `out` (n x n). inverse (n x n): of its absolute value, with a floor: descent follows its valleys. */
static nalg_status flat_directions(nalg_data_loss *d, double *out, double *inverse, size_t *count,
                                   const double *w)
{
    size_t n = d->model->parameters, a = d->form->size;
    double complex *p = nalg_array(a, sizeof *p), *x = nalg_array(n, sizeof *x),
                   *f = nalg_array(n, sizeof *f), *j = nalg_array(n * n, sizeof *j);
    double *h = nalg_array(n * n, sizeof *h), *value = nalg_array(n, sizeof *value);
    nalg_status status = p && x && f && j && h && value ? NALG_OK : nalg_fail_memory(d->ctx);
    for (size_t i = 0; status == NALG_OK && i < a; i++) p[i] = d->form->linear[i];
    for (size_t i = 0; status == NALG_OK && i < n; i++) x[i] = w[i];
    if (status == NALG_OK) status = nalg_system_evaluate(d->ctx, f, j, d->hessian.system, x, 1, p);
    for (size_t i = 0; status == NALG_OK && i < n * n; i++)
        h[i] = creal(j[i] + j[i % n * n + i / n]) / 2 * d->size[i / n] * d->size[i % n];
    if (status == NALG_OK && !nalg_symmetric_eigen(value, h, n, true)) status = nalg_fail_memory(d->ctx);
    *count = 0;
    for (size_t i = 0; status == NALG_OK && i < n; i++)
        if (fabs(value[i]) <= KERNEL * fmax(fabs(value[0]), fabs(value[n - 1])))
            memcpy(out + n * (*count)++, h + i * n, n * sizeof *out);
    if (status == NALG_OK) invert_absolute(inverse, value, h, n);
    free(p);
    free(x);
    free(f);
    free(j);
    free(h);
    free(value);
    return status;
}

/* A point around w at this distance: any, or, where a decrease of higher order is not drowned by the increase
 * of second order, along the `flat` directions of the Hessian. */
static void step_aside(const nalg_data_loss *d, nalg_random *r, double *x, const double *w, double radius,
                       const double *flat, size_t count)
{
    size_t n = d->model->parameters;
    memcpy(x, w, n * sizeof *x);
    for (size_t k = 0; k < count; k++) {
        double along = radius * nalg_random_normal(r);
        for (size_t i = 0; i < n; i++) x[i] += along * d->size[i] * flat[k * n + i];
    }
    for (size_t i = 0; !count && i < n; i++) x[i] += radius * d->size[i] * nalg_random_normal(r);
}

/* Descent from x in units of the weights' sizes, in the metric of `inverse`, steps that lengthen while they
 * help, until the loss (a mean) is below `enough`: then true. g, y: scratch. */
static bool descends_below(nalg_data_loss *d, double *x, double *g, double *y, const double *inverse,
                           double size, double enough)
{
    size_t n = d->model->parameters;
    double value, step = 1e-3;
    if (!nalg_loss_at(d->loss, &value, g, x)) return false;
    for (int s = 0; s < DESCENT_STEPS && !(value < enough); s++) {
        double next, norm = 0;
        for (size_t i = 0; i < n; i++) {
            y[i] = 0;
            for (size_t k = 0; k < n; k++) y[i] += inverse[i * n + k] * g[k] * d->size[k];
            norm += y[i] * y[i];
        }
        if (!(norm > 0)) break;
        for (size_t i = 0; i < n; i++) y[i] = x[i] - step * size * y[i] * d->size[i] / sqrt(norm);
        if (nalg_loss_at(d->loss, &next, NULL, y) && next < value) {
            memcpy(x, y, n * sizeof *x);
            if (!nalg_loss_at(d->loss, &value, g, x)) return false;
            step *= 1.5;
        } else {
            step /= 3;
        }
    }
    return value < enough;
}

nalg_truth nalg_looks_minimal(nalg_data_loss *d, const double *w, double loss)
{
    static const double distance[] = {0.3, 0.1, 0.03, 0.01, 0.003, 0.001};
    size_t n = d->model->parameters, flats = 0;
    double samples = (double)d->form->data.samples, size = 0,
           tolerance = 1e-9 * fmax(loss, 1e-6 * d->form->constant);
    double *x = nalg_array(n, sizeof *x), *g = nalg_array(n, sizeof *g), *y = nalg_array(n, sizeof *y),
           *flat = nalg_array(n * n, sizeof *flat), *inverse = nalg_array(n * n, sizeof *inverse);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(d->ctx), STREAM_AROUND);
    bool ready = x && g && y && flat && inverse && flat_directions(d, flat, inverse, &flats, w) == NALG_OK;
    nalg_truth answer = ready ? NALG_TRUE : NALG_UNKNOWN;
    for (size_t i = 0; i < n; i++) size = fmax(size, fabs(w[i]) / d->size[i]);
    if (size == 0) size = 1;
    for (int k = 0; answer == NALG_TRUE && k < AROUND && !nalg_stopping(d->ctx); k++) {
        step_aside(d, &r, x, w, size * distance[k / 2 % 6], flat, k % 2 ? flats : 0);
        if (descends_below(d, x, g, y, inverse, size, (loss - tolerance) / samples)) answer = NALG_FALSE;
    }
    free(x);
    free(g);
    free(y);
    free(flat);
    free(inverse);
    return answer;
}
