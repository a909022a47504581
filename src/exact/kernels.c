/* Instruction sets, and products put together from the kernels.
 *
 * Small products use our own kernel (no packing of A, no call into BLAS, which need not even be loaded); large ones DGEMM.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/kernels.h"
#include "field/blas.h"
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define X86_KERNELS 1
#endif

#define ROUNDER 0x1.8p52 /* |x| <= 2^51: (x + ROUNDER) - ROUNDER is x rounded to an integer */
#define TILE_ROWS 6      /* times 2 vectors: 12 accumulators, enough to hide the latency of multiply-add */
#define STRIP_DEPTH 128  /* a packed strip of B: 16 KiB with 8 lanes */

/* Products below this many multiplications stay with our kernel: packing and call overhead of DGEMM outweigh its speed. */
#define BLAS_WORTHWHILE (96.0 * 96.0 * 96.0)

#define KERNEL(name) plain_##name
#define KERNEL_TARGET
#define LANES 2
#define SPLAT(x) ((plain_vector){(x), (x)})
#define MULTIPLY_ADD(a, b, c) ((a) * (b) + (c))
#include "exact/kernels_body.h"

#ifdef X86_KERNELS
#define KERNEL(name) avx2_##name
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define LANES 4
#define SPLAT(x) ((avx2_vector)_mm256_set1_pd(x))
#define MULTIPLY_ADD(a, b, c) ((avx2_vector)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#include "exact/kernels_body.h"

#define KERNEL(name) avx512_##name
#define KERNEL_TARGET __attribute__((target("avx512f")))
#define LANES 8
#define SPLAT(x) ((avx512_vector)_mm512_set1_pd(x))
#define MULTIPLY_ADD(a, b, c) ((avx512_vector)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#include "exact/kernels_body.h"
#endif

size_t nalg_kernels_all(const nalg_kernels *out[3])
{
    size_t count = 0;
    out[count++] = &plain_table;
#ifdef X86_KERNELS
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out[count++] = &avx2_table;
    if (__builtin_cpu_supports("avx512f")) out[count++] = &avx512_table;
#endif
    return count;
}

const nalg_kernels *nalg_kernels_best(void)
{
    const nalg_kernels *all[3];
    size_t count = nalg_kernels_all(all);
    return all[count - 1];
}

nalg_modulus nalg_modulus_set(uint64_t p)
{
    bool small = p < (uint64_t)1 << 23;
    return (nalg_modulus){.p = (double)p, .inverse = 1 / (double)p, .limbs = small ? 1 : 2,
                          .depth = small ? NALG_KERNEL_DEPTH_ONE : NALG_KERNEL_DEPTH_TWO};
}

size_t nalg_product_scratch(const nalg_modulus *modulus, size_t m, size_t n, size_t k)
{
    return modulus->limbs == 1 ? 0 : k * (2 * m + n);
}

static void subtract_product(const nalg_arithmetic *arithmetic, nalg_block c, nalg_block a, nalg_block b)
{
    if (arithmetic->blas && (double)c.rows * (double)c.cols * (double)a.cols > BLAS_WORTHWHILE)
        nalg_blas_dgemm(c.rows, c.cols, a.cols, -1, a.at, a.stride, b.at, b.stride, 1, c.at, c.stride);
    else
        arithmetic->kernels->subtract_product(c, a, b);
}

/* shifted := S b mod p, as 0 - (-S) b. */
static void shift(const nalg_arithmetic *arithmetic, nalg_block shifted, nalg_block b)
{
    const nalg_modulus *modulus = &arithmetic->modulus;
    for (size_t i = 0; i < b.rows; i++) {
        double *to = shifted.at + i * shifted.stride;
        const double *from = b.at + i * b.stride;
        for (size_t j = 0; j < b.cols; j++) to[j] = NALG_KERNEL_SPLIT * from[j];
    }
    arithmetic->kernels->reduce(modulus, shifted);
}

void nalg_product(const nalg_arithmetic *arithmetic, nalg_block c, nalg_block a, nalg_block b, double *scratch)
{
    if (!c.rows || !c.cols || !a.cols) return;
    if (arithmetic->modulus.limbs == 1) {
        subtract_product(arithmetic, c, a, b);
    } else {
        nalg_block high = {scratch, a.rows, a.cols, a.cols}, low = {high.at + a.rows * a.cols, a.rows, a.cols, a.cols};
        nalg_block shifted = {low.at + a.rows * a.cols, b.rows, b.cols, b.cols};
        arithmetic->kernels->split(high, low, a);
        shift(arithmetic, shifted, b);
        subtract_product(arithmetic, c, low, b);
        subtract_product(arithmetic, c, high, shifted);
    }
    arithmetic->kernels->reduce(&arithmetic->modulus, c);
}

void nalg_scale_row(const nalg_arithmetic *arithmetic, double *row, double factor, size_t n)
{
    arithmetic->kernels->subtract_multiple(&arithmetic->modulus, row, 1 - factor, row, n);
}
