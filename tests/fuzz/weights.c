/* Reader of weight files: any bytes give numbers or an error with a line.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include "model/weights.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_weights weights = {0};
    uint64_t residues[3];
    if (size == 0 || nalg_ctx_create(&ctx) != NALG_OK) return 0;
    size_t count = data[0] % 4; /* 3 or fewer numbers are expected */
    if (nalg_weights_parse(ctx, &weights, (const char *)data + 1, size - 1, count) == NALG_OK) {
        if (weights.count != count) abort();
        nalg_weights_residues(&weights, 8388593, residues);
    } else if (weights.value || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    nalg_weights_clear(&weights);
    nalg_ctx_free(ctx);
    return 0;
}
