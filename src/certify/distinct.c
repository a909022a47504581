/* Disjointness by a sweep. The real parts of the first balls are intervals on a line; sorted by lower end they fall into clusters whose
 * unions are disjoint, so two vectors of different clusters are different. Within a cluster (points of one fiber, as a rule) each vector
 * is compared with the representatives chosen so far, in the order of the vectors, so the answer does not depend on the sorting.
 * All ends are rounded outwards, and arf_cmp and acb_overlaps are exact: "disjoint" is a proof, "overlapping" is no claim.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/distinct.h"
#include "core/memory.h"

#define END_PRECISION 64 /* bits of the ends of intervals; more than the sweep needs to separate clusters */

typedef struct {
    arf_struct low, high;
    size_t vector;
} interval;

static int by_low(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    int order = arf_cmp(&x->low, &y->low);
    return order ? order : (x->vector > y->vector) - (x->vector < y->vector);
}

static int by_vector(const void *a, const void *b)
{
    const interval *x = a, *y = b;
    return (x->vector > y->vector) - (x->vector < y->vector);
}

static bool disjoint(acb_srcptr x, acb_srcptr y, size_t width)
{
    for (size_t i = 0; i < width; i++)
        if (!acb_overlaps(x + i, y + i)) return true;
    return false;
}

/* Representatives of one cluster; `chosen` has room for them. */
static size_t cluster(interval *set, size_t size, size_t *chosen, size_t *group, acb_srcptr balls, size_t width, const nalg_ctx *ctx)
{
    size_t representatives = 0;
    qsort(set, size, sizeof *set, by_vector);
    for (size_t i = 0; i < size && !nalg_stopping(ctx); i++) {
        size_t vector = set[i].vector, k = 0;
        while (k < representatives && disjoint(balls + vector * width, balls + chosen[k] * width, width)) k++;
        if (k == representatives) chosen[representatives++] = vector;
        if (group) group[vector] = chosen[k];
    }
    return representatives;
}

nalg_status nalg_distinct_balls(nalg_ctx *ctx, size_t *distinct, size_t *group, acb_srcptr balls, size_t width, const size_t *member,
                                size_t count)
{
    interval *set = nalg_array(count, sizeof *set);
    size_t *chosen = nalg_array(count, sizeof *chosen), total = 0;
    nalg_status status = set && chosen ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        arf_init(&set[i].low);
        arf_init(&set[i].high);
        set[i].vector = member[i];
        arb_get_lbound_arf(&set[i].low, acb_realref(balls + member[i] * width), END_PRECISION);  /* rounded down */
        arb_get_ubound_arf(&set[i].high, acb_realref(balls + member[i] * width), END_PRECISION); /* rounded up */
    }
    if (status == NALG_OK) {
        qsort(set, count, sizeof *set, by_low);
        for (size_t first = 0, next; first < count; first = next) {
            size_t top = first;
            for (next = first + 1; next < count && arf_cmp(&set[next].low, &set[top].high) <= 0; next++)
                if (arf_cmp(&set[next].high, &set[top].high) > 0) top = next;
            total += cluster(set + first, next - first, chosen, group, balls, width, ctx);
        }
        for (size_t i = 0; i < count; i++) {
            arf_clear(&set[i].low);
            arf_clear(&set[i].high);
        }
        status = nalg_checkpoint(ctx);
    }
    if (status == NALG_OK) *distinct = total;
    free(set);
    free(chosen);
    return status;
}
