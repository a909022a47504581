/* The learning coefficient lambda and its multiplicity m: vol{w : K(w) < e} ~ c e^lambda (log 1/e)^(m-1) for K the mean squared loss
 * against a true function of the model (METHODS 9). Theorems where they apply, otherwise proved bounds from both sides; nothing is sampled.
 * docs/rlct.md has every inequality with its proof.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/symmetry_rank.h"
#include "learning/bounds_degree.h"
#include "learning/rlct_chain.h"
#include "model/document.h"
#include "model/weights.h"
#include "neuroalg/dimension.h"
#include "neuroalg/learning.h"

#define SYMMETRY_TRIAL 80

void nalg_rlct_options_init(nalg_rlct_options *options)
{
    *options = (nalg_rlct_options){.truth = "generic"};
}

typedef enum { TRUTH_GENERIC, TRUTH_RANK, TRUTH_ZERO, TRUTH_WEIGHTS } truth_kind;

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_rlct_options *options;
    truth_kind truth;
    uint64_t rank; /* TRUTH_RANK */
    nalg_chain chain;
    bool is_chain;
    nalg_result *dim;
    bool exact;
    nalg_learning_coefficient value; /* when exact */
    fmpq_t lower, upper;             /* when not */
    const char *status, *method, *source;
    json_t *details; /* further keys of the evidence */
} computation;

static nalg_status read_truth(computation *c)
{
    const char *t = c->options->truth;
    if (c->options->weights) {
        c->truth = TRUTH_WEIGHTS;
    } else if (!t || !strcmp(t, "generic")) {
        c->truth = TRUTH_GENERIC;
    } else if (!strcmp(t, "zero")) {
        c->truth = TRUTH_ZERO;
    } else if (!strncmp(t, "rank=", 5) && t[5] && strspn(t + 5, "0123456789") == strlen(t + 5) && strlen(t + 5) < 10) {
        c->truth = TRUTH_RANK;
        c->rank = (uint64_t)atoll(t + 5);
    } else {
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--truth", "write zero, generic or rank=2", "'%.40s' is no truth", t);
    }
    if (c->truth != TRUTH_RANK) return NALG_OK;
    if (!c->is_chain || !nalg_chain_is_linear(&c->chain))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--truth", "write zero or generic", "a rank describes the functions of linear networks only");
    for (size_t l = 0; l <= c->chain.layers; l++)
        if (c->rank > c->chain.width[l])
            return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--truth", "write a smaller rank", "a matrix of rank %llu does not pass a layer of width %zu",
                             (unsigned long long)c->rank, c->chain.width[l]);
    return NALG_OK;
}

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
    options.weights = c->options->weights;
    options.weights_length = c->options->weights_length;
    nalg_status status = nalg_dim(c->ctx, &c->dim, c->model, &options);
    if (status != NALG_OK) return status;
    const json_t *evidence = json_object_get(c->dim->document, "evidence");
    json_t *epsilon = json_object_get(evidence, "epsilon");
    int failed = json_object_set(c->details, "dimension", json_object_get(json_object_get(c->dim->document, "result"), "dimension"));
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
    settle(c, nalg_result_evidence(c->dim) == NALG_PROVED ? "proved" : "probable", "regular truth: half the dimension",
           "the parametrisation has constant rank near the true weights");
}

/* ---- zero, and given ranks ---- */

static void settle_chain(computation *c)
{
    uint64_t rank = c->truth == TRUTH_RANK ? c->rank : 0;
    if (nalg_chain_is_linear(&c->chain)) {
        if (nalg_rlct_chain_linear(&c->value, &c->chain, rank))
            settle(c, "proved", c->chain.layers > 2 ? "deep linear network" : c->chain.layers == 2 ? "reduced-rank regression" : "regular: one layer",
                   c->chain.layers > 2 ? "Aoyagi 2024" : c->chain.layers == 2 ? "Aoyagi-Watanabe 2005" : "half the number of weights");
    } else if (nalg_rlct_chain_zero(&c->value, &c->chain)) {
        settle(c, "proved", "Newton polyhedron, non-degenerate", "docs/rlct.md: pieces between layers with one unit");
    }
}

/* ---- bounds ---- */

/* K is at least the square of one polynomial of this degree in the weights, so lambda >= 1 / (2 degree). */
static nalg_status degree_bound(computation *c, fmpz_t degree)
{
    uint64_t numerator = 0, denominator = 0;
    nalg_status status = nalg_weight_degree(c->ctx, &numerator, &denominator, c->model);
    fmpz_set_ui(degree, numerator > denominator ? numerator : denominator);
    return status;
}

static bool linear_in_weights(const nalg_layer *layer)
{
    static const char *const keywords[] = {"dense", "conv", "conv2d", "groupconv", "attention"};
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (layer->parameters && layer->type->keyword && !strcmp(layer->type->keyword, keywords[i])) return !layer->tied;
    return false;
}

static nalg_status bound_zero(computation *c)
{
    const nalg_pipeline *p = c->model->layers;
    fmpz_t degree;
    fmpz_init(degree);
    nalg_status status = NALG_OK;
    if (c->is_chain && nalg_rlct_chain_bounds(degree, c->upper, &c->chain)) {
        c->source = "from above: weights of one layer over twice the degree in them; from below: 1 over twice the degree in all weights";
    } else if (p->count && linear_in_weights(&p->layer[p->count - 1])) {
        set_half(c->upper, p->layer[p->count - 1].parameters);
        status = degree_bound(c, degree);
        c->source = "from above: half the weights of the last layer, which vanish on a part of the fiber; from below: 1 over twice the degree";
    } else {
        status = nalg_fail(c->ctx, NALG_E_UNSUPPORTED, "--truth", "give weights with --weights, or --truth generic",
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
    nalg_point point = {.prime = nalg_prime_fast(0, nalg_model_exponent(c->model)), .seed = nalg_ctx_seed(c->ctx), .trial = SYMMETRY_TRIAL};
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
        c->source = "from below: half the rank at the weights, or 1 over twice the degree; from above: half the weights minus the orbit of the symmetries";
    }
    fmpz_clear(degree);
    fmpq_clear(by_degree);
    return status;
}

static bool all_zero(const nalg_weights *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (!fmpq_is_zero(&w->value[i])) return false;
    return true;
}

/* At the origin a homogeneous network has the coefficient of the zero function: the loss there is quasi-homogeneous, and every point of its
 * zero set is carried towards the origin by scalings. */
static nalg_status at_origin(computation *c)
{
    settle_chain(c);
    return c->exact ? NALG_OK : bound_zero(c);
}

static nalg_status at_weights(computation *c)
{
    nalg_weights weights = {0};
    nalg_status status = nalg_model_point(c->ctx, &weights, c->model, c->options->weights, c->options->weights_length);
    if (status == NALG_OK && all_zero(&weights) && c->is_chain && nalg_chain_is_homogeneous(&c->chain)) {
        status = at_origin(c);
    } else if (status == NALG_OK) {
        status = find_dimension(c);
        if (status == NALG_OK && dim_integer(c, "local_dimension") == dim_integer(c, "dimension")) settle_regular(c);
        else if (status == NALG_OK) status = bound_at_weights(c, &weights);
    }
    nalg_weights_clear(&weights);
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

static const char *truth_name(const computation *c)
{
    return c->truth == TRUTH_WEIGHTS ? "the function at the given weights, near them" : c->truth == TRUTH_GENERIC ? "generic"
         : c->truth == TRUTH_ZERO    ? "zero"
                                     : c->options->truth;
}

static json_t *answer_json(const computation *c)
{
    json_t *lambda = c->exact ? rational_json(c->value.lambda) : json_null();
    json_t *multiplicity = c->exact ? nalg_json_unsigned(c->value.multiplicity) : json_null();
    json_t *lower = rational_json(c->exact ? c->value.lambda : c->lower), *upper = rational_json(c->exact ? c->value.lambda : c->upper);
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "truth", truth_name(c), "lambda", lambda, "multiplicity", multiplicity, "lower", lower,
                     "upper", upper, "method", c->method, "parameters", nalg_json_unsigned(c->model->parameters));
}

static json_t *evidence_json(computation *c)
{
    int failed = json_object_set_new(c->details, "status", json_string(c->status));
    failed |= json_object_set_new(c->details, "source", json_string(c->source));
    return failed ? NULL : json_incref(c->details);
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    c->is_chain = nalg_chain_read(&c->chain, c->model);
    nalg_status status = read_truth(c);
    if (status != NALG_OK) return status;
    if (c->truth == TRUTH_WEIGHTS) {
        status = at_weights(c);
    } else if (c->truth == TRUTH_GENERIC) {
        status = find_dimension(c);
        if (status == NALG_OK) settle_regular(c);
    } else {
        if (c->is_chain) settle_chain(c);
        if (!c->exact) status = bound_zero(c);
    }
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "rlct", started, nalg_model_document(c->model), answer_json(c), evidence_json(c));
}

nalg_status nalg_rlct(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_rlct_options *options)
{
    nalg_rlct_options defaults;
    nalg_rlct_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults, .details = json_object()};
    nalg_learning_coefficient_init(&c.value);
    fmpq_init(c.lower);
    fmpq_init(c.upper);
    nalg_status status = c.details ? compute(&c, out, nalg_seconds()) : nalg_fail_memory(ctx);
    nalg_learning_coefficient_clear(&c.value);
    fmpq_clear(c.lower);
    fmpq_clear(c.upper);
    nalg_result_free(c.dim);
    json_decref(c.details);
    return status;
}
