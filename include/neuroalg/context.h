/* A context carries what every call needs and nothing global holds: seed, threads, deadline, progress hook, cancel flag,
 * last error. One context belongs to one thread at a time.
 * Argument order everywhere: context, outputs, inputs (array then length), options, callbacks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_CONTEXT_H
#define NEUROALG_CONTEXT_H

#include <stdint.h>
#include "neuroalg/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nalg_ctx nalg_ctx;

/* Called on the caller's thread, at most about ten times a second; `total` is 0 when unknown.
 * `note` is a short text such as a trace residual, or NULL. */
typedef void nalg_progress_hook(void *user, const char *phase, uint64_t done, uint64_t total, const char *note);

typedef struct {
    nalg_status status;
    const char *what;  /* one sentence */
    const char *where; /* a column, a line, an argument; may be empty */
    const char *hint;  /* what to write instead; may be empty */
} nalg_error;

#define NALG_DEFAULT_SEED 1u
#define NALG_MAX_THREADS 256

/** Create a context with the default seed, one thread, no deadline.
 *  Out:     *out, owned by the caller, freed with nalg_ctx_free.
 *  Returns: NALG_OK; NALG_E_MEMORY (*out is then NULL).
 *  Cost:    constant.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_ctx_create(nalg_ctx **out);

/** Free a context.  In: ctx, may be NULL.  Cost: constant.  Source: none. */
NALG_API void nalg_ctx_free(nalg_ctx *ctx);

/** Seed of every random choice: the same seed gives the same answer for any number of threads.
 *  In: ctx, seed.  Cost: constant.  Source: none. */
NALG_API void nalg_ctx_set_seed(nalg_ctx *ctx, uint64_t seed);

/** Number of threads.
 *  In:       threads, 1 to NALG_MAX_THREADS; 0 means all processors.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT (nothing changed).
 *  Cost:     constant.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_ctx_set_threads(nalg_ctx *ctx, int threads);

/** Time limit from now on.
 *  In: seconds (> 0), or 0 for none. Calls that pass it return NALG_E_DEADLINE.  Cost: constant.  Source: none. */
NALG_API void nalg_ctx_set_timeout(nalg_ctx *ctx, double seconds);

/** Progress hook.  In: hook or NULL, its user pointer.  Cost: constant.  Source: none. */
NALG_API void nalg_ctx_set_progress(nalg_ctx *ctx, nalg_progress_hook *hook, void *user);

/** Cancel flag, polled by every long computation.
 *  In: flag, owned by the caller, outlives the context, or NULL. Set it to non-zero (also from a signal handler or another
 *  thread) and the running call returns NALG_E_INTERRUPTED within about 0.2 s.  Cost: constant.  Source: none. */
NALG_API void nalg_ctx_set_cancel(nalg_ctx *ctx, const volatile int *flag);

/** Seed in force.  In: ctx.  Returns: the seed.  Cost: constant.  Source: none. */
NALG_API uint64_t nalg_ctx_seed(const nalg_ctx *ctx);

/** Threads in force.  In: ctx.  Returns: the count, at least 1.  Cost: constant.  Source: none. */
NALG_API int nalg_ctx_threads(const nalg_ctx *ctx);

/** What went wrong last.
 *  In:      ctx.  Returns: texts owned by the context, valid until the next call with it.  Cost: constant.  Source: none. */
NALG_API nalg_error nalg_ctx_last_error(const nalg_ctx *ctx);

/** Version of the library.  Returns: a static string such as "0.1.0".  Cost: constant.  Source: none. */
NALG_API const char *nalg_version(void);

#ifdef __cplusplus
}
#endif

#endif
