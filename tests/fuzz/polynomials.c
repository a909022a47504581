/* Reader of polynomial systems: any bytes give a system or an error with line and column.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include "neuroalg/track.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_polynomials *system = NULL;
    if (nalg_ctx_create(&ctx) != NALG_OK) return 0;
    if (nalg_polynomials_parse(ctx, &system, (const char *)data, size) == NALG_OK) {
        for (size_t i = 0; i < nalg_polynomials_count(system); i++)
            if (!nalg_polynomials_variable(system, i)) abort();
    } else if (system || !nalg_ctx_last_error(ctx).what[0]) {
        abort();
    }
    nalg_polynomials_free(system);
    nalg_ctx_free(ctx);
    return 0;
}
