/* Draws from exp(-n beta K(w)) on the box by slice sampling (Neal 2003): given w, a level K(w) + Exp(1) / (n
 * beta); given the level, the moves that keep the uniform distribution on {K < level}. So this needs no step
 * either, and no gradient. n beta E[K] is Watanabe's estimate of lambda (A widely applicable Bayesian
 * information criterion, JMLR 14, 2013).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_tempered.h"
#include <math.h>
#include "core/memory.h"
#include "core/threads.h"
#include "learning/rlct_moves.h"

#define PRIOR_DRAWS 1000

typedef struct {
    nalg_ctx *ctx;
    const nalg_rlct_loss *loss;
    const nalg_rlct_tempered_options *options;
    nalg_rlct_mover *movers;
    double *values; /* n beta K: chains x draws */
    double weight;
} tempering;

static nalg_status run_chain(void *user, size_t index, int worker)
{
    tempering *t = user;
    nalg_rlct_mover *m = &t->movers[worker];
    nalg_random random = nalg_random_stream(nalg_ctx_seed(t->ctx), t->options->stream + index);
    double *w = nalg_array(t->loss->parameters, sizeof *w), k = INFINITY;
    nalg_status status = w ? NALG_OK : NALG_E_MEMORY;
    for (int i = 0; w && i < PRIOR_DRAWS && !isfinite(k); i++) {
        for (size_t j = 0; j < t->loss->parameters; j++)
            w[j] = t->loss->low[j] + (t->loss->high[j] - t->loss->low[j]) * nalg_random_unit(&random);
        k = nalg_rlct_loss_at(t->loss, m->evaluation, w, NULL);
    }
    if (w && !isfinite(k)) status = NALG_E_UNSUPPORTED;
    for (size_t i = 0; status == NALG_OK && i < 2 * t->options->draws; i++) {
        double cooling = i < t->options->draws ? (double)(i + 1) / (double)t->options->draws * 2
                                               : 1; /* half of the time cooling, then settling */
        double weight = pow(t->weight, cooling < 1 ? cooling : 1);
        nalg_rlct_sweep(m, &random, w, &k, k - log(1 - nalg_random_unit(&random)) / weight);
        if (i >= t->options->draws)
            t->values[index * t->options->draws + i - t->options->draws] = t->weight * k;
        if (nalg_stopping(t->ctx)) status = NALG_E_INTERRUPTED;
    }
    free(w);
    if (worker == 0) nalg_progress(t->ctx, "tempered posterior", index + 1, t->options->chains, NULL);
    return status;
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

static double variance_of(const double *x, size_t n, double mean)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean);
    return sum / (double)(n - 1);
}

/* Mean over chains of the products at a lag, about each chain's mean. */
static double covariance_at(const double *values, size_t chains, size_t draws, size_t lag)
{
    double sum = 0;
    for (size_t c = 0; c < chains; c++) {
        const double *x = values + c * draws;
        double mean = mean_of(x, draws);
        for (size_t i = 0; i + lag < draws; i++) sum += (x[i] - mean) * (x[i + lag] - mean);
    }
    return sum / (double)(chains * draws);
}

void nalg_chain_diagnostics(const double *values, size_t chains, size_t draws, double *r_hat,
                            double *effective)
{
    size_t half = draws / 2, parts = 2 * chains;
    double grand = 0, within = 0, between = 0;
    *r_hat = INFINITY;
    *effective = 0;
    if (half < 2 || !chains) return;
    for (size_t p = 0; p < parts; p++) {
        const double *x = values + p / 2 * draws + (p % 2 ? draws - half : 0);
        double mean = mean_of(x, half);
        grand += mean / (double)parts;
        within += variance_of(x, half, mean) / (double)parts;
    }
    for (size_t p = 0; p < parts; p++) {
        double mean = mean_of(values + p / 2 * draws + (p % 2 ? draws - half : 0), half);
        between += (mean - grand) * (mean - grand) / (double)(parts - 1);
    }
    if (!(within > 0)) return;
    double variance = within * (double)(half - 1) / (double)half + between, sum = -1, last = INFINITY;
    *r_hat = sqrt(variance / within);
    for (size_t lag = 0; lag + 1 < half;
         lag += 2) { /* sums of neighbouring autocorrelations, while positive and decreasing */
        double pair = 2 - (2 * within - covariance_at(values, chains, draws, lag) -
                           covariance_at(values, chains, draws, lag + 1)) /
                              variance;
        if (pair <= 0) break;
        last = pair < last ? pair : last;
        sum += 2 * last;
    }
    *effective = (double)(chains * draws) / fmax(sum, 1);
}

nalg_status nalg_rlct_temper(nalg_ctx *ctx, nalg_rlct_tempered *out, const nalg_rlct_loss *loss,
                             const nalg_rlct_tempered_options *options)
{
    tempering t = {
        .ctx = ctx, .loss = loss, .options = options, .weight = options->samples / log(options->samples)};
    int threads = nalg_ctx_threads(ctx);
    nalg_status status = NALG_OK;
    if ((size_t)threads > options->chains) threads = (int)options->chains;
    t.values = nalg_array(options->chains * options->draws, sizeof *t.values);
    if (!t.values) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_rlct_movers_create(ctx, &t.movers, (size_t)threads, loss);
    if (status == NALG_OK)
        status = nalg_rlct_explain(ctx, nalg_parallel(ctx, options->chains, run_chain, &t));
    if (status == NALG_OK) {
        size_t n = options->chains * options->draws;
        *out = (nalg_rlct_tempered){.lambda = mean_of(t.values, n), .weight = t.weight};
        nalg_chain_diagnostics(t.values, options->chains, options->draws, &out->r_hat,
                               &out->effective_samples);
        out->standard_error = sqrt(variance_of(t.values, n, out->lambda) / fmax(out->effective_samples, 1));
    }
    nalg_rlct_movers_free(t.movers, (size_t)threads);
    free(t.values);
    return status;
}
