/* Learning coefficients by multilevel splitting against a plain single chain: random-walk Metropolis on exp(-n beta K) with one step length,
 * tuned to an acceptance of a quarter, lambda = n beta E[K]. Both at the error that splitting reaches in two replicates of the same run: the chain is
 * doubled until the error of its mean over eight runs is as small, or the limit of work is met. CPU seconds, one thread.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <time.h>
#include "core/random.h"
#include "learning/rlct_fit.h"
#include "neuroalg/neuroalg.h"
#include "timing.h"

#define RUNS 8
#define DEPTH 40.0
#define PARTICLES 128
#define LONGEST (1u << 18) /* steps of a chain */

static double cpu(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Mean of n beta K over the second half of a chain; the first half cools down and tunes the step. */
static double chain(const nalg_rlct_loss *loss, nalg_evaluation *e, nalg_random *random, double weight, size_t steps)
{
    size_t p = loss->parameters;
    double *w = calloc(2 * p, sizeof *w), *there = w + p, step = 0.3, sum = 0;
    bench_require(w != NULL, "out of memory");
    for (size_t i = 0; i < p; i++) w[i] = loss->low[i] + (loss->high[i] - loss->low[i]) * nalg_random_unit(random);
    double k = nalg_rlct_loss_at(loss, e, w, NULL);
    for (size_t s = 0; s < steps; s++) {
        bool tuning = 2 * s < steps, inside = true;
        double beta = tuning ? pow(weight, fmin(1, 4.0 * (double)s / (double)steps)) : weight;
        for (size_t i = 0; i < p; i++) {
            there[i] = w[i] + step * nalg_random_normal(random);
            inside = inside && there[i] >= loss->low[i] && there[i] <= loss->high[i];
        }
        double found = inside ? nalg_rlct_loss_at(loss, e, there, NULL) : INFINITY;
        bool accepted = log(1 - nalg_random_unit(random)) < beta * (k - found);
        if (accepted) memcpy(w, there, p * sizeof *w), k = found;
        if (tuning) step *= accepted ? 1.03 : 0.99;
        else sum += weight * k;
    }
    free(w);
    return sum / (double)(steps - steps / 2);
}

static double root_mean_square(const double *x, size_t n, double exact)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (x[i] - exact) * (x[i] - exact);
    return sqrt(sum / (double)n);
}

static void row(nalg_ctx *ctx, const char *phrase, double lambda)
{
    nalg_model *model = NULL;
    nalg_rlct_loss loss;
    nalg_evaluation *e = NULL;
    double found[RUNS], plain[RUNS];
    bench_require(nalg_model_parse(ctx, &model, phrase, strlen(phrase)) == NALG_OK, "no model");
    bench_require(nalg_rlct_loss_create(ctx, &loss, model, NULL, NULL, 1) == NALG_OK, "no loss");
    bench_require(nalg_rlct_loss_evaluation(ctx, &e, &loss) == NALG_OK, "no evaluation");
    double started = cpu();
    for (size_t r = 0; r < RUNS; r++) {
        const nalg_rlct_splitting_options options = {2, PARTICLES, DEPTH, INFINITY, 100 * r};
        nalg_rlct_curve *curves = NULL;
        nalg_rlct_fit fit;
        bench_require(nalg_rlct_splitting(ctx, &curves, &loss, &options) == NALG_OK && nalg_rlct_fit_curves(&fit, curves, 2, 12), "no estimate");
        found[r] = fit.lambda;
        nalg_rlct_curves_free(curves, 2);
    }
    double ours = (cpu() - started) / RUNS, error = root_mean_square(found, RUNS, lambda), theirs = 0, plain_error = INFINITY;
    double weight = exp(DEPTH / 2); /* deeper, the plain chain does not move at all */
    size_t steps = 4096;
    for (; steps <= LONGEST && !(plain_error <= error); steps *= 2) {
        started = cpu();
        for (size_t r = 0; r < RUNS; r++) {
            nalg_random random = nalg_random_stream(r, steps);
            plain[r] = chain(&loss, e, &random, weight, steps);
        }
        theirs = (cpu() - started) / RUNS;
        plain_error = root_mean_square(plain, RUNS, lambda);
    }
    bool reached = plain_error <= error;
    printf("| `%s` | %g | %.3f | %.0f | %.3f | %.0f | %s%.1f |\n", phrase, lambda, error, 1e3 * ours, plain_error, 1e3 * theirs, reached ? "" : "> ", theirs / ours);
    fflush(stdout);
    nalg_evaluation_free(e);
    nalg_rlct_loss_clear(&loss);
    nalg_model_free(model);
}

int main(void)
{
    nalg_ctx *ctx = NULL;
    bench_require(nalg_ctx_create(&ctx) == NALG_OK, "out of memory");
    printf("### rlct at zero: multilevel splitting against one random-walk chain, CPU milliseconds\n\n");
    printf("| model | lambda | error, splitting | ms | error, chain | ms | chain / splitting |\n|---|--:|--:|--:|--:|--:|--:|\n");
    row(ctx, "linear 2-1-1", 0.5);
    row(ctx, "linear 2-2-2", 1.5);
    row(ctx, "linear 3-2-3", 2.5);
    row(ctx, "linear 2-1-2", 1);     /* m = 2 */
    row(ctx, "linear 2-2-2-2", 1.5); /* m = 3 */
    nalg_ctx_free(ctx);
    return 0;
}
