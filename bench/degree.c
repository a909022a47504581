/* Degrees by monodromy against Macaulay2's package NumericalImplicitization (numericalImageDegree) on the
 * same varieties in the same run, and one thread against two. Our time is that of the whole command without
 * certificates: dimension, system, monodromy, trace test. Theirs is the CPU time of that one function.
 * Options: --m2 (time Macaulay2 too, minutes).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "macaulay2.h"
#include "neuroalg/degree.h"

#define PATIENCE_S 600

typedef struct {
    const char *phrase;
    int repeat;
    const char *map; /* in Macaulay2: the parametrisation F; NULL: not compared */
} example;

static const example examples[] = {
    {"linear 5-2-5", 3,
     "R = CC[a_0..a_9, b_0..b_9]; F = flatten entries(genericMatrix(R, a_0, 5, 2) * genericMatrix(R, b_0, 2, "
     "5))"},
    {"mlp 4-2-1 x^4", 3,
     "S = CC[a_0..a_7]; T = S[x_0..x_3]; F = apply(flatten entries last "
     "coefficients((a_0*x_0+a_1*x_1+a_2*x_2+a_3*x_3)^4 + "
     "(a_4*x_0+a_5*x_1+a_6*x_2+a_7*x_3)^4), c -> lift(c, S)); R = S"},
    {"mlp 4-2-1 x^3", 3, NULL},
    {"linear 6-3-6", 1, NULL},
};

typedef struct {
    double seconds;
    long degree;
} answer;

static void read_answer(void *user, const char *line)
{
    answer *a = user;
    sscanf(line, "answer %lf %ld", &a->seconds, &a->degree);
}

/* CPU seconds that Macaulay2 prints, and the degree; 0 when it is not installed or has no patience. */
static double macaulay2(const example *e, long *degree)
{
    answer a = {0};
    bench_macaulay2 m = bench_macaulay2_open();
    fprintf(m.file,
            "needsPackage \"NumericalImplicitization\"\n%s\nt = cpuTime(); d = "
            "numericalImageDegree(matrix{F}, ideal 0_R, Verbose => false);\n"
            "print concatenate(\"answer \", toString(cpuTime() - t), \" \", toString d)\n",
            e->map);
    bench_macaulay2_run(&m, PATIENCE_S, read_answer, &a);
    *degree = a.degree;
    return a.seconds;
}

static bench_time ours(const example *e, int threads, long long *degree)
{
    bench_time time = {0};
    nalg_degree_options options;
    nalg_degree_options_init(&options);
    options.certify = false;
    for (int k = 0; k < e->repeat; k++) {
        nalg_ctx *ctx;
        nalg_model *model;
        nalg_result *result;
        bench_require(nalg_ctx_create(&ctx) == NALG_OK && nalg_ctx_set_threads(ctx, threads) == NALG_OK,
                      "no context");
        bench_require(nalg_model_parse(ctx, &model, e->phrase, strlen(e->phrase)) == NALG_OK, e->phrase);
        double start = nalg_seconds();
        bench_require(nalg_degree(ctx, &result, model, &options) == NALG_OK, e->phrase);
        bench_record(&time, nalg_seconds() - start);
        nalg_result_integer(result, "degree", degree);
        nalg_result_free(result);
        nalg_model_free(model);
        nalg_ctx_free(ctx);
    }
    return time;
}

int main(int argc, char **argv)
{
    bool m2 = bench_option(argc, argv, "--m2");
    printf("| model | degree | one thread, ms | one / two threads | NumericalImplicitization / ours "
           "|\n|---|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const example *e = &examples[i];
        long long degree = 0;
        long theirs = 0;
        bench_time one = ours(e, 1, &degree), two = ours(e, 2, &degree);
        bench_time yardstick = {m2 && e->map ? macaulay2(e, &theirs) : 0};
        if (yardstick.least > 0 && theirs != degree)
            fprintf(stderr, "bench: Macaulay2 finds %ld for %s\n", theirs, e->phrase);
        printf("| `%s` | %lld |", e->phrase, degree);
        bench_cell_ms(one), bench_cell_ratio(one, two),
            bench_cell_ratio(yardstick, yardstick.least > 0 ? one : yardstick);
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
