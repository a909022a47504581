/* Weights for a model: from a weight file, or those it was read with.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "model/model.h"
#include "model/safetensors.h"

bool nalg_model_has_point(const nalg_model *model, const char *text)
{
    return text || model->trained.count;
}

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

nalg_status nalg_model_weights(nalg_ctx *ctx, double *weights, const nalg_model *model)
{
    if (model->trained.count != model->parameters)
        return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, "read the model from a file of a trained network", "this model has no weights");
    for (size_t i = 0; i < model->parameters; i++) weights[i] = fmpq_get_d(model->trained.value + i);
    return NALG_OK;
}
