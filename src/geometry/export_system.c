/* What all exported systems share: the ring, random numbers, frozen and free weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/export.h"
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/interpolation.h"

enum { STREAM_EXPORT = 5001 };
#define NAME_BYTES 32
#define VARIABLE_LIMIT 5000

fmpq_mpoly_struct *nalg_export_append(nalg_export_system *s)
{
    if (!nalg_grow((void **)&s->polynomial, &s->capacity, s->count, sizeof *s->polynomial)) return NULL;
    fmpq_mpoly_init(s->polynomial + s->count, s->ring);
    return s->polynomial + s->count++;
}

/* Integers of two digits keep the numbers of a computer algebra system short; hundredths between 1/2 and 3/2 keep a numerical one stable. */
void nalg_export_draw(fmpq_t out, nalg_export_system *s)
{
    slong sign = nalg_random_below(&s->random, 2) ? 1 : -1;
    if (s->whole) fmpq_set_si(out, sign * (slong)(2 + nalg_random_below(&s->random, 96)), 1);
    else fmpq_set_si(out, sign * (slong)(50 + nalg_random_below(&s->random, 101)), 100);
}

nalg_status nalg_export_value(nalg_ctx *ctx, fmpq_t out, const fmpq_mpoly_struct *p, const nalg_export_system *s)
{
    fmpq **at = nalg_array(s->variables, sizeof *at);
    if (!at) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < s->variables; i++) at[i] = s->point + i;
    bool ok = fmpq_mpoly_evaluate_all_fmpq(out, p, at, s->ring);
    free(at);
    return ok ? NALG_OK : nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "the numbers of this system are too long");
}

static size_t inverse_entries(const nalg_graph *g, int output)
{
    size_t sum = 0;
    for (int i = 0; i <= output; i++) sum += g->node[i].op == NALG_OP_INVERSE ? g->node[i].size : 0;
    return sum;
}

/* The weights that are unknowns: all for the parametrisation, else as many as the dimension. */
static nalg_status choose_weights(nalg_ctx *ctx, nalg_export_system *s)
{
    s->weights = s->what == NALG_EXPORT_PARAM ? s->parameters : s->dimension;
    s->free_weight = nalg_array(s->weights, sizeof *s->free_weight);
    if (!s->free_weight) return nalg_fail_memory(ctx);
    if (s->what != NALG_EXPORT_PARAM) return nalg_interpolation_free_weights(ctx, s->free_weight, s->model, s->dimension);
    for (size_t i = 0; i < s->weights; i++) s->free_weight[i] = i;
    return NALG_OK;
}

static nalg_status make_ring(nalg_ctx *ctx, nalg_export_system *s)
{
    size_t inputs = s->what == NALG_EXPORT_INTERPOLATION ? 0 : s->inputs, reciprocals = 0;
    if (s->what == NALG_EXPORT_INTERPOLATION) reciprocals = s->dimension * inverse_entries(&s->graph, s->output);
    s->unknowns = s->weights + (s->what == NALG_EXPORT_CRITICAL);
    s->variables = inputs + s->unknowns + reciprocals;
    if (s->variables > VARIABLE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "the system has %zu variables, more than %d", s->variables, VARIABLE_LIMIT);
    s->name = nalg_array_zero(s->variables, sizeof *s->name);
    s->exponent = nalg_array_zero(s->variables, sizeof *s->exponent);
    s->point = nalg_array_zero(s->variables, sizeof *s->point); /* zero is a valid fmpq numerator; denominators follow */
    if (!s->name || !s->point || !s->exponent) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < s->variables; i++) fmpq_init(s->point + i);
    for (size_t i = 0; i < s->variables; i++) {
        if (!(s->name[i] = nalg_array(NAME_BYTES, 1))) return nalg_fail_memory(ctx);
        if (i < inputs) snprintf(s->name[i], NAME_BYTES, "x%zu", i + 1);
        else if (i < inputs + s->weights) snprintf(s->name[i], NAME_BYTES, "w%zu", s->free_weight[i - inputs] + 1);
        else if (s->what == NALG_EXPORT_CRITICAL) snprintf(s->name[i], NAME_BYTES, "t");
        else snprintf(s->name[i], NAME_BYTES, "u%zu", i - inputs - s->weights + 1);
    }
    fmpq_mpoly_ctx_init(s->ring, (slong)s->variables, ORD_LEX); /* inputs first: terms of one monomial in x are neighbours */
    s->ring_made = true;
    s->expansion.ring = s->ring;
    return NALG_OK;
}

/* All weights: variables of the ring, and numbers for the frozen ones. */
static nalg_status set_weights(nalg_ctx *ctx, nalg_export_system *s)
{
    fmpq_t number;
    size_t next = 0, first = s->what == NALG_EXPORT_INTERPOLATION ? 0 : s->inputs;
    s->weight = nalg_expansion_array(s->parameters, s->ring);
    if (!s->weight) return nalg_fail_memory(ctx);
    s->random = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_EXPORT);
    fmpq_init(number);
    for (size_t i = 0; i < s->parameters; i++) {
        nalg_export_draw(number, s);
        if (next < s->weights && s->free_weight[next] == i) {
            fmpq_mpoly_gen(s->weight + i, (slong)(first + next), s->ring);
            fmpq_set(s->point + first + next++, number);
        } else {
            fmpq_mpoly_set_fmpq(s->weight + i, number, s->ring);
        }
    }
    fmpq_clear(number);
    s->expansion.parameter = s->weight;
    return NALG_OK;
}

/* Integer coefficients without a common factor: an equation may be scaled, a coordinate may not. */
void nalg_export_make_primitive(fmpq_mpoly_struct *p, const fmpq_mpoly_ctx_struct *ring)
{
    fmpq_t content, coefficient;
    fmpq_init(content);
    fmpq_init(coefficient);
    for (slong i = 0; i < fmpq_mpoly_length(p, ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(coefficient, p, i, ring);
        fmpq_gcd(content, content, coefficient);
    }
    if (!fmpq_is_zero(content)) fmpq_mpoly_scalar_div_fmpq(p, p, content, ring);
    fmpq_clear(content);
    fmpq_clear(coefficient);
}

nalg_status nalg_export_build(nalg_export_system *s)
{
    nalg_ctx *ctx = s->ctx;
    s->inputs = nalg_shape_size(&s->model->layers->in);
    s->outputs = nalg_shape_size(&s->model->layers->out);
    s->parameters = s->model->parameters;
    nalg_graph_init(&s->graph);
    nalg_status status = nalg_model_lower(ctx, s->model, &s->graph, &s->output);
    if (status == NALG_OK) status = nalg_expansion_check(ctx, &s->graph, s->output);
    if (status == NALG_OK) status = nalg_dimension_of(ctx, &s->dimension, &s->dimension_proved, s->model);
    if (status == NALG_OK) status = choose_weights(ctx, s);
    if (status == NALG_OK) status = make_ring(ctx, s);
    if (status == NALG_OK) status = set_weights(ctx, s);
    if (status != NALG_OK) return status;
    switch (s->what) {
    case NALG_EXPORT_PARAM:
        return nalg_export_coefficients(ctx, s, NULL, NULL);
    case NALG_EXPORT_INTERPOLATION:
        status = nalg_export_interpolation(ctx, s);
        break;
    case NALG_EXPORT_CRITICAL:
        status = nalg_export_critical(ctx, s);
        break;
    }
    for (size_t i = 0; status == NALG_OK && i < s->count; i++) nalg_export_make_primitive(s->polynomial + i, s->ring);
    return status;
}

void nalg_export_clear(nalg_export_system *s)
{
    nalg_graph_clear(&s->graph);
    if (s->ring_made) {
        nalg_expansion_array_free(s->weight, s->parameters, s->ring);
        nalg_expansion_array_free(s->polynomial, s->count, s->ring);
        fmpq_mpoly_ctx_clear(s->ring);
    }
    for (size_t i = 0; s->point && i < s->variables; i++) fmpq_clear(s->point + i);
    for (size_t i = 0; s->name && i < s->variables; i++) free(s->name[i]);
    free(s->point);
    free(s->name);
    free(s->exponent);
    free(s->free_weight);
    nalg_text_clear(&s->legend);
}
