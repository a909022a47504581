/* Degree of a model's outputs in the weights alone.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_BOUNDS_DEGREE_H
#define NALG_LEARNING_BOUNDS_DEGREE_H

#include "model/model.h"

/* Upper bounds for the degrees of numerator and denominator at fixed inputs; UINT64_MAX when larger. */
NALG_NODISCARD nalg_status nalg_weight_degree(nalg_ctx *ctx, uint64_t *numerator, uint64_t *denominator, const nalg_model *model);

#endif
