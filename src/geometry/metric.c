/* Metrics on function space. Coefficient metrics are written in values: with the matrix E of monomials at
 * generic points, coefficients are E^-1 e and the form is E^-T Q E^-1, computed in ball arithmetic and
 * rounded once, so that the structure of Q survives. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/metric.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "geometry/ambient.h"
#include "geometry/sample_points.h"
#include "model/degrees.h"

#define SIZE_LIMIT 400
#define PRECISION 256
#define TWO_PI 6.283185307179586476925
enum { STREAM_INPUTS = 3001, STREAM_FORM };

static const char *const names[] = {"unit", "bombieri", "gaussian", "generic", "data"};

const char *nalg_metric_name(nalg_metric_kind kind)
{
    return names[kind];
}

bool nalg_metric_from_name(nalg_metric_kind *out, const char *name)
{
    for (int k = NALG_METRIC_UNIT; k <= NALG_METRIC_DATA; k++)
        if (!strcmp(names[k], name)) {
            *out = (nalg_metric_kind)k;
            return true;
        }
    return false;
}

static nalg_status allocate(nalg_ctx *ctx, nalg_metric *m, const nalg_model *model, size_t size, bool dense)
{
    if (size > SIZE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                         "a metric on %zu values is too large (at most %d)", size, SIZE_LIMIT);
    m->size = m->groups = size;
    m->determined = true;
    m->x = nalg_array_zero(nalg_shape_size(&model->layers->in) * size, sizeof *m->x);
    m->c = nalg_array_zero(nalg_shape_size(&model->layers->out) * size, sizeof *m->c);
    m->weight = nalg_array(size, sizeof *m->weight);
    m->form = dense ? nalg_array_zero(size * size, sizeof *m->form) : NULL;
    if (!m->x || !m->c || !m->weight || (dense && !m->form)) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < size; i++) m->weight[i] = 1;
    return NALG_OK;
}

/* A diagonal form with random weights in coordinates that are values at points. */
static nalg_status generic_metric(nalg_ctx *ctx, nalg_metric *m, const nalg_model *model)
{
    nalg_ambient ambient = {0};
    nalg_point_values e = {0};
    size_t inputs = nalg_shape_size(&model->layers->in);
    nalg_status status = nalg_ambient_find(ctx, &ambient, model, nalg_model_exponent(model));
    if (status == NALG_OK && (!ambient.known || fmpz_cmp_ui(&ambient.size, SIZE_LIMIT) > 0))
        status = nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                           "the ambient space is too large for a generic metric");
    if (status == NALG_OK) status = nalg_point_values_create(ctx, &e, model, fmpz_get_ui(&ambient.size));
    nalg_ambient_clear(&ambient);
    if (status == NALG_OK) status = allocate(ctx, m, model, e.count, false);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_FORM);
    for (size_t k = 0; status == NALG_OK && k < e.count; k++) {
        for (size_t i = 0; i < inputs; i++) m->x[i * m->size + k] = e.x[k * inputs + i];
        m->c[e.output[k] * m->size + k] = 1;
        double modulus = (0.5 + nalg_random_unit(&r)) / (e.size[k] * e.size[k]),
               angle = TWO_PI * nalg_random_unit(&r);
        m->weight[k] = CMPLX(modulus * cos(angle), modulus * sin(angle));
    }
    nalg_point_values_clear(&e);
    return status;
}

/* Every sample with every output; G = 1. */
static nalg_status data_metric(nalg_ctx *ctx, nalg_metric *m, const nalg_model *model, size_t samples,
                               size_t dimension)
{
    size_t inputs = nalg_shape_size(&model->layers->in), outputs = nalg_shape_size(&model->layers->out);
    nalg_ambient ambient = {0};
    nalg_status status = nalg_ambient_find(ctx, &ambient, model, nalg_model_exponent(model));
    if (status != NALG_OK) return status;
    size_t needed =
        ambient.known && fmpz_cmp_ui(&ambient.size, SIZE_LIMIT) < 0 ? fmpz_get_ui(&ambient.size) : dimension;
    bool known = ambient.known;
    nalg_ambient_clear(&ambient);
    if (samples == 0) samples = (needed + outputs - 1) / outputs + 1;
    if (samples > SIZE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, "samples", "write at most 400", "%zu samples are too many",
                         samples);
    status = allocate(ctx, m, model, samples * outputs, false);
    if (status != NALG_OK) return status;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_INPUTS);
    for (size_t s = 0; s < samples; s++)
        for (size_t i = 0; i < inputs; i++) {
            double value = nalg_random_normal(&r);
            for (size_t o = 0; o < outputs; o++) m->x[i * m->size + s * outputs + o] = value;
        }
    m->groups = samples;
    m->determined = known && samples * outputs > needed;
    for (size_t k = 0; k < m->size; k++) m->c[(k % outputs) * m->size + k] = 1;
    return NALG_OK;
}

/* ---- coefficient metrics ---- */

typedef struct {
    unsigned *exponent; /* monomials x variables */
    size_t count, variables;
} monomials;

/* All monomials of one degree, appended. */
static void append_degree(monomials *list, size_t variable, unsigned left, unsigned *current)
{
    if (variable + 1 == list->variables) {
        current[variable] = left;
        memcpy(list->exponent + list->count++ * list->variables, current, list->variables * sizeof *current);
        return;
    }
    for (unsigned e = 0; e <= left; e++) {
        current[variable] = e;
        append_degree(list, variable + 1, left - e, current);
    }
}

static nalg_status list_monomials(nalg_ctx *ctx, monomials *out, const nalg_model *model)
{
    nalg_degrees degrees;
    fmpz_t size;
    size_t variables = nalg_shape_size(&model->layers->in);
    if (!nalg_degrees_coordinates(&degrees)) return nalg_fail_memory(ctx);
    nalg_status status = nalg_pipeline_degrees(model->layers, &degrees) ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK && (!degrees.known || !degrees.count))
        status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "use --metric generic or --metric data",
                           "this model has no coefficients of monomials");
    fmpz_init(size);
    if (status == NALG_OK) {
        nalg_degrees_monomials(&degrees, variables, size);
        if (fmpz_cmp_ui(size, SIZE_LIMIT) > 0)
            status = nalg_fail(ctx, NALG_E_LIMIT, NULL, "use --metric generic, or a smaller model",
                               "the outputs have too many coefficients");
    }
    if (status == NALG_OK) {
        unsigned *current = nalg_array(variables, sizeof *current);
        *out = (monomials){nalg_array(fmpz_get_ui(size) * variables, sizeof(unsigned)), 0, variables};
        if (!current || !out->exponent) status = nalg_fail_memory(ctx);
        for (size_t i = 0; status == NALG_OK && i < degrees.count; i++)
            append_degree(out, 0, (unsigned)degrees.degree[i], current);
        free(current);
    }
    fmpz_clear(size);
    nalg_degrees_clear(&degrees);
    return status;
}

/* Q on coefficients: entry (a, b). */
static void form_entry(arb_t out, const monomials *m, nalg_metric_kind kind, size_t a, size_t b)
{
    const unsigned *x = m->exponent + a * m->variables, *y = m->exponent + b * m->variables;
    arb_t factor;
    ulong degree = 0;
    arb_init(factor);
    arb_set_ui(out, a == b || kind == NALG_METRIC_GAUSSIAN);
    for (size_t i = 0; i < m->variables && !arb_is_zero(out); i++) {
        degree += x[i];
        if (kind == NALG_METRIC_BOMBIERI) {
            arb_fac_ui(factor, x[i], PRECISION);
            arb_mul(out, out, factor, PRECISION);
        } else if (kind == NALG_METRIC_GAUSSIAN) { /* E x^k = (k - 1)!! for even k */
            ulong k = x[i] + y[i];
            if (k % 2) arb_zero(out);
            for (ulong j = 1; j < k; j += 2) arb_mul_ui(out, out, j, PRECISION);
        }
    }
    if (kind == NALG_METRIC_BOMBIERI && a == b) {
        arb_fac_ui(factor, degree, PRECISION);
        arb_div(out, out, factor, PRECISION);
    }
    arb_clear(factor);
}

/* block = E^-T Q E^-1 for the monomials at n points. */
static bool block_form(double *block, const monomials *m, nalg_metric_kind kind, const double *points)
{
    slong n = (slong)m->count;
    arb_mat_t values, inverse, q, product, transposed;
    arb_mat_init(values, n, n);
    arb_mat_init(inverse, n, n);
    arb_mat_init(q, n, n);
    arb_mat_init(product, n, n);
    arb_mat_init(transposed, n, n);
    arb_t power;
    arb_init(power);
    for (slong i = 0; i < n; i++)
        for (slong a = 0; a < n; a++) {
            arb_one(arb_mat_entry(values, i, a));
            for (size_t k = 0; k < m->variables; k++) {
                arb_set_d(power, points[(size_t)i * m->variables + k]);
                arb_pow_ui(power, power, m->exponent[(size_t)a * m->variables + k], PRECISION);
                arb_mul(arb_mat_entry(values, i, a), arb_mat_entry(values, i, a), power, PRECISION);
            }
            form_entry(arb_mat_entry(q, i, a), m, kind, (size_t)i, (size_t)a);
        }
    bool ok = arb_mat_inv(inverse, values, PRECISION);
    if (ok) {
        arb_mat_transpose(transposed, inverse);
        arb_mat_mul(product, transposed, q, PRECISION);
        arb_mat_mul(q, product, inverse, PRECISION);
        for (slong i = 0; i < n; i++)
            for (slong a = 0; a < n; a++)
                block[i * n + a] = arf_get_d(arb_midref(arb_mat_entry(q, i, a)), ARF_RND_NEAR);
    }
    arb_clear(power);
    arb_mat_clear(values);
    arb_mat_clear(inverse);
    arb_mat_clear(q);
    arb_mat_clear(product);
    arb_mat_clear(transposed);
    return ok;
}

/* As many points as monomials, well conditioned for the Bombieri norm of coefficients: points[i * variables].
 */
static nalg_status choose_points(nalg_ctx *ctx, double *points, const monomials *m)
{
    nalg_point_pool pool = {0};
    size_t n = m->count, count = 0, *chosen = nalg_array(n, sizeof *chosen);
    uint64_t degree = 0;
    for (size_t a = 0; a < n; a++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < m->variables; k++) sum += m->exponent[a * m->variables + k];
        degree = sum > degree ? sum : degree;
    }
    nalg_status status =
        chosen ? nalg_point_pool_create(ctx, &pool, m->variables, degree, n) : nalg_fail_memory(ctx);
    double *matrix = nalg_array(pool.count * n, sizeof *matrix),
           *preference = nalg_array(pool.count, sizeof *preference);
    if (status == NALG_OK && (!matrix || !preference)) status = nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < pool.count; i++) {
        preference[i] = pow(0.6, (double)pool.support[i]);
        for (size_t a = 0; a < n; a++) {
            const unsigned *e = m->exponent + a * m->variables;
            unsigned sum = 0;
            double value = 0;
            for (size_t k = 0; k < m->variables; k++) sum += e[k], value -= lgamma(e[k] + 1.0);
            value = exp((value + lgamma(sum + 1.0)) / 2);
            for (size_t k = 0; k < m->variables; k++) value *= pow(pool.x[i * m->variables + k], e[k]);
            matrix[i * n + a] = value;
        }
    }
    if (status == NALG_OK)
        status = nalg_choose_rows(ctx, chosen, &count, n, matrix, pool.count, n, preference);
    if (status == NALG_OK && count < n)
        status =
            nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the sample points are not generic");
    for (size_t i = 0; status == NALG_OK && i < n; i++)
        memcpy(points + i * m->variables, pool.x + chosen[i] * m->variables, m->variables * sizeof *points);
    free(chosen);
    free(matrix);
    free(preference);
    nalg_point_pool_clear(&pool);
    return status;
}

/* The same points and form for every output. */
static nalg_status coefficient_metric(nalg_ctx *ctx, nalg_metric *m, const nalg_model *model,
                                      nalg_metric_kind kind)
{
    monomials list = {0};
    size_t outputs = nalg_shape_size(&model->layers->out), variables = nalg_shape_size(&model->layers->in);
    nalg_status status = list_monomials(ctx, &list, model);
    if (status == NALG_OK) status = allocate(ctx, m, model, list.count * outputs, true);
    double *points = nalg_array(list.count * variables, sizeof *points),
           *block = nalg_array(list.count * list.count, sizeof *block);
    if (status == NALG_OK && (!points || !block)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = choose_points(ctx, points, &list);
    if (status == NALG_OK && !block_form(block, &list, kind, points))
        status =
            nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the sample points are not generic");
    for (size_t o = 0; status == NALG_OK && o < outputs; o++)
        for (size_t i = 0; i < list.count; i++) {
            size_t s = o * list.count + i;
            for (size_t k = 0; k < variables; k++) m->x[k * m->size + s] = points[i * variables + k];
            m->c[o * m->size + s] = 1;
            for (size_t a = 0; a < list.count; a++)
                m->form[s * m->size + o * list.count + a] = block[i * list.count + a];
        }
    free(points);
    free(block);
    free(list.exponent);
    return status;
}

nalg_status nalg_metric_create(nalg_ctx *ctx, nalg_metric *out, const nalg_model *model,
                               nalg_metric_kind kind, size_t samples, size_t dimension)
{
    nalg_metric m = {.kind = kind};
    nalg_status status = kind == NALG_METRIC_GENERIC ? generic_metric(ctx, &m, model)
                         : kind == NALG_METRIC_DATA  ? data_metric(ctx, &m, model, samples, dimension)
                                                     : coefficient_metric(ctx, &m, model, kind);
    if (status == NALG_OK)
        *out = m;
    else
        nalg_metric_clear(&m);
    return status;
}

void nalg_metric_clear(nalg_metric *m)
{
    free(m->x);
    free(m->c);
    free(m->weight);
    free(m->form);
    *m = (nalg_metric){0};
}
