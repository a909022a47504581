/* Sample complexity: values worked out by hand.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "core/result.h"
#include "learning/bounds_formulas.h"
#include "model/model.h"
#include "neuroalg/neuroalg.h"
#include "../support/one_context.h"

static double real(const nalg_result *result, const char *list, size_t i, const char *key)
{
    const json_t *rows = json_object_get(json_object_get(result->document, "result"), list);
    const json_t *value = json_object_get(json_array_get(rows, i), key);
    assert_true(json_is_number(value));
    return json_number_value(value);
}

static void check(const char *phrase, long long dimension, long long degree, long long pseudo,
                  long long coefficients, double log_cover, double by_weights)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    long long value = -1;
    assert_int_equal(nalg_bounds(ctx, &result, model), NALG_OK);
    assert_int_equal(nalg_result_integer(result, "dimension", &value), NALG_TRUE);
    assert_int_equal(value, dimension);
    assert_int_equal(nalg_result_integer(result, "samples_to_identify", &value), NALG_TRUE);
    assert_int_equal(value, dimension);
    nalg_truth known = nalg_result_integer(result, "degree", &value);
    assert_int_equal(known, degree ? NALG_TRUE : NALG_UNKNOWN);
    if (degree) assert_int_equal(value, degree);
    assert_int_equal(nalg_result_integer(result, "pseudo_dimension", &value), NALG_TRUE);
    assert_int_equal(value, pseudo);
    assert_int_equal(nalg_result_integer(result, "pseudo_dimension_linear", &value), NALG_TRUE);
    assert_int_equal(value, coefficients);
    assert_true(fabs(real(result, "covering", 0, "log_number") - log_cover) < 0.01);
    assert_true(fabs(real(result, "covering", 0, "log_number_by_weights") - by_weights) < 0.01);
    nalg_result_free(result);
    nalg_model_free(model);
}

/* 1. mlp 5-1-1 x^2: P = 6, degree in the weights 1 + 2 = 3. f = a (w.x)^2 is a symmetric 5 x 5 matrix of rank
 * 1: dimension 5, degree 2^(5-1) = 16, and 5 * 6 / 2 = 15 monomials. Pseudo-dimension: 48, as (4 e 3 * 48 /
 * 6)^6 = (96 e)^6 = 260.955^6 and 6 log2 260.955 = 48.166 >= 48, but for 49 points 6 log2 (98 e) = 6 log2
 * 266.392 = 48.345 < 49. Covering at 1/10: 15 * 10 = 150 cells and 151 walls along each of 15 coefficients,
 * 2265 walls; 6 log(4 e 3 * 2265 / 6) = 6 log(4530 e) = 6 (8.41847 + 1) = 56.511; all cubes: 15 log 150 = 15
 * * 5.01064 = 75.160. By faces: floor(150) + 1 = 151 cells, 152 walls, components 3 * 5^5: the term k = 5 is
 * C(15,5) (2 * 152)^5 3 * 5^5, log 3003 + 5 log 304 + log 3 + 5 log 5 = 8.00737 + 28.58513 + 1.09861
 * + 8.04719 = 45.73830; k = 4 adds its share 1365 / 3003 / 304 = 0.0015: 45.7398, the least.
 * 2. mlp 3-4-1 x^2: P = 16, degree 3. All quadratic forms in 3 variables: dimension 6 = monomials, degree 1.
 *    Pseudo-dimension: 128, as 16 log2(4 e 3 * 128 / 16) = 16 log2(96 e) = 16 * 8.02765 = 128.44, but 16
 * log2(96.75 e) = 128.62 < 129. Covering: 60 cells; all cubes: 6 log 60 = 6 * 4.09434 = 24.566; patterns: 16
 * log(12 e * 366 / 16) = 16 (5.6149 + 1) = 105.8.
 * 3. linear 2-1-2: P = 4, degree 2. 2 x 2 matrices of rank 1: dimension 3, degree 2; 2 monomials for each of
 * 2 outputs. Pseudo-dimension: 29, as 4 log2(4 e 2 * 29 / 4) = 4 log2(58 e) = 4 * 7.30067 = 29.203 >= 29, but
 * 4 log2(60 e) = 29.398 < 30. Covering: 20 cells; all cubes: 4 log 20 = 4 * 2.99573 = 11.983; patterns: 4
 * log(8 e * 84 / 4) = 4 (5.12396 + 1) = 24.5. */
static void test_by_hand(void **state)
{
    (void)state;
    check("mlp 5-1-1 x^2", 5, 16, 48, 15, 45.7398, 56.511);
    check("mlp 3-4-1 x^2", 6, 1, 128, 6, 24.566, 105.838);
    check("linear 2-1-2", 3, 2, 29, 4, 11.983, 24.496);
}

/* Exact inversions of Warren's inequality computed in a separate program: (weights, degree) -> largest number
 * of points. */
static void test_warren(void **state)
{
    (void)state;
    static const double cases[][3] = {{16, 3, 128}, {9, 4, 76}, {10, 7, 94}, {6, 3, 48}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_function_class c = {.weights = cases[i][0], .degree = cases[i][1]};
        assert_true(nalg_pseudo_dimension_warren(&c) == cases[i][2]);
        /* the closed form 2 W log2(8 e D) is weaker */
        assert_true(cases[i][2] <= 2 * c.weights * log2(8 * exp(1) * c.degree));
    }
}

/* x^2 networks: 1 + 2 + ... + 2^(L-1); attention: Q, K, V once each. */
static void test_weight_degree(void **state)
{
    (void)state;
    static const struct {
        const char *phrase;
        uint64_t numerator, denominator;
    } cases[] = {{"mlp 2-2-1 x^2", 3, 0},
                 {"mlp 2-2-2-1 x^2", 7, 0},
                 {"mlp 2-3-1 x^3", 4, 0},
                 {"linear 3-2-3", 2, 0},
                 {"attention d=2 a=2 t=3", 3, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t n, d;
        nalg_model *model = test_model(ctx, cases[i].phrase);
        assert_int_equal(nalg_model_weight_degree(ctx, model, &n, &d), NALG_OK);
        assert_int_equal(n, cases[i].numerator);
        assert_int_equal(d, cases[i].denominator);
        nalg_model_free(model);
    }
}

/* n -> infinity: the gap shrinks, and never below the confidence term sqrt(log(2 / delta) / (2 n)). One
 * sample count by hand: class with one coefficient in [-1, 1], one weight, degree 1, n = 100, delta = 2 / e:
 * N = cells = 2^k for radius 2^-k, gap = 2^(1-k) + sqrt((k log 2 + 1) / 200); k = 4: 0.125 + sqrt(3.77259 /
 * 200) = 0.26234; k = 5: 0.0625 + sqrt(4.46574 / 200) = 0.21193; k = 6: 0.03125 + sqrt(5.15888 / 200) =
 * 0.19186; k = 7: 0.015625 + sqrt(5.85203 / 200) = 0.18668; k = 8: 0.0078125 + sqrt(6.54518 / 200) = 0.18871.
 * The least is 0.18668. */
static void test_gap(void **state)
{
    (void)state;
    nalg_function_class c = {.weights = 1, .degree = 1, .monomials = 1, .outputs = 1};
    assert_true(fabs(nalg_generalisation_gap(&c, 100, 2 / exp(1)) - 0.18668) < 2e-5);
    double last = INFINITY;
    for (double n = 10; n < 1e9; n *= 10) {
        double gap = nalg_generalisation_gap(&c, n, 0.05);
        assert_true(gap < last && gap > sqrt(log(40) / (2 * n)));
        last = gap;
    }
}

/* A curve in the plane of two coefficients: one weight, degree 2, radius 10^-6, so floor(2 * 10^6) + 1 =
 * 2000001 cells and 2000002 walls. Faces: 1 + 2 (2 - 1 + ...) with B_1 = 2 * 3^0 = 2, so 1 + 2 * C(2,1) *
 * 2000002 * 2 = 16000017, log 16.58809. Patterns: log(4 e * 2 * 2 * 2000001) = log(32000016) + 1 = 18.28124.
 * All cubes: 2 log(2000000) = 29.01732. Without the dimension: patterns. */
static void test_covering_by_dimension(void **state)
{
    (void)state;
    nalg_function_class c = {.weights = 1, .degree = 2, .monomials = 2, .outputs = 1, .dimension = 1};
    nalg_cover_bound which;
    assert_true(fabs(nalg_log_covering_number(&c, 1e6, &which) - 16.58809) < 2e-5);
    assert_int_equal(which, NALG_COVER_FACES);
    assert_true(fabs(nalg_log_covering_by_weights(&c, 1e6) - 18.28124) < 2e-5);
    c.dimension = 0;
    assert_true(fabs(nalg_log_covering_number(&c, 1e6, &which) - 18.28124) < 2e-5);
    assert_int_equal(which, NALG_COVER_PATTERNS);
}

static void test_rational(void **state)
{
    (void)state;
    nalg_model *model = test_model(ctx, "mlp 2-2-1 1/x");
    nalg_result *result = NULL;
    assert_int_equal(nalg_bounds(ctx, &result, model), NALG_OK);
    const json_t *covering = json_object_get(json_object_get(result->document, "result"), "covering");
    long long value;
    assert_true(json_is_null(json_object_get(json_array_get(covering, 0), "log_number")));
    assert_int_equal(nalg_result_integer(result, "pseudo_dimension_linear", &value), NALG_UNKNOWN);
    nalg_result_free(result);
    nalg_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),       cmocka_unit_test(test_warren),
        cmocka_unit_test(test_weight_degree), cmocka_unit_test(test_gap),
        cmocka_unit_test(test_rational),      cmocka_unit_test(test_covering_by_dimension),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
