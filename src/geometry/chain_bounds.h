/* Proved upper bounds for the dimension of a multilayer perceptron, by recursion over all blocks of consecutive layers (METHODS 1).
 * Every bound comes with a tree of steps that a checker can follow without this code.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CHAIN_BOUNDS_H
#define NALG_GEOMETRY_CHAIN_BOUNDS_H

#include "core/json.h"
#include "geometry/chain.h"

/* Best bound for the whole chain.
 * Out: *value; *proof, an object {rule, from, to, value, ...} with its sub-proofs; *rule, a static string (the step at the top).
 * Rules: `parameters` (weights minus scalings of hidden units), `ambient` (monomials of the degrees that occur), `split` (two
 * blocks minus the scalings between them), `general_linear` (the layers after unit k as arbitrary polynomials in its values,
 * minus the action of GL), `rank` (the last layer as a matrix of bounded rank), `theorem` (defective secant varieties),
 * `relations` (features one more than the inputs satisfy an equation).
 * `seed` draws the point at which ranks of features are bounded below. */
NALG_NODISCARD nalg_status nalg_chain_bound(nalg_ctx *ctx, uint64_t *value, json_t **proof, const char **rule, const nalg_chain *chain);

#endif
