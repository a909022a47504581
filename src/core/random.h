/* Counter-based random numbers: value number i of stream s under seed k is a pure function of (k, s, i), so that a
 * computation gives the same answer for any number of threads.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_RANDOM_H
#define NALG_CORE_RANDOM_H

#include <stdint.h>

typedef struct {
    uint64_t key, counter;
} nalg_random;

/* Stream `stream` under `seed`. Streams with different numbers are independent for our purposes. */
nalg_random nalg_random_stream(uint64_t seed, uint64_t stream);

/* Next 64 bits. */
uint64_t nalg_random_bits(nalg_random *r);

/* Uniform in [0, bound), bound > 0, by rejection. */
uint64_t nalg_random_below(nalg_random *r, uint64_t bound);

/* Uniform in [0, 1) with 53 bits. */
double nalg_random_unit(nalg_random *r);

/* Standard normal (Box-Muller, one value per call). */
double nalg_random_normal(nalg_random *r);

#endif
