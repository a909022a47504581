/* F_p for p < 2^23, elements as doubles in [0, p): products of two elements are below 2^46, so 2^53 / 2^46 = 128 of them add up
 * exactly in a double and a matrix product mod p is a DGEMM over pieces of at most 128 columns, each followed by one reduction.
 * Source: Dumas, Giorgi, Pernet, Dense linear algebra over word-size prime fields (ACM TOMS 35, 2008), section 2.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "core/memory.h"
#include "field/blas.h"

#define ELEMENT double

/* x in [0, 2^53): x mod p. The quotient's error is below 1, hence the two corrections; every product is exact. */
static inline double reduce(double x, double p, double inverse_p)
{
    double r = x - floor(x * inverse_p) * p;
    r = r >= p ? r - p : r;
    return r < 0 ? r + p : r;
}

static inline double add(double x, double y, double p)
{
    double s = x + y;
    return s >= p ? s - p : s;
}

#define ADD(f, x, y) add(x, y, (f)->p)
#define MULTIPLY(f, x, y) reduce((x) * (y), (f)->p, (f)->inverse_p)
#include "field/kernels.h"

#define BLAS_FROM 30000
#define EXACT_COLUMNS 128 /* products of elements that fit exactly in one double */

static bool set_rational(const nalg_field *f, void *out, const fmpq_t q)
{
    uint64_t denominator = fmpz_fdiv_ui(fmpq_denref(q), f->mod.n);
    if (denominator == 0) return false;
    *(double *)out = (double)nmod_mul(fmpz_fdiv_ui(fmpq_numref(q), f->mod.n), n_invmod(denominator, f->mod.n), f->mod);
    return true;
}

static bool inverse(const nalg_field *f, void *out, const void *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double x = ((const double *)a)[i];
        if (x == 0) return false;
        ((double *)out)[i] = (double)n_invmod((mp_limb_t)x, f->mod.n);
    }
    return true;
}

static void reduce_all(const nalg_field *f, double *x, size_t n)
{
    double p = f->p, inverse_p = f->inverse_p;
    for (size_t i = 0; i < n; i++) x[i] = reduce(x[i], p, inverse_p);
}

/* Pieces of EXACT_COLUMNS columns: one piece's sum is at most 128 (p-1)^2 < 2^53 when p < 2^23; partial results are reduced and
 * added. */
static void matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k, size_t n)
{
    const double *x = a, *y = b;
    double *c = out, *piece = NULL, *left = NULL;
    if (k > EXACT_COLUMNS) {
        piece = nalg_array_aligned(m * n, sizeof *piece);
        left = nalg_array_aligned(m * EXACT_COLUMNS, sizeof *left);
    }
    if (m * k * n < BLAS_FROM || (k > EXACT_COLUMNS && (!piece || !left))) {
        kernel_matrix_product(f, out, a, transpose_a, b, m, k, n);
    } else if (k <= EXACT_COLUMNS) {
        nalg_blas_dgemm(c, x, transpose_a, y, m, k, n);
        reduce_all(f, c, m * n);
    } else {
        for (size_t l = 0; l < k; l += EXACT_COLUMNS) {
            size_t width = k - l < EXACT_COLUMNS ? k - l : EXACT_COLUMNS;
            const double *columns = transpose_a ? x + l * m : left;
            for (size_t i = 0; !transpose_a && i < m; i++) memcpy(left + i * width, x + i * k + l, width * sizeof *left);
            nalg_blas_dgemm(l ? piece : c, columns, transpose_a, y + l * n, m, width, n);
            reduce_all(f, l ? piece : c, m * n);
            if (l) kernel_add(f, c, c, 1, piece, 1, m * n);
        }
    }
    free(piece);
    free(left);
}

void nalg_field_fast(nalg_field *f, uint32_t p)
{
    *f = (nalg_field){.name = "fast prime", .size = sizeof(ELEMENT), .zero = kernel_zero, .copy = kernel_copy,
                      .set_rational = set_rational, .add = kernel_add, .multiply = kernel_multiply,
                      .multiply_add = kernel_multiply_add, .inverse = inverse, .matrix_product = matrix_product};
    nmod_init(&f->mod, p);
    f->p = p;
    f->inverse_p = 1.0 / p;
}
