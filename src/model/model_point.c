/* Weights for a model: from a weight file, or those it was read with.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "model/model.h"
#include "model/safetensors.h"

nalg_status nalg_model_point(nalg_ctx *ctx, nalg_weights *out, const nalg_model *model, const char *text,
                             size_t length)
{
    if (text && nalg_is_safetensors((const uint8_t *)text, length))
        return nalg_safetensors_weights(ctx, out, model, (const uint8_t *)text, length);
    if (text) return nalg_weights_parse(ctx, out, text, length, model->parameters);
    if (model->trained.count) return nalg_weights_copy(ctx, out, &model->trained);
    *out = (nalg_weights){0};
    return NALG_OK;
}
