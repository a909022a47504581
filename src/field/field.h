/* A number system is a table of batch kernels over arrays of elements. A new one is one file that fills this table.
 *
 * Operands with stride 0 are a single element used for all n. Outputs never alias inputs unless said.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_FIELD_FIELD_H
#define NALG_FIELD_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/flint.h"

typedef struct nalg_field nalg_field;

struct nalg_field {
    const char *name;
    size_t size; /* bytes of an element */
    /* Elements that own memory (balls): init and clear arrays of them; NULL for plain data. */
    void (*init)(const nalg_field *f, void *x, size_t n);
    void (*clear)(const nalg_field *f, void *x, size_t n);
    void (*zero)(const nalg_field *f, void *out, size_t n);
    void (*copy)(const nalg_field *f, void *out, const void *a, size_t n);
    /* One element; false if the rational has no image (denominator divisible by the prime). */
    bool (*set_rational)(const nalg_field *f, void *out, const fmpq_t q);
    /* out may be a or b with stride 1 in the next three. */
    void (*add)(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n);
    void (*multiply)(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n);
    /* out += a * b */
    void (*multiply_add)(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n);
    /* False if an element is not invertible. out may be a. */
    bool (*inverse)(const nalg_field *f, void *out, const void *a, size_t n);
    /* out (m x n) = op(a) (m x k) b (k x n), row-major; a stored k x m when transposed. */
    void (*matrix_product)(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k,
                           size_t n);
    nmod_t mod;        /* prime fields */
    double p, inverse_p; /* fast prime field */
    long precision;    /* balls: bits */
};

/* F_p for a prime that fits the double kernels (see nalg_prime_fast): elements are doubles in [0, p). */
void nalg_field_fast(nalg_field *f, uint32_t p);
/* F_p for p < 2^63: elements are uint64_t in [0, p). */
void nalg_field_word(nalg_field *f, uint64_t p);
/* Doubles. */
void nalg_field_real(nalg_field *f);
/* Real balls (arb_struct) at a working precision in bits. */
void nalg_field_ball(nalg_field *f, long precision);
/* Complex balls (acb_struct). */
void nalg_field_complex_ball(nalg_field *f, long precision);

#endif
