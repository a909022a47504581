/* All perceptrons with widths up to 3, depth up to 3 and exponents up to 3: the dimension is the rank of the exact Jacobian of all
 * coefficients. The coefficients of f_w in the monomials of the inputs are expanded as polynomials over the integers at random integer
 * weights, with dual numbers for the derivatives; FLINT's rank over Q is the oracle.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/flint.h"
#include <flint/fmpz_mat.h>
#include <flint/fmpz_poly.h>
#include "support/support.h"

#define WIDTH 3
#define UNITS 9 /* parameters of the widest layer */

/* A polynomial in the inputs by Kronecker substitution x_i = X^(base^i), and its derivative along one weight. */
typedef struct {
    fmpz_poly_t value, tangent;
} dual;

static void dual_init(dual *d)
{
    fmpz_poly_init(d->value);
    fmpz_poly_init(d->tangent);
}

static void dual_clear(dual *d)
{
    fmpz_poly_clear(d->value);
    fmpz_poly_clear(d->tangent);
}

/* h -> h^r: tangent r h^(r-1) dh. */
static void activate(dual *d, ulong r)
{
    fmpz_poly_t lower;
    fmpz_poly_init(lower);
    fmpz_poly_pow(lower, d->value, r - 1);
    fmpz_poly_mul(d->tangent, d->tangent, lower);
    fmpz_poly_scalar_mul_ui(d->tangent, d->tangent, r);
    fmpz_poly_mul(d->value, d->value, lower);
    fmpz_poly_clear(lower);
}

/* Row `varied` of the Jacobian: the tangents of all outputs, coefficient by coefficient. */
static void row(fmpz_mat_t jacobian, size_t varied, const int *width, int layers, ulong r, const long *w, slong base, slong terms)
{
    dual h[WIDTH], next[WIDTH];
    size_t offset = 0;
    slong power = 1;
    for (int i = 0; i < WIDTH; i++) dual_init(&h[i]), dual_init(&next[i]);
    for (int i = 0; i < width[0]; i++, power *= base) fmpz_poly_set_coeff_si(h[i].value, power, 1);
    for (int l = 1; l <= layers; l++) {
        for (int o = 0; o < width[l]; o++) {
            fmpz_poly_zero(next[o].value);
            fmpz_poly_zero(next[o].tangent);
            for (int i = 0; i < width[l - 1]; i++) {
                size_t number = offset + (size_t)(o * width[l - 1] + i);
                for (long k = 0; k < labs(w[number]); k++) { /* small weights: add w times */
                    (w[number] > 0 ? fmpz_poly_add : fmpz_poly_sub)(next[o].value, next[o].value, h[i].value);
                    (w[number] > 0 ? fmpz_poly_add : fmpz_poly_sub)(next[o].tangent, next[o].tangent, h[i].tangent);
                }
                if (number == varied) fmpz_poly_add(next[o].tangent, next[o].tangent, h[i].value);
            }
        }
        offset += (size_t)(width[l] * width[l - 1]);
        for (int o = 0; o < width[l]; o++) {
            fmpz_poly_set(h[o].value, next[o].value);
            fmpz_poly_set(h[o].tangent, next[o].tangent);
            if (l < layers) activate(&h[o], r);
        }
    }
    for (int o = 0; o < width[layers]; o++)
        for (slong k = 0; k < terms; k++) fmpz_poly_get_coeff_fmpz(fmpz_mat_entry(jacobian, (slong)varied, o * terms + k), h[o].tangent, k);
    for (int i = 0; i < WIDTH; i++) dual_clear(&h[i]), dual_clear(&next[i]);
}

static size_t exact_rank(const int *width, int layers, ulong r, nalg_random *random)
{
    size_t parameters = 0, best = 0;
    slong degree = 1, terms = 1;
    long w[4 * UNITS];
    for (int l = 1; l <= layers; l++) parameters += (size_t)(width[l] * width[l - 1]), degree *= l < layers ? (slong)r : 1;
    for (int i = 0; i < width[0]; i++) terms *= degree + 1;
    for (int point = 0; point < 2; point++) { /* small weights can be unlucky */
        for (size_t i = 0; i < parameters; i++) {
            w[i] = 1 + (long)nalg_random_below(random, 30);
            if (nalg_random_below(random, 2)) w[i] = -w[i];
        }
        fmpz_mat_t jacobian;
        fmpz_mat_init(jacobian, (slong)parameters, terms * width[layers]);
        for (size_t i = 0; i < parameters; i++) row(jacobian, i, width, layers, r, w, degree + 1, terms);
        size_t rank = (size_t)fmpz_mat_rank(jacobian);
        fmpz_mat_clear(jacobian);
        best = rank > best ? rank : best;
    }
    return best;
}

static void test_all(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_random random = nalg_random_stream(6, 28);
    int models = 0, proved = 0;
    for (int layers = 1; layers <= 3; layers++)
        for (int code = 0; code < (layers == 1 ? 9 : layers == 2 ? 27 : 81); code++)
            for (ulong r = 1; r <= (layers == 1 ? 1u : 3u); r++) {
                int width[4];
                char phrase[64] = "mlp ";
                for (int l = 0, c = code; l <= layers; l++, c /= 3) test_append(phrase, sizeof phrase, l ? "-%d" : "%d", width[l] = 1 + c % 3);
                if (layers == 3 && r == 3 && width[0] == 3) continue; /* degree 9 in 3 variables: a thousand coefficients */
                test_append(phrase, sizeof phrase, " x^%lu", r);
                nalg_result *result = test_dim(ctx, phrase, NULL);
                size_t rank = exact_rank(width, layers, r, &random);
                if ((size_t)test_integer(result, "dimension") != rank) print_error("%s: %lld, exactly %zu\n", phrase, test_integer(result, "dimension"), rank);
                assert_int_equal(test_integer(result, "dimension"), rank);
                assert_int_equal(test_integer(result, "upper_bound"), rank);
                proved += nalg_result_evidence(result) == NALG_PROVED;
                models++;
                nalg_result_free(result);
            }
    print_message("%d models, %d proved\n", models, proved);
    assert_int_equal(models, proved);
    assert_int_equal(models, 9 + 81 + 243 - 27);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
