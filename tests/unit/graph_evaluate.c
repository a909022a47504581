/* One graph, many number systems: random graphs of all operations in every field against rational arithmetic.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "field/prime.h"
#include "graph/evaluate.h"
#include "support/random_graph.h"
#include "support/support.h"

#define GRAPHS 300
#define BATCH 3

/* One random graph with its data and exact values, a test_dual for each sample. */
typedef struct {
    nalg_graph graph;
    int output;
    fmpq x[BATCH][TEST_INPUTS], w[TEST_PARAMETERS], dw[TEST_PARAMETERS];
    test_dual *exact;
    bool finite;
} sample;

static void sample_init(sample *s, uint64_t seed)
{
    nalg_random r = nalg_random_stream(seed, 78);
    memset(s, 0, sizeof *s); /* zero is a valid fmpq but for its denominator, set below */
    s->output = test_random_graph(&s->graph, seed, true);
    test_random_rationals(s->w, TEST_PARAMETERS, &r);
    test_random_rationals(s->dw, TEST_PARAMETERS, &r);
    s->exact = malloc(BATCH * sizeof *s->exact);
    s->finite = true;
    for (size_t b = 0; b < BATCH; b++) {
        test_dual_init(&s->exact[b]);
        test_random_rationals(s->x[b], TEST_INPUTS, &r);
        s->finite = test_dual_run(&s->exact[b], &s->graph, s->graph.count, s->x[b], s->w, s->dw) && s->finite;
    }
}

static void sample_clear(sample *s)
{
    for (size_t b = 0; b < BATCH; b++) test_dual_clear(&s->exact[b]);
    free(s->exact);
    nalg_graph_clear(&s->graph);
}

/* Evaluate in a field; NULL at a pole. The arrays hold elements of any field. */
static nalg_evaluation *evaluate(nalg_ctx *ctx, const sample *s, const nalg_field *f)
{
    nalg_evaluation *e = NULL;
    size_t inputs = TEST_INPUTS * BATCH;
    char *x = malloc(inputs * f->size), *w = malloc(TEST_PARAMETERS * f->size);
    if (f->init) f->init(f, x, inputs), f->init(f, w, TEST_PARAMETERS);
    for (size_t i = 0; i < TEST_INPUTS; i++)
        for (size_t b = 0; b < BATCH; b++) assert_true(f->set_rational(f, x + (i * BATCH + b) * f->size, &s->x[b][i]));
    for (size_t i = 0; i < TEST_PARAMETERS; i++) assert_true(f->set_rational(f, w + i * f->size, &s->w[i]));
    assert_int_equal(nalg_evaluation_create(ctx, &e, &s->graph, f, BATCH), NALG_OK);
    nalg_evaluation_set_parameters(e, w);
    nalg_evaluation_set_input(e, 0, x);
    bool finite = nalg_evaluation_run(e, 0, s->graph.count);
    if (f->clear) f->clear(f, x, inputs), f->clear(f, w, TEST_PARAMETERS);
    free(x);
    free(w);
    if (finite) return e;
    nalg_evaluation_free(e);
    return NULL;
}

/* Compare every entry of every node, through one function for each kind of element. */
typedef bool compare(const nalg_field *f, const void *element, const fmpq *exact);

static bool compare_fast(const nalg_field *f, const void *element, const fmpq *exact)
{
    return *(const double *)element == (double)test_residue(exact, f->mod.n);
}

static bool compare_word(const nalg_field *f, const void *element, const fmpq *exact)
{
    return *(const uint64_t *)element == test_residue(exact, f->mod.n);
}

static bool compare_ball(const nalg_field *f, const void *element, const fmpq *exact)
{
    (void)f;
    return arb_contains_fmpq(element, exact) && arb_rel_accuracy_bits(element) >= (fmpq_is_zero(exact) ? -ARF_PREC_EXACT : 20);
}

static bool compare_complex(const nalg_field *f, const void *element, const fmpq *exact)
{
    return compare_ball(f, acb_realref((const acb_struct *)element), exact) && arb_contains_zero(acb_imagref((const acb_struct *)element));
}

static bool compare_real(const nalg_field *f, const void *element, const fmpq *exact)
{
    (void)f;
    double wanted = fmpq_get_d(exact), got = *(const double *)element;
    return fabs(got - wanted) <= 1e-6 * (1 + fabs(wanted)); /* cancellation in the random graphs costs digits */
}

static size_t sweep(const nalg_field *f, compare *agrees, size_t graphs)
{
    nalg_ctx *ctx = test_context();
    size_t compared = 0, poles = 0;
    for (uint64_t seed = 0; seed < graphs; seed++) {
        sample s;
        sample_init(&s, seed);
        nalg_evaluation *e = s.finite || f->mod.n ? evaluate(ctx, &s, f) : NULL;
        if (f->mod.n) assert_int_equal(e != NULL, s.finite); /* no denominator of these graphs is divisible by our primes */
        poles += !s.finite;
        for (size_t i = 0; e && i < s.graph.count; i++) {
            const nalg_node *n = &s.graph.node[i];
            const char *value = nalg_evaluation_value(e, (int)i);
            for (size_t k = 0; k < n->size; k++)
                for (size_t b = 0; b < BATCH; b++, compared++)
                    if (!agrees(f, value + (n->batched ? k * BATCH + b : k) * f->size, &s.exact[b].value[i][k])) {
                        print_error("graph %llu, node %zu (operation %d), entry %zu of sample %zu\n", (unsigned long long)seed, i, n->op, k, b);
                        fail();
                    }
        }
        nalg_evaluation_free(e);
        sample_clear(&s);
    }
    nalg_ctx_free(ctx);
    assert_true(poles > 0 && poles < graphs / 2);
    return compared;
}

static void test_fast_prime(void **state)
{
    (void)state;
    nalg_field f;
    nalg_field_fast(&f, nalg_prime_fast(0, 0));
    assert_true(sweep(&f, compare_fast, GRAPHS) > 10000);
}

static void test_word_prime(void **state)
{
    (void)state;
    nalg_field f;
    nalg_field_word(&f, nalg_prime_word(0, 0));
    assert_true(sweep(&f, compare_word, GRAPHS) > 10000);
    nalg_field_word(&f, UINT64_C(9223372036854775783)); /* the largest prime below 2^63 */
    assert_true(sweep(&f, compare_word, GRAPHS) > 10000);
}

static void test_real(void **state)
{
    (void)state;
    nalg_field f;
    nalg_field_real(&f);
    assert_true(sweep(&f, compare_real, GRAPHS) > 10000);
}

static void test_balls(void **state)
{
    (void)state;
    nalg_field f;
    nalg_field_ball(&f, 128);
    assert_true(sweep(&f, compare_ball, GRAPHS) > 10000);
    nalg_field_complex_ball(&f, 128);
    assert_true(sweep(&f, compare_complex, GRAPHS / 3) > 3000);
}

/* Powers by repeated squaring, copies, and a constant with a denominator. */
static void test_builders(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_graph g;
    nalg_field f;
    nalg_evaluation *e;
    fmpq_t third;
    nalg_graph_init(&g);
    nalg_field_word(&f, 1000003);
    fmpq_init(third);
    fmpq_set_si(third, 1, 3);
    int x = nalg_graph_input(&g, 0, 2, true), power = nalg_graph_power(&g, x, 13), repeated = nalg_graph_repeat(&g, x, 3);
    int scaled = nalg_graph_scale(&g, x, third), difference = nalg_graph_subtract(&g, power, x);
    assert_int_equal(nalg_graph_power(&g, x, 1), x);
    assert_int_equal(nalg_graph_repeat(&g, x, 1), x);
    assert_int_equal(nalg_evaluation_create(ctx, &e, &g, &f, 1), NALG_OK);
    const uint64_t values[] = {3, 5}, p = 1000003;
    nalg_evaluation_set_input(e, 0, values);
    assert_true(nalg_evaluation_run(e, 0, g.count));
    const uint64_t *a = nalg_evaluation_value(e, power), *b = nalg_evaluation_value(e, repeated), *c = nalg_evaluation_value(e, scaled);
    assert_int_equal(a[0], 1594323 % p); /* 3^13 */
    assert_int_equal(a[1], 1220703125 % p);
    for (size_t i = 0; i < 6; i++) assert_int_equal(b[i], i < 3 ? 3 : 5);
    assert_int_equal(c[0], 1);
    assert_int_equal(nalg_multiply_mod(c[1], 3, p), 5);
    assert_int_equal(((const uint64_t *)nalg_evaluation_value(e, difference))[0], 1594323 % p - 3);
    nalg_evaluation_free(e);
    nalg_field_word(&f, 3); /* 1/3 has no image */
    assert_int_equal(nalg_evaluation_create(ctx, &e, &g, &f, 1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_graph_add(&g, x, NALG_NO_NODE), NALG_NO_NODE);
    assert_true(g.failed);
    nalg_graph_clear(&g);
    fmpq_clear(third);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_prime), cmocka_unit_test(test_word_prime), cmocka_unit_test(test_real),
        cmocka_unit_test(test_balls),      cmocka_unit_test(test_builders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
