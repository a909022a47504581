/* Losses against values worked out by hand and gradients against differences of the loss.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "learning/loss.h"
#include "../support/one_context.h"

static nalg_loss *loss_of(const char *phrase, nalg_loss_function kind, const nalg_data *data)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_loss *loss = NULL;
    assert_int_equal(nalg_loss_create(ctx, &loss, model, kind, data), NALG_OK);
    nalg_model_free(model);
    return loss;
}

/* One weight w: mean of (w x - y)^2 over (1, 3), (2, 5) at w = 2: (1 + 1) / 2 = 1, slope 2 ((2-3) 1 + (4-5)
 * 2) / 2 = -3. */
static void test_squared_by_hand(void **state)
{
    (void)state;
    const double x[] = {1, 2}, y[] = {3, 5}, w[] = {2};
    nalg_loss *loss =
        loss_of("linear 1-1", NALG_LOSS_SQUARED, &(nalg_data){.samples = 2, .inputs = x, .targets = y});
    double value, slope, jacobian[2], hessian, scratch[3];
    assert_true(nalg_loss_at(loss, &value, &slope, w));
    assert_near(value, 1, 1e-15);
    assert_near(slope, -3, 1e-15);
    assert_near(nalg_loss_size(loss), 17, 1e-14); /* (9 + 25) / 2 */
    assert_true(nalg_loss_jacobian(loss, jacobian, w));
    assert_near(jacobian[0], 1, 0);
    assert_near(jacobian[1], 2, 0);
    assert_true(nalg_loss_hessian(loss, &hessian, w, scratch));
    assert_near(hessian, 5, 1e-8); /* 2 (1 + 4) / 2 */
    nalg_loss_free(loss);
}

/* Outputs (a x, b x) at a = 1, b = 0, x = log 3: probabilities 3/4 and 1/4. Target the second class: loss
 * log 4. */
static void test_cross_entropy_by_hand(void **state)
{
    (void)state;
    const double x[] = {log(3)}, y[] = {0, 1}, w[] = {1, 0};
    nalg_loss *loss =
        loss_of("linear 1-2", NALG_LOSS_CROSS_ENTROPY, &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    double value, slope[2];
    assert_true(nalg_loss_at(loss, &value, slope, w));
    assert_near(value, log(4), 1e-15);
    assert_near(nalg_loss_answers(loss)[0], 0.75, 1e-15);
    assert_near(slope[0], 0.75 * log(3), 1e-15);
    assert_near(slope[1], -0.75 * log(3), 1e-15);
    nalg_loss_free(loss);
}

static void test_bad_targets(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {0.5, 0.6};
    nalg_model *model = test_model(ctx, "linear 1-2");
    nalg_loss *loss = NULL;
    assert_int_equal(nalg_loss_create(ctx, &loss, model, NALG_LOSS_CROSS_ENTROPY,
                                      &(nalg_data){.samples = 1, .inputs = x, .targets = y}),
                     NALG_E_ARGUMENT);
    assert_int_equal(nalg_loss_create(ctx, &loss, model, NALG_LOSS_SQUARED,
                                      &(nalg_data){.samples = 0, .inputs = x, .targets = y}),
                     NALG_E_ARGUMENT);
    assert_null(loss);
    nalg_model_free(model);
}

/* Directional derivatives by fourth-order differences, more samples than a batch holds. */
static void check_gradient(const char *phrase, nalg_loss_function kind, size_t inputs, size_t outputs)
{
    enum { SAMPLES = 150, MOST = 200 };
    static double x[SAMPLES * 16], y[SAMPLES * 16], w[MOST], g[MOST], moved[MOST], direction[MOST];
    nalg_random r = nalg_random_stream(5, 0);
    for (size_t i = 0; i < SAMPLES * inputs; i++) x[i] = nalg_random_normal(&r);
    for (size_t s = 0; s < SAMPLES; s++)
        for (size_t o = 0; o < outputs; o++)
            y[s * outputs + o] = kind == NALG_LOSS_SQUARED ? nalg_random_normal(&r) : o == s % outputs;
    nalg_loss *loss = loss_of(phrase, kind, &(nalg_data){.samples = SAMPLES, .inputs = x, .targets = y});
    size_t n = nalg_loss_parameters(loss);
    double value, expected = 0, found = 0, h = 1e-3;
    for (size_t i = 0; i < n; i++) {
        w[i] = 0.5 * nalg_random_normal(&r);
        direction[i] = nalg_random_normal(&r) / sqrt((double)n);
    }
    assert_true(nalg_loss_at(loss, &value, g, w));
    for (size_t i = 0; i < n; i++) found += g[i] * direction[i];
    for (int k = -2; k <= 2; k++) {
        static const double weight[] = {1, -8, 0, 8, -1};
        for (size_t i = 0; i < n; i++) moved[i] = w[i] + k * h * direction[i];
        assert_true(nalg_loss_at(loss, &value, NULL, moved));
        expected += weight[k + 2] * value / (12 * h);
    }
    if (!(fabs(found - expected) < 1e-7 * (1 + fabs(expected))))
        print_error("%s: %.15g, differences %.15g\n", phrase, found, expected);
    assert_true(fabs(found - expected) < 1e-7 * (1 + fabs(expected)));
    nalg_loss_free(loss);
}

static void test_gradients(void **state)
{
    (void)state;
    check_gradient("mlp 2-3-2 x^2 bias", NALG_LOSS_SQUARED, 2, 2);
    check_gradient("mlp 2-3-2 x^2", NALG_LOSS_CROSS_ENTROPY, 2, 2);
    check_gradient("cnn 5 k=2,2 x^2", NALG_LOSS_SQUARED, 5, 3);
    check_gradient("attention d=2 a=1 t=3", NALG_LOSS_SQUARED, 6, 6);
    check_gradient("input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", NALG_LOSS_SQUARED, 3, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_squared_by_hand),
                                       cmocka_unit_test(test_cross_entropy_by_hand),
                                       cmocka_unit_test(test_bad_targets), cmocka_unit_test(test_gradients)};
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
