/* Both trace tests on z^5 + 3 z = p, all of whose roots are known here by Newton's method: the sum of all
 * five is 0 for every p, that of a proper part is no affine function of p (the monodromy group of the
 * equation is the whole symmetric group). SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <math.h>
#include <cmocka.h>
#include "core/complex.h"
#include "track/trace.h"

enum { ROOTS = 5 };

typedef struct {
    nalg_ctx *ctx;
    nalg_system *system;
    double complex p, root[ROOTS];
} quintic;

/* Roots by simultaneous iteration (Durand and Kerner). */
static void find_roots(quintic *q)
{
    for (int i = 0; i < ROOTS; i++) q->root[i] = 1.3 * cexp(CMPLX(0, 2 * M_PI * i / ROOTS + 0.3));
    for (int round = 0; round < 200; round++)
        for (int i = 0; i < ROOTS; i++) {
            double complex z = q->root[i], below = 1;
            for (int j = 0; j < ROOTS; j++)
                if (j != i) below *= z - q->root[j];
            q->root[i] = z - (z * z * z * z * z + 3 * z - q->p) / below;
        }
}

static quintic prepare(uint64_t seed)
{
    quintic q = {.p = CMPLX(1.1, -0.7)};
    nalg_graph g;
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1), three = nalg_graph_add(&g, nalg_graph_add(&g, z, z), z);
    int f = nalg_graph_subtract(&g, nalg_graph_add(&g, nalg_graph_power(&g, z, 5), three),
                                nalg_graph_input(&g, 0, 1, false));
    nalg_system_source source = {.graph = &g, .output = f};
    assert_int_equal(nalg_ctx_create(&q.ctx), NALG_OK);
    nalg_ctx_set_seed(q.ctx, seed);
    assert_int_equal(nalg_system_create(q.ctx, &q.system, &source), NALG_OK);
    nalg_graph_clear(&g);
    find_roots(&q);
    return q;
}

static void release(quintic *q)
{
    nalg_system_free(q->system);
    nalg_ctx_free(q->ctx);
}

static void test_every_part_is_seen(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        quintic q = prepare(seed);
        nalg_monodromy_problem problem = {.system = q.system, .p = &q.p, .trace = true};
        for (unsigned part = 1; part < 1u << ROOTS; part++) {
            double complex z[ROOTS];
            nalg_trace_set set = {&problem, z, z, 0, 1, 0};
            nalg_monodromy_result paths = {0};
            nalg_track_options options = {0};
            double curvature, noise, tracked;
            for (int i = 0; i < ROOTS; i++)
                if (part >> i & 1) z[set.count++] = q.root[i];
            assert_int_equal(nalg_trace_curvature(q.ctx, &curvature, &noise, &set), NALG_OK);
            assert_int_equal(nalg_trace_tracked(q.ctx, &tracked, &paths, &set, &options), NALG_OK);
            assert_true(noise < 1e-9);
            if (set.count == ROOTS)
                assert_true(curvature < 1e-9 && tracked < 1e-9);
            else
                assert_true(curvature > 1e-2 && tracked > 1e-4);
            assert_int_equal(paths.tracked, 2 * set.count);
        }
        release(&q);
    }
}

/* One root alone: the summand is its own scale, unless it is much smaller than a thousandth of the root. z''
 * = -20 z^3 / (5 z^4 + 3)^3. */
static void test_the_residual_is_the_second_derivative(void **state)
{
    (void)state;
    quintic q = prepare(1);
    nalg_monodromy_problem problem = {.system = q.system, .p = &q.p, .trace = true};
    double complex sum = 0, z[2] = {q.root[0], q.root[1]};
    double size[2], residual, noise;
    nalg_trace_set set = {&problem, z, z, 2, 1, 0};
    for (int i = 0; i < 2; i++) {
        double complex slope = 5 * z[i] * z[i] * z[i] * z[i] + 3,
                       second = -10 * z[i] * z[i] * z[i] / (slope * slope * slope);
        sum += second;
        size[i] = cabs(second);
    }
    assert_int_equal(nalg_trace_curvature(q.ctx, &residual, &noise, &set), NALG_OK);
    double expected =
        cabs(sum) /
        fmax(size[0], size[1]); /* the median of two is the larger one, whatever the length of the line */
    assert_true(fabs(residual - expected) < 1e-9 * expected);
    release(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_part_is_seen),
                                       cmocka_unit_test(test_the_residual_is_the_second_derivative)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
