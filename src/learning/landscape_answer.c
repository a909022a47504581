/* The document of `landscape`.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/landscape_internal.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "geometry/chain.h"
#include "geometry/degree.h"
#include "learning/data_document.h"
#include "model/document.h"

#define LISTED_LOSSES 2000
#define SOLUTIONS_RECORDED 200000 /* complex numbers */
#define DATA_RECORDED 200000      /* numbers of the data that are kept in the document */
#define LOWER 1e-9                /* a loss lower by this share is another one */
#define NOISE 1e-13               /* imaginary parts of losses, relative */
#define EXACT_FIT 1e-18           /* of the sum of squared targets */

/* The loss e^T G e - 2 b^T e + constant, without conjugation, and the unknowns. */
nalg_status nalg_landscape_keep_ends(nalg_landscape_search *s, const nalg_critical_set *set)
{
    size_t a = set->values, d = set->unknowns;
    s->complex_loss = nalg_array(set->count, sizeof *s->complex_loss);
    s->solution = nalg_array(set->count * d, sizeof *s->solution);
    if (!s->complex_loss || !s->solution) return nalg_fail_memory(s->ctx);
    for (size_t k = 0; k < set->count; k++) {
        if (set->end[k].outcome != NALG_PATH_CONVERGED) continue;
        memcpy(s->solution + s->complex_losses * d, set->z + k * d, d * sizeof *set->z);
        s->complex_loss[s->complex_losses++] = nalg_loss_form_value(&s->form, set->e + k * a);
    }
    return NALG_OK;
}

/* Weights of the model, or of the wider network of a limit, on the user's inputs. */
static json_t *weights_json(const nalg_landscape_search *s, const nalg_model *model, const double *w)
{
    size_t n = model->parameters;
    double *x = nalg_array(n, sizeof *x);
    json_t *list = x ? json_array() : NULL;
    nalg_balance balance = s->balance;
    if (balance.rows) balance.rows = model->layers->layer[0].out.dim[0];
    if (list) {
        memcpy(x, w, n * sizeof *x);
        nalg_balance_restore(&balance, x);
    }
    for (size_t i = 0; list && i < n; i++) json_array_append_new(list, json_real(x[i]));
    free(x);
    return list;
}

static const char *kind_of(const nalg_landscape_search *s, const nalg_real_point *p)
{
    return p->rank < s->data.dimension || p->stratum ? "spurious" : "pure";
}

static json_t *truth(nalg_truth t)
{
    return t == NALG_UNKNOWN ? json_null() : json_boolean(t == NALG_TRUE);
}

static json_t *point_json(const nalg_landscape_search *s, const nalg_real_point *p)
{
    return json_pack("{s:f, s:o, s:o, s:s, s:s, s:b, s:o, s:o, s:b, s:f, s:o}", "loss", p->loss, "index",
                     nalg_json_unsigned(p->index), "minimum", truth(p->minimum), "kind", kind_of(s, p),
                     "stratum", s->part[p->stratum].name, "certified", p->certified, "rank",
                     nalg_json_unsigned(p->rank), "flat", nalg_json_unsigned(p->flat), "degenerate",
                     p->singular, "gradient", p->gradient, "weights", weights_json(s, s->model, p->weights));
}

static json_t *part_json(const nalg_part *p)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name", p->name,
                     "completeness", nalg_completeness_text(p->completeness), "trace_residual",
                     p->curve_degree && isfinite(p->trace_residual) ? json_real(p->trace_residual)
                                                                    : json_null(),
                     "curve_degree", p->curve_degree ? nalg_json_unsigned(p->curve_degree) : json_null(),
                     "dimension", nalg_json_unsigned(p->dimension), "generic", nalg_json_unsigned(p->generic),
                     "finite", nalg_json_unsigned(p->regular), "degenerate", nalg_json_unsigned(p->singular),
                     "infinite_paths", nalg_json_unsigned(p->infinite), "lost_paths",
                     nalg_json_unsigned(p->lost), "real_functions", nalg_json_unsigned(p->real_functions),
                     "real", nalg_json_unsigned(p->found), "critical", nalg_json_unsigned(p->critical));
}

static json_t *limits_json(const nalg_landscape_search *s)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < s->limit_points; i++) {
        const nalg_limit_point *p = &s->limit_point[i];
        const nalg_part *part = &s->part[p->part];
        json_array_append_new(list, json_pack("{s:f, s:o, s:s, s:s, s:o}", "loss", p->loss, "index",
                                              nalg_json_unsigned(p->index), "stratum", part->name, "network",
                                              part->limit->wider->pipeline, "weights",
                                              weights_json(s, part->limit->wider, p->weights)));
    }
    return list;
}

/* Paths lost in parts whose points are in the list. */
static size_t lost_paths(const nalg_landscape_search *s)
{
    size_t lost = 0;
    for (size_t i = 0; i < s->parts; i++) lost += s->part[i].limit ? 0 : s->part[i].lost;
    return lost;
}

/* Linear networks without biases: Eckart-Young counts all critical points of generic data. */
static bool eckart_young(const nalg_landscape_search *s)
{
    nalg_chain chain;
    if (!nalg_chain_read(&chain, s->model) || chain.bias || s->form.rank < s->form.size ||
        s->form.size < s->form.ambient || s->part[0].singular)
        return false;
    size_t n = chain.width[0], m = chain.width[chain.layers], full = n < m ? n : m, r = full;
    for (size_t l = 1; l < chain.layers; l++) {
        if (nalg_chain_exponent(&chain, l) != 1) return false;
        r = chain.width[l] < r ? chain.width[l] : r;
    }
    fmpz_t count;
    fmpz_init(count);
    fmpz_bin_uiui(count, full, r);
    bool met = fmpz_equal_ui(count, s->part[0].certified);
    fmpz_clear(count);
    return met;
}

/* Degenerate functions that are not real, in all parts. */
static size_t loose_ends(const nalg_landscape_search *s)
{
    size_t count = 0;
    for (size_t i = 0; i < s->parts; i++) count += s->part[i].loose;
    return count;
}

static json_t *remarks(const nalg_landscape_search *s)
{
    json_t *list = json_array();
    char text[320];
#define SAY(...)                                                                                             \
    do {                                                                                                     \
        snprintf(text, sizeof text, __VA_ARGS__);                                                            \
        json_array_append_new(list, json_string(text));                                                      \
    } while (0)
    const nalg_loss_form *f = &s->form;
    const nalg_part *p = &s->part[0];
    size_t values = f->data.samples * f->outputs;
    if (s->underdetermined)
        SAY("the data determines %zu of %zu dimensions of the functions: critical points form continua, so "
            "they are not counted; local minima were fitted from random weights",
            s->data_dimension, s->chart.dimension);
    else if (f->rank < f->size)
        SAY("%zu values of rank %zu are fewer conditions than the %zu coefficients of a function: %s", values,
            f->rank, f->size,
            f->rank == s->chart.dimension ? "functions that fit exactly are among the critical points"
                                          : "the loss does not see every direction around the model");
    if (f->size < f->ambient)
        SAY("on the span of these inputs (%zu of %zu dimensions) the functions have %zu of %zu coefficients",
            f->input_rank, f->inputs, f->size, f->ambient);
    if (s->chart.dimension < s->dimension)
        SAY("the data sees %zu of the %zu dimensions of the model", s->chart.dimension, s->dimension);
    if (s->balance.dependent && s->balance.used)
        SAY("the inputs nearly depend on each other: solved on balanced inputs, which rounds each of them in "
            "its "
            "last places");
    else if (s->balance.dependent)
        SAY("the inputs nearly depend on each other, so functions that differ much agree on them up to "
            "rounding: "
            "kinds and counts are less sure");
    if (s->repeats)
        SAY("%zu samples repeat earlier inputs, %zu of them with other targets", s->repeats, s->conflicts);
    if (s->points.count && s->points.point[0].loss <= EXACT_FIT * f->constant)
        SAY("the best function fits the data exactly, as data made by %s does",
            s->points.point[0].rank < s->data.dimension ? "a smaller network, a subnetwork of this kind,"
                                                        : "a network of this kind");
    if (!s->underdetermined && p->singular)
        SAY("%zu critical functions are degenerate: this data is special", p->singular);
    if (loose_ends(s))
        SAY("%zu of the degenerate critical functions are not real: they may lie on a continuum of critical "
            "points, whose real ones are not searched for",
            loose_ends(s));
    if (!s->underdetermined && p->infinite)
        SAY("%zu of %zu paths go to infinity: that many critical points of generic data are missing here",
            p->infinite, p->generic);
    if (p->complex_weights)
        SAY("%zu critical functions are real but no real weights were found for them: networks with real "
            "weights "
            "may come nearer to a limit that none of them attains than to the best one listed",
            p->complex_weights);
    if (p->unsure)
        SAY("%zu real critical points could not be confirmed and are not listed: their gradients are not "
            "small",
            p->unsure);
    if (s->limit_points)
        SAY("critical functions for which no weights were found, but that are limits of networks: %zu "
            "(`limits`); "
            "descent may go there, with weights that grow without end",
            s->limit_points);
    if (s->limits_skipped) SAY("%zu kinds of limits were left out: too many weights", s->limits_skipped);
    if (lost_paths(s)) SAY("%zu paths were lost: the list may be incomplete", lost_paths(s));
    if (s->strata_truncated) SAY("not all subnetworks were looked at");
    if (s->strata_skipped)
        SAY("%zu kinds of subnetworks with mixed outputs were left out", s->strata_skipped);
#undef SAY
    return list;
}

/* How far down weights come, if that is below all that are listed: to the digits of doubles; else infinite.
 */
static double lower_infimum(const nalg_landscape_search *s)
{
    double reached = s->limit_points ? fmin(s->reached, s->limit_point[0].loss) : s->reached;
    bool below = !s->underdetermined &&
                 (!s->points.count || reached < s->points.point[0].loss -
                                                    LOWER * fmax(s->points.point[0].loss, s->form.constant));
    return below ? reached : INFINITY;
}

static json_t *infimum_json(const nalg_landscape_search *s)
{
    double lower = lower_infimum(s);
    return lower < INFINITY ? json_real(lower) : json_null();
}

/* Where real functions have no real weights the functions of real weights have a boundary, and the infimum of
 * the loss may lie on it, attained by none. */
static bool attained(const nalg_landscape_search *s)
{
    for (size_t i = 0; i < s->parts; i++)
        if (s->part[i].complex_weights) return false;
    return lower_infimum(s) == INFINITY;
}

/* Where given weights are: the nearest critical function, the loss above the least. */
static json_t *trained_json(nalg_landscape_search *s)
{
    nalg_real_point p;
    size_t nearest = SIZE_MAX, a = s->form.size;
    double least = INFINITY;
    if (!s->trained) return json_null();
    if (nalg_describe_point(&s->data, &p, s->trained, NULL, NULL, NULL) != NALG_OK) return NULL;
    for (size_t i = 0; i < s->points.count; i++) { /* distance on the data: root mean square */
        double square = 0;
        for (size_t k = 0; k < a; k++)
            for (size_t j = 0; j < a; j++)
                square += s->form.form[k * a + j] * (p.e[k] - s->points.point[i].e[k]) *
                          (p.e[j] - s->points.point[i].e[j]);
        if (square < least) least = square, nearest = i;
    }
    double distance = sqrt(fmax(least, 0) / (double)s->form.data.samples);
    bool any = nearest != SIZE_MAX;
    json_t *answer =
        json_pack("{s:f, s:o, s:o, s:o, s:f, s:o, s:b}", "loss", p.loss, "above_minimum",
                  any ? json_real(p.loss - s->points.point[0].loss) : json_null(), "nearest",
                  any ? nalg_json_unsigned(nearest) : json_null(), "distance",
                  any ? json_real(distance) : json_null(), "gradient", p.gradient, "index",
                  p.critical ? nalg_json_unsigned(p.index) : json_null(), "critical", p.critical);
    nalg_real_point_clear(&p);
    return answer;
}

/* Imaginary parts that are rounding errors are zero. */
static json_t *losses(const nalg_landscape_search *s)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < s->complex_losses && i < LISTED_LOSSES; i++) {
        double complex loss = s->complex_loss[i];
        bool real = fabs(cimag(loss)) <= NOISE * fmax(cabs(loss), s->form.constant);
        json_array_append_new(list, json_pack("[f, f]", creal(loss), real ? 0.0 : cimag(loss)));
    }
    return list;
}

/* What `verify` proves again: the chart and the regular critical points in it, on balanced inputs. */
static json_t *certificate_json(const nalg_landscape_search *s)
{
    size_t n = s->model->parameters, d = s->chart.dimension;
    double *real = nalg_array(n * (d + 1), sizeof *real);
    if (!real) return NULL;
    for (size_t i = 0; i < n * d; i++) real[i] = creal(s->chart.matrix[i]);
    for (size_t i = 0; i < n; i++) real[n * d + i] = creal(s->chart.origin[i]);
    json_t *answer = s->complex_losses * d > SOLUTIONS_RECORDED
                         ? json_null()
                         : json_pack("{s:o, s:o, s:o}", "matrix", nalg_reals_json(real, n * d), "origin",
                                     nalg_reals_json(real + n * d, n), "solutions",
                                     nalg_complex_list(s->solution, s->complex_losses, d));
    free(real);
    return answer;
}

/* What was asked, for `verify`. */
static json_t *question_json(const nalg_landscape_search *s)
{
    const nalg_landscape_options *o = s->options;
    const nalg_data *data = &s->given;
    bool kept = data->samples <= DATA_RECORDED / (data->input_size + data->output_size);
    return json_pack("{s:o, s:b, s:o, s:o}", "limit", nalg_json_unsigned(o->limit), "strata", o->strata != 0,
                     "weights", s->exact.count ? nalg_weights_json(&s->exact) : json_null(), "data",
                     kept ? nalg_data_json(data) : json_null());
}

nalg_status nalg_landscape_answer(nalg_landscape_search *s, nalg_result **out, double started)
{
    json_t *points = json_array(), *parts = json_array();
    const nalg_part *p = &s->part[0];
    size_t minima = 0, real = 0, unknown = 0, spurious = 0, certified = 0;
    for (size_t i = 0; i < s->points.count; i++) {
        const nalg_real_point *x = &s->points.point[i];
        minima += x->minimum == NALG_TRUE;
        unknown += x->minimum == NALG_UNKNOWN;
        bool pure = !strcmp(kind_of(s, x), "pure");
        real += pure;
        spurious += !pure;
        certified += x->certified;
        json_array_append_new(points, point_json(s, x));
    }
    for (size_t i = 0; i < s->parts; i++) json_array_append_new(parts, part_json(&s->part[i]));
    /* With a path lost, an end not confirmed, or a continuum, the list may be incomplete: then it is no
     * count, and its least loss only bounds the minimum. */
    bool known = !s->underdetermined, counted = known && !p->lost,
         whole = counted && !p->unsure && !loose_ends(s), theorem = known && eckart_young(s),
         any = s->points.count > 0, exact = any && s->points.point[0].loss <= EXACT_FIT * s->form.constant;
    json_t *global =
        any ? json_pack("{s:f, s:i, s:s, s:b, s:o}", "loss", s->points.point[0].loss, "point", 0, "evidence",
                        theorem                                             ? "proved"
                        : exact || (whole && !lost_paths(s) && attained(s)) ? "numerical"
                        : s->points.point[0].certified                      ? "proved_upper"
                                                                            : "unknown",
                        "certified", s->points.point[0].certified, "infimum_at_most", infimum_json(s))
            : json_pack("{s:n, s:n, s:s, s:b, s:o}", "loss", "point", "evidence", "unknown", "certified", 0,
                        "infimum_at_most", infimum_json(s));
    json_t *result = json_pack(
        "{s:o, s:o, s:o, s:o, s:o}", "count_complex", counted ? nalg_json_unsigned(p->regular) : json_null(),
        "count_real", whole ? nalg_json_unsigned(real) : json_null(), "minima", nalg_json_unsigned(minima),
        "global_minimum", global, "critical_points", points);
    json_t *more = json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o}", "count_spurious",
        nalg_json_unsigned(spurious), "limits", limits_json(s), "real_functions_without_real_weights",
        nalg_json_unsigned(p->complex_weights), "generic",
        known ? nalg_json_unsigned(p->generic) : json_null(), "dimension",
        nalg_json_unsigned(s->chart.dimension), "samples", nalg_json_unsigned(s->given.samples), "loss_is",
        "sum over the samples of |f(x) - y|^2", "strata", parts, "trained", trained_json(s), "remarks",
        remarks(s), "complex_losses", losses(s), "certified", nalg_json_unsigned(p->certified));
    if (!result || !more || json_object_update(result, more)) {
        json_decref(result);
        json_decref(more);
        return nalg_fail_memory(s->ctx);
    }
    json_decref(more);
    size_t weakest = 0; /* the part whose start set is known least */
    for (size_t i = 1; i < s->parts; i++)
        if (s->part[i].completeness < s->part[weakest].completeness) weakest = i;
    static const char *const followed[] = {
        "rounds of monodromy brought nothing new in a generic instance of at least one part, every path to "
        "the "
        "data was followed to its end",
        "trace test on the curve over a line of targets for a generic instance of the model and of each "
        "subnetwork and limit, every path to the data was followed to its end",
        "a theorem's number of critical points of generic data, every path to the data was followed to its "
        "end"};
    const char *why = theorem              ? "Eckart-Young: every critical point of generic data is certified"
                      : s->underdetermined ? "local minima fitted from random weights"
                      : lost_paths(s)      ? "some paths were lost"
                                           : followed[s->part[weakest].completeness];
    json_t *evidence =
        json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:b, s:o, s:o}", "status", "numerical", "completeness", why,
                  "dimension", s->dimension_proved ? "proved" : "probable", "certified_complex",
                  nalg_json_unsigned(p->certified), "certified_real", nalg_json_unsigned(certified),
                  "undecided_minima", nalg_json_unsigned(unknown), "exact_fit", exact, "question",
                  question_json(s), "certificate", known ? certificate_json(s) : json_null());
    return nalg_result_create(s->ctx, out, "landscape", started, nalg_model_document(s->model), result,
                              evidence);
}
