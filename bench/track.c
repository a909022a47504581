/* The path tracker on systems of examples/systems, from a total-degree start: with all lanes, with fewer, with two threads, and PHCpack
 * (`phc -b`, Debian package phcpack) where it is installed. Run it in the root of the source tree.
 * Options: --quick (two systems), --phc (time PHCpack too).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <unistd.h>
#include "field/blas.h"
#include "timing.h"
#include "track/lanes.h"
#include "track/polynomial_system.h"

static char *read_file(const char *path, size_t *length)
{
    FILE *f = fopen(path, "rb");
    bench_require(f != NULL, "run this in the root of the source tree");
    char *text = malloc(1 << 20);
    bench_require(text != NULL, "out of memory");
    *length = fread(text, 1, (1 << 20) - 1, f);
    text[*length] = 0;
    fclose(f);
    return text;
}

static bench_time run(nalg_polynomials *p, int lanes, int threads, int repeat, size_t *regular)
{
    bench_time t = {0};
    for (int i = 0; i < repeat; i++) {
        nalg_ctx *ctx;
        nalg_solutions *s;
        nalg_track_options o = {.lanes = lanes};
        bench_require(nalg_ctx_create(&ctx) == NALG_OK && nalg_ctx_set_threads(ctx, threads) == NALG_OK, "no context");
        double start = nalg_seconds();
        bench_require(nalg_solve_with(ctx, &s, p, &o) == NALG_OK, "the system cannot be solved");
        bench_record(&t, nalg_seconds() - start);
        *regular = nalg_solutions_count(s, NALG_END_REGULAR);
        bench_require(nalg_solutions_count(s, NALG_END_LOST) == 0, "a path is lost");
        nalg_solutions_free(s);
        nalg_ctx_free(ctx);
    }
    return t;
}

/* PHCpack's black-box solver reads a file that starts with the number of equations and has no comments or declarations. */
static bench_time run_phc(const char *text, size_t equations)
{
    bench_time t = {0};
    char command[] = "rm -f /tmp/bench-track.out; phc -b /tmp/bench-track.in /tmp/bench-track.out >/dev/null 2>&1";
    FILE *f = fopen("/tmp/bench-track.in", "w");
    bench_require(f != NULL, "/tmp cannot be written");
    fprintf(f, "%zu\n", equations);
    for (const char *line = text; *line;) {
        size_t n = strcspn(line, "\n");
        if (line[0] != '#' && strncmp(line, "variables", 9)) fprintf(f, "%.*s\n", (int)n, line);
        line += n + (line[n] == '\n');
    }
    fclose(f);
    double start = nalg_seconds();
    if (system(command) == 0) bench_record(&t, nalg_seconds() - start);
    return t;
}

/* LU decompositions in lanes: operations per second, against those of DGEMM. */
static void share_of_peak(void)
{
    const nalg_lane_kernels *k = nalg_lane_kernels_best();
    enum { LARGE = 512 };
    static double a[LARGE * LARGE], b[LARGE * LARGE], c[LARGE * LARGE];
    bench_time gemm = {0};
    for (int i = 0; i < LARGE * LARGE; i++) a[i] = b[i] = 1.0 / (i + 1);
    for (int i = 0; i < 5; i++) {
        double start = nalg_seconds();
        nalg_blas_dgemm(LARGE, LARGE, LARGE, 1, a, LARGE, b, LARGE, 0, c, LARGE);
        bench_record(&gemm, nalg_seconds() - start);
    }
    double peak = 2.0 * LARGE * LARGE * LARGE / gemm.least;
    printf("\n| LU in lanes, n | GFLOP/s | share of DGEMM |\n|---|---|---|\n");
    for (size_t n = 8; n <= 32; n += 8) {
        size_t stride = n | 1, numbers = n * stride * NALG_LANE_DOUBLES;
        double *kept = aligned_alloc(64, numbers * sizeof *kept), *m = aligned_alloc(64, numbers * sizeof *m);
        double *scale = malloc((n + 1) * NALG_LANES * sizeof *scale);
        uint32_t *pivot = malloc(n * NALG_LANES * sizeof *pivot);
        uint8_t *exchanged = malloc(n);
        bench_require(kept && m && scale && pivot && exchanged, "out of memory");
        for (size_t i = 0; i < numbers; i++) kept[i] = sin((double)(i * i % 1009));
        nalg_lane_matrix matrix = {.entry = m, .n = n, .stride = stride, .scale = scale, .pivot = pivot, .exchanged = exchanged, .smallest = scale + n * NALG_LANES};
        bench_time t = {0};
        for (int i = 0; i < 50; i++) {
            memcpy(m, kept, numbers * sizeof *m);
            double start = nalg_seconds();
            k->factor(&matrix);
            bench_record(&t, nalg_seconds() - start);
        }
        double rate = NALG_LANES * 8.0 / 3 * (double)(n * n * n) / t.least;
        printf("| %zu | %.1f | %.2f |\n", n, rate / 1e9, rate / peak);
        free(kept), free(m), free(scale), free(pivot), free(exchanged);
    }
}

int main(int argc, char **argv)
{
    static const char *const names[] = {"noon-5", "katsura-8", "katsura-10", "cyclic-7"};
    bool quick = bench_option(argc, argv, "--quick"), phc = bench_option(argc, argv, "--phc");
    nalg_ctx *ctx;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "no context");
    printf("| system | paths | regular | all lanes (%s) ms | two threads ms | 4 lanes ms | 1 lane ms | 1 lane / all | PHCpack / ours |\n", nalg_lane_kernels_best()->name);
    printf("|---|---|---|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < (quick ? 2 : sizeof names / sizeof *names); i++) {
        char path[64];
        size_t length, regular;
        snprintf(path, sizeof path, "examples/systems/%s.txt", names[i]);
        char *text = read_file(path, &length);
        nalg_polynomials *p;
        bench_require(nalg_polynomials_parse(ctx, &p, text, length) == NALG_OK, "the system cannot be read");
        bench_time all = run(p, 0, 1, 3, &regular), two = run(p, 0, 2, 3, &regular), four = run(p, 4, 1, 2, &regular), one = run(p, 1, 1, 1, &regular);
        printf("| %s | %zu | %zu |", names[i], nalg_polynomials_paths(p), regular);
        bench_cell_ms(all), bench_cell_ms(two), bench_cell_ms(four), bench_cell_ms(one), bench_cell_ratio(one, all);
        bench_time theirs = phc ? run_phc(text, nalg_polynomials_count(p)) : (bench_time){0};
        bench_cell_ratio(theirs, theirs.least > 0 ? all : theirs);
        printf("\n");
        fflush(stdout);
        nalg_polynomials_free(p);
        free(text);
    }
    share_of_peak();
    nalg_ctx_free(ctx);
    return 0;
}
