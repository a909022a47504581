/* Kernels on lane vectors: NALG_LANES paths side by side, real parts then imaginary parts (see tape.h), one table for each
 * instruction set. Lanes never mix, and every table with fused multiply-add does the same operations in the same order.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_LANES_H
#define NALG_TRACK_LANES_H

#include "track/tape.h"

/* An n x n matrix in lanes and, after factor(), its LU decomposition: entry (i, j) at entry[(i * stride + j) * NALG_LANE_DOUBLES]. */
typedef struct {
    double *entry;
    size_t n, stride;
    double *scale;     /* n x NALG_LANES: what row i was multiplied with */
    uint32_t *pivot;   /* n x NALG_LANES: row exchanged with row k */
    uint8_t *exchanged; /* n: bit l is set if lane l exchanged at step k */
    double *smallest;  /* NALG_LANES: least pivot modulus after row scaling */
} nalg_lane_matrix;

typedef struct {
    const char *name;
    size_t width; /* lanes per machine vector */
    /* Run a tape on its memory. */
    void (*run)(const nalg_tape *tape, double *memory);
    /* Taylor coefficients number order - 1 and order (>= 1) of all registers, from the lower ones. Coefficient k of register r is at
     * memory[(r * stride + k) * NALG_LANE_DOUBLES]. `linear`: the parameters have no coefficients above 1. */
    void (*series)(const nalg_tape *tape, double *memory, size_t stride, size_t order, bool linear);
    /* LU decomposition in place, rows equilibrated, threshold row pivoting in each lane by itself. */
    void (*factor)(nalg_lane_matrix *matrix);
    /* x := A^-1 x, n registers. */
    void (*solve)(const nalg_lane_matrix *matrix, double *x);
    /* out := sum_k h^k coefficient_k, k = 0 .. order, each n registers long; h is one register, and so is the factor `top` of the last
     * coefficient. */
    void (*horner)(double *out, const double *coefficient, size_t n, size_t order, const double *h, const double *top);
    /* r := the number, one register, for which r x is closest to y, both n registers long. */
    void (*ratio)(double *r, const double *y, const double *x, const double *weight, size_t n);
    /* out[l] := max_i |y_i - r x_i|^2 weight_i. */
    void (*distance)(double *out, const double *y, const double *x, const double *r, const double *weight, size_t n);
    /* out := a - b. */
    void (*subtract)(double *out, const double *a, const double *b, size_t n);
    /* out[l] := max_i |x_i|^2 weight_i, with a weight per register and lane. NaN if there is one. */
    void (*norm)(double *out, const double *x, const double *weight, size_t n);
    /* weight_i := 1 / (|x_i|^2 + floor max_j |x_j|^2). */
    void (*weights)(double *weight, const double *x, size_t n, double floor);
} nalg_lane_kernels;

/* Tables this processor can run, slowest first; out has room for 4. The best is the last. */
size_t nalg_lane_kernels_all(const nalg_lane_kernels *out[4]);
const nalg_lane_kernels *nalg_lane_kernels_best(void);

#endif
