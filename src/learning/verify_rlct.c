/* Checking `rlct` where it is exact or bounded: everything is derived again from the question. A regular
 * truth's coefficient is half a rank, which the checker takes with its own gradients modulo another prime.
 * For linear networks the set of widths in the formula is found by trying all. Estimates by sampling are no
 * claims that can be derived again.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/result.h"
#include "field/prime.h"
#include "geometry/chain.h"
#include "geometry/prober.h"
#include "learning/rlct_chain.h"
#include "learning/verify_learning.h"
#include "neuroalg/learning.h"

#define SPARE_SAMPLES 4
#define WIDTHS 20 /* of which all sets are tried */

static bool is_fraction(const json_t *value, const fmpq_t q)
{
    char *text = fmpq_get_str(NULL, 10, q);
    const char *string = json_string_value(value);
    bool same = string ? !strcmp(string, text)
                       : json_is_integer(value) && fmpz_is_one(fmpq_denref(q)) &&
                             fmpz_equal_si(fmpq_numref(q), (slong)json_integer_value(value));
    flint_free(text);
    return same;
}

/* ---- regular truths ---- */

/* Rank of the model's derivative at the weights, or at random ones. */
static nalg_status rank_at(nalg_verification *v, size_t *rank, const nalg_weights *weights)
{
    nalg_prober q;
    nalg_point point = {.prime = nalg_prime_below(NALG_VERIFY_LEARNING_PRIME, nalg_model_exponent(v->model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = NALG_VERIFY_LEARNING_TRIAL};
    nalg_status status = nalg_prober_create(v->ctx, &q, v->model, point);
    size_t n = v->model->parameters, rows = n + SPARE_SAMPLES;
    nmod_mat_t matrix;
    bool pole = false;
    if (status != NALG_OK) return status;
    if (weights->count) pole = !nalg_weights_residues(weights, point.prime, q.w);
    nmod_mat_init(matrix, (slong)rows, (slong)n, point.prime);
    for (size_t s = 0; s < rows && !pole && !nalg_stopping(v->ctx); s++) {
        pole = !nalg_probe(&q, s);
        for (size_t i = 0; i < n; i++) matrix->rows[s][i] = q.gradient[i];
    }
    *rank = pole ? SIZE_MAX : (size_t)nmod_mat_rank(matrix);
    nmod_mat_clear(matrix);
    nalg_prober_clear(&q);
    return nalg_checkpoint(v->ctx);
}

static void check_regular(nalg_verification *v, const nalg_weights *weights)
{
    size_t rank;
    fmpq_t half;
    v->status = rank_at(v, &rank, weights);
    if (v->status != NALG_OK) return;
    fmpq_init(half);
    fmpq_set_si(half, rank == SIZE_MAX ? -1 : (slong)rank, 2);
    nalg_verification_record(v, "lambda is half the rank of the derivative there, modulo another prime",
                             is_fraction(json_object_get(v->result, "lambda"), half), "rank %zu", rank);
    fmpq_clear(half);
}

/* ---- linear networks ---- */

/* Aoyagi 2024: the set of widths M(s) = width - rank whose sum S is at least l times each of its l + 1
 * members and less than l times each other; then lambda and m as in docs/rlct.md. False when no set is one.
 */
static bool coefficient_by_all_sets(fmpq_t lambda, uint64_t *multiplicity, const size_t *width, size_t count,
                                    uint64_t rank)
{
    for (uint32_t set = 1; set < (uint32_t)1 << count; set++) {
        uint64_t sum = 0, pairs = 0, members = 0, largest = 0, least_other = UINT64_MAX;
        for (size_t i = 0; i < count; i++) {
            uint64_t m = width[i] - rank;
            if (!(set >> i & 1)) {
                least_other = m < least_other ? m : least_other;
                continue;
            }
            pairs += sum * m;
            sum += m;
            members++;
            largest = m > largest ? m : largest;
        }
        uint64_t l = members - 1;
        if (l < 1 || sum < l * largest || (least_other != UINT64_MAX && sum >= l * least_other)) continue;
        slong a = (slong)sum - ((slong)((sum + l - 1) / l) - 1) * (slong)l, L = (slong)l, S = (slong)sum,
              r = (slong)rank;
        slong ends = (slong)(width[0] + width[count - 1]);
        /* over 4 l: 2 l (r (H_1 + H_L) - r^2) + a (l - a) - l (l - 1) S^2 / l ... */
        fmpq_t part;
        fmpq_init(part);
        fmpq_set_si(lambda, r * ends - r * r, 2);
        fmpq_set_si(part, a * (L - a), (ulong)(4 * L));
        fmpq_add(lambda, lambda, part);
        fmpq_set_si(part, (L - 1) * S * S, (ulong)(4 * L));
        fmpq_sub(lambda, lambda, part);
        fmpq_set_si(part, (slong)pairs, 2);
        fmpq_add(lambda, lambda, part);
        fmpq_clear(part);
        *multiplicity = (uint64_t)(a * (L - a) + 1);
        return true;
    }
    return false;
}

static void check_linear(nalg_verification *v, const char *truth)
{
    nalg_chain chain;
    uint64_t rank = 0, m = 0, claimed = 0;
    if (!truth || !nalg_chain_read(&chain, v->model) || !nalg_chain_is_linear(&chain) || chain.bias ||
        chain.layers + 1 > WIDTHS)
        return;
    if (!strncmp(truth, "rank=", 5) || !strncmp(truth, "rank ", 5))
        rank = (uint64_t)atoll(truth + 5);
    else if (strcmp(truth, "zero") && strcmp(truth, "zero function"))
        return;
    for (size_t l = 0; l <= chain.layers; l++)
        if (rank > chain.width[l]) return;
    fmpq_t lambda;
    fmpq_init(lambda);
    bool found = coefficient_by_all_sets(lambda, &m, chain.width, chain.layers + 1, rank);
    bool ok = found && is_fraction(json_object_get(v->result, "lambda"), lambda) &&
              nalg_json_get_unsigned(v->result, "multiplicity", &claimed) && claimed == m;
    nalg_verification_record(
        v, "the formula of Aoyagi, with its set of widths found among all sets, has this value", ok,
        "m = %llu", (unsigned long long)m);
    fmpq_clear(lambda);
}

/* ---- the question again ---- */

static void ask(nalg_verification *v, const char *truth, const json_t *list)
{
    nalg_text text = {0};
    nalg_rlct_options options;
    nalg_weights weights = {0};
    nalg_result *again = NULL;
    const char *method = json_string_value(json_object_get(v->result, "method"));
    nalg_rlct_options_init(&options);
    options.estimate = NALG_ESTIMATE_NEVER;
    options.truth = truth;
    bool readable =
        (!truth || json_is_null(list)) && (json_is_null(list) || nalg_verification_weights(&text, list));
    if (readable && text.data) {
        options.weights = text.data;
        options.weights_length = strlen(text.data);
        readable = nalg_weights_parse(v->ctx, &weights, options.weights, options.weights_length,
                                      v->model->parameters) == NALG_OK;
    }
    nalg_verification_record(v, "the question can be read", readable, "%s",
                             text.data ? "at given weights"
                             : truth   ? truth
                                       : "generic");
    if (readable && method && !strncmp(method, "regular truth", 13)) check_regular(v, &weights);
    if (readable && v->status == NALG_OK) {
        check_linear(v, truth);
        nalg_status status = nalg_rlct(v->ctx, &again, v->model, &options);
        nalg_verification_compare(v, status, again, 1e-9, NULL);
    }
    nalg_weights_clear(&weights);
    nalg_text_clear(&text);
}

void nalg_verify_rlct(nalg_verification *v)
{
    const json_t *question = json_object_get(v->evidence, "question"),
                 *truth = json_object_get(question, "truth"), *weights = json_object_get(question, "weights"),
                 *estimate = json_object_get(v->result, "estimate");
    if (json_is_object(estimate)) {
        v->status = nalg_fail(v->ctx, NALG_E_UNSUPPORTED, NULL,
                              "ask with --no-estimate, or compare with another seed",
                              "an estimate by sampling cannot be derived again");
        return;
    }
    bool readable =
        json_is_object(question) && truth && weights && (json_is_null(truth) || json_is_string(truth));
    if (readable)
        ask(v, json_string_value(truth), weights);
    else
        nalg_verification_record(v, "the question can be read", false, "truth and weights");
}
