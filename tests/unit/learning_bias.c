/* Bias: distances against eigenvalues and singular values in closed form, ranks against published ones,
 * shares against exact probabilities and theorems (within the estimator's own interval, at a fixed seed), the
 * same for any number of threads. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "core/result.h"
#include "learning/bias_internal.h"
#include "learning/gradient_flow.h"
#include "support/support.h"

static nalg_result *bias_with(nalg_ctx *ctx, const char *phrase, const nalg_bias_options *options)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_status status = nalg_bias(ctx, &result, model, options);
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    nalg_model_free(model);
    return result;
}

static nalg_bias_options options_of(size_t targets, size_t starts)
{
    nalg_bias_options options;
    nalg_bias_options_init(&options);
    options.targets = targets;
    options.starts = starts;
    options.train = nalg_flow_available();
    return options;
}

static const json_t *stratum(const nalg_result *r, const char *part)
{
    const json_t *list = json_object_get(json_object_get(r->document, "result"), "strata");
    for (size_t i = 0; i < json_array_size(list); i++)
        if (strstr(json_string_value(json_object_get(json_array_get(list, i), "name")), part))
            return json_array_get(list, i);
    fail_msg("no stratum is called %s", part);
    return NULL;
}

static double number(const json_t *object, const char *key)
{
    return json_number_value(json_object_get(object, key));
}

/* Table of Wilson intervals: Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3. */
static void test_wilson(void **state)
{
    (void)state;
    static const struct {
        size_t hits, trials;
        double low, high;
    } known[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        double low, high, mirror_low, mirror_high;
        nalg_bias_wilson(&low, &high, known[i].hits, known[i].trials);
        nalg_bias_wilson(&mirror_low, &mirror_high, known[i].trials - known[i].hits, known[i].trials);
        assert_true(fabs(low - known[i].low) < 6e-5 && fabs(high - known[i].high) < 6e-5);
        assert_true(fabs(low + mirror_high - 1) < 1e-12 && fabs(high + mirror_low - 1) < 1e-12);
    }
}

/* Coordinates of the 2 x 2 matrix a as a linear function, or as a quadratic form, in the space of the model.
 */
static void locate(const nalg_function_space *s, double a[2][2], bool quadratic, double *z)
{
    size_t outputs = quadratic ? 1 : 2;
    for (size_t i = 0; i < s->coordinates; i++) {
        z[i] = 0;
        for (size_t k = 0; k < s->samples; k++)
            for (size_t o = 0; o < outputs; o++) {
                double x = s->x[2 * k], y = s->x[2 * k + 1];
                double value = quadratic ? a[0][0] * x * x + 2 * a[0][1] * x * y + a[1][1] * y * y
                                         : a[o][0] * x + a[o][1] * y;
                z[i] += s->form[(i * s->samples + k) * outputs + o] * value;
            }
    }
}

/* Eckart-Young: the squared distance to rank 1 is the smaller squared singular value, or eigenvalue. */
static void test_nearest(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    static const char *const phrases[] = {"linear 2-1-2", "mlp 2-1-1 x^2"};
    for (int quadratic = 0; quadratic < 2; quadratic++) {
        nalg_model *model = test_model(ctx, phrases[quadratic]);
        nalg_metric metric = {0};
        nalg_function_space space = {0};
        nalg_descent d = {0};
        assert_int_equal(nalg_metric_create(ctx, &metric, model, NALG_METRIC_BOMBIERI, 0, 0), NALG_OK);
        assert_int_equal(nalg_function_space_of_metric(ctx, &space, model, &metric), NALG_OK);
        assert_int_equal(nalg_descent_create(ctx, &d, model, &space), NALG_OK);
        nalg_random r = nalg_random_stream(5, 1);
        for (int trial = 0; trial < 20; trial++) {
            double a[2][2], z[4], best = INFINITY, w[8];
            for (int i = 0; i < 4; i++) a[i / 2][i % 2] = nalg_random_normal(&r);
            if (quadratic) a[1][0] = a[0][1];
            locate(&space, a, quadratic, z);
            for (int start = 0; start < 10; start++) {
                double distance;
                for (size_t i = 0; i < d.parameters; i++) w[i] = nalg_random_normal(&r);
                assert_int_equal(nalg_descend(ctx, &d, &distance, w, NULL, z), NALG_OK);
                best = fmin(best, distance);
            }
            double sum = 0, determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
            for (int i = 0; i < 4; i++) sum += a[i / 2][i % 2] * a[i / 2][i % 2];
            double expected = (sum - sqrt(sum * sum - 4 * determinant * determinant)) / 2;
            assert_true(fabs(best - expected) < 1e-9 * sum);
        }
        nalg_descent_clear(&d);
        nalg_function_space_clear(&space);
        nalg_metric_clear(&metric);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* Ranks of the Jacobian at subnetworks with a unit whose incoming weights are zero, by Macaulay2 (published
 * table): critical_dimension is the ambient dimension minus these. Determinants: the tangent cone at smaller
 * rank spans everything. */
static void test_cones(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(2, 1);
    options.train = false;
    static const struct {
        const char *phrase, *stratum;
        int dimension, normal, critical, can, exposed;
    } known[] = {
        {"mlp 2-2-1 x^3+x^2", "1 of 2 units", 3, 0, 7 - 3, 0, 1},
        {"mlp 2-2-1 5*x^3+2*x^2+x", "1 of 2 units", 3, 0, 9 - 3, 0, 1},
        {"mlp 2-2-1 x^3", "1 of 2 units", 2, 0, 4 - 2, 0, 1},
        {"mlp 3-3-2 x^2", "2 of 3 units", 8, 0, 12 - 8, 0, 1},
        {"linear 3-2-3", "rank 1", 5, 0, 9 - 5, 0, 1},
        {"cnn k=2,2 x^2", "1,1, shift 0", 1, 2, 2, 0, 0},
        {"cnn k=2,2 x^2", "1,1, shift 1", 1, 0, 2, 0, 0}, /* the node: two tangent spaces of dimension 3 */
        {"input 2 | dense 1 | x^2", "zero", 0, 3, 3, 1, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_result *r = bias_with(ctx, known[i].phrase, &options);
        const json_t *s = stratum(r, known[i].stratum);
        assert_int_equal((int)number(s, "dimension"), known[i].dimension);
        assert_int_equal((int)number(s, "normal_dimension"), known[i].normal);
        assert_int_equal((int)number(s, "critical_dimension"), known[i].critical);
        assert_int_equal(json_is_true(json_object_get(s, "can_be_nearest")), known[i].can);
        assert_int_equal(json_is_true(json_object_get(s, "exposed")), known[i].exposed);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Squares of linear forms: zero is nearest when no eigenvalue is positive, with probability (2 - sqrt 2) / 4
 * for two variables (Gaussian orthogonal ensemble) and about 0.0248 for three; gradient flow finds the
 * nearest square or zero. */
static void test_probabilities(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    const struct {
        const char *phrase;
        double probability;
    } known[] = {{"input 2 | dense 1 | x^2", (2 - sqrt(2)) / 4}, {"input 3 | dense 1 | x^2", 0.0248}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_bias_options options = options_of(400, 4);
        nalg_result *r = bias_with(ctx, known[i].phrase, &options);
        const json_t *zero = stratum(r, "zero");
        assert_true(number(zero, "nearest_low") <= known[i].probability &&
                    known[i].probability <= number(zero, "nearest_high"));
        if (options.train)
            assert_true(number(zero, "low") <= known[i].probability &&
                        known[i].probability <= number(zero, "high"));
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Linear networks: no bias. Polynomial perceptrons: units die, though never at the nearest function.
 * Convolutions: only zero attracts. */
static void test_architectures(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(80, 6);
    options.critical = false;
    static const char *const phrases[] = {"linear 3-2-3", "mlp 2-2-1 x^2", "mlp 2-2-1 x^3+x^2",
                                          "cnn k=2,2 x^2"};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        nalg_result *r = bias_with(ctx, phrases[i], &options);
        const json_t *list = json_object_get(json_object_get(r->document, "result"), "strata");
        for (size_t k = 0; k < json_array_size(list); k++) {
            const json_t *s = json_array_get(list, k);
            const char *name = json_string_value(json_object_get(s, "name"));
            assert_true(number(s, "nearest_share") == 0 && number(s, "nearest_high") < 0.05);
            bool units = strstr(name, "units") != NULL, zero = strstr(name, "zero function") && i > 0;
            if (options.train && units)
                assert_true(number(s, "low") > 0);
            else if (!zero && options.train)
                assert_true(number(s, "share") == 0 && number(s, "high") < 0.05);
        }
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Both ways to nearest functions: all critical points (as many as the Euclidean distance degrees by theorem)
 * and descent. */
static void test_critical_points(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(25, 8);
    options.train = false;
    static const struct {
        const char *phrase;
        int points;
    } known[] = {
        {"linear 3-2-3", 3}, {"mlp 3-2-1 x^2", 3}, {"cnn k=2,2 x^2", 0}, {"input 2 | dense 1 | x^2", 2}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_result *r = bias_with(ctx, known[i].phrase, &options);
        const json_t *c = json_object_get(json_object_get(r->document, "result"), "critical_points");
        if (known[i].points) assert_int_equal((int)number(c, "points"), known[i].points);
        assert_int_equal((int)number(c, "agree"), 25);
        assert_int_equal((int)number(c, "lost"), 0);
        if (i < 3)
            assert_true(number(c, "not_smooth_share") == 0);
        else
            assert_true(number(c, "not_smooth_share") == number(stratum(r, "zero"), "nearest_share"));
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Nearest functions that no weights attain are limits of networks: then all critical points and descent agree
 * on every target, and the share of targets whose nearest function is no smooth critical point is that of the
 * limits (up to a target to which a path was lost). */
static void test_limits(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(30, 10);
    options.train = false;
    static const char *const phrases[] = {"mlp 2-2-1 x^3+x^2", "mlp 2-2-1 x^3", "mlp 2-2-1 x^4",
                                          "mlp 2-2-3 x^2"};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        nalg_result *r = bias_with(ctx, phrases[i], &options);
        const json_t *result = json_object_get(r->document, "result"),
                     *c = json_object_get(result, "critical_points"),
                     *list = json_object_get(result, "limits");
        double share = 0;
        for (size_t k = 0; k < json_array_size(list); k++)
            share += number(json_array_get(list, k), "nearest_share");
        assert_int_equal((int)number(c, "agree"), 30);
        assert_int_equal(json_array_size(json_object_get(c, "disagreements")), 0);
        double lost = number(c, "lost"), not_smooth = number(c, "not_smooth_share") * (30 - lost);
        assert_true(share > 0.1 && lost <= 1 && fabs(share * 30 - not_smooth) < lost + 1e-9 &&
                    fabs(share * 30 - number(result, "not_attained")) < 1e-9);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Every cubic in one variable is a sum of two cubes and a constant, for a constant large enough: weights
 * attain all targets, though limits do too. And a limit that ten descents miss is found. */
static void test_attained(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(30, 10);
    options.train = false;
    nalg_result *r = bias_with(ctx, "mlp 1-2-1 x^3 bias", &options);
    assert_int_equal((int)number(json_object_get(r->document, "result"), "not_attained"), 0);
    nalg_result_free(r);
    nalg_ctx_set_seed(ctx, 2);
    options.targets = 10;
    r = bias_with(ctx, "mlp 2-2-1 x^3", &options);
    const json_t *c = json_object_get(json_object_get(r->document, "result"), "critical_points");
    assert_int_equal((int)number(c, "agree"), 10);
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

/* Attention with one key over the reals: products of two linear forms have real roots, so that quadrics
 * without are nearest to squares, where values and keys are equal. */
static void test_fold(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(40, 8);
    options.train = false;
    nalg_result *r = bias_with(ctx, "attention d=2,1 a=1 t=2", &options);
    const json_t *s = stratum(r, "values equal to keys"),
                 *c = json_object_get(json_object_get(r->document, "result"), "critical_points");
    assert_true(number(s, "nearest_low") > 0.1 && json_is_true(json_object_get(s, "can_be_nearest")));
    assert_int_equal((int)number(c, "agree"), 40);
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

/* One weight: the functions (w^3, w^2) are the cusp y^2 = x^3, whose cusp is nearest to normal data with
 * probability 0.39 (Monte Carlo over Voronoi cells, two digits). */
static void test_cusp(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(1500, 6);
    options.train = false;
    options.metric = "unit";
    nalg_result *r = bias_with(ctx, "input 1 | dense 1 | x^3+x^2", &options);
    const json_t *cusp = stratum(r, "zero");
    assert_true(number(cusp, "nearest_low") < 0.395 && number(cusp, "nearest_high") > 0.385);
    assert_int_equal(
        (int)number(json_object_get(json_object_get(r->document, "result"), "critical_points"), "agree"), 50);
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

/* One unit more than the quadratic forms need: the smaller network is as large, and always nearest. */
static void test_superfluous_unit(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_bias_options options = options_of(40, 10);
    nalg_result *r = bias_with(ctx, "mlp 2-3-1 x^2", &options);
    const json_t *s = stratum(r, "2 of 3 units");
    assert_true(number(s, "codimension") == 0 && number(s, "nearest_share") > 0.9);
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

static void test_threads(void **state)
{
    (void)state;
    json_t *first = NULL;
    for (int threads = 1; threads <= 3; threads++) {
        nalg_ctx *ctx = test_context();
        assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
        nalg_bias_options options = options_of(20, 3);
        nalg_result *r = bias_with(ctx, "mlp 2-2-1 x^2", &options);
        json_t *answer = json_object_get(r->document, "result");
        if (!first) first = json_deep_copy(answer);
        assert_true(json_equal(first, answer));
        nalg_result_free(r);
        nalg_ctx_free(ctx);
    }
    json_decref(first);
}

/* Targets beside three points of a line; the nearest affine function is least squares. */
static void test_around(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    const double x[] = {-1, 0, 1}, y[] = {1, -2, 1};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 3, .input_size = 1, .output_size = 1};
    nalg_bias_options options = options_of(2, 3);
    options.around = &data;
    options.noise = 0;
    nalg_result *r = bias_with(ctx, "input 1 | dense 1 bias", &options);
    const json_t *result = json_object_get(r->document, "result");
    assert_true(fabs(number(result, "nearest_distance") - 1) <
                1e-12); /* the targets are orthogonal to 1 and x */
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-1 x^2"), *rational = test_model(ctx, "mlp 2-2-1 1/x");
    nalg_result *r = NULL;
    nalg_bias_options good = options_of(20, 2), o = good;
    o.targets = 1;
    assert_int_equal(nalg_bias(ctx, &r, model, &o), NALG_E_ARGUMENT);
    o = good, o.starts = 0;
    assert_int_equal(nalg_bias(ctx, &r, model, &o), NALG_E_ARGUMENT);
    o = good, o.metric = "euclid";
    assert_int_equal(nalg_bias(ctx, &r, model, &o), NALG_E_ARGUMENT);
    o = good, o.noise = NAN;
    assert_int_equal(nalg_bias(ctx, &r, model, &o), NALG_E_ARGUMENT);
    o = good, o.depth = 99;
    assert_int_equal(nalg_bias(ctx, &r, model, &o), NALG_E_ARGUMENT);
    assert_int_not_equal(nalg_bias(ctx, &r, rational, &good), NALG_OK);
    nalg_ctx_set_timeout(ctx, 1e-9);
    assert_int_equal(nalg_bias(ctx, &r, model, &good), NALG_E_DEADLINE);
    nalg_ctx_set_timeout(ctx, 0);
    for (long k = 1; k < 400; k += 7) {
        nalg_memory_fail_at(k);
        nalg_status status = nalg_bias(
            ctx, &r, model, &(nalg_bias_options){.targets = 2, .starts = 1, .metric = "unit", .depth = 1});
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || status == NALG_E_MEMORY);
        if (status == NALG_OK) nalg_result_free(r), r = NULL;
    }
    assert_null(r);
    nalg_model_free(model);
    nalg_model_free(rational);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson),
        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_cones),
        cmocka_unit_test(test_probabilities),
        cmocka_unit_test(test_architectures),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_attained),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_cusp),
        cmocka_unit_test(test_superfluous_unit),
        cmocka_unit_test(test_threads),
        cmocka_unit_test(test_around),
        cmocka_unit_test(test_critical_points),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
