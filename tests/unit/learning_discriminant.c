/* Chambers against a direct count: one quadratic unit of two inputs has as many real critical functions as
 * its loss along the circle of directions has stationary values; small pictures; refusals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "core/result.h"
#include "neuroalg/landscape.h"
#include "support/support.h"

#define SAMPLES 9

/* Stationary points of y.f(t) / |f(t)| over directions t (f_i = (a.x_i)^2), in number: each is a critical
 * function c (a.x)^2, c != 0. */
static int count_directly(const double *x, const double *y)
{
    int changes = 0, n = 20000;
    double last = 0, first = 0;
    for (int k = 0; k <= n; k++) {
        double t = M_PI * k / n, value[2];
        for (int h = 0; h < 2; h++) {
            double yf = 0, ff = 0, s = t + h * 1e-7;
            for (int i = 0; i < SAMPLES; i++) {
                double f = pow(cos(s) * x[2 * i] + sin(s) * x[2 * i + 1], 2);
                yf += y[i] * f, ff += f * f;
            }
            value[h] = yf / sqrt(ff);
        }
        double slope = value[1] - value[0];
        if (k == 0)
            first = slope;
        else if (k < n)
            changes += slope * last < 0;
        else
            changes += first * last < 0;
        last = slope;
    }
    return changes;
}

static void test_chambers(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-1-1 x^2");
    double x[2 * SAMPLES], y[SAMPLES], direction[2 * SAMPLES] = {0}, shifted[SAMPLES];
    nalg_random r = nalg_random_stream(5, 6);
    for (int i = 0; i < 2 * SAMPLES; i++) x[i] = nalg_random_normal(&r);
    for (int i = 0; i < SAMPLES; i++) y[i] = nalg_random_normal(&r);
    direction[0] = direction[SAMPLES + 1] = 1; /* the first two targets */
    nalg_data data = {x, y, SAMPLES, 2, 1};
    nalg_discriminant_options options;
    nalg_discriminant_options_init(&options);
    options.size = 32;
    options.direction = direction;
    nalg_result *result = NULL;
    assert_int_equal(nalg_discriminant(ctx, &result, model, &data, &options), NALG_OK);
    const json_t *answer = json_object_get(result->document, "result"),
                 *chambers = json_object_get(answer, "chambers"), *chamber;
    size_t i;
    double share = 0;
    assert_int_equal(test_integer(result, "real_critical_points"), count_directly(x, y));
    assert_int_equal(test_integer(result, "pixels_lost"), 0);
    json_array_foreach(chambers, i, chamber)
    {
        memcpy(shifted, y, sizeof y);
        shifted[0] += json_number_value(json_array_get(json_object_get(chamber, "sample"), 0));
        shifted[1] += json_number_value(json_array_get(json_object_get(chamber, "sample"), 1));
        share += json_number_value(json_object_get(chamber, "share"));
        assert_int_equal(json_integer_value(json_object_get(chamber, "real_critical_points")),
                         count_directly(x, shifted));
    }
    assert_true(fabs(share - 1) < 1e-9);
    nalg_result_free(result);
    options.size = 7;
    assert_int_equal(nalg_discriminant(ctx, &result, model, &data, &options), NALG_E_ARGUMENT);
    options.size = 16;
    memset(direction, 0, sizeof direction);
    assert_int_equal(nalg_discriminant(ctx, &result, model, &data, &options), NALG_E_ARGUMENT);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_chambers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
