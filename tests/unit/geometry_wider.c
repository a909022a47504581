/* Models that include those with linear programs: the phrase by hand, and that the functions really are
 * included, by dimensions: a model is never larger than the wider one, nor than the two together.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "geometry/wider.h"
#include "support/support.h"

#define BATCH_NORM "c(1,2,3);add(x,v1);w(3);mul(v2,v3);w(3);add(v4,v5)" /* (x + c) gamma + beta */
#define ADAPTER "w(9);mm(v1,x,3,3,1);w(3);mm(v3,x,1,3,1);w(3);mm(v5,v4,3,1,1);add(v2,v6)" /* W x + B A x */

static const struct {
    const char *phrase, *wider; /* NULL: it has no linear program */
    const char *same;           /* a phrase of the same functions, or NULL */
} cases[] = {
    {"mlp 2-3-1 x^2", NULL, NULL},
    {"input 3 | program(" ADAPTER ") | x^2 | dense 2", "input 3 | dense 3 | x^2 | dense 2", "mlp 3-3-2 x^2"},
    {"input 2 | dense 3 | program(" BATCH_NORM ") | x^2 | dense 1", "input 2 | dense 3 bias | x^2 | dense 1",
     "input 2 | dense 3 bias | x^2 | dense 1"},
    {"input 2 | dense 3 bias | x^3 | program(" BATCH_NORM ") | dense 2",
     "input 2 | dense 3 bias | x^3 | dense 2 bias", "mlp 2-3-2 x^3 bias"},
    {"input 2 | dense 3 | program(" BATCH_NORM ") | dense 1", "input 2 | dense 3 bias | dense 1",
     "input 2 | dense 1 bias"},
    {"input 4 | program(w(4);mm(v1,x,1,4,1)) | dense 3", "input 4 | dense 1 | dense 3",
     "linear 4-1-3"}, /* the rank stays */
    {"input 2x3 | program(w(6);mul(x,v1)) | dense 2", "input 2x3 | flatten | dense 2", NULL},
    {"input 1x5 | conv 2 out=2 | program(w(2);view(v1,0,2:1,4:0);add(x,v2)) out=2x4 | x^2 | flatten | dense "
     "1",
     "input 1x5 | conv 2 out=2 bias | x^2 | flatten | dense 1",
     "input 1x5 | conv 2 out=2 bias | x^2 | flatten | dense 1"},
    {"input 1x5 | conv 2 out=2 bias | program(w(2);view(v1,0,2:1,4:0);mul(x,v2)) out=2x4 | x^2 | flatten | "
     "dense 1",
     "input 1x5 | conv 2 out=2 bias | x^2 | flatten | dense 1",
     "input 1x5 | conv 2 out=2 bias | x^2 | flatten | dense 1"},
    {"input 1x5 | conv 2 out=2 | program(w(8);mul(x,v1)) out=2x4 | x^2 | flatten | dense 1", NULL,
     NULL}, /* not alike at all positions */
    {"input 3 | residual(program(" ADAPTER ") | x^2 | dense 3) | dense 1",
     "input 3 | residual(dense 3 | x^2 | dense 3) | dense 1",
     "input 3 | residual(dense 3 | x^2 | dense 3) | dense 1"},
    {"input 3 | program(" ADAPTER ") share=a | x^2 | program(" ADAPTER ") share=a", NULL,
     NULL},                                                                 /* tied: nothing is replaced */
    {"input 3 | program(w(3);mul(x,v1);mul(v2,v2)) | dense 1", NULL, NULL}, /* not linear */
};

static long long dimension_of(nalg_ctx *ctx, const char *phrase, const char *key)
{
    nalg_result *result = test_dim(ctx, phrase, NULL);
    long long value = test_integer(result, key);
    nalg_result_free(result);
    return value;
}

static void test_phrases(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_model *model = test_model(ctx, cases[i].phrase), *wider = NULL;
        assert_int_equal(nalg_wider_model(ctx, &wider, model), NALG_OK);
        if (!cases[i].wider != !wider)
            print_error("%s: %s\n", cases[i].phrase, wider ? nalg_model_pipeline(wider) : "nothing");
        assert_true(!cases[i].wider == !wider);
        if (wider) {
            assert_string_equal(nalg_model_pipeline(wider), cases[i].wider);
            assert_true(dimension_of(ctx, cases[i].phrase, "dimension") <=
                        dimension_of(ctx, cases[i].wider, "dimension"));
        }
        nalg_model_free(wider);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* A model of the same functions as a phrase has its dimension, proved when the phrase's is. */
static void test_proved(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t compared = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!cases[i].same) continue;
        long long wanted = dimension_of(ctx, cases[i].same, "dimension"),
                  upper = dimension_of(ctx, cases[i].same, "upper_bound");
        assert_int_equal(dimension_of(ctx, cases[i].phrase, "dimension"), wanted);
        if (wanted == upper) assert_int_equal(dimension_of(ctx, cases[i].phrase, "upper_bound"), wanted);
        compared += wanted == upper;
    }
    assert_true(compared > 5);
    nalg_ctx_free(ctx);
}

static void test_memory(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_model *model = test_model(ctx, cases[i].phrase), *wider = NULL;
        nalg_status status = NALG_E_MEMORY;
        for (long k = 1; status == NALG_E_MEMORY; k++) {
            nalg_memory_fail_at(k);
            status = nalg_wider_model(ctx, &wider, model);
            nalg_memory_fail_at(0);
            assert_true(status == NALG_OK || !wider);
        }
        assert_int_equal(status, NALG_OK);
        nalg_model_free(wider);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_phrases), cmocka_unit_test(test_proved),
                                       cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
