/* Kernels of the jet numbers; products by subset convolution, 3^k multiplications. k is kept in the field's `precision`.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_jets.h"
#include <string.h>

static size_t length(const nalg_field *f)
{
    return (size_t)1 << f->precision;
}

static void zero(const nalg_field *f, void *out, size_t n)
{
    memset(out, 0, n * f->size);
}

static void copy(const nalg_field *f, void *out, const void *a, size_t n)
{
    memmove(out, a, n * f->size);
}

static bool set_rational(const nalg_field *f, void *out, const fmpq_t q)
{
    uint64_t denominator = fmpz_fdiv_ui(fmpq_denref(q), f->mod.n);
    if (denominator == 0) return false;
    memset(out, 0, f->size);
    *(uint64_t *)out = nmod_mul(fmpz_fdiv_ui(fmpq_numref(q), f->mod.n), n_invmod(denominator, f->mod.n), f->mod);
    return true;
}

static void add(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n)
{
    size_t k = length(f);
    const uint64_t *x = a, *y = b;
    uint64_t *z = out;
    for (size_t i = 0; i < n; i++, z += k, x += stride_a ? k : 0, y += stride_b ? k : 0)
        for (size_t s = 0; s < k; s++) z[s] = nmod_add(x[s], y[s], f->mod);
}

/* z may be x or y. */
static void multiply_one(const nalg_field *f, uint64_t *z, const uint64_t *x, const uint64_t *y, bool accumulate)
{
    uint64_t sum[1 << NALG_JET_LIMIT];
    size_t k = length(f);
    for (size_t s = 0; s < k; s++) {
        sum[s] = accumulate ? z[s] : 0;
        for (size_t t = s;; t = (t - 1) & s) {
            if (x[t] && y[s ^ t]) sum[s] = nmod_add(sum[s], nmod_mul(x[t], y[s ^ t], f->mod), f->mod);
            if (!t) break;
        }
    }
    memcpy(z, sum, k * sizeof *z);
}

static void multiply(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n)
{
    size_t k = length(f);
    for (size_t i = 0; i < n; i++)
        multiply_one(f, (uint64_t *)out + i * k, (const uint64_t *)a + (stride_a ? i * k : 0), (const uint64_t *)b + (stride_b ? i * k : 0), false);
}

static void multiply_add(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n)
{
    size_t k = length(f);
    for (size_t i = 0; i < n; i++)
        multiply_one(f, (uint64_t *)out + i * k, (const uint64_t *)a + (stride_a ? i * k : 0), (const uint64_t *)b + (stride_b ? i * k : 0), true);
}

/* 1 / (u + v) with v nilpotent, by Newton's iteration x <- x (2 - a x): the precision doubles, k + 1 steps are more than enough. */
static bool inverse_one(const nalg_field *f, uint64_t *out, const uint64_t *a)
{
    uint64_t x[1 << NALG_JET_LIMIT] = {0}, t[1 << NALG_JET_LIMIT];
    size_t k = length(f);
    if (a[0] == 0) return false;
    x[0] = n_invmod(a[0], f->mod.n);
    for (size_t reached = 1; reached <= (size_t)f->precision; reached *= 2) {
        multiply_one(f, t, a, x, false);
        for (size_t s = 0; s < k; s++) t[s] = nmod_neg(t[s], f->mod);
        t[0] = nmod_add(t[0], 2 % f->mod.n, f->mod);
        multiply_one(f, x, x, t, false);
    }
    memcpy(out, x, k * sizeof *out);
    return true;
}

static bool inverse(const nalg_field *f, void *out, const void *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!inverse_one(f, (uint64_t *)out + i * length(f), (const uint64_t *)a + i * length(f))) return false;
    return true;
}

static void matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k, size_t n)
{
    char *c = out;
    zero(f, out, m * n);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l++)
            multiply_add(f, c + i * n * f->size, (const char *)a + (transpose_a ? l * m + i : i * k + l) * f->size, 0,
                         (const char *)b + l * n * f->size, 1, n);
}

void nalg_field_jets(nalg_field *f, uint64_t p, unsigned infinitesimals)
{
    *f = (nalg_field){.name = "jets", .size = sizeof(uint64_t) << infinitesimals, .zero = zero, .copy = copy, .set_rational = set_rational,
                      .add = add, .multiply = multiply, .multiply_add = multiply_add, .inverse = inverse, .matrix_product = matrix_product,
                      .precision = (long)infinitesimals};
    nmod_init(&f->mod, p);
}
