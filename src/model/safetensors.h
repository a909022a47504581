/* safetensors files as weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_SAFETENSORS_H
#define NALG_MODEL_SAFETENSORS_H

#include <stdint.h>
#include "model/model.h"

/* Eight bytes of length and a brace: no text of numbers starts so. */
bool nalg_is_safetensors(const uint8_t *data, size_t length);
/* One number for each parameter. Tensors are matched by name with those of a model from a file; for a phrase
 * by the order of their names. */
NALG_NODISCARD nalg_status nalg_safetensors_weights(nalg_ctx *ctx, nalg_weights *out, const nalg_model *model,
                                                    const uint8_t *data, size_t length);

#endif
