/* Equations against varieties whose ideals are known (determinants, Segre and Veronese varieties, published
 * ideals), against networks evaluated by hand in exact arithmetic, and against Macaulay2 where it is
 * installed.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <ctype.h>
#include <inttypes.h>
#include <unistd.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/equations_coordinates.h"
#include "geometry/equations_monomials.h"
#include "geometry/equations_polynomial.h"
#include "neuroalg/degree.h"
#include "neuroalg/equations.h"
#include "support/support.h"

static nalg_result *equations_with(nalg_ctx *ctx, const char *phrase, int degree, const char *member)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_equations_options options = {
        .degree = degree, .member = member, .member_length = member ? strlen(member) : 0};
    nalg_status status = nalg_equations(ctx, &result, model, &options);
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    nalg_model_free(model);
    return result;
}

static const json_t *answer(const nalg_result *result, const char *key)
{
    return json_object_get(json_object_get(result->document, "result"), key);
}

static long long entry(const nalg_result *result, const char *key, size_t index)
{
    return json_integer_value(json_array_get(answer(result, key), index));
}

static long long binomial(long long n, long long k)
{
    long long value = 1;
    for (long long i = 1; i <= k; i++) value = value * (n - k + i) / i;
    return n < k ? 0 : value;
}

/* Hilbert functions in closed form: rank one matrices (Segre), squares of linear forms (Veronese), both
 * together, and hypersurfaces. */
static long long segre(int k, int m, int n)
{
    return binomial(k + m - 1, m - 1) * binomial(k + n - 1, n - 1);
}
static long long veronese(int k, int n, int d)
{
    return binomial(d * k + n - 1, n - 1);
}
static long long hypersurface(int k, int n, int d)
{
    return binomial(k + n - 1, n - 1) - binomial(k - d + n - 1, n - 1);
}

static void test_hilbert_functions(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *r[] = {
        equations_with(ctx, "linear 4-1-3", 4, NULL), equations_with(ctx, "mlp 3-1-1 x^2", 4, NULL),
        equations_with(ctx, "mlp 3-1-2 x^2", 4, NULL), equations_with(ctx, "linear 3-2-3", 4, NULL),
        equations_with(ctx, "mlp 2-1-1 x^5", 4, NULL)};
    for (int k = 1; k <= 4; k++) {
        const size_t at = (size_t)k - 1;
        assert_int_equal(entry(r[0], "hilbert", at), segre(k, 4, 3));
        assert_int_equal(entry(r[1], "hilbert", at), veronese(k, 3, 2));
        assert_int_equal(entry(r[2], "hilbert", at), veronese(k, 3, 2) * binomial(k + 1, 1));
        assert_int_equal(entry(r[3], "hilbert", at), hypersurface(k, 9, 3));
        assert_int_equal(entry(r[4], "hilbert", at), veronese(k, 2, 5));
        for (size_t i = 0; i < 5; i++) { /* what does not restrict to zero, and what does */
            long long forms = entry(r[i], "forms", at), ambient = test_integer(r[i], "ambient");
            assert_int_equal(entry(r[i], "hilbert", at) + forms, binomial(ambient + k - 1, k));
        }
    }
    for (size_t i = 0; i < 5; i++) nalg_result_free(r[i]);
    nalg_ctx_free(ctx);
}

/* Ideals by Macaulay2 (generators of each degree), degrees by the formulas for determinantal, Segre and
 * secant varieties. */
static const struct {
    const char *phrase;
    int asked, ambient, dimension, degree, count;
    int generators[4];
} ideals[] = {
    {"mlp 2-2-1 x^3+x^2", 4, 7, 6, 3, 1, {0, 0, 1, 0}},
    {"mlp 2-2-1 x^3+x^2+x", 3, 9, 6, 10, 10, {0, 0, 10, 0}},
    {"mlp 2-2-1 x^4", 3, 5, 4, 3, 1, {0, 0, 1, 0}},
    {"mlp 2-2-1 x^5", 3, 6, 4, 6, 4, {0, 0, 4, 0}},
    {"mlp 3-2-1 x^2", 4, 6, 5, 3, 1, {0, 0, 1, 0}},
    {"mlp 2-2-3 x^2", 3, 9, 8, 3, 1, {0, 0, 1, 0}},
    {"mlp 2-1-2 x^2", 3, 6, 3, 4, 6, {0, 6, 0, 0}},
    {"linear 3-2-3", 3, 9, 8, 3, 1, {0, 0, 1, 0}},
    {"linear 4-2-3", 4, 12, 10, 6, 4, {0, 0, 4, 0}},
    {"linear 3-1-3", 3, 9, 5, 6, 9, {0, 9, 0, 0}},
    {"linear 4-2-4", 3, 16, 12, 20, 16, {0, 0, 16, 0}},
    {"cnn k=2,2 x^2", 4, 5, 3, 4, 4, {0, 1, 3, 0}},
    {"cnn k=2,2 x^3", 3, 7, 3, 6, 8, {0, 8, 0, 0}},
    {"cnn k=2,2 linear", 3, 3, 3, 1, 0, {0, 0, 0, 0}},
    {"cnn k=2,2 s=2,1 linear", 3, 4, 3, 2, 1, {0, 1, 0, 0}},
    {"attention d=2,1 a=2 t=2", 4, 6, 5, 4, 1, {0, 0, 0, 1}},
    {"attention d=2,1 a=1 t=2", 3, 6, 4, 3, 3, {0, 3, 0, 0}},
    {"mlp 4-2-1 x^2", 3, 10, 7, 10, 10, {0, 0, 10, 0}},
    {"mlp 3-2-1 x^3", 3, 10, 6, 15, 20, {0, 0, 20, 0}},
};

static void test_known_ideals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof ideals / sizeof *ideals; i++) {
        nalg_result *r = equations_with(ctx, ideals[i].phrase, ideals[i].asked, NULL);
        if (test_integer(r, "degree") != ideals[i].degree || test_integer(r, "count") != ideals[i].count)
            print_error("%s\n", ideals[i].phrase);
        assert_int_equal(test_integer(r, "ambient"), ideals[i].ambient);
        assert_int_equal(test_integer(r, "dimension"), ideals[i].dimension);
        assert_int_equal(test_integer(r, "degree"), ideals[i].degree);
        assert_int_equal(test_integer(r, "count"), ideals[i].count);
        assert_int_equal(json_array_size(answer(r, "equations")), ideals[i].count);
        for (int k = 0; k < ideals[i].asked; k++)
            assert_int_equal(entry(r, "generators", (size_t)k), ideals[i].generators[k]);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* The published cubic and the published ideal of the convolutional network, in our order of terms. */
static void test_published_equations(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *cubic = equations_with(ctx, "mlp 2-2-1 x^3+x^2", 3, NULL),
                *cnn = equations_with(ctx, "cnn k=2,2 x^2", 2, NULL);
    assert_string_equal(json_string_value(json_array_get(answer(cubic, "equations"), 0)),
                        "6*c0*c2*c6 - 9*c0*c3*c5 - 2*c1^2*c6 + c1*c2*c5 + 6*c1*c3*c4 - 2*c2^2*c4");
    assert_string_equal(json_string_value(json_array_get(answer(cnn, "equations"), 0)), "4*c0*c4 - c1*c3");
    nalg_result_free(cubic);
    nalg_result_free(cnn);
    nalg_ctx_free(ctx);
}

/* ---- exact evaluation, by code that shares nothing with the library ---- */

/* Value of a printed equation at integer coordinates. */
static void evaluate(fmpz_t sum, const char *text, const fmpz *c)
{
    fmpz_t term;
    fmpz_init(term);
    fmpz_zero(sum);
    while (*text) {
        bool negative = false;
        while (*text == ' ' || *text == '+' || *text == '-') negative ^= *text++ == '-';
        fmpz_set_si(term, negative ? -1 : 1);
        while (*text && *text != ' ') {
            char *end;
            if (*text == '*') text++;
            bool variable = *text == 'c';
            unsigned long number = strtoul(text + variable, &end, 10), power = 1;
            if (variable && *end == '^') power = strtoul(end + 1, &end, 10);
            if (!variable) fmpz_mul_ui(term, term, number);
            for (; variable && power; power--) fmpz_mul(term, term, c + number);
            text = end;
        }
        fmpz_add(sum, sum, term);
    }
    fmpz_clear(term);
}

static slong small(nalg_random *random)
{
    return (slong)nalg_random_below(random, 2001) - 1000;
}

static void power_term(fmpz_t out, slong v, slong a, unsigned i, slong b, unsigned j, slong factor)
{
    fmpz_t t;
    fmpz_init(t);
    fmpz_set_si(t, a);
    fmpz_pow_ui(t, t, i);
    fmpz_mul_si(t, t, v * factor);
    for (unsigned k = 0; k < j; k++) fmpz_mul_si(t, t, b);
    fmpz_add(out, out, t);
    fmpz_clear(t);
}

/* v1 s(a1 x + b1 y) + v2 s(a2 x + b2 y), s = x^3 + x^2 + x, by the binomial theorem: cubic, quadratic, linear
 * part. */
static void perceptron(fmpz *c, nalg_random *random)
{
    static const slong factor[] = {1, 3, 3, 1, 1, 2, 1, 1, 1};
    static const unsigned x[] = {3, 2, 1, 0, 2, 1, 0, 1, 0}, y[] = {0, 1, 2, 3, 0, 1, 2, 0, 1};
    for (int unit = 0; unit < 2; unit++) {
        slong v = small(random), a = small(random), b = small(random);
        for (size_t k = 0; k < 9; k++) power_term(c + k, v, a, x[k], b, y[k], factor[k]);
    }
}

/* v0 (w0 x1 + w1 x2)^2 + v1 (w0 x2 + w1 x3)^2. */
static void convolution(fmpz *c, nalg_random *random)
{
    slong v0 = small(random), v1 = small(random), w0 = small(random), w1 = small(random);
    power_term(c, v0, w0, 2, w1, 0, 1);
    power_term(c + 1, v0, w0, 1, w1, 1, 2);
    power_term(c + 2, v0, w0, 0, w1, 2, 1);
    power_term(c + 2, v1, w0, 2, w1, 0, 1);
    power_term(c + 3, v1, w0, 1, w1, 1, 2);
    power_term(c + 4, v1, w0, 0, w1, 2, 1);
}

/* Product of a 4 x 2 by a 2 x 4 matrix. */
static void product(fmpz *c, nalg_random *random)
{
    slong a[8], b[8];
    for (int i = 0; i < 8; i++) a[i] = small(random), b[i] = small(random);
    for (int i = 0; i < 16; i++)
        fmpz_set_si(c + i, a[i / 4 * 2] * b[i % 4] + a[i / 4 * 2 + 1] * b[4 + i % 4]);
}

static void check_vanishing(nalg_ctx *ctx, const char *phrase, int degree,
                            void (*network)(fmpz *, nalg_random *))
{
    nalg_result *r = equations_with(ctx, phrase, degree, NULL);
    nalg_random random = nalg_random_stream(5, 0);
    fmpz_t value;
    fmpz_init(value);
    assert_true(json_array_size(answer(r, "equations")) > 0);
    for (int trial = 0; trial < 20; trial++) {
        fmpz c[16] = {0};
        size_t i, missed = 0;
        json_t *equation;
        network(c, &random);
        json_array_foreach(answer(r, "equations"), i, equation)
        {
            evaluate(value, json_string_value(equation), c);
            assert_true(fmpz_is_zero(value));
        }
        fmpz_add_ui(c, c, 1); /* off the variety: some equation sees it */
        json_array_foreach(answer(r, "equations"), i, equation)
        {
            evaluate(value, json_string_value(equation), c);
            missed += !fmpz_is_zero(value);
        }
        assert_true(missed > 0);
        for (i = 0; i < 16; i++) fmpz_clear(c + i);
    }
    fmpz_clear(value);
    nalg_result_free(r);
}

static void test_equations_vanish(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    check_vanishing(ctx, "mlp 2-2-1 x^3+x^2+x", 3, perceptron);
    check_vanishing(ctx, "cnn k=2,2 x^2", 4, convolution);
    check_vanishing(ctx, "linear 4-2-4", 3, product);
    nalg_ctx_free(ctx);
}

static void test_coefficients(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-1 x^3+x^2");
    nalg_coordinates c;
    assert_int_equal(nalg_coordinates_find(ctx, &c, model), NALG_OK);
    assert_int_equal(c.count, 7);
    assert_int_equal(c.dependent_count, 0);
    const uint64_t primes[] = {nalg_prime_fast(0, 3), nalg_prime_word(3, 3)}, w[6] = {2, 3, 5, 7, 11, 13};
    for (int k = 0; k < 2; k++) {
        nalg_point point = {.prime = primes[k], .weights = w};
        uint64_t value[7];
        /* 11 s(2x + 3y) + 13 s(5x + 7y) */
        const uint64_t expected[] = {11 * 8 + 13 * 125,  3 * (11 * 12 + 13 * 175), 3 * (11 * 18 + 13 * 245),
                                     11 * 27 + 13 * 343, 11 * 4 + 13 * 25,         2 * (11 * 6 + 13 * 35),
                                     11 * 9 + 13 * 49};
        assert_int_equal(nalg_coordinates_sample(ctx, value, &c, &point, 0, 1), NALG_OK);
        for (size_t i = 0; i < 7; i++) assert_int_equal(value[i], expected[i]);
    }
    nalg_coordinates_clear(&c);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Beyond the degree asked for, only monomials with standard divisors are tried: the Hilbert functions of
 * known varieties go on as they should, h-vector and degree come out although no equation of the degree asked
 * for exists. */
static void test_beyond_the_degree(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    static const struct {
        const char *phrase;
        int degree, h[7];
    } known[] = {
        {"attention d=2,1 a=2 t=2", 4, {1, 1, 1, 1, 0}}, /* a quartic hypersurface (the resultant) */
        {"linear 4-2-4", 20, {1, 4, 10, 4, 1, 0, 0}},    /* 3-minors of a 4 x 4 matrix: a Gorenstein ideal */
        {"mlp 2-1-1 x^5", 5, {1, 4, 0, 0}},              /* the rational normal curve */
        {"mlp 3-2-1 x^3", 15, {1, 4, 10, 0, 0}}, /* the secant variety of the cubic Veronese surface */
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_result *r = equations_with(ctx, known[i].phrase, 1, NULL);
        const json_t *h = answer(r, "h_vector");
        assert_int_equal(test_integer(r, "degree"), known[i].degree);
        for (size_t k = 0; k < json_array_size(h); k++)
            assert_int_equal(json_integer_value(json_array_get(h, k)), k < 7 ? known[i].h[k] : 0);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

static void test_same_for_seeds_and_threads(void **state)
{
    (void)state;
    const char *const phrases[] = {"mlp 2-2-1 x^3+x^2+x", "cnn k=3,2 x^2", "attention d=2,1 a=2 t=2"};
    for (size_t i = 0; i < 3; i++) {
        char *dump[3];
        for (int run = 0; run < 3; run++) {
            nalg_ctx *ctx = test_context();
            nalg_ctx_set_seed(ctx, run == 1 ? 99 : 1);
            assert_int_equal(nalg_ctx_set_threads(ctx, run == 2 ? 2 : 1), NALG_OK);
            nalg_result *r = equations_with(ctx, phrases[i], 4, NULL);
            dump[run] = json_dumps(json_object_get(r->document, "result"), JSON_SORT_KEYS);
            nalg_result_free(r);
            nalg_ctx_free(ctx);
        }
        assert_string_equal(dump[0], dump[1]);
        assert_string_equal(dump[0], dump[2]);
        for (int run = 0; run < 3; run++) free(dump[run]);
    }
}

/* A fixed linear part is no cone: its equation is inhomogeneous. x + v (a x + b y)^2 + ...: the rank-one part
 * is a Segre-Veronese cone. */
static void test_no_cone(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *r = equations_with(ctx, "input 2 | residual(dense 1 | x^2 | dense 2)", 2, NULL);
    assert_true(json_is_false(answer(r, "cone")));
    assert_int_equal(test_integer(r, "dimension"), 3);
    assert_int_equal(entry(r, "generators", 0), 1);
    assert_string_equal(json_string_value(json_array_get(answer(r, "equations"), 0)), "c3 - 1");
    assert_int_equal(test_integer(r, "degree"), 4);
    nalg_result_free(r);
    r = equations_with(ctx, "input 2 | dense 1 | x^2+x", 2,
                       NULL); /* the graph of the second Veronese map: degree 4 */
    assert_true(json_is_false(answer(r, "cone")));
    assert_int_equal(test_integer(r, "degree"), 4);
    assert_int_equal(test_integer(r, "count"), 6);
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

static nalg_truth member(nalg_ctx *ctx, const char *phrase, int degree, const char *function)
{
    nalg_result *r = equations_with(ctx, phrase, degree, function);
    nalg_truth answered = nalg_result_truth(r, "member");
    nalg_result_free(r);
    return answered;
}

static void test_member(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    const char *perceptron_phrase = "mlp 2-2-1 x^3+x^2", *cnn = "cnn k=2,2 x^2";
    assert_int_equal(
        member(ctx, perceptron_phrase, 3, "(x1+2*x2)^3 + (x1+2x2)^2 - 1/3*((x1-x2)^3 + (x1-x2)^2)\n"),
        NALG_TRUE);
    assert_int_equal(member(ctx, perceptron_phrase, 3, "x1^3 + x2^3 + (x1-x2)^2"), NALG_FALSE);
    assert_int_equal(member(ctx, perceptron_phrase, 2, "x1^3 + x2^3 + (x1-x2)^2"),
                     NALG_UNKNOWN); /* no equation below degree 3 */
    assert_int_equal(member(ctx, perceptron_phrase, 3, "x1^4"), NALG_FALSE);
    assert_int_equal(member(ctx, cnn, 3, "3*(2*x1-x2)^2 + 0.5*(2*x2-x3)^2"),
                     NALG_UNKNOWN); /* realised, but nothing here proves it */
    assert_int_equal(member(ctx, cnn, 3, "x1^2 + x2*x3"), NALG_FALSE);
    assert_int_equal(member(ctx, "linear 2-2-2", 2, "# a map\nx1 + x2\n3*x1\n"), NALG_TRUE);
    assert_int_equal(member(ctx, "linear 2-1-2", 2, "x1 + x2\n3*x1\n"), NALG_FALSE);
    nalg_ctx_free(ctx);
}

static void test_reader_of_functions(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",      "x3",
        "x0",    "x1 +",
        "x1^",   "x1^9999999",
        "(x1",   "x1)",
        "1/0",   "x1 $ 2",
        "x1^-1", "y",
        "x1/x2", "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((x1"};
    nalg_ctx *ctx = test_context();
    nalg_input_polynomial p = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(nalg_input_polynomial_parse(ctx, &p, wrong[i], strlen(wrong[i]), 2, 1),
                         NALG_E_PARSE);
    const char *square = "(x1 - 1/2 x2)^2 - x1^2 + .5x1*x2*"; /* ends in the middle */
    assert_int_equal(nalg_input_polynomial_parse(ctx, &p, "(x1 - 1/2 x2)^2 - x1^2 + .5x1*x2",
                                                 strlen("(x1 - 1/2 x2)^2 - x1^2 + .5x1*x2"), 2, 1),
                     NALG_OK);
    assert_int_equal(p.count, 2);
    assert_int_equal(p.exponent[0], 1);
    assert_int_equal(p.exponent[1], 1);
    assert_int_equal(fmpq_cmp_si(p.coefficient, 0), -1);
    assert_int_equal(p.exponent[3], 2);
    nalg_input_polynomial_clear(&p);
    assert_int_equal(nalg_input_polynomial_parse(ctx, &p, square, strlen(square), 2, 1), NALG_E_PARSE);
    nalg_ctx_free(ctx);
}

static nalg_status refused(nalg_ctx *ctx, const char *phrase, int degree)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_status status = nalg_equations(ctx, &result, model, &(nalg_equations_options){.degree = degree});
    assert_null(result);
    nalg_model_free(model);
    return status;
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    const int cancel = 1;
    assert_int_equal(refused(ctx, "mlp 2-2-2 1/x", 2), NALG_E_UNSUPPORTED);
    assert_int_equal(refused(ctx, "mlp 12-10-1 x^9", 2), NALG_E_LIMIT);
    assert_int_equal(refused(ctx, "linear 10-2-10", 9), NALG_E_LIMIT);
    assert_int_equal(refused(ctx, "linear 2-1-2", 0), NALG_E_ARGUMENT);
    assert_int_equal(refused(ctx, "linear 2-1-2", 41), NALG_E_ARGUMENT);
    nalg_ctx_set_cancel(ctx, &cancel);
    assert_int_equal(refused(ctx, "linear 3-2-3", 3), NALG_E_INTERRUPTED);
    nalg_ctx_free(ctx);
}

/* Every allocation fails once: a clean status, nothing leaked (under a sanitizer), nothing written. */
static void test_allocation_failures(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1-2");
    nalg_status status = NALG_E_MEMORY;
    long k = 1;
    for (; status != NALG_OK && k < 100000; k++) {
        nalg_result *result = NULL;
        nalg_memory_fail_at(k);
        status =
            nalg_equations(ctx, &result, model,
                           &(nalg_equations_options){.degree = 2, .member = "x1\nx2", .member_length = 5});
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || status == NALG_E_MEMORY);
        assert_int_equal(result != NULL, status == NALG_OK);
        nalg_result_free(result);
    }
    assert_int_equal(status, NALG_OK);
    assert_true(k > 50);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

static void test_export(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *r = equations_with(ctx, "linear 2-1-2", 2, NULL),
                *filling = equations_with(ctx, "linear 2-2-2", 2, NULL);
    char *text = NULL;
    assert_int_equal(nalg_equations_export(ctx, &text, r, "m2"), NALG_OK);
    assert_non_null(strstr(text, "R = QQ[c_0..c_3];\nI = ideal(\n  c_0*c_3 - c_1*c_2);\n"));
    free(text);
    assert_int_equal(nalg_equations_export(ctx, &text, r, "singular"), NALG_OK);
    assert_non_null(strstr(text, "ring R = 0,(c(0..3)),dp;\nideal I =\n  c(0)*c(3) - c(1)*c(2);\n"));
    free(text);
    assert_int_equal(nalg_equations_export(ctx, &text, filling, "m2"), NALG_OK);
    assert_non_null(strstr(text, "I = ideal(\n  0_R);\n"));
    free(text);
    assert_int_equal(nalg_equations_export(ctx, &text, r, "maple"), NALG_E_ARGUMENT);
    json_array_set_new(json_object_get(json_object_get(r->document, "result"), "equations"), 0,
                       json_string("run \"id\""));
    assert_int_equal(nalg_equations_export(ctx, &text, r, "m2"), NALG_E_PARSE);
    nalg_result_free(r);
    nalg_result_free(filling);
    nalg_ctx_free(ctx);
}

/* Macaulay2 reads the export and finds the same dimension and degree, a prime ideal, and our equations
 * minimal. */
static void test_macaulay2(void **state)
{
    (void)state;
    if (system("command -v M2 >/dev/null 2>&1")) skip();
    nalg_ctx *ctx = test_context();
    static const char *const phrases[] = {"cnn k=2,2 x^2", "mlp 2-2-1 x^3+x^2+x", "attention d=2,1 a=1 t=2"};
    for (size_t i = 0; i < 3; i++) {
        char path[] = "/tmp/neuroalg-test-XXXXXX", command[200], found[200] = "", expected[200], *text;
        nalg_result *r = equations_with(ctx, phrases[i], 3, NULL);
        assert_int_equal(nalg_equations_export(ctx, &text, r, "m2"), NALG_OK);
        int descriptor = mkstemp(path);
        FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
        assert_non_null(file);
        fprintf(file,
                "%sprint concatenate between(\" \", {toString dim I, toString degree I, toString isPrime I, "
                "toString numgens trim I})\n",
                text);
        fclose(file);
        snprintf(command, sizeof command, "M2 --script %s", path);
        FILE *pipe = popen(command, "r");
        assert_non_null(pipe);
        assert_non_null(fgets(found, sizeof found, pipe));
        pclose(pipe);
        remove(path);
        snprintf(expected, sizeof expected, "%lld %lld true %lld\n", test_integer(r, "dimension"),
                 test_integer(r, "degree"), test_integer(r, "count"));
        assert_string_equal(found, expected);
        free(text);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* The one monomial of degree 0 has no factors, so no array need be there: found by fuzzing. */
static void test_monomials_from_degree_zero(void **state)
{
    (void)state;
    static const uint64_t weight[] = {1, 2, 1};
    static const uint16_t pairs[][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {1, 2}, {2, 2}};
    nalg_ctx *ctx = test_context();
    nalg_monomials one = {.variables = 3, .count = 1}, linear, quadratic;
    assert_int_equal(nalg_monomials_extend(ctx, &linear, &one, weight, 101), NALG_OK);
    assert_int_equal(linear.count, 3);
    assert_int_equal(linear.blocks, 2); /* weights 1 (twice) and 2 */
    for (size_t i = 0; i < 3; i++) assert_int_equal(linear.factor[i], i);
    assert_int_equal(nalg_monomials_extend(ctx, &quadratic, &linear, weight, 101), NALG_OK);
    assert_int_equal(quadratic.count, 6);
    assert_int_equal(quadratic.blocks, 3); /* 2, 3, 4 */
    assert_int_equal(memcmp(quadratic.factor, pairs, sizeof pairs), 0);
    nalg_monomials_clear(&linear);
    nalg_monomials_clear(&quadratic);
    nalg_ctx_free(ctx);
}

/* Two routes to one number: the Hilbert function, and monodromy with its trace test (or a theorem). Not among
 * the tables of published degrees. */
static void test_degree_agrees(void **state)
{
    (void)state;
    static const struct {
        const char *phrase;
        int asked;
    } rows[] = {{"mlp 2-2-1 x^3+x^2", 3},
                {"mlp 2-2-1 x^3+x^2+x", 3},
                {"mlp 2-2-1 x^4+x^2", 3},
                {"mlp 2-2-1 x^5", 3},
                {"mlp 2-2-2 x^3", 3},
                {"mlp 2-1-1 x^3+x^2", 3},
                {"mlp 3-1-2 x^2", 3},
                {"cnn k=2,2 x^2", 4},
                {"cnn k=2,2 x^2+x", 3},
                {"cnn k=3,2 x^2", 4},
                {"cnn k=2,2,2 x^2", 3},
                {"attention d=2,1 a=2 t=2", 4},
                {"attention d=2,1 a=1 t=2", 4},
                {"attention d=2 a=2 t=2", 4},
                {"linear 4-2-4", 3},
                /* biases of convolutions make constants and lower degrees */
                {"input 3 | conv 2 | x^2 | conv 2 bias", 3},
                {"input 3 | conv 2 bias | x^2 | conv 2", 3},
                {"input 1x2x2 | conv2d 2x1 bias | x^2 | conv2d 1x2", 3}};
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_model *model = test_model(ctx, rows[i].phrase);
        nalg_result *tracked = NULL, *r = equations_with(ctx, rows[i].phrase, rows[i].asked, NULL);
        assert_int_equal(nalg_degree(ctx, &tracked, model, NULL), NALG_OK);
        if (test_integer(r, "degree") != test_integer(tracked, "degree"))
            fail_msg("%s: %lld by equations, %lld by paths", rows[i].phrase, test_integer(r, "degree"),
                     test_integer(tracked, "degree"));
        nalg_result_free(r);
        nalg_result_free(tracked);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hilbert_functions),
        cmocka_unit_test(test_known_ideals),
        cmocka_unit_test(test_published_equations),
        cmocka_unit_test(test_equations_vanish),
        cmocka_unit_test(test_coefficients),
        cmocka_unit_test(test_beyond_the_degree),
        cmocka_unit_test(test_same_for_seeds_and_threads),
        cmocka_unit_test(test_no_cone),
        cmocka_unit_test(test_member),
        cmocka_unit_test(test_reader_of_functions),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_allocation_failures),
        cmocka_unit_test(test_export),
        cmocka_unit_test(test_macaulay2),
        cmocka_unit_test(test_monomials_from_degree_zero),
        cmocka_unit_test(test_degree_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
