/* A simpler model whose functions include those of a model with tensor programs.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_WIDER_H
#define NALG_GEOMETRY_WIDER_H

#include "model/model.h"

/* Programs that are linear in their input, whatever their weights do, are among the dense layers of the same
 * shape (with a bias when they have constant terms); a dense layer before or after one that is no narrower
 * takes it in, and a convolution takes in a program that treats every channel alike. So W x + B A x becomes
 * dense, and a batch normalisation disappears in its neighbour. *wider: owned by the caller; NULL when the
 * model has no such program. Evidence: proved, by the containments above. */
NALG_NODISCARD nalg_status nalg_wider_model(nalg_ctx *ctx, nalg_model **wider, const nalg_model *model);

#endif
