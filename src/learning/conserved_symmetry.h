/* Conservation laws that follow from symmetries: proved for all weights and inputs.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_SYMMETRY_H
#define NALG_LEARNING_CONSERVED_SYMMETRY_H

#include "learning/conserved_law.h"

/* Append the quadratic laws whose gradient is a known symmetry field v, or the sum of one and another whose matrix is its transpose. */
NALG_NODISCARD nalg_status nalg_laws_from_symmetries(nalg_ctx *ctx, nalg_laws *out, const nalg_model *model, const nalg_weight_names *names);

/* Append the products of the laws in the list whose degree is at most `degree`, `most` of them at most. Products of laws are laws. */
NALG_NODISCARD nalg_status nalg_laws_products(nalg_ctx *ctx, nalg_laws *laws, size_t degree, size_t most, const nalg_weight_names *names);

#endif
