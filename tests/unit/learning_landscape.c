/* Critical points against Eckart-Young, eigenvectors and gradient flow; regimes of data; cancellation.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "field/lapack.h"
#include "support/landscape_runs.h"

static const json_t *result_of(const nalg_result *r, const char *key)
{
    return json_object_get(json_object_get(r->document, "result"), key);
}

static double real_at(const nalg_result *r, size_t point, const char *key)
{
    return json_number_value(json_object_get(json_array_get(result_of(r, "critical_points"), point), key));
}

static const char *text_at(const nalg_result *r, size_t point, const char *key)
{
    return json_string_value(json_object_get(json_array_get(result_of(r, "critical_points"), point), key));
}

static size_t listed(const nalg_result *r)
{
    return json_array_size(result_of(r, "critical_points"));
}

/* Inputs are unit vectors, so the loss of W is |W - Y|^2: the critical points of rank 2 leave out one
 * singular value each, the list of rank 1 two, zero all three. */
static void test_eckart_young(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 3-2-3");
    double x[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, y[9] = {1.5, -0.25, 0.5, 0.75, 2, -1, 0.125, 0.5, -1.25},
           copy[9], s[3];
    memcpy(copy, y, sizeof copy);
    assert_true(nalg_singular_values(s, copy, 3, 3));
    nalg_data data = {x, y, 3, 3, 3};
    nalg_result *r = test_landscape(ctx, model, &data);
    assert_int_equal(test_integer(r, "count_complex"), 3);
    assert_int_equal(test_integer(r, "count_real"), 3);
    assert_int_equal(test_integer(r, "minima"), 1);
    assert_string_equal(json_string_value(json_object_get(result_of(r, "global_minimum"), "evidence")),
                        "proved");
    assert_true(fabs(real_at(r, 0, "loss") - s[2] * s[2]) < 1e-10);
    size_t pure = 0;
    for (size_t i = 0; i < listed(r); i++) {
        bool matched = false;
        for (unsigned kept = 0; kept < 8; kept++) {
            double left = 0;
            size_t size = 0, index = 0;
            for (unsigned k = 0; k < 3; k++) {
                left += kept >> k & 1 ? 0 : s[k] * s[k];
                size += kept >> k & 1;
                for (unsigned l = 0; l < k; l++)
                    index += (kept >> k & 1) && !(kept >> l & 1); /* a larger singular value is left out */
            }
            if (size > 2 || fabs(real_at(r, i, "loss") - left) > 1e-9) continue;
            matched = true;
            if (size == 2) assert_int_equal((size_t)real_at(r, i, "index"), index);
            assert_string_equal(text_at(r, i, "kind"), size == 2 ? "pure" : "spurious");
            pure += size == 2;
        }
        assert_true(matched);
    }
    assert_int_equal(pure, 3);
    assert_int_equal(listed(r), 7); /* 3 of rank 2, 3 of rank 1, zero */
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* One quadratic unit on data whose loss is the Bombieri norm (times 8 / 3): inputs at the vertices of a
 * hexagon, a design of degree 4. Then the loss of c (a.x)^2 is minimised along eigenvectors up to the trace
 * part; compare with a fine search over directions. */
static void test_quadratic_unit(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-1-1 x^2");
    double x[24], y[12];
    for (int k = 0; k < 12; k++) {
        double t = 0.5 * M_PI * k / 6 + 0.1, a = cos(t), b = sin(t);
        x[2 * k] = a, x[2 * k + 1] = b;
        y[k] = 2 * a * a - 0.7 * a * b - 0.9 * b * b;
    }
    nalg_data data = {x, y, 12, 2, 1};
    nalg_result *r = test_landscape(ctx, model, &data);
    double least = INFINITY;
    for (int k = 0; k < 200000; k++) {
        double t = M_PI * k / 200000, yy = 0, yf = 0, ff = 0;
        for (int i = 0; i < 12; i++) {
            double f = pow(cos(t) * x[2 * i] + sin(t) * x[2 * i + 1], 2);
            yy += y[i] * y[i], yf += y[i] * f, ff += f * f;
        }
        least = fmin(least, yy - yf * yf / ff);
    }
    assert_true(fabs(real_at(r, 0, "loss") - least) < 1e-8);
    assert_int_equal(test_integer(r, "count_complex"),
                     2); /* gaussian metric: docs/critical.md, known table */
    assert_int_equal(test_integer(r, "count_real"), 2);
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Least loss of cubics (p x)^2 (q x) with two inputs, the limits of two units: p over a circle, q by least
 * squares. */
static double least_of_tangents(const double *x, const double *y, size_t samples)
{
    double least = INFINITY;
    for (int k = 0; k < 20000; k++) {
        double a = cos(k * M_PI / 20000), b = sin(k * M_PI / 20000), g[3] = {0}, r[2] = {0}, loss = 0;
        for (size_t s = 0; s < samples; s++) {
            double square = pow(a * x[2 * s] + b * x[2 * s + 1], 2), u = square * x[2 * s],
                   v = square * x[2 * s + 1];
            g[0] += u * u, g[1] += u * v, g[2] += v * v, r[0] += u * y[s], r[1] += v * y[s],
                loss += y[s] * y[s];
        }
        double det = g[0] * g[2] - g[1] * g[1];
        loss -= (g[2] * r[0] * r[0] - 2 * g[1] * r[0] * r[1] + g[0] * r[1] * r[1]) / det;
        least = fmin(least, loss);
    }
    return least;
}

/* Re (a + i b)^3 is the sum of two cubes of complex conjugate forms and of no two cubes of real ones (its
 * discriminant is positive): the function that fits best has no real weights, and no minimum may be claimed.
 */
static void test_no_real_weights(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-1 x^3");
    double x[24], y[12];
    for (int k = 0; k < 12; k++) {
        double t = 0.37 * k + 0.1, a = cos(t) * (1 + 0.1 * k), b = sin(t);
        x[2 * k] = a, x[2 * k + 1] = b;
        y[k] = a * a * a - 3 * a * b * b;
    }
    nalg_data data = {x, y, 12, 2, 1};
    nalg_result *r = test_landscape(ctx, model, &data);
    const json_t *least = json_object_get(json_object_get(r->document, "result"), "global_minimum");
    const char *evidence = json_string_value(json_object_get(least, "evidence"));
    assert_int_equal(test_integer(r, "real_functions_without_real_weights"), 1);
    assert_string_not_equal(evidence, "numerical");
    assert_string_not_equal(evidence, "proved");
    double infimum = least_of_tangents(x, y, 12),
           reached = json_number_value(json_object_get(least, "infimum_at_most"));
    assert_true(reached > infimum * (1 - 1e-6) && reached < infimum * (1 + 1e-3));
    assert_true(reached < json_number_value(json_object_get(least, "loss")));
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Published counts with random data (tests/known/critical: generic 14, 6), also with as many samples as
 * dimensions; null below that. For `mlp 3-2-1 x^2 bias` the number of `critical`, found on other charts; its
 * loops and its way to the data pass so close to infinity that paths get lost. */
static void test_counts(void **state)
{
    (void)state;
    static const struct {
        const char *phrase;
        size_t inputs, samples;
        long long count; /* -1: unknown */
    } rows[] = {{"cnn k=2,2 x^2", 3, 12, 14},
                {"cnn k=2,2 x^2", 3, 3, 14},
                {"cnn k=2,2 x^2", 3, 2, -1},
                {"cnn k=2,2 s=2,1 linear", 4, 9, 6},
                {"mlp 3-2-1 x^2 bias", 3, 30, 83}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_ctx *ctx = test_context();
        nalg_model *model = test_model(ctx, rows[i].phrase);
        nalg_data data = test_random_data(model, rows[i].inputs, 1, rows[i].samples, 50 + i);
        nalg_result *r = test_landscape(ctx, model, &data);
        long long count = -1;
        assert_int_equal(nalg_result_integer(r, "count_complex", &count),
                         rows[i].count < 0 ? NALG_UNKNOWN : NALG_TRUE);
        assert_int_equal(count, rows[i].count);
        if (rows[i].samples <= 3)
            assert_true(json_array_size(json_object_get(json_object_get(r->document, "result"), "remarks")) >
                        0);
        if (rows[i].samples == 2) assert_true(real_at(r, 0, "loss") < 1e-15); /* two values can be met */
        nalg_result_free(r);
        free((double *)data.inputs);
        free((double *)data.targets);
        nalg_model_free(model);
        nalg_ctx_free(ctx);
    }
}

/* Targets a network of rank 1 or 2 made: of the six choices of two singular subspaces all but those of the
 * teacher's rank are the same functions, sums of the teacher's parts, and singular points of the model where
 * the rank is below 2 (Eckart-Young). No path may get lost. */
static void test_smaller_teacher(void **state)
{
    (void)state;
    static const double x[16] = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1};
    for (int rank = 1; rank <= 2; rank++) {
        nalg_ctx *ctx = test_context();
        nalg_model *model = test_model(ctx, "linear 4-2-4");
        double y[16], expected[4] = {0, 30 * 15};
        for (int i = 0; i < 16; i++) { /* orthogonal parts of squared sizes 450 and 4 */
            static const double a[] = {1, 2, 3, -4}, b[] = {3, 1, -1, 2}, c[] = {2, -1, 0, 0},
                                d[] = {0, 2, 2, 0};
            y[i] = a[i / 4] * b[i % 4] + (rank == 2 ? c[i / 4] * d[i % 4] / 10 : 0);
        }
        if (rank == 2) expected[1] = 0.4, expected[2] = 450, expected[3] = 450.4;
        nalg_data data = {x, y, 4, 4, 4};
        nalg_result *r = test_landscape(ctx, model, &data);
        const json_t *part =
            json_array_get(json_object_get(json_object_get(r->document, "result"), "strata"), 0);
        assert_int_equal(json_integer_value(json_object_get(part, "lost_paths")), 0);
        assert_int_equal(json_integer_value(json_object_get(part, "degenerate")), rank + 1); /* zero too */
        assert_int_equal(test_integer(r, "count_complex"), rank - 1);
        assert_int_equal(listed(r), rank == 1 ? 2 : 4);
        for (size_t i = 0; i < listed(r); i++) assert_true(fabs(real_at(r, i, "loss") - expected[i]) < 1e-9);
        assert_int_equal(test_integer(r, "minima"), 1);
        nalg_result_free(r);
        nalg_model_free(model);
        nalg_ctx_free(ctx);
    }
}

/* Equal singular values: the functions of rank 1 nearest to the identity are a circle, of loss 1, and no
 * list. */
static void test_continuum(void **state)
{
    (void)state;
    static const double unit[] = {1, 0, 0, 1};
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1-2");
    nalg_data data = {unit, unit, 2, 2, 2};
    nalg_result *r = test_landscape(ctx, model, &data);
    const json_t *result = json_object_get(r->document, "result"),
                 *least = json_object_get(result, "global_minimum");
    assert_true(json_is_null(json_object_get(result, "count_real")));
    assert_string_equal(json_string_value(json_object_get(least, "evidence")), "unknown");
    double reached = json_number_value(json_object_get(least, "infimum_at_most"));
    assert_true(reached > 1 - 1e-9 && reached < 1 + 1e-4); /* fits come near */
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Completeness of every part: a theorem where there is one, else the trace test. */
static void test_complete(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *first;
        size_t inputs, outputs, samples;
    } rows[] = {{"cnn k=2,2 x^2", "theorem", 3, 1, 12},
                {"mlp 2-1-1 x^3", "trace test", 2, 1, 9},
                {"mlp 3-2-1 x^2", "trace test", 3, 1, 15},
                {"mlp 2-2-1 x^3", "theorem", 2, 1, 9}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_ctx *ctx = test_context();
        nalg_model *model = test_model(ctx, rows[i].phrase);
        nalg_data data = test_random_data(model, rows[i].inputs, rows[i].outputs, rows[i].samples, 80 + i);
        nalg_result *r = test_landscape(ctx, model, &data);
        const json_t *parts = json_object_get(json_object_get(r->document, "result"), "strata");
        assert_true(json_array_size(parts) > 1);
        for (size_t k = 0; k < json_array_size(parts); k++) {
            const char *how = json_string_value(json_object_get(json_array_get(parts, k), "completeness"));
            if (k == 0) assert_string_equal(how, rows[i].first);
            assert_true(!strcmp(how, "theorem") || !strcmp(how, "trace test"));
        }
        nalg_result_free(r);
        free((double *)data.inputs);
        free((double *)data.targets);
        nalg_model_free(model);
        nalg_ctx_free(ctx);
    }
}

/* The functions of a network with a dense first layer do not change under linear maps of the inputs: columns
 * that nearly depend on each other or have unlike sizes give the losses of the columns they were made of. */
static void test_balance(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 3-2-1 x^2");
    nalg_data data = test_random_data(model, 3, 1, 15, 5);
    double changed[3 * 15];
    nalg_result *plain = test_landscape(ctx, model, &data);
    for (int way = 0; way < 2; way++) {
        for (size_t s = 0; s < 15; s++) {
            const double *x = data.inputs + 3 * s;
            changed[3 * s] = way ? 1e6 * x[0] : x[0];
            changed[3 * s + 1] = way ? 1e-6 * x[1] : x[1];
            changed[3 * s + 2] = way ? x[2] : x[0] - x[1] + 1e-6 * x[2];
        }
        nalg_data other = data;
        other.inputs = changed;
        nalg_result *r = test_landscape(ctx, model, &other);
        assert_int_equal(test_integer(r, "count_complex"), test_integer(plain, "count_complex"));
        assert_int_equal(listed(r), listed(plain));
        for (size_t i = 0; i < listed(r); i++) {
            double loss = real_at(plain, i, "loss"), difference = fabs(real_at(r, i, "loss") - loss);
            assert_true(difference <= (way ? 1e-10 : 1e-7) * loss);
            assert_true(real_at(r, i, "index") == real_at(plain, i, "index"));
        }
        /* weights are the user's: the loss by hand */
        const json_t *w = json_object_get(json_array_get(result_of(r, "critical_points"), 0), "weights");
        double sum = 0;
        for (size_t s = 0; s < 15; s++) {
            double f = -data.targets[s];
            for (size_t u = 0; u < 2; u++) {
                double t = 0;
                for (size_t k = 0; k < 3; k++)
                    t += json_number_value(json_array_get(w, 3 * u + k)) * changed[3 * s + k];
                f += json_number_value(json_array_get(w, 6 + u)) * t * t;
            }
            sum += f * f;
        }
        assert_true(fabs(sum - real_at(r, 0, "loss")) <= 1e-8 * sum);
        nalg_result_free(r);
    }
    nalg_result_free(plain);
    nalg_model_free(model);
    /* A filter reads all columns alike: refused, with the columns' names. */
    model = test_model(ctx, "cnn k=2,2 x^2");
    for (size_t s = 0; s < 15; s++)
        for (size_t k = 0; k < 3; k++)
            changed[3 * s + k] = data.inputs[3 * s + k] * (k == 0 ? 1e-3 : k == 1 ? 1e3 : 1);
    free((double *)data.inputs);
    data.inputs = changed;
    nalg_result *none = NULL;
    assert_int_equal(nalg_landscape(ctx, &none, model, &data, NULL), NALG_E_ARGUMENT);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "input column 2"));
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "column 1"));
    free((double *)data.targets);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Least squares over all quadratic polynomials is (1 + x / 2) with residuals (-1, 2, -2, 1), which are
 * orthogonal to 1, x and x^2: a limit of a (w x + b)^2 + c, but no network. */
static void test_limit(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 1-1-1 x^2 bias");
    const double x[] = {-2, -1, 1, 2}, y[] = {-1, 2.5, -0.5, 3};
    nalg_data data = {x, y, 4, 1, 1};
    nalg_result *r = test_landscape(ctx, model, &data);
    const json_t *limits = result_of(r, "limits"), *least = result_of(r, "global_minimum"),
                 *limit = json_array_get(limits, 0);
    assert_int_equal(json_array_size(limits), 1);
    assert_true(fabs(json_real_value(json_object_get(limit, "loss")) - 10) < 1e-9);
    assert_true(json_is_integer(json_object_get(limit, "index")) &&
                json_integer_value(json_object_get(limit, "index")) == 0);
    assert_true(fabs(json_real_value(json_object_get(least, "infimum_at_most")) - 10) < 1e-6);
    assert_string_not_equal(json_string_value(json_object_get(least, "evidence")), "numerical");
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Zero is critical only where the gradient vanishes: it does not for one linear layer. */
static void test_zero(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 3-1");
    nalg_data data = test_random_data(model, 3, 1, 15, 5);
    nalg_result *r = test_landscape(ctx, model, &data);
    assert_int_equal(listed(r), 1);
    assert_int_equal(test_integer(r, "minima"), 1);
    nalg_result_free(r);
    free((double *)data.inputs);
    free((double *)data.targets);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

static void test_gradient_flow(void **state)
{
    (void)state;
    if (!nalg_flow_available()) skip();
    test_runs("cnn k=2,2 x^2", 3, 1, 12, 2, 10);
    test_runs("linear 3-1-2", 3, 2, 9, 2, 10);
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "cnn k=2,2 x^2");
    nalg_data data = test_random_data(model, 3, 1, 12, 1);
    nalg_result *result = (nalg_result *)model;
    nalg_landscape_options options;
    nalg_landscape_options_init(&options);
    options.limit = 3;
    assert_int_equal(nalg_landscape(ctx, &result, model, &data, &options), NALG_E_LIMIT);
    volatile int cancel = 1;
    nalg_ctx_set_cancel(ctx, &cancel);
    assert_int_equal(nalg_landscape(ctx, &result, model, &data, NULL), NALG_E_INTERRUPTED);
    nalg_ctx_set_cancel(ctx, NULL);
    data.input_size = 2;
    assert_int_equal(nalg_landscape(ctx, &result, model, &data, NULL), NALG_E_SHAPE);
    assert_ptr_equal(result, (nalg_result *)model);
    free((double *)data.inputs);
    free((double *)data.targets);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_eckart_young), cmocka_unit_test(test_quadratic_unit),
        cmocka_unit_test(test_counts),       cmocka_unit_test(test_smaller_teacher),
        cmocka_unit_test(test_continuum),    cmocka_unit_test(test_complete),
        cmocka_unit_test(test_balance),      cmocka_unit_test(test_no_real_weights),
        cmocka_unit_test(test_zero),         cmocka_unit_test(test_gradient_flow),
        cmocka_unit_test(test_refusals),     cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
