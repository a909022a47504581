/* Changes of sign of weights, inputs and outputs that a model respects: they cut the search for conservation laws into blocks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_GRADING_H
#define NALG_LEARNING_CONSERVED_GRADING_H

#include "model/model.h"

/* class[i], one word for each parameter: its character under 64 random elements of the group of sign changes S for which
 * f_{Sw}(x) = (signs of the outputs) f_w(signs of the inputs times x). S is orthogonal, so h(Sw) is conserved when h is, and the
 * space of laws is the sum of its parts in each class: the class of a monomial is the xor of the classes of its factors. Classes
 * that coincide by chance only make a block larger. All zero when the model is too large to be searched for signs.
 * Returns: NALG_OK; NALG_E_MEMORY and the errors of lowering.  Cost: one set of parameters and inputs for each entry of the graph. */
NALG_NODISCARD nalg_status nalg_grading_find(nalg_ctx *ctx, uint64_t *class, const nalg_model *model);

#endif
