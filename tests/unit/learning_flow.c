/* `flow` against Eckart-Young, hand-made data, two numbers of threads; intervals and traces.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/result.h"
#include "learning/flow_drift.h"
#include "learning/flow_trace.h"
#include "learning/gradient_flow.h"
#include "learning/proportion.h"
#include "neuroalg/neuroalg.h"
#include "../support/one_context.h"

static nalg_result *flow(const char *phrase, const nalg_flow_options *options)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    expect_ok(nalg_flow(ctx, &result, model, options), phrase);
    nalg_model_free(model);
    return result;
}

static double real(const json_t *row, const char *key)
{
    return json_number_value(json_object_get(row, key));
}

/* Inputs e1, e2, e3, targets diag(3, 2, 1): critical points leave out singular values, the least loss of rank
 * 2 is 1/3 (Eckart-Young). */
static void test_all_at_the_minimum(void **state)
{
    (void)state;
    const double x[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, y[] = {3, 0, 0, 0, 2, 0, 0, 0, 1};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 3, .input_size = 3, .output_size = 3};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.data = &data;
    options.starts = 20;
    nalg_result *result = flow("linear 3-2-3", &options);
    assert_int_equal(json_integer_value(answer_of(result, "at_rest")), 20);
    assert_int_equal(json_integer_value(answer_of(result, "laws")), 3);
    assert_true(json_real_value(answer_of(result, "conserved_drift")) < 1e-8);
    for (size_t i = 0; i < 20; i++) {
        const json_t *run = json_array_get(answer_of(result, "runs"), i);
        assert_near(real(run, "end_loss"), 1.0 / 3, 1e-9);
        assert_int_equal(json_integer_value(json_object_get(run, "critical_point")), 0);
        assert_true(real(run, "conserved_drift") < 1e-8);
    }
    const json_t *basin = json_array_get(answer_of(result, "basins"), 0),
                 *point = json_array_get(answer_of(result, "critical_points"), 0);
    assert_string_equal(json_string_value(answer_of(result, "critical_points_from")), "theorem");
    assert_int_equal(json_array_size(answer_of(result, "critical_points")), 3);
    for (size_t k = 0; k < 3;
         k++) { /* what is left out: 1, 4 or 9, of 3 samples; each larger value left out is a way down */
        const json_t *row = json_array_get(answer_of(result, "critical_points"), k);
        assert_near(real(row, "loss"), (double)((k + 1) * (k + 1)) / 3, 1e-12);
        assert_int_equal(json_integer_value(json_object_get(row, "index")), k);
        if (k) assert_near(real(json_array_get(answer_of(result, "basins"), k), "share"), 0, 0);
    }
    assert_near(real(basin, "share"), 1, 0);
    assert_near(real(basin, "low"), 1 / (1 + NALG_QUANTILE_95 * NALG_QUANTILE_95 / 20),
                1e-12); /* Wilson's interval for n of n */
    assert_string_equal(json_string_value(json_object_get(point, "kind")), "minimum");
    assert_int_equal(json_integer_value(json_object_get(point, "flat_directions")), 4); /* the fiber: GL(2) */
    nalg_result_free(result);
}

/* Zero weights of linear 2-1-2 are a saddle of lower rank, which the list of the theorem lacks: it is added
 * to the two of rank 1. A repeated eigenvalue makes a circle of critical points, so there is no list. */
static void test_beyond_the_list(void **state)
{
    (void)state;
    const double x[] = {1, 0, 0, 1}, y[] = {2, 0, 0, 1}, equal[] = {1, 0, 0, 1};
    nalg_data data = {.inputs = x, .targets = y, .samples = 2, .input_size = 2, .output_size = 2};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.data = &data;
    options.weights = "0 0 0 0";
    options.weights_length = 7;
    nalg_result *result = flow("linear 2-1-2", &options);
    assert_int_equal(json_array_size(answer_of(result, "critical_points")), 3);
    assert_int_equal(
        json_integer_value(json_object_get(json_array_get(answer_of(result, "runs"), 0), "critical_point")),
        2);
    nalg_result_free(result);
    data.targets = equal;
    result = flow("linear 2-1-2", &options);
    assert_string_equal(json_string_value(answer_of(result, "critical_points_from")), "end points");
    nalg_result_free(result);
}

static const json_t *row_of(const nalg_result *result, const char *list, size_t k)
{
    return json_array_get(answer_of(result, list), k);
}

static const char *word(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static const char *list_of(const nalg_result *result)
{
    return word(answer_of(result, "match"), "list");
}

/* b (a x)^2 = c x^2 on (1, 2), (2, 5): least squares give c = 22/17 with mean loss (29 - 22^2/17) / 2, and
 * the zero function is critical because of the weights, with mean loss 29/2. Along the flow a^2 - 2 b^2 keeps
 * its value: from a = 1/10, b = -1 it is negative, so b never vanishes and a must. */
static void test_list_of_landscape(void **state)
{
    (void)state;
    static const char *const start[] = {"1 1", "0.1 -1"};
    const double x[] = {1, 2}, y[] = {2, 5}, loss[] = {(29 - 22.0 * 22 / 17) / 2, 14.5};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 2, .input_size = 1, .output_size = 1};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.data = &data;
    for (size_t k = 0; k < 2; k++) {
        options.weights = start[k];
        options.weights_length = strlen(start[k]);
        nalg_result *result = flow("mlp 1-1-1 x^2", &options);
        assert_string_equal(json_string_value(answer_of(result, "critical_points_from")), "landscape");
        assert_int_equal(json_array_size(answer_of(result, "critical_points")), 2);
        for (size_t i = 0; i < 2; i++) {
            const json_t *point = row_of(result, "critical_points", i);
            assert_near(real(point, "loss"), loss[i], 1e-12);
            assert_string_equal(word(point, "type"), i ? "spurious" : "pure");
            assert_string_equal(word(point, "stratum"), i ? "zero function" : "the model");
            assert_int_equal(real(point, "landscape_point"), i);
            assert_int_equal(real(point, "runs"), i == k);
        }
        assert_int_equal(real(row_of(result, "runs", 0), "critical_point"), k);
        assert_int_equal(real(answer_of(result, "match"), "listed"), 2);
        assert_int_equal(real(answer_of(result, "match"), "matched"), 1);
        assert_int_equal(real(answer_of(result, "match"), "unmatched"), 0);
        assert_string_equal(word(row_of(result, "critical_points", k), "kind"),
                            "minimum"); /* b is not zero */
        nalg_result_free(result);
    }
}

/* No list: too large unless asked for, data that leaves a continuum, not wanted, another loss. */
static void test_no_list(void **state)
{
    (void)state;
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.starts = 1;
    nalg_result *result = flow("mlp 3-3-1 x^2", &options);
    assert_non_null(strstr(list_of(result), "--match"));
    assert_true(json_is_null(json_object_get(answer_of(result, "match"), "listed")));
    assert_string_equal(json_string_value(answer_of(result, "critical_points_from")), "end points");
    assert_true(json_is_null(json_object_get(row_of(result, "critical_points", 0), "stratum")));
    nalg_result_free(result);
    options.match = NALG_MATCH_ALWAYS;
    result = flow("mlp 3-3-1 x^2", &options);
    assert_string_equal(json_string_value(answer_of(result, "critical_points_from")), "landscape");
    nalg_result_free(result);
    options.samples = 2; /* of three dimensions */
    result = flow("mlp 2-2-1 x^2", &options);
    assert_non_null(strstr(list_of(result), "none that is complete: "));
    nalg_result_free(result);
    options.match = NALG_MATCH_NEVER;
    result = flow("mlp 2-2-1 x^2", &options);
    assert_string_equal(list_of(result), "none: not wanted");
    nalg_result_free(result);
    options.loss = "cross-entropy";
    options.samples = 0;
    result = flow("linear 1-2", &options);
    assert_non_null(strstr(list_of(result), "squared loss only"));
    nalg_result_free(result);
}

/* Generic data of two seeds, on one thread and on two: three critical points, every start ends at the least
 * one, and descent with a small step beside it; laws drift by rounding along the flow only. */
static void test_generic_data(void **state)
{
    (void)state;
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.descent_step = 0.01;
    for (uint64_t seed = 1; seed <= 2; seed++)
        for (int threads = 1; threads <= 2; threads++) {
            nalg_ctx_set_seed(ctx, seed);
            assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
            nalg_result *result = flow("linear 3-2-3", &options);
            assert_int_equal(json_integer_value(answer_of(result, "at_rest")), 16);
            assert_int_equal(json_array_size(answer_of(result, "critical_points")), 3);
            assert_true(json_real_value(answer_of(result, "conserved_drift")) < 1e-8);
            for (size_t k = 0; k < 3; k++) {
                assert_near(real(row_of(result, "basins", k), "share"), k == 0, 0);
                assert_string_equal(word(row_of(result, "critical_points", k), "origin"), "theorem");
            }
            for (size_t i = 0; i < 16; i++) {
                assert_int_equal(real(row_of(result, "runs", i), "critical_point"), 0);
                assert_int_equal(real(row_of(result, "descent", i), "critical_point"), 0);
                assert_true(real(row_of(result, "descent", i), "conserved_drift") > 1e-6);
            }
            nalg_result_free(result);
        }
    nalg_ctx_set_seed(ctx, NALG_DEFAULT_SEED);
}

/* The same answer for one thread and two, with descent. */
static void test_threads(void **state)
{
    (void)state;
    nalg_flow_options options;
    char *text[2];
    nalg_flow_options_init(&options);
    options.starts = 5;
    options.descent_step = 0.01;
    for (int threads = 1; threads <= 2; threads++) {
        assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
        nalg_result *result = flow("mlp 2-2-1 x^2", &options);
        text[threads - 1] = json_dumps(json_object_get(result->document, "result"), JSON_SORT_KEYS);
        nalg_result_free(result);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

/* One start at zero weights: the saddle where it is, in no basin. */
static void test_saddle(void **state)
{
    (void)state;
    static const char zeros[] = "0 0 0 0  0 0 0 0";
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.weights = zeros;
    options.weights_length = sizeof zeros - 1;
    nalg_result *result = flow("linear 2-2-2", &options);
    const json_t *run = json_array_get(answer_of(result, "runs"), 0);
    size_t at = (size_t)json_integer_value(json_object_get(run, "critical_point"));
    const json_t *point = json_array_get(answer_of(result, "critical_points"), at);
    assert_int_equal(json_array_size(answer_of(result, "runs")), 1);
    assert_int_equal(json_array_size(answer_of(result, "basins")), 0);
    assert_string_equal(json_string_value(json_object_get(point, "kind")), "saddle");
    assert_near(real(run, "end_loss"), real(run, "start_loss"), 0);
    nalg_result_free(result);
}

/* Targets that the model can give as probabilities: the least cross-entropy is their entropy, here log 2 for
 * each sample. */
static void test_cross_entropy(void **state)
{
    (void)state;
    const double x[] = {1, 2, -1}, y[] = {0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 3, .input_size = 1, .output_size = 2};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.data = &data;
    options.loss = "cross-entropy";
    options.starts = 3;
    nalg_result *result = flow("linear 1-2", &options);
    for (size_t i = 0; i < 3; i++)
        assert_near(real(json_array_get(answer_of(result, "runs"), i), "end_loss"), log(2), 1e-9);
    nalg_result_free(result);
}

/* Separable classes: the loss goes to zero at infinity, so the flow never rests and no critical point is
 * claimed. */
static void test_infimum_at_infinity(void **state)
{
    (void)state;
    const double x[] = {1, -1}, y[] = {1, 0, 0, 1};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 2, .input_size = 1, .output_size = 2};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.data = &data;
    options.loss = "cross-entropy";
    options.starts = 1;
    options.time_limit = 1000;
    nalg_result *result = flow("linear 1-2", &options);
    const json_t *run = json_array_get(answer_of(result, "runs"), 0);
    assert_string_equal(json_string_value(json_object_get(run, "end")), "time limit");
    assert_true(json_is_null(json_object_get(run, "critical_point")));
    assert_near(real(run, "time"), 1000, 1e-6);
    nalg_result_free(result);
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_model *model = test_model(ctx, "linear 1-2");
    nalg_result *result = NULL;
    const double x[] = {1}, y[] = {0.5, 0.6};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 1, .input_size = 1, .output_size = 2};
    nalg_flow_options options;
    nalg_flow_options_init(&options);
    options.starts = -1;
    assert_int_equal(nalg_flow(ctx, &result, model, &options), NALG_E_ARGUMENT);
    options.starts = 3; /* there is one start only */
    options.weights = "1 1";
    options.weights_length = 3;
    assert_int_equal(nalg_flow(ctx, &result, model, &options), NALG_E_ARGUMENT);
    nalg_flow_options_init(&options);
    options.loss = "hinge";
    assert_int_equal(nalg_flow(ctx, &result, model, &options), NALG_E_ARGUMENT);
    options.loss = "cross-entropy";
    options.data = &data;
    assert_int_equal(nalg_flow(ctx, &result, model, &options), NALG_E_ARGUMENT);
    nalg_flow_options_init(&options);
    options.samples = (size_t)1 << 40;
    assert_int_equal(nalg_flow(ctx, &result, model, &options), NALG_E_LIMIT);
    assert_null(result);
    nalg_model_free(model);
}

/* 3 of 10: from the two solutions p of (3/10 - p)^2 = z^2 p (1 - p) / 10. */
static void test_wilson(void **state)
{
    (void)state;
    double low, high, z = NALG_QUANTILE_95;
    nalg_wilson(3, 10, &low, &high);
    assert_near((0.3 - low) * (0.3 - low), z * z * low * (1 - low) / 10, 1e-14);
    assert_near((0.3 - high) * (0.3 - high), z * z * high * (1 - high) / 10, 1e-14);
    assert_true(low < 0.3 && high > 0.3);
    nalg_wilson(0, 10, &low, &high);
    assert_near(low, 0, 0);
}

/* Points on a line in four dimensions: the first axis is that line and shows all. */
static void test_trace(void **state)
{
    (void)state;
    nalg_trace trace;
    nalg_projection plane;
    double place[2], far[4] = {2, 0, 2, 1};
    assert_true(nalg_trace_create(&trace, 4, false));
    for (int i = 0; i <= 1000; i++) {
        double t = i / 1000.0, point[] = {2 * t, 0, 2 * t, t};
        nalg_trace_add(&trace, t, 1 - t, point, false);
    }
    nalg_trace_add(&trace, 1, 0, far, true);
    assert_true(trace.count > 40 && trace.count <= 97);
    assert_near(trace.time[0], 0, 0);
    assert_near(trace.time[trace.count - 1], 1, 0);
    for (size_t i = 1; i < trace.count; i++) assert_true(trace.time[i] > trace.time[i - 1]);
    assert_true(nalg_projection_find(&plane, &trace, 1));
    assert_near(plane.shown, 1, 1e-12);
    assert_near(plane.axis[0][0], 2.0 / 3, 1e-9);
    assert_near(plane.axis[0][3], 1.0 / 3, 1e-9);
    nalg_projection_apply(&plane, place, far);
    assert_near(place[1], 0, 1e-9);
    nalg_trace_clear(&trace);
}

/* Is a document confirmed after one value at a path has been replaced? */
static bool confirmed(const nalg_result *result, json_t *object, const char *key, json_t *value)
{
    nalg_result *checked = NULL;
    json_t *before = key ? json_incref(json_object_get(object, key)) : NULL;
    if (key) assert_int_equal(json_object_set_new(object, key, value), 0);
    expect_ok(nalg_verify(ctx, &checked, result), "verify");
    bool valid = json_is_true(answer_of(checked, "valid"));
    const char *status =
        json_string_value(json_object_get(json_object_get(checked->document, "evidence"), "status"));
    if (valid) assert_string_equal(status, "numerical");
    nalg_result_free(checked);
    if (key) assert_int_equal(json_object_set_new(object, key, before), 0);
    return valid;
}

/* verify: squared loss in balls, a rational model and cross-entropy in doubles; every kind of claim is looked
 * at. */
static void test_verify(void **state)
{
    (void)state;
    static const char *const phrases[] = {"mlp 2-2-1 x^2", "mlp 1-1-1 1/(x^2+1)", "linear 3-2-3"};
    for (size_t i = 0; i < 3; i++) {
        nalg_flow_options options;
        nalg_flow_options_init(&options);
        options.starts = 8;
        if (i == 2) options.loss = "cross-entropy";
        nalg_result *result = flow(phrases[i], &options);
        json_t *answer = json_object_get(result->document, "result"),
               *evidence = json_object_get(result->document, "evidence"),
               *end = json_array_get(json_object_get(evidence, "ends"), 0),
               *share = json_array_get(json_object_get(answer, "basins"), 0),
               *run = json_array_get(json_object_get(answer, "runs"),
                                     (size_t)json_integer_value(json_object_get(end, "run")));
        assert_true(confirmed(result, NULL, NULL, NULL));
        assert_false(confirmed(result, answer, "at_rest", json_integer(7 * (int)i)));
        assert_false(confirmed(result, share, "low", json_real(real(share, "low") + 1e-3)));
        assert_false(confirmed(result, share, "share", json_real(0.9)));
        assert_false(confirmed(result, run, "end_loss", json_real(real(run, "end_loss") + 1e-6)));
        assert_false(confirmed(result, run, "end", json_string("diverged")));
        assert_false(confirmed(result, evidence, "ends", json_array()));
        json_t *weights = json_object_get(end, "weights"), *moved = json_deep_copy(weights);
        size_t last = json_array_size(weights) - 1;
        json_array_set_new(moved, last, json_real(json_number_value(json_array_get(weights, last)) + 0.01));
        assert_false(confirmed(result, end, "weights", moved));
        assert_true(confirmed(result, NULL, NULL, NULL));
        nalg_result_free(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_at_the_minimum),
                                       cmocka_unit_test(test_beyond_the_list),
                                       cmocka_unit_test(test_list_of_landscape),
                                       cmocka_unit_test(test_generic_data),
                                       cmocka_unit_test(test_no_list),
                                       cmocka_unit_test(test_threads),
                                       cmocka_unit_test(test_saddle),
                                       cmocka_unit_test(test_cross_entropy),
                                       cmocka_unit_test(test_infimum_at_infinity),
                                       cmocka_unit_test(test_refusals),
                                       cmocka_unit_test(test_wilson),
                                       cmocka_unit_test(test_trace),
                                       cmocka_unit_test(test_verify)};
    if (!nalg_flow_available()) return 0; /* built without the integrator */
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
