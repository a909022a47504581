/* Parallel loop over independent tasks.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_THREADS_H
#define NALG_CORE_THREADS_H

#include <stddef.h>
#include "core/context.h"

/* Work on task `index`; `worker` is in [0, threads) and names the scratch space to use. Non-OK stops the
 * loop. */
typedef nalg_status nalg_task(void *user, size_t index, int worker);

/* A context's threads; freed with it. */
typedef struct nalg_pool nalg_pool;
nalg_pool **nalg_ctx_pool(nalg_ctx *ctx); /* core/context.c keeps it; *NULL until a loop needs it */
void nalg_pool_free(nalg_pool *pool);

/* Run tasks 0..count-1 on the context's threads, the caller's among them; inside a task of another loop, on
 * the calling thread alone. Tasks are handed out in order; results must not depend on which worker runs
 * which. Polls nalg_stopping between tasks. Returns the first failure by task index, NALG_E_INTERRUPTED /
 * NALG_E_DEADLINE, or NALG_OK. Tasks must not call nalg_fail (the caller does, from the returned status). */
NALG_NODISCARD nalg_status nalg_parallel(nalg_ctx *ctx, size_t count, nalg_task *task, void *user);

#endif
