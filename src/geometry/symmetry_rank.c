/* Rank of the symmetry fields at a point.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/symmetry_rank.h"
#include <string.h>
#include "core/memory.h"
#include "exact/elimination.h"
#include "field/prime.h"

/* Extra columns of the compressed matrix. */
#define SLACK 64
/* Stream of the compression, apart from those of the point. */
#define COMPRESSION_STREAM UINT64_C(0x636f6c756d6e73)

typedef struct {
    const nalg_symmetries *symmetries;
    const nalg_point *point;
    double *matrix;
    size_t columns, parameters;
} table;

static uint64_t residue(int64_t coefficient, uint64_t p)
{
    int64_t r = coefficient % (int64_t)p;
    return (uint64_t)(r < 0 ? r + (int64_t)p : r);
}

/* Add a field's entries to its row; parameter i goes to a random column with a random factor when there are fewer columns. */
static void add_row(const table *t, size_t row, const nalg_vector_field *v)
{
    uint64_t p = t->point->prime;
    for (size_t k = 0; k < v->count; k++) {
        const nalg_field_term *term = &v->term[k];
        uint64_t value = residue(term->coefficient, p);
        if (term->source >= 0) value = nalg_multiply_mod(value, nalg_point_value(t->point, NALG_STREAM_WEIGHTS, (uint64_t)term->source), p);
        size_t column = term->target;
        if (t->columns < t->parameters) {
            nalg_random r = nalg_random_stream(t->point->seed, COMPRESSION_STREAM);
            r.counter = 2 * term->target;
            column = (size_t)(nalg_random_bits(&r) % t->columns);
            value = nalg_multiply_mod(value, 1 + nalg_random_below(&r, p - 1), p);
        }
        double *entry = &t->matrix[row * t->columns + column];
        *entry = (double)nalg_add_mod((uint64_t)*entry, value, p);
    }
}

/* Rank of the fields of symmetries first .. last-1. */
static nalg_status rank_of(nalg_ctx *ctx, size_t *rank, table *t, size_t first, size_t last, size_t rows)
{
    nalg_vector_field v = {0};
    nalg_rank_profile profile = {0};
    nalg_status status = NALG_OK;
    memset(t->matrix, 0, rows * t->columns * sizeof *t->matrix);
    size_t row = 0;
    for (size_t i = first; i < last; i++)
        for (size_t f = 0; f < t->symmetries->item[i].fields && status == NALG_OK; f++) {
            if (!nalg_symmetry_field(&t->symmetries->item[i], f, &v)) status = nalg_fail_memory(ctx);
            else add_row(t, row++, &v);
        }
    free(v.term);
    if (status == NALG_OK) status = nalg_rank_fast(ctx, &profile, t->matrix, rows, t->columns, t->columns, (uint32_t)t->point->prime);
    if (status == NALG_OK) *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    return status;
}

nalg_status nalg_symmetry_rank(nalg_ctx *ctx, size_t *total, size_t *each, const nalg_symmetries *s, const nalg_point *point)
{
    size_t fields = nalg_symmetries_fields(s), parameters = 0;
    if (fields > NALG_SYMMETRY_FIELDS_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "%zu symmetry fields are too many to evaluate", fields);
    *total = 0;
    if (fields == 0) return NALG_OK;
    nalg_vector_field v = {0};
    for (size_t i = 0; i < s->count; i++)
        for (size_t f = 0; f < s->item[i].fields; f++) {
            if (!nalg_symmetry_field(&s->item[i], f, &v)) {
                free(v.term);
                return nalg_fail_memory(ctx);
            }
            for (size_t k = 0; k < v.count; k++) parameters = v.term[k].target >= parameters ? v.term[k].target + 1 : parameters;
        }
    free(v.term);
    table t = {.symmetries = s, .point = point, .parameters = parameters, .columns = 2 * fields + SLACK < parameters ? 2 * fields + SLACK : parameters};
    t.matrix = nalg_array_aligned(fields * t.columns, sizeof *t.matrix);
    if (!t.matrix) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    for (size_t i = 0; each && i < s->count && status == NALG_OK; i++) status = rank_of(ctx, &each[i], &t, i, i + 1, s->item[i].fields);
    if (status == NALG_OK) status = rank_of(ctx, total, &t, 0, s->count, fields);
    free(t.matrix);
    return status;
}
