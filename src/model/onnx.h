/* Models from ONNX files.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_ONNX_H
#define NALG_MODEL_ONNX_H

#include "model/model.h"

/* A model from the bytes of a file. `folder` is where external data may lie, NULL for none; `name` is what
 * the user wrote. */
NALG_NODISCARD nalg_status nalg_onnx_model(nalg_ctx *ctx, nalg_model **out, const uint8_t *data,
                                           size_t length, const char *folder, const char *name,
                                           const nalg_onnx_options *options);

#endif
