/* A reproducible random point over a prime field: solver and checker draw the same one from (prime, seed, trial).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_POINT_H
#define NALG_CORE_POINT_H

#include <stdint.h>
#include "core/random.h"

typedef struct {
    uint64_t prime, seed;
    uint32_t trial;
    const uint64_t *weights; /* residues of given weights, or NULL for random ones */
} nalg_point;

enum nalg_point_stream { NALG_STREAM_WEIGHTS, NALG_STREAM_INPUTS, NALG_STREAM_FUNCTIONALS, NALG_STREAM_DIRECTIONS, NALG_STREAM_COUNT };

/* Value number i of a stream, uniform in [0, prime) up to 2^-40. Weights are numbered by parameter, inputs by
 * sample * inputs + coordinate, functionals by sample * outputs + output, directions by direction * parameters + parameter. */
static inline uint64_t nalg_point_value(const nalg_point *p, enum nalg_point_stream stream, uint64_t i)
{
    if (stream == NALG_STREAM_WEIGHTS && p->weights) return p->weights[i];
    nalg_random r = nalg_random_stream(p->seed, (uint64_t)p->trial * NALG_STREAM_COUNT + stream);
    r.counter = i;
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)nalg_random_bits(&r) * p->prime >> 64);
}

#endif
