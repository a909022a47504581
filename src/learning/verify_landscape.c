/* Checking lists of critical points. The document has the data and the weights of every point, so each point
 * is looked at again (learning/inspect.h): loss and gradient in ball arithmetic, rank, Hessian and kind at
 * inputs and in coordinates of the checker's own, functions pairwise different, membership in the stratum,
 * Krawczyk's test. All recorded complex critical points are proved again in the recorded chart. What no list
 * can show of itself, that nothing is missing, is compared with a search under another seed: other chart,
 * other generic instance, other paths. For linear networks the least loss is computed from singular values
 * (Eckart, Young 1936).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/verify_landscape.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "field/lapack.h"
#include "geometry/chain.h"
#include "geometry/degree.h"
#include "geometry/strata_nearest.h"
#include "learning/data_document.h"
#include "learning/dense_algebra.h"
#include "learning/verify_landscape_internal.h"
#include "learning/loss.h"
#include "model/dataset.h"
#include "neuroalg/landscape.h"

#define CRITICAL 1e-6
#define DIFFERENT 5e-7 /* distance of functions; the list keeps those at 1e-6 */
#define MEMBER 1e-5    /* distance to a stratum */
#define IN_SPACE 1e-9  /* of weights from a linear space */
#define TRACE_TOLERANCE 1e-5
#define LEAST_TOLERANCE 1e-9

/* ---- what was asked ---- */

static bool read_question(nalg_landscape_check *k)
{
    const json_t *q = json_object_get(k->v->evidence, "question"), *weights = json_object_get(q, "weights"),
                 *strata = json_object_get(q, "strata");
    uint64_t limit;
    if (!nalg_json_get_unsigned(q, "limit", &limit) || !json_is_boolean(strata) ||
        !(json_is_null(weights) || json_is_array(weights)) ||
        !nalg_data_read(&k->data, json_object_get(q, "data"), k->v->model))
        return false;
    k->options = (nalg_landscape_options){.limit = limit, .strata = json_is_true(strata)};
    if (json_is_null(weights)) return true;
    nalg_weights_text(&k->weights, weights);
    k->options.weights = k->weights.data ? k->weights.data : "";
    k->options.weights_length = k->weights.length;
    return !k->weights.failed;
}

static bool read_points(nalg_landscape_check *k)
{
    k->list = json_object_get(k->v->result, "critical_points");
    k->count = json_array_size(k->list);
    k->point = nalg_array_zero(k->count, sizeof *k->point);
    bool ok = json_is_array(k->list) && k->point;
    for (size_t i = 0; ok && i < k->count; i++) {
        size_t length;
        k->point[i].given = nalg_reals_read(at(k, i, "weights"), &length);
        ok = k->point[i].given && length == k->v->model->parameters && json_is_real(at(k, i, "loss")) &&
             json_is_real(at(k, i, "gradient")) && json_is_boolean(at(k, i, "certified")) &&
             json_is_boolean(at(k, i, "degenerate"));
    }
    return ok;
}

/* ---- each point ---- */

static void check_values(nalg_landscape_check *k)
{
    bool losses = true, critical = true;
    double worst = 0;
    for (size_t i = 0; i < k->count; i++) {
        double loss = json_real_value(at(k, i, "loss")), gradient = json_real_value(at(k, i, "gradient"));
        losses = losses && fabs(loss - k->point[i].loss) + k->point[i].loss_radius <=
                               NALG_LOSS_TOLERANCE * loss_size(k, loss);
        critical = critical && k->point[i].gradient <= CRITICAL && gradient >= 0 && gradient <= CRITICAL;
        worst = fmax(worst, k->point[i].gradient);
    }
    nalg_verification_record(k->v, "losses at the recorded weights, enclosed in balls", losses, "%zu points",
                             k->count);
    nalg_verification_record(k->v, "the gradient in all weights vanishes there, enclosed in balls", critical,
                             "at most %.1e of the squared targets", worst);
}

static bool pure(const nalg_landscape_check *k, size_t i)
{
    return k->point[i].rank == k->inspection.dimension && says(at(k, i, "stratum"), "the model");
}

/* A degenerate point is judged by descent from points around it. */
static bool minimum_follows(nalg_landscape_check *k, size_t i)
{
    const nalg_inspected *p = &k->point[i];
    const json_t *claim = at(k, i, "minimum");
    if (p->index) return json_is_false(claim);
    if (p->rank == k->inspection.dimension && !p->flat && !json_is_true(at(k, i, "degenerate")))
        return json_is_true(claim);
    nalg_truth seen = nalg_looks_minimal(&k->inspection.data, p->w, p->loss);
    return json_is_null(claim) ||
           (seen != NALG_UNKNOWN && json_is_true(claim) == (seen == NALG_TRUE) && json_is_boolean(claim));
}

static void check_kinds(nalg_landscape_check *k)
{
    bool ranks = true, indices = true, kinds = true, minima = true;
    for (size_t i = 0; i < k->count; i++) {
        ranks = ranks && claims(at(k, i, "rank"), k->point[i].rank);
        indices = indices && claims(at(k, i, "index"), k->point[i].index) &&
                  claims(at(k, i, "flat"), k->point[i].flat);
        kinds = kinds && says(at(k, i, "kind"), pure(k, i) ? "pure" : "spurious");
        minima = minima && minimum_follows(k, i);
    }
    nalg_verification_record(k->v, "ranks of the derivative at fresh inputs", ranks, "dimension %zu",
                             k->inspection.dimension);
    nalg_verification_record(k->v, "Hessian indices modulo the fiber, in other coordinates", indices,
                             "%zu points", k->count);
    nalg_verification_record(k->v, "kinds follow from rank and stratum", kinds, "%zu points", k->count);
    nalg_verification_record(k->v, "minima follow from indices, or from descent around degenerate points",
                             minima, "%zu points", k->count);
}

static void check_different(nalg_landscape_check *k)
{
    const nalg_inspection *s = &k->inspection;
    double floor = sqrt(s->form.constant / (double)(s->given.samples * s->given.output_size)) * 1e-3;
    bool ok = true;
    for (size_t i = 0; i < k->count; i++)
        for (size_t j = 0; j < i; j++)
            ok = ok &&
                 nalg_function_distance(k->point[i].values, k->point[j].values, s->values, floor) > DIFFERENT;
    nalg_verification_record(k->v, "the listed functions are pairwise different", ok, "%zu functions",
                             k->count);
}

/* ---- strata ---- */

static bool named(const nalg_strata *s, const nalg_stratum *t, const char *name)
{
    return !strcmp(s->set_name[t->set] ? s->set_name[t->set] : t->name, name);
}

/* Does w lie in the linear space of t? */
static bool in_space(const nalg_landscape_check *k, const nalg_stratum *t, const double *w)
{
    size_t n = k->v->model->parameters;
    double *mean = nalg_array_zero((size_t)t->free_count, sizeof *mean);
    size_t *ties = nalg_array_zero((size_t)t->free_count, sizeof *ties);
    bool ok = mean && ties;
    for (size_t i = 0; ok && i < n; i++)
        if (t->map[i] >= 0) mean[t->map[i]] += w[i], ties[t->map[i]]++;
    for (size_t i = 0; ok && i < n; i++) {
        double there = t->map[i] < 0 ? 0 : mean[t->map[i]] / (double)ties[t->map[i]];
        ok = fabs(w[i] - there) <= IN_SPACE * fmax(fabs(w[i]), k->inspection.data.size[i]);
    }
    free(mean);
    free(ties);
    return ok;
}

/* The function of w is one of the set: by a fit in function space. */
static nalg_status near_set(nalg_landscape_check *k, bool *near, size_t set, const double *w)
{
    size_t n = k->v->model->parameters;
    nalg_strata_nearest nearest;
    nalg_weights exact = {.value = nalg_array(n, sizeof *exact.value)};
    if (!exact.value) return nalg_fail_memory(k->v->ctx);
    for (; exact.count < n; exact.count++) {
        arf_t x;
        arf_init(x);
        fmpq_init(&exact.value[exact.count]);
        arf_set_d(x, w[exact.count]);
        arf_get_fmpq(&exact.value[exact.count], x);
        arf_clear(x);
    }
    nalg_status status = nalg_strata_nearest_find(k->v->ctx, &nearest, k->v->model, &k->strata, &exact);
    if (status == NALG_OK) {
        *near = nearest.exact[set] || nearest.distance[set] <= MEMBER * nearest.size;
        nalg_strata_nearest_clear(&nearest);
    }
    nalg_weights_clear(&exact);
    return status;
}

/* Is point i where it says, and proved to exist if it says so? */
static nalg_status check_place(nalg_landscape_check *k, size_t i, bool *member, bool *proved)
{
    const char *name = json_string_value(at(k, i, "stratum"));
    const nalg_inspected *p = &k->point[i];
    const nalg_stratum *inside = NULL, *any = NULL;
    bool certified = json_is_true(at(k, i, "certified")), whole = name && !strcmp(name, "the model"),
         found = false;
    nalg_status status = NALG_OK;
    for (size_t t = 0; name && !whole && t < k->strata.count; t++) {
        if (!named(&k->strata, &k->strata.item[t], name)) continue;
        any = &k->strata.item[t];
        if (!inside && in_space(k, any, p->w)) inside = any;
    }
    bool near = whole || inside;
    if (!near && any) status = near_set(k, &near, any->set, p->w);
    *member = *member && near;
    /* Whether a point is degenerate is compared with another search. A single function is isolated. */
    bool degenerate = json_is_true(at(k, i, "degenerate"));
    *proved = *proved && !(degenerate && any && any->core_count == 0);
    if (status != NALG_OK || !near || !certified) return status;
    nalg_submodel sub =
        inside ? (nalg_submodel){inside->map, (size_t)inside->free_count, NULL} : (nalg_submodel){0};
    status = nalg_inspect_certify(&k->inspection, &found, p, inside ? &sub : NULL);
    *proved = *proved && found && !degenerate;
    return status;
}

static nalg_status check_places(nalg_landscape_check *k)
{
    bool member = true, proved = true;
    nalg_status status = nalg_strata_find(k->v->ctx, &k->strata, k->v->model, NULL);
    k->strata_found = status == NALG_OK;
    for (size_t i = 0; status == NALG_OK && i < k->count; i++) {
        nalg_progress(k->v->ctx, "points", i, k->count, NULL);
        status = check_place(k, i, &member, &proved);
        if (status == NALG_OK) status = nalg_checkpoint(k->v->ctx);
    }
    if (status != NALG_OK) return status;
    nalg_verification_record(k->v, "every point lies in its stratum", member, "%zu points", k->count);
    nalg_verification_record(k->v, "certified points are proved to exist and to be real, in a chart at each",
                             proved, "Krawczyk's test");
    return NALG_OK;
}

/* ---- the complex critical points ---- */

static bool read_chart(const nalg_landscape_check *k, nalg_chart *out, double complex **z, size_t *count)
{
    const json_t *c = json_object_get(k->v->evidence, "certificate");
    size_t n = k->v->model->parameters, d = k->inspection.dimension, in_matrix, in_origin;
    double *matrix = nalg_reals_read(json_object_get(c, "matrix"), &in_matrix),
           *origin = nalg_reals_read(json_object_get(c, "origin"), &in_origin);
    *count = json_array_size(json_object_get(c, "solutions"));
    *z = nalg_complex_list_read(json_object_get(c, "solutions"), d);
    *out = (nalg_chart){k->v->model,
                        n,
                        d,
                        nalg_array(n * d, sizeof(double complex)),
                        nalg_array(n, sizeof(double complex)),
                        nalg_array_zero(d, sizeof(double))};
    bool ok = matrix && origin && *z && in_matrix == n * d && in_origin == n && out->matrix && out->origin &&
              out->start;
    for (size_t i = 0; ok && i < n * d; i++) out->matrix[i] = matrix[i];
    for (size_t i = 0; ok && i < n; i++) out->origin[i] = origin[i];
    free(matrix);
    free(origin);
    return ok;
}

/* Different functions among e (count x a), as the solver counts them. */
static size_t different_functions(const double complex *e, size_t count, size_t a, double scale)
{
    size_t different = 0;
    for (size_t i = 0; i < count; i++) {
        bool again = false;
        for (size_t j = 0; j < i && !again; j++) {
            double distance = 0, size = 0;
            for (size_t l = 0; l < a; l++) {
                distance = fmax(distance, cabs(e[i * a + l] - e[j * a + l]));
                size = fmax(size, cabs(e[i * a + l]));
            }
            again = distance <= 1e-7 * fmax(size, 1e-9 * scale);
        }
        different += !again;
    }
    return different;
}

static bool losses_agree(const nalg_landscape_check *k, const double complex *e, size_t count)
{
    const json_t *list = json_object_get(k->v->result, "complex_losses");
    size_t a = k->inspection.form.size, listed = json_array_size(list);
    bool ok = json_is_array(list) && (listed == count || (listed == 2000 && listed < count));
    for (size_t i = 0; ok && i < listed; i++) {
        const json_t *pair = json_array_get(list, i);
        double complex loss = nalg_loss_form_value(&k->inspection.form, e + i * a),
                       said = CMPLX(json_number_value(json_array_get(pair, 0)),
                                    json_number_value(json_array_get(pair, 1)));
        double size = fmax(loss_size(k, cabs(said)), k->inspection.form.constant);
        ok = json_array_size(pair) == 2 && json_is_real(json_array_get(pair, 0)) &&
             json_is_real(json_array_get(pair, 1)) && cabs(loss - said) <= NALG_LOSS_TOLERANCE * size;
    }
    return ok;
}

static nalg_status check_complex(nalg_landscape_check *k)
{
    nalg_chart chart = {0};
    nalg_certificate certificate = {0};
    nalg_loss_system system = {0};
    double complex *z = NULL, *e = NULL;
    size_t count = 0, a = k->inspection.form.size;
    uint64_t claimed = UINT64_MAX, complex_count = UINT64_MAX, in_evidence = UINT64_MAX;
    bool ok = read_chart(k, &chart, &z, &count),
         uncounted = json_is_null(json_object_get(k->v->result, "count_complex"));
    nalg_status status = NALG_OK;
    nalg_json_get_unsigned(k->v->result, "certified", &claimed);
    nalg_json_get_unsigned(k->v->result, "count_complex", &complex_count);
    nalg_json_get_unsigned(k->v->evidence, "certified_complex", &in_evidence);
    if (ok && count) {
        status = nalg_inspect_chart(&k->inspection, &certificate, &chart, z, count);
        if (status == NALG_OK)
            status = nalg_loss_system_create(k->v->ctx, &system, NALG_GRADIENT_FIXED_FORM, &chart,
                                             &k->inspection.form, NULL, 0);
        e = nalg_array(count * a, sizeof *e);
        if (status == NALG_OK && !e) status = nalg_fail_memory(k->v->ctx);
        if (status == NALG_OK)
            status = nalg_system_evaluate(k->v->ctx, e, NULL, system.value_system, z, count, NULL);
    }
    if (status == NALG_OK) {
        size_t different =
            ok && count ? different_functions(e, count, a, k->inspection.form.target_scale) : 0;
        ok = ok && losses_agree(k, e, count);
        nalg_verification_record(k->v, "losses of all complex critical points", ok, "%zu", count);
        nalg_verification_record(k->v, "complex critical points are proved to exist, pairwise different",
                                 ok && claimed == in_evidence && claimed == certificate.distinct &&
                                     (uncounted || complex_count == different),
                                 "%zu of %zu", certificate.distinct, different);
    }
    nalg_certificate_clear(&certificate);
    nalg_chart_clear(&chart);
    if (system.x) nalg_loss_system_clear(&system);
    free(z);
    free(e);
    return status;
}

/* ---- counts ---- */

static bool counts(const json_t *object, const char *key, size_t found)
{
    return claims(json_object_get(object, key), found);
}

static void check_counts(nalg_landscape_check *k)
{
    const json_t *r = k->v->result, *global = json_object_get(r, "global_minimum"),
                 *real = json_object_get(r, "count_real");
    size_t minima = 0, unknown = 0, pures = 0, certified = 0;
    bool sorted = true;
    for (size_t i = 0; i < k->count; i++) {
        minima += json_is_true(at(k, i, "minimum"));
        unknown += json_is_null(at(k, i, "minimum"));
        pures += says(at(k, i, "kind"), "pure");
        certified += json_is_true(at(k, i, "certified"));
        sorted = sorted && (!i || json_real_value(at(k, i - 1, "loss")) <= json_real_value(at(k, i, "loss")));
    }
    bool ok = counts(r, "minima", minima) && (json_is_null(real) || claims(real, pures)) &&
              counts(r, "count_spurious", k->count - pures) &&
              counts(k->v->evidence, "certified_real", certified) &&
              counts(k->v->evidence, "undecided_minima", unknown) && counts(r, "samples", k->data.samples);
    nalg_verification_record(k->v, "counts are those of the list", ok, "%zu minima, %zu pure", minima, pures);
    bool least = sorted && (k->count ? json_equal(json_object_get(global, "loss"), at(k, 0, "loss")) &&
                                           claims(json_object_get(global, "point"), 0) &&
                                           json_is_true(json_object_get(global, "certified")) ==
                                               json_is_true(at(k, 0, "certified"))
                                     : json_is_null(json_object_get(global, "loss")));
    nalg_verification_record(k->v, "the global minimum is the least in the list", least, "%zu points",
                             k->count);
}

/* Least loss of a linear network of rank r on the data: |Y|^2 less the r largest squared singular values of Y
 * on the span of the inputs. False when the model is no such network. */
static bool eckart_young(nalg_landscape_check *k, double *least)
{
    nalg_chain chain;
    const nalg_data *d = &k->data;
    size_t n = d->input_size, m = d->output_size, samples = d->samples;
    if (!nalg_chain_read(&chain, k->v->model) || chain.bias) return false;
    size_t r = n < m ? n : m, most = m < n ? m : n;
    for (size_t l = 1; l < chain.layers; l++) {
        if (nalg_chain_exponent(&chain, l) != 1) return false;
        r = chain.width[l] < r ? chain.width[l] : r;
    }
    double *x = nalg_array(samples * n, sizeof *x), *u = nalg_array(n * n, sizeof *u),
           *along = nalg_array_zero(m * n, sizeof *along), *s = nalg_array(most, sizeof *s);
    bool ok = x && u && along && s;
    if (ok) {
        memcpy(x, d->inputs, samples * n * sizeof *x);
        nalg_orthonormal_columns(x, u, NULL, samples, n, 1e-12, 0);
        for (size_t s1 = 0; s1 < samples; s1++)
            for (size_t o = 0; o < m; o++)
                for (size_t i = 0; i < n; i++) along[o * n + i] += d->targets[s1 * m + o] * x[s1 * n + i];
        ok = nalg_singular_values(s, along, m, n);
        *least = 0;
        for (size_t i = 0; i < samples * m; i++) *least += d->targets[i] * d->targets[i];
        for (size_t i = 0; ok && i < r; i++) *least -= s[i] * s[i];
    }
    free(x);
    free(u);
    free(along);
    free(s);
    return ok;
}

static void check_least(nalg_landscape_check *k)
{
    double least = 0, said = json_number_value(at(k, 0, "loss"));
    if (!says(json_object_get(json_object_get(k->v->result, "global_minimum"), "evidence"), "proved")) return;
    bool ok = eckart_young(k, &least) &&
              fabs(said - least) <= LEAST_TOLERANCE * fmax(said, k->inspection.form.constant);
    nalg_verification_record(k->v, "the least loss is that of singular values (Eckart-Young)", ok, "%.17g",
                             least);
}

/* ---- limits ---- */

/* The loss of a limit, at its weights of a wider network. */
static nalg_status check_limit(nalg_landscape_check *k, bool *ok, const json_t *row)
{
    const json_t *network = json_object_get(row, "network"), *loss = json_object_get(row, "loss");
    size_t length;
    double value, *w = nalg_reals_read(json_object_get(row, "weights"), &length);
    nalg_model *wider = NULL;
    nalg_loss *f = NULL;
    nalg_status status = NALG_OK;
    *ok = w && json_is_string(network) && json_is_real(loss) &&
          nalg_model_parse(k->v->ctx, &wider, json_string_value(network), json_string_length(network)) ==
              NALG_OK &&
          length == wider->parameters && nalg_data_check(k->v->ctx, &k->data, wider) == NALG_OK;
    if (*ok) status = nalg_loss_create(k->v->ctx, &f, wider, NALG_LOSS_SQUARED, &k->data);
    if (status == NALG_OK)
        *ok = *ok && nalg_loss_at(f, &value, NULL, w) &&
              same_loss(k, value * (double)k->data.samples, json_real_value(loss));
    nalg_loss_free(f);
    nalg_model_free(wider);
    free(w);
    return status;
}

static nalg_status check_limits(nalg_landscape_check *k)
{
    const json_t *list = json_object_get(k->v->result, "limits");
    size_t count = json_array_size(list);
    bool all = json_is_array(list);
    nalg_status status = NALG_OK;
    for (size_t i = 0; status == NALG_OK && all && i < count; i++)
        status = check_limit(k, &all, json_array_get(list, i));
    if (status == NALG_OK)
        nalg_verification_record(k->v, "losses of limits, at weights of wider networks", all, "%zu points",
                                 count);
    return status;
}

/* ---- trained weights ---- */

/* Root mean square over the samples of the difference of two functions. */
static nalg_status distance_on_data(nalg_landscape_check *k, double *distance, const double *trained,
                                    const double *w)
{
    nalg_loss *loss = k->inspection.data.loss;
    size_t values = nalg_loss_answer_count(loss);
    double value, square = 0, *answers = nalg_array(values, sizeof *answers);
    if (!answers) return nalg_fail_memory(k->v->ctx);
    bool ok = nalg_loss_at(loss, &value, NULL, trained);
    if (ok) memcpy(answers, nalg_loss_answers(loss), values * sizeof *answers);
    ok = ok && nalg_loss_at(loss, &value, NULL, w);
    for (size_t i = 0; ok && i < values; i++) {
        double d = answers[i] - nalg_loss_answers(loss)[i];
        square += d * d;
    }
    free(answers);
    *distance = ok ? sqrt(square / (double)k->data.samples) : INFINITY;
    return NALG_OK;
}

static bool near(double a, const json_t *b, double size)
{
    return json_is_real(b) && fabs(a - json_real_value(b)) <= NALG_LOSS_TOLERANCE * size;
}

static nalg_status judge_trained(nalg_landscape_check *k, const nalg_inspected *p, const json_t *said)
{
    double least = INFINITY, claimed = INFINITY, distance = INFINITY, size = loss_size(k, p->loss);
    const json_t *index = json_object_get(said, "index"), *nearest = json_object_get(said, "nearest");
    double gradient = json_number_value(json_object_get(said, "gradient"));
    bool critical = gradient <= CRITICAL;
    nalg_status status = NALG_OK;
    for (size_t i = 0; status == NALG_OK && i < k->count; i++) {
        status = distance_on_data(k, &distance, p->w, k->point[i].w);
        if (claims(nearest, i)) claimed = distance;
        least = fmin(least, distance);
    }
    double scale = sqrt(k->inspection.form.constant / (double)k->data.samples);
    bool place = !k->count
                     ? json_is_null(nearest)
                     : claimed - least <= MEMBER * scale &&
                           near(claimed, json_object_get(said, "distance"), 1e3 * fmax(scale, claimed)) &&
                           near(p->loss - k->point[0].loss, json_object_get(said, "above_minimum"), size);
    bool slope = json_is_real(json_object_get(said, "gradient")) && gradient >= 0 &&
                 fabs(gradient - p->gradient) <= 1e-5 * p->gradient + CRITICAL / 10 &&
                 json_is_boolean(json_object_get(said, "critical")) &&
                 json_is_true(json_object_get(said, "critical")) == critical &&
                 (critical ? claims(index, p->index) : json_is_null(index));
    if (status == NALG_OK)
        nalg_verification_record(k->v, "where the trained weights are",
                                 place && slope && near(p->loss, json_object_get(said, "loss"), size),
                                 "loss %.10g", p->loss);
    return status;
}

static nalg_status check_trained(nalg_landscape_check *k)
{
    const json_t *said = json_object_get(k->v->result, "trained");
    nalg_weights exact;
    nalg_inspected p = {0};
    if (!k->options.weights) {
        nalg_verification_record(k->v, "no trained weights were given", json_is_null(said), NULL);
        return NALG_OK;
    }
    nalg_status status = nalg_weights_parse(k->v->ctx, &exact, k->options.weights, k->options.weights_length,
                                            k->v->model->parameters);
    if (status == NALG_E_PARSE || status == NALG_E_SHAPE || status == NALG_E_ARGUMENT) {
        nalg_verification_record(k->v, "the trained weights can be read", false, NULL);
        return NALG_OK;
    }
    if (status != NALG_OK) return status;
    p.given = nalg_array(exact.count, sizeof *p.given);
    if (!p.given) status = nalg_fail_memory(k->v->ctx);
    for (size_t i = 0; status == NALG_OK && i < exact.count; i++) p.given[i] = fmpq_get_d(&exact.value[i]);
    nalg_weights_clear(&exact);
    if (status == NALG_OK) status = nalg_inspect(&k->inspection, &p, 1);
    if (status == NALG_OK) status = judge_trained(k, &p, said);
    nalg_inspected_clear(&p);
    return status;
}

/* ---- all together ---- */

static nalg_status check_list(nalg_landscape_check *k)
{
    nalg_ctx *ctx = k->v->ctx;
    uint64_t seed = nalg_ctx_seed(ctx);
    nalg_ctx_set_seed(ctx, ~seed); /* inputs and coordinates of the checker's own */
    k->inspecting = true;
    nalg_status status = nalg_inspection_create(ctx, &k->inspection, k->v->model, &k->data);
    if (status == NALG_OK) status = nalg_inspect(&k->inspection, k->point, k->count);
    if (status == NALG_OK) {
        check_values(k);
        check_kinds(k);
        check_different(k);
        check_counts(k);
        check_least(k);
    }
    if (status == NALG_OK && k->v->valid) status = check_limits(k);
    if (status == NALG_OK && k->v->valid) status = check_trained(k);
    if (status == NALG_OK && k->v->valid) status = check_places(k);
    bool counted = !json_is_null(json_object_get(k->v->result, "generic"));
    if (status == NALG_OK && k->v->valid && counted) status = check_complex(k);
    nalg_ctx_set_seed(ctx, seed);
    return status;
}

/* A trace test that passed left a small residual; others left none or any. */
static bool residuals_follow(const json_t *strata)
{
    bool ok = json_is_array(strata);
    for (size_t i = 0; ok && i < json_array_size(strata); i++) {
        const json_t *row = json_array_get(strata, i), *residual = json_object_get(row, "trace_residual");
        double size = json_number_value(residual);
        ok = says(json_object_get(row, "completeness"), "trace test")
                 ? json_is_number(residual) && size >= 0 && size <= TRACE_TOLERANCE
             : says(json_object_get(row, "completeness"), "theorem")
                 ? json_is_null(residual)
                 : json_is_null(residual) || json_is_real(residual);
    }
    return ok;
}

/* Without a count there are no complex critical points to record. */
static bool solutions_follow(const nalg_verification *v)
{
    const json_t *losses = json_object_get(v->result, "complex_losses");
    return json_is_array(losses) &&
           (!json_is_null(json_object_get(v->result, "generic")) ||
            (!json_array_size(losses) && json_is_null(json_object_get(v->evidence, "certificate"))));
}

static bool question_fails(nalg_status status)
{
    return status == NALG_E_ARGUMENT || status == NALG_E_SHAPE || status == NALG_E_LIMIT ||
           status == NALG_E_UNSUPPORTED;
}

/* A question that cannot be answered has no answer. */
static void settle(nalg_landscape_check *k, nalg_status status)
{
    if (question_fails(status))
        nalg_verification_record(k->v, "the question can be asked", false, "%s",
                                 nalg_ctx_last_error(k->v->ctx).what);
    else if (status != NALG_OK)
        k->v->status = status;
}

static void clear(nalg_landscape_check *k)
{
    for (size_t i = 0; k->point && i < k->count; i++) nalg_inspected_clear(&k->point[i]);
    free(k->point);
    if (k->inspecting) nalg_inspection_clear(&k->inspection);
    if (k->strata_found) nalg_strata_clear(&k->strata);
    nalg_data_release(&k->data);
    nalg_text_clear(&k->weights);
}

void nalg_verify_landscape(nalg_verification *v)
{
    nalg_landscape_check k = {.v = v};
    v->strength = "numerical"; /* ranks, indices and completeness in floating point */
    const json_t *q = json_object_get(v->evidence, "question"),
                 *certificate = json_object_get(v->evidence, "certificate");
    bool counted = !json_is_null(json_object_get(v->result, "generic"));
    if (json_is_object(q) &&
        (json_is_null(json_object_get(q, "data")) || (counted && json_is_null(certificate)))) {
        v->status = nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "use fewer samples or a smaller model",
                              "this document has not kept its data or its solutions, which are too many");
        return;
    }
    bool ok = read_question(&k) && read_points(&k) &&
              residuals_follow(json_object_get(v->result, "strata")) && solutions_follow(v);
    if (ok && nalg_data_check(v->ctx, &k.data, v->model) != NALG_OK) ok = false;
    nalg_verification_record(v, "question, data and points can be read", ok, "%zu samples", k.data.samples);
    if (ok) settle(&k, check_list(&k));
    if (v->status == NALG_OK && v->valid) settle(&k, nalg_landscape_search_again(&k));
    clear(&k);
}
