/* Checking measured bias from its document. The outcomes of the single targets are recorded: shares,
 * intervals and means are counted again from them, and each interval must solve Wilson's quadratic equation.
 * Some targets are looked at again under the seed; where a smaller network is nearest, fresh descents may
 * find nothing nearer. Dimensions of strata and of normal cones are ranks of the checker's own gradients
 * modulo another prime. The comparison with all critical points is made again.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "learning/verify_learning.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/prober.h"
#include "learning/bias_internal.h"
#include "learning/data_document.h"
#include "learning/proportion.h"

#define TRIAL_VERIFY 2150
#define VERIFY_PRIME_START (NALG_PRIME_WORD_START - (1ULL << 42))
/* Targets looked at again. */
#define LOOKED_AT 12
#define FRESH_STARTS 6
/* Sums in another order; distances at which descents stop; distances of a nearer function that would be
 * another. */
#define COUNT_TOLERANCE 1e-9
#define LOOK_TOLERANCE 1e-4
#define NEARER 1e-6
#define SPARE_SAMPLES 4
#define PATIENCE 4
enum { STREAM_FRESH = 7900, STREAM_CORE, STREAM_SILENT };

typedef struct {
    nalg_verification *v;
    nalg_bias_options options;
    nalg_data around;
    nalg_bias_run run;
} checker;

/* ---- what was asked ---- */

static bool read_question(checker *k)
{
    const json_t *q = json_object_get(k->v->evidence, "question"), *around = json_object_get(q, "around"),
                 *noise = json_object_get(q, "noise"), *scale = json_object_get(q, "scale"),
                 *train = json_object_get(q, "train"), *critical = json_object_get(q, "critical");
    uint64_t targets, starts, depth;
    if (!nalg_json_get_unsigned(q, "targets", &targets) || !nalg_json_get_unsigned(q, "starts", &starts) ||
        !nalg_json_get_unsigned(q, "depth", &depth) || !json_is_real(noise) || !json_is_real(scale) ||
        !json_is_boolean(train) || !json_is_boolean(critical))
        return false;
    k->options = (nalg_bias_options){.targets = targets,
                                     .starts = starts,
                                     .depth = depth,
                                     .noise = json_real_value(noise),
                                     .scale = json_real_value(scale),
                                     .train = json_is_true(train),
                                     .critical = json_is_true(critical),
                                     .metric = json_string_value(json_object_get(q, "metric"))};
    if (targets > NALG_BIAS_RECORDED ||
        targets != json_array_size(json_object_get(k->v->evidence, "outcomes")))
        return false;
    if (json_is_null(around)) return k->options.metric != NULL;
    k->options.around = &k->around;
    return !k->options.metric && !k->options.critical && nalg_data_read(&k->around, around, k->v->model);
}

/* ---- the recorded outcomes ---- */

static bool read_sets(const nalg_bias_run *b, unsigned char *on, unsigned char which, const json_t *list)
{
    json_int_t before = -1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *number = json_array_get(list, i);
        json_int_t s = json_integer_value(number);
        if (!json_is_integer(number) || s <= before || (size_t)s >= b->strata.sets) return false;
        on[s] |= which;
        before = s;
    }
    return json_is_array(list);
}

static bool read_outcome(const nalg_bias_run *b, nalg_bias_outcome *out, unsigned char *on,
                         const json_t *entry)
{
    const json_t *nearest = json_object_get(entry, "nearest"), *trained = json_object_get(entry, "trained"),
                 *sets = json_object_get(entry, "trained_on"),
                 *escaped = json_object_get(entry, "not_attained"), *limit = json_object_get(entry, "limit"),
                 *rests = json_object_get(entry, "at_rest");
    *out = (nalg_bias_outcome){.finished = json_is_real(trained),
                               .nearest = json_real_value(nearest),
                               .trained = json_real_value(trained),
                               .escaped = json_is_true(escaped),
                               .limit = json_is_integer(limit) ? (int)json_integer_value(limit) : -1,
                               .rests = json_is_true(rests)};
    return json_is_real(nearest) &&
           (out->finished ? read_sets(b, on, NALG_BIAS_TRAINED, sets)
                          : json_is_null(trained) && json_is_null(sets)) &&
           json_is_boolean(escaped) && json_is_boolean(rests) &&
           read_sets(b, on, NALG_BIAS_NEAREST, json_object_get(entry, "nearest_on"));
}

/* Into the run, as if they had been found there. */
static bool read_outcomes(checker *k)
{
    nalg_bias_run *b = &k->run;
    bool ok = true;
    memset(b->on, 0, b->options->targets * b->strata.sets);
    for (size_t t = 0; ok && t < b->options->targets; t++)
        ok = read_outcome(b, &b->outcome[t], b->on + t * b->strata.sets,
                          json_array_get(json_object_get(k->v->evidence, "outcomes"), t));
    return ok;
}

/* ---- the checks ---- */

/* Everything that follows from the outcomes. */
static nalg_status check_counts(checker *k)
{
    nalg_result *again = NULL;
    nalg_status status = k->options.critical ? nalg_bias_by_critical_points(&k->run, k->v->model) : NALG_OK;
    if (status == NALG_OK) status = nalg_bias_answer(&k->run, &again, k->v->model);
    if (status != NALG_OK) return status;
    bool same =
        nalg_json_agree(json_object_get(again->document, "result"), k->v->result, COUNT_TOLERANCE) &&
        nalg_json_agree(json_object_get(again->document, "evidence"), k->v->evidence, COUNT_TOLERANCE);
    nalg_verification_record(
        k->v, "shares, means and the comparison with all critical points follow from the recorded outcomes",
        same, "%zu targets", k->options.targets);
    nalg_result_free(again);
    return NALG_OK;
}

/* Does the end p of an interval solve (share - p)^2 n = z^2 p (1 - p)? 0 and 1 are ends where nothing or all
 * was hit. */
static bool solves_score(double p, double share, double n)
{
    double z = NALG_QUANTILE_95 * NALG_QUANTILE_95;
    return fabs((share - p) * (share - p) * n - z * p * (1 - p)) <= 1e-9 * (n + z);
}

static bool is_interval(const json_t *row, const char *share, const char *low, const char *high, double n)
{
    const json_t *s = json_object_get(row, share);
    double a = json_number_value(json_object_get(row, low)),
           b = json_number_value(json_object_get(row, high)), p = json_number_value(s);
    if (json_is_null(s) || n == 0) return json_is_null(s) && n == 0 && a == 0 && b == 1;
    return a <= p && p <= b && solves_score(a, p, n) && solves_score(b, p, n);
}

static void check_intervals(checker *k)
{
    const json_t *strata = json_object_get(k->v->result, "strata"),
                 *generic = json_object_get(k->v->result, "generic");
    uint64_t targets = 0, trained = 0;
    bool ok = nalg_json_get_unsigned(k->v->result, "targets", &targets) &&
              nalg_json_get_unsigned(k->v->result, "trained", &trained);
    for (size_t i = 0; i <= json_array_size(strata) && ok; i++) {
        const json_t *row = i < json_array_size(strata) ? json_array_get(strata, i) : generic;
        ok = is_interval(row, "share", "low", "high", (double)trained) &&
             is_interval(row, "nearest_share", "nearest_low", "nearest_high", (double)targets);
    }
    nalg_verification_record(k->v, "every interval solves Wilson's equation", ok, "%zu strata",
                             json_array_size(strata));
}

static bool same_distance(double a, double b, double size)
{
    return fabs(a - b) <= LOOK_TOLERANCE * size;
}

/* Target t again: *same stays true when it has the recorded outcome. */
static nalg_status look_again(checker *k, size_t t, bool *same)
{
    nalg_bias_run *b = &k->run;
    nalg_bias_outcome before = b->outcome[t];
    size_t sets = b->strata.sets;
    unsigned char *on = b->on + t * sets, *recorded = nalg_array(sets, 1);
    if (!recorded) return nalg_fail_memory(b->ctx);
    memcpy(recorded, on, sets);
    memset(on, 0, sets);
    nalg_status status = nalg_bias_look(b, t, 0);
    const nalg_bias_outcome *now = &b->outcome[t];
    if (status == NALG_OK)
        *same = *same && !memcmp(recorded, on, sets) && before.finished == now->finished &&
                before.escaped == now->escaped && before.limit == now->limit && before.rests == now->rests &&
                same_distance(before.nearest, now->nearest, b->target_size) &&
                same_distance(before.trained, now->trained, b->target_size);
    b->outcome[t] = before;
    memcpy(on, recorded, sets);
    free(recorded);
    return status == NALG_E_INTERRUPTED ? nalg_checkpoint(b->ctx) : status;
}

/* Is the nearest function of target t recorded as one of a smaller network? */
static bool counted_smaller(const nalg_bias_run *b, size_t t)
{
    bool smaller = false;
    for (size_t s = 0; s < b->strata.sets; s++)
        smaller = smaller || ((b->on[t * b->strata.sets + s] & NALG_BIAS_NEAREST) &&
                              b->cone[s].dimension < b->dimension);
    return smaller;
}

/* Descents for target t from starts nobody has used: *none_nearer stays true unless one is nearer than what
 * is recorded. */
static nalg_status descend_afresh(checker *k, size_t t, bool *none_nearer)
{
    nalg_bias_run *b = &k->run;
    nalg_status status = NALG_OK;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(b->ctx), STREAM_FRESH + ((uint64_t)t << 8));
    nalg_bias_target(b, t, b->scratch->target);
    for (int s = 0; s < FRESH_STARTS && status == NALG_OK; s++) {
        double distance;
        for (size_t i = 0; i < b->descent->parameters; i++)
            b->scratch->w[i] = b->scale * nalg_random_normal(&r);
        status = nalg_descend(b->ctx, b->descent, &distance, b->scratch->w, NULL, b->scratch->target);
        if (status == NALG_OK)
            *none_nearer = *none_nearer && distance >= b->outcome[t].nearest - NEARER * b->target_size;
    }
    return status == NALG_E_INTERRUPTED ? nalg_checkpoint(b->ctx) : status;
}

static nalg_status check_targets(checker *k)
{
    size_t all = k->options.targets, some = all < LOOKED_AT ? all : LOOKED_AT, tried = 0;
    bool same = true, none_nearer = true;
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < some && status == NALG_OK; i++) {
        nalg_progress(k->v->ctx, "targets again", i, some, NULL);
        status = look_again(k, i * all / some, &same);
    }
    for (size_t t = 0; t < all && tried < LOOKED_AT && status == NALG_OK; t++) {
        if (!counted_smaller(&k->run, t)) continue;
        status = descend_afresh(k, t, &none_nearer);
        tried++;
    }
    if (status != NALG_OK) return status;
    nalg_verification_record(k->v, "some targets have these outcomes again", same, "%zu of %zu", some, all);
    nalg_verification_record(
        k->v, "where the nearest function is one of a smaller network, no fresh descent is nearer",
        none_nearer, "%zu targets, %d starts each", tried, FRESH_STARTS);
    return NALG_OK;
}

/* ---- cones ---- */

typedef struct {
    nalg_prober q;
    nmod_mat_t span, alone, along; /* rows: directions at the samples */
    size_t samples, rank;
} cones;

static void place(cones *c, const nalg_bias_run *b, size_t item, size_t draw)
{
    const nalg_stratum *t = &b->strata.item[item];
    uint64_t p = c->q.point.prime;
    for (size_t i = 0; i < c->q.parameters; i++) {
        bool core = t->map[i] < t->core_count;
        nalg_random r = nalg_random_stream(c->q.point.seed,
                                           core ? STREAM_CORE + ((uint64_t)t->set << 20)
                                                : STREAM_SILENT + ((uint64_t)(item * 1000 + draw) << 20));
        r.counter = (uint64_t)(uint32_t)t->map[i];
        c->q.w[i] = t->map[i] < 0 ? 0 : nalg_random_bits(&r) % p;
    }
    for (size_t i = 0; i < t->less_count; i++)
        c->q.w[t->less[i][0]] = nalg_subtract_mod(c->q.w[t->less[i][0]], c->q.w[t->less[i][1]], p);
}

/* Ranks at the weights placed: of d phi, along the stratum, and of the span so far. False at a pole. */
static bool measure(cones *c, const nalg_stratum *t, size_t *alone, size_t *along)
{
    nalg_prober *q = &c->q;
    nmod_mat_zero(c->along);
    for (size_t s = 0; s < c->samples; s++) {
        if (!nalg_probe(q, s)) return false;
        const uint64_t *f = nalg_sweep_outputs(&q->sweep);
        for (size_t i = 0; i < q->parameters; i++) {
            c->alone->rows[i][s] = c->span->rows[c->rank + i][s] = q->gradient[i];
            if (t->map[i] >= 0)
                c->along->rows[t->map[i]][s] =
                    nalg_add_mod(c->along->rows[t->map[i]][s], q->gradient[i], q->point.prime);
        }
        size_t block =
            t->mixed ? q->outputs / t->mixed : 0; /* unit u owns the outputs u * block, u * block + 1, ... */
        for (size_t o = 0; t->mixed && o < q->outputs; o++)
            for (size_t j = 0; j < t->mixed; j++) { /* unit o / block moves by unit j */
                uint64_t *sum = &c->along->rows[(size_t)t->free_count + o / block * t->mixed + j][s];
                *sum =
                    nalg_add_mod(*sum, nalg_multiply_mod(q->c[o], f[j * block + o % block], q->point.prime),
                                 q->point.prime);
            }
    }
    for (size_t i = c->rank + q->parameters; i < (size_t)c->span->r; i++)
        memset(c->span->rows[i], 0, c->samples * sizeof(uint64_t));
    *alone = (size_t)nmod_mat_rank(c->alone);
    *along = (size_t)nmod_mat_rank(c->along);
    c->rank = (size_t)nmod_mat_rref(c->span);
    return true;
}

static bool claimed(const json_t *row, const char *key, size_t found)
{
    uint64_t value;
    return nalg_json_get_unsigned(row, key, &value) && value == found;
}

static size_t beyond(size_t ambient, size_t rank)
{
    return ambient > rank ? ambient - rank : 0;
}

static nalg_status check_cone(checker *k, cones *c, size_t set, bool *ok)
{
    const nalg_bias_run *b = &k->run;
    const json_t *row = json_array_get(json_object_get(k->v->result, "strata"), set);
    size_t least = SIZE_MAX, dimension = 0, alone, along;
    nalg_status status = NALG_OK;
    c->rank = 0;
    for (size_t i = b->first[set]; i < b->first[set + 1]; i++) {
        const nalg_stratum *t = &b->strata.item[i];
        size_t draws = t->free_count > t->core_count ? PATIENCE : 1;
        for (size_t draw = 0, idle = 0; idle < draws && status == NALG_OK; draw++) {
            size_t before = c->rank;
            place(c, b, i, draw);
            if (!measure(c, t, &alone, &along)) {
                *ok = false;
                return NALG_OK;
            }
            if (i == b->first[set] && !draw) dimension = along;
            if (alone < least) least = alone;
            idle = c->rank > before && draws > 1 ? 0 : idle + 1;
            status = nalg_checkpoint(k->v->ctx);
        }
    }
    *ok = *ok && claimed(row, "dimension", dimension);
    if (b->ambient_known)
        *ok = *ok && claimed(row, "normal_dimension", beyond(b->ambient, c->rank)) &&
              claimed(row, "critical_dimension", beyond(b->ambient, least));
    return status;
}

static nalg_status check_cones(checker *k)
{
    const nalg_bias_run *b = &k->run;
    nalg_verification *v = k->v;
    cones c = {.samples = (b->ambient_known ? b->ambient : NALG_BIAS_ANSWERS) + SPARE_SAMPLES};
    nalg_point point = {.prime = nalg_prime_below(VERIFY_PRIME_START, nalg_model_exponent(v->model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = TRIAL_VERIFY};
    nalg_status status = nalg_prober_create(v->ctx, &c.q, v->model, point);
    if (status != NALG_OK) return status;
    size_t n = c.q.parameters, m = c.q.outputs;
    bool ok = true;
    nmod_mat_init(c.span, (slong)(c.samples + n), (slong)c.samples, point.prime);
    nmod_mat_init(c.alone, (slong)n, (slong)c.samples, point.prime);
    nmod_mat_init(c.along, (slong)(n + m * m), (slong)c.samples, point.prime);
    for (size_t set = 0; set < b->strata.sets && status == NALG_OK; set++)
        status = check_cone(k, &c, set, &ok);
    nmod_mat_clear(c.span);
    nmod_mat_clear(c.alone);
    nmod_mat_clear(c.along);
    nalg_prober_clear(&c.q);
    if (status == NALG_OK)
        nalg_verification_record(
            v, "dimensions of strata and normal cones are those at fresh points modulo another prime", ok,
            "%zu sets", b->strata.sets);
    return status;
}

void nalg_verify_bias(nalg_verification *v)
{
    checker k = {.v = v};
    v->strength = "numerical"; /* computed twice in floating point, and ranks modulo another prime */
    if (json_is_null(json_object_get(v->evidence, "outcomes"))) {
        v->status = nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "ask for fewer --targets",
                              "outcomes are recorded for up to %d targets", NALG_BIAS_RECORDED);
        return;
    }
    bool readable = read_question(&k);
    k.run = (nalg_bias_run){.ctx = v->ctx, .options = &k.options, .started = nalg_seconds()};
    if (readable) v->status = nalg_bias_prepare(&k.run, v->model);
    if (v->status == NALG_E_ARGUMENT) { /* a question that cannot be asked */
        readable = false;
        v->status = NALG_OK;
    }
    readable = readable && v->status == NALG_OK && read_outcomes(&k);
    nalg_verification_record(v, "question and outcomes can be read", readable, "%zu targets",
                             k.options.targets);
    check_intervals(&k);
    if (v->status == NALG_OK && v->valid) v->status = check_counts(&k);
    if (v->status == NALG_OK && v->valid) v->status = check_cones(&k);
    if (v->status == NALG_OK && v->valid) v->status = check_targets(&k);
    nalg_bias_clear(&k.run);
    nalg_data_release(&k.around);
}
