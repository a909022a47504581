/* Mixed strata: linear maps of the units of the last layer.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "geometry/strata.h"

#define STREAM_INSIDE 7301

size_t nalg_stratum_slot_rank(const nalg_strata *strata, const nalg_stratum *s, size_t k)
{
    const nalg_exchangeable *m = &strata->mixing;
    if (!s->mixed || s->map[m->weight[k]] < 0 || s->map[m->weight[(m->units - 1) * m->length + k]] >= 0)
        return SIZE_MAX;
    size_t rank = 0;
    while (s->map[m->weight[rank * m->length + k]] >= 0) rank++;
    return rank;
}

void nalg_stratum_mark_mixed(const nalg_strata *strata, const nalg_stratum *s, bool *yes)
{
    const nalg_exchangeable *m = &strata->mixing;
    memset(yes, 0, strata->parameters * sizeof *yes);
    for (size_t k = 0; s->mixed && k < m->length; k++)
        for (size_t u = 0; u < m->units && nalg_stratum_slot_rank(strata, s, k) != SIZE_MAX; u++)
            yes[m->weight[u * m->length + k]] = true;
}

void nalg_stratum_mixing_rows(uint64_t *out, const nalg_strata *strata, const uint64_t *w,
                              const uint64_t *jacobian, size_t samples, uint64_t p)
{
    const nalg_exchangeable *m = &strata->mixing;
    memset(out, 0, m->units * m->units * samples * sizeof *out);
    for (size_t i = 0; i < m->units; i++)
        for (size_t j = 0; j < m->units; j++)
            for (size_t k = 0; k < m->length; k++) {
                uint64_t *row = out + (i * m->units + j) * samples, factor = w[m->weight[j * m->length + k]];
                const uint64_t *velocity = jacobian + (size_t)m->weight[i * m->length + k] * samples;
                for (size_t c = 0; factor && c < samples; c++)
                    row[c] = nalg_add_mod(row[c], nalg_multiply_mod(factor, velocity[c], p), p);
            }
}

/* ---- containment ---- */

/* The same equalities between weights, and nothing mixed. */
static bool inside_plainly(const nalg_strata *strata, const nalg_stratum *inner, const nalg_stratum *outer,
                           int32_t *value)
{
    bool inside = inner->free_count <= outer->free_count;
    for (int32_t k = 0; k < outer->free_count; k++) value[k] = INT32_MIN;
    for (size_t i = 0; inside && i < strata->parameters; i++) {
        int32_t k = outer->map[i];
        if (k < 0)
            inside = inner->map[i] < 0;
        else if (value[k] == INT32_MIN)
            value[k] = inner->map[i];
        else
            inside = value[k] == inner->map[i];
    }
    return inside;
}

static uint64_t residue(uint64_t stream, uint64_t i, uint64_t p)
{
    nalg_random r = nalg_random_stream(STREAM_INSIDE, stream);
    r.counter = i;
    return nalg_random_bits(&r) % p;
}

/* Weights of a random point of a stratum, moved by a random linear map of the units. */
static bool random_point(uint64_t *w, const nalg_strata *strata, const nalg_stratum *s, uint64_t p)
{
    const nalg_exchangeable *m = &strata->mixing;
    uint64_t *old = nalg_array(strata->parameters, sizeof *old);
    if (!old) return false;
    for (size_t i = 0; i < strata->parameters; i++)
        w[i] = old[i] = s->map[i] < 0 ? 0 : residue(1, (uint64_t)s->map[i], p);
    for (size_t k = 0; s->mixed && k < m->length; k++)
        for (size_t i = 0; i < m->units; i++) {
            uint64_t sum = 0;
            for (size_t j = 0; j < m->units; j++)
                sum = nalg_add_mod(
                    sum,
                    nalg_multiply_mod(residue(2, i * m->units + j, p), old[m->weight[j * m->length + k]], p),
                    p);
            w[m->weight[i * m->length + k]] = sum;
        }
    free(old);
    return true;
}

/* Equalities of the weights that are not mixed. */
static bool satisfies(const nalg_strata *strata, const nalg_stratum *s, const uint64_t *w, const bool *mixed,
                      int32_t *first)
{
    for (int32_t k = 0; k < s->free_count; k++) first[k] = -1;
    for (size_t i = 0; i < strata->parameters; i++) {
        int32_t k = s->map[i];
        if (mixed[i]) continue;
        if (k < 0 ? w[i] != 0 : first[k] >= 0 && w[first[k]] != w[i]) return false;
        if (k >= 0 && first[k] < 0) first[k] = (int32_t)i;
    }
    return true;
}

/* Ranks of the slots that are mixed. */
static nalg_status has_ranks(nalg_ctx *ctx, bool *yes, const nalg_strata *strata, const nalg_stratum *s,
                             const uint64_t *w, uint64_t p)
{
    const nalg_exchangeable *m = &strata->mixing;
    uint64_t *matrix = nalg_array(m->units * m->length, sizeof *matrix);
    nalg_status status = matrix ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t rank = 1; s->mixed && rank < m->units && *yes && status == NALG_OK; rank++) {
        size_t rows = 0;
        nalg_rank_profile profile = {0};
        for (size_t k = 0; k < m->length; k++) {
            if (nalg_stratum_slot_rank(strata, s, k) > rank) continue;
            for (size_t u = 0; u < m->units; u++)
                matrix[rows * m->units + u] = w[m->weight[u * m->length + k]];
            rows++;
        }
        status = nalg_rank_word(ctx, &profile, matrix, rows, m->units, m->units, p);
        *yes = status == NALG_OK && profile.rank <= rank;
        nalg_rank_profile_clear(&profile);
    }
    free(matrix);
    return status;
}

nalg_status nalg_stratum_inside(nalg_ctx *ctx, bool *inside, const nalg_strata *strata,
                                const nalg_stratum *inner, const nalg_stratum *outer)
{
    size_t n = strata->parameters;
    int32_t *first = nalg_array(n, sizeof *first);
    uint64_t *w = nalg_array(n, sizeof *w), p = nalg_prime_word(0, 2);
    bool *mixed = nalg_array(n, sizeof *mixed);
    nalg_status status = first && w && mixed ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK && !inner->mixed && !outer->mixed) {
        *inside = inside_plainly(strata, inner, outer, first);
    } else if (status == NALG_OK) {
        if (!random_point(w, strata, inner, p)) status = nalg_fail_memory(ctx);
        nalg_stratum_mark_mixed(strata, outer, mixed);
        *inside = status == NALG_OK && satisfies(strata, outer, w, mixed, first);
        if (*inside) status = has_ranks(ctx, inside, strata, outer, w, p);
    }
    free(first);
    free(w);
    free(mixed);
    return status;
}
