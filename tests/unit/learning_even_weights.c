/* Evening out weights: expected values from the conditions of Lagrange.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "learning/even_weights.h"
#include "support/support.h"

/* Filters a, b, c with squares between them: a -> s a, b -> t b, c -> s^-4 t^-2 c is the same function, and
 * |a|^2 + |b|^2
 * + |c|^2 is least where |a|^2 = 4 |c|^2 and |b|^2 = 2 |c|^2. */
static void test_filters(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "cnn k=2,2,2 x^2");
    nalg_scalings s;
    assert_int_equal(nalg_scalings_find(ctx, &s, model), NALG_OK);
    assert_int_equal(s.fields, 2);
    const double size[] = {1, 1, 1, 1, 1, 1}, before[] = {3000, -4, 0.5, 1.5, 2e-13, -1e-18};
    double w[6];
    for (int i = 0; i < 6; i++) w[i] = before[i];
    nalg_even_weights(&s, w, size);
    double a = hypot(w[0], w[1]), b = hypot(w[2], w[3]), c = hypot(w[4], w[5]);
    assert_true(fabs(a * a / (4 * c * c) - 1) < 1e-6);
    assert_true(fabs(b * b / (2 * c * c) - 1) < 1e-6);
    for (int i = 0; i < 6; i += 2) { /* directions stay */
        assert_true(w[i] * before[i] > 0);
        assert_true(fabs(w[i + 1] / w[i] / (before[i + 1] / before[i]) - 1) < 1e-12);
    }
    double given = pow(hypot(3000, 4), 4) * (0.25 + 2.25) * hypot(2e-13, 1e-18);
    assert_true(fabs(pow(a, 4) * b * b * c / given - 1) < 1e-12);

    double dead[] = {0,   0, 0.5,
                     1.5, 2, 1}; /* a zero filter: the others have no least size along s, so they stay */
    nalg_even_weights(&s, dead, size);
    assert_true(dead[0] == 0 && dead[1] == 0);
    assert_true(fabs(hypot(dead[2], dead[3]) / hypot(dead[4], dead[5]) - sqrt(2)) < 1e-6);
    nalg_scalings_clear(&s);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_filters)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
