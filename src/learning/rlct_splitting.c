/* Multilevel splitting: N weights uniform in {K < e}; those above the median of K are thrown away and
 * replaced by copies of the others, all are moved within {K < median}, and so on. The expected logarithm of
 * the share of volume left by dropping the r largest of N uniform numbers is -(1/N + 1/(N-1) + ... +
 * 1/(N-r+1)), so log V has no bias from the adaptive levels. Replicates are independent; each has random
 * numbers of its own, so threads do not matter. Source: Kahn-Harris 1951; Cerou-Guyader 2007; Skilling 2006
 * for the order statistics.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_splitting.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "learning/rlct_moves.h"

#define PRIOR_DRAWS 1000 /* of a weight vector without a pole */
#define STALL_LEVELS 30  /* halvings of the volume that must lower the level by a factor at all */
#define STALL_DEPTH 0.05

typedef struct {
    nalg_ctx *ctx;
    const nalg_rlct_loss *loss;
    const nalg_rlct_splitting_options *options;
    nalg_rlct_curve *curves;
    nalg_rlct_mover *movers; /* one for each worker */
    int threads;
} splitting;

typedef struct {
    double k;
    size_t index;
} ranked;

static int by_loss(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->k != y->k) return x->k < y->k ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

static bool append(nalg_rlct_curve *c, double depth, double log_volume)
{
    if (c->count == c->capacity) {
        size_t capacity = c->capacity ? 2 * c->capacity : 64;
        double *a = realloc(c->depth, capacity * sizeof *a);
        if (a) c->depth = a;
        double *b = realloc(c->log_volume, capacity * sizeof *b);
        if (b) c->log_volume = b;
        if (!a || !b) return false;
        c->capacity = capacity;
    }
    c->depth[c->count] = depth;
    c->log_volume[c->count++] = log_volume;
    return true;
}

/* One weight vector of the prior. */
static double draw_prior(nalg_rlct_mover *m, nalg_random *random, double *w)
{
    double k = INFINITY;
    for (int i = 0; i < PRIOR_DRAWS && !isfinite(k); i++) {
        for (size_t j = 0; j < m->loss->parameters; j++)
            w[j] = m->loss->low[j] + (m->loss->high[j] - m->loss->low[j]) * nalg_random_unit(random);
        k = nalg_rlct_loss_at(m->loss, m->evaluation, w, NULL);
    }
    return k;
}

/* One level: returns false when the particles cannot be told apart any more. */
static bool split(const splitting *s, ranked *order, double *w, double *k, double *level, double *log_volume,
                  nalg_random *random)
{
    size_t n = s->options->particles, dropped = n / 2, p = s->loss->parameters;
    for (size_t i = 0; i < n; i++) order[i] = (ranked){k[i], i};
    qsort(order, n, sizeof *order, by_loss);
    *level = order[n - dropped].k;
    if (!(*level > 0) || order[n - dropped - 1].k >= *level) return false;
    for (size_t r = 0; r < dropped; r++) *log_volume -= 1 / (double)(n - r);
    for (size_t i = n - dropped; i < n; i++) {
        size_t from = order[nalg_random_below(random, n - dropped)].index, to = order[i].index;
        memcpy(w + to * p, w + from * p, p * sizeof *w);
        k[to] = k[from];
    }
    return true;
}

static nalg_status descend(const splitting *s, nalg_rlct_curve *curve, nalg_rlct_mover *m,
                           nalg_random *random, double *w, double *k, ranked *order)
{
    size_t n = s->options->particles, p = s->loss->parameters;
    double level, log_volume = 0;
    for (size_t i = 0; i < n; i++) {
        k[i] = draw_prior(m, random, w + i * p);
        if (!isfinite(k[i])) return NALG_E_UNSUPPORTED;
    }
    while (-log_volume < s->options->most_nats &&
           (!curve->count || curve->depth[curve->count - 1] < s->options->depth)) {
        if (!split(s, order, w, k, &level, &log_volume, random)) break;
        if (!append(curve, -log(level), log_volume)) return NALG_E_MEMORY;
        if (curve->count > STALL_LEVELS &&
            curve->depth[curve->count - 1] - curve->depth[curve->count - 1 - STALL_LEVELS] < STALL_DEPTH)
            return NALG_E_LIMIT;
        for (size_t i = 0; i < n; i++) {
            if (nalg_stopping(s->ctx)) return NALG_E_INTERRUPTED;
            nalg_rlct_sweep(m, random, w + i * p, &k[i], level);
        }
    }
    return NALG_OK;
}

static nalg_status replicate(void *user, size_t index, int worker)
{
    splitting *s = user;
    nalg_rlct_mover *m = &s->movers[worker];
    size_t n = s->options->particles, total = 0;
    nalg_random random = nalg_random_stream(nalg_ctx_seed(s->ctx), s->options->stream + index);
    bool fits = nalg_size_multiply(&total, n, s->loss->parameters);
    double *w = fits ? nalg_array(total, sizeof *w) : NULL, *k = nalg_array(n, sizeof *k);
    ranked *order = nalg_array(n, sizeof *order);
    m->evaluations = 0;
    nalg_status status =
        w && k && order ? descend(s, &s->curves[index], m, &random, w, k, order) : NALG_E_MEMORY;
    s->curves[index].evaluations = m->evaluations;
    free(w);
    free(k);
    free(order);
    if (worker == 0) nalg_progress(s->ctx, "splitting", index + 1, s->options->replicates, NULL);
    return status;
}

nalg_status nalg_rlct_splitting(nalg_ctx *ctx, nalg_rlct_curve **curves, const nalg_rlct_loss *loss,
                                const nalg_rlct_splitting_options *options)
{
    splitting s = {.ctx = ctx, .loss = loss, .options = options, .threads = nalg_ctx_threads(ctx)};
    nalg_status status = NALG_OK;
    if ((size_t)s.threads > options->replicates) s.threads = (int)options->replicates;
    s.curves = nalg_array_zero(options->replicates, sizeof *s.curves);
    if (!s.curves) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_rlct_movers_create(ctx, &s.movers, (size_t)s.threads, loss);
    if (status == NALG_OK)
        status = nalg_rlct_explain(ctx, nalg_parallel(ctx, options->replicates, replicate, &s));
    nalg_rlct_movers_free(s.movers, (size_t)s.threads);
    if (status == NALG_OK)
        *curves = s.curves;
    else
        nalg_rlct_curves_free(s.curves, options->replicates);
    return status;
}

void nalg_rlct_curves_free(nalg_rlct_curve *curves, size_t count)
{
    for (size_t i = 0; curves && i < count; i++) {
        free(curves[i].depth);
        free(curves[i].log_volume);
    }
    free(curves);
}

double nalg_rlct_curve_depth(const nalg_rlct_curve *c, double nats)
{
    for (size_t i = 0; i < c->count; i++)
        if (-c->log_volume[i] >= nats) return c->depth[i];
    return c->count ? c->depth[c->count - 1] : 0;
}

double nalg_rlct_curve_at(const nalg_rlct_curve *c, double depth)
{
    size_t i = 1;
    if (c->count < 2) return 0;
    while (i + 1 < c->count && c->depth[i] < depth) i++;
    double width = c->depth[i] - c->depth[i - 1], share = width > 0 ? (depth - c->depth[i - 1]) / width : 1;
    return c->log_volume[i - 1] + share * (c->log_volume[i] - c->log_volume[i - 1]);
}
