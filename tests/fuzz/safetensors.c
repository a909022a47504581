/* Reader of safetensors files: any bytes give one number for each parameter, or an error with a text.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_for(const char *phrase, const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_model *model = NULL;
    nalg_weights weights = {0};
    if (nalg_ctx_create(&ctx) != NALG_OK) return;
    if (nalg_model_parse(ctx, &model, phrase, strlen(phrase)) != NALG_OK) abort();
    if (nalg_safetensors_weights(ctx, &weights, model, data, size) == NALG_OK) {
        if (weights.count != nalg_model_parameters(model)) abort();
    } else if (weights.value || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    nalg_weights_clear(&weights);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const phrases[] = {"mlp 4-5-1 x^2 bias", "linear 2-1", "cnn 5 k=2,2 x^2",
                                          "input 3 | dense 3 share=a | dense 3 share=a"};
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++) read_for(phrases[i], data, size);
    return 0;
}
