/* `tangent` against kernels worked out by hand and ranks that are known.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/result.h"
#include "learning/tangent_rank.h"
#include "neuroalg/neuroalg.h"
#include "../support/one_context.h"

static nalg_result *tangent(const char *phrase, const nalg_data *data, const char *weights, size_t samples)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_tangent_options options;
    nalg_tangent_options_init(&options);
    options.data = data;
    options.samples = samples;
    options.weights = weights;
    options.weights_length = weights ? strlen(weights) : 0;
    expect_ok(nalg_tangent(ctx, &result, model, &options), phrase);
    nalg_model_free(model);
    return result;
}

static const char *rank_status(const nalg_result *result)
{
    return json_string_value(json_object_get(answer_of(result, "rank_evidence"), "status"));
}

/* f = b a x at a = 3, b = 4: J = x (4, 3), so J J^T = 25 x x^T; for x = (1, 2) the eigenvalues are 125 and 0.
 */
static void test_by_hand(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {0, 0};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 2, .input_size = 1, .output_size = 1};
    nalg_result *result = tangent("linear 1-1-1", &data, "3 4", 0);
    const json_t *spectrum = answer_of(result, "spectrum");
    assert_int_equal(json_integer_value(answer_of(result, "rank")), 1);
    assert_string_equal(rank_status(result), "proved");
    assert_int_equal(json_array_size(spectrum), 2);
    assert_near(json_real_value(json_array_get(spectrum, 0)), 125, 1e-12);
    assert_near(json_real_value(json_array_get(spectrum, 1)), 0, 1e-12);
    assert_near(json_real_value(answer_of(result, "effective_dimension")), 1 / 1.001, 1e-12);
    assert_near(json_real_value(answer_of(result, "condition")), 1, 1e-12);
    nalg_result_free(result);
}

/* Decimals are taken exactly: the rows (0.1, 0.3) and (0.3, 0.9) are proportional, and in doubles only nearly
 * so. */
static void test_exact(void **state)
{
    (void)state;
    nalg_result *result = tangent("linear 2-2-2", NULL, "0.1 0.3 0.3 0.9 1 2 2 4", 10);
    assert_int_equal(
        json_integer_value(answer_of(result, "rank")),
        3); /* 4 at generic weights; dW2 W1 + W2 dW1 misses (2 - 1)(2 - 1) for factors of rank 1 */
    nalg_result_free(result);
}

/* At generic weights and with enough data the rank is the dimension (tests/known/dimension_small_mlp.tsv has
 * these). */
static void test_dimensions(void **state)
{
    (void)state;
    static const struct {
        const char *phrase;
        int rank;
    } cases[] = {{"linear 3-2-3", 8},
                 {"mlp 2-2-1 x^3", 4},
                 {"mlp 2-3-1 x^2", 3},
                 {"attention d=2 a=1 t=2", 6},
                 {"cnn k=2,2 x^2", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_result *result = tangent(cases[i].phrase, NULL, NULL, 0);
        assert_int_equal(json_integer_value(answer_of(result, "rank")), cases[i].rank);
        assert_string_equal(rank_status(result), "proved");
        nalg_result_free(result);
    }
}

/* Few samples: as many directions as rows. Zero weights of a network of depth two: none. */
static void test_rows_and_zero(void **state)
{
    (void)state;
    nalg_result *result = tangent("linear 3-2-3", NULL, NULL, 2);
    assert_int_equal(json_integer_value(answer_of(result, "rank")), 6);
    nalg_result_free(result);
    result = tangent("linear 1-1-1", NULL, "0 0", 0);
    assert_int_equal(json_integer_value(answer_of(result, "rank")), 0);
    assert_true(json_is_null(answer_of(result, "condition")));
    nalg_result_free(result);
}

/* Inputs (s + 1) e_s of a linear model: J is the matrix of inputs, the eigenvalues are the squares; too large
 * for singular values. */
static void test_gram(void **state)
{
    (void)state;
    enum { SAMPLES = 780, INPUTS = 850 };
    double *x = calloc(SAMPLES * INPUTS, sizeof *x), *y = calloc(SAMPLES, sizeof *y);
    assert_true(x && y);
    const nalg_data data = {
        .inputs = x, .targets = y, .samples = SAMPLES, .input_size = INPUTS, .output_size = 1};
    for (size_t s = 0; s < SAMPLES; s++) x[s * INPUTS + s] = (double)s + 1;
    nalg_result *result = tangent("linear 850-1", &data, NULL, 0);
    const json_t *spectrum = answer_of(result, "spectrum");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result->document, "evidence"), "spectrum_by")),
        "eigenvalues of a Gram matrix");
    for (size_t i = 0; i < SAMPLES; i++)
        assert_near(json_real_value(json_array_get(spectrum, i)), (double)((SAMPLES - i) * (SAMPLES - i)),
                    1e-6);
    assert_int_equal(json_integer_value(answer_of(result, "rank")), SAMPLES);
    nalg_result_free(result);
    free(x);
    free(y);
}

static void test_doubles(void **state)
{
    (void)state;
    const double x[] = {0.75, -3, 0, ldexp(1, 60), -ldexp(3, -70)};
    static const char *const text[] = {"3/4", "-3", "0", "1152921504606846976", "-3/1180591620717411303424"};
    nalg_weights w;
    assert_int_equal(nalg_weights_from_doubles(ctx, &w, x, 5), NALG_OK);
    for (size_t i = 0; i < 5; i++) {
        char *found = fmpq_get_str(NULL, 10, &w.value[i]);
        assert_string_equal(found, text[i]);
        flint_free(found);
    }
    nalg_weights_clear(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_exact), cmocka_unit_test(test_dimensions),
        cmocka_unit_test(test_rows_and_zero), cmocka_unit_test(test_gram),  cmocka_unit_test(test_doubles)};
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
