/* Building result documents.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_RESULT_H
#define NALG_CORE_RESULT_H

#include "core/context.h"
#include "core/json.h"
#include "neuroalg/result.h"

struct nalg_result {
    json_t *document;
};

/* A document from its parts; steals `model`, `answer` and `evidence` (any NULL is an allocation failure). `started` is
 * nalg_seconds() at the start of the command. */
NALG_NODISCARD nalg_status nalg_result_create(nalg_ctx *ctx, nalg_result **out, const char *command, double started, json_t *model,
                                              json_t *answer, json_t *evidence);

#endif
