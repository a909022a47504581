/* Names of weights as users write them: W1[i,j], b1[i], F1[u], Q1[i,j].  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_NAMES_H
#define NALG_LEARNING_CONSERVED_NAMES_H

#include "core/text.h"
#include "model/model.h"

#define NALG_TENSOR_RANK 4

typedef struct {
    char name[24];
    size_t offset, size, rank, dim[NALG_TENSOR_RANK];
    size_t layer; /* layers with parameters are numbered from 1; the name ends in this number */
} nalg_weight_tensor;

typedef struct {
    nalg_weight_tensor *item; /* by increasing offset, no overlaps */
    size_t count, capacity;
} nalg_weight_names;

/* Dense layers have W and b, convolutions F and b, group convolutions F, attention Q, K, V (and O with dv=); with several heads the
 * head follows as in Q1.2. Weights that layers share have the name of the first.
 * Returns: NALG_OK; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_weight_names_find(nalg_ctx *ctx, nalg_weight_names *out, const nalg_model *model);
void nalg_weight_names_clear(nalg_weight_names *names);

/* The tensor a parameter belongs to and its position there. */
size_t nalg_weight_tensor_of(const nalg_weight_names *names, size_t parameter, size_t index[NALG_TENSOR_RANK]);
/* Append "W1[2,1]", counted from 1. */
void nalg_weight_name(const nalg_weight_names *names, size_t parameter, nalg_text *out);

#endif
