/* Primes against trial division, inverses and powers against their definitions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/random.h"
#include "field/prime.h"

static bool prime_by_division(uint64_t n)
{
    for (uint64_t d = 2; d * d <= n; d++)
        if (n % d == 0) return false;
    return n >= 2;
}

/* k-th prime below 2^23: exactly k primes lie between it and the limit. */
static void test_fast_primes(void **state)
{
    (void)state;
    uint64_t n = NALG_PRIME_FAST_LIMIT;
    for (unsigned k = 0; k < 20; k++) {
        do n--;
        while (!prime_by_division(n));
        assert_int_equal(nalg_prime_fast(k, 0), n);
        assert_int_equal(nalg_prime_fast(k, n - 1), n);
        assert_int_equal(nalg_prime_fast(k, n), 0);
    }
    assert_int_equal(nalg_prime_fast(0, (uint64_t)1 << 40), 0);
}

/* 2^61 - 1 is a Mersenne prime (Pervushin 1883), so it is the largest prime below 2^61. */
static void test_word_primes(void **state)
{
    (void)state;
    assert_true(nalg_prime_word(0, 0) == 2305843009213693951u);
    for (unsigned k = 1; k < 10; k++) {
        assert_true(nalg_prime_word(k, 0) < nalg_prime_word(k - 1, 0));
        assert_true(nalg_is_prime(nalg_prime_word(k, 0)));
    }
    assert_int_equal(nalg_prime_word(0, NALG_PRIME_WORD_START), 0);
}

static void test_primality(void **state)
{
    (void)state;
    for (uint64_t n = 0; n < 5000; n++) assert_int_equal(nalg_is_prime(n), prime_by_division(n));
    assert_false(nalg_is_prime(561));                  /* Carmichael */
    assert_false(nalg_is_prime(3215031751u));          /* strong pseudoprime to 2, 3, 5, 7 (Jaeschke 1993) */
    assert_false(nalg_is_prime(3825123056546413051u)); /* strong pseudoprime to the first nine primes */
}

static void test_arithmetic(void **state)
{
    (void)state;
    for (uint64_t p = 2; p < 50; p++) {
        if (!prime_by_division(p)) continue;
        for (uint64_t a = 0; a < p; a++) {
            if (a) assert_int_equal(nalg_multiply_mod(a, nalg_inverse_mod(a, p), p), 1 % p);
            for (uint64_t b = 0, power = 1; b < p; b++, power = power * a % p) {
                assert_int_equal(nalg_multiply_mod(a, b, p), a * b % p);
                assert_int_equal(nalg_add_mod(a, b, p), (a + b) % p);
                assert_int_equal(nalg_subtract_mod(a, b, p), (a + p - b) % p);
                assert_int_equal(nalg_power_mod(a, b, p), power);
            }
        }
    }
    const uint64_t largest = 9223372036854775783u; /* the largest prime below 2^63 */
    nalg_random random = nalg_random_stream(1, 0);
    assert_true(nalg_is_prime(largest));
    for (int i = 0; i < 100; i++) {
        uint64_t a = 1 + nalg_random_below(&random, largest - 1);
        assert_int_equal(nalg_multiply_mod(a, nalg_inverse_mod(a, largest), largest), 1);
        assert_int_equal(nalg_power_mod(a, largest - 1, largest), 1); /* Fermat */
        assert_int_equal(nalg_add_mod(a, largest - a, largest), 0);
        assert_int_equal(nalg_subtract_mod(0, a, largest), largest - a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fast_primes),
        cmocka_unit_test(test_word_primes),
        cmocka_unit_test(test_primality),
        cmocka_unit_test(test_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
