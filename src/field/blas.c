/* OpenBLAS by dlopen.
 *
 * OpenBLAS 0.3.21 (Debian 12) does not know AMD processors with AVX-512 and may give them its Haswell kernels, at 60% of the
 * speed of the SkylakeX ones. Its choice can only be overridden through the environment while it is being loaded, so the
 * variable is set for the duration of dlopen and then removed. This happens once per process, and not at all if the user has
 * set the variable or something else has loaded the library before.
 *
 * The handle is kept for the life of the process: OpenBLAS starts threads and must not be unloaded under them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field/blas.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define CORETYPE "OPENBLAS_CORETYPE"

typedef void fortran_dgemm(const char *transpose_a, const char *transpose_b, const int *m, const int *n, const int *k,
                           const double *alpha, const double *a, const int *a_stride, const double *b, const int *b_stride,
                           const double *beta, double *c, const int *c_stride);
typedef void set_threads(int count);
typedef int get_threads(void);
typedef char *get_core_name(void);

static struct {
    pthread_once_t once;
    atomic_bool loaded;
    void *handle;
    fortran_dgemm *dgemm;
    set_threads *set;
    get_threads *get;
    get_core_name *core_name;
    pthread_mutex_t lock; /* of the two below */
    int depth, saved;
} blas = {.once = PTHREAD_ONCE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};

/* POSIX makes dlsym's object pointer convertible to a function pointer; ISO C has no cast for it. */
static nalg_blas_routine *symbol(const char *name)
{
    nalg_blas_routine *routine = NULL;
    void *address = blas.handle ? dlsym(blas.handle, name) : NULL;
    memcpy(&routine, &address, sizeof routine);
    return routine;
}

static bool processor_is_underrated(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    return __builtin_cpu_is("amd") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512cd");
#else
    return false;
#endif
}

static void *open_library(const char *name)
{
    void *present = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
    if (present) return present;
    bool choose = !getenv(CORETYPE) && processor_is_underrated();
    if (choose) setenv(CORETYPE, "SkylakeX", 0);
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (choose) unsetenv(CORETYPE);
    return handle;
}

static void load(void)
{
    static const char *const names[] = {"libopenblas.so.0", "libopenblas.so", "libblas.so.3"};
    for (size_t i = 0; i < sizeof names / sizeof *names && !blas.handle; i++) blas.handle = open_library(names[i]);
    blas.dgemm = (fortran_dgemm *)symbol("dgemm_");
    blas.set = (set_threads *)symbol("openblas_set_num_threads");
    blas.get = (get_threads *)symbol("openblas_get_num_threads");
    blas.core_name = (get_core_name *)symbol("openblas_get_corename");
    atomic_store(&blas.loaded, true);
}

bool nalg_blas_loaded(void)
{
    return atomic_load(&blas.loaded);
}

nalg_blas_routine *nalg_blas_symbol(const char *name)
{
    pthread_once(&blas.once, load);
    return symbol(name);
}

const char *nalg_blas_core_name(void)
{
    pthread_once(&blas.once, load);
    if (!blas.dgemm) return "none";
    return blas.core_name ? blas.core_name() : "unknown";
}

void nalg_blas_threads_push(void)
{
    pthread_once(&blas.once, load);
    if (!blas.set || !blas.get) return;
    pthread_mutex_lock(&blas.lock);
    if (blas.depth++ == 0) {
        blas.saved = blas.get();
        blas.set(1);
    }
    pthread_mutex_unlock(&blas.lock);
}

void nalg_blas_threads_pop(void)
{
    if (!blas.set || !blas.get) return;
    pthread_mutex_lock(&blas.lock);
    if (--blas.depth == 0) blas.set(blas.saved);
    pthread_mutex_unlock(&blas.lock);
}

/* Without a BLAS: rows of B are added to rows of C, in blocks of B that stay in cache. */
static void plain_dgemm(size_t m, size_t n, size_t k, double alpha, const double *restrict a, size_t a_stride,
                        const double *restrict b, size_t b_stride, double beta, double *restrict c, size_t c_stride)
{
    enum { BLOCK = 64 };
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) c[i * c_stride + j] = beta == 0 ? 0 : beta * c[i * c_stride + j];
    for (size_t l0 = 0; l0 < k; l0 += BLOCK)
        for (size_t i = 0; i < m; i++)
            for (size_t l = l0; l < k && l < l0 + BLOCK; l++) {
                double x = alpha * a[i * a_stride + l];
                for (size_t j = 0; j < n; j++) c[i * c_stride + j] += x * b[l * b_stride + j];
            }
}

void nalg_blas_dgemm(size_t m, size_t n, size_t k, double alpha, const double *a, size_t a_stride, const double *b,
                     size_t b_stride, double beta, double *c, size_t c_stride)
{
    if (!m || !n) return;
    pthread_once(&blas.once, load);
    if (!blas.dgemm || !k) {
        plain_dgemm(m, n, k, alpha, a, a_stride, b, b_stride, beta, c, c_stride);
        return;
    }
    /* Row-major C = A B is column-major C^T = B^T A^T. */
    const int fm = (int)m, fn = (int)n, fk = (int)k, fa = (int)a_stride, fb = (int)b_stride, fc = (int)c_stride;
    blas.dgemm("N", "N", &fn, &fm, &fk, &alpha, b, &fb, a, &fa, &beta, c, &fc);
}
