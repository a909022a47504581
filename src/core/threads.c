/* A shared counter hands out tasks. A context's threads are started by the first loop that needs them and
 * wait between loops: many loops are shorter than starting a thread.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/threads.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

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

struct nalg_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake, done;
    pthread_t thread[NALG_MAX_THREADS];
    int threads; /* started; worker i is thread[i - 1] */
    int wanted;  /* workers of this loop, the caller not counted */
    int active;  /* of them, at work now */
    uint64_t round;
    loop *work; /* NULL between loops */
    bool ending;
    atomic_flag busy;
    pid_t owner; /* a child of fork has the memory, but not the threads */
};

typedef struct {
    nalg_pool *pool;
    int worker;
    uint64_t round; /* when it was started */
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

static void work(loop *l, int worker)
{
    while (!nalg_stopping(l->ctx)) {
        size_t index = atomic_fetch_add(&l->next, 1);
        if (index >= l->count) break;
        nalg_status status = l->task(l->user, index, worker);
        if (status != NALG_OK) record_failure(l, index, status);
    }
}

static void *serve(void *argument)
{
    const worker_argument me = *(worker_argument *)argument;
    nalg_pool *p = me.pool;
    uint64_t seen = me.round;
    free(argument);
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (p->round == seen && !p->ending) pthread_cond_wait(&p->wake, &p->lock);
        if (p->ending) break;
        seen = p->round;
        loop *l = p->work;
        if (!l || me.worker > p->wanted) continue;
        p->active++;
        pthread_mutex_unlock(&p->lock);
        work(l, me.worker);
        pthread_mutex_lock(&p->lock);
        if (--p->active == 0) pthread_cond_signal(&p->done);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static nalg_pool *create_pool(void)
{
    nalg_pool *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    if (pthread_mutex_init(&p->lock, NULL) || pthread_cond_init(&p->wake, NULL) ||
        pthread_cond_init(&p->done, NULL)) {
        free(p);
        return NULL;
    }
    atomic_flag_clear(&p->busy);
    p->owner = getpid();
    return p;
}

/* Start threads until there are `wanted`; fewer threads give the same answer. */
static void grow_pool(nalg_pool *p, int wanted)
{
    while (p->threads < wanted) {
        worker_argument *argument = malloc(sizeof *argument);
        if (!argument) return;
        *argument = (worker_argument){p, p->threads + 1, p->round};
        if (pthread_create(&p->thread[p->threads], NULL, serve, argument)) {
            free(argument);
            return;
        }
        p->threads++;
    }
}

void nalg_pool_free(nalg_pool *p)
{
    if (!p || p->owner != getpid()) return; /* in a child of fork nobody would answer */
    pthread_mutex_lock(&p->lock);
    p->ending = true;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (int i = 0; i < p->threads; i++) pthread_join(p->thread[i], NULL);
    pthread_cond_destroy(&p->wake);
    pthread_cond_destroy(&p->done);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

/* The caller and `wanted` others. */
static void work_together(nalg_pool *p, loop *l, int wanted)
{
    grow_pool(p, wanted);
    pthread_mutex_lock(&p->lock);
    p->wanted = wanted;
    p->work = l;
    p->round++;
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    work(l, 0);
    pthread_mutex_lock(&p->lock);
    p->work = NULL; /* who has not woken by now is not needed */
    while (p->active) pthread_cond_wait(&p->done, &p->lock);
    pthread_mutex_unlock(&p->lock);
}

nalg_status nalg_parallel(nalg_ctx *ctx, size_t count, nalg_task *task, void *user)
{
    loop l = {.ctx = ctx, .task = task, .user = user, .count = count, .failed_index = SIZE_MAX};
    nalg_pool **pool = nalg_ctx_pool(ctx);
    int wanted = nalg_ctx_threads(ctx);
    if (count < (size_t)wanted) wanted = (int)count;
    if (pthread_mutex_init(&l.lock, NULL)) return nalg_fail_memory(ctx);
    if (wanted > 1 && (!*pool || (*pool)->owner != getpid())) *pool = create_pool();
    /* A loop inside a task of another one runs on its thread alone. */
    if (wanted > 1 && *pool && !atomic_flag_test_and_set(&(*pool)->busy)) {
        work_together(*pool, &l, wanted - 1);
        atomic_flag_clear(&(*pool)->busy);
    } else {
        work(&l, 0);
    }
    pthread_mutex_destroy(&l.lock);
    if (l.failure != NALG_OK) return l.failure;
    return nalg_checkpoint(ctx);
}
