/* Double-precision matrix products through the system's BLAS, loaded on first use: a command that multiplies nothing does
 * not pay for loading 36 MB of kernels, and the kernels can be chosen before they are loaded.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_FIELD_BLAS_H
#define NALG_FIELD_BLAS_H

#include <stdbool.h>
#include <stddef.h>

/* C = beta C + alpha A B for row-major A (m x k), B (k x n), C (m x n) with row strides a_stride >= k and so on; dimensions
 * below 2^31. With beta == 0, C is not read. Safe on several threads at once. The first call loads the library; where there
 * is none, plain C loops do the work, slowly. */
void nalg_blas_dgemm(size_t m, size_t n, size_t k, double alpha, const double *a, size_t a_stride, const double *b,
                     size_t b_stride, double beta, double *c, size_t c_stride);

/* Between push and pop every product runs on its calling thread: we thread over tiles ourselves. Pairs nest, also across
 * threads; the last pop restores the number of threads found by the first push. */
void nalg_blas_threads_push(void);
void nalg_blas_threads_pop(void);

/* Name of the kernels in use ("SkylakeX", "Haswell", ...), "unknown" for a BLAS that is not OpenBLAS, "none" without one. */
const char *nalg_blas_core_name(void);

/* Is a BLAS loaded by now? Does not load it. */
bool nalg_blas_loaded(void);

/* A routine of the loaded library by its Fortran name ("dgetrf_"); NULL if it has none. */
typedef void nalg_blas_routine(void);
nalg_blas_routine *nalg_blas_symbol(const char *name);

#endif
