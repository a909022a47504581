/* Reverse and forward mode on random graphs, against rational dual numbers, the checker's scalar sweep and finite differences.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "certify/gradient.h"
#include "field/prime.h"
#include "graph/evaluate.h"
#include "support/random_graph.h"
#include "support/support.h"

#define GRAPHS 200
#define BATCH 3

/* A random graph with the adjoint of every parameter node and a tangent of the output. */
typedef struct {
    nalg_graph plain, graph; /* the value alone; with derivatives */
    int output, tangent;
    size_t count; /* nodes of the value */
    int adjoint[TEST_NODES], direction[TEST_NODES];
} derivatives;

static void derivatives_init(derivatives *d, uint64_t seed, bool inverses)
{
    bool source[TEST_NODES] = {false};
    int tangent[TEST_NODES];
    test_random_graph(&d->plain, seed, inverses);
    d->output = test_random_graph(&d->graph, seed, inverses);
    nalg_graph *g = &d->graph;
    d->count = g->count;
    int cotangent = nalg_graph_input(g, 1, g->node[d->output].size, true);
    for (size_t i = 0; i < d->count; i++) source[i] = g->node[i].op == NALG_OP_PARAMETER;
    assert_true(nalg_graph_adjoint(g, d->output, cotangent, source, d->adjoint));
    for (size_t i = 0; i < d->count; i++) d->direction[i] = tangent[i] = NALG_NO_NODE;
    for (size_t i = 0; i < d->count; i++)
        if (source[i]) d->direction[i] = tangent[i] = nalg_graph_input(g, 2 + i, g->node[i].size, false);
    assert_true(nalg_graph_tangent(g, d->count, tangent));
    d->tangent = tangent[d->output];
}

static void derivatives_clear(derivatives *d)
{
    nalg_graph_clear(&d->plain);
    nalg_graph_clear(&d->graph);
}

/* Residues of rationals as elements of the word field. */
static void residues(uint64_t *out, const fmpq *q, size_t n, uint64_t p)
{
    for (size_t i = 0; i < n; i++) out[i] = test_residue(&q[i], p);
}

/* Gradient of sample s summed over the parameter nodes, which overlap. */
static void gather_gradient(const derivatives *d, nalg_evaluation *e, size_t s, uint64_t *gradient, uint64_t p)
{
    memset(gradient, 0, TEST_PARAMETERS * sizeof *gradient);
    for (size_t i = 0; i < d->count; i++) {
        const nalg_node *n = &d->graph.node[i];
        if (n->op != NALG_OP_PARAMETER || d->adjoint[i] < 0) continue;
        const uint64_t *value = nalg_evaluation_value(e, d->adjoint[i]);
        bool batched = d->graph.node[d->adjoint[i]].batched;
        assert_int_equal(d->graph.node[d->adjoint[i]].size, n->size);
        for (size_t k = 0; k < n->size; k++)
            gradient[n->offset + k] = nalg_add_mod(gradient[n->offset + k], value[batched ? k * BATCH + s : k], p);
    }
}

static void check_graph(nalg_ctx *ctx, uint64_t seed, size_t *compared)
{
    const uint64_t p = nalg_prime_word((unsigned)(seed % 3), 0);
    nalg_random r = nalg_random_stream(seed, 79);
    derivatives d;
    nalg_field field;
    nalg_evaluation *e;
    nalg_sweep sweep;
    test_dual *exact = malloc(sizeof *exact);
    fmpq x[BATCH][TEST_INPUTS], w[TEST_PARAMETERS], dw[TEST_PARAMETERS];
    uint64_t xs[TEST_INPUTS * BATCH], ws[TEST_PARAMETERS], dws[TEST_PARAMETERS], c[TEST_ENTRIES * BATCH], gradient[TEST_PARAMETERS], swept[TEST_PARAMETERS];
    for (size_t i = 0; i < TEST_PARAMETERS; i++) fmpq_init(&w[i]), fmpq_init(&dw[i]);
    test_random_rationals(w, TEST_PARAMETERS, &r);
    test_random_rationals(dw, TEST_PARAMETERS, &r);
    residues(ws, w, TEST_PARAMETERS, p);
    residues(dws, dw, TEST_PARAMETERS, p);
    derivatives_init(&d, seed, true);
    nalg_field_word(&field, p);
    size_t outputs = d.graph.node[d.output].size;
    for (size_t i = 0; i < outputs * BATCH; i++) c[i] = nalg_random_below(&r, p);
    assert_int_equal(nalg_evaluation_create(ctx, &e, &d.graph, &field, BATCH), NALG_OK);
    nalg_evaluation_set_parameters(e, ws);
    for (size_t i = 0; i < d.count; i++)
        if (d.direction[i] >= 0) nalg_evaluation_set_input(e, 2 + i, dws + d.graph.node[i].offset);
    nalg_evaluation_set_input(e, 1, c);
    for (size_t s = 0; s < BATCH; s++) {
        for (size_t i = 0; i < TEST_INPUTS; i++) fmpq_init(&x[s][i]);
        test_random_rationals(x[s], TEST_INPUTS, &r);
        for (size_t i = 0; i < TEST_INPUTS; i++) xs[i * BATCH + s] = test_residue(&x[s][i], p);
    }
    nalg_evaluation_set_input(e, 0, xs);
    bool finite = nalg_evaluation_run(e, 0, d.graph.count);
    assert_int_equal(nalg_sweep_create(ctx, &sweep, &d.plain, d.output, p), NALG_OK);
    test_dual_init(exact);
    for (size_t s = 0; finite && s < BATCH; s++) {
        uint64_t one[TEST_INPUTS], functional[TEST_ENTRIES], sum = 0, along = 0, total = 0, value;
        residues(one, x[s], TEST_INPUTS, p);
        for (size_t k = 0; k < outputs; k++) functional[k] = c[k * BATCH + s];
        gather_gradient(&d, e, s, gradient, p);
        assert_true(nalg_sweep_run(&sweep, &value, swept, ws, one, functional));
        assert_memory_equal(gradient, swept, d.plain.parameters * sizeof *gradient);
        assert_true(test_dual_run(exact, &d.plain, d.count, x[s], w, dw));
        for (size_t k = 0; k < outputs; k++) { /* the tangent, entry by entry, and <c, value>, <c, tangent> */
            uint64_t wanted = test_residue(&exact->tangent[d.output][k], p);
            if (d.tangent >= 0) {
                const uint64_t *t = nalg_evaluation_value(e, d.tangent);
                assert_int_equal(t[d.graph.node[d.tangent].batched ? k * BATCH + s : k], wanted);
            } else {
                assert_int_equal(wanted, 0);
            }
            along = nalg_add_mod(along, nalg_multiply_mod(functional[k], wanted, p), p);
            total = nalg_add_mod(total, nalg_multiply_mod(functional[k], test_residue(&exact->value[d.output][k], p), p), p);
        }
        for (size_t i = 0; i < TEST_PARAMETERS; i++) sum = nalg_add_mod(sum, nalg_multiply_mod(gradient[i], dws[i], p), p);
        assert_int_equal(sum, along);
        assert_int_equal(value, total);
        ++*compared;
    }
    for (size_t s = 0; s < BATCH; s++)
        for (size_t i = 0; i < TEST_INPUTS; i++) fmpq_clear(&x[s][i]);
    for (size_t i = 0; i < TEST_PARAMETERS; i++) fmpq_clear(&w[i]), fmpq_clear(&dw[i]);
    test_dual_clear(exact);
    free(exact);
    nalg_sweep_clear(&sweep);
    nalg_evaluation_free(e);
    derivatives_clear(&d);
}

static void test_against_dual_numbers_and_sweep(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t compared = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) check_graph(ctx, seed, &compared);
    assert_true(compared > GRAPHS);
    nalg_ctx_free(ctx);
}

/* Central differences in doubles, on graphs without reciprocals. */
static void test_against_finite_differences(void **state)
{
    (void)state;
    const double step = 1e-4;
    nalg_ctx *ctx = test_context();
    nalg_field field;
    size_t compared = 0;
    nalg_field_real(&field);
    for (uint64_t seed = 1000; seed < 1000 + GRAPHS; seed++) {
        nalg_random r = nalg_random_stream(seed, 80);
        derivatives d;
        nalg_evaluation *e;
        derivatives_init(&d, seed, false);
        size_t outputs = d.graph.node[d.output].size;
        double x[TEST_INPUTS], w[TEST_PARAMETERS], c[TEST_ENTRIES], zero[TEST_ENTRIES] = {0};
        for (size_t i = 0; i < TEST_INPUTS; i++) x[i] = nalg_random_normal(&r);
        for (size_t i = 0; i < TEST_PARAMETERS; i++) w[i] = nalg_random_normal(&r);
        for (size_t i = 0; i < outputs; i++) c[i] = nalg_random_normal(&r);
        assert_int_equal(nalg_evaluation_create(ctx, &e, &d.graph, &field, 1), NALG_OK);
        nalg_evaluation_set_input(e, 0, x);
        nalg_evaluation_set_input(e, 1, c);
        for (size_t i = 0; i < d.count; i++) nalg_evaluation_set_input(e, 2 + i, zero);
        nalg_evaluation_set_parameters(e, w);
        assert_true(nalg_evaluation_run(e, 0, d.graph.count));
        double gradient[TEST_PARAMETERS] = {0};
        for (size_t i = 0; i < d.count; i++)
            for (size_t k = 0; d.graph.node[i].op == NALG_OP_PARAMETER && d.adjoint[i] >= 0 && k < d.graph.node[i].size; k++)
                gradient[d.graph.node[i].offset + k] += ((const double *)nalg_evaluation_value(e, d.adjoint[i]))[k];
        for (size_t i = 0; i < TEST_PARAMETERS; i++) {
            double difference = 0, size = 1, kept = w[i];
            for (int side = -1; side <= 1; side += 2) {
                w[i] = kept + side * step;
                nalg_evaluation_set_parameters(e, w);
                assert_true(nalg_evaluation_run(e, 0, d.count));
                const double *value = nalg_evaluation_value(e, d.output);
                for (size_t k = 0; k < outputs; k++) difference += side * c[k] * value[k] / (2 * step), size += fabs(c[k] * value[k]);
            }
            w[i] = kept;
            if (size > 1e4) continue; /* third derivatives too large for the step */
            assert_true(fabs(difference - gradient[i]) < 1e-4 * (size + fabs(gradient[i])));
            compared += gradient[i] != 0;
        }
        nalg_evaluation_free(e);
        derivatives_clear(&d);
    }
    assert_true(compared > GRAPHS);
    nalg_ctx_free(ctx);
}

/* Degrees of (x y + 1)^3 / x and of a constant. */
static void test_degree(void **state)
{
    (void)state;
    nalg_graph g;
    uint64_t n[16], d[16];
    nalg_graph_init(&g);
    int x = nalg_graph_input(&g, 0, 1, true), w = nalg_graph_parameter(&g, 0, 1), one = nalg_graph_constant_si(&g, 1, 1);
    int base = nalg_graph_add(&g, nalg_graph_multiply(&g, x, w), one), cube = nalg_graph_power(&g, base, 3);
    int quotient = nalg_graph_multiply(&g, cube, nalg_graph_inverse(&g, x));
    nalg_graph_degree(&g, 0, n, d);
    assert_int_equal(n[cube], 3);
    assert_int_equal(n[quotient], 3);
    assert_int_equal(d[quotient], 1);
    assert_int_equal(n[one], 0);
    nalg_graph_degree(&g, 1, n, d);
    assert_int_equal(n[cube], 6);
    nalg_graph_clear(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_dual_numbers_and_sweep),
        cmocka_unit_test(test_against_finite_differences),
        cmocka_unit_test(test_degree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
