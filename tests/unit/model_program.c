/* What is known of tensor programs without running them. Degrees and channels by hand; that the symmetry
 * fields annihilate the gradients is tested with those of all layers (model_symmetry).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "model/model.h"
#include "model/program.h"
#include "support/support.h"

static const nalg_program *first_program(const nalg_model *model)
{
    const nalg_program *p = nalg_layer_program_of(&model->layers->layer[0]);
    assert_non_null(p);
    return p;
}

/* Bit e: degree e in the input occurs; 0: unknown. */
static const struct {
    const char *phrase;
    uint64_t degrees;
} degree_cases[] = {
    {"input 2 | program(w(4);mm(v1,x,2,2,1))", 2},
    {"input 2 | program(w(4);mm(v1,x,2,2,1);w(2);add(v2,v3))", 3},
    {"input 2 | program(mul(x,x);w(2);mul(v1,v2))", 4},
    {"input 2 | program(w(2);add(x,v1);pow(v2,3))", 15},                   /* (x + w)^3 */
    {"input 2 | program(w(2);mul(x,x);add(v2,v1);pow(v3,2))", 1 + 4 + 16}, /* (x^2 + w)^2 */
    {"input 2 | program(w(2);inv(v1);mul(x,v2))", 2},                      /* a quotient of weights only */
    {"input 2 | program(w(2);inv(x);mul(v2,v1))", 0},
    {"input 2 | program(w(2);mul(x,v1);put(v2,4,0,2:1))", 2},
    {"input 2 | program(w(2);mul(x,v1);pow(v2,63))", UINT64_C(1) << 63},
    {"input 2 | program(w(2);mul(x,v1);pow(v2,64))", 0}, /* one too many to follow */
    {"input 2 | program(w(2);add(x,v1);pow(v2,1000000))", 0},
    {"input 2 | program(w(2))", 1},
};

static void test_degrees(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof degree_cases / sizeof *degree_cases; i++) {
        nalg_model *model = test_model(ctx, degree_cases[i].phrase);
        uint64_t degrees = 7;
        assert_true(nalg_program_degrees(first_program(model), &degrees));
        if (degrees != degree_cases[i].degrees)
            print_error("%s: %llu\n", degree_cases[i].phrase, (unsigned long long)degrees);
        assert_int_equal(degrees, degree_cases[i].degrees);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* The layer's degrees compose with what stands before it, as those of the phrase with named layers do. */
static void test_composition(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"input 2 | dense 2 | x^2 | program(w(2);mm(v1,x,1,2,1))", "mlp 2-2-1 x^2"},
        {"input 2 | dense 2 | x^3+x | program(w(2);w(1);mm(v1,x,1,2,1);add(v3,v2);mul(v4,v4))",
         "mlp 2-2-1-1 x^3+x,x^2 bias"},
        {"input 2 | program(mul(x,x);mul(v1,x);add(v2,x)) | dense 1", "input 2 | x^3+x | dense 1"},
    };
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        nalg_degrees d[2];
        for (size_t k = 0; k < 2; k++) {
            nalg_model *model = test_model(ctx, pairs[i][k]);
            assert_true(nalg_degrees_coordinates(&d[k]) && nalg_pipeline_degrees(model->layers, &d[k]));
            nalg_model_free(model);
        }
        assert_true(d[0].known && d[1].known);
        if (i == 1) { /* the last bias adds nothing to what (.)^2 has already */
            assert_true(d[0].count <= d[1].count);
            assert_int_equal(d[0].degree[d[0].count - 1], d[1].degree[d[1].count - 1]);
        } else {
            assert_int_equal(d[0].count, d[1].count);
            assert_memory_equal(d[0].degree, d[1].degree, d[0].count * sizeof *d[0].degree);
        }
        nalg_degrees_clear(&d[0]);
        nalg_degrees_clear(&d[1]);
    }
    nalg_ctx_free(ctx);
}

static const struct {
    const char *phrase;
    size_t channels;
    bool channelwise;
} channel_cases[] = {
    {"input 2x3 | program(w(2);view(v1,0,2:1,3:0);mul(x,v2))", 2, true},
    {"input 2x3 | program(w(2);view(v1,0,2:1,3:0);mul(x,v2);c(1,1,1,5,5,5);add(v3,v4))", 2, true},
    {"input 2x3 | program(c(1,1,1,5,5,6);add(x,v1);w(1);mul(v2,v3))", 2,
     false},                                                              /* not the same at all positions */
    {"input 2x3 | program(w(3);view(v1,0,2:0,3:1);mul(x,v2))", 2, false}, /* one factor for each position */
    {"input 2x3 | program(w(6);mul(x,v1))", 2, false},
    {"input 6 | program(w(6);mul(x,v1))", 6, true},
    {"input 6 | program(w(1);mul(x,v1))", 2, true},
    {"input 6 | program(mul(x,x);w(6);mul(v1,v2))", 6, false}, /* not linear */
    {"input 6 | program(w(36);mm(v1,x,6,6,1))", 6, false},
    {"input 6 | program(view(x,5,6:-1);w(6);mul(v1,v2))", 6, false}, /* moves entries */
    {"input 6 | program(w(6))", 6, false},
    {"input 6 | program(w(6);mul(x,v1))", 4, false}, /* 6 entries are no 4 channels */
};

static void test_channels(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof channel_cases / sizeof *channel_cases; i++) {
        nalg_model *model = test_model(ctx, channel_cases[i].phrase);
        bool found = !channel_cases[i].channelwise;
        assert_true(nalg_program_is_channelwise(first_program(model), channel_cases[i].channels, &found));
        if (found != channel_cases[i].channelwise) print_error("%s\n", channel_cases[i].phrase);
        assert_int_equal(found, channel_cases[i].channelwise);
        for (long k = 1; k < 4; k++) { /* no answer is claimed when memory is out */
            nalg_memory_fail_at(k);
            bool ran = nalg_program_is_channelwise(first_program(model), channel_cases[i].channels, &found);
            nalg_memory_fail_at(0);
            assert_true(!found || (ran && channel_cases[i].channelwise));
        }
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_degrees), cmocka_unit_test(test_composition),
                                       cmocka_unit_test(test_channels)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
