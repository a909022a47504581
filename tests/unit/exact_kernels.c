/* Kernels of every instruction set this processor has, against 128-bit integers, with entries at the limits of the analysis.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/random.h"
#include "exact/kernels.h"

__extension__ typedef __int128 wide;

enum { STRIDE = 523, MOST = 520 };

static const uint64_t primes[] = {2, 3, 5, 101, 65537, 8388593, 8388617, 1073741827, 2147483647};
enum { PRIMES = sizeof primes / sizeof *primes };

static bool congruent(double x, wide y, uint64_t p)
{
    return (((wide)x - y) % (wide)p) == 0;
}

static bool centred(double x, uint64_t p)
{
    double bound = p <= 3 ? (double)(p / 2) : (double)((p + 3) / 2);
    return x >= -bound && x <= bound;
}

/* The largest residues a reduction can leave, or uniform ones. */
static double residue(nalg_random *random, uint64_t p)
{
    const double h = p <= 3 ? (double)(p / 2) : (double)((p + 3) / 2);
    switch (nalg_random_below(random, 4)) {
    case 0: return h;
    case 1: return -h;
    case 2: return 0;
    default: return (double)nalg_random_below(random, p) - (double)(p / 2);
    }
}

static void test_reduce(void **state)
{
    (void)state;
    const nalg_kernels *all[3];
    const size_t sets = nalg_kernels_all(all);
    nalg_random random = nalg_random_stream(1, 0);
    for (size_t set = 0; set < sets; set++)
        for (int k = 0; k < PRIMES; k++) {
            const nalg_modulus modulus = nalg_modulus_set(primes[k]);
            const double limit = primes[k] <= 3 ? 8192 : 0x1p53, p = (double)primes[k];
            double x[37], y[37];
            for (int trial = 0; trial < 50; trial++) {
                for (int i = 0; i < 37; i++) {
                    double v = (2 * nalg_random_unit(&random) - 1) * limit;
                    if (i % 3 == 0) v = ((double)(int64_t)(v / p) + 0.5) * p; /* next to a half-integer quotient */
                    x[i] = y[i] = v > limit || v < -limit ? limit : (double)(int64_t)v;
                }
                x[0] = y[0] = limit, x[1] = y[1] = -limit, x[36] = y[36] = limit;
                all[set]->reduce(&modulus, (nalg_block){y, 1, 37, 37});
                for (int i = 0; i < 37; i++) assert_true(congruent(y[i], (wide)x[i], primes[k]) && centred(y[i], primes[k]));
            }
        }
}

static void test_rows(void **state)
{
    (void)state;
    const nalg_kernels *all[3];
    const size_t sets = nalg_kernels_all(all);
    nalg_random random = nalg_random_stream(2, 0);
    for (size_t set = 0; set < sets; set++)
        for (int k = 0; k < PRIMES; k++)
            for (int trial = 0; trial < 50; trial++) {
                const nalg_modulus modulus = nalg_modulus_set(primes[k]);
                double row[29], from[29], result[29], combined[29];
                const double factor = residue(&random, primes[k]), scale = residue(&random, primes[k]);
                for (int i = 0; i < 29; i++) {
                    row[i] = result[i] = combined[i] = residue(&random, primes[k]);
                    from[i] = residue(&random, primes[k]);
                }
                all[set]->subtract_multiple(&modulus, result, factor, from, 29);
                all[set]->combine(&modulus, combined, scale, factor, from, 29);
                for (int i = 0; i < 29; i++) {
                    assert_true(congruent(combined[i], (wide)scale * (wide)row[i] - (wide)factor * (wide)from[i], primes[k]));
                    assert_true(centred(combined[i], primes[k]));
                    assert_true(congruent(result[i], (wide)row[i] - (wide)factor * (wide)from[i], primes[k]));
                    assert_true(centred(result[i], primes[k]));
                }
            }
}

/* Full depth with all products of the largest size and one sign is the worst case of the delayed reduction. With two limbs,
 * p = 2^31 - 1 and y = (p - 1) / 2, the worst factor is the one with both limbs large (S y mod p is close to y), and odd ones
 * show the first bit that is lost. */
static double worst_factor(uint64_t p)
{
    return p == 2147483647 ? 23169 * NALG_KERNEL_SPLIT + 23169 : (double)(p / 2);
}

static void test_product(void **state)
{
    (void)state;
    const nalg_kernels *all[3];
    const size_t sets = nalg_kernels_all(all), shape[][2] = {{1, 1}, {5, 3}, {6, 16}, {13, 37}, {7, 8}};
    double *a = malloc(40 * STRIDE * 8), *b = malloc(MOST * STRIDE * 8), *c = malloc(40 * STRIDE * 8),
           *d = malloc(40 * STRIDE * 8), *scratch = malloc((2 * 40 + STRIDE) * MOST * 8);
    assert_true(a && b && c && d && scratch);
    nalg_random random = nalg_random_stream(3, 0);
    for (size_t set = 0; set < sets; set++)
        for (int k = 0; k < PRIMES; k += k == 0 ? 5 : k == 6 ? 2 : 1) /* 2 and the limits of both numbers of limbs */
            for (size_t s = 0; s < 5; s++)
                for (int extreme = 0; extreme < 2; extreme++) {
                    const nalg_arithmetic arithmetic = {all[set], nalg_modulus_set(primes[k]), s == 3};
                    const size_t m = shape[s][0], n = shape[s][1], depth = arithmetic.modulus.depth >> s / 2 * 3;
                    const double top = (double)(primes[k] / 2);
                    for (size_t i = 0; i < 40 * STRIDE; i++) a[i] = extreme ? worst_factor(primes[k]) : residue(&random, primes[k]);
                    for (size_t i = 0; i < MOST * STRIDE; i++) b[i] = extreme ? top : residue(&random, primes[k]);
                    for (size_t i = 0; i < 40 * STRIDE; i++) c[i] = d[i] = extreme ? -top : residue(&random, primes[k]);
                    nalg_product(&arithmetic, (nalg_block){d, m, n, STRIDE}, (nalg_block){a, m, depth, STRIDE},
                                 (nalg_block){b, depth, n, STRIDE}, scratch);
                    for (size_t i = 0; i < m; i++)
                        for (size_t j = 0; j < n; j++) {
                            wide sum = (wide)c[i * STRIDE + j];
                            for (size_t l = 0; l < depth; l++) sum -= (wide)a[i * STRIDE + l] * (wide)b[l * STRIDE + j];
                            assert_true(congruent(d[i * STRIDE + j], sum, primes[k]));
                            assert_true(centred(d[i * STRIDE + j], primes[k]));
                        }
                    for (size_t i = 0; i < 40 * STRIDE; i++)
                        if (i / STRIDE >= m || i % STRIDE >= n) assert_true(c[i] == d[i]);
                }
    free(a);
    free(b);
    free(c);
    free(d);
    free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reduce),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_product),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
