/* Expanded polynomials against exact evaluation: random graphs of all operations at random rational points. The oracle evaluates entry by
 * entry in rational numbers (support/random_graph.h).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/context.h"
#include "graph/expand.h"
#include "support/random_graph.h"
#include "support/support.h"

#define GRAPHS 300
#define VARIABLES (TEST_INPUTS + TEST_PARAMETERS)

typedef struct {
    fmpq_mpoly_ctx_t ring;
    fmpq_mpoly_struct *variable;
    const fmpq_mpoly_struct *slots[1];
    nalg_expansion expansion;
} setting;

static void setting_init(setting *s)
{
    fmpq_mpoly_ctx_init(s->ring, VARIABLES, ORD_LEX);
    s->variable = nalg_expansion_array(VARIABLES, s->ring);
    for (slong i = 0; i < VARIABLES; i++) fmpq_mpoly_gen(s->variable + i, i, s->ring);
    s->slots[0] = s->variable;
    s->expansion = (nalg_expansion){.ring = s->ring, .parameter = s->variable + TEST_INPUTS, .input = s->slots};
}

static void setting_clear(setting *s)
{
    nalg_expansion_array_free(s->variable, VARIABLES, s->ring);
    fmpq_mpoly_ctx_clear(s->ring);
}

/* All entries of one graph's output at one point: 1 compared, 0 refused as too large. */
static int compare(nalg_ctx *ctx, uint64_t seed, test_dual *exact)
{
    setting s;
    nalg_graph g;
    nalg_random r = nalg_random_stream(seed, 79);
    fmpq point[VARIABLES], zero[TEST_PARAMETERS], *at[VARIABLES];
    setting_init(&s);
    int output = test_random_graph(&g, seed, false);
    for (size_t i = 0; i < VARIABLES; i++) fmpq_init(&point[i]), at[i] = &point[i];
    for (size_t i = 0; i < TEST_PARAMETERS; i++) fmpq_init(&zero[i]);
    test_random_rationals(point, VARIABLES, &r);
    assert_true(test_dual_run(exact, &g, g.count, point, point + TEST_INPUTS, zero));
    size_t size = g.node[output].size;
    fmpq_mpoly_struct *out = nalg_expansion_array(size, s.ring);
    nalg_status status = nalg_graph_expand(ctx, out, &g, output, &s.expansion);
    for (size_t k = 0; status == NALG_OK && k < size; k++) {
        fmpq_t value;
        fmpq_init(value);
        assert_true(fmpq_mpoly_evaluate_all_fmpq(value, out + k, at, s.ring));
        assert_true(fmpq_equal(value, &exact->value[output][k]));
        fmpq_clear(value);
    }
    assert_true(status == NALG_OK || status == NALG_E_LIMIT);
    nalg_expansion_array_free(out, size, s.ring);
    for (size_t i = 0; i < VARIABLES; i++) fmpq_clear(&point[i]);
    for (size_t i = 0; i < TEST_PARAMETERS; i++) fmpq_clear(&zero[i]);
    nalg_graph_clear(&g);
    setting_clear(&s);
    return status == NALG_OK;
}

static void same_values(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    test_dual *exact = malloc(sizeof *exact);
    int compared = 0;
    test_dual_init(exact);
    for (uint64_t seed = 0; seed < GRAPHS; seed++) compared += compare(ctx, seed, exact);
    assert_true(compared > GRAPHS * 9 / 10);
    test_dual_clear(exact);
    free(exact);
    nalg_ctx_free(ctx);
}

/* (x1 + x2 + x3 + 1)^400 has more than ten million terms; x^1000 is refused by its degree. */
static void limits(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (uint64_t exponent = 399; exponent <= 1000; exponent += 601) {
        setting s;
        nalg_graph g;
        setting_init(&s);
        nalg_graph_init(&g);
        int x = nalg_graph_input(&g, 0, TEST_INPUTS, true), one = nalg_graph_constant_si(&g, 1, TEST_INPUTS);
        int sum = nalg_graph_add(&g, nalg_graph_product(&g, one, false, x, false, 1, TEST_INPUTS, 1), nalg_graph_constant_si(&g, 1, 1));
        int power = nalg_graph_power(&g, sum, exponent);
        fmpq_mpoly_struct *out = nalg_expansion_array(1, s.ring);
        double started = nalg_seconds();
        assert_int_equal(nalg_graph_expand(ctx, out, &g, power, &s.expansion), NALG_E_LIMIT);
        assert_true(nalg_seconds() - started < 20);
        nalg_expansion_array_free(out, 1, s.ring);
        nalg_graph_clear(&g);
        setting_clear(&s);
    }
    nalg_ctx_free(ctx);
}

static void inverses(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    setting s;
    nalg_graph g;
    setting_init(&s);
    nalg_graph_init(&g);
    int x = nalg_graph_input(&g, 0, TEST_INPUTS, true), inverse = nalg_graph_inverse(&g, x);
    int number = nalg_graph_inverse(&g, nalg_graph_constant_si(&g, 7, 1)), nothing = nalg_graph_inverse(&g, nalg_graph_constant_si(&g, 0, 1));
    fmpq_mpoly_struct *out = nalg_expansion_array(TEST_INPUTS, s.ring);
    assert_int_equal(nalg_graph_expand(ctx, out, &g, inverse, &s.expansion), NALG_E_UNSUPPORTED);
    assert_int_equal(nalg_graph_expand(ctx, out, &g, nothing, &s.expansion), NALG_E_UNSUPPORTED);
    g.node[inverse].op = NALG_OP_INPUT; /* the other nodes stay */
    assert_int_equal(nalg_graph_expand(ctx, out, &g, number, &s.expansion), NALG_OK);
    fmpq_t seventh;
    fmpq_init(seventh);
    fmpq_set_si(seventh, 1, 7);
    assert_true(fmpq_mpoly_equal_fmpq(out, seventh, s.ring));
    fmpq_clear(seventh);
    nalg_expansion_array_free(out, TEST_INPUTS, s.ring);
    nalg_graph_clear(&g);
    setting_clear(&s);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_values), cmocka_unit_test(limits), cmocka_unit_test(inverses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
