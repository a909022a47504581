/* SplitMix64 (Steele, Lea, Flood 2014) used as a keyed hash of a counter.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/random.h"
#include <math.h>

#define GOLDEN UINT64_C(0x9e3779b97f4a7c15)
#define TWO_PI 6.283185307179586476925

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

nalg_random nalg_random_stream(uint64_t seed, uint64_t stream)
{
    return (nalg_random){mix(mix(seed + GOLDEN) ^ (stream * GOLDEN + 1)), 0};
}

uint64_t nalg_random_bits(nalg_random *r)
{
    return mix(r->key + GOLDEN * ++r->counter);
}

uint64_t nalg_random_below(nalg_random *r, uint64_t bound)
{
    uint64_t limit = UINT64_MAX - UINT64_MAX % bound, bits;
    do bits = nalg_random_bits(r);
    while (bits >= limit);
    return bits % bound;
}

double nalg_random_unit(nalg_random *r)
{
    return (double)(nalg_random_bits(r) >> 11) * 0x1p-53;
}

double nalg_random_normal(nalg_random *r)
{
    double radius = sqrt(-2 * log(1 - nalg_random_unit(r)));
    return radius * cos(TWO_PI * nalg_random_unit(r));
}
