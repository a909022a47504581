/* Certificates: what has to be proved is proved, and everything that is no solution is refused.
 * Expected values: roots in closed form, a plain Newton iteration on the polynomials, the degree 3 of symmetric 3 x 3 matrices of
 * rank at most 2 (Harris-Tu 1984), the 2^n solutions of katsura-n. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "certify/krawczyk.h"
#include "core/memory.h"
#include "core/random.h"
#include "model/model.h"

#ifndef CMPLX /* glibc hides it from clang */
#define CMPLX(x, y) __builtin_complex((double)(x), (double)(y))
#endif

static size_t successes, refusals; /* over the whole program: a test of soundness without both proves nothing */

static nalg_ctx *context(int threads)
{
    nalg_ctx *ctx;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
    return ctx;
}

static nalg_certificate certify_with(const nalg_certify_problem *problem, const double complex *z, size_t count,
                                     const nalg_certify_options *options, int threads)
{
    nalg_ctx *ctx = context(threads);
    nalg_certificate c;
    assert_int_equal(nalg_certify_solutions(ctx, &c, problem, z, count, options), NALG_OK);
    assert_int_equal(c.count, count);
    successes += c.states[NALG_CERTIFIED];
    refusals += count - c.states[NALG_CERTIFIED];
    nalg_ctx_free(ctx);
    return c;
}

static nalg_certificate certify(const nalg_certify_problem *problem, const double complex *z, size_t count)
{
    return certify_with(problem, z, count, NULL, 1);
}

static nalg_certify_state state_of(const nalg_certify_problem *problem, const double complex *z)
{
    nalg_certificate c = certify(problem, z, 1);
    nalg_certify_state state = c.point[0].state;
    nalg_certificate_clear(&c);
    return state;
}

static int rational(nalg_graph *g, const char *text)
{
    fmpq_t q;
    fmpq_init(q);
    assert_int_equal(fmpq_set_str(q, text, 10), 0);
    int node = nalg_graph_constant(g, q, 1);
    fmpq_clear(q);
    return node;
}

/* sum of coefficient[k] z^k */
static int univariate(nalg_graph *g, size_t count, const char *const *coefficient)
{
    nalg_graph_init(g);
    int z = nalg_graph_parameter(g, 0, 1), sum = rational(g, coefficient[0]);
    for (size_t k = 1; k < count; k++)
        if (strcmp(coefficient[k], "0") != 0)
            sum = nalg_graph_add(g, sum, nalg_graph_multiply(g, rational(g, coefficient[k]), nalg_graph_power(g, z, k)));
    assert_false(g->failed);
    return sum;
}

static nalg_certify_problem plain(const nalg_graph *g, int output)
{
    return (nalg_certify_problem){.system = {.graph = g, .output = output, .batch = 1}};
}

/* z^2 = p with p the parameter of the path. */
static void test_square_root(void **state)
{
    (void)state;
    nalg_graph g;
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1), square = nalg_graph_multiply(&g, z, z);
    double complex two = 2, three = 3, root[] = {sqrt(2.0), -sqrt(2.0)};
    nalg_certify_problem problem = plain(&g, square);
    problem.system.subtract_parameter = true;
    problem.parameter = &two;
    problem.parameter_count = 1;
    nalg_certificate c = certify(&problem, root, 2);
    assert_int_equal(c.states[NALG_CERTIFIED], 2);
    assert_int_equal(c.distinct, 2);
    assert_int_equal(c.real, 2);
    assert_int_equal(c.distinct_real, 2);
    assert_true(c.real_system);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(c.point[i].group, i);
        /* sqrt 2 = 1.41421356237309504880..., its double is 1.41421356237309514547...: off by 9.667e-17 */
        assert_true(c.point[i].radius >= 9.667e-17 && c.point[i].radius < 1.1e-16);
    }
    nalg_certificate_clear(&c);

    /* Another p, a wrong digit, a point with no digit, no numbers at all. */
    double complex off = sqrt(2.0) + 1e-3, zero = 0, nan = CMPLX(NAN, 0), infinite = CMPLX(0, INFINITY);
    assert_int_equal(state_of(&problem, &off), NALG_REFUSED_FAR);
    assert_int_equal(state_of(&problem, &zero), NALG_REFUSED_SINGULAR);
    assert_int_equal(state_of(&problem, &nan), NALG_REFUSED_NOT_FINITE);
    assert_int_equal(state_of(&problem, &infinite), NALG_REFUSED_NOT_FINITE);
    problem.parameter = &three;
    assert_int_equal(state_of(&problem, root), NALG_REFUSED_FAR);
    /* Close enough once the tolerance says so: then the radius owns up to the distance. */
    problem.parameter = &two;
    nalg_certify_options loose = {.tolerance = 1e-2};
    c = certify_with(&problem, &off, 1, &loose, 1);
    assert_int_equal(c.states[NALG_CERTIFIED], 1);
    assert_true(c.point[0].radius >= 1e-3 && c.point[0].radius < 1.1e-3);
    nalg_certificate_clear(&c);
    nalg_certify_options strict = {.tolerance = 1e-17};
    c = certify_with(&problem, root, 1, &strict, 1);
    assert_int_equal(c.point[0].state, NALG_REFUSED_FAR);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

static void test_double_roots(void **state)
{
    (void)state;
    nalg_graph g;
    /* (z - 1)^2: no point near 1 may pass. */
    int output = univariate(&g, 3, (const char *const[]){"1", "-2", "1"});
    nalg_certify_problem problem = plain(&g, output);
    for (int k = 0; k <= 16; k++) {
        double complex z = 1.0 + (k < 16 ? pow(10.0, -k) : 0.0), up = CMPLX(1.0, creal(z) - 1.0);
        assert_int_not_equal(state_of(&problem, &z), NALG_CERTIFIED);
        assert_int_not_equal(state_of(&problem, &up), NALG_CERTIFIED);
    }
    nalg_graph_clear(&g);

    /* z^2 = 10^-20: the roots +-10^-10 pass, points that do not tell them apart do not. */
    output = univariate(&g, 3, (const char *const[]){"-1/100000000000000000000", "0", "1"});
    problem = plain(&g, output);
    const double complex near_both[] = {0, 3e-10, 1.1e-10, 1e-9, 1e-8, CMPLX(0, 1e-10), 1e-11, 1e-14, 1e-5, 1.001e-10};
    for (size_t i = 0; i < sizeof near_both / sizeof *near_both; i++)
        assert_int_not_equal(state_of(&problem, &near_both[i]), NALG_CERTIFIED);
    nalg_certificate c = certify(&problem, (const double complex[]){1e-10, -1e-10}, 2);
    assert_int_equal(c.distinct, 2);
    nalg_certificate_clear(&c);

    /* With a generous tolerance the box must still not hold both. */
    nalg_certify_options loose = {.tolerance = 1e6, .precision_limit = 64};
    const double complex around[] = {0, 3e-10, 1.1e-10, 1.3e-10};
    c = certify_with(&problem, around, 4, &loose, 1);
    assert_int_equal(c.states[NALG_CERTIFIED], 1);
    assert_int_equal(c.point[2].state, NALG_CERTIFIED); /* d = 0.095 and d + (2 / 1.1) r^2 < r, in units of the root, for r = 0.2 */
    /* At 1.3 d = 0.265: d + r^2 / 1.3 < r for r = 0.5, so on the real line there is a proof, but not with twice that, in the plane. */
    assert_int_not_equal(c.point[3].state, NALG_CERTIFIED);
    nalg_certificate_clear(&c);
    /* More bits: the centre is refined, one root is found from all but 0, and the radius owns up to the way there. */
    loose.precision_limit = 256;
    c = certify_with(&problem, around, 4, &loose, 1);
    assert_int_equal(c.states[NALG_CERTIFIED], 3);
    assert_int_equal(c.distinct, 1);
    for (size_t i = 1; i < 4; i++)
        assert_true(c.point[i].radius >= creal(around[i]) - 1e-10 && c.point[i].radius < 3e-10);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

/* x^2 = 2000000 g^2 and g x^2 = 2000000 for g = x^8 y: g^3 = 1, so x = +-1414.2..., y = 1 / x^8 = 6.25 10^-26. A box that is as wide in y
 * as rounding is in x has no digit of g. */
static void test_sizes(void **state)
{
    (void)state;
    nalg_graph g;
    nalg_graph_init(&g);
    int x = nalg_graph_parameter(&g, 0, 1), y = nalg_graph_parameter(&g, 1, 1), million = rational(&g, "2000000"), output = NALG_NO_NODE;
    int square = nalg_graph_power(&g, x, 2), product = nalg_graph_multiply(&g, nalg_graph_power(&g, x, 8), y);
    int row[] = {nalg_graph_subtract(&g, square, nalg_graph_multiply(&g, million, nalg_graph_power(&g, product, 2))),
                 nalg_graph_subtract(&g, nalg_graph_multiply(&g, product, square), million)};
    for (int i = 0; i < 2; i++) {
        int map;
        int32_t *entry = nalg_graph_map_new(&g, 1, &map);
        assert_non_null(entry);
        entry[0] = i;
        int place = nalg_graph_scatter(&g, row[i], map, 2);
        output = i ? nalg_graph_add(&g, output, place) : place;
    }
    nalg_certify_problem problem = plain(&g, output);
    const double root = 1000 * sqrt(2.0);
    const double complex z[][2] = {{root, 6.25e-26}, {-root, 6.25e-26}, {root, -6.25e-26}};
    nalg_certificate c = certify(&problem, &z[0][0], 3);
    assert_int_equal(c.point[0].state, NALG_CERTIFIED);
    assert_int_equal(c.point[1].state, NALG_CERTIFIED);
    assert_int_not_equal(c.point[2].state, NALG_CERTIFIED); /* g = -1 */
    assert_int_equal(c.distinct_real, 2);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

static void test_reality(void **state)
{
    (void)state;
    nalg_graph g;
    /* (z - 1)^2 + 10^-24: 1 +- 10^-12 i. */
    int output = univariate(&g, 3, (const char *const[]){"1000000000000000000000001/1000000000000000000000000", "-2", "1"});
    nalg_certify_problem problem = plain(&g, output);
    double complex pair[] = {CMPLX(1, 1e-12), CMPLX(1, -1e-12), 1, CMPLX(1, 1e-13)};
    nalg_certificate c = certify(&problem, pair, 4);
    assert_int_equal(c.states[NALG_CERTIFIED], 2);
    assert_int_equal(c.distinct, 2);
    assert_int_equal(c.not_real, 2);
    assert_int_equal(c.real, 0);
    assert_int_equal(c.distinct_real, 0);
    assert_int_equal(c.point[0].real, NALG_FALSE);
    assert_int_equal(c.point[0].real_function, NALG_FALSE);
    assert_int_not_equal(c.point[2].state, NALG_CERTIFIED);
    assert_int_not_equal(c.point[3].state, NALG_CERTIFIED);
    assert_int_equal(c.point[2].group, SIZE_MAX);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);

    /* (z - 1)^2 + 2^-120, closer than double precision at 1, but an imaginary part is a double of its own. */
    output = univariate(&g, 3, (const char *const[]){
        "1329227995784915872903807060280344577/1329227995784915872903807060280344576", "-2", "1"});
    problem = plain(&g, output);
    double complex close[] = {CMPLX(1, 0x1p-60), CMPLX(1, -0x1p-60), 1};
    c = certify(&problem, close, 3);
    assert_int_equal(c.states[NALG_CERTIFIED], 2);
    assert_int_equal(c.distinct, 2);
    assert_int_equal(c.not_real, 2);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);

    /* z^3 = 1: one real root, found from a point slightly off the axis. */
    output = univariate(&g, 4, (const char *const[]){"-1", "0", "0", "1"});
    problem = plain(&g, output);
    double complex roots[] = {CMPLX(1, 1e-17), CMPLX(-0.5, sqrt(0.75)), CMPLX(-0.5, -sqrt(0.75)), CMPLX(1 - 1e-15, -1e-15)};
    c = certify(&problem, roots, 4);
    assert_int_equal(c.states[NALG_CERTIFIED], 4);
    assert_int_equal(c.distinct, 3);
    assert_int_equal(c.point[0].real, NALG_TRUE);
    assert_int_equal(c.point[1].real, NALG_FALSE);
    assert_int_equal(c.point[3].real, NALG_TRUE);
    assert_int_equal(c.point[3].group, 0);
    assert_int_equal(c.real, 2);
    assert_int_equal(c.distinct_real, 1);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);

    /* z^2 = p with p a little off the axis: the root is not real, by less than these bits can show. */
    nalg_graph_init(&g);
    int z = nalg_graph_parameter(&g, 0, 1), square = nalg_graph_multiply(&g, z, z);
    double complex p = CMPLX(2, 1e-40), one = sqrt(2.0), unit[] = {CMPLX(0.6, 0.8), CMPLX(0.6, -0.8)};
    problem = plain(&g, square);
    problem.system.subtract_parameter = true;
    problem.parameter = &p;
    problem.parameter_count = 1;
    c = certify(&problem, &one, 1);
    assert_int_equal(c.states[NALG_CERTIFIED], 1);
    assert_false(c.real_system);
    assert_int_not_equal(c.point[0].real, NALG_TRUE);
    nalg_certificate_clear(&c);

    /* A real zero seen through a function that is not known to be real: z u conj(u). */
    const double complex *input[] = {NULL, &unit[0], &unit[1]};
    p = 2;
    problem.fingerprint = (nalg_certify_map){.graph = &g, .batch = 1, .input = input, .input_count = 3};
    problem.fingerprint.output = nalg_graph_multiply(&g, nalg_graph_multiply(&g, z, nalg_graph_input(&g, 1, 1, false)),
                                                     nalg_graph_input(&g, 2, 1, false));
    c = certify(&problem, &one, 1);
    assert_int_equal(c.point[0].real, NALG_TRUE);
    assert_int_equal(c.point[0].real_function, NALG_UNKNOWN);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

/* katsura-3 in an unbatched node of size 4. */
static int katsura(nalg_graph *g)
{
    nalg_graph_init(g);
    int u[4], row[4], output = NALG_NO_NODE;
    for (size_t i = 0; i < 4; i++) u[i] = nalg_graph_parameter(g, i, 1);
    int two = rational(g, "2");
    row[0] = nalg_graph_add(g, nalg_graph_add(g, u[0], nalg_graph_multiply(g, two, nalg_graph_add(g, u[1], nalg_graph_add(g, u[2], u[3])))),
                            rational(g, "-1"));
    for (int m = 0; m < 3; m++) {
        row[m + 1] = nalg_graph_negate(g, u[m]);
        for (int l = -3; l <= 3; l++)
            if (abs(m - l) <= 3) row[m + 1] = nalg_graph_add(g, row[m + 1], nalg_graph_multiply(g, u[abs(l)], u[abs(m - l)]));
    }
    for (int i = 0; i < 4; i++) {
        int map;
        int32_t *entry = nalg_graph_map_new(g, 1, &map);
        assert_non_null(entry);
        entry[0] = i;
        int part = nalg_graph_scatter(g, row[i], map, 4);
        output = output < 0 ? part : nalg_graph_add(g, output, part);
    }
    assert_false(g->failed);
    return output;
}

/* All 8 = 2^3, by Newton from random starts; the rationals (1, 0, 0, 0) and (1/3, 0, 0, 1/3) are in closed form. */
static const double complex katsura_root[8][4] = {
    {1, 0, 0, 0},
    {1.0 / 3, 0, 0, 1.0 / 3},
    {0.44000748349157703, 0.30715904799235666, 0.10576025679693858, -0.13292304653508372},
    {0.56607518063537765, 0.1491935602905001, 0.25553957165385577, -0.18777072226204464},
    {0.18759332179975263, 0.078353753160509368, 0.073594710568601479, 0.25425487537101288},
    {0.74627803105467505, 0.23347449640628751, -0.18460794555459981, 0.077994433620974787},
    {CMPLX(0.51920048068679803, 0.088574804145523073), CMPLX(-0.21525926009365795, -0.038432676075341433),
     CMPLX(0.26446709287799158, -0.10923144791214218), CMPLX(0.19119192687226735, 0.10337672191472208)},
    {CMPLX(0.51920048068679792, -0.088574804145523142), CMPLX(-0.21525926009365801, 0.038432676075341461),
     CMPLX(0.26446709287799164, 0.10923144791214225), CMPLX(0.19119192687226738, -0.10337672191472215)},
};

static void test_katsura(void **state)
{
    (void)state;
    nalg_graph g;
    int output = katsura(&g);
    nalg_certify_problem problem = plain(&g, output);
    nalg_certificate c = certify(&problem, &katsura_root[0][0], 8);
    assert_int_equal(c.states[NALG_CERTIFIED], 8);
    assert_int_equal(c.distinct, 8);
    assert_int_equal(c.distinct_real, 6);
    assert_int_equal(c.not_real, 2);
    nalg_certificate_clear(&c);
    for (size_t i = 0; i < 8; i++)
        for (size_t j = 0; j < 4; j++) {
            double complex z[4];
            memcpy(z, katsura_root[i], sizeof z);
            z[j] += 1e-3;
            assert_int_equal(state_of(&problem, z), NALG_REFUSED_FAR);
            memcpy(z, katsura_root[i], sizeof z);
            z[j] = z[(j + 1) % 4]; /* swapped coordinates, unless they agree */
            z[(j + 1) % 4] = katsura_root[i][j];
            if (cabs(z[j] - katsura_root[i][j]) > 1e-9) assert_int_not_equal(state_of(&problem, z), NALG_CERTIFIED);
        }
    /* All of them twice, and each conjugate: counted once. */
    double complex twice[24][4];
    for (size_t i = 0; i < 24; i++)
        for (size_t j = 0; j < 4; j++) twice[i][j] = i < 16 ? katsura_root[i % 8][j] : conj(katsura_root[i % 8][j]);
    c = certify(&problem, &twice[0][0], 24);
    assert_int_equal(c.states[NALG_CERTIFIED], 24);
    assert_int_equal(c.distinct, 8);
    assert_int_equal(c.point[8 + 5].group, 5);
    assert_int_equal(c.point[16 + 6].group, 7);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

/* Output (z0 + z1 x, z2^2 + z3 x) on samples x = 1, 2: equation i * batch + s, more than one output entry a sample. */
static void test_vector_output(void **state)
{
    (void)state;
    nalg_graph g;
    nalg_graph_init(&g);
    int x = nalg_graph_input(&g, 1, 1, true), map_constant, map_slope;
    int z2 = nalg_graph_parameter(&g, 2, 1), map_square;
    int32_t *constant = nalg_graph_map_new(&g, 1, &map_constant), *square = nalg_graph_map_new(&g, 1, &map_square);
    assert_true(constant && square);
    constant[0] = 0;
    square[0] = 1;
    int32_t *slope = nalg_graph_map_new(&g, 2, &map_slope);
    assert_non_null(slope);
    slope[0] = 1;
    slope[1] = 3;
    int all = nalg_graph_parameter(&g, 0, 4);
    int base = nalg_graph_add(&g, nalg_graph_scatter(&g, nalg_graph_parameter(&g, 0, 1), map_constant, 2),
                              nalg_graph_scatter(&g, nalg_graph_multiply(&g, z2, z2), map_square, 2));
    int output = nalg_graph_add(&g, base, nalg_graph_multiply(&g, nalg_graph_gather(&g, all, map_slope), x));
    double complex samples[] = {1, 2}, p[] = {3, 5, 13, 17}, z[][4] = {{1, 2, 3, 4}, {1, 2, -3, 4}, {1, 2, 4, 3}, {1, 2, 3, 4 + 1e-3}};
    const double complex *input[] = {NULL, samples};
    nalg_certify_problem problem = {
        .system = {.graph = &g, .output = output, .batch = 2, .subtract_parameter = true, .input = input, .input_count = 2},
        .parameter = p, .parameter_count = 4};
    nalg_certificate c = certify(&problem, &z[0][0], 4);
    assert_int_equal(c.states[NALG_CERTIFIED], 2);
    assert_int_equal(c.states[NALG_REFUSED_FAR], 2);
    assert_int_equal(c.distinct_real, 2);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

/* 1/z = 2, and a point on the pole. */
static void test_pole(void **state)
{
    (void)state;
    nalg_graph g;
    nalg_graph_init(&g);
    int output = nalg_graph_subtract(&g, nalg_graph_inverse(&g, nalg_graph_parameter(&g, 0, 1)), rational(&g, "2"));
    nalg_certify_problem problem = plain(&g, output);
    nalg_certificate c = certify(&problem, (const double complex[]){0.5, 0, 0.25}, 3);
    assert_int_equal(c.point[0].state, NALG_CERTIFIED);
    assert_int_equal(c.point[1].state, NALG_REFUSED_POLE);
    assert_int_equal(c.point[2].state, NALG_REFUSED_FAR);
    nalg_certificate_clear(&c);
    nalg_graph_clear(&g);
}

/* z0 + z1 = 2, z0 + (1 + 2^-bits) z1 = 2 has the zero (2, 0); its condition number is 2^(bits + 2). */
static nalg_certificate ill_conditioned(const char *coefficient, long limit)
{
    nalg_graph g;
    nalg_graph_init(&g);
    int map[2], z0 = nalg_graph_parameter(&g, 0, 1), z1 = nalg_graph_parameter(&g, 1, 1), two = rational(&g, "-2");
    for (int i = 0; i < 2; i++) {
        int32_t *entry = nalg_graph_map_new(&g, 1, &map[i]);
        assert_non_null(entry);
        entry[0] = i;
    }
    int first = nalg_graph_add(&g, nalg_graph_add(&g, z0, z1), two);
    int second = nalg_graph_add(&g, nalg_graph_add(&g, z0, nalg_graph_multiply(&g, rational(&g, coefficient), z1)), two);
    int output = nalg_graph_add(&g, nalg_graph_scatter(&g, first, map[0], 2), nalg_graph_scatter(&g, second, map[1], 2));
    nalg_certify_problem problem = plain(&g, output);
    nalg_certificate c = certify_with(&problem, (const double complex[]){2, 0}, 1, &(nalg_certify_options){.precision_limit = limit}, 1);
    nalg_graph_clear(&g);
    return c;
}

static void test_precision(void **state)
{
    (void)state;
    nalg_certificate c = ill_conditioned("1099511627777/1099511627776", 0); /* 2^-40 */
    assert_int_equal(c.point[0].state, NALG_CERTIFIED);
    assert_int_equal(c.precision, 64);
    nalg_certificate_clear(&c);
    c = ill_conditioned("1208925819614629174706177/1208925819614629174706176", 0); /* 2^-80 */
    assert_int_equal(c.point[0].state, NALG_CERTIFIED);
    assert_int_equal(c.precision, 128);
    nalg_certificate_clear(&c);
    c = ill_conditioned("1208925819614629174706177/1208925819614629174706176", 64);
    assert_int_not_equal(c.point[0].state, NALG_CERTIFIED);
    nalg_certificate_clear(&c);
}

/* --- interpolation by mlp 3-2-1 x^2 ------------------------------------------------------------------------------------ */

enum { WEIGHTS = 8, UNKNOWNS = 5, PROBES = 3 };

typedef struct {
    nalg_model *model;
    nalg_graph graph;
    int output;
    double complex frozen[WEIGHTS], x[3 * UNKNOWNS], probe[3 * PROBES], y[UNKNOWNS];
    const double complex *input[3], *probe_input[3];
    nalg_certify_problem problem;
} network;

/* Unknowns: the entries of the first layer but (1, 1), which is frozen with the second layer. */
static const int32_t unknown_at[WEIGHTS] = {-1, 0, 1, 2, 3, 4, -1, -1};
static const size_t weight_of[UNKNOWNS] = {1, 2, 3, 4, 5};

static double complex value_at(const double complex *w, const double complex *x, size_t batch, size_t sample)
{
    double complex h[2];
    for (size_t i = 0; i < 2; i++) h[i] = w[3 * i] * x[sample] + w[3 * i + 1] * x[batch + sample] + w[3 * i + 2] * x[2 * batch + sample];
    return w[6] * h[0] * h[0] + w[7] * h[1] * h[1];
}

static void full_weights(const network *n, double complex *w, const double complex *z)
{
    memcpy(w, n->frozen, sizeof n->frozen);
    for (size_t k = 0; k < UNKNOWNS; k++) w[weight_of[k]] = z[k];
}

/* `start` becomes the unknowns of random weights whose function gives the data. */
static void network_create(network *n, double complex *start, bool real, uint64_t seed)
{
    nalg_ctx *ctx = context(1);
    nalg_random random = nalg_random_stream(seed, 7);
    memset(n, 0, sizeof *n);
    assert_int_equal(nalg_model_parse(ctx, &n->model, "mlp 3-2-1 x^2", strlen("mlp 3-2-1 x^2")), NALG_OK);
    assert_int_equal(nalg_model_parameters(n->model), WEIGHTS);
    nalg_graph *g = &n->graph;
    nalg_graph_init(g);
    int map;
    int32_t *entry = nalg_graph_map_new(g, WEIGHTS, &map);
    assert_non_null(entry);
    memcpy(entry, unknown_at, sizeof unknown_at);
    int z = nalg_graph_parameter(g, 0, UNKNOWNS);
    g->substitute = nalg_graph_add(g, nalg_graph_gather(g, z, map), nalg_graph_input(g, 2, WEIGHTS, false));
    n->output = nalg_pipeline_lower(n->model->layers, g, nalg_graph_input(g, 1, 3, true));
    assert_false(g->failed);
    for (size_t i = 0; i < 3 * UNKNOWNS; i++) n->x[i] = nalg_random_normal(&random);
    for (size_t i = 0; i < 3 * PROBES; i++) n->probe[i] = nalg_random_normal(&random);
    for (size_t i = 0; i < UNKNOWNS; i++) {
        double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
        start[i] = CMPLX(re, real ? 0 : im);
    }
    n->frozen[0] = 0.75;
    start[2] = 0.75; /* entry (2, 1): swapping the two hidden units keeps the frozen weight */
    n->frozen[6] = n->frozen[7] = 1;
    double complex w[WEIGHTS];
    full_weights(n, w, start);
    for (size_t j = 0; j < UNKNOWNS; j++) n->y[j] = value_at(w, n->x, UNKNOWNS, j);
    n->input[1] = n->x;
    n->probe_input[1] = n->probe;
    n->input[2] = n->probe_input[2] = n->frozen;
    n->problem = (nalg_certify_problem){
        .system = {.graph = g, .output = n->output, .batch = UNKNOWNS, .subtract_parameter = true, .input = n->input, .input_count = 3},
        .fingerprint = {.graph = g, .output = n->output, .batch = PROBES, .input = n->probe_input, .input_count = 3},
        .parameter = n->y, .parameter_count = UNKNOWNS};
    nalg_ctx_free(ctx);
}

static void network_clear(network *n)
{
    nalg_graph_clear(&n->graph);
    nalg_model_free(n->model);
}

/* Newton with derivatives by hand; false when it does not converge. */
static bool newton(const network *n, double complex *z)
{
    for (int step = 0; step < 100; step++) {
        double complex a[UNKNOWNS][UNKNOWNS + 1], w[WEIGHTS];
        double size = 0, change = 0;
        full_weights(n, w, z);
        for (size_t j = 0; j < UNKNOWNS; j++) {
            for (size_t k = 0; k < UNKNOWNS; k++) {
                size_t unit = weight_of[k] / 3, row = weight_of[k] % 3;
                double complex h = 0;
                for (size_t l = 0; l < 3; l++) h += w[3 * unit + l] * n->x[l * UNKNOWNS + j];
                a[j][k] = 2 * w[6 + unit] * h * n->x[row * UNKNOWNS + j];
            }
            a[j][UNKNOWNS] = value_at(w, n->x, UNKNOWNS, j) - n->y[j];
        }
        for (size_t c = 0; c < UNKNOWNS; c++) {
            size_t best = c;
            for (size_t i = c; i < UNKNOWNS; i++)
                if (cabs(a[i][c]) > cabs(a[best][c])) best = i;
            if (!(cabs(a[best][c]) > 1e-12)) return false;
            for (size_t l = 0; l <= UNKNOWNS; l++) {
                double complex t = a[c][l];
                a[c][l] = a[best][l];
                a[best][l] = t;
            }
            for (size_t i = 0; i < UNKNOWNS; i++) {
                double complex factor = a[i][c] / a[c][c];
                for (size_t l = c; i != c && l <= UNKNOWNS; l++) a[i][l] -= factor * a[c][l];
            }
        }
        for (size_t k = 0; k < UNKNOWNS; k++) {
            double complex d = a[k][UNKNOWNS] / a[k][k];
            z[k] -= d;
            change = fmax(change, cabs(d));
            size = fmax(size, cabs(z[k]));
        }
        if (!(size < 1e6)) return false;
        if (change < 1e-14 * size) return true;
    }
    return false;
}

enum { STARTS = 300 };

static void test_network(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        network n;
        double complex z[STARTS + 4][UNKNOWNS];
        size_t count = 4;
        network_create(&n, z[0], seed == 3, seed);
        memcpy(z[1], z[0], sizeof z[0]); /* the second unit with the other sign is not frozen: */
        for (size_t k = 2; k < 5; k++) z[1][k] = -z[0][k];
        memcpy(z[2], (const double complex[]){z[0][3], z[0][4], z[0][2], z[0][0], z[0][1]}, sizeof z[0]); /* units swapped */
        memcpy(z[3], z[0], sizeof z[0]); /* a duplicate */
        nalg_random random = nalg_random_stream(seed, 8);
        for (size_t i = 0; i < STARTS; i++) {
            for (size_t k = 0; k < UNKNOWNS; k++) {
                double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
                z[count][k] = CMPLX(1.5 * re, 1.5 * im);
            }
            count += newton(&n, z[count]);
        }
        assert_true(count > 50);
        nalg_certificate c = certify(&n.problem, &z[0][0], count);
        assert_int_equal(c.states[NALG_CERTIFIED], count);
        assert_int_equal(c.distinct, 3); /* Harris-Tu: the degree of symmetric 3 x 3 matrices of rank <= 2 */
        for (size_t i = 0; i < 4; i++) assert_int_equal(c.point[i].group, 0);
        assert_int_equal(c.point[0].real, seed == 3 ? NALG_TRUE : NALG_FALSE);
        assert_int_equal(c.point[0].real_function, seed == 3 ? NALG_TRUE : NALG_FALSE);

        /* The same with threads, and with other projections. */
        nalg_certificate threaded = certify_with(&n.problem, &z[0][0], count, NULL, 4);
        assert_int_equal(threaded.distinct, 3);
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(c.point[i].group, threaded.point[i].group);
            assert_true(c.point[i].radius == threaded.point[i].radius);
        }
        nalg_certificate_clear(&threaded);
        nalg_certificate_clear(&c);
        /* Without a fingerprint signs and swaps are solutions of their own. */
        n.problem.fingerprint.graph = NULL;
        c = certify(&n.problem, &z[0][0], 4);
        assert_int_equal(c.distinct, 3);
        nalg_certificate_clear(&c);

        /* Refused: swapped coordinates, perturbed ones, solutions of other data. */
        double complex w[UNKNOWNS];
        for (size_t k = 0; k < UNKNOWNS; k++) {
            memcpy(w, z[0], sizeof w);
            w[k] += 1e-3;
            assert_int_equal(state_of(&n.problem, w), NALG_REFUSED_FAR);
            w[k] = z[0][(k + 1) % UNKNOWNS];
            w[(k + 1) % UNKNOWNS] = z[0][k];
            assert_int_not_equal(state_of(&n.problem, w), NALG_CERTIFIED);
        }
        n.y[2] += 1e-3;
        assert_int_not_equal(state_of(&n.problem, z[0]), NALG_CERTIFIED);
        network_clear(&n);
    }
}

static void test_arguments(void **state)
{
    (void)state;
    network n;
    double complex z[UNKNOWNS];
    network_create(&n, z, false, 5);
    nalg_ctx *ctx = context(1);
    nalg_certificate c = {.count = 77};
    nalg_certify_problem broken = n.problem;
    broken.system.batch = UNKNOWNS - 1; /* not square */
    broken.parameter_count = UNKNOWNS - 1;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &broken, z, 1, NULL), NALG_E_ARGUMENT);
    broken = n.problem;
    broken.parameter_count = UNKNOWNS - 1;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &broken, z, 1, NULL), NALG_E_ARGUMENT);
    broken = n.problem;
    broken.system.input_count = 2;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &broken, z, 1, NULL), NALG_E_ARGUMENT);
    broken = n.problem;
    broken.fingerprint.output = -1;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &broken, z, 1, NULL), NALG_E_ARGUMENT);
    n.x[3] = NAN;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &n.problem, z, 1, NULL), NALG_E_ARGUMENT);
    n.x[3] = 1;
    assert_int_equal(nalg_certify_solutions(ctx, &c, &n.problem, z, 1, &(nalg_certify_options){.tolerance = -1}), NALG_E_ARGUMENT);
    assert_int_equal(nalg_certify_solutions(ctx, &c, &n.problem, z, 1, &(nalg_certify_options){.precision = 20}), NALG_E_ARGUMENT);
    const volatile int cancel = 1;
    nalg_ctx_set_cancel(ctx, &cancel);
    assert_int_equal(nalg_certify_solutions(ctx, &c, &n.problem, z, 1, NULL), NALG_E_INTERRUPTED);
    nalg_ctx_set_cancel(ctx, NULL);
    assert_int_equal(c.count, 77);
    assert_int_equal(nalg_certify_solutions(ctx, &c, &n.problem, z, 0, NULL), NALG_OK);
    assert_int_equal(c.count, 0);
    assert_int_equal(c.distinct, 0);
    nalg_certificate_clear(&c);
    for (int s = 0; s < NALG_CERTIFY_STATES; s++) assert_true(strlen(nalg_certify_state_text((nalg_certify_state)s)) > 5);
    nalg_ctx_free(ctx);
    network_clear(&n);
}

/* The k-th allocation fails, for every k: a clean status, nothing changed, nothing leaked (the sanitizer looks). */
static void test_allocation_failures(void **state)
{
    (void)state;
    network n;
    double complex z[3][UNKNOWNS];
    network_create(&n, z[0], false, 6);
    memcpy(z[1], z[0], sizeof z[0]);
    z[1][0] += 1; /* goes through all rounds */
    memcpy(z[2], z[0], sizeof z[0]);
    nalg_ctx *ctx = context(2);
    nalg_status status = NALG_E_MEMORY;
    long k = 0;
    while (status != NALG_OK) {
        nalg_certificate c = {.count = 77};
        nalg_memory_fail_at(++k);
        status = nalg_certify_solutions(ctx, &c, &n.problem, &z[0][0], 3, NULL);
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || status == NALG_E_MEMORY);
        if (status == NALG_OK) {
            assert_int_equal(c.distinct, 1);
            nalg_certificate_clear(&c);
        } else {
            assert_int_equal(c.count, 77);
        }
    }
    assert_true(k > 50);
    nalg_ctx_free(ctx);
    network_clear(&n);
}

static void test_counts(void **state)
{
    (void)state;
    assert_true(successes > 100);
    assert_true(refusals > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_square_root), cmocka_unit_test(test_double_roots), cmocka_unit_test(test_sizes), cmocka_unit_test(test_reality),
        cmocka_unit_test(test_katsura),     cmocka_unit_test(test_vector_output), cmocka_unit_test(test_pole),
        cmocka_unit_test(test_precision),   cmocka_unit_test(test_network),       cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_allocation_failures), cmocka_unit_test(test_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
