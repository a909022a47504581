/* The true function of a learning coefficient.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_TRUTH_H
#define NALG_LEARNING_RLCT_TRUTH_H

#include "geometry/chain.h"
#include "model/weights.h"
#include "neuroalg/learning.h"

typedef enum { NALG_TRUTH_GENERIC, NALG_TRUTH_RANK, NALG_TRUTH_ZERO, NALG_TRUTH_WEIGHTS } nalg_truth_kind;

typedef struct {
    nalg_truth_kind kind;
    uint64_t rank; /* NALG_TRUTH_RANK */
    char *name;    /* as it is printed; a name of a subnetwork stands for random weights of it */
    char *text;    /* NALG_TRUTH_WEIGHTS: the weights as text of `length` characters, for nalg_dim; NULL: the model's own ... */
    size_t length;
    nalg_weights weights; /* ... and parsed */
} nalg_rlct_truth;

/* From options: weights, or "generic", "zero", "rank=R" (linear chains; chain NULL for other models) or a
 * stratum's name. */
NALG_NODISCARD nalg_status nalg_rlct_truth_read(nalg_ctx *ctx, nalg_rlct_truth *out, const nalg_model *model,
                                                const nalg_chain *chain, const nalg_rlct_options *options);
void nalg_rlct_truth_clear(nalg_rlct_truth *t);

/* Weights of the true function in doubles (model->parameters of them, freed with free()), *values NULL for
 * zero. */
NALG_NODISCARD nalg_status nalg_rlct_truth_values(nalg_ctx *ctx, double **values, const nalg_rlct_truth *t,
                                                  const nalg_model *model);

#endif
