/* Collecting upper bounds.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/upper_bounds.h"
#include <inttypes.h>
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/attention_bounds.h"
#include "geometry/chain_bounds.h"
#include "geometry/symmetry_rank.h"
#include "geometry/wider.h"
#include "model/degrees.h"

/* Steals source and proof. */
static nalg_status add(nalg_ctx *ctx, nalg_upper_bounds *b, const char *kind, uint64_t value, nalg_text *source, json_t *proof)
{
    char *text = nalg_text_take(source);
    if (!text || b->count == NALG_BOUND_LIMIT) {
        free(text);
        json_decref(proof);
        return nalg_fail_memory(ctx);
    }
    b->bound[b->count++] = (nalg_upper_bound){kind, value, text, proof};
    if (value < b->least) b->least = value;
    return NALG_OK;
}

/* Rank of a model's symmetries at the bounds' point. Too many fields count as none: the bound is only weaker. */
static nalg_status measure(nalg_ctx *ctx, const nalg_upper_bounds *b, nalg_symmetries *s, size_t *rank, size_t **each, const nalg_model *model)
{
    *rank = 0;
    nalg_status status = nalg_symmetries_find(ctx, s, model);
    if (status != NALG_OK) return status;
    *each = nalg_array_zero(s->count, sizeof **each);
    if (!*each) return nalg_fail_memory(ctx);
    nalg_point point = {.prime = b->prime, .seed = b->seed};
    if (nalg_symmetries_fields(s) > NALG_SYMMETRY_FIELDS_LIMIT) return NALG_OK;
    return nalg_symmetry_rank(ctx, rank, *each, s, &point);
}

static nalg_status symmetry_bound(nalg_ctx *ctx, nalg_upper_bounds *b, const nalg_model *model)
{
    nalg_text source = {0};
    nalg_status status = measure(ctx, b, &b->symmetries, &b->symmetry_rank, &b->symmetry_dimension, model);
    if (status != NALG_OK) return status;
    nalg_text_format(&source, "%zu parameters minus %zu dimensions of known symmetries", model->parameters, b->symmetry_rank);
    return add(ctx, b, "symmetries", model->parameters - b->symmetry_rank, &source, NULL);
}

static nalg_status ambient_bound(nalg_ctx *ctx, nalg_upper_bounds *b, const nalg_model *model)
{
    nalg_degrees degrees;
    nalg_text source = {0};
    fmpz_t size;
    if (!nalg_degrees_coordinates(&degrees)) return nalg_fail_memory(ctx);
    nalg_status status = nalg_pipeline_degrees(model->layers, &degrees) ? NALG_OK : nalg_fail_memory(ctx);
    fmpz_init(size);
    if (status == NALG_OK && degrees.known && degrees.count) {
        nalg_degrees_monomials(&degrees, nalg_shape_size(&model->layers->in), size);
        fmpz_mul_ui(size, size, nalg_shape_size(&model->layers->out));
        if (fmpz_cmp_ui(size, UINT64_C(1) << 60) < 0) {
            nalg_text_format(&source, "polynomials in %zu variables with the degrees that occur (largest %" PRIu64 "), for %zu outputs",
                             nalg_shape_size(&model->layers->in), degrees.degree[degrees.count - 1], nalg_shape_size(&model->layers->out));
            status = add(ctx, b, "ambient", fmpz_get_ui(size), &source, NULL);
        }
    }
    fmpz_clear(size);
    nalg_degrees_clear(&degrees);
    return status;
}

static nalg_status recursion_bound(nalg_ctx *ctx, nalg_upper_bounds *b, const nalg_model *model)
{
    nalg_chain chain;
    uint64_t value;
    json_t *proof;
    const char *rule;
    nalg_text source = {0};
    if (!nalg_chain_read(&chain, model)) return NALG_OK;
    nalg_status status = nalg_chain_bound(ctx, &value, &proof, &rule, &chain);
    if (status != NALG_OK) return status;
    nalg_text_format(&source, "recursion over blocks of layers (last step: %s; Kileel-Trager-Bruna 2019)", rule);
    return add(ctx, b, "recursion", value, &source, proof);
}

static nalg_status attention_bounds(nalg_ctx *ctx, nalg_upper_bounds *b, const nalg_model *model)
{
    uint64_t value;
    nalg_text source = {0};
    nalg_model *narrow = NULL;
    nalg_status status = NALG_OK;
    if (nalg_attention_ambient_bound(&value, model)) {
        nalg_text_string(&source, "coefficients of values times symmetrised scores");
        status = add(ctx, b, "coefficients", value, &source, NULL);
    }
    if (status == NALG_OK && nalg_attention_heads_bound(&value, model)) {
        nalg_text_string(&source, "sum over heads of scores times values: matrices of bounded rank");
        status = add(ctx, b, "heads", value, &source, NULL);
    }
    if (status == NALG_OK) status = nalg_attention_narrow(ctx, &narrow, model);
    if (status != NALG_OK || !narrow) return status;
    nalg_symmetries s = {0};
    size_t rank, *each = NULL;
    status = measure(ctx, b, &s, &rank, &each, narrow);
    if (status == NALG_OK) {
        nalg_text_format(&source, "its functions are among those of `%s`, which has %zu parameters and %zu dimensions of symmetries", narrow->pipeline,
                         narrow->parameters, rank);
        status = add(ctx, b, "narrower", narrow->parameters - rank, &source, json_pack("{s:s, s:o}", "pipeline", narrow->pipeline, "symmetry_rank", nalg_json_unsigned(rank)));
    }
    nalg_symmetries_clear(&s);
    free(each);
    nalg_model_free(narrow);
    return status;
}

/* The best bound of a model that includes this one; it has no linear programs, so this ends. */
static nalg_status wider_bound(nalg_ctx *ctx, nalg_upper_bounds *b, const nalg_model *model)
{
    nalg_model *wider = NULL;
    nalg_upper_bounds inner;
    nalg_text source = {0};
    nalg_status status = nalg_wider_model(ctx, &wider, model);
    if (status != NALG_OK || !wider) return status;
    status = nalg_upper_bounds_find(ctx, &inner, wider);
    if (status == NALG_OK) {
        json_t *proof = json_pack("{s:s, s:o}", "pipeline", wider->pipeline, "upper", nalg_upper_bounds_certificate(&inner));
        nalg_text_format(&source, "its functions are among those of `%s`, which has at most %" PRIu64 " dimensions", wider->pipeline, inner.least);
        status = add(ctx, b, "wider", inner.least, &source, proof);
        nalg_upper_bounds_clear(&inner);
    }
    nalg_model_free(wider);
    return status;
}

nalg_status nalg_upper_bounds_find(nalg_ctx *ctx, nalg_upper_bounds *out, const nalg_model *model)
{
    nalg_upper_bounds b = {.least = UINT64_MAX, .prime = nalg_prime_fast(0, 0), .seed = nalg_ctx_seed(ctx)};
    nalg_text source = {0};
    nalg_text_string(&source, "number of parameters");
    nalg_status status = add(ctx, &b, "parameters", model->parameters, &source, NULL);
    if (status == NALG_OK) status = symmetry_bound(ctx, &b, model);
    if (status == NALG_OK) status = ambient_bound(ctx, &b, model);
    if (status == NALG_OK) status = recursion_bound(ctx, &b, model);
    if (status == NALG_OK) status = attention_bounds(ctx, &b, model);
    if (status == NALG_OK) status = wider_bound(ctx, &b, model);
    if (status == NALG_OK) *out = b;
    else nalg_upper_bounds_clear(&b);
    return status;
}

void nalg_upper_bounds_clear(nalg_upper_bounds *b)
{
    for (size_t i = 0; i < b->count; i++) {
        free(b->bound[i].source);
        json_decref(b->bound[i].proof);
    }
    nalg_symmetries_clear(&b->symmetries);
    free(b->symmetry_dimension);
    *b = (nalg_upper_bounds){0};
}

static json_t *bound_json(const nalg_upper_bound *u)
{
    return json_pack("{s:s, s:o, s:s}", "kind", u->kind, "value", nalg_json_unsigned(u->value), "source", u->source);
}

json_t *nalg_upper_bounds_list(const nalg_upper_bounds *b)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < b->count; i++)
        if (json_array_append_new(list, bound_json(&b->bound[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *nalg_upper_bounds_symmetries(const nalg_upper_bounds *b)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < b->symmetries.count; i++)
        if (json_array_append_new(list, json_pack("{s:s, s:o}", "name", b->symmetries.item[i].name, "dimension", nalg_json_unsigned(b->symmetry_dimension[i])))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

json_t *nalg_upper_bounds_certificate(const nalg_upper_bounds *b)
{
    const nalg_upper_bound *best = &b->bound[0];
    for (size_t i = 0; i < b->count; i++)
        if (b->bound[i].value < best->value) best = &b->bound[i];
    json_t *certificate = bound_json(best);
    if (!certificate) return NULL;
    int failed = best->proof ? json_object_set(certificate, "proof", best->proof) : 0;
    failed |= json_object_set_new(certificate, "symmetry_rank", nalg_json_unsigned(b->symmetry_rank));
    if (!failed) return certificate;
    json_decref(certificate);
    return NULL;
}
