/* Ambient spaces.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/ambient.h"
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/chain.h"
#include "geometry/jacobian.h"
#include "graph/evaluate.h"
#include "model/degrees.h"

/* Spans up to this size are computed when no formula applies, and up to the second to check the formula. */
#define COMPUTED_LIMIT 256
#define CHECKED_LIMIT 64
/* Work allowed for that: weight vectors times samples times entries of the graph. */
#define WORK_LIMIT 3e8

/* Rank of size x size values. */
static nalg_status span_rank(nalg_ctx *ctx, size_t *rank, const nalg_model *model, size_t size, uint32_t p)
{
    nalg_field field;
    nalg_field_fast(&field, p);
    nalg_rank_profile profile = {0};
    double *matrix = nalg_array_aligned(size * size, sizeof *matrix);
    if (!matrix) return nalg_fail_memory(ctx);
    nalg_status status = NALG_E_UNSUPPORTED;
    for (uint32_t retry = 0; status == NALG_E_UNSUPPORTED && retry < 8; retry++) {
        nalg_point point = {.prime = p, .seed = nalg_ctx_seed(ctx), .trial = 200 + retry};
        status = nalg_function_matrix(ctx, matrix, model, &field, &point, size, size);
    }
    if (status == NALG_OK) status = nalg_matrix_rank(ctx, &profile, matrix, size, size, &field);
    if (status == NALG_OK) *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    free(matrix);
    return status;
}

/* Entries of all nodes for one sample. */
static nalg_status entries_per_sample(nalg_ctx *ctx, double *out, const nalg_model *model)
{
    nalg_graph g;
    int output;
    nalg_graph_init(&g);
    nalg_status status = nalg_model_lower(ctx, model, &g, &output);
    *out = (double)nalg_evaluation_elements(&g, 1);
    nalg_graph_clear(&g);
    return status;
}

/* Double the number of functions until they are dependent. *rank stays 0 when the limit is reached. */
static nalg_status compute(nalg_ctx *ctx, size_t *rank, const nalg_model *model, size_t limit, uint32_t p)
{
    size_t found = 0;
    double each;
    nalg_status counted = entries_per_sample(ctx, &each, model);
    if (counted != NALG_OK) return counted;
    for (size_t size = 32;; size *= 2) {
        if (size > 2 * limit || (double)size * (double)size * each > WORK_LIMIT) return NALG_OK;
        nalg_status status = span_rank(ctx, &found, model, size, p);
        if (status == NALG_E_UNSUPPORTED) return NALG_OK;
        if (status != NALG_OK) return status;
        if (found < size) {
            *rank = found;
            return NALG_OK;
        }
    }
}

/* Monomials of the degrees that occur, for a multilayer perceptron: its functions contain all powers of linear forms with these
 * degrees, which span. */
static nalg_status formula(nalg_ctx *ctx, nalg_ambient *out, const nalg_model *model)
{
    nalg_chain chain;
    nalg_degrees degrees;
    if (!nalg_chain_read(&chain, model)) return NALG_OK;
    if (!nalg_degrees_coordinates(&degrees)) return nalg_fail_memory(ctx);
    nalg_status status = nalg_pipeline_degrees(model->layers, &degrees) ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK && degrees.known && degrees.count) {
        nalg_degrees_monomials(&degrees, chain.width[0], &out->size);
        fmpz_mul_ui(&out->size, &out->size, chain.width[chain.layers]);
        out->known = out->proved = true;
    }
    nalg_degrees_clear(&degrees);
    return status;
}

nalg_status nalg_ambient_find(nalg_ctx *ctx, nalg_ambient *out, const nalg_model *model, uint64_t largest_exponent)
{
    uint32_t p = nalg_prime_fast(7, largest_exponent);
    size_t rank = 0;
    fmpz_init(&out->size);
    nalg_status status = formula(ctx, out, model);
    if (status != NALG_OK || !p) return status;
    if (out->known && fmpz_cmp_ui(&out->size, CHECKED_LIMIT) > 0) return NALG_OK;
    status = compute(ctx, &rank, model, out->known ? CHECKED_LIMIT : COMPUTED_LIMIT, p);
    if (status == NALG_OK && rank) {
        out->proved = out->known && fmpz_equal_ui(&out->size, rank);
        out->known = out->computed = true;
        fmpz_set_ui(&out->size, rank);
    }
    return status;
}

void nalg_ambient_clear(nalg_ambient *a)
{
    if (a->size) fmpz_clear(&a->size);
    *a = (nalg_ambient){0};
}

int nalg_ambient_describe(json_t *answer, const nalg_ambient *a, size_t dimension, const nalg_upper_bounds *bounds)
{
    uint64_t expected = bounds->bound[0].value - bounds->symmetry_rank; /* parameters minus known symmetries */
    if (a->known && fmpz_cmp_ui(&a->size, expected) < 0) expected = fmpz_get_ui(&a->size);
    int failed = json_object_set_new(answer, "ambient", a->known ? nalg_json_fmpz(&a->size) : json_null());
    failed |= json_object_set_new(answer, "ambient_method", json_string(!a->known ? "unknown" : a->computed ? "span of evaluated functions, mod p" : "degrees that occur"));
    failed |= json_object_set_new(answer, "expected", nalg_json_unsigned(expected));
    failed |= json_object_set_new(answer, "defect", json_integer((json_int_t)expected - (json_int_t)dimension));
    bool fills = a->known && fmpz_equal_ui(&a->size, dimension);
    return failed | json_object_set_new(answer, "filling", a->known ? json_boolean(fills) : json_null());
}
