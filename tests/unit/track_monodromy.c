/* Monodromy on interpolation systems with known degrees, the trace test on complete and incomplete sets,
 * threads, checkpoints. Degrees: matrices of rank r in m x n, Harris-Tu formula (3, 4x4 of rank 2: 20); sums
 * of two cubes of linear forms in three variables: 15, the degree of the second secant variety of the
 * Veronese surface v_3(P^2) (both also in Macaulay2's NumericalImplicitization). SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "core/memory.h"
#include "core/random.h"
#include "track/monodromy.h"

enum { CHECKS = 3, MOST = 200 };

/* f(w, x) = B [1 | A] x (rank r, outputs x inputs), or sum_h (u_h . x)^power: chart without continuous
 * symmetry. */
typedef struct {
    size_t inputs, outputs, rank, dimension;
    unsigned power; /* 0: the linear network */
} network;

typedef struct {
    nalg_ctx *ctx;
    nalg_system *system, *fingerprint;
    double complex z[MOST], p[MOST];
} instance;

static int build(nalg_graph *g, const network *w)
{
    nalg_graph_init(g);
    int x = nalg_graph_input(g, 1, w->inputs, true), c = nalg_graph_input(g, 2, w->outputs, true);
    size_t m = w->outputs, n = w->inputs, r = w->rank;
    if (w->power) {
        int h = nalg_graph_power(
            g, nalg_graph_product(g, nalg_graph_parameter(g, 0, r * n), false, x, false, r, n, 1), w->power);
        int map;
        nalg_graph_map_new(g, r, &map); /* all to entry 0 */
        return nalg_graph_multiply(g, c, nalg_graph_scatter(g, h, map, 1));
    }
    int b = nalg_graph_parameter(g, 0, m * r), a = nalg_graph_parameter(g, m * r, r * (n - r)), head, tail;
    int32_t *first = nalg_graph_map_new(g, r, &head), *rest = nalg_graph_map_new(g, n - r, &tail);
    for (size_t i = 0; i < r; i++) first[i] = (int32_t)i;
    for (size_t i = r; i < n; i++) rest[i - r] = (int32_t)i;
    int h =
        nalg_graph_add(g, nalg_graph_gather(g, x, head),
                       nalg_graph_product(g, a, false, nalg_graph_gather(g, x, tail), false, r, n - r, 1));
    return nalg_graph_product(g, c, true, nalg_graph_product(g, b, false, h, false, m, r, 1), false, 1, m, 1);
}

static void fill(double complex *x, size_t count, nalg_random *r)
{
    for (size_t i = 0; i < count; i++) x[i] = nalg_random_normal(r);
}

static instance prepare(const network *w, uint64_t seed, int threads)
{
    instance s;
    nalg_graph g;
    nalg_random r = nalg_random_stream(seed, 77);
    const size_t d = w->dimension, n = w->inputs, m = w->outputs;
    static double complex check_x[MOST], check_c[MOST], zero[MOST], y[MOST];
    double complex *x = s.p + d, *c = x + d * n;
    fill(x, d * n, &r);
    fill(c, d * m, &r);
    fill(check_x, CHECKS * n, &r);
    fill(check_c, CHECKS * m, &r);
    fill(s.z, d, &r);
    if (w->power)
        for (size_t i = 0; i < d * m; i++) c[i] = 1;
    assert_int_equal(nalg_ctx_create(&s.ctx), NALG_OK);
    nalg_ctx_set_seed(s.ctx, seed);
    assert_int_equal(nalg_ctx_set_threads(s.ctx, threads), NALG_OK);
    int output = build(&g, w);
    assert_int_equal(g.parameters, d);
    const double complex *data[] = {NULL, x, c}, *checks[] = {NULL, check_x, check_c};
    const bool moving[] = {false, true, true};
    nalg_system_source source = {.graph = &g,
                                 .output = output,
                                 .batch = d,
                                 .subtract_parameter = true,
                                 .input = data,
                                 .input_count = 3,
                                 .moving = moving};
    nalg_system_source values = {
        .graph = &g, .output = output, .batch = CHECKS, .input = checks, .input_count = 3};
    assert_int_equal(nalg_system_create(s.ctx, &s.system, &source), NALG_OK);
    assert_int_equal(nalg_system_create(s.ctx, &s.fingerprint, &values), NALG_OK);
    for (size_t i = 0; i < d; i++) s.p[i] = 0;
    assert_int_equal(nalg_system_evaluate(s.ctx, y, NULL, s.system, s.z, 1, s.p), NALG_OK);
    (void)zero;
    memcpy(s.p, y, d * sizeof *y); /* the start weights solve the system */
    nalg_graph_clear(&g);
    return s;
}

static void release(instance *s)
{
    nalg_system_free(s->system);
    nalg_system_free(s->fingerprint);
    nalg_ctx_free(s->ctx);
}

static nalg_monodromy_problem problem_of(const instance *s, const network *w)
{
    return (nalg_monodromy_problem){.system = s->system,
                                    .fingerprint = s->fingerprint,
                                    .z = s->z,
                                    .start_count = 1,
                                    .p = s->p,
                                    .trace = true,
                                    .trace_parameters = w->dimension};
}

static void check_solutions(const instance *s, const network *w, const nalg_monodromy_result *r)
{
    double complex f[MOST];
    for (size_t k = 0; k < r->count; k++) {
        assert_int_equal(nalg_system_evaluate(s->ctx, f, NULL, s->system, r->z + k * w->dimension, 1, s->p),
                         NALG_OK);
        double scale = 1;
        for (size_t i = 0; i < w->dimension; i++) scale = fmax(scale, cabs(r->z[k * w->dimension + i]));
        for (size_t i = 0; i < w->dimension; i++) assert_true(cabs(f[i]) < 1e-9 * pow(scale, 3));
        for (size_t j = 0; j < k; j++) {
            double apart = 0;
            for (size_t i = 0; i < CHECKS; i++)
                apart = fmax(apart, cabs(r->fingerprint[k * CHECKS + i] - r->fingerprint[j * CHECKS + i]));
            assert_true(apart > 1e-6);
        }
    }
}

static void test_known_degrees(void **state)
{
    (void)state;
    static const struct {
        network w;
        size_t degree;
    } known[] = {
        {{3, 3, 2, 8, 0}, 3},
        {{4, 4, 2, 12, 0}, 20},
        {{3, 1, 2, 6, 3}, 15},
        {{4, 3, 1, 6, 0}, 10},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        for (uint64_t seed = 1; seed <= 10; seed++) {
            instance s = prepare(&known[i].w, seed, 1);
            nalg_monodromy_problem problem = problem_of(&s, &known[i].w);
            nalg_monodromy_result r;
            assert_int_equal(nalg_monodromy(s.ctx, &r, &problem, NULL), NALG_OK);
            assert_int_equal(r.reason, NALG_MONODROMY_TRACE);
            assert_int_equal(r.count, known[i].degree);
            assert_int_equal(r.lost, 0);
            assert_true(r.trace_residual < 1e-7);
            assert_int_equal(r.found[r.rounds - 1], r.count);
            check_solutions(&s, &known[i].w, &r);
            nalg_monodromy_result_clear(&r);
            release(&s);
        }
}

/* The trace test must fail on every proper part of the solutions: stop as soon as some are known. */
static bool at_once(void *user, const nalg_monodromy_state *state)
{
    (void)user;
    (void)state;
    return true;
}

static void test_trace_sees_what_is_missing(void **state)
{
    (void)state;
    static const network w = {3, 1, 1, 3, 3}; /* cubes of linear forms: degree 9 (Veronese) */
    instance s = prepare(&w, 1, 1);
    nalg_monodromy_problem problem = problem_of(&s, &w);
    nalg_monodromy_options o;
    nalg_monodromy_result all, part;
    nalg_monodromy_options_init(&o);
    assert_int_equal(nalg_monodromy(s.ctx, &all, &problem, &o), NALG_OK);
    assert_int_equal(all.count, 9);
    o.edge_limit = 1; /* a single edge closes no loop: only the start is known */
    o.stop = at_once;
    problem.z = all.z;
    for (size_t k = 1; k < all.count; k++) {
        problem.start_count = k;
        o.limit = 0;
        assert_int_equal(nalg_monodromy(s.ctx, &part, &problem, &o), NALG_OK);
        if (part.count < all.count)
            assert_true(part.trace_residual > 1e-4);
        else
            assert_true(part.trace_residual < 1e-7);
        nalg_monodromy_result_clear(&part);
    }
    nalg_monodromy_result_clear(&all);
    release(&s);
}

/* Paths that are all too long are put off, and taken up again when nothing else is left to do. */
static void test_put_off(void **state)
{
    (void)state;
    const network network_3_2_3 = {3, 3, 2, 8, 0}, *w = &network_3_2_3;
    for (int trace = 0; trace < 2; trace++) {
        instance s = prepare(w, 3, 2);
        nalg_monodromy_problem problem = problem_of(&s, w);
        nalg_monodromy_result r;
        nalg_monodromy_options o;
        nalg_monodromy_options_init(&o);
        o.track.step_limit = 3; /* no path is so short */
        problem.trace = trace;
        assert_int_equal(nalg_monodromy(s.ctx, &r, &problem, &o), NALG_OK);
        assert_int_equal(r.count, 3);
        assert_int_equal(r.lost, 0);
        assert_true(r.double_double > 0);
        if (!trace) assert_int_equal(r.put_off, 0);
        check_solutions(&s, w, &r);
        nalg_monodromy_result_clear(&r);
        release(&s);
    }
}

/* Cubes of linear forms: 9 functions, each of three points z, omega z, omega^2 z. With 15 of the 27 points
 * ways back lead to the other two of the start's function, and to nothing else. */
static void test_ways_back(void **state)
{
    (void)state;
    static const network w = {3, 1, 1, 3, 3};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        instance s = prepare(&w, seed, 1);
        nalg_monodromy_problem problem = problem_of(&s, &w);
        nalg_monodromy_result r;
        nalg_monodromy_options o;
        bool seen[3] = {false};
        nalg_monodromy_options_init(&o);
        o.limit = 24;
        problem.function = problem.fingerprint;
        problem.fingerprint = NULL;
        problem.trace = false;
        assert_int_equal(nalg_monodromy(s.ctx, &r, &problem, &o), NALG_OK);
        assert_int_equal(r.reason, NALG_MONODROMY_LIMIT);
        assert_int_equal(r.returned_count, 2);
        assert_true(r.ways >= 4);
        for (size_t k = 0; k < 2; k++) {
            const double complex *z = r.returned + k * 3, turn = z[0] / s.z[0];
            int power = cimag(turn) > 0 ? 1 : 2;
            assert_true(cabs(turn - cexp(2 * acos(-1) / 3 * power * I)) < 1e-9);
            for (size_t i = 0; i < 3; i++) assert_true(cabs(z[i] - turn * s.z[i]) < 1e-9);
            seen[power] = true;
        }
        assert_true(seen[1] && seen[2]);
        nalg_monodromy_result_clear(&r);
        release(&s);
    }
}

static void test_threads(void **state)
{
    (void)state;
    static const network w = {4, 4, 2, 12, 0};
    nalg_monodromy_result r[2];
    for (int k = 0; k < 2; k++) {
        instance s = prepare(&w, 5, k + 1);
        nalg_monodromy_problem problem = problem_of(&s, &w);
        assert_int_equal(nalg_monodromy(s.ctx, &r[k], &problem, NULL), NALG_OK);
        release(&s);
    }
    assert_int_equal(r[0].count, r[1].count);
    assert_int_equal(r[0].steps, r[1].steps);
    assert_memory_equal(r[0].z, r[1].z, r[0].count * 12 * sizeof *r[0].z);
    nalg_monodromy_result_clear(&r[0]);
    nalg_monodromy_result_clear(&r[1]);
}

static void test_expected_and_bad_start(void **state)
{
    (void)state;
    static const network w = {4, 4, 2, 12, 0};
    instance s = prepare(&w, 2, 1);
    nalg_monodromy_problem problem = problem_of(&s, &w);
    nalg_monodromy_options o;
    nalg_monodromy_result r;
    nalg_monodromy_options_init(&o);
    o.expected = 20;
    assert_int_equal(nalg_monodromy(s.ctx, &r, &problem, &o), NALG_OK);
    assert_int_equal(r.reason, NALG_MONODROMY_EXPECTED);
    assert_int_equal(r.count, 20);
    nalg_monodromy_result_clear(&r);
    s.z[0] += 0.5;
    assert_int_equal(nalg_monodromy(s.ctx, &r, &problem, &o), NALG_E_ARGUMENT);
    release(&s);
}

/* A checkpoint cut off at any of many places continues to the same set; one of another problem is refused. */
static void test_checkpoint(void **state)
{
    (void)state;
    static const network w = {4, 4, 2, 12, 0};
    char file[] = "/tmp/neuroalg-monodromy-XXXXXX";
    int fd = mkstemp(file);
    assert_true(fd >= 0);
    close(fd);
    instance s = prepare(&w, 3, 1);
    nalg_monodromy_problem problem = problem_of(&s, &w);
    nalg_monodromy_options o;
    nalg_monodromy_result full, again;
    nalg_monodromy_options_init(&o);
    o.checkpoint = file;
    assert_int_equal(nalg_monodromy(s.ctx, &full, &problem, &o), NALG_OK);
    assert_int_equal(full.count, 20);
    FILE *f = fopen(file, "rb");
    assert_non_null(f);
    static char content[1 << 20];
    size_t length = fread(content, 1, sizeof content, f);
    fclose(f);
    o.resume = true;
    for (size_t cut = 0; cut <= 8; cut++) {
        f = fopen(file, "wb");
        assert_non_null(f);
        size_t kept = 24 + (length - 24) * cut / 8;
        assert_int_equal(fwrite(content, 1, kept, f), kept);
        fclose(f);
        assert_int_equal(nalg_monodromy(s.ctx, &again, &problem, &o), NALG_OK);
        assert_int_equal(again.count, 20);
        assert_true(again.trace_residual < 1e-7);
        if (cut == 8) assert_true(again.tracked < full.tracked); /* only the trace test is left */
        nalg_monodromy_result_clear(&again);
    }
    nalg_ctx_set_seed(s.ctx, 99);
    assert_int_equal(nalg_monodromy(s.ctx, &again, &problem, &o), NALG_E_ARGUMENT);
    f = fopen(file, "wb");
    assert_non_null(f);
    fputs("something else altogether", f);
    fclose(f);
    assert_int_equal(nalg_monodromy(s.ctx, &again, &problem, &o), NALG_E_PARSE);
    unlink(file);
    nalg_monodromy_result_clear(&full);
    release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_degrees), cmocka_unit_test(test_trace_sees_what_is_missing),
        cmocka_unit_test(test_put_off),       cmocka_unit_test(test_ways_back),
        cmocka_unit_test(test_threads),       cmocka_unit_test(test_expected_and_bad_start),
        cmocka_unit_test(test_checkpoint),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
