/* What must not change the answer: the number of threads (the whole document but times stays the same), the seed (the numbers stay),
 * the order of writing (canonical form), an activation's constant factor.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/result.h"
#include "support/support.h"

static const char *const models[] = {
    "mlp 2-3-1 x^2",
    "mlp 4-5-5-5-1 x^2",
    "mlp 3-4-6-9-1 x^2",
    "mlp 2-2-2 x^3+x bias",
    "mlp 2-2-40-40-1 x^2", /* sketch */
    "linear 3-2-3",
    "cnn k=3,3,3 x^2",
    "gcnn group=S3 layers=2 x^2",
    "attention d=3 a=2 t=3",
    "attention d=1 a=1 t=2 norm=1+x",
    "input 1x4x4 | conv2d 2x2 out=2 | x^2 | flatten | dense 2",
    "input 2 | residual(dense 3 | x^2 | dense 2) | dense 1",
    "input 2x5 | conv 2 out=2 | x | conv 2 out=1 | sumpool", /* only probable: three trials */
};
#define MODELS (sizeof models / sizeof *models)

/* The document without what may change, as text. */
static char *document(const char *phrase, uint64_t seed, int threads)
{
    nalg_ctx *ctx = test_context();
    assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
    nalg_ctx_set_seed(ctx, seed);
    nalg_result *result = test_dim(ctx, phrase, NULL);
    assert_int_equal(json_integer_value(json_object_get(result->document, "threads")), threads);
    json_object_del(result->document, "threads");
    json_object_del(result->document, "elapsed_s");
    char *text = json_dumps(result->document, JSON_COMPACT | JSON_SORT_KEYS);
    nalg_result_free(result);
    nalg_ctx_free(ctx);
    return text;
}

static void test_threads(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        char *one = document(models[i], 1, 1), *two = document(models[i], 1, i % 2 ? 2 : 5);
        assert_string_equal(one, two);
        free(one), free(two);
    }
}

/* The `result` object under another seed, and verification under both. */
static void test_seeds(void **state)
{
    (void)state;
    for (size_t i = 0; i < MODELS; i++) {
        json_t *first = NULL;
        for (uint64_t seed = 1; seed < (i < 3 ? 4 : 3); seed++) {
            nalg_ctx *ctx = test_context();
            nalg_ctx_set_seed(ctx, seed == 3 ? UINT64_MAX : seed);
            nalg_result *result = test_dim(ctx, models[i], NULL), *checked;
            json_t *answer = json_object_get(result->document, "result");
            if (!first) first = json_deep_copy(answer);
            assert_true(json_equal(first, answer));
            nalg_ctx_set_seed(ctx, 5); /* the checker takes the document's seed, not its own */
            assert_int_equal(nalg_verify(ctx, &checked, result), NALG_OK);
            assert_int_equal(nalg_result_truth(checked, "valid"), NALG_TRUE);
            assert_int_equal(nalg_ctx_seed(ctx), 5);
            nalg_result_free(checked);
            nalg_result_free(result);
            nalg_ctx_free(ctx);
        }
        json_decref(first);
    }
}

static long long dimension(const char *phrase)
{
    nalg_ctx *ctx = test_context();
    nalg_result *result = test_dim(ctx, phrase, NULL);
    long long value = test_integer(result, "dimension");
    nalg_result_free(result);
    nalg_ctx_free(ctx);
    return value;
}

/* The same set of functions written in two ways. */
static void test_equal_models(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"mlp 3-2-3 x^3", "input 3 | dense 2 | x^3 | dense 3"},
        {"mlp 2-3-2-1 x^2", "mlp 2-3-2-1 5*x^2"},                               /* the factor is absorbed by the next layer */
        {"mlp 2-3-2-1 x^2", "mlp 2-3-2-1 x^2,-1/7*x^2"},
        {"linear 3-2-3", "mlp 3-2-3 x"},
        {"linear 3-5-4-3", "linear 3-3"},                                        /* no narrow layer: all matrices */
        {"linear 4-2-5-3", "linear 4-2-3"},                                      /* rank at most 2 */
        {"mlp 2-3-2 x^2 bias", "input 2 | dense 3 bias | x^2 | dense 2 bias"},
        {"cnn 5 k=2,3 x^2", "input 5 | conv 2 | x^2 | conv 3"},
        {"cnn 4 k=2,2 linear", "cnn 4 k=3 linear"},                              /* products of polynomials of degree 1 and 1 fill those of degree 2 */
        {"gcnn group=Z3 layers=2 x^2", "gcnn group=Z3 layers=2 3*x^2"},
        {"input 5 | conv 2 | x^2 | conv 3", "input 1x5 | conv 2 | x^2 | conv 3 | flatten"},
        {"attention d=2 a=2 t=3", "attention d=2 a=3 t=3"},                      /* K^T Q of full rank already */
        {"input 2 | dense 3 | x^2 | dense 2", "input 2 | dense 3 | x | x^2 | dense 2"},
        {"input 3x2 | flatten | dense 2", "input 6 | dense 2"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (dimension(pairs[i][0]) != dimension(pairs[i][1])) {
            print_error("%s: %lld, %s: %lld\n", pairs[i][0], dimension(pairs[i][0]), pairs[i][1], dimension(pairs[i][1]));
            fail();
        }
}

/* A wider or deeper layer never represents less. */
static void test_monotone(void **state)
{
    (void)state;
    long long last = 0;
    for (int width = 1; width < 8; width++) {
        char phrase[64];
        snprintf(phrase, sizeof phrase, "mlp 3-%d-2 x^3", width);
        long long value = dimension(phrase);
        assert_true(value >= last && value <= 20);
        last = value;
    }
    assert_int_equal(last, 20); /* cubic forms in 3 variables, twice */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_threads), cmocka_unit_test(test_seeds), cmocka_unit_test(test_equal_models), cmocka_unit_test(test_monotone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
