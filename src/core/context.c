/* Contexts: settings, last error, cancellation, progress.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/context.h"
#include "core/threads.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PROGRESS_INTERVAL_S 0.1

struct nalg_ctx {
    uint64_t seed;
    int threads;
    nalg_pool *pool;
    double deadline; /* monotonic seconds, 0 for none */
    nalg_progress_hook *hook;
    void *hook_user;
    double last_progress;
    const volatile int *cancel;
    nalg_status status;
    char what[1024], where[256], hint[512];
};

nalg_status nalg_ctx_create(nalg_ctx **out)
{
    nalg_ctx *ctx = calloc(1, sizeof *ctx);
    *out = ctx;
    if (!ctx) return NALG_E_MEMORY;
    ctx->seed = NALG_DEFAULT_SEED;
    ctx->threads = 1;
    return NALG_OK;
}

void nalg_ctx_free(nalg_ctx *ctx)
{
    if (ctx) nalg_pool_free(ctx->pool);
    free(ctx);
}

void nalg_ctx_set_seed(nalg_ctx *ctx, uint64_t seed)
{
    ctx->seed = seed;
}

nalg_status nalg_ctx_set_threads(nalg_ctx *ctx, int threads)
{
    if (threads < 0 || threads > NALG_MAX_THREADS)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "threads", "write 1 to 256, or 0 for all processors",
                         "%d threads cannot be used", threads);
    if (threads == 0) {
        long n = sysconf(_SC_NPROCESSORS_ONLN);
        threads = n < 1 ? 1 : n > NALG_MAX_THREADS ? NALG_MAX_THREADS : (int)n;
    }
    ctx->threads = threads;
    return NALG_OK;
}

void nalg_ctx_set_timeout(nalg_ctx *ctx, double seconds)
{
    ctx->deadline = seconds > 0 ? nalg_seconds() + seconds : 0;
}

void nalg_ctx_set_progress(nalg_ctx *ctx, nalg_progress_hook *hook, void *user)
{
    ctx->hook = hook;
    ctx->hook_user = user;
}

void nalg_ctx_set_cancel(nalg_ctx *ctx, const volatile int *flag)
{
    ctx->cancel = flag;
}

uint64_t nalg_ctx_seed(const nalg_ctx *ctx)
{
    return ctx->seed;
}

nalg_pool **nalg_ctx_pool(nalg_ctx *ctx)
{
    return &ctx->pool;
}

int nalg_ctx_threads(const nalg_ctx *ctx)
{
    return ctx->threads;
}

nalg_error nalg_ctx_last_error(const nalg_ctx *ctx)
{
    return (nalg_error){ctx->status, ctx->what, ctx->where, ctx->hint};
}

const char *nalg_version(void)
{
    return NEUROALG_VERSION;
}

nalg_status nalg_fail(nalg_ctx *ctx, nalg_status status, const char *where, const char *hint, const char *format, ...)
{
    char what[sizeof ctx->what];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    ctx->status = status;
    memcpy(ctx->what, what, sizeof what);
    snprintf(ctx->where, sizeof ctx->where, "%s", where ? where : "");
    snprintf(ctx->hint, sizeof ctx->hint, "%s", hint ? hint : "");
    return status;
}

nalg_status nalg_fail_memory(nalg_ctx *ctx)
{
    return nalg_fail(ctx, NALG_E_MEMORY, NULL, "use a smaller model or a machine with more memory", "out of memory");
}

bool nalg_stopping(const nalg_ctx *ctx)
{
    return (ctx->cancel && *ctx->cancel) || (ctx->deadline > 0 && nalg_seconds() > ctx->deadline);
}

nalg_status nalg_checkpoint(nalg_ctx *ctx)
{
    if (ctx->cancel && *ctx->cancel) return nalg_fail(ctx, NALG_E_INTERRUPTED, NULL, NULL, "interrupted");
    if (ctx->deadline > 0 && nalg_seconds() > ctx->deadline)
        return nalg_fail(ctx, NALG_E_DEADLINE, NULL, "give a longer --timeout", "the time limit was reached");
    return NALG_OK;
}

void nalg_progress(nalg_ctx *ctx, const char *phase, uint64_t done, uint64_t total, const char *note)
{
    if (!ctx->hook) return;
    double now = nalg_seconds();
    bool edge = done == 0 || done == total;
    if (!edge && now - ctx->last_progress < PROGRESS_INTERVAL_S) return;
    ctx->last_progress = now;
    ctx->hook(ctx->hook_user, phase, done, total, note);
}

double nalg_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
