/* Monomials of one degree and their blocks.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_monomials.h"
#include <string.h>
#include "core/memory.h"
#include "field/prime.h"

/* Monomials of one degree in a list. */
#define CANDIDATE_LIMIT 2000000
/* Monomials after which the cancel flag is polled. */
#define POLL_EVERY 1024

double nalg_monomials_number(size_t variables, unsigned degree)
{
    double n = 1;
    for (unsigned k = 1; k <= degree; k++) n = n * ((double)variables + k - 1) / k;
    return n;
}

static void enumerate(nalg_monomials *m)
{
    unsigned d = m->degree;
    for (size_t i = 1; i < m->count; i++) {
        const uint16_t *before = m->factor + (i - 1) * d;
        uint16_t *now = m->factor + i * d;
        unsigned k = d;
        while (before[k - 1] + 1u == m->variables) k--;
        memcpy(now, before, d * sizeof *now);
        for (unsigned l = k - 1; l < d; l++) now[l] = (uint16_t)(before[k - 1] + 1);
    }
}

typedef struct {
    uint64_t weight;
    size_t monomial;
} keyed;

static int compare_keyed(const void *x, const void *y)
{
    const keyed *a = x, *b = y;
    if (a->weight != b->weight) return a->weight < b->weight ? -1 : 1;
    return a->monomial < b->monomial ? -1 : a->monomial > b->monomial;
}

static void group(nalg_monomials *m, keyed *list)
{
    qsort(list, m->count, sizeof *list, compare_keyed);
    for (size_t i = 0; i < m->count; i++) {
        if (i == 0 || list[i].weight != list[i - 1].weight) m->block[m->blocks++] = i;
        m->member[i] = list[i].monomial;
        m->place[list[i].monomial] = i - m->block[m->blocks - 1];
        if (m->place[list[i].monomial] + 1 > m->largest) m->largest = m->place[list[i].monomial] + 1;
    }
    m->block[m->blocks] = m->count;
}

/* Weights and blocks of the monomials listed in m->factor. */
static nalg_status arrange(nalg_ctx *ctx, nalg_monomials *m, const uint64_t *weight, uint64_t prime)
{
    m->weight = nalg_array_zero(m->count, sizeof *m->weight);
    m->member = nalg_array(m->count, sizeof *m->member);
    m->place = nalg_array(m->count, sizeof *m->place);
    m->block = nalg_array(m->count + 1, sizeof *m->block);
    keyed *list = nalg_array(m->count, sizeof *list);
    bool enough = m->weight && m->member && m->place && m->block && list;
    for (size_t i = 0; enough && i < m->count; i++) {
        for (unsigned k = 0; k < m->degree; k++)
            m->weight[i] = nalg_add_mod(m->weight[i], weight[m->factor[i * m->degree + k]], prime);
        list[i] = (keyed){m->weight[i], i};
    }
    if (enough) group(m, list);
    free(list);
    return enough ? NALG_OK : nalg_fail_memory(ctx);
}

nalg_status nalg_monomials_create(nalg_ctx *ctx, nalg_monomials *out, size_t variables, unsigned degree,
                                  const uint64_t *weight, uint64_t prime)
{
    nalg_monomials m = {.degree = degree,
                        .variables = variables,
                        .count = (size_t)(nalg_monomials_number(variables, degree) + 0.5)};
    m.factor = nalg_array_zero(m.count * degree, sizeof *m.factor);
    nalg_status status = m.factor ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        enumerate(&m);
        status = arrange(ctx, &m, weight, prime);
    }
    if (status == NALG_OK)
        *out = m;
    else
        nalg_monomials_clear(&m);
    return status;
}

static int compare_factors(const uint16_t *a, const uint16_t *b, unsigned degree)
{
    for (unsigned k = 0; k < degree; k++)
        if (a[k] != b[k]) return a[k] < b[k] ? -1 : 1;
    return 0;
}

/* Are all divisors of degree one less in the list? work has room for one of them. The one without the last
 * factor is. */
static bool divisors_listed(const nalg_monomials *list, const uint16_t *factor, uint16_t *work)
{
    unsigned d = list->degree;
    for (unsigned skip = 0; skip < d; skip++) {
        if (factor[skip] == factor[skip + 1]) continue;
        for (unsigned k = 0; k < d; k++) work[k] = factor[k + (k >= skip)];
        if (compare_factors(list->factor + nalg_monomials_find(list, work) * d, work, d)) return false;
    }
    return true;
}

/* Multiply each monomial of the list by the variables from its last factor on. */
static nalg_status extend_all(nalg_ctx *ctx, nalg_monomials *m, const nalg_monomials *list, uint16_t *work)
{
    unsigned d = list->degree;
    size_t capacity = 0;
    uint16_t *factor = work + d;
    for (size_t i = 0; i < list->count; i++) {
        if (d) memcpy(factor, list->factor + i * d, d * sizeof *factor); /* degree 0 has no factors */
        for (size_t x = d ? factor[d - 1] : 0; x < list->variables; x++) {
            factor[d] = (uint16_t)x;
            if (!divisors_listed(list, factor, work)) continue;
            if (m->count >= CANDIDATE_LIMIT)
                return nalg_fail(ctx, NALG_E_LIMIT, "degree", "use a smaller --degree or a smaller model",
                                 "there are more than %d monomials of degree %u", CANDIDATE_LIMIT, m->degree);
            if (!nalg_grow((void **)&m->factor, &capacity, m->count, (d + 1) * sizeof *m->factor))
                return nalg_fail_memory(ctx);
            memcpy(m->factor + m->count++ * (d + 1), factor, (d + 1) * sizeof *factor);
        }
        nalg_status status = i % POLL_EVERY ? NALG_OK : nalg_checkpoint(ctx);
        if (status != NALG_OK) return status;
    }
    return NALG_OK;
}

nalg_status nalg_monomials_extend(nalg_ctx *ctx, nalg_monomials *out, const nalg_monomials *list,
                                  const uint64_t *weight, uint64_t prime)
{
    nalg_monomials m = {.degree = list->degree + 1, .variables = list->variables};
    uint16_t *work = nalg_array(2 * (size_t)list->degree + 1, sizeof *work);
    nalg_status status = work ? extend_all(ctx, &m, list, work) : nalg_fail_memory(ctx);
    free(work);
    if (status == NALG_OK) status = arrange(ctx, &m, weight, prime);
    if (status == NALG_OK)
        *out = m;
    else
        nalg_monomials_clear(&m);
    return status;
}

nalg_status nalg_monomials_keep(nalg_ctx *ctx, nalg_monomials *out, const nalg_monomials *m, const bool *keep)
{
    nalg_monomials kept = {.degree = m->degree,
                           .variables = m->variables,
                           .factor = nalg_array(m->count * m->degree, sizeof *kept.factor)};
    if (!kept.factor) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < m->count; i++)
        if (keep[i])
            memcpy(kept.factor + kept.count++ * m->degree, m->factor + i * m->degree,
                   m->degree * sizeof *kept.factor);
    *out = kept;
    return NALG_OK;
}

void nalg_monomials_clear(nalg_monomials *m)
{
    free(m->factor);
    free(m->weight);
    free(m->member);
    free(m->place);
    free(m->block);
    *m = (nalg_monomials){0};
}

size_t nalg_monomials_find(const nalg_monomials *m, const uint16_t *factor)
{
    size_t low = 0, high = m->count;
    while (low + 1 < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_factors(m->factor + middle * m->degree, factor, m->degree) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

void nalg_monomials_multiply(uint16_t *out, const uint16_t *a, unsigned degree_a, const uint16_t *b,
                             unsigned degree_b)
{
    unsigned i = 0, j = 0;
    while (i < degree_a || j < degree_b) {
        bool first = j == degree_b || (i < degree_a && a[i] <= b[j]);
        *out++ = first ? a[i++] : b[j++];
    }
}
