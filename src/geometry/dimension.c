/* Dimension of a model's function space (METHODS 1): a rank mod p from below, proved bounds from above.
 *
 * The rank of the Jacobian at any point mod any prime is at most the generic rank over Q; when it meets the
 * least upper bound the dimension is proved. Otherwise more points over other primes are tried, and the
 * chance that all of them were unlucky is bounded by the product of (degree of the minor) / p
 * (Schwartz-Zippel).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/ambient.h"
#include "geometry/jacobian.h"
#include "geometry/local_verdict.h"
#include "geometry/upper_bounds.h"
#include "model/document.h"
#include "model/weights.h"
#include "neuroalg/dimension.h"

#define DEFAULT_TRIALS 3
#define MOST_TRIALS NALG_DIM_MOST_TRIALS
/* More samples than the dimension can need: one unlucky sample does not cost the proof. */
/* A sketch pays when there are this many times more parameters than samples. */
#define SKETCH_FACTOR 16
/* Up to this many samples a further trial runs over a 61-bit prime. */
#define WORD_TRIAL_SAMPLES 400
/* Share of the available memory a matrix may take. */
#define MEMORY_SHARE 0.8
/* Points tried in place of one that is a pole of the model. */
#define POLE_RETRIES 8
/* Points of the rank at given weights: two primes, apart from the trials at random weights. */
#define LOCAL_TRIALS 2
#define LOCAL_TRIAL 100

void nalg_dim_options_init(nalg_dim_options *options)
{
    *options = (nalg_dim_options){.trials = DEFAULT_TRIALS};
}

/* The best lower bound so far and how it was found. */
typedef struct {
    nalg_rank_profile profile;
    nalg_point point;
    size_t samples;
    bool sketch;
} witness;

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_upper_bounds bounds;
    uint64_t exponent; /* largest exponent of an activation: every prime exceeds it */
    uint64_t degree;   /* degree of the gradient's entries */
    size_t samples;
    bool sketch;
    witness best;
    json_t *trials;
    double log10_epsilon; /* of the error bound over all trials */
    nalg_ambient ambient;
} computation;

static nalg_status refuse_size(computation *c, double bytes)
{
    return nalg_fail(c->ctx, NALG_E_MEMORY, NULL, "use a machine with more memory, or a smaller model",
                     "the Jacobian of this model (%zu parameters, up to %zu samples) needs %.1f GB of memory",
                     c->model->parameters, c->samples, bytes * 1e-9);
}

/* How many samples, and whether all parameters or random directions. Both sizes follow from the least upper
 * bound. */
static nalg_status plan(computation *c)
{
    uint64_t least = c->bounds.least;
    c->samples = least + NALG_SPARE_SAMPLES;
    c->sketch = c->model->parameters / SKETCH_FACTOR > c->samples;
    double rows = c->sketch ? (double)c->samples : (double)c->model->parameters,
           bytes = rows * (double)c->samples * sizeof(double);
    size_t available = nalg_memory_available();
    if (available && bytes > MEMORY_SHARE * (double)available) return refuse_size(c, bytes);
    return NALG_OK;
}

/* The k-th prime to use: fast ones first, one of 61 bits for exponents beyond them. 0 if none exceeds the
 * exponent. */
static uint64_t pick_prime(const computation *c, unsigned k, bool word)
{
    uint64_t p = word ? 0 : nalg_prime_fast(k, c->exponent);
    return p ? p : nalg_prime_word(k, c->exponent);
}

static void set_field(nalg_field *f, uint64_t prime)
{
    if (prime < NALG_PRIME_FAST_LIMIT)
        nalg_field_fast(f, (uint32_t)prime);
    else
        nalg_field_word(f, prime);
}

/* Rank at one point. */
static nalg_status rank_at(computation *c, nalg_rank_profile *profile, const nalg_point *point,
                           size_t samples, bool sketch)
{
    nalg_jacobian j;
    nalg_field field;
    set_field(&field, point->prime);
    size_t rows = sketch ? samples : c->model->parameters, entries;
    nalg_status status = sketch ? nalg_jacobian_directional(c->ctx, &j, c->model)
                                : nalg_jacobian_gradient(c->ctx, &j, c->model);
    if (status != NALG_OK) return status;
    double *matrix =
        nalg_size_multiply(&entries, rows, samples) ? nalg_array_aligned(entries, sizeof *matrix) : NULL;
    if (!matrix)
        status = nalg_fail_memory(c->ctx);
    else if (sketch)
        status = nalg_jacobian_sketch(c->ctx, matrix, &j, &field, point, samples, samples);
    else
        status = nalg_jacobian_matrix(c->ctx, matrix, &j, &field, point, samples);
    if (status == NALG_OK) status = nalg_matrix_rank(c->ctx, profile, matrix, rows, samples, &field);
    free(matrix);
    nalg_jacobian_clear(&j);
    return status;
}

/* The same, moving on to other points when one is a pole. */
static nalg_status rank_near(computation *c, nalg_rank_profile *profile, nalg_point *point)
{
    nalg_status status;
    for (uint32_t retry = 0;; retry++) {
        status = rank_at(c, profile, point, c->samples, c->sketch);
        if (status != NALG_E_UNSUPPORTED || retry == POLE_RETRIES) return status;
        point->trial += MOST_TRIALS;
    }
}

static nalg_status run_trial(computation *c, unsigned trial)
{
    bool word = trial > 0 && c->samples <= WORD_TRIAL_SAMPLES;
    nalg_point point = {.prime = pick_prime(c, trial, word), .seed = nalg_ctx_seed(c->ctx), .trial = trial};
    nalg_rank_profile profile = {0};
    if (!point.prime)
        return nalg_fail(c->ctx, NALG_E_UNSUPPORTED, NULL, "use a smaller exponent",
                         "no prime of one word exceeds the exponents");
    nalg_status status = rank_near(c, &profile, &point);
    if (status != NALG_OK) return status;
    size_t rank = profile.rank;
    if (trial == 0 || rank > c->best.profile.rank) {
        nalg_rank_profile_clear(&c->best.profile);
        c->best = (witness){profile, point, c->samples, c->sketch};
    } else {
        nalg_rank_profile_clear(&profile);
    }
    if (json_array_append_new(c->trials,
                              json_pack("{s:o, s:i, s:o}", "prime", nalg_json_unsigned(point.prime), "trial",
                                        (int)point.trial, "rank", nalg_json_unsigned(rank))))
        return nalg_fail_memory(c->ctx);
    /* A minor of size rank + 1 has at most this degree; it vanishes at a random point with probability at
     * most degree / p. */
    double chance = ((double)rank + 1) * (double)c->degree / (double)point.prime;
    c->log10_epsilon += chance < 1 ? log10(chance) : 0;
    return NALG_OK;
}

static nalg_status run_trials(computation *c, int trials)
{
    nalg_status status = plan(c);
    for (int t = 0; t < trials && status == NALG_OK; t++) {
        status = run_trial(c, (unsigned)t);
        if (status == NALG_OK && c->best.profile.rank >= c->bounds.least) break;
    }
    if (status == NALG_OK && c->best.profile.rank > c->bounds.least)
        return nalg_fail(c->ctx, NALG_E_INTERNAL, NULL, "please report this model",
                         "the rank %zu exceeds the upper bound %llu", c->best.profile.rank,
                         (unsigned long long)c->bounds.least);
    return status;
}

/* ---- the local rank at given weights ---- */

typedef struct {
    size_t rank;
    char *verdict;
    witness best;
    json_t *evidence;
} local_answer;

static json_t *witness_json(const witness *w)
{
    return json_pack("{s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "method", w->sketch ? "sketch" : "gradient",
                     "prime", nalg_json_unsigned(w->point.prime), "seed", nalg_json_unsigned(w->point.seed),
                     "trial", (int)w->point.trial, "samples", nalg_json_unsigned(w->samples), "rank",
                     nalg_json_unsigned(w->profile.rank), w->sketch ? "pivot_directions" : "pivot_parameters",
                     nalg_json_indices(w->profile.pivot_rows, w->profile.rank), "pivot_samples",
                     nalg_json_indices(w->profile.pivot_cols, w->profile.rank));
}

/* Float and decimal weights are rationals: reduced exactly mod p, the rank at this very point needs no
 * tolerance. */
static nalg_status local_rank(computation *c, local_answer *out, const nalg_weights *weights)
{
    uint64_t *residues = nalg_array(weights->count, sizeof *residues);
    nalg_status status = residues ? NALG_OK : nalg_fail_memory(c->ctx);
    for (unsigned t = 0; t < LOCAL_TRIALS && status == NALG_OK; t++) {
        nalg_point point = {.prime = pick_prime(c, t, c->samples <= WORD_TRIAL_SAMPLES),
                            .seed = nalg_ctx_seed(c->ctx),
                            .trial = LOCAL_TRIAL + t,
                            .weights = residues};
        nalg_rank_profile profile = {0};
        if (!nalg_weights_residues(weights, point.prime, residues))
            status = nalg_fail(c->ctx, NALG_E_ARGUMENT, NULL, "round this weight",
                               "a weight's denominator is divisible by the prime %llu",
                               (unsigned long long)point.prime);
        if (status == NALG_OK) status = rank_at(c, &profile, &point, c->samples, c->sketch);
        if (status != NALG_OK) break;
        bool better = t == 0 || profile.rank > out->best.profile.rank;
        nalg_rank_profile_clear(better ? &out->best.profile : &profile);
        if (better) out->best = (witness){profile, point, c->samples, c->sketch};
    }
    free(residues);
    if (status == NALG_OK)
        status = nalg_local_verdict(c->ctx, &out->verdict, &c->bounds, weights, c->best.profile.rank,
                                    out->best.profile.rank);
    if (status != NALG_OK) return status;
    out->rank = out->best.profile.rank;
    /* From above only the proved bound counts: an unproved dimension may be too small, and the rank here with
     * it. */
    const char *known = out->rank >= c->bounds.least ? "proved" : "probable";
    out->evidence = json_pack("{s:s, s:o, s:o}", "status", known, "lower", witness_json(&out->best),
                              "weights", nalg_weights_json(weights));
    return out->evidence ? NALG_OK : nalg_fail_memory(c->ctx);
}

/* ---- the document ---- */

static bool proved(const computation *c)
{
    return c->best.profile.rank >= c->bounds.least;
}

static json_t *evidence_json(const computation *c)
{
    json_t *epsilon = proved(c) ? json_real(0) : json_real(pow(10, c->log10_epsilon));
    return json_pack("{s:s, s:o, s:o, s:O, s:o}", "status", proved(c) ? "proved" : "probable", "epsilon",
                     epsilon, "lower", witness_json(&c->best), "trials", c->trials, "upper",
                     nalg_upper_bounds_certificate(&c->bounds));
}

static int describe_local(json_t *answer, const local_answer *local)
{
    if (!local) return json_object_set_new(answer, "local_dimension", json_null());
    int failed = json_object_set_new(answer, "local_dimension", nalg_json_unsigned(local->rank));
    failed |= json_object_set_new(answer, "local_identifiability", json_string(local->verdict));
    return failed | json_object_set(answer, "local_evidence", local->evidence);
}

static json_t *answer_json(const computation *c, const local_answer *local)
{
    size_t dimension = c->best.profile.rank, parameters = c->model->parameters;
    json_t *answer =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "dimension", nalg_json_unsigned(dimension),
                  "fiber_dimension", nalg_json_unsigned(parameters - dimension), "parameters",
                  nalg_json_unsigned(parameters), "lower_bound", nalg_json_unsigned(dimension), "upper_bound",
                  nalg_json_unsigned(c->bounds.least), "upper_bounds", nalg_upper_bounds_list(&c->bounds),
                  "symmetries", nalg_upper_bounds_symmetries(&c->bounds));
    if (!answer) return NULL;
    int failed = nalg_ambient_describe(answer, &c->ambient, dimension, &c->bounds);
    failed |= describe_local(answer, local);
    if (!failed) return answer;
    json_decref(answer);
    return NULL;
}

static nalg_status compute(computation *c, const nalg_dim_options *options, nalg_result **out, double started)
{
    nalg_weights weights = {0};
    local_answer local = {0};
    nalg_status status =
        nalg_model_point(c->ctx, &weights, c->model, options->weights, options->weights_length);
    if (status == NALG_OK) status = nalg_upper_bounds_find(c->ctx, &c->bounds, c->model);
    if (status == NALG_OK) c->exponent = nalg_model_exponent(c->model);
    if (status == NALG_OK) status = nalg_jacobian_degree(c->ctx, &c->degree, c->model);
    if (status == NALG_OK) status = run_trials(c, options->trials);
    if (status == NALG_OK) status = nalg_ambient_find(c->ctx, &c->ambient, c->model, c->exponent);
    if (status == NALG_OK && weights.count) status = local_rank(c, &local, &weights);
    if (status == NALG_OK)
        status = nalg_result_create(c->ctx, out, "dim", started, nalg_model_document(c->model),
                                    answer_json(c, weights.count ? &local : NULL), evidence_json(c));
    nalg_weights_clear(&weights);
    json_decref(local.evidence);
    free(local.verdict);
    nalg_rank_profile_clear(&local.best.profile);
    return status;
}

nalg_status nalg_dim(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                     const nalg_dim_options *options)
{
    nalg_dim_options defaults;
    nalg_dim_options_init(&defaults);
    if (!options) options = &defaults;
    if (options->trials < 1 || options->trials > MOST_TRIALS)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "trials", "write 1 to 20", "%d trials cannot be run",
                         options->trials);
    computation c = {.ctx = ctx, .model = model, .trials = json_array()};
    double started = nalg_seconds();
    nalg_status status = c.trials ? compute(&c, options, out, started) : nalg_fail_memory(ctx);
    nalg_rank_profile_clear(&c.best.profile);
    nalg_upper_bounds_clear(&c.bounds);
    nalg_ambient_clear(&c.ambient);
    json_decref(c.trials);
    return status;
}
