/* Reader and checker of results: any bytes give an error, a rejection or a confirmation.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include "neuroalg/neuroalg.h"

/* A document may name a model that takes long to check: the time limit is part of what is tested. */
#define SECONDS 0.2

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_result *given = NULL, *checked = NULL;
    char *text = NULL;
    if (nalg_ctx_create(&ctx) != NALG_OK) return 0;
    nalg_ctx_set_timeout(ctx, SECONDS);
    if (nalg_result_read(ctx, &given, (const char *)data, size) == NALG_OK) {
        if (nalg_result_text(ctx, &text, given) != NALG_OK && !nalg_ctx_last_error(ctx).what[0]) abort();
        if (nalg_verify(ctx, &checked, given) == NALG_OK && nalg_result_truth(checked, "valid") == NALG_UNKNOWN) abort();
    } else if (given || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    free(text);
    nalg_result_free(checked);
    nalg_result_free(given);
    nalg_ctx_free(ctx);
    return 0;
}
