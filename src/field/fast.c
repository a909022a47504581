/* F_p for p < 2^23, elements as doubles in [0, p): products of two elements are below 2^46, so 127 of them and a
 * residue add up exactly in a double and a matrix product mod p is a DGEMM over pieces of 127 columns, each followed by one reduction.
 * Source: Dumas, Giorgi, Pernet, Dense linear algebra over word-size prime fields (ACM TOMS 35, 2008), section 2.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "field/blas.h"
#include "field/transpose.h"

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

/* Below this many products a loop beats the call (and the loading) of a BLAS. */
#define BLAS_FROM 30000
/* A residue and this many products of residues fit exactly in one double. */
#define EXACT_COLUMNS 127

static bool set_rational(const nalg_field *f, void *out, const fmpq_t q)
{
    uint64_t denominator = fmpz_fdiv_ui(fmpq_denref(q), f->mod.n);
    if (denominator == 0) return false;
    *(double *)out = (double)nmod_mul(fmpz_fdiv_ui(fmpq_numref(q), f->mod.n), n_invmod(denominator, f->mod.n), f->mod);
    return true;
}

/* Prefix products forward, one inversion, backward (Montgomery): three products an element in place of an extended gcd. */
static bool inverse(const nalg_field *f, void *out, const void *a, size_t n)
{
    const double *x = a;
    double *z = out, product = 1;
    if (out == a || n < 4) {
        for (size_t i = 0; i < n; i++) {
            if (x[i] == 0) return false;
            z[i] = (double)n_invmod((mp_limb_t)x[i], f->mod.n);
        }
        return true;
    }
    for (size_t i = 0; i < n; i++) {
        z[i] = product;
        product = MULTIPLY(f, product, x[i]);
    }
    if (product == 0) return false;
    double rest = (double)n_invmod((mp_limb_t)product, f->mod.n);
    for (size_t i = n; i-- > 0;) {
        z[i] = MULTIPLY(f, z[i], rest);
        rest = MULTIPLY(f, rest, x[i]);
    }
    return true;
}

static void reduce_all(const nalg_field *f, double *x, size_t n)
{
    double p = f->p, inverse_p = f->inverse_p;
    for (size_t i = 0; i < n; i++) x[i] = reduce(x[i], p, inverse_p);
}

/* Pieces of EXACT_COLUMNS columns, each added to the reduced sum of the earlier ones: at most p + 127 (p-1)^2 < 2^53. */
static void matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k, size_t n)
{
    const double *x = a, *y = b;
    double *c = out, *turned = NULL;
    if (m * k * n >= BLAS_FROM && transpose_a) turned = nalg_transpose(x, k, m);
    if (m * k * n < BLAS_FROM || (transpose_a && !turned)) {
        kernel_matrix_product(f, out, a, transpose_a, b, m, k, n);
        return;
    }
    for (size_t l = 0; l < k; l += EXACT_COLUMNS) {
        size_t width = k - l < EXACT_COLUMNS ? k - l : EXACT_COLUMNS;
        nalg_blas_dgemm(m, n, width, 1, (turned ? turned : x) + l, k, y + l * n, n, l ? 1 : 0, c, n);
        reduce_all(f, c, m * n);
    }
    free(turned);
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
