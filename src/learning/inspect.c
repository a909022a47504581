/* Looking at recorded points again.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/inspect.h"
#include <math.h>
#include <string.h>
#include "certify/ball_map.h"
#include "core/memory.h"
#include "field/lapack.h"
#include "learning/dense_algebra.h"
#include "learning/landscape_internal.h"

#define PRECISION 128
#define CHUNK 256 /* samples whose graph is built at a time */
#define RANK 1e-7
#define FLAT 1e-8
#define MORE_INPUTS 9
#define RANDOM_POINTS 2
enum { STREAM_INPUTS = 6701, STREAM_WEIGHTS };

/* ---- what all points share ---- */

/* The derivative at the fresh inputs, columns of length one, into row (values x n); their lengths. */
static bool scaled_derivative(nalg_inspection *k, double *row, double *length, const double *w)
{
    size_t n = k->model->parameters;
    double largest = 0;
    if (!nalg_loss_jacobian(k->fresh, row, w)) return false;
    memset(length, 0, n * sizeof *length);
    for (size_t i = 0; i < k->values * n; i++) length[i % n] += row[i] * row[i];
    for (size_t i = 0; i < n; i++) length[i] = sqrt(length[i]), largest = fmax(largest, length[i]);
    for (size_t i = 0; i < n; i++)
        if (length[i] <= 1e-9 * largest) length[i] = largest > 0 ? largest : 1;
    for (size_t i = 0; i < k->values * n; i++) row[i] /= length[i % n];
    return true;
}

static nalg_status pole(nalg_inspection *k)
{
    return nalg_fail(k->ctx, NALG_E_UNSUPPORTED, NULL, NULL, "the model has a pole at recorded weights");
}

/* Rank of the derivative at w. */
static nalg_status find_rank(nalg_inspection *k, size_t *rank, const double *w)
{
    size_t n = k->model->parameters, least = k->values < n ? k->values : n;
    double *row = nalg_array(k->values * n, sizeof *row), *length = nalg_array(n, sizeof *length),
           *singular = nalg_array(least, sizeof *singular);
    nalg_status status = row && length && singular ? NALG_OK : nalg_fail_memory(k->ctx);
    *rank = 0;
    if (status == NALG_OK && !scaled_derivative(k, row, length, w)) status = pole(k);
    if (status == NALG_OK && !nalg_singular_values(singular, row, k->values, n))
        status = nalg_fail_memory(k->ctx);
    for (size_t i = 0; status == NALG_OK && i < least; i++)
        *rank += singular[0] > 0 && singular[i] > RANK * singular[0];
    free(row);
    free(length);
    free(singular);
    return status;
}

static nalg_status find_dimension(nalg_inspection *k)
{
    size_t n = k->model->parameters;
    nalg_chart_scale scale = nalg_loss_form_scale(&k->form);
    double *w = nalg_array(n * RANDOM_POINTS, sizeof *w);
    nalg_status status =
        w ? nalg_chart_random_weights(k->ctx, w, k->model, NULL, &scale, STREAM_WEIGHTS, RANDOM_POINTS)
          : nalg_fail_memory(k->ctx);
    for (size_t i = 0; status == NALG_OK && i < RANDOM_POINTS; i++) {
        size_t rank = 0;
        status = find_rank(k, &rank, w + i * n);
        if (rank > k->dimension) k->dimension = rank;
    }
    free(w);
    return status;
}

nalg_status nalg_inspection_create(nalg_ctx *ctx, nalg_inspection *k, const nalg_model *model,
                                   const nalg_data *data)
{
    *k = (nalg_inspection){.ctx = ctx, .model = model, .given = *data};
    nalg_status status = nalg_balance_create(ctx, &k->balance, model, data);
    if (status == NALG_OK) status = nalg_loss_form_create(ctx, &k->form, model, &k->balance.data);
    if (status != NALG_OK) return status;
    k->form_made = true;
    size_t count = k->form.size / k->form.outputs + MORE_INPUTS;
    double *x = nalg_array(count * k->form.inputs, sizeof *x);
    status = x ? nalg_loss_generic_inputs(ctx, x, &k->form, STREAM_INPUTS, count) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_chart_evaluator(ctx, &k->fresh, model, x, count);
    free(x);
    if (status == NALG_OK) {
        k->values = nalg_loss_answer_count(k->fresh);
        status = find_dimension(k);
    }
    return status == NALG_OK ? nalg_data_loss_create(ctx, &k->data, model, &k->form, k->dimension) : status;
}

void nalg_inspection_clear(nalg_inspection *k)
{
    nalg_loss_free(k->fresh);
    if (k->data.ctx) nalg_data_loss_clear(&k->data);
    if (k->form_made) nalg_loss_form_clear(&k->form);
    nalg_balance_clear(&k->balance);
    *k = (nalg_inspection){0};
}

/* ---- loss and gradient in balls ---- */

/* One chunk of samples with all weights as unknowns: values, or the gradient, as a map. */
typedef struct {
    nalg_loss_system system;
    const double complex *input[NALG_LOSS_SLOTS];
    double complex *target; /* output o of sample s at o * count + s */
    size_t values;
    nalg_certify_map map;
    nalg_ball_map balls;
    nalg_ball_evaluation evaluation;
    acb_ptr weights, out;
    size_t outs;
} chunk;

static nalg_status chunk_open(chunk *c, nalg_inspection *k, const nalg_data *data, size_t first, size_t count,
                              bool gradient)
{
    size_t n = k->model->parameters, outputs = data->output_size;
    *c = (chunk){.values = count * outputs, .outs = gradient ? n : count * outputs};
    nalg_status status = nalg_loss_system_create(k->ctx, &c->system, NALG_GRADIENT_SAMPLES, &k->data.all,
                                                 &k->form, data->inputs + first * data->input_size, count);
    c->target = nalg_array(c->values, sizeof *c->target);
    c->weights = nalg_balls_new(n);
    c->out = nalg_balls_new(c->outs);
    if (status != NALG_OK) return status;
    if (!c->target || !c->weights || !c->out) return nalg_fail_memory(k->ctx);
    for (size_t i = 0; i < c->values; i++)
        c->target[i] = data->targets[(first + i % count) * outputs + i / count];
    if (gradient)
        nalg_loss_gradient_map(&c->map, &c->system, c->input);
    else
        nalg_loss_values_map(&c->map, &c->system, c->input);
    status = nalg_ball_map_create(k->ctx, &c->balls, &c->map, c->target, c->values, false);
    return status == NALG_OK ? nalg_ball_evaluation_create(k->ctx, &c->evaluation, &c->balls, PRECISION)
                             : status;
}

static void chunk_close(chunk *c, size_t weights)
{
    if (c->evaluation.map) nalg_ball_evaluation_clear(&c->evaluation);
    if (c->balls.source) nalg_ball_map_clear(&c->balls);
    nalg_balls_free(c->weights, weights);
    nalg_balls_free(c->out, c->outs);
    if (c->system.x) nalg_loss_system_clear(&c->system);
    free(c->target);
}

static bool chunk_run(chunk *c, const double *w, size_t weights)
{
    for (size_t i = 0; i < weights; i++) acb_set_d(c->weights + i, w[i]);
    return nalg_ball_values(&c->evaluation, c->out, c->weights);
}

/* Sums over all samples into `sum`: for each point the loss at the recorded weights, or the gradient (n
 * numbers) at those on balanced inputs. */
static nalg_status sum_chunks(nalg_inspection *k, arb_ptr sum, const nalg_inspected *point, size_t count,
                              bool gradient)
{
    const nalg_data *data = gradient ? &k->balance.data : &k->given;
    size_t n = k->model->parameters;
    nalg_status status = NALG_OK;
    for (size_t first = 0; status == NALG_OK && first < data->samples; first += CHUNK) {
        size_t samples = data->samples - first < CHUNK ? data->samples - first : CHUNK;
        chunk c;
        status = chunk_open(&c, k, data, first, samples, gradient);
        for (size_t i = 0; status == NALG_OK && i < count; i++) {
            if (!chunk_run(&c, gradient ? point[i].w : point[i].given, n)) {
                status = pole(k);
                break;
            }
            for (size_t j = 0; j < c.outs; j++) {
                arb_ptr value = acb_realref(c.out + j);
                if (gradient) {
                    arb_add(sum + i * n + j, sum + i * n + j, value, PRECISION);
                } else {
                    arb_t target;
                    arb_init(target);
                    arb_set_d(target, creal(c.target[j]));
                    arb_sub(value, value, target, PRECISION);
                    arb_addmul(sum + i, value, value, PRECISION);
                    arb_clear(target);
                }
            }
            status = nalg_checkpoint(k->ctx);
        }
        chunk_close(&c, n);
    }
    return status;
}

/* Upper bound of |x|. */
static double bound(arb_srcptr x)
{
    mag_t m;
    mag_init(m);
    arb_get_mag(m, x);
    double value = mag_get_d(m);
    mag_clear(m);
    return value;
}

static nalg_status enclose(nalg_inspection *k, nalg_inspected *point, size_t count)
{
    size_t n = k->model->parameters;
    arb_ptr loss = _arb_vec_init((slong)count), gradient = _arb_vec_init((slong)(count * n));
    nalg_status status = sum_chunks(k, loss, point, count, false);
    if (status == NALG_OK) status = sum_chunks(k, gradient, point, count, true);
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        double square = 0;
        point[i].loss = arf_get_d(arb_midref(loss + i), ARF_RND_NEAR);
        point[i].loss_radius = mag_get_d(arb_radref(loss + i));
        for (size_t j = 0; j < n; j++) { /* the gradient of half the loss: J^T (f - y) */
            double part = 2 * bound(gradient + i * n + j) * fmax(fabs(point[i].w[j]), k->data.size[j]);
            square += part * part;
        }
        point[i].gradient = sqrt(square) / fmax(k->form.constant, 1e-300);
    }
    _arb_vec_clear(loss, (slong)count);
    _arb_vec_clear(gradient, (slong)(count * n));
    return status;
}

/* ---- rank, tangent directions, index ---- */

/* At most *rank directions S v / sigma for singular vectors v of the derivative D S (S makes columns of
 * length one): the images are orthonormal at the fresh inputs, and no direction lies along the fiber. In the
 * linear space of `basis` (n x m; NULL: all weights) when given. */
static nalg_status find_tangent(nalg_inspection *k, double *out, const double *w, const double *basis,
                                size_t m, size_t *rank)
{
    size_t n = k->model->parameters, rows = k->values;
    double *d = nalg_array(rows * n, sizeof *d), *e = nalg_array_zero(rows * m, sizeof *e),
           *gram = nalg_array_zero(m * m, sizeof *gram), *value = nalg_array(m, sizeof *value),
           *size = nalg_array_zero(m, sizeof *size);
    nalg_status status = d && e && gram && value && size ? NALG_OK : nalg_fail_memory(k->ctx);
    if (status == NALG_OK && !nalg_loss_jacobian(k->fresh, d, w)) status = pole(k);
    for (size_t r = 0; status == NALG_OK && r < rows; r++)
        for (size_t j = 0; j < m; j++) {
            if (!basis) e[r * m + j] = d[r * n + j];
            for (size_t i = 0; basis && i < n; i++) e[r * m + j] += d[r * n + i] * basis[i * m + j];
            size[j] += e[r * m + j] * e[r * m + j];
        }
    double largest = 0;
    for (size_t j = 0; status == NALG_OK && j < m; j++) largest = fmax(largest, sqrt(size[j]));
    for (size_t j = 0; status == NALG_OK && j < m; j++)
        size[j] = fmax(sqrt(size[j]), 1e-9 * fmax(largest, 1e-300));
    for (size_t r = 0; status == NALG_OK && r < rows; r++)
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < m; j++)
                gram[i * m + j] += e[r * m + i] / size[i] * (e[r * m + j] / size[j]);
    if (status == NALG_OK && !nalg_symmetric_eigen(value, gram, m, true)) status = nalg_fail_memory(k->ctx);
    while (status == NALG_OK && *rank && value[m - *rank] <= RANK * RANK * value[m - 1]) --*rank;
    for (size_t i = 0; status == NALG_OK && i < n; i++)
        for (size_t c = 0; c < *rank; c++) {
            const double *v = gram + (m - 1 - c) * m;
            double sigma = sqrt(fmax(value[m - 1 - c], 1e-300)), sum = 0;
            for (size_t j = 0; basis && j < m; j++) sum += basis[i * m + j] * v[j] / size[j];
            out[i * *rank + c] = (basis ? sum : v[i] / size[i]) / sigma;
        }
    free(d);
    free(e);
    free(gram);
    free(value);
    free(size);
    return status;
}

/* The Hessian of half the loss in all weights. */
static nalg_status find_hessian(nalg_inspection *k, double *h, const double *w)
{
    size_t n = k->model->parameters, a = k->form.size;
    double complex *p = nalg_array(a, sizeof *p), *x = nalg_array(n, sizeof *x),
                   *f = nalg_array(n, sizeof *f), *j = nalg_array(n * n, sizeof *j);
    nalg_status status = p && x && f && j ? NALG_OK : nalg_fail_memory(k->ctx);
    for (size_t i = 0; status == NALG_OK && i < a; i++) p[i] = k->form.linear[i];
    for (size_t i = 0; status == NALG_OK && i < n; i++) x[i] = w[i];
    if (status == NALG_OK) status = nalg_system_evaluate(k->ctx, f, j, k->data.hessian.system, x, 1, p);
    for (size_t i = 0; status == NALG_OK && i < n * n; i++)
        h[i] = (creal(j[i]) + creal(j[i % n * n + i / n])) / 2;
    free(p);
    free(x);
    free(f);
    free(j);
    return status;
}

/* B^T H B, for B of n x m. */
static void congruent(double *out, const double *h, const double *b, size_t n, size_t m)
{
    memset(out, 0, m * m * sizeof *out);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            for (size_t c = 0; c < m; c++)
                for (size_t d = 0; d < m; d++) out[c * m + d] += b[i * m + c] * h[i * n + j] * b[j * m + d];
}

/* Rows and columns of a like size: signs of eigenvalues stay. */
static void equilibrate(double *h, double *root, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n * n; i++) largest = fmax(largest, fabs(h[i]));
    for (size_t i = 0; i < n; i++) {
        double size = 0;
        for (size_t j = 0; j < n; j++) size = fmax(size, fabs(h[i * n + j]));
        root[i] = largest > 0 ? 1 / sqrt(fmax(size, 1e-12 * largest)) : 1;
    }
    for (size_t i = 0; i < n * n; i++) h[i] *= root[i / n] * root[i % n];
}

/* Across the fiber at points of full rank, else in all weights, where the fiber's directions are flat. */
static nalg_status find_index(nalg_inspection *k, nalg_inspected *p)
{
    size_t n = k->model->parameters, m = p->rank == k->dimension ? p->rank : n, zero = 0;
    double *h = nalg_array(n * n, sizeof *h), *along = nalg_array(n * n, sizeof *along),
           *value = nalg_array(n, sizeof *value);
    nalg_status status = h && along && value ? find_hessian(k, h, p->w) : nalg_fail_memory(k->ctx);
    if (status == NALG_OK && m < n) {
        congruent(along, h, p->tangent, n, m);
    } else if (status == NALG_OK) {
        memcpy(along, h, n * n * sizeof *h);
        equilibrate(along, value, n);
    }
    if (status == NALG_OK && !nalg_symmetric_eigen(value, along, m, false)) status = nalg_fail_memory(k->ctx);
    double largest = status == NALG_OK && m ? fmax(fabs(value[0]), fabs(value[m - 1])) : 0;
    for (size_t i = 0; status == NALG_OK && i < m; i++) {
        p->index += value[i] < -FLAT * largest;
        zero += fabs(value[i]) <= FLAT * largest;
    }
    p->flat = zero > m - p->rank ? zero - (m - p->rank) : 0;
    free(h);
    free(along);
    free(value);
    return status;
}

static nalg_status inspect(nalg_inspection *k, nalg_inspected *p)
{
    size_t n = k->model->parameters;
    double value;
    nalg_status status = find_rank(k, &p->rank, p->w);
    p->values = nalg_array(k->values, sizeof *p->values);
    p->tangent = nalg_array(n * p->rank, sizeof *p->tangent);
    if (status == NALG_OK && (!p->values || !p->tangent)) status = nalg_fail_memory(k->ctx);
    if (status == NALG_OK && !nalg_loss_at(k->fresh, &value, NULL, p->w)) status = pole(k);
    if (status == NALG_OK) memcpy(p->values, nalg_loss_answers(k->fresh), k->values * sizeof *p->values);
    size_t rank = p->rank;
    if (status == NALG_OK) status = find_tangent(k, p->tangent, p->w, NULL, n, &rank);
    p->rank = rank;
    return status == NALG_OK ? find_index(k, p) : status;
}

static nalg_status balance_weights(nalg_inspection *k, nalg_inspected *p)
{
    size_t n = k->model->parameters;
    p->w = nalg_array(n, sizeof *p->w);
    if (!p->w) return nalg_fail_memory(k->ctx);
    memcpy(p->w, p->given, n * sizeof *p->w);
    nalg_balance_apply(&k->balance, p->w);
    return NALG_OK;
}

nalg_status nalg_inspect_values(nalg_inspection *k, nalg_inspected *point, size_t count)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; status == NALG_OK && i < count; i++) status = balance_weights(k, &point[i]);
    return status == NALG_OK ? enclose(k, point, count) : status;
}

nalg_status nalg_inspect(nalg_inspection *k, nalg_inspected *point, size_t count)
{
    nalg_status status = nalg_inspect_values(k, point, count);
    for (size_t i = 0; status == NALG_OK && i < count; i++) status = inspect(k, &point[i]);
    return status;
}

void nalg_inspected_clear(nalg_inspected *p)
{
    free(p->given);
    free(p->w);
    free(p->values);
    free(p->tangent);
    *p = (nalg_inspected){0};
}

/* ---- proof of existence ---- */

/* Free parameters of a subnetwork as directions in weights. */
static double *directions_of(const nalg_submodel *sub, size_t n)
{
    double *basis = nalg_array_zero(n * sub->free_count, sizeof *basis);
    for (size_t i = 0; basis && i < n; i++)
        if (sub->map[i] >= 0) basis[i * sub->free_count + (size_t)sub->map[i]] = 1;
    return basis;
}

/* The chart w + B (z - 1): p is at z = (1, ..., 1). */
static nalg_status chart_at(nalg_inspection *k, nalg_chart *out, const nalg_inspected *p, const double *b,
                            size_t rank)
{
    size_t n = k->model->parameters;
    *out = (nalg_chart){k->model,
                        n,
                        rank,
                        nalg_array(n * rank, sizeof(double complex)),
                        nalg_array(n, sizeof(double complex)),
                        nalg_array_zero(rank, sizeof(double))};
    if (!out->matrix || !out->origin || !out->start) return nalg_fail_memory(k->ctx);
    for (size_t i = 0; i < n; i++) {
        out->origin[i] = p->w[i];
        for (size_t j = 0; j < rank; j++) {
            out->matrix[i * rank + j] = b[i * rank + j];
            out->origin[i] -= b[i * rank + j];
        }
    }
    return NALG_OK;
}

nalg_status nalg_inspect_chart(nalg_inspection *k, nalg_certificate *out, const nalg_chart *chart,
                               const double complex *z, size_t count)
{
    const nalg_data *data = &k->balance.data;
    size_t samples = data->samples, values = samples * data->output_size;
    bool exact = values <= NALG_LANDSCAPE_EXACT;
    nalg_loss_system system, fixed = {0};
    nalg_status status =
        nalg_loss_system_create(k->ctx, &system, exact ? NALG_GRADIENT_SAMPLES : NALG_GRADIENT_FIXED_FORM,
                                chart, &k->form, exact ? data->inputs : NULL, exact ? samples : 0);
    if (status != NALG_OK) return status;
    status = nalg_loss_system_create(k->ctx, &fixed, NALG_GRADIENT_FIXED_FORM, chart, &k->form, NULL, 0);
    double complex *y = nalg_array(system.values, sizeof *y);
    if (status == NALG_OK && !y) status = nalg_fail_memory(k->ctx);
    for (size_t i = 0; status == NALG_OK && i < system.values; i++)
        y[i] = exact ? data->targets[i % samples * data->output_size + i / samples] : k->form.linear[i];
    if (status == NALG_OK) status = nalg_loss_certify(k->ctx, out, &system, &fixed, y, z, count);
    free(y);
    nalg_loss_system_clear(&system);
    if (fixed.x) nalg_loss_system_clear(&fixed);
    return status;
}

nalg_status nalg_inspect_certify(nalg_inspection *k, bool *proved, const nalg_inspected *p,
                                 const nalg_submodel *sub)
{
    size_t n = k->model->parameters, rank = p->rank;
    if (sub && sub->free_count < rank) rank = sub->free_count;
    double *basis = sub ? directions_of(sub, n) : NULL, *b = nalg_array(n * rank, sizeof *b);
    double complex *one = nalg_array(rank, sizeof *one);
    nalg_chart chart = {0};
    nalg_certificate certificate = {0};
    *proved = false;
    nalg_status status = (sub && !basis) || !b || !one ? nalg_fail_memory(k->ctx) : NALG_OK;
    if (status == NALG_OK && sub) status = find_tangent(k, b, p->w, basis, sub->free_count, &rank);
    if (status == NALG_OK) status = chart_at(k, &chart, p, sub ? b : p->tangent, rank);
    for (size_t i = 0; status == NALG_OK && i < rank; i++) one[i] = 1;
    if (status == NALG_OK && rank) status = nalg_inspect_chart(k, &certificate, &chart, one, 1);
    if (status == NALG_OK && rank)
        *proved = certificate.point[0].state == NALG_CERTIFIED && certificate.point[0].real == NALG_TRUE;
    nalg_certificate_clear(&certificate);
    nalg_chart_clear(&chart);
    free(basis);
    free(b);
    free(one);
    return status;
}
