/* Ranks of the features inside a multilayer perceptron.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_FEATURE_RANK_H
#define NALG_GEOMETRY_FEATURE_RANK_H

#include "geometry/chain.h"

/* Layers wider than this are not examined. */
#define NALG_FEATURE_WIDTH_LIMIT 400

/* For the block of layers from+1 .. to fed with generic inputs: the number of linearly independent functions among its outputs
 * (with_constant: among its outputs and 1), at random weights over a prime field. A lower bound for generic weights, proved.
 * 0 when a layer is too wide or the point is a pole. */
NALG_NODISCARD nalg_status nalg_feature_ranks(nalg_ctx *ctx, size_t *rank, const nalg_chain *chain, size_t from, bool with_constant);

#endif
