/* The checker's sweep on functions differentiated by hand, and where it must refuse.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "certify/gradient.h"
#include "core/memory.h"
#include "field/prime.h"
#include "support/support.h"

static const uint64_t p = 1000003;

/* f = (w2 (w0 x0 + w1 x1)^2, 1/(w0 x0)) with functional (c0, c1). */
static int build(nalg_graph *g)
{
    int map, first;
    nalg_graph_init(g);
    int x = nalg_graph_input(g, 0, 2, true), w = nalg_graph_parameter(g, 0, 2), v = nalg_graph_parameter(g, 2, 1);
    int h = nalg_graph_product(g, w, false, x, false, 1, 2, 1), square = nalg_graph_multiply(g, v, nalg_graph_multiply(g, h, h));
    nalg_graph_map_new(g, 1, &first); /* entry 0 */
    int inverse = nalg_graph_inverse(g, nalg_graph_gather(g, nalg_graph_multiply(g, w, x), first));
    int32_t *second = nalg_graph_map_new(g, 1, &map);
    second[0] = 1;
    return nalg_graph_add(g, nalg_graph_scatter(g, square, first, 2), nalg_graph_scatter(g, inverse, map, 2));
}

static uint64_t mod(int64_t v)
{
    return (uint64_t)(v % (int64_t)p + (v < 0 ? (int64_t)p : 0));
}

static void test_by_hand(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_graph g;
    nalg_sweep s;
    int output = build(&g);
    assert_int_equal(nalg_sweep_create(ctx, &s, &g, output, p), NALG_OK);
    const uint64_t w[] = {2, 3, 5}, x[] = {7, 11}, c[] = {1, 0}, d[] = {0, 1};
    uint64_t value, gradient[3];
    const int64_t h = 2 * 7 + 3 * 11;
    assert_true(nalg_sweep_run(&s, &value, gradient, w, x, c));
    assert_int_equal(value, mod(5 * h * h));
    assert_int_equal(gradient[0], mod(2 * 5 * h * 7));
    assert_int_equal(gradient[1], mod(2 * 5 * h * 11));
    assert_int_equal(gradient[2], mod(h * h));
    assert_true(nalg_sweep_run(&s, &value, gradient, w, x, d));
    assert_int_equal(nalg_multiply_mod(value, 14, p), 1);
    assert_int_equal(nalg_sweep_outputs(&s)[1], value);
    assert_int_equal(nalg_sweep_outputs(&s)[0], mod(5 * h * h));
    /* d/dw0 1/(w0 x0) = -1/(w0^2 x0) */
    assert_int_equal(nalg_multiply_mod(gradient[0], 2 * 2 * 7, p), p - 1);
    assert_int_equal(gradient[1], 0);
    assert_int_equal(gradient[2], 0);
    nalg_sweep_clear(&s);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_graph g;
    nalg_sweep s = {.output = 7};
    int output = build(&g);
    const uint64_t zero[] = {0, 3, 5}, x[] = {7, 11}, c[] = {1, 0};
    uint64_t value;
    for (long k = 1; k <= 3; k++) {
        nalg_memory_fail_at(k);
        assert_int_equal(nalg_sweep_create(ctx, &s, &g, output, p), NALG_E_MEMORY);
        assert_int_equal(s.output, 7);
    }
    nalg_memory_fail_at(0);
    assert_int_equal(nalg_sweep_create(ctx, &s, &g, output, p), NALG_OK);
    assert_false(nalg_sweep_run(&s, &value, NULL, zero, x, c)); /* a pole */
    nalg_sweep_clear(&s);
    fmpq_t third;
    fmpq_init(third);
    fmpq_set_si(third, 1, 3);
    output = nalg_graph_constant(&g, third, 1);
    assert_int_equal(nalg_sweep_create(ctx, &s, &g, output, 3), NALG_OK); /* a coefficient without image mod 3 */
    const uint64_t ones[] = {1, 1, 1};
    assert_false(nalg_sweep_run(&s, &value, NULL, ones, ones, ones));
    nalg_sweep_clear(&s);
    fmpq_clear(third);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_by_hand), cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
