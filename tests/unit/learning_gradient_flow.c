/* Gradient flow against closed solutions, Eckart-Young, and conservation.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/context.h"
#include "learning/gradient_flow.h"
#include "../support/one_context.h"

static nalg_loss *loss_of(const char *phrase, const nalg_data *data)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_loss *loss = NULL;
    assert_int_equal(nalg_loss_create(ctx, &loss, model, NALG_LOSS_SQUARED, data), NALG_OK);
    nalg_model_free(model);
    return loss;
}

/* (w x - y)^2 at x = 1, y = 3: w(t) = 3 + (w(0) - 3) e^(-2t). */
static void test_exponential(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {3};
    nalg_loss *loss = loss_of("linear 1-1", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double w[] = {1};
    nalg_flow_control_defaults(&control);
    control.time_limit = 2;
    assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_TIME);
    assert_near(end.time, 2, 1e-12);
    assert_near(w[0], 3 - 2 * exp(-4), 1e-8);
    assert_near(end.start_loss, 4, 1e-14);
    assert_near(end.loss, 4 * exp(-8), 1e-8);
    control.time_limit = INFINITY;
    assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_REST);
    assert_near(w[0], 3, 1e-9);
    nalg_loss_free(loss);
}

/* (u v - 1)^2 from u = v = a: u = v for all times, s = u^2 solves s' = 4 s (1 - s), s(t) = 1 / (1 + (1/s(0) -
 * 1) e^(-4t)). */
static void test_logistic(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {1};
    nalg_loss *loss = loss_of("linear 1-1-1", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double w[] = {0.1, 0.1};
    nalg_flow_control_defaults(&control);
    control.time_limit = 1.5;
    assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
    assert_near(w[0] * w[1], 1 / (1 + 99 * exp(-6)), 1e-8);
    nalg_loss_free(loss);
}

typedef struct {
    size_t seen;
    double start[4], drift, last_loss;
    int rises;
} witness;

/* W2^T W2 - W1 W1^T of linear 3-2-3 (2 x 2). */
static void balance(double out[4], const double *w)
{
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++) {
            out[2 * i + j] = 0;
            for (size_t k = 0; k < 3; k++)
                out[2 * i + j] += w[6 + 2 * k + i] * w[6 + 2 * k + j] - w[3 * i + k] * w[3 * j + k];
        }
}

static void look(void *user, const nalg_flow_state *s)
{
    witness *v = user;
    double now[4];
    balance(now, s->w);
    if (!v->seen++)
        memcpy(v->start, now, sizeof now);
    else
        v->rises += s->loss > v->last_loss + 1e-13;
    v->last_loss = s->loss;
    for (size_t i = 0; i < 4; i++) v->drift = fmax(v->drift, fabs(now[i] - v->start[i]));
}

/* Inputs e1, e2, e3, targets diag(3, 2, 1): the loss is |W - D|^2 / 3 over W of rank 2, with minimum 1/3
 * (Eckart-Young). */
static void test_low_rank(void **state)
{
    (void)state;
    const double x[] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, y[] = {3, 0, 0, 0, 2, 0, 0, 0, 1};
    nalg_loss *loss = loss_of("linear 3-2-3", &(nalg_data){.samples = 3, .inputs = x, .targets = y});
    for (uint64_t seed = 0; seed < 4; seed++) {
        witness v = {0};
        nalg_flow_control control;
        nalg_flow_end end, again;
        double w[12], twin[12];
        nalg_random r = nalg_random_stream(seed, 1);
        for (size_t i = 0; i < 12; i++) w[i] = twin[i] = nalg_random_normal(&r);
        nalg_flow_control_defaults(&control);
        assert_int_equal(nalg_gradient_flow(ctx, &again, twin, loss, &control), NALG_OK);
        control.observe = look;
        control.user = &v;
        assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
        assert_int_equal(end.reason, NALG_FLOW_REST);
        assert_near(end.loss, 1.0 / 3, 1e-9);
        assert_int_equal(v.seen, end.steps + 1);
        assert_int_equal(v.rises, 0);
        assert_true(v.drift < 1e-8);
        assert_memory_equal(w, twin, sizeof w);
    }
    nalg_loss_free(loss);
}

/* (u v - 1)^2: from (0, 0) the flow never moves; from a start 1e-9 beside the line (e, -e) that runs
 * into the saddle it passes the saddle and ends at the minimum, as s' = 4 s (1 - s) tells. */
static void test_saddle(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {1};
    nalg_loss *loss = loss_of("linear 1-1-1", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double zero[] = {0, 0}, beside[] = {0.5, -0.5 + 1e-9};
    nalg_flow_control_defaults(&control);
    assert_int_equal(nalg_gradient_flow(ctx, &end, zero, loss, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_REST);
    assert_true(end.curvature.known && end.curvature.negative == 1);
    assert_near(end.curvature.lowest, -2, 1e-6);
    assert_int_equal(nalg_gradient_flow(ctx, &end, beside, loss, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_REST);
    assert_near(end.loss, 0, 1e-9);
    assert_true(end.curvature.known && end.curvature.negative == 0 && end.curvature.flat == 1);
    nalg_loss_free(loss);
}

/* 1/x through a pole: no infinite loop, no finite answer claimed. */
static void test_pole(void **state)
{
    (void)state;
    const double x[] = {0}, y[] = {1};
    nalg_loss *loss = loss_of("mlp 1-1-1 1/x", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double w[] = {1, 1};
    nalg_flow_control_defaults(&control);
    assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_DIVERGED);
    nalg_loss_free(loss);
}

/* Descent with step h on (w - 3)^2 contracts by 1 - 2h each step; from 1 after 10 steps: 3 - 2 (1 - 2h)^10.
 */
static void test_descent(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {3};
    nalg_loss *loss = loss_of("linear 1-1", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double w[] = {1};
    nalg_flow_control_defaults(&control);
    control.step_limit = 10;
    assert_int_equal(nalg_gradient_descent(ctx, &end, w, loss, 0.1, &control), NALG_OK);
    assert_int_equal(end.reason, NALG_FLOW_STEPS);
    assert_near(w[0], 3 - 2 * pow(0.8, 10), 1e-12);
    assert_near(end.time, 1, 1e-12);
    w[0] = 1;
    control.step_limit = 10000;
    assert_int_equal(nalg_gradient_descent(ctx, &end, w, loss, 1.5, &control), NALG_OK); /* steps too long */
    assert_int_equal(end.reason, NALG_FLOW_DIVERGED);
    nalg_loss_free(loss);
}

static void test_stops(void **state)
{
    (void)state;
    const double x[] = {1}, y[] = {3};
    nalg_loss *loss = loss_of("linear 1-1", &(nalg_data){.samples = 1, .inputs = x, .targets = y});
    nalg_flow_control control;
    nalg_flow_end end;
    double w[] = {1};
    int stop = 1;
    nalg_flow_control_defaults(&control);
    nalg_ctx_set_cancel(ctx, &stop);
    assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_E_INTERRUPTED);
    assert_near(w[0], 1, 0);
    nalg_ctx_set_cancel(ctx, NULL);
    nalg_loss_free(loss);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_exponential), cmocka_unit_test(test_logistic),
                                       cmocka_unit_test(test_low_rank),    cmocka_unit_test(test_saddle),
                                       cmocka_unit_test(test_pole),        cmocka_unit_test(test_descent),
                                       cmocka_unit_test(test_stops)};
    if (!nalg_flow_available()) return 0; /* built without the integrator */
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
