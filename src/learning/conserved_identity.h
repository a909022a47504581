/* Proofs that polynomials are conservation laws, without symmetries: the identity vanishes on a grid.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_IDENTITY_H
#define NALG_LEARNING_CONSERVED_IDENTITY_H

#include "learning/conserved_law.h"

/* Mark the laws of the list that are identities as proved; *count grows by their number. Those that are
 * proved already are left alone. Nothing is done for rational models, for coefficients that are no integers,
 * and when the grid has more than 300000 points. Returns: NALG_OK; NALG_E_MEMORY, NALG_E_INTERRUPTED,
 * NALG_E_DEADLINE. Cost: a gradient for each output at each point of the grid, C(n + D, D) points for weights
 * and inputs n and the identity's degree D. */
NALG_NODISCARD nalg_status nalg_laws_prove(nalg_ctx *ctx, nalg_laws *laws, size_t *count,
                                           const nalg_model *model);

#endif
