/* Implicit bias measured (METHODS 4): for random targets u, is the nearest function of the model one of a
 * subnetwork, and does gradient flow end at one? Two questions with two answers: dead units are traps for
 * training although functions near by are better.
 *
 * Nearest: the best of many descents over the model and, apart, over every stratum. The nearest function lies
 * on a stratum when the best point of the stratum is as good as the best over the model; before that is
 * believed, descents start beside that point in every direction that leaves the stratum. Trained: the end of
 * one gradient flow from random weights; it lies on a stratum when the stratum's distance to it is
 * negligible. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neuroalg/bias.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"
#include "geometry/degree.h"
#include "learning/bias_internal.h"
#include "learning/gradient_flow.h"
#include "model/dataset.h"

#define DEFAULT_TARGETS 200
#define DEFAULT_STARTS 10
#define MOST_TARGETS 1000000
#define MOST_STARTS 10000
/* Squared distances, relative to the squared norm of the target, that count as equal. */
#define EQUAL_DISTANCES 1e-8
/* Squared distance of a network that fits the target, relative to the squared norm of the target. */
#define EXACT_FIT 1e-20
/* Times the starts asked for, until the least distance has been found twice. */
#define MORE_STARTS 5
/* Distance of an end point to a stratum on which it lies, relative to the norm of the target. */
#define ON_STRATUM 1e-4
/* Starts beside the best point of a stratum, for each of its realisations, and how far beside. */
#define STARTS_BESIDE 2
#define BESIDE 1e-2
/* The flow need not follow its trajectory to the last digit. */
#define FLOW_TOLERANCE 1e-8
#define FLOW_ABSOLUTE 1e-12
#define FLOW_REST 1e-11
#define FLOW_STEPS 20000
/* Weights this much larger than at the start: the nearest function is a limit that no weights realise. */
#define ESCAPED 30
/* Weights this much larger than at the start: perhaps it is. */
#define SUSPICIOUS 3
/* The same where limits are searched: it is one that is not among them. */
#define FAR_ESCAPED 1e4
/* Targets between two reports of progress, for each thread. */
#define BATCH 4
/* Functions from which the scale of the weights is found, and bounds for it. */
#define SCALE_DRAWS 31
#define SCALE_STEPS 40
enum { STREAM_TARGET = 5000, STREAM_SCALE = 4999, STREAM_TRAIN = 1 << 24 };

void nalg_bias_options_init(nalg_bias_options *options)
{
    *options = (nalg_bias_options){.targets = DEFAULT_TARGETS,
                                   .starts = DEFAULT_STARTS,
                                   .metric = "bombieri",
                                   .noise = 1,
                                   .depth = 1,
                                   .train = true,
                                   .critical = true};
}

/* ---- weights at a start ---- */

static void draw_weights(nalg_random *r, double *w, size_t n, double scale)
{
    for (size_t i = 0; i < n; i++) w[i] = scale * nalg_random_normal(r);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* Median of |f_w|^2 over a fixed set of weights, scaled. */
static double median_size(nalg_bias_run *b, double scale)
{
    nalg_descent *d = &b->descent[0];
    double size[SCALE_DRAWS], value;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(b->ctx), STREAM_SCALE);
    for (size_t k = 0; k < SCALE_DRAWS; k++) {
        draw_weights(&r, d->w, d->parameters, scale);
        size[k] = nalg_loss_at(d->loss, &value, NULL, d->w) ? value : INFINITY; /* the target is still zero */
    }
    qsort(size, SCALE_DRAWS, sizeof *size, compare_doubles);
    return size[SCALE_DRAWS / 2];
}

/* The scale at which functions have the size of the targets, by bisection of its logarithm. */
static void find_scale(nalg_bias_run *b)
{
    double low = log(1e-3), high = log(1e3);
    for (int step = 0; step < SCALE_STEPS; step++) {
        double middle = (low + high) / 2;
        if (median_size(b, exp(middle)) < b->target_size)
            low = middle;
        else
            high = middle;
    }
    b->scale = exp((low + high) / 2);
}

/* ---- one target ---- */

static void draw_target(const nalg_bias_run *b, nalg_random *r, double *z)
{
    for (size_t i = 0; i < b->space.coordinates; i++)
        z[i] = (b->centre ? b->centre[i] : 0) + b->deviation * nalg_random_normal(r);
}

static double norm_square(const double *z, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += z[i] * z[i];
    return sum;
}

nalg_random nalg_bias_target(const nalg_bias_run *b, size_t t, double *target)
{
    nalg_random r = nalg_random_stream(nalg_ctx_seed(b->ctx), STREAM_TARGET + t);
    draw_target(b, &r, target);
    return r;
}

/* A target at work in one thread. */
typedef struct {
    const nalg_bias_run *b;
    nalg_descent *d;
    nalg_bias_scratch *s;
    nalg_random random;
    const double *target;
    double size;         /* squared norm */
    double best;         /* squared distance of the model */
    size_t hits;         /* descents that ended there */
    double best_weights; /* their largest entry */
} search;

static double largest(const double *w, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(w[i]));
    return most;
}

/* Descend over the whole model from s->w. */
static nalg_status try_model(search *q)
{
    double distance;
    nalg_status status = nalg_descend(q->b->ctx, q->d, &distance, q->s->w, NULL, q->target);
    if (status != NALG_OK) return status;
    if (distance < q->best - EQUAL_DISTANCES * q->size) q->hits = 0;
    q->hits += distance <= q->best + EQUAL_DISTANCES * q->size;
    if (distance < q->best) {
        q->best = distance;
        q->best_weights = largest(q->s->w, q->d->parameters);
    }
    return status;
}

/* Best distance over a stratum from several starts into *best, its unknowns into s->best; stops at `enough`.
 */
static nalg_status search_stratum(search *q, const nalg_stratum *t, const double *target, double enough,
                                  double *best)
{
    size_t n = nalg_descent_unknowns(q->d, t);
    nalg_status status = NALG_OK;
    *best = INFINITY;
    for (size_t k = 0; k < (n ? q->b->options->starts : 1) && *best > enough && status == NALG_OK; k++) {
        double distance;
        draw_weights(&q->random, q->s->unknown, n, q->b->scale);
        status = nalg_descend(q->b->ctx, q->d, &distance, q->s->unknown, t, target);
        if (status != NALG_OK || distance >= *best) continue;
        *best = distance;
        memcpy(q->s->best, q->s->unknown, n * sizeof *q->s->best);
    }
    return status;
}

/* The same function at weights of item t, silent ones random, and a little beside. */
static void start_beside(search *q, const nalg_stratum *t)
{
    double *w = q->s->w;
    for (int32_t k = 0; k < t->free_count; k++)
        q->s->unknown[k] = k < t->core_count ? q->s->best[k] : q->b->scale * nalg_random_normal(&q->random);
    nalg_descent_weights(q->d, t, q->s->unknown, w);
    for (size_t k = 0; k < t->less_count; k++) w[t->less[k][0]] -= w[t->less[k][1]];
    for (size_t i = 0; i < q->d->parameters; i++)
        w[i] += BESIDE * q->b->scale * nalg_random_normal(&q->random);
}

/* Distances of the strata into s->distance; the model is searched beside each that would be nearest. */
static nalg_status search_strata(search *q)
{
    const nalg_strata *strata = &q->b->strata;
    nalg_status status = NALG_OK;
    for (size_t set = 0; set < strata->sets && status == NALG_OK; set++) {
        const nalg_stratum *t = &strata->item[q->b->first[set]];
        status = search_stratum(q, t, q->target, q->best + EQUAL_DISTANCES * q->size, &q->s->distance[set]);
        if (status != NALG_OK || q->s->distance[set] > q->best + EQUAL_DISTANCES * q->size || t->mixed)
            continue;
        for (size_t i = q->b->first[set]; i < q->b->first[set + 1] && status == NALG_OK; i++)
            for (int k = 0; k < STARTS_BESIDE && status == NALG_OK; k++) {
                start_beside(q, &strata->item[i]);
                status = try_model(q);
            }
    }
    return status;
}

/* Descends over limit i from `starts` places, more until the least distance has been found twice; stops at
 * `enough`. */
static nalg_status search_limit(search *q, size_t i, size_t starts, double enough, double *least)
{
    const nalg_limit *l = &q->b->limits.item[i];
    const nalg_stratum all = {.free_count = (int32_t)l->free_count, .sum = l->weight};
    double tolerance = EQUAL_DISTANCES * q->size;
    size_t hits = 0;
    for (size_t k = 0; (k < starts || (hits < 2 && k < MORE_STARTS * starts)) && *least > enough; k++) {
        double distance;
        draw_weights(&q->random, q->s->unknown, l->free_count, q->b->scale);
        nalg_status status =
            nalg_descend(q->b->ctx, &q->s->limit[i], &distance, q->s->unknown, &all, q->target);
        if (status != NALG_OK) return status;
        if (distance < *least - tolerance) hits = 0;
        hits += distance <= *least + tolerance;
        *least = fmin(*least, distance);
    }
    return NALG_OK;
}

/* Least distance of the limits, and which of them it is (the one of least dimension). Large weights of the
 * nearest network are a sign that a limit has been missed: then there are more starts. */
static nalg_status search_limits(search *q, double *best, int *which)
{
    const nalg_limits *limits = &q->b->limits;
    double tolerance = EQUAL_DISTANCES * q->size, enough = q->best + tolerance;
    size_t starts = q->b->options->starts;
    nalg_status status = NALG_OK;
    *best = INFINITY;
    *which = -1;
    for (int again = 0; again < 2 && status == NALG_OK; again++) {
        if (again && (*best <= enough || q->best <= tolerance || q->best_weights < SUSPICIOUS * q->b->scale))
            break;
        for (size_t i = 0; i < limits->count && status == NALG_OK && (!again || *best > enough); i++) {
            double least = INFINITY;
            status = again ? search_limit(q, i, MORE_STARTS * starts, enough, &least)
                           : search_limit(q, i, starts, -INFINITY, &least);
            bool equal = fabs(least - *best) <= tolerance,
                 smaller = *which >= 0 && limits->item[i].dimension < limits->item[*which].dimension;
            if (*which < 0 || (equal ? smaller : least < *best)) *which = (int)i;
            *best = fmin(*best, least);
        }
    }
    return status;
}

static nalg_status find_nearest(search *q, nalg_bias_outcome *out, unsigned char *on)
{
    nalg_status status = NALG_OK;
    q->best = INFINITY;
    q->hits = 0;
    /* A minimum that one descent alone has found is a sign that another may have been missed. */
    size_t starts = q->b->options->starts;
    for (size_t k = 0; (k < starts || (q->hits < 2 && k < MORE_STARTS * starts)) && status == NALG_OK; k++) {
        draw_weights(&q->random, q->s->w, q->d->parameters, q->b->scale);
        status = try_model(q);
    }
    if (status == NALG_OK) status = search_strata(q);
    if (status != NALG_OK) return status;
    for (size_t set = 0; set < q->b->strata.sets; set++) q->best = fmin(q->best, q->s->distance[set]);
    double limit;
    status = search_limits(q, &limit, &out->limit);
    /* Weights that fit the target attain it, whatever limits do too. */
    bool fits = q->best <= EXACT_FIT * q->size && q->best_weights <= FAR_ESCAPED * q->b->scale,
         nearer = !fits && limit <= q->best + EQUAL_DISTANCES * q->size, smaller = false;
    q->best = fmin(q->best, limit);
    for (size_t set = 0; set < q->b->strata.sets; set++) {
        if (q->s->distance[set] > q->best + EQUAL_DISTANCES * q->size) continue;
        on[set] |= NALG_BIAS_NEAREST;
        smaller = true;
    }
    out->nearest = q->best;
    if (!nearer || smaller)
        out->limit = -1; /* smaller networks are limits of limits: there the infimum is attained */
    double far = q->b->limits.units ? FAR_ESCAPED : ESCAPED;
    out->escaped = out->limit >= 0 || (!smaller && q->best_weights > far * q->b->scale);
    return status;
}

/* End of a gradient flow, and the strata it lies on. */
static nalg_status train(search *q, nalg_bias_outcome *out, unsigned char *on)
{
    const nalg_strata *strata = &q->b->strata;
    nalg_flow_control control;
    nalg_flow_end end = {0};
    double value;
    nalg_flow_control_defaults(&control);
    control.relative = FLOW_TOLERANCE;
    control.absolute = FLOW_ABSOLUTE;
    control.rest = FLOW_REST;
    control.step_limit = FLOW_STEPS;
    control.time_limit = NALG_BIAS_FLOW_TIME;
    draw_weights(&q->random, q->s->w, q->d->parameters, q->b->scale);
    nalg_loss_aim(q->d->loss, q->target);
    nalg_status status = nalg_gradient_flow(q->b->ctx, &end, q->s->w, q->d->loss, &control);
    out->rests = end.reason == NALG_FLOW_REST;
    out->finished = status == NALG_OK && end.reason != NALG_FLOW_DIVERGED && end.reason != NALG_FLOW_FAILED &&
                    nalg_loss_at(q->d->loss, &value, NULL, q->s->w);
    if (!out->finished) return status;
    out->trained = value;
    nalg_loss_position(q->d->loss, q->s->position);
    for (size_t set = 0; set < strata->sets && status == NALG_OK; set++) {
        double enough = ON_STRATUM * ON_STRATUM * q->size, distance;
        status = search_stratum(q, &strata->item[q->b->first[set]], q->s->position, enough, &distance);
        if (status == NALG_OK && distance <= enough) on[set] |= NALG_BIAS_TRAINED;
    }
    return status;
}

nalg_status nalg_bias_look(nalg_bias_run *b, size_t t, int worker)
{
    search q = {
        .b = b, .d = &b->descent[worker], .s = &b->scratch[worker], .target = b->scratch[worker].target};
    nalg_random r = nalg_bias_target(b, t, q.s->target);
    q.size = norm_square(q.target, b->space.coordinates);
    q.random = r;
    unsigned char *on = b->on + t * b->strata.sets;
    nalg_status status = find_nearest(&q, &b->outcome[t], on);
    q.random = nalg_random_stream(nalg_ctx_seed(b->ctx), STREAM_TRAIN + (uint64_t)t);
    if (status == NALG_OK && b->options->train) status = train(&q, &b->outcome[t], on);
    return status;
}

static nalg_status do_target(void *user, size_t index, int worker)
{
    nalg_bias_run *b = user;
    return nalg_bias_look(b, b->batch_first + index, worker);
}

static nalg_status do_targets(nalg_bias_run *b)
{
    size_t batch = BATCH * (size_t)nalg_ctx_threads(b->ctx);
    nalg_status status = NALG_OK;
    for (; b->batch_first < b->options->targets && status == NALG_OK; b->batch_first += batch) {
        size_t rest = b->options->targets - b->batch_first;
        nalg_progress(b->ctx, "targets", b->batch_first, b->options->targets, NULL);
        status = nalg_parallel(b->ctx, rest < batch ? rest : batch, do_target, b);
        if (status == NALG_E_INTERRUPTED && nalg_checkpoint(b->ctx) == NALG_E_DEADLINE)
            status = NALG_E_DEADLINE;
        if (status == NALG_E_MEMORY) status = nalg_fail_memory(b->ctx);
    }
    return status;
}

/* ---- what is prepared ---- */

static nalg_status make_space(nalg_bias_run *b, const nalg_model *model)
{
    const nalg_bias_options *o = b->options;
    nalg_metric metric = {0};
    nalg_metric_kind kind;
    bool proved;
    nalg_status status = nalg_dimension_of(b->ctx, &b->dimension, &proved, model);
    if (status != NALG_OK) return status;
    b->deviation = 1;
    if (!o->around) {
        if (!nalg_metric_from_name(&kind, o->metric))
            return nalg_fail(b->ctx, NALG_E_ARGUMENT, "metric",
                             "write unit, bombieri, gaussian, generic or data", "no metric is called '%.40s'",
                             o->metric);
        b->metric = nalg_metric_name(kind);
        status = nalg_metric_create(b->ctx, &metric, model, kind, 0, b->dimension);
        if (status == NALG_OK) status = nalg_function_space_of_metric(b->ctx, &b->space, model, &metric);
        nalg_metric_clear(&metric);
        b->target_size = (double)b->space.coordinates;
        return status;
    }
    status = nalg_data_check(b->ctx, o->around, model);
    if (status == NALG_OK && o->around->samples * o->around->output_size > NALG_BIAS_ANSWERS)
        status =
            nalg_fail(b->ctx, NALG_E_LIMIT, "data", "give fewer samples",
                      "%zu samples are too many (at most %d values)", o->around->samples, NALG_BIAS_ANSWERS);
    if (status == NALG_OK) status = nalg_function_space_of_data(b->ctx, &b->space, o->around);
    if (status != NALG_OK) return status;
    size_t n = b->space.coordinates;
    b->metric = "mean square over the data";
    b->centre = nalg_array(n, sizeof *b->centre);
    if (!b->centre) return nalg_fail_memory(b->ctx);
    for (size_t i = 0; i < n; i++) b->centre[i] = o->around->targets[i] / sqrt((double)o->around->samples);
    double mean = norm_square(b->centre, n) / (double)n;
    b->deviation = o->noise * (mean > 0 ? sqrt(mean) : 1 / sqrt((double)n));
    b->target_size = (double)n * (mean + b->deviation * b->deviation);
    return NALG_OK;
}

static nalg_status find_ambient(nalg_bias_run *b, const nalg_model *model)
{
    nalg_ambient ambient = {0};
    nalg_status status = nalg_ambient_find(b->ctx, &ambient, model, nalg_model_exponent(model));
    if (status != NALG_OK) return status;
    b->ambient_known = ambient.known && fmpz_cmp_ui(&ambient.size, NALG_BIAS_ANSWERS) <= 0;
    b->ambient = b->ambient_known ? fmpz_get_ui(&ambient.size) : 0;
    nalg_ambient_clear(&ambient);
    return NALG_OK;
}

static nalg_status make_strata(nalg_bias_run *b, const nalg_model *model)
{
    nalg_strata_options options = {.depth = b->options->depth};
    nalg_status status = nalg_strata_find(b->ctx, &b->strata, model, &options);
    if (status != NALG_OK) return status;
    b->first = nalg_array(b->strata.sets + 1, sizeof *b->first);
    b->cone = nalg_array_zero(b->strata.sets, sizeof *b->cone);
    if (!b->first || !b->cone) return nalg_fail_memory(b->ctx);
    for (size_t i = 0, set = 0; i < b->strata.count; i++)
        if (i == 0 || b->strata.item[i].set != b->strata.item[i - 1].set) b->first[set++] = i;
    b->first[b->strata.sets] = b->strata.count;
    return nalg_bias_cones(b->ctx, b->cone, model, &b->strata,
                           b->ambient_known ? b->ambient : NALG_BIAS_ANSWERS);
}

static nalg_status make_workers(nalg_bias_run *b, const nalg_model *model)
{
    size_t workers = (size_t)nalg_ctx_threads(b->ctx), unknowns;
    nalg_status status = NALG_OK;
    b->descent = nalg_array_zero(workers, sizeof *b->descent);
    b->scratch = nalg_array_zero(workers, sizeof *b->scratch);
    b->outcome = nalg_array_zero(b->options->targets, sizeof *b->outcome);
    b->on = nalg_array_zero(b->options->targets * b->strata.sets, sizeof *b->on);
    if (!b->descent || !b->scratch || !b->outcome || !b->on) return nalg_fail_memory(b->ctx);
    for (b->workers = 0; b->workers < workers && status == NALG_OK; b->workers++) {
        nalg_bias_scratch *s = &b->scratch[b->workers];
        status = nalg_descent_create(b->ctx, &b->descent[b->workers], model, &b->space);
        if (status != NALG_OK) continue;
        unknowns = b->descent[b->workers].most;
        for (size_t k = 0; k < b->limits.count; k++)
            if (b->limits.item[k].free_count > unknowns) unknowns = b->limits.item[k].free_count;
        s->w = nalg_array(unknowns, sizeof *s->w);
        s->unknown = nalg_array(unknowns, sizeof *s->unknown);
        s->best = nalg_array(unknowns, sizeof *s->best);
        s->target = nalg_array(b->space.coordinates, sizeof *s->target);
        s->position = nalg_array(b->space.coordinates, sizeof *s->position);
        s->distance = nalg_array(b->strata.sets, sizeof *s->distance);
        s->limit = nalg_array_zero(b->limits.count, sizeof *s->limit);
        for (size_t k = 0; s->limit && k < b->limits.count && status == NALG_OK; k++)
            status = nalg_descent_create(b->ctx, &s->limit[k], b->limits.item[k].wider, &b->space);
        if (status == NALG_OK && !s->limit) status = nalg_fail_memory(b->ctx);
        if (status != NALG_OK) continue;
        if (!s->w || !s->unknown || !s->best || !s->target || !s->position || !s->distance)
            status = nalg_fail_memory(b->ctx);
    }
    return status;
}

void nalg_bias_clear(nalg_bias_run *b)
{
    for (size_t i = 0; i < b->workers; i++) {
        nalg_bias_scratch *s = &b->scratch[i];
        nalg_descent_clear(&b->descent[i]);
        free(s->w);
        free(s->unknown);
        free(s->best);
        free(s->target);
        free(s->position);
        free(s->distance);
        for (size_t k = 0; s->limit && k < b->limits.count; k++) nalg_descent_clear(&s->limit[k]);
        free(s->limit);
    }
    free(b->descent);
    free(b->scratch);
    free(b->outcome);
    free(b->on);
    free(b->first);
    free(b->cone);
    free(b->centre);
    free(b->critical.reason);
    nalg_limits_clear(&b->limits);
    nalg_function_space_clear(&b->space);
    nalg_strata_clear(&b->strata);
}

static nalg_status check_options(nalg_ctx *ctx, const nalg_bias_options *o)
{
    if (o->targets < 2 || o->targets > MOST_TARGETS)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "targets", "write 2 to 1000000",
                         "%zu targets cannot be sampled", o->targets);
    if (o->starts < 1 || o->starts > MOST_STARTS)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "starts", "write 1 to 10000",
                         "%zu starts for a target are out of range", o->starts);
    if (!(o->noise >= 0) || !isfinite(o->noise))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "noise", "write a number that is not negative",
                         "the noise is no size");
    if (!(o->scale >= 0) || !isfinite(o->scale))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "scale", "write a positive number",
                         "the weights have no size");
    if (!o->metric && !o->around)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "metric", "write unit, bombieri, gaussian, generic or data",
                         "no metric is given");
    return o->train ? nalg_flow_require(ctx) : NALG_OK;
}

nalg_status nalg_bias_prepare(nalg_bias_run *b, const nalg_model *model)
{
    nalg_status status = check_options(b->ctx, b->options);
    if (status == NALG_OK) status = make_space(b, model);
    if (status == NALG_OK) status = find_ambient(b, model);
    if (status == NALG_OK) status = make_strata(b, model);
    if (status == NALG_OK) status = nalg_limits_find(b->ctx, &b->limits, model, b->dimension);
    if (status == NALG_OK) status = make_workers(b, model);
    if (status != NALG_OK) return status;
    b->scale = b->options->scale;
    if (!(b->scale > 0)) find_scale(b);
    return NALG_OK;
}

nalg_status nalg_bias(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                      const nalg_bias_options *options)
{
    nalg_bias_options defaults;
    nalg_bias_options_init(&defaults);
    nalg_bias_run b = {.ctx = ctx, .options = options ? options : &defaults, .started = nalg_seconds()};
    nalg_status status = nalg_bias_prepare(&b, model);
    if (status == NALG_OK) status = do_targets(&b);
    if (status == NALG_OK && b.options->critical) status = nalg_bias_by_critical_points(&b, model);
    if (status == NALG_OK) status = nalg_bias_answer(&b, out, model);
    nalg_bias_clear(&b);
    return status;
}
