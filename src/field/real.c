/* IEEE doubles.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field/blas.h"
#include "field/transpose.h"

#define ELEMENT double
#define ADD(f, x, y) ((x) + (y))
#define MULTIPLY(f, x, y) ((x) * (y))
#include "field/kernels.h"

/* Below this many products a loop beats the call (and the loading) of a BLAS. */
#define BLAS_FROM 30000

static bool set_rational(const nalg_field *f, void *out, const fmpq_t q)
{
    (void)f;
    arb_t ball;
    arb_init(ball);
    arb_set_fmpq(ball, q, 64);
    *(double *)out = arf_get_d(arb_midref(ball), ARF_RND_NEAR);
    arb_clear(ball);
    return true;
}

static bool inverse(const nalg_field *f, void *out, const void *a, size_t n)
{
    (void)f;
    for (size_t i = 0; i < n; i++) {
        if (((const double *)a)[i] == 0) return false;
        ((double *)out)[i] = 1 / ((const double *)a)[i];
    }
    return true;
}

static void matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k, size_t n)
{
    bool small = m * k * n < BLAS_FROM;
    double *turned = !small && transpose_a ? nalg_transpose(a, k, m) : NULL;
    if (small || (transpose_a && !turned)) kernel_matrix_product(f, out, a, transpose_a, b, m, k, n);
    else nalg_blas_dgemm(m, n, k, 1, turned ? turned : a, k, b, n, 0, out, n);
    free(turned);
}

void nalg_field_real(nalg_field *f)
{
    *f = (nalg_field){.name = "double", .size = sizeof(ELEMENT), .zero = kernel_zero, .copy = kernel_copy,
                      .set_rational = set_rational, .add = kernel_add, .multiply = kernel_multiply,
                      .multiply_add = kernel_multiply_add, .inverse = inverse, .matrix_product = matrix_product};
}
