/* The context as the library sees it: error reporting, checkpoints, progress.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_CONTEXT_H
#define NALG_CORE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "neuroalg/context.h"

/* Record an error and return its status: `return nalg_fail(ctx, NALG_E_PARSE, "column 5", "write x^2", "...")`.
 * where and hint may be NULL. Calling thread only. */
nalg_status nalg_fail(nalg_ctx *ctx, nalg_status status, const char *where, const char *hint, const char *format, ...)
    NALG_PRINTF(5, 6);

/* NALG_E_MEMORY with a standard text. */
nalg_status nalg_fail_memory(nalg_ctx *ctx);

/* Poll cancel flag and deadline: true when the work must stop. Safe on any thread, costs a few nanoseconds. */
bool nalg_stopping(const nalg_ctx *ctx);

/* On the calling thread: NALG_OK, or the error for the reason nalg_stopping said so. */
NALG_NODISCARD nalg_status nalg_checkpoint(nalg_ctx *ctx);

/* Report progress, rate-limited; always passes done == 0 and done == total. Calling thread only. */
void nalg_progress(nalg_ctx *ctx, const char *phase, uint64_t done, uint64_t total, const char *note);

/* Seconds of a monotonic clock. */
double nalg_seconds(void);

#endif
