/* Proved upper bounds for attention models that their symmetries alone do not give.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_ATTENTION_BOUNDS_H
#define NALG_GEOMETRY_ATTENTION_BOUNDS_H

#include "model/model.h"

/* One lightning layer is the sum over heads of A_h (x) V_h: a matrix of size (score coordinates) x (value entries) of rank at most
 * the number of heads H, so the dimension is at most H (rows + columns - H); with one token only the symmetric part of A counts.
 * False when the model is something else or H exceeds rows or columns. */
bool nalg_attention_heads_bound(uint64_t *value, const nalg_model *model);

/* One lightning layer's outputs are determined by the coefficients of V_mi A_jk, symmetric in i and j (for one token in i, j and k):
 * at most d' d binom(d+1, 2) numbers, or d' binom(d+2, 3). False when the model is something else. */
bool nalg_attention_ambient_bound(uint64_t *value, const nalg_model *model);

/* A deep attention model whose inner widths exceed what its layers can fill: layer i's outputs lie in a space of dimension at most
 * heads * min(dv, width before), so the model's functions are among those of the model with narrower widths. *narrow is that model,
 * or NULL when nothing is narrower. */
NALG_NODISCARD nalg_status nalg_attention_narrow(nalg_ctx *ctx, nalg_model **narrow, const nalg_model *model);

#endif
