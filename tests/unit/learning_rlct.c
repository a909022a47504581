/* Learning coefficients: the table of known values, an independent formula for two layers, regular truths,
 * and bounds. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/result.h"
#include "neuroalg/neuroalg.h"
#include "theory/learning_coefficient.h"
#include "../support/learning_table.h"
#include "../support/one_context.h"

static nalg_result *rlct(const char *phrase, const char *truth, const char *weights)
{
    nalg_model *model = NULL;
    nalg_rlct_options options = {
        .truth = truth, .weights = weights, .weights_length = weights ? strlen(weights) : 0};
    nalg_result *result = NULL;
    assert_int_equal(nalg_model_parse(ctx, &model, phrase, strlen(phrase)), NALG_OK);
    assert_int_equal(nalg_rlct(ctx, &result, model, &options), NALG_OK);
    nalg_model_free(model);
    return result;
}

/* A number of the result as text: "7/2", "3", "null". */
static const char *text(const nalg_result *result, const char *key, char buffer[32])
{
    const json_t *value = json_object_get(json_object_get(result->document, "result"), key);
    if (json_is_integer(value))
        snprintf(buffer, 32, "%lld", (long long)json_integer_value(value));
    else
        snprintf(buffer, 32, "%s", json_is_string(value) ? json_string_value(value) : "null");
    return buffer;
}

static void check_row(const char *arguments, const char *keys)
{
    char phrase[64], truth[32], expected[96], found[96], a[32], b[32];
    const char *option = strstr(arguments, " --truth ");
    assert_non_null(option);
    snprintf(phrase, sizeof phrase, "%.*s", (int)(option - arguments), arguments);
    snprintf(truth, sizeof truth, "%s", option + strlen(" --truth "));
    snprintf(expected, sizeof expected, "%s", keys);
    nalg_result *result = rlct(phrase, truth, NULL);
    snprintf(found, sizeof found, "lambda=%s,multiplicity=%s", text(result, "lambda", a),
             text(result, "multiplicity", b));
    assert_string_equal(found, expected);
    assert_string_equal(text(result, "lower", a), text(result, "upper", b));
    assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
    nalg_result_free(result);
}

static void test_known_rows(void **state)
{
    (void)state;
    assert_int_equal(known_rows(__FILE__, "rlct.tsv", check_row), 22);
}

static long least(long a, long b)
{
    return a < b ? a : b;
}

/* From jets and Smith forms, for widths M - H - N and true rank r; with primes for the widths minus r and s =
 * min(M', H'): lambda = (r (M + N) - r^2) / 2 + min over c in 0..s of [c (|M' - H'| + c) + N' (s - c)] / 2; m
 * is the number of minimisers. */
static void test_two_layers(void **state)
{
    (void)state;
    nalg_learning_coefficient found;
    nalg_learning_coefficient_init(&found);
    for (long m = 1; m <= 7; m++)
        for (long h = 1; h <= 7; h++)
            for (long n = 1; n <= 7; n++)
                for (long r = 0; r <= least(least(m, h), n); r++) {
                    const size_t width[3] = {(size_t)m, (size_t)h, (size_t)n};
                    long s = least(m, h) - r, best = -1, ties = 0;
                    for (long c = 0; c <= s; c++) {
                        long value = c * (labs(m - h) + c) + (n - r) * (s - c);
                        ties = best < 0 || value < best ? 1 : ties + (value == best);
                        best = best < 0 ? value : least(best, value);
                    }
                    nalg_learning_coefficient_linear(&found, width, 3, (uint64_t)r);
                    fmpq_t expected;
                    fmpq_init(expected);
                    fmpq_set_si(expected, r * (m + n) - r * r + best, 2);
                    assert_true(fmpq_equal(found.lambda, expected));
                    assert_int_equal(found.multiplicity, ties);
                    fmpq_clear(expected);
                }
    nalg_learning_coefficient_clear(&found);
}

/* Deeper networks: the largest rank is a regular truth, D / 2 with D = r (n + m - r), when no width but the
 * ends' minimum binds; n x n squares of many layers tend to (2 r n - r^2) / 2 + (n - r)(n - r + 1) / 4
 * (Aoyagi 2024). */
static void test_deep(void **state)
{
    (void)state;
    nalg_learning_coefficient found;
    fmpq_t expected;
    nalg_learning_coefficient_init(&found);
    fmpq_init(expected);
    for (size_t n = 1; n <= 4; n++)
        for (size_t h = 1; h <= 4; h++)
            for (size_t m = 1; m <= 4; m++) {
                const size_t width[5] = {n, h, h + 1, h, m};
                size_t r = n < h ? n : h;
                r = r < m ? r : m;
                nalg_learning_coefficient_linear(&found, width, 5, r);
                fmpq_set_si(expected, (slong)(r * (n + m - r)), 2);
                assert_true(fmpq_equal(found.lambda, expected));
                assert_int_equal(found.multiplicity, 1);
            }
    for (size_t n = 1; n <= 4; n++)
        for (size_t r = 0; r <= n; r++) {
            const size_t width[10] = {n, n, n, n, n, n, n, n, n, n};
            nalg_learning_coefficient_linear(&found, width, 10, r);
            fmpq_set_si(expected, (slong)(2 * (2 * r * n - r * r) + (n - r) * (n - r + 1)), 4);
            assert_true(fmpq_equal(found.lambda, expected));
        }
    fmpq_clear(expected);
    nalg_learning_coefficient_clear(&found);
}

/* One input: x^1 must agree with the linear network 1 - h - m. */
static void test_one_input(void **state)
{
    (void)state;
    nalg_learning_coefficient a, b;
    nalg_learning_coefficient_init(&a);
    nalg_learning_coefficient_init(&b);
    for (size_t h = 1; h <= 6; h++)
        for (size_t m = 1; m <= 6; m++) {
            const size_t width[3] = {1, h, m};
            nalg_learning_coefficient_one_input(&a, h, 1, m);
            nalg_learning_coefficient_linear(&b, width, 3, 0);
            assert_true(fmpq_equal(a.lambda, b.lambda));
            assert_int_equal(a.multiplicity, b.multiplicity);
        }
    nalg_learning_coefficient_clear(&a);
    nalg_learning_coefficient_clear(&b);
}

static void expect(const nalg_result *result, const char *lambda, const char *multiplicity, const char *lower,
                   const char *upper)
{
    char buffer[32];
    assert_string_equal(text(result, "lambda", buffer), lambda);
    assert_string_equal(text(result, "multiplicity", buffer), multiplicity);
    assert_string_equal(text(result, "lower", buffer), lower);
    assert_string_equal(text(result, "upper", buffer), upper);
}

static void test_values(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *truth, *weights, *lambda, *multiplicity, *lower, *upper;
    } cases[] = {
        {"mlp 2-3-1 x^2", "generic", NULL, "3/2", "1", "3/2",
         "3/2"}, /* dimension 3: all binary quadratic forms */
        {"linear 2-2-2 bias", "zero", NULL, "5/2", "1", "5/2",
         "5/2"}, /* 3/2 and one regular direction for each output, 2/2 */
        {"mlp 1-1-1-1 linear", "zero", NULL, "1/2", "3", "1/2", "1/2"}, /* (a b c)^2 */
        {"mlp 1-1-1-1 x^2", "zero", NULL, "1/8", "1", "1/8", "1/8"},    /* (a (b w^2)^2)^2 = a^2 b^4 w^8 */
        {"mlp 3-1-2 x^3", "zero", NULL, "1/2", "1", "1/2",
         "1/2"}, /* ideal (a1, a2)(w1, w2, w3)^3: min(2, 3/3) / 2 */
        {"mlp 3-1-1 x^3", "zero", NULL, "1/2", "2", "1/2", "1/2"}, /* min(1, 3/3) / 2, both */
        {"mlp 3-1-1 x^3", "zero function", NULL, "1/2", "2", "1/2",
         "1/2"}, /* the same truth by its name as a set of functions */
        {"linear 2-2-2", "rank 1", NULL, "2", "2", "2",
         "2"}, /* widths less the rank are 1, 1, 1: (4 - 1)/2 + 1/8 - 9/8 + 3/2, m = 1 + 1 */
        {"cnn k=3,3 linear", "zero", NULL, "3/2", "2", "3/2",
         "3/2"}, /* the norm of a product of polynomials is that of the factors, up to constants */
        {"cnn k=2,3 x^3", "zero", NULL, "1/3", "1", "1/3", "1/3"},   /* the same: min(2 / 3, 3) / 2 */
        {"mlp 1-1-1 x^2+x", "zero", NULL, "1/2", "2", "1/2", "1/2"}, /* a w x (1 + w x): the ideal (a w) */
        {"attention d=2 a=1 t=2", "zero", NULL, "1", "2", "1",
         "1"}, /* V (x) K (x) Q, vectors of 4, 2 and 2 weights: min / 2, two of them */
        {"attention d=3 a=2 t=3", "zero", NULL, "null", "null", "1/6",
         "3"}, /* degree 1 + 1 + 1; Q has 6 weights */
        {"attention d=3 a=2 dv=1 heads=2 t=2", "zero", NULL, "null", "null", "1/8",
         "3"}, /* degree 4; O of both heads has 6 */
        {"attention d=2,1 a=1 t=2 norm=x+1", "zero", NULL, "null", "null", "1/10", "1"}, /* V has 2 */
        {"mlp 1-1-1 x^2", NULL, "0 1", "1/4", "1", "1/4", "1/4"}, /* near w = 0, a = 1: w^2 alone */
        {"mlp 2-1-1 x^2", NULL, "0 0 1", "1/2", "1", "1/2",
         "1/2"}, /* near w = 0, a = 1: all products of w1, w2 */
        {"mlp 2-2-1 x^2", "zero", NULL, "null", "null", "1/6",
         "1"}, /* degree 2 + 1; 4 weights of degree 2, or 2 of degree 1 */
        {"mlp 2-2-1 x^2", NULL, "0 0 0 0 0 0", "null", "null", "1/6", "1"},
        {"mlp 2-2-1 x^2", NULL, "1 0 0 1 1 1", "3/2", "1", "3/2", "3/2"}, /* rank 3 = dimension */
        {"mlp 2-2-1 x^2", NULL, "1 0 1 0 1 1", "null", "null", "1",
         "2"}, /* equal units: rank 2, two scalings move the weights */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_result *result = rlct(cases[i].phrase, cases[i].truth, cases[i].weights);
        expect(result, cases[i].lambda, cases[i].multiplicity, cases[i].lower, cases[i].upper);
        assert_int_equal(nalg_result_evidence(result),
                         strcmp(cases[i].lambda, "null") ? NALG_PROVED : NALG_INTERVAL);
        nalg_result_free(result);
    }
}

static void refuse(const char *phrase, const char *truth, nalg_status expected)
{
    nalg_model *model = NULL;
    nalg_rlct_options options = {.truth = truth};
    nalg_result *result = NULL;
    assert_int_equal(nalg_model_parse(ctx, &model, phrase, strlen(phrase)), NALG_OK);
    assert_int_equal(nalg_rlct(ctx, &result, model, &options), expected);
    nalg_model_free(model);
}

static void test_refusals(void **state)
{
    (void)state;
    refuse("linear 2-2-2", "rank=3", NALG_E_ARGUMENT);
    refuse("linear 2-2-2", "rank=", NALG_E_ARGUMENT);
    refuse("linear 2-2-2", "one", NALG_E_ARGUMENT);
    refuse("mlp 2-2-2 x^2", "rank=1", NALG_E_ARGUMENT);
    refuse("input 2 | residual(dense 2)", "zero", NALG_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rows), cmocka_unit_test(test_two_layers), cmocka_unit_test(test_deep),
        cmocka_unit_test(test_one_input),  cmocka_unit_test(test_values),     cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
