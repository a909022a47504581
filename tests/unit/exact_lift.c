/* Kernels, systems and lifting: a rational kernel with known entries from its images mod primes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "core/random.h"
#include "exact/elimination.h"
#include "exact/lift.h"
#include "field/prime.h"

static nalg_ctx *context(void)
{
    nalg_ctx *ctx = NULL;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    return ctx;
}

static uint64_t image(long numerator, long denominator, uint64_t p)
{
    uint64_t n = numerator < 0 ? p - (uint64_t)-numerator % p : (uint64_t)numerator % p;
    return nalg_multiply_mod(n % p, nalg_inverse_mod((uint64_t)denominator % p, p), p);
}

/* Every basis vector is in the kernel, the unit pattern holds, and the dimension is cols - rank of nalg_rank_word. */
static void test_kernel_is_kernel(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    nalg_random random = nalg_random_stream(3, 0);
    const uint64_t primes[] = {2, 3, 101, 2147483647, nalg_prime_word(0, 0)};
    for (size_t trial = 0; trial < 100; trial++) {
        const uint64_t p = primes[trial % 5];
        const size_t rows = nalg_random_below(&random, 9), cols = nalg_random_below(&random, 9), stride = cols + 1;
        uint64_t a[10 * 10], copy[10 * 10];
        for (size_t i = 0; i < 100; i++) copy[i] = a[i] = nalg_random_below(&random, 3) ? 0 : nalg_random_below(&random, p);
        nalg_kernel kernel = {0};
        nalg_rank_profile profile = {0};
        assert_int_equal(nalg_kernel_word(ctx, &kernel, a, rows, cols, stride, p), NALG_OK);
        assert_int_equal(nalg_rank_word(ctx, &profile, copy, rows, cols, stride, p), NALG_OK);
        assert_int_equal(kernel.dimension + profile.rank, cols);
        for (size_t k = 0; k < kernel.dimension; k++) {
            const uint64_t *x = kernel.basis + k * cols;
            for (size_t l = 0; l < kernel.dimension; l++) assert_int_equal(x[kernel.free_cols[l]], k == l);
            for (size_t i = 0; i < rows; i++) {
                uint64_t sum = 0;
                for (size_t j = 0; j < cols; j++) sum = nalg_add_mod(sum, nalg_multiply_mod(a[i * stride + j], x[j], p), p);
                assert_int_equal(sum, 0);
            }
        }
        nalg_kernel_clear(&kernel);
        nalg_rank_profile_clear(&profile);
    }
    nalg_ctx_free(ctx);
}

static void test_solve(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    /* x + 2y + z = 7, 3x + 6y + 4z = 5 mod 101: z = 5 - 21 = -16, x = 7 + 16 = 23 with y (not a pivot) 0. */
    const uint64_t a[] = {1, 2, 1, 3, 6, 4}, b[] = {7, 5}, parallel[] = {1, 2, 2, 4}, apart[] = {1, 3};
    uint64_t x[3] = {9, 9, 9};
    nalg_truth solvable = NALG_UNKNOWN;
    assert_int_equal(nalg_solve_word(ctx, x, &solvable, &(nalg_linear_system){a, b, 2, 3, 3}, 101), NALG_OK);
    assert_int_equal(solvable, NALG_TRUE);
    assert_int_equal(x[0], 23);
    assert_int_equal(x[1], 0);
    assert_int_equal(x[2], 85);
    assert_int_equal(nalg_solve_word(ctx, x, &solvable, &(nalg_linear_system){parallel, apart, 2, 2, 2}, 101), NALG_OK);
    assert_int_equal(solvable, NALG_FALSE);
    assert_int_equal(x[0], 23);
    assert_int_equal(nalg_solve_word(ctx, x, &solvable, &(nalg_linear_system){a, b, 0, 3, 3}, 101), NALG_OK);
    assert_int_equal(solvable, NALG_TRUE);
    assert_int_equal(x[0], 0);
    nalg_ctx_free(ctx);
}

static void test_lift_known_rationals(void **state)
{
    (void)state;
    const long numerator[] = {0, 1, -22, 355, 123456789012345, -1}, denominator[] = {1, 1, 7, 113, 987654321098767, 3};
    nalg_ctx *ctx = context();
    nalg_lift *lift = NULL;
    assert_int_equal(nalg_lift_create(ctx, &lift, 6), NALG_OK);
    int steps = 0;
    for (; !nalg_lift_stable(lift) && steps < 20; steps++) {
        const uint64_t p = nalg_prime_fast((unsigned)steps, 0);
        uint64_t residues[6];
        for (size_t i = 0; i < 6; i++) residues[i] = image(numerator[i], denominator[i], p);
        assert_int_equal(nalg_lift_add(ctx, lift, residues, p), NALG_OK);
    }
    /* The largest entry needs a modulus above 2 * 9.9e14^2 = 2^101: five primes of 23 bits, and one to confirm. */
    assert_int_equal(steps, 6);
    for (size_t i = 0; i < 6; i++) {
        fmpq_t expected;
        fmpq_init(expected);
        fmpq_set_si(expected, numerator[i], (ulong)denominator[i]);
        assert_non_null(nalg_lift_value(lift, i));
        assert_true(fmpq_equal(expected, nalg_lift_value(lift, i)));
        fmpq_clear(expected);
    }
    uint64_t residues[6] = {0};
    assert_int_equal(nalg_lift_add(ctx, lift, residues, nalg_prime_fast(0, 0)), NALG_E_ARGUMENT);
    assert_true(nalg_lift_stable(lift));
    assert_int_equal(nalg_lift_add(ctx, lift, residues, nalg_prime_fast(6, 0)), NALG_OK);
    assert_false(nalg_lift_stable(lift));
    nalg_lift_free(lift);
    nalg_ctx_free(ctx);
}

static void test_allocation_failures(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    const uint64_t a[] = {1, 2, 3, 4}, b[] = {1, 1};
    for (long k = 1; k <= 4; k++) {
        nalg_lift *lift = NULL;
        nalg_memory_fail_at(k);
        assert_int_equal(nalg_lift_create(ctx, &lift, 3), NALG_E_MEMORY);
        assert_null(lift);
    }
    for (long k = 1; k <= 3; k++) {
        nalg_kernel kernel = {.dimension = 7};
        nalg_memory_fail_at(k);
        assert_int_equal(nalg_kernel_word(ctx, &kernel, a, 2, 2, 2, 7), NALG_E_MEMORY);
        assert_int_equal(kernel.dimension, 7);
    }
    uint64_t x[2];
    nalg_truth solvable = NALG_UNKNOWN;
    nalg_memory_fail_at(1);
    assert_int_equal(nalg_solve_word(ctx, x, &solvable, &(nalg_linear_system){a, b, 2, 2, 2}, 7), NALG_E_MEMORY);
    assert_int_equal(solvable, NALG_UNKNOWN);
    nalg_memory_fail_at(0);
    nalg_lift_free(NULL);
    nalg_ctx_free(ctx);
}

static void test_bad_arguments(void **state)
{
    (void)state;
    nalg_ctx *ctx = context();
    const uint64_t a[] = {1, 2, 3, 4};
    nalg_kernel kernel = {.dimension = 7};
    assert_int_equal(nalg_kernel_word(ctx, &kernel, a, 2, 2, 1, 7), NALG_E_ARGUMENT);
    assert_int_equal(nalg_kernel_word(ctx, &kernel, a, 2, 2, 2, 1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_kernel_word(ctx, &kernel, a, (size_t)1 << 62, (size_t)1 << 62, (size_t)1 << 62, 7), NALG_E_MEMORY);
    assert_int_equal(kernel.dimension, 7);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernel_is_kernel),    cmocka_unit_test(test_solve), cmocka_unit_test(test_lift_known_rationals),
        cmocka_unit_test(test_allocation_failures), cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
