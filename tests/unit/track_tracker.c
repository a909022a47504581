/* Polynomial systems with known numbers of solutions, from a total-degree start; errors of the reader;
 * independence of threads. Counts: katsura-n 2^n (Katsura, Sasaki 1989, as in the PoSSo list), cyclic-5 70
 * and cyclic-6 156 (Backelin, Froberg 1991), noon-3 21 and noon-5 233 (Noonburg 1989).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "neuroalg/track.h"
#include "track/tracker.h"

static nalg_ctx *context(uint64_t seed, int threads)
{
    nalg_ctx *ctx;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    nalg_ctx_set_seed(ctx, seed);
    assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
    return ctx;
}

static nalg_polynomials *parse(nalg_ctx *ctx, const char *text)
{
    nalg_polynomials *p = NULL;
    assert_int_equal(nalg_polynomials_parse(ctx, &p, text, strlen(text)), NALG_OK);
    return p;
}

typedef struct {
    nalg_ctx *ctx;
    nalg_polynomials *system;
    nalg_solutions *solutions;
} answer;

static answer solve(const char *text, uint64_t seed, int threads)
{
    answer a = {.ctx = context(seed, threads)};
    a.system = parse(a.ctx, text);
    assert_int_equal(nalg_solve_total_degree(a.ctx, &a.solutions, a.system), NALG_OK);
    return a;
}

static void release(answer *a)
{
    nalg_solutions_free(a->solutions);
    nalg_polynomials_free(a->system);
    nalg_ctx_free(a->ctx);
}

/* The well-known families, written out here. */
static void katsura(char *text, size_t size, int n)
{
    size_t at = 0;
    for (int m = 0; m < n; m++) {
        for (int l = -n; l <= n; l++)
            if (abs(m - l) <= n) at += (size_t)snprintf(text + at, size - at, "+u%d*u%d", abs(l), abs(m - l));
        at += (size_t)snprintf(text + at, size - at, "-u%d;\n", m);
    }
    at += (size_t)snprintf(text + at, size - at, "u0");
    for (int l = 1; l <= n; l++) at += (size_t)snprintf(text + at, size - at, "+2*u%d", l);
    snprintf(text + at, size - at, "-1;");
}

static void cyclic(char *text, size_t size, int n)
{
    size_t at = 0;
    for (int k = 1; k < n; k++) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < k; j++)
                at += (size_t)snprintf(text + at, size - at, "%sx%d", j ? "*" : "+", (i + j) % n);
        at += (size_t)snprintf(text + at, size - at, ";\n");
    }
    for (int i = 0; i < n; i++) at += (size_t)snprintf(text + at, size - at, "%sx%d", i ? "*" : "", i);
    snprintf(text + at, size - at, "-1;");
}

static void noon(char *text, size_t size, int n)
{
    size_t at = 0;
    for (int i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, size - at, "x%d*(0", i);
        for (int j = 0; j < n; j++)
            if (j != i) at += (size_t)snprintf(text + at, size - at, "+x%d^2", j);
        at += (size_t)snprintf(text + at, size - at, ") - 11/10*x%d + 1;\n", i);
    }
}

typedef void family(char *, size_t, int);

static size_t distinct(const nalg_solutions *s, size_t n)
{
    size_t count = 0;
    for (size_t a = 0; a < nalg_solutions_paths(s); a++) {
        nalg_solution x = nalg_solutions_path(s, a);
        bool fresh = x.end == NALG_END_REGULAR;
        for (size_t b = 0; fresh && b < a; b++) {
            nalg_solution y = nalg_solutions_path(s, b);
            double d = 0;
            for (size_t i = 0; i < n; i++) d = fmax(d, hypot(x.real[i] - y.real[i], x.imag[i] - y.imag[i]));
            fresh = y.end != NALG_END_REGULAR || d > 1e-7;
        }
        count += fresh;
    }
    return count;
}

static void expect(family *write, int n, size_t paths, size_t regular, uint64_t seed)
{
    static char text[20000];
    write(text, sizeof text, n);
    answer a = solve(text, seed, 1);
    assert_int_equal(nalg_polynomials_paths(a.system), paths);
    assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_LOST), 0);
    assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_REGULAR), regular);
    assert_int_equal(distinct(a.solutions, nalg_polynomials_count(a.system)), regular);
    assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_SINGULAR) +
                         nalg_solutions_count(a.solutions, NALG_END_INFINITE),
                     paths - regular);
    for (size_t i = 0; i < paths; i++)
        if (nalg_solutions_path(a.solutions, i).end == NALG_END_REGULAR)
            assert_true(nalg_solutions_path(a.solutions, i).accuracy < 1e-9);
    release(&a);
}

static void test_known_counts(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        expect(katsura, 5, 32, 32, seed);
        expect(cyclic, 5, 120, 70, seed);
        expect(cyclic, 6, 720, 156, seed);
        expect(noon, 3, 27, 21, seed);
        expect(noon, 5, 243, 233, seed);
    }
}

/* x = 1 +- i sqrt 2, and a value given with a complex coefficient. */
static void test_values(void **state)
{
    (void)state;
    answer a = solve("2\nvariables x y # two\n(x - 1)**2 + 2; y - I*x/2 - 1e-1;", 1, 1);
    assert_string_equal(nalg_polynomials_variable(a.system, 1), "y");
    assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_REGULAR), 2);
    for (size_t i = 0; i < 2; i++) {
        nalg_solution x = nalg_solutions_path(a.solutions, i);
        assert_true(fabs(x.real[0] - 1) < 1e-12 && fabs(fabs(x.imag[0]) - sqrt(2)) < 1e-12);
        assert_true(fabs(x.real[1] - (0.1 - x.imag[0] / 2)) < 1e-12 &&
                    fabs(x.imag[1] - x.real[0] / 2) < 1e-12);
    }
    release(&a);
}

/* (x - 1)^2 = (y - 2)^3, (y - 2)^2 = 0: one point of multiplicity 4, the other two paths go to infinity. */
static void test_singular_end(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        answer a = solve("(x-1)^2 - (y-2)^3; y^2 - 4*y + 4;", seed, 1);
        assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_SINGULAR), 4);
        assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_INFINITE), 2);
        for (size_t i = 0; i < 6; i++) {
            nalg_solution x = nalg_solutions_path(a.solutions, i);
            if (x.end == NALG_END_SINGULAR)
                assert_true(hypot(x.real[0] - 1, x.imag[0]) < 1e-4 && hypot(x.real[1] - 2, x.imag[1]) < 1e-4);
        }
        release(&a);
    }
}

/* (x - 1)(y - 2) = 0, (x - 1)^2 = (y - 2)^2 (y - 1): smooth curves of solutions lead to the fourfold point
 * (1, 2); (1, 1) is regular. */
static void test_singular_end_without_branching(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        answer a = solve("(x-1)*(y-2); (x-1)^2 - (y-2)^2 - (y-2)^3;", seed, 1);
        assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_REGULAR), 1);
        assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_SINGULAR), 4);
        assert_int_equal(nalg_solutions_count(a.solutions, NALG_END_INFINITE), 1);
        release(&a);
    }
}

static void test_threads(void **state)
{
    (void)state;
    static char text[20000];
    cyclic(text, sizeof text, 5);
    answer one = solve(text, 7, 1), two = solve(text, 7, 2);
    for (size_t i = 0; i < 120; i++) {
        nalg_solution a = nalg_solutions_path(one.solutions, i), b = nalg_solutions_path(two.solutions, i);
        assert_int_equal(a.end, b.end);
        assert_int_equal(a.steps, b.steps);
        assert_memory_equal(a.real, b.real, 5 * sizeof(double)); /* to the last bit */
    }
    release(&one);
    release(&two);
}

/* z^2 = p from p = 1 to -1, past 0 at distances that doubles can and cannot resolve: above 0 the root 1 goes
 * to i, below to -i. */
static void test_near_a_branch_point(void **state)
{
    (void)state;
    nalg_ctx *ctx = context(1, 1);
    nalg_graph g;
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1),
        f = nalg_graph_subtract(&g, nalg_graph_power(&g, z, 2), nalg_graph_input(&g, 0, 1, false));
    nalg_system_source source = {.graph = &g, .output = f};
    nalg_system *s;
    assert_int_equal(nalg_system_create(ctx, &s, &source), NALG_OK);
    for (int digits = 0; digits <= 24; digits += 3)
        for (int side = -1; side <= 1; side += 2) {
            const double complex one = 1, end = CMPLX(-1, side * pow(10, -digits)), target = csqrt(end);
            nalg_segment segment = {.from = &one, .to = &end};
            nalg_path_result r;
            double complex root;
            nalg_track_job job = {.system = s, .segment = &segment, .z_start = &one, .count = 1};
            assert_int_equal(nalg_track(ctx, &root, &r, &job), NALG_OK);
            assert_int_equal(r.outcome, NALG_PATH_CONVERGED);
            assert_true(cabs(root - target) < 1e-12);
            assert_true(r.t == 1);
            if (digits >= 18) assert_true(r.double_double);
            if (digits <= 6) assert_false(r.double_double);
        }
    nalg_system_free(s);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

/* Straight through the branch point: nobody gets past, and the report says so. */
static void test_lost_is_reported(void **state)
{
    (void)state;
    nalg_ctx *ctx = context(1, 1);
    nalg_graph g;
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1),
        f = nalg_graph_subtract(&g, nalg_graph_power(&g, z, 2), nalg_graph_input(&g, 0, 1, false));
    nalg_system_source source = {.graph = &g, .output = f};
    nalg_system *s;
    assert_int_equal(nalg_system_create(ctx, &s, &source), NALG_OK);
    const double complex one = 1, minus = -1, zero = 0;
    const nalg_segment segments[] = {{.from = &one, .to = &minus}, {.from = &one, .to = &zero}};
    const uint32_t which[] = {0, 1, 1};
    const double complex start[] = {1, 1, -1};
    double complex end[3];
    nalg_path_result r[3];
    nalg_track_job job = {.system = s,
                          .segment = segments,
                          .which = which,
                          .z_start = start,
                          .count = 3,
                          .options = {.endgame = true}};
    assert_int_equal(nalg_track(ctx, end, r, &job), NALG_OK);
    assert_int_equal(r[0].outcome, NALG_PATH_LOST);
    assert_true(fabs(r[0].t - 0.5) < 1e-6);
    for (int k = 1; k < 3; k++) { /* the end of the other two is the branch point: winding number 2 */
        assert_int_equal(r[k].outcome, NALG_PATH_SINGULAR);
        assert_int_equal(r[k].winding, 2);
        assert_true(cabs(end[k]) < 1e-6);
    }
    nalg_system_free(s);
    nalg_graph_clear(&g);
    nalg_ctx_free(ctx);
}

/* Square roots of the numbers 2, 3, ..., one more for each that is there; every fifth may take no step. */
enum { ROOTS = 60 };
typedef struct {
    uint32_t which[ROOTS], limit[ROOTS];
    double complex z[ROOTS];
    nalg_path_result result[ROOTS];
    size_t seen, blocks, last_block;
    size_t stop_after;
} roots;

static void prepare_root(roots *r, size_t k)
{
    r->which[k] = (uint32_t)k;
    r->limit[k] = k % 5 == 4 ? 1 : 1000;
    r->z[k] = 1;
}

static nalg_status more_roots(void *user, size_t first, size_t count, size_t *total, bool *stop)
{
    roots *r = user;
    assert_int_equal(first, r->seen);
    assert_true(count >= 1);
    for (size_t k = first; k < first + count; k++) {
        bool lost = k % 5 == 4;
        assert_int_equal(r->result[k].outcome, lost ? NALG_PATH_LOST : NALG_PATH_CONVERGED);
        if (!lost) assert_true(cabs(r->z[k] - sqrt((double)k + 2)) < 1e-12);
        for (int i = 0; i < 2 && *total < ROOTS; i++) prepare_root(r, (*total)++);
    }
    r->seen += count;
    r->blocks++;
    r->last_block = count;
    *stop = r->seen >= r->stop_after;
    return NALG_OK;
}

/* A job that grows hands over every path once, in the same blocks for any number of threads. */
static void test_growing_job(void **state)
{
    (void)state;
    nalg_graph g;
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1),
        f = nalg_graph_subtract(&g, nalg_graph_power(&g, z, 2), nalg_graph_input(&g, 0, 1, false));
    nalg_system_source source = {.graph = &g, .output = f};
    const double complex one = 1;
    double complex target[ROOTS];
    nalg_segment segment[ROOTS];
    for (size_t k = 0; k < ROOTS; k++) {
        target[k] = (double)k + 2;
        segment[k] = (nalg_segment){.from = &one, .to = &target[k]};
    }
    static roots r[6];
    for (int k = 0; k < 6; k++) {
        nalg_ctx *ctx = context(1, 1 + k / 2);
        nalg_system *s;
        assert_int_equal(nalg_system_create(ctx, &s, &source), NALG_OK);
        r[k] = (roots){.stop_after = k % 2 ? 20 : SIZE_MAX};
        prepare_root(&r[k], 0);
        const nalg_track_stream stream = {ROOTS, more_roots, &r[k]};
        nalg_track_job job = {.system = s,
                              .segment = segment,
                              .which = r[k].which,
                              .z_start = r[k].z,
                              .count = 1,
                              .options = {.brief = true},
                              .step_limit = r[k].limit,
                              .stream = &stream};
        assert_int_equal(nalg_track(ctx, r[k].z, r[k].result, &job), NALG_OK);
        assert_true(k % 2 ? r[k].seen >= 20 && r[k].seen < ROOTS : r[k].seen == ROOTS);
        assert_int_equal(r[k].blocks, r[k % 2].blocks);
        assert_int_equal(r[k].last_block, r[k % 2].last_block);
        assert_memory_equal(r[k].z, r[k % 2].z, r[k].seen * sizeof *r[k].z); /* to the last bit */
        job.options.brief = false;
        assert_int_equal(nalg_track(ctx, r[k].z, r[k].result, &job), NALG_E_INTERNAL);
        nalg_system_free(s);
        nalg_ctx_free(ctx);
    }
    nalg_graph_clear(&g);
}

static void test_reader_refuses(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        nalg_status status;
        const char *where;
    } bad[] = {
        {"x + ;", NALG_E_PARSE, "line 1, column 5"},
        {"x*y - 1;\nx + 2 y;", NALG_E_PARSE, "line 2, column 7"},
        {"x^y; y;", NALG_E_PARSE, "line 1, column 3"},
        {"x/y; y-1;", NALG_E_PARSE, "line 1, column 4"},
        {"(x + 1;", NALG_E_PARSE, "line 1, column 7"},
        {"variables x\nx + z;", NALG_E_PARSE, "line 2, column 5"},
        {"variables x x\nx;", NALG_E_PARSE, "line 1, column 13"},
        {"x + 1", NALG_E_PARSE, "line 1, column 6"},
        {"x + y;", NALG_E_SHAPE, ""},
        {"", NALG_E_SHAPE, ""},
        {"x - 1; 3;", NALG_E_SHAPE, ""},
        {"x^99999999;", NALG_E_LIMIT, ""},
        {"1e;", NALG_E_PARSE, NULL},
        {"x/0;", NALG_E_PARSE, NULL},
    };
    nalg_ctx *ctx = context(1, 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nalg_polynomials *p = NULL;
        assert_int_equal(nalg_polynomials_parse(ctx, &p, bad[i].text, strlen(bad[i].text)), bad[i].status);
        assert_null(p);
        if (bad[i].where) assert_string_equal(nalg_ctx_last_error(ctx).where, bad[i].where);
    }
    nalg_ctx_free(ctx);
}

static void test_cancel(void **state)
{
    (void)state;
    static char text[20000];
    volatile int flag = 1;
    cyclic(text, sizeof text, 6);
    nalg_ctx *ctx = context(1, 2);
    nalg_polynomials *p = parse(ctx, text);
    nalg_solutions *s = NULL;
    nalg_ctx_set_cancel(ctx, &flag);
    assert_int_equal(nalg_solve_total_degree(ctx, &s, p), NALG_E_INTERRUPTED);
    assert_null(s);
    nalg_polynomials_free(p);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_counts),     cmocka_unit_test(test_values),
        cmocka_unit_test(test_singular_end),     cmocka_unit_test(test_singular_end_without_branching),
        cmocka_unit_test(test_threads),          cmocka_unit_test(test_near_a_branch_point),
        cmocka_unit_test(test_lost_is_reported), cmocka_unit_test(test_growing_job),
        cmocka_unit_test(test_reader_refuses),   cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
