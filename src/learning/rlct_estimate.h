/* Estimates of the learning coefficient beside what is proved.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_ESTIMATE_H
#define NALG_LEARNING_RLCT_ESTIMATE_H

#include <jansson.h>
#include "learning/rlct_fit.h"
#include "learning/rlct_tempered.h"

typedef struct {
    const double *truth;  /* weights of the true function, NULL for zero */
    const double *center; /* of the box, NULL for zero */
    double radius;
    size_t replicates; /* 0: the default */
} nalg_rlct_estimate_options;

typedef struct {
    nalg_rlct_fit fit;
    nalg_rlct_tempered tempered;
    nalg_rlct_splitting_options splitting;
    nalg_rlct_tempered_options tempering;
    nalg_rlct_curve *curves;
    uint64_t evaluations;
    double radius;
} nalg_rlct_estimate;

/* NALG_E_LIMIT for too many weights, NALG_E_UNSUPPORTED when the loss cannot be sampled. */
NALG_NODISCARD nalg_status nalg_rlct_estimate_find(nalg_ctx *ctx, nalg_rlct_estimate *out,
                                                   const nalg_model *model,
                                                   const nalg_rlct_estimate_options *options);
void nalg_rlct_estimate_clear(nalg_rlct_estimate *e);

/* The objects `estimate` and `tempered` of the result. */
json_t *nalg_rlct_estimate_json(const nalg_rlct_estimate *e);
json_t *nalg_rlct_tempered_json(const nalg_rlct_estimate *e);

#endif
