/* Blocks of residues held in doubles: exact products with one reduction at the end, compiled for several instruction sets.
 *
 * Residues are centred integers. Let p be the prime, h = (p + 3) / 2 rounded down, u = 2^-53.
 *
 * Reduction. Let x be an integer, |x| <= 2^53, |x/p| < 2^51. The quotient q is x times the rounded 1/p, rounded to double and
 * then to an integer (by adding and subtracting 1.5 * 2^52). The first two roundings move x/p by less than 2 u |x/p| (1 + u),
 * so |x - q p| < p/2 + 2 u |x| (1 + u) < p/2 + 2.5, and being an integer it is at most h. The products q p and x - q p are
 * integers below 2^53 and exact. For p <= 3, where |x| < 2^13, the middle term is below 2^-38 and |x - q p| <= p/2. Since
 * h < p for p >= 5, in all cases a residue is divisible by p exactly when it is the double 0.
 *
 * One limb, p < 2^23: h <= 2^22 - 6, so c - (sum of 512 products) is at most h + 512 h^2 < 2^53 - h in absolute value.
 *
 * Two limbs, p < 2^31: h <= 2^30 + 1. One factor is split as x = x1 S + x0, S = 46341 = ceil(2^15.5), |x0|, |x1| <= 23171;
 * c - (sum of x0 y + x1 (S y mod p) over 176 terms) is at most h + 176 * 2 * 23171 h < 2^53 - h.
 *
 * Every intermediate value is an exact integer, so fused and separate multiply-add, and any order of summation, agree.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_KERNELS_H
#define NALG_EXACT_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NALG_KERNEL_DEPTH_ONE 512 /* inner dimension of a product before its reduction, see above */
#define NALG_KERNEL_DEPTH_TWO 176
#define NALG_KERNEL_SPLIT 46341.0

typedef struct {
    double p, inverse;
    int limbs;    /* 1: p < 2^23, 2: p < 2^31 */
    size_t depth; /* largest inner dimension of a product */
} nalg_modulus;

/* p < 2^31. */
nalg_modulus nalg_modulus_set(uint64_t p);

/* A rectangle inside a row-major matrix. */
typedef struct {
    double *at;
    size_t rows, cols, stride;
} nalg_block;

typedef struct {
    /* C := C mod p, for entries below 2^53 as in the analysis. */
    void (*reduce)(const nalg_modulus *modulus, nalg_block c);
    /* C := C - A B without reduction. */
    void (*subtract_product)(nalg_block c, nalg_block a, nalg_block b);
    /* row := row - factor from mod p, n residues; row may equal from. */
    void (*subtract_multiple)(const nalg_modulus *modulus, double *row, double factor, const double *from, size_t n);
    /* row := scale row - factor from mod p, which eliminates without an inverse; with one limb, entries may be in [0, p). */
    void (*combine)(const nalg_modulus *modulus, double *row, double scale, double factor, const double *from, size_t n);
    /* A = S high + low, the limbs balanced; all three of A's size. */
    void (*split)(nalg_block high, nalg_block low, nalg_block a);
} nalg_kernels;

/* The best kernels this processor runs. */
const nalg_kernels *nalg_kernels_best(void);

/* All kernels this processor runs, worst first; for tests. Returns their number, at most 3. */
size_t nalg_kernels_all(const nalg_kernels *out[3]);

/* What a product needs to know. scratch is used with two limbs only and holds nalg_product_scratch doubles. */
typedef struct {
    const nalg_kernels *kernels;
    nalg_modulus modulus;
    bool blas; /* large products through BLAS */
} nalg_arithmetic;

size_t nalg_product_scratch(const nalg_modulus *modulus, size_t m, size_t n, size_t k);

/* C := C - A B mod p; A.cols at most modulus.depth, no overlaps. */
void nalg_product(const nalg_arithmetic *arithmetic, nalg_block c, nalg_block a, nalg_block b, double *scratch);

/* row := factor row mod p. */
void nalg_scale_row(const nalg_arithmetic *arithmetic, double *row, double factor, size_t n);

#endif
