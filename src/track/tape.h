/* Straight-line programs over registers that are lane vectors of complex numbers.
 *
 * One instruction computes a whole sum: constant + sum of +-(register * register) + sum of (constant * register), so that the
 * accumulator stays in machine registers; the only other instruction is an inverse. Register r of a tape is at
 * memory[r * NALG_LANE_DOUBLES]: NALG_LANES real parts, then as many imaginary parts. Registers 0 .. n-1 are the unknowns, the
 * next q the path parameters, then the outputs in order, then temporaries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_TAPE_H
#define NALG_TRACK_TAPE_H

#include "track/expression.h"

#define NALG_LANES 8
#define NALG_LANE_DOUBLES (2 * NALG_LANES)
/* Longest Taylor series + 1. */
#define NALG_SERIES_LIMIT 10

typedef struct {
    uint32_t target;
    uint32_t operand, constant; /* first entries in the tape's arrays */
    uint32_t products, negative_products; /* pairs of operands */
    uint32_t affine, negative_affine;     /* how many of each, the first ones, have a left operand that is affine in the parameters */
    uint32_t reals, complexes;            /* operands with one or two constants each, after the pairs */
    uint32_t inverse;                     /* 1: target = 1 / operand[0] */
    double real, imag;                    /* the constant */
} nalg_instruction;

typedef struct {
    nalg_instruction *instruction;
    size_t count, capacity;
    uint32_t *operand;
    size_t operand_count, operand_capacity;
    double *constant;
    size_t constant_count, constant_capacity;
    size_t registers;
    size_t unknowns, parameters, outputs;
    uint64_t flops; /* per lane: multiplications and additions of reals */
} nalg_tape;

/* A tape that computes `outputs` (count of them) from variables 0 .. unknowns + parameters - 1; NALG_NO_TERM leaves an output
 * register alone. `compact`: reuse registers whose
 * value is dead (not for Taylor series, which need all). False when memory is out or t->failed. */
bool nalg_tape_create(nalg_tape *tape, const nalg_terms *t, const int32_t *outputs, size_t count, size_t unknowns, size_t parameters,
                      bool compact);
void nalg_tape_clear(nalg_tape *tape);

#endif
