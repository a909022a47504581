/* Systems in lanes against the generic evaluator's number system for doubles and against difference quotients and hand-made values.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <math.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/random.h"
#include "graph/evaluate.h"
#include "track/lanes.h"
#include "track/system_internal.h"

enum { BATCH = 5, INPUTS = 3, HIDDEN = 2, UNKNOWNS = HIDDEN * INPUTS + HIDDEN };

/* f(w, x) = sum_h v_h (u_h . x)^3 / (1 + (u_h . x)^2), equation j minus p_j: every operation of graph.h. */
static int build(nalg_graph *g)
{
    nalg_graph_init(g);
    int x = nalg_graph_input(g, 1, INPUTS, true), u = nalg_graph_parameter(g, 0, HIDDEN * INPUTS);
    int v = nalg_graph_parameter(g, HIDDEN * INPUTS, HIDDEN), h = nalg_graph_product(g, u, false, x, false, HIDDEN, INPUTS, 1);
    int below = nalg_graph_add(g, nalg_graph_constant_si(g, 1, 1), nalg_graph_power(g, h, 2));
    int a = nalg_graph_multiply(g, nalg_graph_power(g, h, 3), nalg_graph_inverse(g, below));
    int map;
    int32_t *turn = nalg_graph_map_new(g, HIDDEN, &map);
    turn[0] = 1, turn[1] = 0;
    return nalg_graph_product(g, nalg_graph_gather(g, v, map), false, nalg_graph_scatter(g, a, map, HIDDEN), false, 1, HIDDEN, 1);
}

static nalg_ctx *context(void)
{
    nalg_ctx *ctx;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    return ctx;
}

static void test_values_against_evaluator(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_graph g;
    int output = build(&g);
    nalg_random r = nalg_random_stream(1, 1);
    double x[INPUTS * BATCH], w[UNKNOWNS];
    double complex xc[INPUTS * BATCH], z[UNKNOWNS], p[BATCH], value[BATCH], jacobian[BATCH * UNKNOWNS];
    for (int i = 0; i < INPUTS * BATCH; i++) xc[i] = x[i] = nalg_random_normal(&r);
    for (int i = 0; i < UNKNOWNS; i++) z[i] = w[i] = nalg_random_normal(&r);
    for (int i = 0; i < BATCH; i++) p[i] = CMPLX(i, 1);
    const double complex *input[] = {NULL, xc};
    nalg_system_source source = {.graph = &g, .output = output, .batch = BATCH, .subtract_parameter = true, .input = input, .input_count = 2};
    nalg_system *s;
    assert_int_equal(nalg_system_create(ctx, &s, &source), NALG_OK);
    assert_int_equal(nalg_system_unknowns(s), UNKNOWNS);
    assert_int_equal(nalg_system_equations(s), BATCH);
    assert_int_equal(nalg_system_parameters(s), BATCH);
    assert_int_equal(nalg_system_evaluate(ctx, value, jacobian, s, z, 1, p), NALG_OK);

    nalg_field real;
    nalg_field_real(&real);
    nalg_evaluation *e;
    assert_int_equal(nalg_evaluation_create(ctx, &e, &g, &real, BATCH), NALG_OK);
    nalg_evaluation_set_input(e, 1, x);
    for (int shifted = -1; shifted < 2 * UNKNOWNS; shifted++) { /* the point, then central differences */
        static double plus[BATCH];
        double here[UNKNOWNS];
        for (int i = 0; i < UNKNOWNS; i++) here[i] = w[i] + (shifted / 2 == i && shifted >= 0 ? (shifted % 2 ? -1e-5 : 1e-5) : 0);
        nalg_evaluation_set_parameters(e, here);
        assert_true(nalg_evaluation_run(e, 0, g.count));
        const double *f = nalg_evaluation_value(e, output);
        for (int j = 0; j < BATCH; j++) {
            if (shifted < 0) assert_true(cabs(value[j] - (f[j] - p[j])) < 1e-13);
            else if (shifted % 2 == 0) plus[j] = f[j];
            else assert_true(cabs(jacobian[j * UNKNOWNS + shifted / 2] - (plus[j] - f[j]) / 2e-5) < 1e-7);
        }
    }
    nalg_evaluation_free(e);
    nalg_system_free(s);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

/* An input that moves is a parameter after those that are subtracted; a value at it equals that of the fixed system. */
static void test_moving_input(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_graph g;
    int output = build(&g);
    nalg_random r = nalg_random_stream(2, 1);
    double complex x[INPUTS * BATCH], z[UNKNOWNS], p[BATCH + INPUTS * BATCH], fixed[BATCH], moving[BATCH];
    for (int i = 0; i < INPUTS * BATCH; i++) x[i] = p[BATCH + i] = CMPLX(nalg_random_normal(&r), nalg_random_normal(&r));
    for (int i = 0; i < UNKNOWNS; i++) z[i] = CMPLX(nalg_random_normal(&r), nalg_random_normal(&r));
    for (int i = 0; i < BATCH; i++) p[i] = i;
    const double complex *input[] = {NULL, x};
    const bool moves[] = {false, true};
    nalg_system_source source = {.graph = &g, .output = output, .batch = BATCH, .subtract_parameter = true, .input = input, .input_count = 2};
    nalg_system *a, *b;
    assert_int_equal(nalg_system_create(ctx, &a, &source), NALG_OK);
    source.moving = moves;
    input[1] = NULL;
    assert_int_equal(nalg_system_create(ctx, &b, &source), NALG_OK);
    assert_int_equal(nalg_system_parameters(b), BATCH + INPUTS * BATCH);
    assert_int_equal(nalg_system_evaluate(ctx, fixed, NULL, a, z, 1, p), NALG_OK);
    assert_int_equal(nalg_system_evaluate(ctx, moving, NULL, b, z, 1, p), NALG_OK);
    for (int i = 0; i < BATCH; i++) assert_true(cabs(fixed[i] - moving[i]) <= 1e-13 * cabs(fixed[i]));
    nalg_system *none = NULL;
    source.moving = NULL; /* now the input is missing */
    assert_int_equal(nalg_system_create(ctx, &none, &source), NALG_E_ARGUMENT);
    assert_null(none);
    nalg_system_free(a);
    nalg_system_free(b);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

/* LU in lanes with matrices that need exchanges in some lanes only: A x = b is met, in every instruction set. */
static void test_linear_solves(void **state)
{
    (void)state;
    enum { MOST = 13 };
    const nalg_lane_kernels *all[4];
    const size_t sets = nalg_lane_kernels_all(all);
    for (size_t set = 0; set < sets; set++)
        for (size_t n = 1; n <= MOST; n++) {
            nalg_random r = nalg_random_stream(3, n);
            static double a[MOST * (MOST + 1) * NALG_LANE_DOUBLES], kept[MOST * (MOST + 1) * NALG_LANE_DOUBLES];
            static double x[MOST * NALG_LANE_DOUBLES], b[MOST * NALG_LANE_DOUBLES], scale[MOST * NALG_LANES], smallest[NALG_LANES];
            static uint32_t pivot[MOST * NALG_LANES];
            static uint8_t exchanged[MOST];
            for (size_t i = 0; i < n * (n + 1) * NALG_LANE_DOUBLES; i++) {
                bool diagonal = (i / NALG_LANE_DOUBLES) % (n + 2) == 0, odd = i % 2;
                kept[i] = a[i] = diagonal && odd ? 0 : nalg_random_normal(&r); /* odd lanes have a zero diagonal */
            }
            if (n == 1) for (size_t i = 0; i < NALG_LANE_DOUBLES; i++) kept[i] = a[i] = 2;
            for (size_t i = 0; i < n * NALG_LANE_DOUBLES; i++) b[i] = x[i] = nalg_random_normal(&r);
            nalg_lane_matrix m = {.entry = a, .n = n, .stride = n + 1, .scale = scale, .pivot = pivot, .exchanged = exchanged, .smallest = smallest};
            all[set]->factor(&m);
            all[set]->solve(&m, x);
            for (size_t i = 0; i < n; i++)
                for (size_t l = 0; l < NALG_LANES; l++) {
                    double complex sum = 0;
                    for (size_t j = 0; j < n; j++) {
                        const double *e = kept + (i * (n + 1) + j) * NALG_LANE_DOUBLES, *y = x + j * NALG_LANE_DOUBLES;
                        sum += CMPLX(e[l], e[NALG_LANES + l]) * CMPLX(y[l], y[NALG_LANES + l]);
                    }
                    const double *want = b + i * NALG_LANE_DOUBLES;
                    assert_true(cabs(sum - CMPLX(want[l], want[NALG_LANES + l])) < 1e-9);
                }
        }
}

/* Taylor series of 1 / (1 - z) and z^3 p along z = t, p = 2 + t, in every instruction set. */
static void test_series(void **state)
{
    (void)state;
    nalg_terms t;
    assert_true(nalg_terms_init(&t));
    int32_t z = nalg_term_variable(&t, 0), p = nalg_term_variable(&t, 1);
    int32_t f[2] = {nalg_term_inverse(&t, nalg_term_add(&t, t.one, nalg_term_multiply(&t, nalg_term_constant(&t, -1), z))),
                    nalg_term_multiply(&t, p, nalg_term_multiply(&t, z, nalg_term_multiply(&t, z, z)))};
    nalg_tape tape;
    assert_true(nalg_tape_create(&tape, &t, f, 2, 1, 1, false));
    enum { STRIDE = 6 };
    const double cube[STRIDE] = {0, 0, 0, 2, 1, 0};
    const nalg_lane_kernels *all[4];
    const size_t sets = nalg_lane_kernels_all(all);
    for (size_t set = 0; set < sets; set++)
        for (int linear = 0; linear < 2; linear++) {
            double *memory = calloc(tape.registers * STRIDE * NALG_LANE_DOUBLES, sizeof *memory);
            assert_non_null(memory);
            for (size_t l = 0; l < NALG_LANES; l++) {
                memory[NALG_LANE_DOUBLES + l] = 1;                /* z = t */
                memory[STRIDE * NALG_LANE_DOUBLES + l] = 2;       /* p = 2 + t */
                memory[(STRIDE + 1) * NALG_LANE_DOUBLES + l] = 1;
            }
            for (size_t k = 1; k < STRIDE; k++) all[set]->series(&tape, memory, STRIDE, k, linear);
            for (size_t k = 0; k < STRIDE; k++)
                for (size_t l = 0; l < NALG_LANES; l++) {
                    assert_true(memory[(2 * STRIDE + k) * NALG_LANE_DOUBLES + l] == 1);
                    assert_true(memory[(3 * STRIDE + k) * NALG_LANE_DOUBLES + l] == cube[k]);
                }
            free(memory);
        }
    nalg_tape_clear(&tape);
    nalg_terms_clear(&t);
}

/* Shared subexpressions once, zeros and ones gone, constants folded. */
static void test_expressions(void **state)
{
    (void)state;
    nalg_terms t;
    assert_true(nalg_terms_init(&t));
    int32_t x = nalg_term_variable(&t, 0), y = nalg_term_variable(&t, 1), two = nalg_term_constant(&t, 2);
    assert_int_equal(nalg_term_multiply(&t, x, y), nalg_term_multiply(&t, y, x));
    assert_int_equal(nalg_term_add(&t, x, t.zero), x);
    assert_int_equal(nalg_term_multiply(&t, t.one, x), x);
    assert_int_equal(nalg_term_multiply(&t, t.zero, x), t.zero);
    assert_int_equal(nalg_term_multiply(&t, two, nalg_term_multiply(&t, two, x)), nalg_term_multiply(&t, nalg_term_constant(&t, 4), x));
    assert_int_equal(nalg_term_inverse(&t, nalg_term_inverse(&t, x)), x);
    assert_false(t.divided);
    nalg_term_inverse(&t, t.zero);
    assert_true(t.divided);
    nalg_terms_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_against_evaluator), cmocka_unit_test(test_moving_input), cmocka_unit_test(test_linear_solves),
        cmocka_unit_test(test_series), cmocka_unit_test(test_expressions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
