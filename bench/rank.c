/* Rank of a random n x n matrix mod p against the LU factorisation in floating point (OpenBLAS dgetrf, which does the same
 * number of operations without any reduction), FLINT, and FFLAS-FFPACK where it is installed. One thread;
 * --two-threads adds our own speed-up, --large adds n = 8000. All use the same OpenBLAS kernels.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timing.h"
#include <dlfcn.h>
#include "core/flint.h"
#include "core/memory.h"
#include "core/random.h"
#include "exact/elimination.h"
#include "field/blas.h"
#include "field/prime.h"

#define FLINT_MOST 2000 /* larger n would only wait for FLINT */
#define PRIME_31 2147483647u

typedef void fortran_dgetrf(const int *m, const int *n, double *a, const int *stride, int *pivots, int *info);
typedef size_t fflas_rank(double *a, size_t n, double p);

typedef struct {
    nalg_ctx *ctx;
    fortran_dgetrf *dgetrf;
    fflas_rank *fflas;
    size_t n;
    double *entries, *work; /* n x n */
    int *pivots;
    bench_time fast, fast_threads, word, lu, flint, fflas_time;
} bench;

static fflas_rank *load_fflas(void)
{
    fflas_rank *rank = NULL;
#ifdef FFLAS_MODULE
    void *module = dlopen(FFLAS_MODULE, RTLD_NOW);
    void *address = module ? dlsym(module, "bench_rank_fflas") : NULL;
    memcpy(&rank, &address, sizeof rank);
#endif
    return rank;
}

static void copy_entries(bench *b)
{
    memcpy(b->work, b->entries, b->n * b->n * sizeof(double));
}

static void time_fast(bench *b, int threads, bench_time *time)
{
    nalg_rank_profile r = {0};
    copy_entries(b);
    bench_require(nalg_ctx_set_threads(b->ctx, threads) == NALG_OK, "threads");
    const double start = nalg_seconds();
    nalg_status status = nalg_rank_fast(b->ctx, &r, b->work, b->n, b->n, b->n, nalg_prime_fast(0, 0));
    bench_record(time, nalg_seconds() - start);
    bench_require(status == NALG_OK && r.rank + 2 > b->n, "rank of a random matrix");
    nalg_rank_profile_clear(&r);
}

static void time_word(bench *b)
{
    nalg_rank_profile r = {0};
    uint64_t *a = nalg_array(b->n * b->n, sizeof *a);
    bench_require(a, "memory");
    nalg_random random = nalg_random_stream(2, b->n);
    for (size_t i = 0; i < b->n * b->n; i++) a[i] = nalg_random_below(&random, PRIME_31);
    bench_require(nalg_ctx_set_threads(b->ctx, 1) == NALG_OK, "threads");
    const double start = nalg_seconds();
    nalg_status status = nalg_rank_word(b->ctx, &r, a, b->n, b->n, b->n, PRIME_31);
    bench_record(&b->word, nalg_seconds() - start);
    bench_require(status == NALG_OK && r.rank + 2 > b->n, "rank of a random matrix");
    nalg_rank_profile_clear(&r);
    free(a);
}

static void time_lu(bench *b)
{
    const int n = (int)b->n;
    int info;
    if (!b->dgetrf) return;
    copy_entries(b);
    nalg_blas_threads_push();
    const double start = nalg_seconds();
    b->dgetrf(&n, &n, b->work, &n, b->pivots, &info);
    bench_record(&b->lu, nalg_seconds() - start);
    nalg_blas_threads_pop();
}

static void time_flint(bench *b)
{
    nmod_mat_t m;
    if (b->n > FLINT_MOST) return;
    nmod_mat_init(m, (slong)b->n, (slong)b->n, nalg_prime_fast(0, 0));
    for (size_t i = 0; i < b->n; i++)
        for (size_t j = 0; j < b->n; j++) nmod_mat_set_entry(m, (slong)i, (slong)j, (mp_limb_t)b->entries[i * b->n + j]);
    const double start = nalg_seconds();
    const slong rank = nmod_mat_rank(m);
    bench_record(&b->flint, nalg_seconds() - start);
    bench_require((size_t)rank + 2 > b->n, "FLINT's rank");
    nmod_mat_clear(m);
}

static void time_fflas(bench *b)
{
    if (!b->fflas) return;
    copy_entries(b);
    nalg_blas_threads_push();
    const double start = nalg_seconds();
    const size_t rank = b->fflas(b->work, b->n, nalg_prime_fast(0, 0));
    bench_record(&b->fflas_time, nalg_seconds() - start);
    nalg_blas_threads_pop();
    bench_require(rank + 2 > b->n, "FFLAS-FFPACK's rank");
}

/* The candidates take turns, so that a change of the machine's load meets all of them. */
static void measure(bench *b, int repetitions, int threads)
{
    nalg_random random = nalg_random_stream(1, b->n);
    b->entries = nalg_array_aligned(b->n * b->n, sizeof(double));
    b->work = nalg_array_aligned(b->n * b->n, sizeof(double));
    b->pivots = nalg_array(b->n, sizeof(int));
    bench_require(b->entries && b->work && b->pivots, "memory");
    for (size_t i = 0; i < b->n * b->n; i++) b->entries[i] = (double)nalg_random_below(&random, nalg_prime_fast(0, 0));
    for (int k = 0; k < repetitions; k++) {
        time_fast(b, 1, &b->fast);
        if (threads > 1) time_fast(b, threads, &b->fast_threads);
        time_word(b);
        time_lu(b);
        if (k == 0 || b->n <= 500) time_flint(b);
        time_fflas(b);
    }
    free(b->entries);
    free(b->work);
    free(b->pivots);
}

static void print_row(const bench *b)
{
    printf("| %zu |", b->n);
    bench_cell_ms(b->fast);
    bench_cell_ms(b->word);
    bench_cell_ms(b->lu);
    bench_cell_ms(b->flint);
    bench_cell_ms(b->fflas_time);
    bench_cell_ratio(b->fast, b->lu);
    bench_cell_ratio(b->word, b->lu);
    bench_cell_ratio(b->fast, b->flint);
    bench_cell_ratio(b->fast, b->fflas_time);
    bench_cell_ratio(b->fast, b->fast_threads);
    printf("\n");
    fflush(stdout);
}

int main(int argc, char **argv)
{
    const size_t size[] = {32, 64, 100, 200, 500, 1000, 2000, 4000, 8000};
    const int repetitions[] = {200, 100, 50, 20, 10, 5, 4, 3, 2}, threads = bench_option(argc, argv, "--two-threads") ? 2 : 1;
    const size_t sizes = bench_option(argc, argv, "--large") ? 9 : 8;
    nalg_ctx *ctx = NULL;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "context");
    fortran_dgetrf *dgetrf = (fortran_dgetrf *)nalg_blas_symbol("dgetrf_");
    fflas_rank *fflas = load_fflas();
    printf("### rank of a random n x n matrix mod p, BLAS kernels: %s\n\n", nalg_blas_core_name());
    printf("Times in ms, one thread; p = %u (23 bits), p = %u (31 bits). The last column is one thread / two threads.\n\n",
           (unsigned)nalg_prime_fast(0, 0), PRIME_31);
    printf("| n | 23 bits | 31 bits | dgetrf | FLINT | FFLAS | 23 bits/dgetrf | 31 bits/dgetrf | 23 bits/FLINT | 23 bits/FFLAS "
           "| speed-up |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizes; i++) {
        bench b = {.ctx = ctx, .dgetrf = dgetrf, .fflas = fflas, .n = size[i]};
        measure(&b, repetitions[i], threads);
        print_row(&b);
    }
    nalg_ctx_free(ctx);
    return 0;
}
