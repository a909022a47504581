/* The kernels of each number system: strides, aliasing, inverses, and matrix products below and above the size at which a BLAS takes
 * over, against scalar arithmetic mod p.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "field/field.h"
#include "field/prime.h"
#include "support/support.h"

/* Element i of an array of a prime field. */
static uint64_t get(const nalg_field *f, const void *x, size_t i)
{
    return f->p > 0 ? (uint64_t)((const double *)x)[i] : ((const uint64_t *)x)[i];
}

static void set(const nalg_field *f, void *x, size_t i, uint64_t v)
{
    if (f->p > 0) ((double *)x)[i] = (double)v;
    else ((uint64_t *)x)[i] = v;
}

/* Residues that favour the extremes, where sums are largest. */
static void *residues(const nalg_field *f, size_t n, nalg_random *r)
{
    uint64_t p = f->mod.n;
    char *x = malloc(n * f->size);
    for (size_t i = 0; i < n; i++) set(f, x, i, nalg_random_below(r, 3) ? nalg_random_below(r, p) : p - 1 - nalg_random_below(r, 2));
    return x;
}

static void check_elementwise(const nalg_field *f, nalg_random *r)
{
    const size_t n = 37;
    uint64_t p = f->mod.n;
    for (int strides = 0; strides < 4; strides++) {
        int sa = strides & 1, sb = strides >> 1;
        char *a = residues(f, n, r), *b = residues(f, n, r), *c = residues(f, n, r), *out = residues(f, n, r);
        f->add(f, out, a, sa, b, sb, n);
        for (size_t i = 0; i < n; i++) assert_int_equal(get(f, out, i), nalg_add_mod(get(f, a, sa ? i : 0), get(f, b, sb ? i : 0), p));
        f->multiply(f, out, a, sa, b, sb, n);
        for (size_t i = 0; i < n; i++) assert_int_equal(get(f, out, i), nalg_multiply_mod(get(f, a, sa ? i : 0), get(f, b, sb ? i : 0), p));
        f->copy(f, out, c, n);
        f->multiply_add(f, out, a, sa, b, sb, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(get(f, out, i), nalg_add_mod(get(f, c, i), nalg_multiply_mod(get(f, a, sa ? i : 0), get(f, b, sb ? i : 0), p), p));
        f->copy(f, out, a, n); /* out may be an operand */
        f->multiply(f, out, out, 1, out, 1, n);
        for (size_t i = 0; i < n; i++) assert_int_equal(get(f, out, i), nalg_multiply_mod(get(f, a, i), get(f, a, i), p));
        f->zero(f, out, n);
        for (size_t i = 0; i < n; i++) assert_int_equal(get(f, out, i), 0);
        free(a), free(b), free(c), free(out);
    }
}

static void check_inverse(const nalg_field *f, nalg_random *r)
{
    const size_t n = 20;
    uint64_t p = f->mod.n;
    char *a = residues(f, n, r), *out = residues(f, n, r);
    for (size_t i = 0; i < n; i++)
        if (get(f, a, i) == 0) set(f, a, i, 1);
    f->copy(f, out, a, n);
    assert_true(f->inverse(f, out, out, n));
    for (size_t i = 0; i < n; i++) assert_int_equal(nalg_multiply_mod(get(f, a, i), get(f, out, i), p), 1);
    set(f, a, n - 1, 0);
    assert_false(f->inverse(f, out, a, n));
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, -22, 7);
    assert_true(f->set_rational(f, out, q));
    assert_int_equal(nalg_multiply_mod(get(f, out, 0), 7, p), p - 22);
    fmpz_set_ui(fmpq_denref(q), p);
    assert_false(f->set_rational(f, out, q));
    fmpq_clear(q);
    free(a), free(out);
}

/* Inner dimensions around the 127 columns of one exact DGEMM, and none at all. */
static void check_product(const nalg_field *f, nalg_random *r)
{
    static const size_t shapes[][3] = {{1, 1, 1}, {3, 0, 2}, {5, 7, 3}, {40, 127, 20}, {33, 128, 31}, {17, 300, 40}, {1, 900, 64}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int transpose = 0; transpose < 2; transpose++) {
            size_t m = shapes[s][0], k = shapes[s][1], n = shapes[s][2];
            uint64_t p = f->mod.n;
            char *a = residues(f, m * k + 1, r), *b = residues(f, k * n + 1, r), *out = residues(f, m * n, r);
            f->matrix_product(f, out, a, transpose, b, m, k, n);
            for (size_t i = 0; i < m; i++)
                for (size_t j = 0; j < n; j++) {
                    uint64_t sum = 0;
                    for (size_t l = 0; l < k; l++)
                        sum = nalg_add_mod(sum, nalg_multiply_mod(get(f, a, transpose ? l * m + i : i * k + l), get(f, b, l * n + j), p), p);
                    assert_int_equal(get(f, out, i * n + j), sum);
                }
            free(a), free(b), free(out);
        }
}

static void test_prime_fields(void **state)
{
    (void)state;
    nalg_random r = nalg_random_stream(11, 0);
    const uint64_t words[] = {3, 101, 2147483647, nalg_prime_word(0, 0), UINT64_C(9223372036854775783)};
    const uint32_t fast[] = {101, 65537, nalg_prime_fast(0, 0)};
    for (size_t i = 0; i < 8; i++) {
        nalg_field f;
        if (i < 5) nalg_field_word(&f, words[i]);
        else nalg_field_fast(&f, fast[i - 5]);
        check_elementwise(&f, &r);
        if (i) check_inverse(&f, &r); /* 22 and 7 are units mod the others */
        check_product(&f, &r);
    }
}

/* Products of small integers are exact in doubles. */
static void test_real(void **state)
{
    (void)state;
    nalg_random r = nalg_random_stream(12, 0);
    nalg_field f;
    nalg_field_real(&f);
    for (int transpose = 0; transpose < 2; transpose++) {
        enum { M = 30, K = 70, N = 25 };
        static double a[M * K], b[K * N], out[M * N];
        for (size_t i = 0; i < M * K; i++) a[i] = (double)nalg_random_below(&r, 2001) - 1000;
        for (size_t i = 0; i < K * N; i++) b[i] = (double)nalg_random_below(&r, 2001) - 1000;
        f.matrix_product(&f, out, a, transpose, b, M, K, N);
        for (size_t i = 0; i < M; i++)
            for (size_t j = 0; j < N; j++) {
                double sum = 0;
                for (size_t l = 0; l < K; l++) sum += a[transpose ? l * M + i : i * K + l] * b[l * N + j];
                assert_true(sum == out[i * N + j]);
            }
    }
    double x[] = {4, 0};
    assert_true(f.inverse(&f, x, x, 1));
    assert_true(x[0] == 0.25);
    assert_false(f.inverse(&f, x, x, 2));
}

/* A ball that contains zero has no inverse; one third is enclosed. */
static void test_balls(void **state)
{
    (void)state;
    nalg_field f;
    arb_t x;
    acb_t z;
    fmpq_t third, sum;
    arb_init(x), acb_init(z), fmpq_init(third), fmpq_init(sum);
    fmpq_set_si(third, 1, 3);
    nalg_field_ball(&f, 53);
    assert_true(f.set_rational(&f, x, third));
    assert_true(arb_contains_fmpq(x, third) && !arb_is_exact(x));
    f.add(&f, x, x, 1, x, 1, 1);
    fmpq_add(sum, third, third);
    assert_true(arb_contains_fmpq(x, sum));
    arb_set_si(x, 1);
    arb_add_error_2exp_si(x, 1);
    assert_false(f.inverse(&f, x, x, 1));
    nalg_field_complex_ball(&f, 53);
    acb_onei(z);
    assert_true(f.inverse(&f, z, z, 1));
    f.multiply(&f, z, z, 1, z, 1, 1); /* (1/i)^2 */
    assert_true(arb_contains_si(acb_realref(z), -1) && arb_contains_si(acb_imagref(z), 0));
    acb_zero(z);
    assert_false(f.inverse(&f, z, z, 1));
    arb_clear(x), acb_clear(z), fmpq_clear(third), fmpq_clear(sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_prime_fields), cmocka_unit_test(test_real), cmocka_unit_test(test_balls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
