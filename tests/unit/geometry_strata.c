/* Strata of subnetworks: strata of one set are the same function in different places of the space of weights,
 * in exact arithmetic modulo a prime; their numbers against counts by hand.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "geometry/strata.h"
#include "support/support.h"

#define SAMPLES 12

static nalg_strata strata_of(nalg_ctx *ctx, const nalg_model *model, size_t depth)
{
    nalg_strata s = {0};
    nalg_strata_options options = {.depth = depth};
    assert_int_equal(nalg_strata_find(ctx, &s, model, &options), NALG_OK);
    return s;
}

/* Weights of a stratum from its free parameters, the same core for all. */
static void weights_of(uint64_t *w, const nalg_strata *s, const nalg_stratum *t, uint64_t p)
{
    for (size_t i = 0; i < s->parameters; i++) {
        int32_t k = t->map[i];
        nalg_random r = nalg_random_stream(7, k < t->core_count ? 1 : 1000 + (uint64_t)(t - s->item));
        r.counter = (uint64_t)(uint32_t)k;
        w[i] = k < 0 ? 0 : nalg_random_bits(&r) % p;
    }
    for (size_t k = 0; k < t->less_count; k++) {
        uint64_t *target = &w[t->less[k][0]];
        *target = (*target + p - w[t->less[k][1]]) % p;
    }
}

static void values_at(nalg_ctx *ctx, uint64_t *value, const nalg_model *model, const uint64_t *w, uint64_t p)
{
    nalg_field field;
    nalg_field_word(&field, p);
    nalg_point point = {.prime = p, .seed = 3, .trial = 1, .weights = w};
    assert_int_equal(nalg_function_matrix(ctx, value, model, &field, &point, 1, SAMPLES), NALG_OK);
}

static const char *const models[] = {
    "mlp 2-2-1 x^3+x^2",
    "mlp 2-3-3-2 x^3+x",
    "mlp 2-3-3-2 x^2",
    "mlp 3-4-2 x^2+1 bias",
    "mlp 2-3-2 x^2+x bias",
    "linear 3-2-3",
    "linear 4-3-3-4",
    "cnn k=2,2 x^2",
    "cnn k=3,2,3 s=2,1,1 x^2",
    "cnn k=3,3 linear",
    "attention d=2,1 a=2 t=2",
    "attention d=3 a=2 t=2",
    "attention d=3,3,2 a=2,1 t=3",
    "attention d=4,4 a=2 dv=2 heads=3 t=2",
    "attention d=3 a=2 t=3 norm=1+x",
    "input 1x6x6 | conv2d 3x3 out=3 | x^2 | conv2d 2x2 out=2 | x^2 | flatten | dense 2",
    "input 8 | conv 3 out=2 bias | x^2+x | sumpool | dense 1",
    "input 3 | residual(dense 4 | x^2 | dense 3) | x^2 | dense 1",
    "gcnn group=Z3 layers=2 x^2",
    "input 3 | dense 3 share=a | x^2 | dense 3 share=a | dense 2",
    "input 3 | dense 3 | dense 4 | x^2 | dense 4 | dense 3 | dense 2",
    "input 5 | conv 2 out=2 | x^2 | conv 2 out=3 | x^2+x | conv 2 out=2",
    "input 6 | conv 3 out=2 bias | x^3 | flatten | dense 2 bias",
    "input 4x4 | conv2d 2x3 | x^2 | conv2d 2x1 stride=2x1",
    "mlp 2-2-3 x^2",
    "attention d=3 a=1 t=2",
    "attention d=2,2 a=2 heads=2 t=2",
    "mlp 2-2-2 1/x"};

static void test_same_function(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    uint64_t p = nalg_prime_word(0, 1000);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        nalg_model *model = test_model(ctx, models[m]);
        nalg_strata s = strata_of(ctx, model, 2);
        uint64_t *w = nalg_array(s.parameters, sizeof *w), first[SAMPLES] = {0}, value[SAMPLES];
        for (size_t i = 0; i < s.count; i++) {
            const nalg_stratum *t = &s.item[i];
            bool begins = i == 0 || s.item[i - 1].set != t->set;
            if (!strcmp(models[m], "mlp 2-2-2 1/x")) break; /* zero weights are poles */
            weights_of(w, &s, t, p);
            values_at(ctx, begins ? first : value, model, w, p);
            if (begins)
                assert_int_equal(t->core_count, t->free_count);
            else if (memcmp(first, value, sizeof value))
                fail_msg("%s: '%s' is not '%s'", models[m], t->name, s.set_name[t->set]);
            bool inside = false;
            assert_int_equal(nalg_stratum_inside(ctx, &inside, &s, t, t), NALG_OK);
            assert_true(inside);
        }
        free(w);
        nalg_strata_clear(&s);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

static size_t sets_of(nalg_ctx *ctx, const char *phrase, size_t depth)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_strata s = strata_of(ctx, model, depth);
    size_t sets = s.sets;
    nalg_strata_clear(&s);
    nalg_model_free(model);
    return sets;
}

static void test_counts(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    assert_int_equal(sets_of(ctx, "mlp 2-2-1 x^3+x^2", 2), 2); /* one unit; zero */
    assert_int_equal(sets_of(ctx, "mlp 2-4-3-1 x^3", 1), 3 + 2 + 1);
    assert_int_equal(sets_of(ctx, "mlp 2-4-3-1 x^3", 2), 3 + 2 + 1 + 6);
    assert_int_equal(sets_of(ctx, "linear 3-2-3", 2), 2);     /* rank 1; zero */
    assert_int_equal(sets_of(ctx, "linear 4-5-3-5-4", 2), 3); /* ranks 2, 1, 0 at the narrowest place only */
    assert_int_equal(sets_of(ctx, "cnn k=2,2 x^2", 2),
                     2 + 2 + 3 + 1); /* lengths (1,2), (2,1) at two shifts, (1,1) at three; zero */
    assert_int_equal(sets_of(ctx, "attention d=2,1 a=2 t=2", 2), 2);
    assert_int_equal(sets_of(ctx, "mlp 2-2-3 x^2", 2),
                     3); /* one unit; outgoing weights of rank 1; zero. One unit and rank 1 is one unit */
    assert_int_equal(sets_of(ctx, "attention d=2 a=2 t=2", 2),
                     4); /* ranks of keys and values, alone and together; zero */
    assert_int_equal(sets_of(ctx, "input 3 | conv 2 | x^2 | dense 1", 2), 8);
    /* Two channels alike: 4 by (1,2) and (2,1), 3 by (1,1); the first alone at the one shift with two places;
     * one channel left; zero. */
    assert_int_equal(sets_of(ctx, "input 3 | conv 2 out=2 | x^2 | conv 2", 1), 4 + 3 + 1 + 1 + 1);
    /* Along each axis nothing, (1,2) and (2,1) at two shifts, (1,1) at three; not nothing along both; zero.
     */
    assert_int_equal(sets_of(ctx, "input 3x3 | conv2d 2x2 | x^2 | conv2d 2x2", 1), 8 * 8 - 1 + 1);
    nalg_ctx_free(ctx);
}

static void test_limits(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-30-30-1 x^3");
    nalg_strata s = {0};
    nalg_strata_options options = {.limit = 10};
    assert_int_equal(nalg_strata_find(ctx, &s, model, &options), NALG_OK);
    assert_true(s.truncated && s.sets <= 11);
    nalg_strata_clear(&s);
    options = (nalg_strata_options){.depth = 9};
    assert_int_equal(nalg_strata_find(ctx, &s, model, &options), NALG_E_ARGUMENT);
    options = (nalg_strata_options){.limit = 1000000};
    assert_int_equal(nalg_strata_find(ctx, &s, model, &options), NALG_E_ARGUMENT);
    for (long k = 1; k < 60; k++) {
        nalg_memory_fail_at(k);
        nalg_status status = nalg_strata_find(ctx, &s, model, NULL);
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || status == NALG_E_MEMORY);
        if (status == NALG_OK) nalg_strata_clear(&s);
    }
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_function), cmocka_unit_test(test_counts),
                                       cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
