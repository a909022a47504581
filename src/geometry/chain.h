/* A multilayer perceptron read off a pipeline: dense layers with activations between.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CHAIN_H
#define NALG_GEOMETRY_CHAIN_H

#include "model/model.h"

#define NALG_CHAIN_LIMIT 64

typedef struct {
    size_t layers;                                                     /* dense layers */
    size_t width[NALG_CHAIN_LIMIT + 1];
    const nalg_rational_function *activation[NALG_CHAIN_LIMIT + 1];    /* between layer l and l+1, l = 1 .. layers-1; NULL: none */
    bool bias;                                                         /* on every layer, or on none */
} nalg_chain;

/* False if the model is no such network (or shares weights, or has biases on some layers only, or more than the limit of layers). */
bool nalg_chain_read(nalg_chain *out, const nalg_model *model);

/* Exponent r of a monomial activation c x^r (1 when there is none), or 0 if it is no monomial or r < 1. */
uint64_t nalg_chain_exponent(const nalg_chain *c, size_t l);
/* Does scaling travel through activation l: c x^r with any r other than 0. */
bool nalg_chain_scales(const nalg_chain *c, size_t l);

#endif
