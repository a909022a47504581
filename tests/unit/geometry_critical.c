/* Numbers of critical points: formulas, trace tests, certificates.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include <string.h>
#include "core/flint.h"
#include "core/result.h"
#include "neuroalg/neuroalg.h"
#include "theory/ed_degree.h"

/* Friedland-Ottaviani's values for 2 x 2, symmetric 2 x 2 with 2 and 3 outputs, symmetric 3 x 3 with 2, cubes
 * (their tables). */
static void rank_one(void **state)
{
    (void)state;
    static const struct {
        size_t n, m;
        uint64_t r;
        ulong value;
    } known[] = {{2, 2, 2, 4}, {2, 3, 2, 4},  {3, 2, 2, 9}, {2, 2, 3, 6},
                 {3, 1, 3, 7}, {4, 1, 3, 15}, {5, 1, 2, 5}};
    fmpz_t value;
    fmpz_init(value);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_ed_degree_rank_one(value, known[i].n, known[i].m, known[i].r);
        assert_true(fmpz_equal_ui(value, known[i].value));
    }
    fmpz_clear(value);
}

static nalg_result *critical_within(nalg_ctx *ctx, const char *phrase, const char *metric, size_t limit)
{
    nalg_model *model;
    nalg_result *result;
    nalg_critical_options options;
    nalg_critical_options_init(&options);
    options.metric = metric;
    options.limit = limit;
    assert_int_equal(nalg_model_parse(ctx, &model, phrase, strlen(phrase)), NALG_OK);
    assert_int_equal(nalg_critical(ctx, &result, model, &options), NALG_OK);
    nalg_model_free(model);
    return result;
}

static nalg_result *critical_of(nalg_ctx *ctx, const char *phrase, const char *metric)
{
    return critical_within(ctx, phrase, metric, 0);
}

/* Under structured metrics, where no theorem applies, for several seeds (values: exact elimination; the last
 * is the number for generic metrics, a theorem, which is an upper bound). */
static void structured(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *metric;
        long long value;
    } known[] = {{"mlp 2-1-1 x^2", "unit", 4},
                 {"mlp 2-1-2 x^2", "unit", 6},
                 {"mlp 2-2-1 x^4", "bombieri", 7},
                 {"cnn k=3,3 x^2", "unit", 219}};
    for (uint64_t seed = 1; seed <= 3; seed++)
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            nalg_ctx *ctx;
            long long value = 0;
            assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
            nalg_ctx_set_seed(ctx, seed);
            nalg_result *result = critical_of(ctx, known[i].phrase, known[i].metric);
            assert_int_equal(nalg_result_integer(result, "ed_degree", &value), NALG_TRUE);
            assert_int_equal(value, known[i].value);
            assert_int_equal(nalg_result_evidence(result), NALG_NUMERICAL);
            nalg_result_free(result);
            nalg_ctx_free(ctx);
        }
}

static bool valid(nalg_ctx *ctx, nalg_result *result)
{
    nalg_result *answer;
    assert_int_equal(nalg_verify(ctx, &answer, result), NALG_OK);
    bool ok = json_is_true(json_object_get(json_object_get(answer->document, "result"), "valid"));
    nalg_result_free(answer);
    return ok;
}

static void certificates(void **state)
{
    (void)state;
    nalg_ctx *ctx;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    nalg_result *r = critical_of(ctx, "mlp 2-1-1 x^2", "unit");
    json_t *result = json_object_get(r->document, "result"),
           *evidence = json_object_get(r->document, "evidence");
    assert_true(valid(ctx, r));
    json_object_set_new(evidence, "status", json_string("proved"));
    assert_false(valid(ctx, r));
    json_object_set_new(evidence, "status", json_string("numerical"));
    json_object_set_new(result, "samples", json_integer(3));
    assert_false(valid(ctx, r));
    json_object_set_new(result, "samples", json_null());
    assert_true(valid(ctx, r));
    json_object_set_new(result, "ed_degree", json_integer(5));
    assert_false(valid(ctx, r));
    json_object_set_new(result, "ed_degree", json_integer(4));
    json_object_set_new(result, "metric", json_string("generic"));
    assert_false(valid(ctx, r));
    json_object_set_new(result, "metric", json_string("unit"));
    json_array_set(json_object_get(evidence, "solutions"), 0,
                   json_array_get(json_object_get(evidence, "solutions"), 1));
    assert_false(valid(ctx, r));
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

/* A critical point left out everywhere it is counted: only a trace test tells. */
static void left_out(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *metric;
    } models[] = {{"mlp 2-2-1 x^4", "generic"}, {"mlp 2-2-1 x^4", "bombieri"}, {"mlp 2-1-2 x^2", "data"}};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++) {
        nalg_ctx *ctx;
        long long count = 0;
        assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
        nalg_result *r = critical_of(ctx, models[i].phrase, models[i].metric);
        json_t *result = json_object_get(r->document, "result"),
               *evidence = json_object_get(r->document, "evidence");
        assert_true(valid(ctx, r));
        assert_int_equal(nalg_result_integer(r, "ed_degree", &count), NALG_TRUE);
        json_object_set_new(result, "ed_degree", json_integer(count - 1));
        json_object_set_new(result, "solutions_certified", json_integer(count - 1));
        json_array_remove(json_object_get(evidence, "solutions"), 0);
        assert_false(valid(ctx, r));
        nalg_result_free(r);
        nalg_ctx_free(ctx);
    }
}

/* Too few points allowed for a generic metric (219 of them): a lower bound, and no claim of a generic number.
 */
static void limited(void **state)
{
    (void)state;
    nalg_ctx *ctx;
    long long count = 0;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    nalg_result *r = critical_within(ctx, "mlp 3-2-1 x^3", "bombieri", 30);
    assert_int_equal(nalg_result_integer(r, "ed_degree", &count), NALG_TRUE);
    assert_in_range(count, 1, 25); /* 25: exact elimination, known/ed_degree.tsv */
    assert_int_equal(nalg_result_evidence(r), NALG_PROVED_LOWER);
    assert_true(json_is_null(json_object_get(json_object_get(r->document, "evidence"), "generic_points")));
    assert_true(valid(ctx, r));
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

static void filling(void **state)
{
    (void)state;
    static const char *const metrics[] = {"generic", "unit", "bombieri", "gaussian", "data"};
    for (size_t i = 0; i < sizeof metrics / sizeof *metrics; i++) {
        nalg_ctx *ctx;
        long long count = 0;
        assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
        nalg_result *r = critical_of(ctx, "mlp 2-2-2 x^2", metrics[i]);
        assert_int_equal(nalg_result_integer(r, "ed_degree", &count), NALG_TRUE);
        assert_int_equal(count, 1);
        assert_int_equal(nalg_result_evidence(r), NALG_PROVED);
        nalg_result_free(r);
        nalg_ctx_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rank_one),     cmocka_unit_test(structured),
                                       cmocka_unit_test(certificates), cmocka_unit_test(left_out),
                                       cmocka_unit_test(filling),      cmocka_unit_test(limited)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
