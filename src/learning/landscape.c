/* The command `landscape`: all critical points of squared loss on given data (METHODS 5).
 *
 * The functions of the model, and of each of its subnetworks (geometry/strata.h), are a chart; a generic
 * instance of the same size is solved by monodromy and followed to the data (learning/critical_set.h). Which
 * critical functions are real is decided on the functions' values; real weights are then read off the chart
 * or fitted. Points of subnetworks count when the gradient in all weights vanishes there: these are the
 * spurious ones (Trager, Kohn, Bruna 2020).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neuroalg/landscape.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/lapack.h"
#include "geometry/interpolation.h"
#include "geometry/strata.h"
#include "learning/landscape_internal.h"
#include "model/dataset.h"
#include "model/document.h"
#include "model/weights.h"

#define REAL 1e-7 /* imaginary parts below this share of the size */
#define STRATA_LIMIT 24
#define FIT_RUNS 40
#define THIN 1e-13   /* singular values below this share of the largest are zero */
#define NOTHING 1e-9 /* values of a function below this share of the targets' size are zero */
enum { STREAM_CHART = 6401, STREAM_FITS };

void nalg_landscape_options_init(nalg_landscape_options *options)
{
    *options = (nalg_landscape_options){.strata = 1};
}

bool nalg_landscape_small_imaginary(const double complex *x, size_t n)
{
    double imaginary = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        imaginary = fmax(imaginary, fabs(cimag(x[i])));
        size = fmax(size, cabs(x[i]));
    }
    return imaginary <= REAL * fmax(size, 1e-300);
}

/* ---- one chart: the model or a subnetwork ---- */

static nalg_status certify(nalg_landscape_search *s, nalg_certificate *out, const nalg_chart *chart,
                           const nalg_loss_system *fixed, const nalg_critical_set *set)
{
    size_t values = s->form.data.samples * s->form.outputs;
    if (values > NALG_LANDSCAPE_EXACT) { /* the form, rounded to doubles */
        double complex *p = nalg_array(s->form.size, sizeof *p);
        if (!p) return nalg_fail_memory(s->ctx);
        for (size_t i = 0; i < s->form.size; i++) p[i] = s->form.linear[i];
        nalg_status status = nalg_loss_certify(s->ctx, out, fixed, fixed, p, set->z, set->regular);
        free(p);
        return status;
    }
    nalg_loss_system exact;
    nalg_status status = nalg_loss_system_create(s->ctx, &exact, NALG_GRADIENT_SAMPLES, chart, &s->form,
                                                 s->form.data.inputs, s->form.data.samples);
    if (status != NALG_OK) return status;
    double complex *y = nalg_array(values, sizeof *y);
    if (!y) status = nalg_fail_memory(s->ctx);
    for (size_t k = 0; y && k < values; k++)
        y[k] = s->form.data.targets[k % s->form.data.samples * s->form.outputs + k / s->form.data.samples];
    if (status == NALG_OK) status = nalg_loss_certify(s->ctx, out, &exact, fixed, y, set->z, set->regular);
    free(y);
    nalg_loss_system_clear(&exact);
    return status;
}

/* A real function at the end of path k: real weights, if there are any, into the list. */
static nalg_status add_end(nalg_landscape_search *s, size_t k, const nalg_critical_set *set,
                           const nalg_chart *chart, const nalg_loss_system *fixed,
                           const nalg_certificate *certificate, nalg_part *part)
{
    size_t d = set->unknowns, n = s->model->parameters, a = set->values;
    const double complex *z = set->z + k * d;
    double *x = nalg_array(d, sizeof *x), *w = nalg_array(n, sizeof *w), *e = nalg_array(a, sizeof *e);
    double complex *weights = nalg_array(n, sizeof *weights);
    nalg_status status = x && w && e && weights ? NALG_OK : nalg_fail_memory(s->ctx);
    bool regular = set->end[k].outcome == NALG_PATH_CONVERGED, real = false, fresh = false;
    nalg_real_point point = {0};
    if (status == NALG_OK) {
        nalg_chart_weights(weights, chart, z);
        real = nalg_landscape_small_imaginary(z, d);
        for (size_t i = 0; i < d; i++) x[i] = creal(z[i]);
        for (size_t i = 0; i < n; i++) w[i] = creal(weights[i]);
        for (size_t i = 0; i < a; i++) e[i] = creal(set->e[k * a + i]);
        bool by_chart = real && regular;
        if (!real) status = nalg_realise(&s->data, w, &real, e);
        if (status == NALG_OK && real)
            status = by_chart ? nalg_describe_point(&s->data, &point, w, chart, fixed, x)
                              : nalg_describe_point(&s->data, &point, w, NULL, NULL, NULL);
        if (status == NALG_OK && real) {
            point.stratum = part->number;
            point.singular = !regular;
            point.certified = by_chart && certificate->point[k].state == NALG_CERTIFIED &&
                              certificate->point[k].real == NALG_TRUE;
            part->found++;
            if (point.critical) {
                status = nalg_real_points_add(&s->data, &s->points, &point, &fresh);
                part->critical += fresh;
            } else {
                part->unsure +=
                    by_chart && part->number == 0; /* subnetworks have critical points of their own */
                nalg_real_point_clear(&point);
            }
        }
        if (status == NALG_OK && !real) part->complex_weights++;
    }
    free(x);
    free(w);
    free(e);
    free(weights);
    return status;
}

/* Distinct functions among the regular ends, and among the singular ones. */
static void count_functions(const nalg_landscape_search *s, const nalg_critical_set *set, nalg_part *part)
{
    size_t a = set->values;
    for (size_t k = 0; k < set->count; k++) {
        nalg_path_outcome outcome = set->end[k].outcome;
        if (outcome != NALG_PATH_CONVERGED && outcome != NALG_PATH_SINGULAR) continue;
        bool again = false;
        for (size_t j = 0; j < k && !again; j++) {
            double distance = 0, size = 0;
            for (size_t i = 0; i < a; i++) {
                distance = fmax(distance, cabs(set->e[k * a + i] - set->e[j * a + i]));
                size = fmax(size, cabs(set->e[k * a + i]));
            }
            again =
                set->end[j].outcome == outcome && distance <= (outcome == NALG_PATH_CONVERGED ? 1e-7 : 1e-4) *
                                                                  fmax(size, 1e-9 * s->form.target_scale);
        }
        if (again) continue;
        if (outcome == NALG_PATH_CONVERGED)
            part->regular++;
        else
            part->singular++, part->loose += !nalg_landscape_small_imaginary(set->e + k * a, a);
        part->real_functions +=
            nalg_landscape_small_imaginary(set->e + k * a, a) && outcome == NALG_PATH_CONVERGED;
    }
}

/* Columns of length one, but for those that are zero to rounding. */
static void equilibrate_columns(double *m, size_t rows, size_t n)
{
    double largest = 0;
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < n; k++) {
            double square = 0;
            for (size_t i = 0; i < rows; i++) square += m[i * n + k] * m[i * n + k];
            double length = sqrt(square);
            if (!pass) largest = fmax(largest, length);
            for (size_t i = 0; pass && length > 1e-9 * largest && i < rows; i++) m[i * n + k] /= length;
        }
}

/* Is the function at z one of a smaller network, up to rounding? Then it is zero, or the derivative along the
 * chart drops rank. j: a x d; m: 2a x 2d, value: 2d. */
static nalg_status is_thin(nalg_landscape_search *s, bool *thin, const nalg_loss_system *fixed,
                           const double complex *z, double complex *j, double *m, double *value)
{
    size_t d = fixed->chart->dimension, a = s->form.size;
    double complex *e = nalg_array(a, sizeof *e);
    nalg_status status =
        e ? nalg_system_evaluate(s->ctx, e, j, fixed->value_system, z, 1, NULL) : nalg_fail_memory(s->ctx);
    double size = 0;
    for (size_t i = 0; status == NALG_OK && i < a; i++) size = fmax(size, cabs(e[i]));
    free(e);
    for (size_t i = 0; status == NALG_OK && i < a; i++)
        for (size_t k = 0; k < d; k++) {
            m[i * 2 * d + k] = m[(a + i) * 2 * d + d + k] = creal(j[i * d + k]);
            m[(a + i) * 2 * d + k] = cimag(j[i * d + k]);
            m[i * 2 * d + d + k] = -cimag(j[i * d + k]);
        }
    if (status != NALG_OK) return status;
    equilibrate_columns(m, 2 * a, 2 * d);
    if (!nalg_singular_values(value, m, 2 * a, 2 * d)) return nalg_fail_memory(s->ctx);
    *thin = size <= NOTHING * s->form.target_scale || value[2 * d - 1] <= THIN * value[0];
    return NALG_OK;
}

static void swap_numbers(double complex *x, double complex *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double complex t = x[i];
        x[i] = y[i];
        y[i] = t;
    }
}

static void swap_ends(nalg_critical_set *set, size_t k, size_t l)
{
    nalg_path_result end = set->end[k];
    set->end[k] = set->end[l];
    set->end[l] = end;
    swap_numbers(set->z + k * set->unknowns, set->z + l * set->unknowns, set->unknowns);
    swap_numbers(set->e + k * set->values, set->e + l * set->values, set->values);
}

/* Data made by a smaller network, rounded to doubles, has regular ends that exact data would not have: they
 * count as singular. Regular ends come first. */
static nalg_status demote_ends(nalg_landscape_search *s, nalg_critical_set *set,
                               const nalg_loss_system *fixed)
{
    size_t d = set->unknowns, a = set->values, first = 0;
    double complex *j = nalg_array(a * d, sizeof *j);
    double *m = nalg_array(4 * a * d, sizeof *m), *value = nalg_array(2 * d, sizeof *value);
    nalg_status status = j && m && value ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t k = 0; status == NALG_OK && k < set->count; k++) {
        bool thin = false;
        if (set->end[k].outcome != NALG_PATH_CONVERGED) continue;
        status = is_thin(s, &thin, fixed, set->z + k * d, j, m, value);
        if (thin) {
            set->end[k].outcome = NALG_PATH_SINGULAR;
            set->regular--;
            set->singular++;
        } else if (status == NALG_OK) {
            swap_ends(set, first++, k);
        }
    }
    free(j);
    free(m);
    free(value);
    return status;
}

nalg_status nalg_landscape_solve_chart(nalg_landscape_search *s, const nalg_chart *chart, nalg_part *part)
{
    nalg_loss_system moving, fixed = {0};
    nalg_critical_set set = {0};
    nalg_certificate certificate = {0};
    nalg_critical_set_options options = {
        .limit = s->options->limit, .trace = true, .brief = part->limit != NULL};
    nalg_status status =
        nalg_loss_system_create(s->ctx, &moving, NALG_GRADIENT_MOVING_FORM, chart, &s->form, NULL, 0);
    if (status != NALG_OK) return status;
    status = nalg_loss_system_create(s->ctx, &fixed, NALG_GRADIENT_FIXED_FORM, chart, &s->form, NULL, 0);
    bool built = status == NALG_OK;
    if (!part->number || chart->dimension == s->form.size)
        options.expected = nalg_critical_set_expected(&s->form, chart);
    if (status == NALG_OK) status = nalg_critical_set_find(s->ctx, &set, &s->form, &moving, &options);
    if (status == NALG_OK) status = demote_ends(s, &set, &fixed);
    if (status == NALG_OK) status = certify(s, &certificate, chart, &fixed, &set);
    if (status == NALG_OK) {
        part->dimension = chart->dimension;
        part->generic = set.generic;
        part->completeness = set.completeness;
        part->curve_degree = set.curve_degree;
        part->trace_residual = set.trace_residual;
        part->infinite = set.infinite;
        /* A loop's path that is lost costs nothing where the start set is complete all the same. */
        part->lost = set.unsettled + (set.completeness == NALG_COMPLETE_UNKNOWN ? set.lost : 0);
        part->certified = certificate.distinct;
        count_functions(s, &set, part);
    }
    for (size_t k = 0; status == NALG_OK && k < set.count; k++) {
        if (set.end[k].outcome != NALG_PATH_CONVERGED && set.end[k].outcome != NALG_PATH_SINGULAR) continue;
        if (!nalg_landscape_small_imaginary(set.e + k * set.values, set.values)) continue;
        if (!part->limit)
            status = add_end(s, k, &set, chart, &fixed, &certificate, part);
        else if (set.end[k].outcome == NALG_PATH_CONVERGED)
            status =
                nalg_landscape_add_limit(s, part, &fixed, set.z + k * set.unknowns, set.e + k * set.values);
        if (status == NALG_OK) status = nalg_checkpoint(s->ctx);
    }
    if (status == NALG_OK && part->number == 0) status = nalg_landscape_keep_ends(s, &set);
    nalg_certificate_clear(&certificate);
    nalg_critical_set_clear(&set);
    nalg_loss_system_clear(&moving);
    if (built) nalg_loss_system_clear(&fixed);
    return status;
}

/* ---- subnetworks ---- */

/* The zero function, or any other that has no unknowns: its weights are the point. */
static nalg_status add_constant(nalg_landscape_search *s, const nalg_chart *chart, nalg_part *part)
{
    size_t n = s->model->parameters;
    double *w = nalg_array(n, sizeof *w);
    nalg_real_point point;
    bool fresh = false;
    if (!w) return nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < n; i++) w[i] = creal(chart->origin[i]);
    nalg_status status = nalg_describe_point(&s->data, &point, w, NULL, NULL, NULL);
    free(w);
    if (status != NALG_OK) return status;
    point.stratum = part->number;
    part->found = part->generic = part->regular = part->real_functions = 1;
    part->completeness = NALG_COMPLETE_THEOREM; /* one function */
    if (!point.critical) {
        nalg_real_point_clear(&point);
        return NALG_OK;
    }
    status = nalg_real_points_add(&s->data, &s->points, &point, &fresh);
    part->critical += fresh;
    return status;
}

nalg_status nalg_landscape_new_part(nalg_landscape_search *s, nalg_part **out, const char *name)
{
    if (!nalg_grow((void **)&s->part, &s->part_capacity, s->parts, sizeof *s->part))
        return nalg_fail_memory(s->ctx);
    char *copy = nalg_array(strlen(name) + 1, 1);
    if (!copy) return nalg_fail_memory(s->ctx);
    strcpy(copy, name);
    *out = &s->part[s->parts];
    **out = (nalg_part){.number = s->parts, .name = copy};
    s->parts++;
    return NALG_OK;
}

static nalg_status solve_stratum(nalg_landscape_search *s, const nalg_stratum *item, const char *name)
{
    nalg_submodel sub = {item->map, (size_t)item->free_count, NULL};
    nalg_chart chart;
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    nalg_part *part;
    nalg_status status =
        nalg_chart_create(s->ctx, &chart, s->model, &sub, &scale, s->generic, s->generic_count);
    if (status != NALG_OK) return status;
    status = nalg_landscape_new_part(s, &part, name);
    if (status == NALG_OK)
        status =
            chart.dimension ? nalg_landscape_solve_chart(s, &chart, part) : add_constant(s, &chart, part);
    nalg_chart_clear(&chart);
    return status;
}

static nalg_status solve_strata(nalg_landscape_search *s)
{
    nalg_strata strata;
    nalg_strata_options options = {.limit = STRATA_LIMIT};
    nalg_status status = nalg_strata_find(s->ctx, &strata, s->model, &options);
    if (status != NALG_OK) return status;
    s->strata_truncated = strata.truncated;
    for (size_t i = 0; status == NALG_OK && i < strata.count; i++) {
        const nalg_stratum *item = &strata.item[i];
        if (i && strata.item[i - 1].set == item->set) continue; /* one place for each set of functions */
        if (item->mixed) {
            s->strata_skipped++;
            continue;
        }
        status = solve_stratum(s, item, strata.set_name[item->set] ? strata.set_name[item->set] : item->name);
    }
    nalg_strata_clear(&strata);
    return status;
}

/* ---- too little data ---- */

/* A continuum of functions fits best: local minima by fitting from random weights. */
static nalg_status fit_minima(nalg_landscape_search *s)
{
    size_t n = s->model->parameters;
    double *start = nalg_array(n * FIT_RUNS, sizeof *start), square;
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    nalg_status status =
        start ? nalg_chart_random_weights(s->ctx, start, s->model, NULL, &scale, STREAM_FITS, FIT_RUNS)
              : nalg_fail_memory(s->ctx);
    for (size_t k = 0; status == NALG_OK && k < FIT_RUNS; k++) {
        nalg_real_point point;
        bool fresh, known = false;
        status =
            nalg_fit_weights(s->ctx, start + k * n, &square, s->data.loss, NULL, 0, s->form.data.targets);
        if (status != NALG_OK || !(square < INFINITY)) continue;
        for (size_t i = 0; i < s->points.count; i++)
            known = known ||
                    fabs(s->points.point[i].loss - square) <= 1e-8 * fmax(square, 1e-9 * s->form.constant);
        if (known) continue;
        status = nalg_describe_point(&s->data, &point, start + k * n, NULL, NULL, NULL);
        if (status == NALG_OK && !point.critical)
            nalg_real_point_clear(&point);
        else if (status == NALG_OK)
            status = nalg_real_points_add(&s->data, &s->points, &point, &fresh);
    }
    free(start);
    return status;
}

/* How far down fits come: the infimum may be attained by no weights, and lists may lack points. */
static nalg_status fit_infimum(nalg_landscape_search *s)
{
    size_t n = s->model->parameters;
    double *start = nalg_array(n * FIT_RUNS, sizeof *start);
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    nalg_status status =
        start ? nalg_chart_random_weights(s->ctx, start, s->model, NULL, &scale, STREAM_FITS, FIT_RUNS)
              : nalg_fail_memory(s->ctx);
    s->reached = INFINITY;
    for (size_t k = 0; status == NALG_OK && k < FIT_RUNS; k++) {
        double square;
        status =
            nalg_fit_weights(s->ctx, start + k * n, &square, s->data.loss, NULL, 0, s->form.data.targets);
        if (status == NALG_OK) s->reached = fmin(s->reached, square);
    }
    free(start);
    return status;
}

/* Rank of the derivative on the data itself. */
static nalg_status rank_on_data(nalg_landscape_search *s)
{
    nalg_chart chart;
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    size_t most = s->form.size * 2 + 20, count = s->form.data.samples < most ? s->form.data.samples : most;
    nalg_status status =
        nalg_chart_create(s->ctx, &chart, s->model, NULL, &scale, s->form.data.inputs, count);
    if (status != NALG_OK) return status;
    s->data_dimension = chart.dimension;
    nalg_chart_clear(&chart);
    return NALG_OK;
}

/* ---- all together ---- */

static int by_loss(const void *a, const void *b)
{
    const nalg_real_point *x = a, *y = b;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

/* Minima: index 0; at degenerate points only what descent around them shows. */
static void judge_minima(nalg_landscape_search *s)
{
    for (size_t i = 0; i < s->points.count; i++) {
        nalg_real_point *p = &s->points.point[i];
        if (p->index)
            p->minimum = NALG_FALSE;
        else if (p->rank >= s->data.dimension && !p->flat && !p->singular)
            p->minimum = NALG_TRUE;
        else
            p->minimum = nalg_looks_minimal(&s->data, p->weights, p->loss);
    }
}

/* Weights to place in the list: from a weight file, or those the model was read with. */
static nalg_status read_trained(nalg_landscape_search *s)
{
    const char *text = s->options->weights;
    nalg_weights *w = &s->exact;
    if (!nalg_model_has_point(s->model, text)) return NALG_OK;
    nalg_status status = nalg_model_point(s->ctx, w, s->model, text, s->options->weights_length);
    if (status != NALG_OK) return status;
    s->trained = nalg_array(w->count, sizeof *s->trained);
    if (!s->trained) return nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < w->count; i++) {
        s->trained[i] = fmpq_get_d(&w->value[i]);
        if (!isfinite(s->trained[i]))
            return nalg_fail(s->ctx, NALG_E_ARGUMENT, "weights", NULL, "weight %zu is too large", i + 1);
    }
    nalg_balance_apply(&s->balance, s->trained);
    return NALG_OK;
}

static nalg_status search(nalg_landscape_search *s)
{
    nalg_part *part;
    nalg_chart_scale scale;
    nalg_status status = nalg_data_check(s->ctx, &s->given, s->model);
    if (status == NALG_OK) status = nalg_balance_create(s->ctx, &s->balance, s->model, &s->given);
    if (status == NALG_OK) status = read_trained(s);
    if (status == NALG_OK) status = nalg_data_repeats(s->ctx, &s->repeats, &s->conflicts, &s->given);
    if (status == NALG_OK) status = nalg_dimension_of(s->ctx, &s->dimension, &s->dimension_proved, s->model);
    if (status == NALG_OK) status = nalg_loss_form_create(s->ctx, &s->form, s->model, &s->balance.data);
    if (status != NALG_OK) return status;
    s->form_made = true;
    scale = nalg_loss_form_scale(&s->form);
    s->generic_count = s->form.size / s->form.outputs + 6;
    s->generic = nalg_array(s->generic_count * s->form.inputs, sizeof *s->generic);
    status = s->generic
                 ? nalg_loss_generic_inputs(s->ctx, s->generic, &s->form, STREAM_CHART, s->generic_count)
                 : nalg_fail_memory(s->ctx);
    if (status == NALG_OK)
        status = nalg_chart_create(s->ctx, &s->chart, s->model, NULL, &scale, s->generic, s->generic_count);
    if (status == NALG_OK)
        status = nalg_data_loss_create(s->ctx, &s->data, s->model, &s->form, s->chart.dimension);
    if (status == NALG_OK) status = rank_on_data(s);
    if (status == NALG_OK) status = nalg_landscape_new_part(s, &part, "the model");
    if (status != NALG_OK) return status;
    s->underdetermined = s->data_dimension < s->chart.dimension;
    if (s->underdetermined) {
        s->part[0].dimension = s->chart.dimension;
        status = fit_minima(s);
    } else {
        status = nalg_landscape_solve_chart(s, &s->chart, &s->part[0]);
        if (status == NALG_OK && s->options->strata) status = solve_strata(s);
        if (status == NALG_OK && s->options->strata) status = nalg_landscape_solve_limits(s);
        if (status == NALG_OK) status = fit_infimum(s);
    }
    if (status == NALG_OK && s->points.count)
        qsort(s->points.point, s->points.count, sizeof *s->points.point, by_loss);
    if (status == NALG_OK) judge_minima(s);
    return status;
}

static void clear(nalg_landscape_search *s)
{
    for (size_t i = 0; i < s->parts; i++) free(s->part[i].name);
    free(s->part);
    free(s->generic);
    free(s->trained);
    nalg_weights_clear(&s->exact);
    free(s->complex_loss);
    free(s->solution);
    nalg_balance_clear(&s->balance);
    nalg_real_points_clear(&s->points);
    nalg_landscape_clear_limits(s);
    nalg_data_loss_clear(&s->data);
    nalg_chart_clear(&s->chart);
    if (s->form_made) nalg_loss_form_clear(&s->form);
}

nalg_status nalg_landscape(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_data *data,
                           const nalg_landscape_options *options)
{
    nalg_landscape_options defaults;
    double started = nalg_seconds();
    nalg_landscape_options_init(&defaults);
    nalg_landscape_search s = {
        .ctx = ctx, .model = model, .options = options ? options : &defaults, .given = *data};
    nalg_status status = nalg_balance_explain(ctx, &s.balance, search(&s));
    if (status == NALG_OK) status = nalg_landscape_answer(&s, out, started);
    clear(&s);
    return status;
}
