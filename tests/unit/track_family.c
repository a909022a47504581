/* The public interface for systems of one's own. z^3 = p: three roots, known exactly; x y = p0, x + y = p1:
 * the roots of t^2 - p1 t + p0. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <math.h>
#include <cmocka.h>
#include "neuroalg/neuroalg.h"

static nalg_ctx *context(void)
{
    nalg_ctx *ctx;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    return ctx;
}

static nalg_family *cube(nalg_ctx *ctx)
{
    nalg_family *e;
    assert_int_equal(nalg_family_create(ctx, &e, 1, 1), NALG_OK);
    int z = nalg_family_unknown(e, 0), minus = nalg_family_constant(e, -1, 0);
    int power = nalg_family_product(e, z, nalg_family_product(e, z, z));
    int f = nalg_family_sum(e, power, nalg_family_product(e, minus, nalg_family_parameter(e, 0)));
    assert_int_equal(nalg_family_add(ctx, e, f), NALG_OK);
    return e;
}

static void test_track(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_family *e = cube(ctx);
    nalg_solutions *s;
    const double start[] = {1, 0, -0.5, 0.86602540378443865}, from[] = {1, 0}, to[] = {8, 0}, zero[] = {0, 0};
    nalg_homotopy h = {.start = start, .count = 2, .from = from, .to = to};
    assert_int_equal(nalg_family_track(ctx, &s, e, &h), NALG_OK);
    assert_int_equal(nalg_solutions_count(s, NALG_END_REGULAR), 2);
    for (size_t k = 0; k < 2; k++) {
        nalg_solution x = nalg_solutions_path(s, k);
        assert_true(fabs(x.real[0] - 2 * start[2 * k]) < 1e-12 &&
                    fabs(x.imag[0] - 2 * start[2 * k + 1]) < 1e-12);
    }
    nalg_solutions_free(s);
    h.to = zero; /* the triple root 0 */
    h.endgame = true;
    assert_int_equal(nalg_family_track(ctx, &s, e, &h), NALG_OK);
    assert_int_equal(nalg_solutions_count(s, NALG_END_SINGULAR), 2);
    assert_int_equal(nalg_solutions_path(s, 0).winding, 3);
    nalg_solutions_free(s);
    nalg_family_free(e);
    nalg_ctx_free(ctx);
}

static void test_monodromy(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_family *e;
    nalg_solutions *s;
    assert_int_equal(nalg_family_create(ctx, &e, 2, 2), NALG_OK);
    int x = nalg_family_unknown(e, 0), y = nalg_family_unknown(e, 1),
        minus = nalg_family_constant(e, -1, 0);
    int p = nalg_family_product(e, minus, nalg_family_parameter(e, 0)),
        q = nalg_family_product(e, minus, nalg_family_parameter(e, 1));
    assert_int_equal(nalg_family_product(e, x, y), nalg_family_product(e, y, x)); /* stored once */
    assert_int_equal(nalg_family_add(ctx, e, nalg_family_sum(e, nalg_family_product(e, x, y), p)),
                     NALG_OK);
    const double start[] = {2, 0, 3, 0}, at[] = {6, 0, 5, 0};
    assert_int_equal(nalg_family_monodromy(ctx, &s, e, at, start, 1, 0), NALG_E_SHAPE);
    assert_int_equal(nalg_family_add(ctx, e, nalg_family_sum(e, nalg_family_sum(e, x, y), q)),
                     NALG_OK);
    assert_int_equal(nalg_family_monodromy(ctx, &s, e, at, start, 1, 0), NALG_OK);
    assert_int_equal(nalg_solutions_paths(s), 2);
    nalg_solution other = nalg_solutions_path(s, 1);
    assert_true(fabs(other.real[0] - 3) < 1e-12 && fabs(other.real[1] - 2) < 1e-12);
    nalg_solutions_free(s);
    const double wrong[] = {2, 0, 4, 0};
    assert_int_equal(nalg_family_monodromy(ctx, &s, e, at, wrong, 1, 0), NALG_E_ARGUMENT);
    nalg_family_free(e);
    nalg_ctx_free(ctx);
}

static void test_refuses(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_family *e = cube(ctx), *none = NULL;
    nalg_solutions *s = NULL;
    const double start[] = {1, 0}, nan[] = {NAN, 0};
    nalg_homotopy h = {.start = start, .count = 1, .from = start, .to = nan};
    assert_int_equal(nalg_family_create(ctx, &none, 0, 0), NALG_E_ARGUMENT);
    assert_int_equal(nalg_family_create(ctx, &none, 1, 2000000), NALG_E_ARGUMENT);
    assert_null(none);
    assert_int_equal(nalg_family_unknown(e, 1), -1);
    assert_int_equal(nalg_family_parameter(e, 1), -1);
    assert_int_equal(nalg_family_constant(e, INFINITY, 0), -1);
    assert_int_equal(nalg_family_sum(e, -1, 0), -1);
    assert_int_equal(nalg_family_product(e, 0, 12345), -1);
    assert_int_equal(nalg_family_inverse(e, -7), -1);
    assert_int_equal(nalg_family_add(ctx, e, -1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_family_track(ctx, &s, e, &h), NALG_E_ARGUMENT);
    assert_null(s);
    nalg_family_free(e);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_track), cmocka_unit_test(test_monodromy),
                                       cmocka_unit_test(test_refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
