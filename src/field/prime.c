/* Primes are found by walking down with FLINT's proved test for one word; inverses by the extended Euclidean
 * algorithm. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field/prime.h"
#include "core/flint.h"

uint64_t nalg_prime_below(uint64_t limit, uint64_t minimum)
{
    uint64_t n = limit;
    do {
        if (n <= 2) return 0;
        n--;
    } while (!nalg_is_prime(n));
    return n > minimum ? n : 0;
}

static uint64_t nth_prime_below(uint64_t limit, unsigned k, uint64_t minimum)
{
    uint64_t n = nalg_prime_below(limit, minimum);
    for (unsigned found = 0; found < k && n; found++) n = nalg_prime_below(n, minimum);
    return n;
}

uint32_t nalg_prime_fast(unsigned k, uint64_t minimum)
{
    return (uint32_t)nth_prime_below(NALG_PRIME_FAST_LIMIT, k, minimum);
}

uint64_t nalg_prime_word(unsigned k, uint64_t minimum)
{
    return nth_prime_below(NALG_PRIME_WORD_START, k, minimum);
}

bool nalg_is_prime(uint64_t n)
{
    return n_is_prime(n) == 1;
}

uint64_t nalg_inverse_mod(uint64_t a, uint64_t p)
{
    return n_invmod(a % p, p);
}

uint64_t nalg_power_mod(uint64_t a, uint64_t e, uint64_t p)
{
    uint64_t result = 1 % p;
    for (a %= p; e; e >>= 1) {
        if (e & 1) result = nalg_multiply_mod(result, a, p);
        a = nalg_multiply_mod(a, a, p);
    }
    return result;
}
