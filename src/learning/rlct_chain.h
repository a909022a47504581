/* Learning coefficients of multilayer perceptrons at special functions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_CHAIN_H
#define NALG_LEARNING_RLCT_CHAIN_H

#include "geometry/chain.h"
#include "theory/learning_coefficient.h"

/* Is every activation of the chain the identity: a deep linear network. */
bool nalg_chain_is_linear(const nalg_chain *c);

/* No biases and every activation c x^r, r >= 1: scaling the weights of all layers moves any weights of the zero function to the origin. */
bool nalg_chain_is_homogeneous(const nalg_chain *c);

/* Deep linear network, with biases or without, at a true matrix of this rank; false when the rank exceeds a width. */
bool nalg_rlct_chain_linear(nalg_learning_coefficient *out, const nalg_chain *c, uint64_t rank);

/* Network without biases with monomial activations at the zero function: cut where a layer has one unit, each piece a linear network or
 * a network with one input and one hidden layer. False when a piece is neither. */
bool nalg_rlct_chain_zero(nalg_learning_coefficient *out, const nalg_chain *c);

/* Degree of the functions in the weights, and the least of (weights of a layer) / (2 degree in them) over the layers: an upper bound at
 * the zero function. Both for chains without biases with monomial activations; false for others. */
bool nalg_rlct_chain_bounds(fmpz_t degree, fmpq_t upper, const nalg_chain *c);

#endif
