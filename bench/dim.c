/* A whole `dim` against the time of its elimination alone (what LU of the same size costs is bench_rank's business), the rate of the
 * elimination against DGEMM, and start-up. One thread.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "timing.h"
#include "core/memory.h"
#include "exact/elimination.h"
#include "field/blas.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "neuroalg/neuroalg.h"

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Flops per second of a square DGEMM. */
static double dgemm_rate(size_t n)
{
    double *a = nalg_array_aligned(n * n, sizeof *a), *c = nalg_array_aligned(n * n, sizeof *c), best = 0;
    bench_require(a && c, "memory");
    for (size_t i = 0; i < n * n; i++) a[i] = (double)(i % 7), c[i] = 0;
    nalg_blas_threads_push();
    for (int k = 0; k < 4; k++) {
        double start = cpu_seconds();
        nalg_blas_dgemm(n, n, n, 1, a, n, a, n, 0, c, n);
        double rate = 2.0 * (double)n * (double)n * (double)n / (cpu_seconds() - start);
        best = rate > best ? rate : best;
    }
    nalg_blas_threads_pop();
    free(a);
    free(c);
    return best;
}

static void row(nalg_ctx *ctx, const char *phrase, double dgemm)
{
    nalg_model *model;
    nalg_result *result;
    nalg_jacobian j;
    nalg_field field;
    nalg_rank_profile profile = {0};
    nalg_point point = {.prime = nalg_prime_fast(0, 100), .seed = 1};
    long long dimension = 0, upper = 0;
    bench_require(nalg_model_parse(ctx, &model, phrase, strlen(phrase)) == NALG_OK, phrase);
    double start = cpu_seconds();
    bench_require(nalg_dim(ctx, &result, model, NULL) == NALG_OK, "dim");
    double whole = cpu_seconds() - start;
    nalg_result_integer(result, "dimension", &dimension);
    nalg_result_integer(result, "upper_bound", &upper);
    size_t samples = (size_t)upper + 2, rows = nalg_model_parameters(model);
    double *matrix = nalg_array_aligned(rows * samples, sizeof *matrix);
    nalg_field_fast(&field, (uint32_t)point.prime);
    bench_require(matrix && nalg_jacobian_gradient(ctx, &j, model) == NALG_OK, "jacobian");
    start = cpu_seconds();
    bench_require(nalg_jacobian_matrix(ctx, matrix, &j, &field, &point, samples) == NALG_OK, "matrix");
    double jacobian = cpu_seconds() - start;
    start = cpu_seconds();
    bench_require(nalg_matrix_rank(ctx, &profile, matrix, rows, samples, &field) == NALG_OK, "rank");
    double elimination = cpu_seconds() - start, m = (double)rows, r = (double)profile.rank, n = (double)samples;
    double flops = 2 * m * n * r - (m + n) * r * r + 2.0 / 3 * r * r * r; /* of an LU of rank r */
    printf("| `%s` | %zu | %lld | %.2f | %.2f | %.2f |\n", phrase, rows, dimension, whole / elimination, jacobian / whole, flops / elimination / dgemm);
    nalg_rank_profile_clear(&profile);
    nalg_jacobian_clear(&j);
    nalg_result_free(result);
    nalg_model_free(model);
    free(matrix);
}

int main(int argc, char **argv)
{
    nalg_ctx *ctx;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "context");
    double dgemm = dgemm_rate(1500);
    printf("### dim: the whole run against its elimination, one thread (kernels %s)\n\n", nalg_blas_core_name());
    printf("| model | parameters | dimension | whole / elimination | Jacobian / whole | elimination / DGEMM rate |\n|---|--:|--:|--:|--:|--:|\n");
    row(ctx, "mlp 16-32-32-16 x^2", dgemm);
    row(ctx, "mlp 20-40-40-20 x^2", dgemm);
    row(ctx, "mlp 32-48-48-32 x^2", dgemm);
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], "--large")) row(ctx, "mlp 64-128-64-32 x^2", dgemm);
    nalg_ctx_free(ctx);
    return 0;
}
