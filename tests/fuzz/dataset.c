/* Reader of training data: any bytes give samples of finite numbers or an error with what and where.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "model/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const phrases[] = {"linear 1-1", "linear 2-1", "linear 1-2", "linear 2-3"};
    nalg_ctx *ctx = NULL;
    nalg_model *model = NULL;
    nalg_dataset *set = NULL;
    if (size == 0 || nalg_ctx_create(&ctx) != NALG_OK) return 0;
    const char *phrase = phrases[data[0] % 4];
    if (nalg_model_parse(ctx, &model, phrase, strlen(phrase)) != NALG_OK) abort();
    if (nalg_dataset_parse(ctx, &set, (const char *)data + 1, size - 1, model) == NALG_OK) {
        nalg_data view = nalg_dataset_view(set);
        size_t repeats, conflicts;
        if (!view.samples || nalg_data_check(ctx, &view, model) != NALG_OK) abort();
        if (nalg_data_repeats(ctx, &repeats, &conflicts, &view) != NALG_OK || repeats >= view.samples ||
            conflicts > repeats)
            abort();
    } else if (set || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    nalg_dataset_free(set);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return 0;
}
