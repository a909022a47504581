/* Nearest subnetworks by nonlinear least squares on function values. The distance is measured in function
 * space: the root of the mean square of the difference over standard normal inputs, summed over the outputs;
 * exactly where a form on values at some points expresses it (polynomials with not too many coefficients), at
 * sampled inputs otherwise. What is found is an upper bound, as least squares may stop at a local minimum.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/strata_nearest.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "geometry/chain.h"
#include "geometry/metric.h"
#include "track/system.h"

#define STREAM_INPUTS 7201
#define STREAM_STARTS 7202
#define LEAST_SAMPLES 64
#define VALUES_LIMIT 2000
#define FREE_LIMIT 200
#define PARAMETERS_LIMIT 2000
/* Permutations of units looked at, starts that are followed, random ones among them. */
#define ORDERS_LIMIT 720
#define STARTS 12
#define RANDOM_STARTS 8
#define ITERATIONS 150
#define NORMALISED_EXPONENT 64

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_strata *strata;
    const double *w;
    int32_t *order; /* orders x parameters: place i gets the weight order[i] */
    size_t orders;
    size_t samples, outputs, values; /* values = samples x outputs; value o * samples + s */
    double complex *x;
    double *factor; /* samples x samples, lower triangular: |factor^T e|^2 is the mean square of an output
                       with the values e; NULL: the samples are random inputs, and the mean is over them */
    double *target;
} search;

/* ---- orders of the units ---- */

static void swap_units(int32_t *order, const nalg_exchangeable *e, size_t u, size_t v)
{
    for (size_t k = 0; k < e->length; k++) {
        int32_t *a = &order[e->weight[u * e->length + k]], *b = &order[e->weight[v * e->length + k]], t = *a;
        *a = *b;
        *b = t;
    }
}

/* Append a copy of an order. False when there are enough. */
static bool copy_order(search *s, size_t from)
{
    size_t n = s->strata->parameters;
    if (s->orders >= ORDERS_LIMIT) return false;
    memcpy(s->order + s->orders++ * n, s->order + from * n, n * sizeof *s->order);
    return true;
}

/* All permutations of one group applied to all orders so far, by transpositions of place `at` with later
 * ones. */
static bool permute_all(search *s, const nalg_exchangeable *e)
{
    for (size_t at = 0; at + 1 < e->units; at++) {
        size_t known = s->orders;
        for (size_t i = 0; i < known; i++)
            for (size_t v = at + 1; v < e->units; v++) {
                if (!copy_order(s, i)) return false;
                swap_units(s->order + (s->orders - 1) * s->strata->parameters, e, at, v);
            }
    }
    return true;
}

/* Any two units last, group by group. */
static void permute_some(search *s, const nalg_exchangeable *e)
{
    for (size_t u = 0; u < e->units; u++)
        for (size_t v = 0; v < e->units; v++) {
            if (u == v || !copy_order(s, 0)) continue;
            int32_t *order = s->order + (s->orders - 1) * s->strata->parameters;
            swap_units(order, e, u, e->units - 1);
            size_t at = v == e->units - 1 ? u : v;
            if (e->units > 1) swap_units(order, e, at, e->units - 2);
        }
}

static nalg_status list_orders(search *s)
{
    size_t n = s->strata->parameters, all;
    double total = 1;
    for (size_t g = 0; g < s->strata->exchangeables; g++)
        for (size_t k = 2; k <= s->strata->exchangeable[g].units; k++) total *= (double)k;
    if (!nalg_size_multiply(&all, n, ORDERS_LIMIT)) return nalg_fail_memory(s->ctx);
    s->order = nalg_array(all, sizeof *s->order);
    if (!s->order) return nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < n; i++) s->order[i] = (int32_t)i;
    s->orders = 1;
    for (size_t g = 0; g < s->strata->exchangeables; g++) {
        if (total <= ORDERS_LIMIT)
            permute_all(s, &s->strata->exchangeable[g]);
        else
            permute_some(s, &s->strata->exchangeable[g]);
    }
    return NALG_OK;
}

/* ---- exact membership ---- */

/* Does every group of slots of the last layer that is mixed have the rank asked for? */
static bool has_ranks(const search *s, const nalg_stratum *t, const nalg_weights *w, const int32_t *order)
{
    const nalg_exchangeable *m = &s->strata->mixing;
    bool low = true;
    for (size_t rank = 1; t->mixed && rank < m->units && low; rank++) {
        slong rows = 0;
        fmpq_mat_t matrix;
        fmpq_mat_init(matrix, (slong)m->length, (slong)m->units);
        for (size_t k = 0; k < m->length; k++) {
            if (nalg_stratum_slot_rank(s->strata, t, k) > rank) continue;
            for (size_t u = 0; u < m->units; u++)
                fmpq_set(fmpq_mat_entry(matrix, rows, (slong)u),
                         &w->value[order[m->weight[u * m->length + k]]]);
            rows++;
        }
        low = (size_t)fmpq_mat_rref(matrix, matrix) <= rank;
        fmpq_mat_clear(matrix);
    }
    return low;
}

static bool lies_in(const search *s, const nalg_stratum *t, const nalg_weights *w, const int32_t *order,
                    int32_t *first, const bool *mixed)
{
    for (int32_t k = 0; k < t->free_count; k++) first[k] = -1;
    for (size_t i = 0; i < s->strata->parameters; i++) {
        const fmpq *value = &w->value[order[i]];
        int32_t k = t->map[i];
        if (mixed[i]) continue;
        if (k < 0) {
            if (!fmpq_is_zero(value)) return false;
        } else if (first[k] < 0) {
            first[k] = order[i];
        } else if (!fmpq_equal(value, &w->value[first[k]])) {
            return false;
        }
    }
    return has_ranks(s, t, w, order);
}

static nalg_status find_exact(const search *s, bool *exact, const nalg_weights *w)
{
    int32_t *first = nalg_array(s->strata->parameters, sizeof *first);
    bool *mixed = nalg_array(s->strata->parameters, sizeof *mixed);
    nalg_status status = first && mixed ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < s->strata->count && status == NALG_OK; i++) {
        const nalg_stratum *t = &s->strata->item[i];
        nalg_stratum_mark_mixed(s->strata, t, mixed);
        for (size_t o = 0; o < s->orders && !exact[t->set]; o++)
            exact[t->set] = lies_in(s, t, w, s->order + o * s->strata->parameters, first, mixed);
        status = nalg_checkpoint(s->ctx);
    }
    free(first);
    free(mixed);
    return status;
}

/* ---- function values ---- */

/* Unknowns of a stratum: its free parameters, and a matrix of linear maps of the units when it is mixed. */
static size_t unknowns_of(const nalg_stratum *t)
{
    return (t->free_count ? (size_t)t->free_count : 1) + t->mixed * t->mixed;
}

static nalg_status compile(const search *s, nalg_system **out, const nalg_stratum *t)
{
    nalg_graph g;
    size_t units = t ? t->mixed : 0;
    nalg_graph_init(&g);
    int matrix =
        units ? nalg_graph_parameter(&g, unknowns_of(t) - units * units, units * units) : NALG_NO_NODE;
    if (t) g.substitute = nalg_stratum_weights(&g, s->strata, t);
    int input = nalg_graph_input(&g, 1, nalg_shape_size(&s->model->layers->in), true);
    int f = nalg_pipeline_lower(s->model->layers, &g, input);
    if (units)
        f = nalg_graph_product(&g, matrix, false, f, false, units, units,
                               nalg_shape_size(&s->model->layers->out) / units);
    const double complex *inputs[] = {NULL, s->x};
    nalg_system_source source = {
        .graph = &g, .output = f, .batch = s->samples, .input = inputs, .input_count = 2};
    nalg_status status = g.failed ? nalg_fail_memory(s->ctx) : nalg_system_create(s->ctx, out, &source);
    nalg_graph_clear(&g);
    return status;
}

/* Cholesky: the lower triangle of a symmetric matrix becomes its factor. False when it is not positive. */
static bool factorise(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = a[i * n + j];
            for (size_t k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
            if (i == j && !(sum > 0)) return false;
            a[i * n + j] = i == j ? sqrt(sum) : sum / a[j * n + j];
        }
    return true;
}

/* Coordinates in which the distance is Euclidean, in place; `stride` apart. */
static void to_coordinates(const search *s, double *e, size_t stride)
{
    size_t n = s->samples;
    double scale = 1 / sqrt((double)n);
    for (size_t o = 0; o < s->outputs; o++)
        for (size_t i = 0; i < n; i++) {
            double *at = e + (o * n + i) * stride, sum = 0;
            for (size_t k = i; s->factor && k < n; k++) sum += s->factor[k * n + i] * at[(k - i) * stride];
            *at = s->factor ? sum : scale * *at;
        }
}

/* The points and the form of the mean square over all normal inputs; without them s->factor stays NULL. */
static nalg_status use_metric(search *s)
{
    nalg_metric m = {0};
    size_t inputs = nalg_shape_size(&s->model->layers->in);
    nalg_status status = nalg_metric_create(s->ctx, &m, s->model, NALG_METRIC_GAUSSIAN, 0, 0);
    if (status == NALG_E_UNSUPPORTED || status == NALG_E_LIMIT || status == NALG_E_INTERNAL) return NALG_OK;
    if (status != NALG_OK) return status;
    size_t n = m.size / s->outputs;
    double *factor = nalg_array(n * n, sizeof *factor);
    double complex *x = nalg_array(inputs * n, sizeof *x);
    if (!factor || !x) status = nalg_fail_memory(s->ctx);
    for (size_t k = 0; status == NALG_OK && k < n; k++) {
        for (size_t i = 0; i < n; i++) factor[k * n + i] = creal(m.form[k * m.size + i]);
        for (size_t i = 0; i < inputs; i++) x[i * n + k] = m.x[i * m.size + k];
    }
    nalg_metric_clear(&m);
    if (status == NALG_OK && factorise(factor, n)) {
        s->factor = factor;
        s->x = x;
        s->samples = n;
        return NALG_OK;
    }
    free(factor);
    free(x);
    return status;
}

static nalg_status use_samples(search *s)
{
    size_t inputs = nalg_shape_size(&s->model->layers->in), n = s->strata->parameters;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_INPUTS);
    s->samples = 2 * n > LEAST_SAMPLES ? 2 * n : LEAST_SAMPLES;
    if (s->samples * s->outputs > VALUES_LIMIT) s->samples = VALUES_LIMIT / s->outputs;
    s->x = nalg_array(inputs * s->samples, sizeof *s->x);
    if (!s->x) return nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < inputs * s->samples; i++) s->x[i] = nalg_random_normal(&r);
    return NALG_OK;
}

/* The given network in coordinates, and its size. */
static nalg_status aim(search *s, nalg_strata_nearest *out)
{
    size_t n = s->strata->parameters;
    nalg_system *system = NULL;
    s->target = nalg_array(s->values, sizeof *s->target);
    double complex *w = nalg_array(n, sizeof *w), *value = nalg_array(s->values, sizeof *value);
    nalg_status status = s->target && w && value ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t i = 0; status == NALG_OK && i < n; i++) w[i] = s->w[i];
    if (status == NALG_OK) status = compile(s, &system, NULL);
    if (status == NALG_OK) status = nalg_system_evaluate(s->ctx, value, NULL, system, w, 1, NULL);
    for (size_t i = 0; status == NALG_OK && i < s->values; i++) s->target[i] = creal(value[i]);
    if (status == NALG_OK) to_coordinates(s, s->target, 1);
    double sum = 0;
    for (size_t i = 0; status == NALG_OK && i < s->values; i++) sum += s->target[i] * s->target[i];
    out->size = sqrt(sum);
    nalg_system_free(system);
    free(w);
    free(value);
    return status;
}

static nalg_status prepare(search *s, nalg_strata_nearest *out)
{
    s->outputs = nalg_shape_size(&s->model->layers->out);
    nalg_status status = use_metric(s);
    if (status == NALG_OK && !s->factor) status = use_samples(s);
    s->values = s->samples * s->outputs;
    out->sampled = !s->factor;
    return status == NALG_OK ? aim(s, out) : status;
}

/* ---- Levenberg-Marquardt ---- */

typedef struct {
    const search *s;
    nalg_system *system;
    size_t n;                             /* unknowns: free parameters, at least 1 */
    double complex *z, *value, *jacobian; /* one point */
    double *residual, *derivative, *normal, *gradient, *factor, *step, *trial;
} fit;

static double residual_of(fit *f, const double *theta, bool derivative, nalg_status *status)
{
    double sum = 0;
    for (size_t i = 0; i < f->n; i++) f->z[i] = theta[i];
    *status =
        nalg_system_evaluate(f->s->ctx, f->value, derivative ? f->jacobian : NULL, f->system, f->z, 1, NULL);
    if (*status != NALG_OK) return INFINITY;
    for (size_t i = 0; i < f->s->values; i++) f->residual[i] = creal(f->value[i]);
    to_coordinates(f->s, f->residual, 1);
    for (size_t i = 0; i < f->s->values; i++) {
        f->residual[i] -= f->s->target[i];
        sum += f->residual[i] * f->residual[i];
    }
    return isfinite(sum) ? sum : INFINITY;
}

static void normal_equations(fit *f)
{
    size_t n = f->n;
    for (size_t i = 0; i < f->s->values * n; i++) f->derivative[i] = creal(f->jacobian[i]);
    for (size_t i = 0; i < n; i++) to_coordinates(f->s, f->derivative + i, n);
    memset(f->normal, 0, n * n * sizeof *f->normal);
    memset(f->gradient, 0, n * sizeof *f->gradient);
    for (size_t r = 0; r < f->s->values; r++)
        for (size_t i = 0; i < n; i++) {
            double ji = f->derivative[r * n + i];
            f->gradient[i] += ji * f->residual[r];
            for (size_t j = 0; j <= i; j++) f->normal[i * n + j] += ji * f->derivative[r * n + j];
        }
}

/* (J^T J + damping * diagonal) step = -gradient by Cholesky; false when it breaks down. */
static bool damped_step(fit *f, double damping, double scale)
{
    size_t n = f->n;
    memcpy(f->factor, f->normal, n * n * sizeof *f->factor);
    for (size_t i = 0; i < n; i++) f->factor[i * n + i] += damping * (f->normal[i * n + i] + 1e-6 * scale);
    if (!factorise(f->factor, n)) return false;
    for (size_t i = 0; i < n; i++) {
        double sum = -f->gradient[i];
        for (size_t k = 0; k < i; k++) sum -= f->factor[i * n + k] * f->step[k];
        f->step[i] = sum / f->factor[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) f->step[i] -= f->factor[k * n + i] * f->step[k];
        f->step[i] /= f->factor[i * n + i];
    }
    return true;
}

/* Improve theta; the sum of squares at the end. */
static double descend(fit *f, double *theta, nalg_status *status)
{
    double damping = 1e-3, best = residual_of(f, theta, true, status);
    for (int it = 0; it < ITERATIONS && *status == NALG_OK && best > 0 && isfinite(best); it++) {
        double scale = 0, after = INFINITY;
        normal_equations(f);
        for (size_t i = 0; i < f->n; i++) scale = fmax(scale, f->normal[i * f->n + i]);
        if (!(scale > 0)) break;
        while (damping < 1e12 && !(after < best) && *status == NALG_OK) {
            if (damped_step(f, damping, scale)) {
                for (size_t i = 0; i < f->n; i++) f->trial[i] = theta[i] + f->step[i];
                after = residual_of(f, f->trial, false, status);
            }
            damping *= after < best ? 0.2 : 5;
        }
        if (!(after < best)) break;
        bool done = best - after < 1e-13 * best;
        memcpy(theta, f->trial, f->n * sizeof *theta);
        best = after;
        if (done) break;
        damping = fmax(damping, 1e-15);
        residual_of(f, theta, true, status);
        if (*status == NALG_OK) *status = nalg_checkpoint(f->s->ctx);
    }
    return best;
}

/* Free parameters nearest to the weights in this order: means over tied weights. The first of them are those
 * of the first stratum of the set, with the same function once the units that are equal are added up. */
static void project(const search *s, const nalg_stratum *t, const int32_t *order, double *theta,
                    double *count)
{
    size_t n = t->free_count ? (size_t)t->free_count : 1;
    for (size_t k = 0; k < n; k++) theta[k] = count[k] = 0;
    for (size_t i = 0; i < s->strata->parameters; i++)
        if (t->map[i] >= 0) {
            theta[t->map[i]] += s->w[order[i]];
            count[t->map[i]] += 1;
        }
    for (size_t k = 0; k < n; k++)
        if (count[k] > 0) theta[k] /= count[k];
    for (size_t k = 0; k < t->less_count; k++)
        if (t->map[t->less[k][0]] >= 0) theta[t->map[t->less[k][0]]] += theta[t->map[t->less[k][1]]];
}

static nalg_status allocate(fit *f)
{
    size_t n = f->n, m = f->s->values;
    f->z = nalg_array(n, sizeof *f->z);
    f->value = nalg_array(m, sizeof *f->value);
    f->jacobian = nalg_array(n * m, sizeof *f->jacobian);
    f->residual = nalg_array(m, sizeof *f->residual);
    f->derivative = nalg_array(n * m, sizeof *f->derivative);
    f->normal = nalg_array(n * n, sizeof *f->normal);
    f->factor = nalg_array(n * n, sizeof *f->factor);
    f->gradient = nalg_array(n, sizeof *f->gradient);
    f->step = nalg_array(n, sizeof *f->step);
    f->trial = nalg_array(n, sizeof *f->trial);
    bool ok = f->z && f->value && f->jacobian && f->residual && f->derivative && f->normal && f->factor &&
              f->gradient && f->step && f->trial;
    return ok ? NALG_OK : nalg_fail_memory(f->s->ctx);
}

static void release(fit *f)
{
    nalg_system_free(f->system);
    free(f->z);
    free(f->value);
    free(f->jacobian);
    free(f->residual);
    free(f->derivative);
    free(f->normal);
    free(f->factor);
    free(f->gradient);
    free(f->step);
    free(f->trial);
}

/* Keep the best starts, sorted by their sums of squares. */
static void keep_start(const double *theta, double sum, size_t n, double *start, double *score)
{
    size_t at = STARTS;
    while (at > 0 && sum < score[at - 1]) at--;
    if (at == STARTS || !isfinite(sum)) return;
    memmove(score + at + 1, score + at, (STARTS - 1 - at) * sizeof *score);
    memmove(start + (at + 1) * n, start + at * n, (STARTS - 1 - at) * n * sizeof *start);
    score[at] = sum;
    memcpy(start + at * n, theta, n * sizeof *start);
}

/* The identity as the linear map of the units. */
static void start_mixing(const fit *f, double *theta, size_t units)
{
    for (size_t k = 0; k < units * units; k++) theta[f->n - units * units + k] = k % (units + 1) == 0;
}

/* From all strata of the set and all orders, and at random. */
static nalg_status choose_starts(const search *s, fit *f, size_t first, size_t last, double *start,
                                 double *score)
{
    size_t room = s->strata->parameters + f->n + 1;
    double *theta = nalg_array(2 * room, sizeof *theta), scale = 0;
    nalg_status status = theta ? NALG_OK : nalg_fail_memory(s->ctx);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(s->ctx), STREAM_STARTS + ((uint64_t)first << 8));
    for (size_t i = 0; i < s->strata->parameters; i++)
        scale += s->w[i] * s->w[i] / (double)s->strata->parameters;
    for (size_t k = 0; k < STARTS; k++) score[k] = INFINITY;
    for (size_t i = first; i < last; i++)
        for (size_t o = 0; status == NALG_OK && o < s->orders; o++) {
            project(s, &s->strata->item[i], s->order + o * s->strata->parameters, theta, theta + room);
            start_mixing(f, theta, s->strata->item[i].mixed);
            double sum = residual_of(f, theta, false, &status);
            keep_start(theta, sum, f->n, start, score);
            if (status == NALG_OK && o % 64 == 0) status = nalg_checkpoint(s->ctx);
        }
    for (size_t o = 0; status == NALG_OK && o < RANDOM_STARTS; o++) {
        for (size_t i = 0; i < f->n; i++)
            theta[i] =
                (i < (size_t)s->strata->item[first].free_count ? sqrt(scale) : 1) * nalg_random_normal(&r);
        double sum = residual_of(f, theta, false, &status);
        keep_start(theta, sum, f->n, start, score);
    }
    free(theta);
    return status;
}

/* The first stratum of the set has the fewest free parameters. */
static nalg_status fit_set(const search *s, size_t first, size_t last, double *distance)
{
    const nalg_stratum *t = &s->strata->item[first];
    fit f = {.s = s, .n = unknowns_of(t)};
    double score[STARTS], *start = nalg_array(STARTS * f.n, sizeof *start);
    nalg_status status = start ? allocate(&f) : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) status = compile(s, &f.system, t);
    if (status == NALG_OK) status = choose_starts(s, &f, first, last, start, score);
    for (size_t k = 0; status == NALG_OK && k < STARTS && isfinite(score[k]); k++) {
        double sum = descend(&f, start + k * f.n, &status), d = sqrt(sum);
        if (isnan(*distance) || d < *distance) *distance = d;
    }
    free(start);
    release(&f);
    return status;
}

static nalg_status fit_all(const search *s, nalg_strata_nearest *out)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0, j; i < s->strata->count && status == NALG_OK; i = j) {
        const nalg_stratum *t = &s->strata->item[i];
        for (j = i; j < s->strata->count && s->strata->item[j].set == t->set;) j++;
        nalg_progress(s->ctx, "nearest subnetworks", i, s->strata->count, NULL);
        if (out->exact[t->set])
            out->distance[t->set] = 0;
        else if (unknowns_of(t) <= FREE_LIMIT)
            status = fit_set(s, i, j, &out->distance[t->set]);
    }
    return status;
}

/* c x^r lets a unit's incoming weights be scaled to have 1 first: exactly equal where they were proportional.
 */
static void normalise(nalg_weights *w, const nalg_model *model)
{
    nalg_chain chain;
    if (!nalg_chain_read(&chain, model) || chain.bias) return;
    size_t offset = 0;
    for (size_t l = 1; l < chain.layers; l++) {
        size_t in = chain.width[l - 1], units = chain.width[l], out = chain.width[l + 1];
        uint64_t r = nalg_chain_exponent(&chain, l);
        for (size_t u = 0; r > 0 && r <= NORMALISED_EXPONENT && u < units; u++) {
            fmpq *row = w->value + offset + u * in, *next = w->value + offset + units * in + u;
            size_t k = 0;
            fmpq_t c, power;
            while (k < in && fmpq_is_zero(&row[k])) k++;
            if (k == in) continue;
            fmpq_init(c);
            fmpq_init(power);
            fmpq_set(c, &row[k]);
            fmpq_pow_si(power, c, (slong)r);
            for (size_t i = 0; i < in; i++) fmpq_div(&row[i], &row[i], c);
            for (size_t o = 0; o < out; o++) fmpq_mul(&next[o * units], &next[o * units], power);
            fmpq_clear(c);
            fmpq_clear(power);
        }
        offset += units * in;
    }
}

static nalg_status copy_weights(nalg_ctx *ctx, nalg_weights *out, const nalg_weights *w)
{
    out->value = nalg_array(w->count, sizeof *out->value);
    if (!out->value) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < w->count; i++) {
        fmpq_init(&out->value[i]);
        fmpq_set(&out->value[i], &w->value[i]);
    }
    out->count = w->count;
    return NALG_OK;
}

/* As the weights stand, and with units scaled. */
static nalg_status find_exact_both(const search *s, bool *exact, const nalg_weights *w)
{
    nalg_weights scaled = {0};
    nalg_status status = find_exact(s, exact, w);
    if (status == NALG_OK) status = copy_weights(s->ctx, &scaled, w);
    if (status == NALG_OK) {
        normalise(&scaled, s->model);
        status = find_exact(s, exact, &scaled);
    }
    nalg_weights_clear(&scaled);
    return status;
}

static nalg_status find(search *s, nalg_strata_nearest *out, const nalg_weights *weights, double *w)
{
    size_t outputs = nalg_shape_size(&s->model->layers->out), n = s->strata->parameters;
    for (size_t i = 0; i < s->strata->sets; i++) out->distance[i] = NAN;
    for (size_t i = 0; i < n; i++) w[i] = fmpq_get_d(&weights->value[i]);
    s->w = w;
    if (n > PARAMETERS_LIMIT || outputs > VALUES_LIMIT / LEAST_SAMPLES)
        out->skipped = "the model is too large for least squares";
    nalg_status status = n > PARAMETERS_LIMIT ? NALG_OK : list_orders(s);
    if (status == NALG_OK && n <= PARAMETERS_LIMIT) status = find_exact_both(s, out->exact, weights);
    if (status != NALG_OK || out->skipped) return status;
    status = prepare(s, out);
    if (status == NALG_OK && !isfinite(out->size)) {
        out->skipped = "the network's values overflow";
        return NALG_OK;
    }
    return status == NALG_OK ? fit_all(s, out) : status;
}

nalg_status nalg_strata_nearest_find(nalg_ctx *ctx, nalg_strata_nearest *out, const nalg_model *model,
                                     const nalg_strata *strata, const nalg_weights *weights)
{
    search s = {.ctx = ctx, .model = model, .strata = strata};
    nalg_strata_nearest n = {.distance = nalg_array(strata->sets, sizeof *n.distance),
                             .exact = nalg_array_zero(strata->sets, sizeof *n.exact),
                             .size = NAN};
    double *w = nalg_array(strata->parameters, sizeof *w);
    nalg_status status = n.distance && n.exact && w ? find(&s, &n, weights, w) : nalg_fail_memory(ctx);
    free(w);
    free(s.order);
    free(s.x);
    free(s.factor);
    free(s.target);
    if (status == NALG_OK)
        *out = n;
    else
        nalg_strata_nearest_clear(&n);
    return status;
}

void nalg_strata_nearest_clear(nalg_strata_nearest *n)
{
    free(n->distance);
    free(n->exact);
    *n = (nalg_strata_nearest){0};
}
