/* What the exact rank at given weights says of them, in words.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_LOCAL_VERDICT_H
#define NALG_GEOMETRY_LOCAL_VERDICT_H

#include "geometry/upper_bounds.h"
#include "model/weights.h"

/* One sentence for weights where d phi has rank `rank`, in a model with these bounds and this dimension. On the heap. Where the rank is the
 * generic one the fiber through the weights is a manifold of dimension parameters - rank near them (constant rank theorem). */
NALG_NODISCARD nalg_status nalg_local_verdict(nalg_ctx *ctx, char **out, const nalg_upper_bounds *bounds, const nalg_weights *weights,
                                              size_t dimension, size_t rank);

#endif
