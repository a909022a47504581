/* The torus that acts on a model's closure: the kernel of the conditions n_i(c) (l c) = 0, n_i(c) the normals at random points c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_grading.h"
#include <string.h>
#include "core/memory.h"
#include "exact/elimination.h"
#include "field/prime.h"

#define TRIAL_TANGENT 1100
/* Points beyond those that give as many conditions as coordinates. */
#define SPARE_TANGENTS 2
#define STREAM_WEIGHTS 77

/* Normals at one point: the kernel of the derivative. */
static nalg_status normals_at(nalg_ctx *ctx, nalg_kernel *normals, uint64_t *value, uint64_t *derivative, const nalg_coordinates *c, const nalg_point *point)
{
    nalg_status status = nalg_coordinates_tangent(ctx, value, derivative, c, point);
    return status == NALG_OK ? nalg_kernel_word(ctx, normals, derivative, c->model->parameters, c->count, c->count, point->prime) : status;
}

/* The Euler field is tangent: every normal vanishes on c itself. */
static bool is_cone(const nalg_kernel *normals, const uint64_t *value, uint64_t p)
{
    for (size_t i = 0; i < normals->dimension; i++) {
        uint64_t sum = 0;
        for (size_t k = 0; k < normals->cols; k++) sum = nalg_add_mod(sum, nalg_multiply_mod(normals->basis[i * normals->cols + k], value[k], p), p);
        if (sum) return false;
    }
    return true;
}

/* One random combination of the kernel's basis: two monomials have the same weight under it exactly when they have under all, except
 * for collisions, which only join two blocks. */
static nalg_status combine(nalg_ctx *ctx, nalg_closure_grading *g, const nalg_kernel *torus)
{
    g->torus = torus->dimension;
    g->weight = nalg_array_zero(torus->cols, sizeof *g->weight);
    if (!g->weight) return nalg_fail_memory(ctx);
    nalg_random random = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_WEIGHTS);
    for (size_t i = 0; i < torus->dimension; i++) {
        uint64_t factor = nalg_random_below(&random, g->prime);
        for (size_t k = 0; k < torus->cols; k++)
            g->weight[k] = nalg_add_mod(g->weight[k], nalg_multiply_mod(factor, torus->basis[i * torus->cols + k], g->prime), g->prime);
    }
    return NALG_OK;
}

typedef struct {
    uint64_t *value, *derivative, *condition;
    size_t rows, capacity;
} conditions;

static nalg_status add_conditions(nalg_ctx *ctx, conditions *s, const nalg_kernel *normals, uint64_t p)
{
    size_t n = normals->cols;
    for (size_t i = 0; i < normals->dimension && s->rows < s->capacity; i++, s->rows++)
        for (size_t k = 0; k < n; k++) s->condition[s->rows * n + k] = nalg_multiply_mod(normals->basis[i * n + k], s->value[k], p);
    return nalg_checkpoint(ctx);
}

static nalg_status collect(nalg_ctx *ctx, nalg_closure_grading *g, conditions *s, const nalg_coordinates *c)
{
    nalg_point point = {.prime = g->prime, .seed = nalg_ctx_seed(ctx), .trial = TRIAL_TANGENT};
    size_t needed = 1;
    nalg_status status = NALG_OK;
    for (size_t k = 0; k < needed && status == NALG_OK; k++, point.trial++) {
        nalg_kernel normals = {0};
        status = normals_at(ctx, &normals, s->value, s->derivative, c, &point);
        size_t codimension = normals.dimension, dimension = c->count - codimension;
        if (status == NALG_OK && k == 0) {
            g->cone = is_cone(&normals, s->value, g->prime);
            needed = codimension ? (c->count + codimension - 1) / codimension + SPARE_TANGENTS : 1;
            s->capacity = needed * codimension;
            s->condition = nalg_array(s->capacity * c->count, sizeof *s->condition);
            if (!s->condition) status = nalg_fail_memory(ctx);
        }
        if (dimension > g->dimension) g->dimension = dimension;
        if (status == NALG_OK) status = add_conditions(ctx, s, &normals, g->prime);
        nalg_kernel_clear(&normals);
        nalg_progress(ctx, "tangent spaces", k + 1, needed, NULL);
    }
    return status;
}

nalg_status nalg_closure_grading_find(nalg_ctx *ctx, nalg_closure_grading *out, const nalg_coordinates *c)
{
    conditions s = {.value = nalg_array(c->count, sizeof(uint64_t)), .derivative = nalg_array(c->model->parameters * c->count, sizeof(uint64_t))};
    nalg_kernel torus = {0};
    *out = (nalg_closure_grading){.prime = nalg_prime_word(0, c->degree)};
    nalg_status status = s.value && s.derivative ? collect(ctx, out, &s, c) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_kernel_word(ctx, &torus, s.condition, s.rows, c->count, c->count, out->prime);
    if (status == NALG_OK) status = combine(ctx, out, &torus);
    nalg_kernel_clear(&torus);
    free(s.value);
    free(s.derivative);
    free(s.condition);
    return status;
}

void nalg_closure_grading_clear(nalg_closure_grading *g)
{
    free(g->weight);
    *g = (nalg_closure_grading){0};
}
