/* Exported systems: as many equations as unknowns, the known solution solves them, failures leave outputs alone. That the counts are right is
 * checked by other systems on the files themselves (tests/cli/export_run).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "geometry/export.h"
#include "neuroalg/export.h"
#include "support/support.h"

static void build(nalg_ctx *ctx, nalg_export_system *s, const char *phrase, nalg_export_what what, bool whole)
{
    *s = (nalg_export_system){.ctx = ctx, .model = test_model(ctx, phrase), .what = what, .whole = whole, .metric = NALG_METRIC_GENERIC};
    nalg_status status = nalg_export_build(s);
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
}

static void discard(nalg_export_system *s)
{
    nalg_model *model = (nalg_model *)(uintptr_t)s->model;
    nalg_export_clear(s);
    nalg_model_free(model);
}

static void known_solution(void **state)
{
    (void)state;
    static const char *const phrases[] = {"mlp 2-3-1 x^2", "mlp 2-2-2 x^3-1/2*x bias", "mlp 2-2-1 1/x bias", "cnn k=2,2,2 x^2", "attention d=2 a=1 t=2",
                                          "input 2 | residual(dense 2 | x^2 | dense 2) | dense 1", "attention d=1 a=1 t=2 norm=1+x"};
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < 2 * sizeof phrases / sizeof *phrases; i++) {
        nalg_export_system s;
        fmpq_t value;
        fmpq_init(value);
        build(ctx, &s, phrases[i / 2], NALG_EXPORT_INTERPOLATION, i % 2);
        assert_true(s.count == s.unknowns && s.count >= s.dimension);
        for (size_t k = 0; k < s.count; k++) {
            assert_int_equal(nalg_export_value(ctx, value, s.polynomial + k, &s), NALG_OK);
            assert_true(fmpq_is_zero(value));
            assert_false(fmpq_mpoly_is_zero(s.polynomial + k, s.ring));
        }
        fmpq_clear(value);
        discard(&s);
    }
    nalg_ctx_free(ctx);
}

/* mlp 2-2-1 x^2 is a1 (w1 x1 + w2 x2)^2 + a2 (w3 x1 + w4 x2)^2, expanded by hand: x1 x2 has the coefficient 2 a1 w1 w2 + 2 a2 w3 w4. */
static void parametrisation(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_export_system s;
    nalg_text text = {0};
    build(ctx, &s, "mlp 2-2-1 x^2", NALG_EXPORT_PARAM, true);
    assert_int_equal(s.count, 3);
    nalg_export_write(&text, nalg_export_target_find("m2"), &s, 1);
    assert_non_null(strstr(text.data, "  w1^2*w5 + w3^2*w6,\n  2*w1*w2*w5 + 2*w3*w4*w6,\n  w2^2*w5 + w4^2*w6});"));
    assert_non_null(strstr(text.data, "-- y1: x1*x2 in output 1\n"));
    nalg_text_clear(&text);
    discard(&s);
    nalg_ctx_free(ctx);
}

static void critical_systems(void **state)
{
    (void)state;
    static const nalg_metric_kind kinds[] = {NALG_METRIC_UNIT, NALG_METRIC_BOMBIERI, NALG_METRIC_GAUSSIAN, NALG_METRIC_GENERIC, NALG_METRIC_DATA};
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        nalg_export_system s = {.ctx = ctx, .model = test_model(ctx, "mlp 2-2-2 x^2"), .what = NALG_EXPORT_CRITICAL, .metric = kinds[i]};
        assert_int_equal(nalg_export_build(&s), NALG_OK);
        assert_int_equal(s.count, s.dimension + 1);
        assert_int_equal(s.unknowns, s.count);
        discard(&s);
    }
    nalg_ctx_free(ctx);
}

static nalg_status call(nalg_ctx *ctx, const char *phrase, const char *to, const char *what, int modulus)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_export_options o;
    nalg_result *result = NULL;
    char *text = NULL;
    nalg_export_options_init(&o);
    o.to = to;
    o.what = what;
    o.modulus = modulus;
    nalg_status status = nalg_export(ctx, &result, &text, model, &o);
    assert_true((status == NALG_OK) == (result != NULL) && (status == NALG_OK) == (text != NULL));
    nalg_result_free(result);
    free(text);
    nalg_model_free(model);
    return status;
}

static void refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "maple", "param", -1), NALG_E_ARGUMENT);
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "m2", "everything", -1), NALG_E_ARGUMENT);
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "m2", "param", 32001), NALG_E_ARGUMENT);
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "phc", "param", 32003), NALG_E_ARGUMENT);
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "m2", "param", 2147483647), NALG_E_ARGUMENT);
    assert_int_equal(call(ctx, "mlp 2-3-1 x^2", "msolve", "param", 2147483647), NALG_OK);
    assert_int_equal(call(ctx, "mlp 2-3-1 1/x", "m2", "param", -1), NALG_E_UNSUPPORTED);
    assert_int_equal(call(ctx, "mlp 2-3-1 1/x", "m2", "critical", -1), NALG_E_UNSUPPORTED);
    assert_int_equal(call(ctx, "mlp 2-3-3-3-3-1 x^5", "m2", "interpolation", -1), NALG_E_LIMIT);
    assert_int_equal(call(ctx, "mlp 8-8-8-1 x^6", "m2", "param", -1), NALG_E_LIMIT);
    static const char *const systems[] = {"m2", "singular", "msolve", "hc", "sage", "bertini", "phc"}, *const kinds[] = {"param", "interpolation", "critical"};
    for (size_t i = 0; i < 21; i++) assert_int_equal(call(ctx, "mlp 2-1-1 x^2", systems[i / 3], kinds[i % 3], i % 2 ? 0 : -1), NALG_OK);
    nalg_ctx_free(ctx);
}

static void every_allocation(void **state)
{
    (void)state;
    static const char *const kinds[] = {"param", "interpolation", "critical"};
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < 6; i++) {
        nalg_model *model = test_model(ctx, i < 3 || i == 4 ? "mlp 2-1-1 x^2+x" : "cnn k=2,2 x^2");
        nalg_export_options o;
        nalg_status status = NALG_E_MEMORY;
        nalg_export_options_init(&o);
        o.what = kinds[i % 3];
        for (long k = 1; status == NALG_E_MEMORY; k++) {
            nalg_result *result = NULL;
            char *text = NULL;
            nalg_memory_fail_at(k);
            status = nalg_export(ctx, &result, &text, model, &o);
            nalg_memory_fail_at(0);
            assert_true((status == NALG_OK) == (result != NULL) && (status == NALG_OK) == (text != NULL));
            nalg_result_free(result);
            free(text);
        }
        assert_int_equal(status, NALG_OK);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_solution), cmocka_unit_test(parametrisation), cmocka_unit_test(critical_systems),
                                       cmocka_unit_test(refusals), cmocka_unit_test(every_allocation)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
