/* Critical points of linear networks under a generic form against Macaulay2's MonodromySolver on the same
 * equations in the same run. Processor seconds of one thread: ours with trace test and certificates,
 * MonodromySolver until it has the number it is told, or stops by itself before. Options: --quick (without
 * the largest).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <time.h>
#include "neuroalg/neuroalg.h"
#include "macaulay2.h"

#define PATIENCE_S 900

typedef struct {
    const char *phrase;
    int m, n, r; /* matrices m x n of rank at most r */
    long long points;
} problem;

static const problem problems[] = {{"linear 3-1-3", 3, 3, 1, 39},
                                   {"linear 4-2-3", 3, 4, 2, 83},
                                   {"linear 4-1-4", 4, 4, 1, 284},
                                   {"linear 4-2-4", 4, 4, 2, 1350}};

static double processor_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double run(const problem *p)
{
    nalg_ctx *ctx;
    nalg_model *model;
    nalg_result *result;
    long long points = 0;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK && nalg_ctx_set_threads(ctx, 1) == NALG_OK, "no context");
    double start = processor_seconds();
    bench_require(nalg_model_parse(ctx, &model, p->phrase, strlen(p->phrase)) == NALG_OK &&
                      nalg_critical(ctx, &result, model, NULL) == NALG_OK,
                  "no answer");
    double used = processor_seconds() - start;
    bench_require(nalg_result_integer(result, "ed_degree", &points) == NALG_TRUE && points == p->points,
                  "a wrong number");
    nalg_result_free(result);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return used;
}

typedef struct {
    double seconds;
    long count;
} found_by_macaulay;

static void read_found(void *user, const char *line)
{
    found_by_macaulay *f = user;
    sscanf(line, "%lf %ld", &f->seconds, &f->count);
}

/* Processor seconds that MonodromySolver takes, 0 when it is not installed or has no patience; *found
 * solutions. */
static double run_macaulay(const problem *p, long *found)
{
    static const char script[] =
        "needsPackage \"MonodromySolver\"; setRandomSeed 1;\n"
        "m = %d; n = %d; r = %d;\n"
        "K = CC[u_1..u_(m*n)]; R = K[x_1..x_(r*(m+n-r))];\n"
        "A = matrix table(m, r, (i,j) -> if i < r then (if i == j then 1_R else 0_R) else x_((i-r)*r+j+1));\n"
        "B = matrix table(r, n, (i,j) -> x_((m-r)*r+i*n+j+1));\n"
        "M = A*B; w = apply(m*n, i -> random CC);\n"
        "f = sum(m*n, k -> w_k * (M_(k//n, k%%n) - u_(k+1))^2);\n"
        "G = polySystem transpose diff(vars R, matrix{{f}});\n"
        "(p0, x0) = createSeedPair G; c0 = cpuTime();\n"
        "(V, paths) = monodromySolve(G, p0, {x0}, TargetSolutionCount => %lld);\n"
        "print(toString(cpuTime()-c0) | \" \" | toString(length V.PartialSols)); exit 0\n";
    found_by_macaulay f = {0};
    bench_macaulay2 m = bench_macaulay2_open();
    fprintf(m.file, script, p->m, p->n, p->r, p->points);
    bench_macaulay2_run(&m, PATIENCE_S, read_found, &f);
    *found = f.count;
    return f.count ? f.seconds : 0;
}

int main(int argc, char **argv)
{
    size_t count = sizeof problems / sizeof *problems - (bench_option(argc, argv, "--quick") ? 1 : 0);
    printf("### critical points under a generic form, against MonodromySolver\n\nProcessor seconds, one "
           "thread. -: not installed, or more than %d s.\n\n",
           PATIENCE_S);
    printf("| model | critical points | ours | MonodromySolver | it finds | MonodromySolver / ours "
           "|\n|:--|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < count; i++) {
        long found;
        double ours = run(&problems[i]), theirs = run_macaulay(&problems[i], &found);
        printf("| `%s` | %lld | %.3g |", problems[i].phrase, problems[i].points, ours);
        if (theirs > 0)
            printf(" %.3g | %ld | %.1f |\n", theirs, found, theirs / ours);
        else
            printf(" - | - | - |\n");
        fflush(stdout);
    }
    return 0;
}
