/* A shared counter hands out tasks; threads live for one loop.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/threads.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef struct {
    nalg_ctx *ctx;
    nalg_task *task;
    void *user;
    size_t count;
    atomic_size_t next;
    pthread_mutex_t lock;
    size_t failed_index;
    nalg_status failure;
} loop;

typedef struct {
    loop *shared;
    int worker;
} worker_argument;

static void record_failure(loop *l, size_t index, nalg_status status)
{
    pthread_mutex_lock(&l->lock);
    if (index < l->failed_index) {
        l->failed_index = index;
        l->failure = status;
    }
    pthread_mutex_unlock(&l->lock);
    atomic_store(&l->next, l->count);
}

static void *work(void *argument)
{
    worker_argument *me = argument;
    loop *l = me->shared;
    while (!nalg_stopping(l->ctx)) {
        size_t index = atomic_fetch_add(&l->next, 1);
        if (index >= l->count) break;
        nalg_status status = l->task(l->user, index, me->worker);
        if (status != NALG_OK) record_failure(l, index, status);
    }
    return NULL;
}

nalg_status nalg_parallel(nalg_ctx *ctx, size_t count, nalg_task *task, void *user)
{
    loop l = {.ctx = ctx, .task = task, .user = user, .count = count, .failed_index = SIZE_MAX};
    pthread_t thread[NALG_MAX_THREADS];
    worker_argument argument[NALG_MAX_THREADS];
    int wanted = nalg_ctx_threads(ctx), started = 0;
    if (count < (size_t)wanted) wanted = count ? (int)count : 1;
    if (pthread_mutex_init(&l.lock, NULL)) return nalg_fail_memory(ctx);
    for (int i = 1; i < wanted; i++) {
        argument[i] = (worker_argument){&l, i};
        if (pthread_create(&thread[i], NULL, work, &argument[i])) break; /* fewer threads, same answer */
        started = i;
    }
    argument[0] = (worker_argument){&l, 0};
    work(&argument[0]);
    for (int i = 1; i <= started; i++) pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&l.lock);
    if (l.failure != NALG_OK) return l.failure;
    return nalg_checkpoint(ctx);
}
