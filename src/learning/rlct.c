/* The learning coefficient lambda and its multiplicity m: vol{w : K(w) < e} ~ c e^lambda (log 1/e)^(m-1) for
 * K the mean squared loss against a true function of the model (METHODS 9). Theorems where they apply,
 * otherwise proved bounds from both sides and an estimate by sampling (rlct_estimate.h). docs/rlct.md has
 * every inequality with its proof.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/symmetry_rank.h"
#include "learning/rlct_chain.h"
#include "learning/rlct_estimate.h"
#include "learning/rlct_newton.h"
#include "learning/rlct_truth.h"
#include "model/document.h"
#include "neuroalg/dimension.h"
#include "neuroalg/learning.h"

#define SYMMETRY_TRIAL 80

void nalg_rlct_options_init(nalg_rlct_options *options)
{
    *options = (nalg_rlct_options){.estimate = NALG_ESTIMATE_WHEN_NEEDED};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_rlct_options *options;
    nalg_rlct_truth truth;
    nalg_chain chain;
    bool is_chain;
    nalg_result *dim;
    bool exact;
    nalg_learning_coefficient value; /* when exact */
    fmpq_t lower, upper;             /* when not */
    const char *status, *method, *source;
    nalg_rlct_estimate estimate;
    bool estimated;
    json_t *details; /* further keys of the evidence */
} computation;

static void settle(computation *c, const char *status, const char *method, const char *source)
{
    c->exact = true;
    c->status = status;
    c->method = method;
    c->source = source;
}

/* ---- regular truths ---- */

static nalg_status find_dimension(computation *c)
{
    nalg_dim_options options;
    nalg_dim_options_init(&options);
    options.weights = c->truth.text;
    options.weights_length = c->truth.length;
    nalg_status status = nalg_dim(c->ctx, &c->dim, c->model, &options);
    if (status != NALG_OK) return status;
    const json_t *evidence = json_object_get(c->dim->document, "evidence");
    json_t *epsilon = json_object_get(evidence, "epsilon");
    int failed = json_object_set(c->details, "dimension",
                                 json_object_get(json_object_get(c->dim->document, "result"), "dimension"));
    failed |= json_object_set(c->details, "dimension_status", json_object_get(evidence, "status"));
    failed |= json_object_set(c->details, "epsilon", epsilon);
    return failed ? nalg_fail_memory(c->ctx) : NALG_OK;
}

static long long dim_integer(const computation *c, const char *key)
{
    long long value = 0;
    return nalg_result_integer(c->dim, key, &value) == NALG_TRUE ? value : 0;
}

static void set_half(fmpq_t out, uint64_t numerator)
{
    fmpz_set_ui(fmpq_numref(out), numerator);
    fmpz_set_ui(fmpq_denref(out), 2);
    fmpq_canonicalise(out);
}

/* Constant rank nearby: K is a sum of D squares in suitable coordinates. */
static void settle_regular(computation *c)
{
    set_half(c->value.lambda, (uint64_t)dim_integer(c, "dimension"));
    settle(c, nalg_result_evidence(c->dim) == NALG_PROVED ? "proved" : "probable",
           "regular truth: half the dimension",
           "the parametrisation has constant rank near the true weights");
}

/* ---- zero, and given ranks ---- */

static void settle_chain(computation *c)
{
    uint64_t rank = c->truth.kind == NALG_TRUTH_RANK ? c->truth.rank : 0;
    if (nalg_chain_is_linear(&c->chain)) {
        if (nalg_rlct_chain_linear(&c->value, &c->chain, rank))
            settle(c, "proved",
                   c->chain.layers > 2    ? "deep linear network"
                   : c->chain.layers == 2 ? "reduced-rank regression"
                                          : "regular: one layer",
                   c->chain.layers > 2    ? "Aoyagi 2024"
                   : c->chain.layers == 2 ? "Aoyagi-Watanabe 2005"
                                          : "half the number of weights");
    } else if (nalg_rlct_chain_zero(&c->value, &c->chain)) {
        settle(c, "proved", "Newton polyhedron, non-degenerate",
               "docs/rlct.md: pieces between layers with one unit");
    }
}

/* ---- bounds ---- */

/* K is at least the square of one polynomial of this degree in the weights, so lambda >= 1 / (2 degree). */
static nalg_status degree_bound(computation *c, fmpz_t degree)
{
    uint64_t numerator = 0, denominator = 0;
    nalg_status status = nalg_model_weight_degree(c->ctx, c->model, &numerator, &denominator);
    fmpz_set_ui(degree, numerator > denominator ? numerator : denominator);
    return status;
}

static bool linear_in_weights(const nalg_layer *layer)
{
    static const char *const keywords[] = {"dense", "conv", "conv2d", "groupconv", "attention"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (layer->parameters && layer->type->keyword && !strcmp(layer->type->keyword, keywords[i]))
            return !layer->tied;
    return false;
}

/* Fewest weights of a last layer that make the function zero when they vanish: of attention Q (K is as
 * large), V or O of all heads. */
static size_t vanishing_weights(const nalg_layer *layer)
{
    const nalg_attention *a = nalg_attention_data(layer);
    if (!a) return layer->parameters;
    size_t in = layer->in.dim[0], out = layer->out.dim[0],
           least = a->value ? a->value * (in < out ? in : out) : in * out;
    if (!a->normalised && a->score * in < least) least = a->score * in;
    return a->heads * least;
}

static nalg_status bound_zero(computation *c)
{
    const nalg_pipeline *p = c->model->layers;
    fmpz_t degree;
    fmpz_init(degree);
    nalg_status status = NALG_OK;
    if (c->is_chain && nalg_rlct_chain_bounds(degree, c->upper, &c->chain)) {
        c->source = "from above: weights of one layer over twice the degree in them; from below: 1 over "
                    "twice the degree in all weights";
    } else if (p->count && linear_in_weights(&p->layer[p->count - 1])) {
        set_half(c->upper, vanishing_weights(&p->layer[p->count - 1]));
        status = degree_bound(c, degree);
        c->source = "from above: half the weights of the last layer that vanish on a part of the fiber; from "
                    "below: 1 over twice the degree";
    } else {
        status = nalg_fail(c->ctx, NALG_E_UNSUPPORTED, "--truth",
                           "give weights with --weights, or --truth generic",
                           "the zero function is not known to be one of this model's");
    }
    fmpq_zero(c->lower);
    if (status == NALG_OK && !fmpz_is_zero(degree)) {
        fmpz_one(fmpq_numref(c->lower));
        fmpz_mul_ui(fmpq_denref(c->lower), degree, 2);
    }
    c->status = "interval";
    c->method = "bounds";
    fmpz_clear(degree);
    return status;
}

/* Dimension of the orbit of the known symmetries through the weights: the loss vanishes on it. */
static nalg_status orbit_dimension(computation *c, const nalg_weights *weights, size_t *dimension)
{
    nalg_symmetries symmetries = {0};
    nalg_point point = {.prime = nalg_prime_fast(0, nalg_model_exponent(c->model)),
                        .seed = nalg_ctx_seed(c->ctx),
                        .trial = SYMMETRY_TRIAL};
    uint64_t *residues = nalg_array(weights->count, sizeof *residues);
    nalg_status status = residues ? NALG_OK : nalg_fail_memory(c->ctx);
    *dimension = 0;
    if (status == NALG_OK && point.prime && nalg_weights_residues(weights, point.prime, residues)) {
        point.weights = residues;
        status = nalg_symmetries_find(c->ctx, &symmetries, c->model);
        if (status == NALG_OK && nalg_symmetries_fields(&symmetries) <= NALG_SYMMETRY_FIELDS_LIMIT)
            status = nalg_symmetry_rank(c->ctx, dimension, NULL, &symmetries, &point);
        nalg_symmetries_clear(&symmetries);
    }
    free(residues);
    return status;
}

static nalg_status bound_at_weights(computation *c, const nalg_weights *weights)
{
    size_t orbit;
    fmpz_t degree;
    fmpq_t by_degree;
    fmpz_init(degree);
    fmpq_init(by_degree);
    nalg_status status = degree_bound(c, degree);
    if (status == NALG_OK) status = orbit_dimension(c, weights, &orbit);
    if (status == NALG_OK) {
        set_half(c->lower, (uint64_t)dim_integer(c, "local_dimension"));
        set_half(c->upper, c->model->parameters - orbit);
        fmpz_one(fmpq_numref(by_degree));
        fmpz_mul_ui(fmpq_denref(by_degree), degree, 2);
        if (!fmpz_is_zero(degree) && fmpq_cmp(by_degree, c->lower) > 0) fmpq_set(c->lower, by_degree);
        c->status = "interval";
        c->method = "bounds";
        c->source = "from below: half the rank at the weights, or 1 over twice the degree; from above: half "
                    "the weights minus the orbit of the symmetries";
    }
    fmpz_clear(degree);
    fmpq_clear(by_degree);
    return status;
}

/* The Newton polyhedron at the weights (NULL: zero): the exact value when it is non-degenerate, otherwise
 * perhaps a smaller upper bound. `anywhere`: lambda is asked over all zeros of the loss. */
static nalg_status try_newton(computation *c, const nalg_weights *at, bool anywhere)
{
    nalg_newton_answer newton;
    nalg_learning_coefficient_init(&newton.value);
    nalg_status status = nalg_rlct_newton(c->ctx, &newton, c->model, at);
    if (status == NALG_OK && newton.found && !(anywhere && newton.constant)) {
        if (newton.non_degenerate && (!anywhere || newton.homogeneous)) {
            fmpq_set(c->value.lambda, newton.value.lambda);
            c->value.multiplicity = newton.value.multiplicity;
            settle(c, "proved", "Newton polyhedron, non-degenerate",
                   "every initial form of least order has a single monomial somewhere; linear programs over "
                   "the rationals (Saia 1996, Lin 2011)");
        } else if (fmpq_cmp(newton.value.lambda, c->upper) < 0) {
            fmpq_set(c->upper, newton.value.lambda);
            c->source = "from above: the ideal of all monomials of the coefficients (linear program); from "
                        "below: 1 over twice the degree, or half the rank";
        }
    }
    nalg_learning_coefficient_clear(&newton.value);
    return status;
}

static bool all_zero(const nalg_weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (!fmpq_is_zero(&w->value[i])) return false;
    return true;
}

/* At the origin a homogeneous network has the coefficient of the zero function: the loss there is
 * quasi-homogeneous, and every point of its zero set is carried towards the origin by scalings. */
static nalg_status at_origin(computation *c)
{
    settle_chain(c);
    nalg_status status = c->exact ? NALG_OK : bound_zero(c);
    return status == NALG_OK && !c->exact ? try_newton(c, NULL, true) : status;
}

static nalg_status at_weights(computation *c)
{
    const nalg_weights *weights = &c->truth.weights;
    if (all_zero(weights) && c->is_chain && nalg_chain_is_homogeneous(&c->chain)) return at_origin(c);
    nalg_status status = find_dimension(c);
    if (status == NALG_OK && dim_integer(c, "local_dimension") == dim_integer(c, "dimension"))
        settle_regular(c);
    else if (status == NALG_OK)
        status = bound_at_weights(c, weights);
    if (status == NALG_OK && !c->exact) status = try_newton(c, weights, false);
    return status;
}

/* ---- estimates ---- */

#define RADIUS 1.0
#define LOCAL_RADIUS 0.1      /* of the box around given weights */
#define UNASKED_PARAMETERS 60 /* larger models are sampled on request only: minutes */

static bool wants_estimate(const computation *c)
{
    if (c->options->estimate == NALG_ESTIMATE_ALWAYS) return true;
    return c->options->estimate == NALG_ESTIMATE_WHEN_NEEDED && !c->exact &&
           c->model->parameters <= UNASKED_PARAMETERS;
}

static double rational_double(const fmpq_t q)
{
    return fmpz_get_d(fmpq_numref(q)) / fmpz_get_d(fmpq_denref(q));
}

static nalg_status estimate(computation *c)
{
    bool local = c->truth.kind == NALG_TRUTH_WEIGHTS;
    double *values = NULL;
    if (!wants_estimate(c)) return NALG_OK;
    nalg_status status = nalg_rlct_truth_values(c->ctx, &values, &c->truth, c->model);
    nalg_rlct_estimate_options options = {
        .truth = values, .center = local ? values : NULL, .radius = local ? LOCAL_RADIUS : RADIUS};
    if (c->options->radius > 0) options.radius = c->options->radius;
    if (status == NALG_OK) status = nalg_rlct_estimate_find(c->ctx, &c->estimate, c->model, &options);
    c->estimated = status == NALG_OK;
    free(values);
    if (status == NALG_E_UNSUPPORTED || status == NALG_E_LIMIT) { /* what is proved stays the answer */
        status = NALG_OK;
        if (json_object_set_new(c->details, "no_estimate", json_string(nalg_ctx_last_error(c->ctx).what)))
            status = nalg_fail_memory(c->ctx);
    }
    if (!c->estimated || c->exact) return status;
    if (!nalg_rlct_fit_clip(&c->estimate.fit, rational_double(c->lower), rational_double(c->upper))) {
        c->estimated = false;
        static const char reason[] =
            "the sampler missed part of the set of small loss: its interval lies outside the proved bounds";
        return json_object_set_new(c->details, "no_estimate", json_string(reason)) ? nalg_fail_memory(c->ctx)
                                                                                   : NALG_OK;
    }
    c->status = "estimate";
    c->method = "volume law by multilevel splitting; bounds are proved";
    return status;
}

/* ---- the document ---- */

static json_t *rational_json(const fmpq_t q)
{
    if (fmpz_is_one(fmpq_denref(q))) return nalg_json_fmpz(fmpq_numref(q));
    char *text = fmpq_get_str(NULL, 10, q);
    json_t *string = json_string(text);
    flint_free(text);
    return string;
}

/* What is proved, or else the estimate; `lower` and `upper` are proved in any case. */
static json_t *answer_json(const computation *c)
{
    const nalg_rlct_fit *fit = &c->estimate.fit;
    json_t *lambda = c->exact       ? rational_json(c->value.lambda)
                     : c->estimated ? json_real(fit->lambda)
                                    : json_null();
    json_t *multiplicity = c->exact                            ? nalg_json_unsigned(c->value.multiplicity)
                           : c->estimated && fit->multiplicity ? json_integer(fit->multiplicity)
                                                               : json_null();
    json_t *lower = rational_json(c->exact ? c->value.lambda : c->lower),
           *upper = rational_json(c->exact ? c->value.lambda : c->upper);
    json_t *answer = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "truth", c->truth.name, "lambda",
                               lambda, "multiplicity", multiplicity, "lower", lower, "upper", upper, "method",
                               c->method, "parameters", nalg_json_unsigned(c->model->parameters));
    if (!answer) return NULL;
    int failed = json_object_set_new(answer, "estimate",
                                     c->estimated ? nalg_rlct_estimate_json(&c->estimate) : json_null());
    failed |= json_object_set_new(answer, "tempered",
                                  c->estimated ? nalg_rlct_tempered_json(&c->estimate) : json_null());
    if (!failed) return answer;
    json_decref(answer);
    return NULL;
}

/* What was asked, for `verify`: a truth by its name, or weights exactly. */
static json_t *question_json(const computation *c)
{
    bool weights = c->options->weights || (!c->options->truth && c->truth.kind == NALG_TRUTH_WEIGHTS);
    json_t *truth = !weights && c->options->truth ? json_string(c->options->truth) : json_null();
    return json_pack("{s:o, s:o}", "truth", truth, "weights",
                     weights ? nalg_weights_json(&c->truth.weights) : json_null());
}

static json_t *evidence_json(computation *c)
{
    int failed = json_object_set_new(c->details, "question", question_json(c));
    failed |= json_object_set_new(c->details, "status", json_string(c->status));
    failed |= json_object_set_new(c->details, "source", json_string(c->source));
    if (c->estimated && !c->exact)
        failed |= json_object_set_new(c->details, "estimate",
                                      json_string("lambda is a statistical estimate with the error given "
                                                  "beside it, no proof; only lower and upper are proved"));
    return failed ? NULL : json_incref(c->details);
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    c->is_chain = nalg_chain_read(&c->chain, c->model);
    nalg_status status =
        nalg_rlct_truth_read(c->ctx, &c->truth, c->model, c->is_chain ? &c->chain : NULL, c->options);
    if (status != NALG_OK) return status;
    if (c->truth.kind == NALG_TRUTH_WEIGHTS) {
        status = at_weights(c);
    } else if (c->truth.kind == NALG_TRUTH_GENERIC) {
        status = find_dimension(c);
        if (status == NALG_OK) settle_regular(c);
    } else {
        if (c->is_chain) settle_chain(c);
        if (!c->exact) status = bound_zero(c);
        if (status == NALG_OK && !c->exact) status = try_newton(c, NULL, true);
    }
    if (status == NALG_OK) status = estimate(c);
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "rlct", started, nalg_model_document(c->model), answer_json(c),
                              evidence_json(c));
}

nalg_status nalg_rlct(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                      const nalg_rlct_options *options)
{
    nalg_rlct_options defaults;
    nalg_rlct_options_init(&defaults);
    computation c = {
        .ctx = ctx, .model = model, .options = options ? options : &defaults, .details = json_object()};
    nalg_learning_coefficient_init(&c.value);
    fmpq_init(c.lower);
    fmpq_init(c.upper);
    nalg_status status = c.details ? compute(&c, out, nalg_seconds()) : nalg_fail_memory(ctx);
    nalg_learning_coefficient_clear(&c.value);
    fmpq_clear(c.lower);
    fmpq_clear(c.upper);
    nalg_rlct_estimate_clear(&c.estimate);
    nalg_rlct_truth_clear(&c.truth);
    nalg_result_free(c.dim);
    json_decref(c.details);
    return status;
}
