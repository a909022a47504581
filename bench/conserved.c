/* conserved: exact ranks mod p, class by class, against singular values in doubles of the whole system. What
 * a program without exact arithmetic does: one row for each random (w, x, functional), one column for each
 * monomial of degree 1 and 2, and the number of small singular values. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include "core/memory.h"
#include "core/random.h"
#include "field/blas.h"
#include "field/lapack.h"
#include "learning/conserved_gradient.h"
#include "learning/conserved_symmetry.h"
#include "learning/conserved_search.h"
#include "neuroalg/neuroalg.h"
#include "timing.h"

#define SPARE_ROWS 6
/* Singular values below this, relative to the largest, are zero. */
#define ZERO 1e-10

static const char *const phrases[] = {"linear 3-3-3", "mlp 4-5-3 x^2", "linear 4-5-4", "mlp 6-5-2 x^3",
                                      "attention d=3 a=2 t=2"};

/* Rows of the system for random normal numbers: the derivative of every monomial along a gradient field. */
static void fill(double *matrix, size_t rows, size_t n, nalg_gradient *g)
{
    nalg_random r = nalg_random_stream(1, 0);
    size_t inputs = g->jacobian.inputs, outputs = g->jacobian.outputs;
    double *w = nalg_array(2 * n + inputs + outputs, sizeof *w), *field = w + n, *x = field + n,
           *c = x + inputs;
    bench_require(w != NULL, "memory");
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = 0; i < n; i++) w[i] = nalg_random_normal(&r);
        for (size_t i = 0; i < inputs + outputs; i++) x[i] = nalg_random_normal(&r);
        nalg_gradient_set_input(g, x, c);
        bench_require(nalg_gradient_at(g, field, w), "a pole");
        for (size_t i = 0; i < n; i++) {
            *matrix++ = field[i];
            for (size_t k = 0; k <= i; k++) *matrix++ = w[i] * field[k] + w[k] * field[i];
        }
    }
    free(w);
}

/* Seconds, and the number of laws that the singular values show. */
static double dense(nalg_ctx *ctx, const nalg_model *model, size_t *laws)
{
    size_t n = nalg_model_parameters(model), unknowns = n + n * (n + 1) / 2, rows = unknowns + SPARE_ROWS;
    double *matrix = nalg_array(rows * unknowns, sizeof *matrix),
           *value = nalg_array(unknowns, sizeof *value);
    nalg_gradient g;
    nalg_field field;
    nalg_field_real(&field);
    const double start = nalg_seconds();
    bench_require(matrix && value && nalg_gradient_create(ctx, &g, model, &field) == NALG_OK, "memory");
    fill(matrix, rows, n, &g);
    bench_require(nalg_singular_values(value, matrix, rows, unknowns), "singular values");
    *laws = 0;
    for (size_t i = 0; i < unknowns; i++) *laws += value[i] < ZERO * value[0];
    const double seconds = nalg_seconds() - start;
    nalg_gradient_clear(&g);
    free(matrix);
    free(value);
    return seconds;
}

/* The search alone, as the yardstick has no more: without the Lie algebra and printing. */
static double ours(nalg_ctx *ctx, const nalg_model *model, size_t *laws, size_t *proved)
{
    nalg_weight_names names = {0};
    nalg_laws known = {0};
    nalg_law_search found = {0};
    const double start = nalg_seconds();
    bench_require(nalg_weight_names_find(ctx, &names, model) == NALG_OK &&
                      nalg_laws_from_symmetries(ctx, &known, model, &names) == NALG_OK &&
                      nalg_law_search_run(ctx, &found, model, &names, &known, 2) == NALG_OK,
                  "conserved");
    const double seconds = nalg_seconds() - start;
    *laws = found.laws.count;
    *proved = found.proved;
    nalg_law_search_clear(&found);
    nalg_laws_clear(&known);
    nalg_weight_names_clear(&names);
    return seconds;
}

int main(void)
{
    nalg_ctx *ctx = NULL;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "context");
    printf("### conserved, against singular values in doubles\n\nTimes in ms, one thread; %s kernels. Both "
           "find all laws of degree up to 2; ours are proved.\n\n",
           nalg_blas_core_name());
    printf("| model | unknowns | laws | proved | laws, doubles | ours | doubles | doubles/ours "
           "|\n|:--|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) {
        nalg_model *model = NULL;
        bench_time mine = {0}, theirs = {0};
        size_t laws = 0, proved = 0, shown = 0;
        bench_require(nalg_model_parse(ctx, &model, phrases[i], strlen(phrases[i])) == NALG_OK, phrases[i]);
        for (int k = 0; k < 3; k++) {
            bench_record(&mine, ours(ctx, model, &laws, &proved));
            bench_record(&theirs, dense(ctx, model, &shown));
        }
        size_t n = nalg_model_parameters(model);
        printf("| %s | %zu | %zu | %zu | %zu |", phrases[i], n + n * (n + 1) / 2, laws, proved, shown);
        bench_cell_ms(mine);
        bench_cell_ms(theirs);
        bench_cell_ratio(theirs, mine);
        printf("\n");
        fflush(stdout);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
    return 0;
}
