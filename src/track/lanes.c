/* Lane kernels for each instruction set of x86-64, and for two and one lanes at a time in plain C.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track/lanes.h"
#include <math.h>
#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define X86_KERNELS 1
#endif

/* A diagonal entry is kept as pivot when its square is at least this share of the largest square in its column. Element growth
 * is bounded by (1 + 1/sqrt(threshold)) a step, and exchanges (scalar work) become rare. Threshold pivoting: Duff, Erisman, Reid,
 * Direct Methods for Sparse Matrices, 2nd ed. (2017), section 7.8. */
#define NALG_PIVOT_THRESHOLD 0.05

#define KERNEL(name) plain_##name
#define KERNEL_NAME "plain"
#define KERNEL_TARGET
#define WIDTH 2
#define SPLAT(x) ((plain_vector){(x), (x)})
#define FMA(a, b, c) ((a) * (b) + (c))
#define FNMA(a, b, c) ((c) - (a) * (b))
#define ROOT(x) ((plain_vector){sqrt((x)[0]), sqrt((x)[1])})
#include "track/lanes_body.h"

#ifdef X86_KERNELS
/* One lane at a time: the yardstick for what lanes bring. */
#define KERNEL(name) single_##name
#define KERNEL_NAME "one lane"
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define WIDTH 1
#define SPLAT(x) ((single_vector){(x)})
#define FMA(a, b, c) ((single_vector){__builtin_fma((a)[0], (b)[0], (c)[0])})
#define FNMA(a, b, c) ((single_vector){__builtin_fma(-(a)[0], (b)[0], (c)[0])})
#define ROOT(x) ((single_vector){sqrt((x)[0])})
#include "track/lanes_body.h"

#define KERNEL(name) avx2_##name
#define KERNEL_NAME "avx2"
#define KERNEL_TARGET __attribute__((target("avx2,fma")))
#define WIDTH 4
#define SPLAT(x) ((avx2_vector)_mm256_set1_pd(x))
#define FMA(a, b, c) ((avx2_vector)_mm256_fmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define FNMA(a, b, c) ((avx2_vector)_mm256_fnmadd_pd((__m256d)(a), (__m256d)(b), (__m256d)(c)))
#define ROOT(x) ((avx2_vector)_mm256_sqrt_pd((__m256d)(x)))
#include "track/lanes_body.h"

#define KERNEL(name) avx512_##name
#define KERNEL_NAME "avx512"
#define KERNEL_TARGET __attribute__((target("avx512f")))
#define WIDTH 8
#define SPLAT(x) ((avx512_vector)_mm512_set1_pd(x))
#define FMA(a, b, c) ((avx512_vector)_mm512_fmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define FNMA(a, b, c) ((avx512_vector)_mm512_fnmadd_pd((__m512d)(a), (__m512d)(b), (__m512d)(c)))
#define ROOT(x) ((avx512_vector)_mm512_sqrt_pd((__m512d)(x)))
#include "track/lanes_body.h"
#endif

size_t nalg_lane_kernels_all(const nalg_lane_kernels *out[4])
{
    size_t count = 0;
#ifdef X86_KERNELS
    __builtin_cpu_init();
    bool fused = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (fused) out[count++] = &single_table;
#endif
    out[count++] = &plain_table;
#ifdef X86_KERNELS
    if (fused) out[count++] = &avx2_table;
    if (fused && __builtin_cpu_supports("avx512f")) out[count++] = &avx512_table;
#endif
    return count;
}

const nalg_lane_kernels *nalg_lane_kernels_best(void)
{
    const nalg_lane_kernels *all[4];
    size_t count = nalg_lane_kernels_all(all);
    return all[count - 1];
}
