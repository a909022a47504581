/* Equations of small models against Macaulay2 in the same run: its elimination (the kernel of the
 * parametrisation, by Groebner bases) and the Hilbert functions of its package NumericalImplicitization
 * (interpolation in floating point). Our time is that of the whole command: coordinates, gradings, equations
 * up to the degree, lifting and checks. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "macaulay2.h"
#include "neuroalg/equations.h"

#define PATIENCE_S 120

typedef struct {
    const char *phrase;
    int degree;
    size_t weights, inputs;
    const char *functions; /* in Macaulay2, weights w_0.., inputs x_1.. */
} example;

static const example examples[] = {
    {"cnn k=2,2 x^2", 3, 4, 3, "w_2*(w_0*x_1+w_1*x_2)^2+w_3*(w_0*x_2+w_1*x_3)^2"},
    {"mlp 2-2-1 x^3+x^2", 3, 6, 2,
     "w_4*((w_0*x_1+w_1*x_2)^3+(w_0*x_1+w_1*x_2)^2)+w_5*((w_2*x_1+w_3*x_2)^3+(w_2*x_1+w_3*x_2)^2)"},
    {"mlp 2-2-1 x^3+x^2+x", 3, 6, 2,
     "w_4*((w_0*x_1+w_1*x_2)^3+(w_0*x_1+w_1*x_2)^2+w_0*x_1+w_1*x_2)+w_5*((w_2*x_1+w_3*x_2)^3+(w_2*x_1+w_3*x_"
     "2)^2+w_2*x_1+w_3*x_2)"},
    {"mlp 2-2-1 x^5", 3, 6, 2, "w_4*(w_0*x_1+w_1*x_2)^5+w_5*(w_2*x_1+w_3*x_2)^5"},
    {"mlp 3-2-1 x^3", 3, 8, 3, "w_6*(w_0*x_1+w_1*x_2+w_2*x_3)^3+w_7*(w_3*x_1+w_4*x_2+w_5*x_3)^3"},
    {"mlp 3-2-1 x^4", 3, 8, 3, "w_6*(w_0*x_1+w_1*x_2+w_2*x_3)^4+w_7*(w_3*x_1+w_4*x_2+w_5*x_3)^4"},
};

static void read_seconds(void *user, const char *line)
{
    double found = strtod(line, NULL);
    if (found > 0) *(double *)user = found;
}

/* Seconds that a Macaulay2 program prints, or 0 when it is not installed or has no patience. */
static double macaulay2(const example *e, const char *task)
{
    double seconds = 0;
    bench_macaulay2 m = bench_macaulay2_open();
    fprintf(m.file,
            "needsPackage \"NumericalImplicitization\"\nW = QQ[w_0..w_%zu]; X = W[x_1..x_%zu];\n"
            "F = apply(flatten entries last coefficients matrix{{%s}}, c -> lift(c, W));\nR = QQ[c_0..c_(#F "
            "- 1)];\nC = CC[w_0..w_%zu];\n"
            "G = matrix{apply(F, g -> sub(g, vars C))};\nK = %d;\nt = first timing (%s);\nprint toString t\n",
            e->weights - 1, e->inputs, e->functions, e->weights - 1, e->degree, task);
    bench_macaulay2_run(&m, PATIENCE_S, read_seconds, &seconds);
    return seconds;
}

static double ours(nalg_ctx *ctx, const example *e)
{
    nalg_model *model = NULL;
    bench_time time = {0};
    bench_require(nalg_model_parse(ctx, &model, e->phrase, strlen(e->phrase)) == NALG_OK, e->phrase);
    for (int k = 0; k < 5; k++) {
        nalg_result *result = NULL;
        const double start = nalg_seconds();
        bench_require(nalg_equations(ctx, &result, model, &(nalg_equations_options){.degree = e->degree}) ==
                          NALG_OK,
                      "equations");
        bench_record(&time, nalg_seconds() - start);
        nalg_result_free(result);
    }
    nalg_model_free(model);
    return time.least;
}

int main(void)
{
    nalg_ctx *ctx = NULL;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "context");
    printf("### equations of the closure, against Macaulay2\n\nTimes in ms, one thread. Elimination finds "
           "all equations; the others those up to the degree. -: not installed, or more than "
           "%d s.\n\n",
           PATIENCE_S);
    printf("| model | degree | equations | M2 elimination | M2 Hilbert function | elimination/ours | Hilbert "
           "function/ours |\n|:--|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        const example *e = &examples[i];
        bench_time mine = {ours(ctx, e)}, kernel = {macaulay2(e, "ker map(W, R, F)")};
        bench_time hilbert = {
            macaulay2(e, "for k from 1 to K do numericalHilbertFunction(G, ideal 0_C, k, Verbose => false)")};
        printf("| %s | %d |", e->phrase, e->degree);
        bench_cell_ms(mine);
        bench_cell_ms(kernel);
        bench_cell_ms(hilbert);
        if (kernel.least > 0)
            bench_cell_ratio(kernel, mine);
        else
            printf(" - |");
        if (hilbert.least > 0)
            bench_cell_ratio(hilbert, mine);
        else
            printf(" - |");
        printf("\n");
        fflush(stdout);
    }
    nalg_ctx_free(ctx);
    return 0;
}
