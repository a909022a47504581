/* Tempered posterior: a second estimate of lambda, with the diagnostics of Markov chains.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_TEMPERED_H
#define NALG_LEARNING_RLCT_TEMPERED_H

#include "learning/rlct_loss.h"

typedef struct {
    double samples;       /* n; the inverse temperature is 1 / log n */
    size_t chains, draws; /* draws kept of each chain, after as many to cool down */
    uint64_t stream;
} nalg_rlct_tempered_options;

typedef struct {
    double lambda, standard_error; /* n beta E[K]; tends to lambda as (m - 1) / log(n beta) does to 0 */
    double r_hat, effective_samples;
    double weight; /* n beta */
} nalg_rlct_tempered;

/* The same for any number of threads. */
NALG_NODISCARD nalg_status nalg_rlct_temper(nalg_ctx *ctx, nalg_rlct_tempered *out,
                                            const nalg_rlct_loss *loss,
                                            const nalg_rlct_tempered_options *options);

/* Split R-hat and effective sample size of chains x draws values, chain by chain (Gelman et al., Bayesian
 * Data Analysis, 3rd ed., section 11.4-11.5; Geyer's initial positive sequence). */
void nalg_chain_diagnostics(const double *values, size_t chains, size_t draws, double *r_hat,
                            double *effective);

#endif
