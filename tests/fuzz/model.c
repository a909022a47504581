/* Reader of model phrases: any bytes give a model or an error with a place, and a model that was read has a canonical form that
 * reads back to itself, unless it is longer than a phrase may be.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "neuroalg/context.h"
#include "neuroalg/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_model *model = NULL, *again = NULL;
    if (nalg_ctx_create(&ctx) != NALG_OK) return 0;
    if (nalg_model_parse(ctx, &model, (const char *)data, size) == NALG_OK) {
        const char *pipeline = nalg_model_pipeline(model);
        nalg_status status = nalg_model_parse(ctx, &again, pipeline, strlen(pipeline));
        if (status == NALG_OK) {
            if (strcmp(pipeline, nalg_model_pipeline(again)) != 0) abort();
            if (nalg_model_parameters(model) != nalg_model_parameters(again)) abort();
        } else if (status != NALG_E_LIMIT) {
            abort();
        }
    } else if (model || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    nalg_model_free(again);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return 0;
}
