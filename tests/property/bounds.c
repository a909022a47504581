/* Upper bounds are never below the rank at a point, and whatever is `proved` stays the same under another seed, prime and number of
 * threads: several hundred random small models of every family.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/result.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "support/support.h"

static int pick(nalg_random *r, int bound)
{
    return (int)nalg_random_below(r, (uint64_t)bound);
}

static const char *activation(nalg_random *r)
{
    static const char *const all[] = {"x^2", "x^3", "x^2", "x^4", "x^2+x", "x^3+x", "x", "1/x", "x^2+1", "2*x^2"};
    int chosen = pick(r, 10);
    return chosen == 7 && pick(r, 8) ? "x^2" : all[chosen]; /* rational models have no ambient space and take long to say so */
}

static void random_mlp(char *text, size_t size, nalg_random *r)
{
    int layers = 2 + pick(r, 4);
    snprintf(text, size, "mlp %d", 1 + pick(r, 3));
    for (int l = 0; l < layers; l++) test_append(text, size, "-%d", 1 + pick(r, 4));
    test_append(text, size, " ");
    for (int l = 1; l < layers; l++) test_append(text, size, "%s%s", l > 1 ? "," : "", layers > 3 ? (pick(r, 3) ? "x^2" : "x") : activation(r));
    if (pick(r, 3) == 0) test_append(text, size, " bias");
}

static void random_cnn(char *text, size_t size, nalg_random *r)
{
    if (pick(r, 2)) {
        snprintf(text, size, "cnn k=%d,%d%s %s", 1 + pick(r, 4), 1 + pick(r, 4), pick(r, 2) ? " s=2,1" : "", activation(r));
    } else {
        snprintf(text, size, "input %dx5 | conv %d out=%d%s | %s | conv 2 out=%d%s", 1 + pick(r, 2), 1 + pick(r, 3), 1 + pick(r, 2), pick(r, 3) ? "" : " bias",
                 activation(r), 1 + pick(r, 2), pick(r, 2) ? " | flatten | dense 1" : " | sumpool");
    }
}

static void random_attention(char *text, size_t size, nalg_random *r)
{
    snprintf(text, size, "attention d=%d", 1 + pick(r, 3));
    int layers = 1 + pick(r, 2);
    for (int l = 0; l < layers; l++) test_append(text, size, ",%d", 1 + pick(r, 2));
    test_append(text, size, " a=%d t=%d", 1 + pick(r, 2), 1 + pick(r, 2));
    if (layers == 1 && pick(r, 3) == 0) test_append(text, size, " heads=2 dv=%d", 1 + pick(r, 2));
    if (layers == 1 && pick(r, 4) == 0) test_append(text, size, " norm=x^2");
}

static void random_residual(char *text, size_t size, nalg_random *r)
{
    int width = 1 + pick(r, 2);
    snprintf(text, size, "input %d | residual(dense %d | %s | dense %d) | dense 2 share=s | %s | dense 2 share=s | residual(dense 1 | %s | dense 2)", width,
             1 + pick(r, 2), activation(r), width, activation(r), pick(r, 2) ? "x^2" : "x");
    if (width != 2) snprintf(text, size, "input %d | dense 2 | residual(dense %d | %s | dense 2 bias) | %s | dense 1", width, 1 + pick(r, 2), activation(r), activation(r));
}

/* Rank over a 61-bit prime at a point that dim does not use, by the word elimination. */
static size_t other_rank(nalg_ctx *ctx, const char *phrase, size_t samples, uint64_t seed)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_jacobian j;
    nalg_field field;
    nalg_rank_profile profile = {0};
    nalg_point point = {.prime = nalg_prime_word(5, 0), .seed = seed, .trial = 77};
    nalg_field_word(&field, point.prime);
    size_t parameters = nalg_model_parameters(model);
    uint64_t *matrix = calloc(parameters * samples, sizeof *matrix);
    assert_int_equal(nalg_jacobian_gradient(ctx, &j, model), NALG_OK);
    nalg_status status;
    do {
        point.trial++;
        status = nalg_jacobian_matrix(ctx, matrix, &j, &field, &point, samples);
    } while (status == NALG_E_UNSUPPORTED && point.trial < 90);
    assert_int_equal(status, NALG_OK);
    assert_int_equal(nalg_rank_word(ctx, &profile, matrix, parameters, samples, samples, point.prime), NALG_OK);
    size_t rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    nalg_jacobian_clear(&j);
    free(matrix);
    nalg_model_free(model);
    return rank;
}

static bool check(const char *phrase, bool *proved)
{
    nalg_ctx *ctx = test_context();
    nalg_result *result = test_dim(ctx, phrase, NULL);
    long long dimension = test_integer(result, "dimension"), upper = test_integer(result, "upper_bound"), parameters = test_integer(result, "parameters"), ambient;
    size_t rank = other_rank(ctx, phrase, (size_t)parameters + 2, 4711), i;
    json_t *bound;
    bool ok = (long long)rank == dimension && test_integer(result, "lower_bound") == dimension && dimension <= upper &&
              dimension + test_integer(result, "fiber_dimension") == parameters;
    json_array_foreach(json_object_get(json_object_get(result->document, "result"), "upper_bounds"), i, bound)
        ok = ok && json_integer_value(json_object_get(bound, "value")) >= (json_int_t)rank && json_integer_value(json_object_get(bound, "value")) >= upper;
    if (nalg_result_integer(result, "ambient", &ambient) == NALG_TRUE) ok = ok && dimension <= ambient && nalg_result_truth(result, "filling") == (dimension == ambient);
    *proved = nalg_result_evidence(result) == NALG_PROVED;
    ok = ok && *proved == (dimension == upper);
    if (!ok) print_error("%s: dimension %lld, upper bound %lld, rank at another point %zu\n", phrase, dimension, upper, rank);
    nalg_result_free(result);
    nalg_ctx_free(ctx);
    return ok;
}

static void sweep(void (*random_phrase)(char *, size_t, nalg_random *), uint64_t stream, int count, double least_proved)
{
    nalg_random r = nalg_random_stream(2026, stream);
    int wrong = 0, proofs = 0;
    for (int i = 0; i < count; i++) {
        char phrase[512];
        bool proved;
        random_phrase(phrase, sizeof phrase, &r);
        wrong += !check(phrase, &proved);
        proofs += proved;
    }
    print_message("%d of %d proved\n", proofs, count);
    assert_int_equal(wrong, 0);
    assert_true(proofs >= least_proved * count);
}

static void test_mlp(void **state)
{
    (void)state;
    sweep(random_mlp, 1, 220, 0.7);
}

static void test_cnn(void **state)
{
    (void)state;
    sweep(random_cnn, 2, 60, 0.3);
}

static void test_attention(void **state)
{
    (void)state;
    sweep(random_attention, 3, 25, 0.7);
}

static void test_residual(void **state)
{
    (void)state;
    sweep(random_residual, 4, 40, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_mlp), cmocka_unit_test(test_cnn), cmocka_unit_test(test_attention), cmocka_unit_test(test_residual)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
