/* Choosing primes, and arithmetic modulo one.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_FIELD_PRIME_H
#define NALG_FIELD_PRIME_H

#include <stdbool.h>
#include <stdint.h>

/* Primes for arithmetic in doubles are below 2^23: centred residues are then at most h = (p + 3) / 2 < 2^22 in absolute
 * value, and a residue plus 512 products of two of them stays below 2^53, so that a matrix product of inner dimension 512
 * is exact before its one reduction (the proof is in exact/kernels.h). */
#define NALG_PRIME_FAST_LIMIT ((uint32_t)1 << 23)
/* Primes of one word are below 2^63: a sum of two residues does not overflow. Ours start below 2^61. */
#define NALG_PRIME_WORD_LIMIT ((uint64_t)1 << 63)
#define NALG_PRIME_WORD_START ((uint64_t)1 << 61)

/* The k-th largest prime below NALG_PRIME_FAST_LIMIT (k = 0 is the largest), or 0 if it does not exceed `minimum`. A model
 * with an exponent e needs minimum >= e: over F_p the derivative of x^p vanishes. Cost: k prime searches. */
uint32_t nalg_prime_fast(unsigned k, uint64_t minimum);

/* The k-th largest prime below NALG_PRIME_WORD_START, or 0 if it does not exceed `minimum`. */
uint64_t nalg_prime_word(unsigned k, uint64_t minimum);

/* The largest prime below `limit`, or 0 if it does not exceed `minimum`. */
uint64_t nalg_prime_below(uint64_t limit, uint64_t minimum);

/* Is n prime? Proved, for every 64-bit n. */
bool nalg_is_prime(uint64_t n);

/* Inverse of a modulo p; p prime, a not divisible by p. */
uint64_t nalg_inverse_mod(uint64_t a, uint64_t p);

/* a^e modulo p < 2^63. */
uint64_t nalg_power_mod(uint64_t a, uint64_t e, uint64_t p);

__extension__ typedef unsigned __int128 nalg_u128;

/* a * b, a + b, a - b modulo p < 2^63, for a, b < p. */
static inline uint64_t nalg_multiply_mod(uint64_t a, uint64_t b, uint64_t p)
{
    return (uint64_t)((nalg_u128)a * b % p);
}

static inline uint64_t nalg_add_mod(uint64_t a, uint64_t b, uint64_t p)
{
    uint64_t s = a + b;
    return s >= p ? s - p : s;
}

static inline uint64_t nalg_subtract_mod(uint64_t a, uint64_t b, uint64_t p)
{
    return a >= b ? a - b : a + (p - b);
}

#endif
