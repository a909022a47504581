/* Points with the values of the start, when there are too many solutions to find them all.
 *
 * Among M of N solutions some M^2/N pairs have equal values of `function`, long before all are known. Equal
 * values stay equal along every path of the parameters. So if x and x' have equal values, and x was found
 * from the start along some edges, these edges followed back from x' lead to a point with the values of the
 * start: the loop from the start to x and back from x'. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <string.h>
#include "core/memory.h"
#include "track/monodromy_internal.h"

/* Pairs that are followed. */
#define PAIRS NALG_MONODROMY_BATCH / 4

/* The batch becomes the second points of pairs, each with the place of the first. */
static nalg_status find_pairs(nalg_monodromy_search *s, nalg_monodromy_batch *b)
{
    const nalg_system *function = s->problem->function;
    const size_t m = nalg_system_equations(function), count = s->store[0].count;
    nalg_solution_store groups;
    double complex *value = nalg_array(count * m, sizeof *value);
    size_t *first = nalg_array(count, sizeof *first);
    bool ready = nalg_solution_store_init(&groups, m, m, nalg_ctx_seed(s->ctx));
    nalg_status status = value && first && ready ? NALG_OK : nalg_fail_memory(s->ctx);
    if (status == NALG_OK)
        status = nalg_system_evaluate(s->ctx, value, NULL, function, s->store[0].z, count, s->p[0]);
    b->count = 0;
    for (size_t i = 0; status == NALG_OK && i < count && b->count < PAIRS; i++) {
        const double complex *f = value + i * m;
        size_t group = nalg_solution_store_find(&groups, f);
        if (group == NALG_NO_SOLUTION) {
            first[groups.count] = i;
            if (!nalg_solution_store_add(&groups, f, f)) status = nalg_fail_memory(s->ctx);
            continue;
        }
        memcpy(b->z + b->count * s->n, s->store[0].z + i * s->n, s->n * sizeof *b->z);
        b->task[b->count++] = (nalg_monodromy_task){NALG_NO_EDGE, 0, first[group]};
    }
    free(value);
    free(first);
    if (ready) nalg_solution_store_clear(&groups);
    return status;
}

/* Enter a point that has come back. */
static nalg_status keep(nalg_monodromy_search *s, const double complex *z)
{
    nalg_monodromy_result *r = s->result;
    r->ways++;
    if (nalg_solution_close(s->store[0].z, z, s->n)) return NALG_OK;
    for (size_t i = 0; i < r->returned_count; i++)
        if (nalg_solution_close(r->returned + i * s->n, z, s->n)) return NALG_OK;
    if (!nalg_grow((void **)&r->returned, &s->returned_capacity, r->returned_count,
                   s->n * sizeof *r->returned))
        return nalg_fail_memory(s->ctx);
    memcpy(r->returned + r->returned_count++ * s->n, z, s->n * sizeof *z);
    return NALG_OK;
}

/* Keep what is at the start; the others are prepared for their next step back. */
static nalg_status step_back(nalg_monodromy_search *s, nalg_monodromy_batch *b)
{
    size_t left = 0;
    nalg_status status = NALG_OK;
    for (size_t k = 0; status == NALG_OK && k < b->count; k++) {
        nalg_monodromy_task t = b->task[k];
        const double complex *z = b->z + k * s->n;
        if (t.vertex == 0 && t.index == 0) {
            status = keep(s, z);
            continue;
        }
        if (t.index >= s->origins[t.vertex] || s->origin[t.vertex][t.index].edge == NALG_NO_EDGE) continue;
        t.edge = s->origin[t.vertex][t.index].edge;
        if (left < k) memcpy(b->z + left * s->n, z, s->n * sizeof *z);
        b->which[left] = (uint32_t)(2 * t.edge + t.vertex);
        b->task[left++] = t;
    }
    b->count = left;
    return status;
}

/* Paths that arrived are at the other vertex, at the origin; lost ones are dropped. */
static void arrive(nalg_monodromy_search *s, nalg_monodromy_batch *b)
{
    size_t left = 0;
    for (size_t k = 0; k < b->count; k++) {
        const nalg_monodromy_task t = b->task[k];
        if (b->result[k].outcome != NALG_PATH_CONVERGED) continue;
        if (left < k) memcpy(b->z + left * s->n, b->z + k * s->n, s->n * sizeof *b->z);
        b->task[left++] =
            (nalg_monodromy_task){NALG_NO_EDGE, 1 - t.vertex, s->origin[t.vertex][t.index].index};
    }
    b->count = left;
}

nalg_status nalg_monodromy_return(nalg_monodromy_search *s, nalg_monodromy_batch *b)
{
    nalg_status status = find_pairs(s, b);
    s->thorough = true;
    if (status == NALG_OK) status = step_back(s, b);
    while (status == NALG_OK && b->count) {
        nalg_progress(s->ctx, "ways back", s->result->ways, 0, NULL);
        status = nalg_monodromy_track(s, b, false);
        arrive(s, b);
        if (status == NALG_OK) status = step_back(s, b);
    }
    return status;
}
