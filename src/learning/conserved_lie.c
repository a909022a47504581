/* Laws in a neighbourhood of a generic w are the functions that all fields v = grad_w (c . f_w(x)) annihilate, and by Frobenius'
 * theorem there are P minus the rank of the Lie algebra they generate (Marcotte, Gribonval, Peyre, arXiv 2307.00144).
 *
 * Over the field of rational functions in w the span M of all brackets found is enlarged by [v, m] for a basis v of the gradient
 * fields and the newest m, until nothing is new: since [v, a m] = a [v, m] + v(a) m, and left-nested brackets span the algebra, M is
 * then the whole of it. Ranks are taken at one random point mod p. The value of [v, m] = Dm v - Dv m at a point is read off m and v at
 * points moved by an infinitesimal, and m itself is a bracket: jets with one infinitesimal for each level (conserved_jets.h).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_lie.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "field/prime.h"
#include "learning/conserved_gradient.h"
#include "learning/conserved_jets.h"

#define PARAMETER_LIMIT 128
/* Gradients over the prime field that one call may cost; a gradient over jets with k infinitesimals counts 3^k. */
#define GRADIENT_LIMIT ((double)4e6)
/* Generators in a row that add nothing before their span is taken as found. */
#define FRUITLESS 6
#define LIE_TRIAL 60

typedef struct {
    size_t sample; /* a gradient field, or the left part of a bracket */
    int right;     /* element of the basis, or -1: a gradient field alone */
} bracket;

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_lie_rank *out;
    size_t parameters, most, generators, count;
    nalg_point point;
    nalg_gradient gradient; /* over jets of the level at hand */
    bracket basis[PARAMETER_LIMIT];
    uint64_t *echelon;      /* count rows, pivots 1 */
    size_t pivot[PARAMETER_LIMIT];
    char *scratch;          /* vectors over jets: four for each level */
    double cost;
} algebra;

/* Is v new? It then joins the echelon form. v is destroyed. */
static bool absorb(algebra *a, uint64_t *v)
{
    uint64_t p = a->point.prime;
    size_t n = a->parameters, pivot = 0;
    for (size_t r = 0; r < a->count; r++) {
        uint64_t factor = v[a->pivot[r]];
        const uint64_t *row = a->echelon + r * n;
        for (size_t i = 0; factor && i < n; i++) v[i] = nalg_subtract_mod(v[i], nalg_multiply_mod(factor, row[i], p), p);
    }
    while (pivot < n && !v[pivot]) pivot++;
    if (pivot == n || a->count == PARAMETER_LIMIT) return false;
    uint64_t inverse = nalg_inverse_mod(v[pivot], p);
    for (size_t i = 0; i < n; i++) a->echelon[a->count * n + i] = nalg_multiply_mod(v[i], inverse, p);
    a->pivot[a->count] = pivot;
    return true;
}

static uint64_t *vector(const algebra *a, unsigned level, size_t which)
{
    return (uint64_t *)(a->scratch + (level * 4 + which) * a->parameters * a->gradient.field.size);
}

/* out = w + e_level v. Neither w nor v has a coefficient at e_level. */
static void move(const algebra *a, uint64_t *out, const uint64_t *w, const uint64_t *v, unsigned level)
{
    size_t k = a->gradient.field.size / sizeof *w, bit = (size_t)1 << level;
    for (size_t i = 0; i < a->parameters; i++)
        for (size_t s = 0; s < k; s++) out[i * k + s] = s & bit ? v[i * k + (s ^ bit)] : w[i * k + s];
}

static bool gradient_at(algebra *a, uint64_t *out, size_t sample, const uint64_t *w)
{
    a->cost += pow(3, (double)a->gradient.field.precision);
    nalg_gradient_set_sample(&a->gradient, &a->point, sample);
    return nalg_gradient_at(&a->gradient, out, w);
}

/* The field b at w; infinitesimals from `level` on are free. False at a pole. */
static bool field_at(algebra *a, uint64_t *out, bracket b, const uint64_t *w, unsigned level)
{
    if (b.right < 0) return gradient_at(a, out, b.sample, w);
    uint64_t *moved = vector(a, level, 0), *v = vector(a, level, 1), *m = vector(a, level, 2), *value = vector(a, level, 3);
    size_t k = a->gradient.field.size / sizeof *out, bit = (size_t)1 << level;
    bracket right = a->basis[b.right];
    if (!gradient_at(a, v, b.sample, w)) return false;
    if (!field_at(a, m, right, w, level + 1)) return false;
    move(a, moved, w, v, level);
    if (!field_at(a, value, right, moved, level + 1)) return false;
    move(a, moved, w, m, level);
    if (!gradient_at(a, v, b.sample, moved)) return false;
    for (size_t i = 0; i < a->parameters; i++)
        for (size_t s = 0; s < k; s++)
            out[i * k + s] = s & bit ? 0 : nalg_subtract_mod(value[i * k + (s | bit)], v[i * k + (s | bit)], a->point.prime);
    return true;
}

/* Try one field; *found tells whether the basis grew. */
static nalg_status try_field(algebra *a, bracket b, bool *found)
{
    size_t n = a->parameters, k = a->gradient.field.size / sizeof(uint64_t);
    uint64_t *w = nalg_array_zero(2 * n * k, sizeof *w), *value = w + n * k;
    nalg_status status = w ? nalg_checkpoint(a->ctx) : nalg_fail_memory(a->ctx);
    *found = false;
    if (status == NALG_OK) {
        for (size_t i = 0; i < n; i++) w[i * k] = nalg_point_value(&a->point, NALG_STREAM_WEIGHTS, i);
        if (field_at(a, value, b, w, 0)) {
            for (size_t i = 0; i < n; i++) w[i] = value[i * k];
            *found = absorb(a, w);
        }
        if (*found) a->basis[a->count++] = b;
    }
    free(w);
    return status;
}

/* Jets and scratch space for brackets of `depth` + 1 fields. */
static nalg_status prepare(algebra *a, unsigned depth)
{
    nalg_field field;
    nalg_gradient_clear(&a->gradient);
    free(a->scratch);
    a->scratch = NULL;
    nalg_field_jets(&field, a->point.prime, depth);
    nalg_status status = nalg_gradient_create(a->ctx, &a->gradient, a->model, &field);
    if (status != NALG_OK) return status;
    a->scratch = nalg_array_zero((depth + 1) * 4 * a->parameters, field.size);
    return a->scratch ? NALG_OK : nalg_fail_memory(a->ctx);
}

static nalg_status find_generators(algebra *a)
{
    nalg_status status = prepare(a, 0);
    for (size_t sample = 0, fruitless = 0; status == NALG_OK && fruitless < FRUITLESS && a->count < a->most; sample++) {
        bool found;
        status = try_field(a, (bracket){sample, -1}, &found);
        fruitless = found ? 0 : fruitless + 1;
    }
    a->generators = a->count;
    return status;
}

/* All [generator, m] for the m that the last round found. */
static nalg_status round_of_brackets(algebra *a, size_t first, size_t last)
{
    for (size_t m = first; m < last; m++)
        for (size_t v = 0; v < a->generators && a->count < a->most; v++) {
            bool found;
            if (last == a->generators && v >= m) break; /* [v, v'] = -[v', v] */
            if (a->cost > GRADIENT_LIMIT) return NALG_OK;
            nalg_progress(a->ctx, "brackets", a->count, a->most, NULL);
            nalg_status status = try_field(a, (bracket){a->basis[v].sample, (int)m}, &found);
            if (status != NALG_OK) return status;
        }
    return NALG_OK;
}

static nalg_status close_up(algebra *a)
{
    nalg_status status = find_generators(a);
    size_t first = 0;
    a->out->depth = 1;
    for (unsigned depth = 1; status == NALG_OK && !a->out->closed && depth <= NALG_JET_LIMIT; depth++) {
        size_t last = a->count;
        if (last < a->most && first < last) {
            status = prepare(a, depth);
            if (status == NALG_OK) status = round_of_brackets(a, first, last);
        }
        if (a->count > last) a->out->depth = depth + 1;
        a->out->closed = a->count == a->most || (a->count == last && a->cost <= GRADIENT_LIMIT);
        if (a->cost > GRADIENT_LIMIT) break;
        first = last;
    }
    return status;
}

nalg_status nalg_lie_rank_find(nalg_ctx *ctx, nalg_lie_rank *out, const nalg_model *model, size_t most, uint64_t gradient_degree)
{
    *out = (nalg_lie_rank){.seed = nalg_ctx_seed(ctx)};
    if (model->parameters > PARAMETER_LIMIT) return NALG_OK;
    algebra *a = nalg_array_zero(1, sizeof *a);
    if (!a) return nalg_fail_memory(ctx);
    a->ctx = ctx;
    a->model = model;
    a->out = out;
    a->parameters = model->parameters;
    a->most = most;
    a->point = (nalg_point){.prime = nalg_prime_word(0, nalg_model_exponent(model)), .seed = out->seed, .trial = LIE_TRIAL};
    a->echelon = nalg_array((size_t)PARAMETER_LIMIT * (a->parameters + 1), sizeof *a->echelon);
    nalg_status status = a->echelon && a->point.prime ? close_up(a) : nalg_fail_memory(ctx);
    out->rank = a->count;
    out->prime = a->point.prime;
    /* A minor of size rank + 1 of brackets of up to depth + 1 fields, each of degree at most the gradient's. */
    double degree = ((double)a->count + 1) * ((double)out->depth + 1) * (double)gradient_degree;
    out->log10_epsilon = degree > 0 ? log10(degree) - log10((double)out->prime) : -INFINITY;
    if (a->gradient.evaluation) nalg_gradient_clear(&a->gradient);
    free(a->scratch);
    free(a->echelon);
    free(a);
    return status;
}
