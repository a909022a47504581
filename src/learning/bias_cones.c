/* The Voronoi argument. When h is the point of X nearest to u, then u - h is orthogonal to every velocity at
 * h of a curve in X whose negative is such a velocity too; among these are the images of d phi at every w
 * with f_w = h. So the targets of the stratum lie in a family of linear spaces of dimension `normal` over a
 * family of dimension `dimension`: when these add up to less than the ambient dimension, the targets have
 * measure zero. A dead unit with zero outgoing weights has free incoming weights, so many w lie over one h,
 * and their images are added up until several of them bring nothing new.
 *
 * The same with one w alone says for how many targets w is a critical point of the loss (critically exposed:
 * Shahverdi, Marchetti, Kohn, arXiv 2505.11846, theorem 4.3): such weights are traps for
 * training even when h is nearest to nothing. Voronoi cells: Cifuentes, Ranestad, Sturmfels, Weinstein, arXiv
 * 1811.08395. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/bias_cones.h"
#include <string.h>
#include "core/memory.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "geometry/jacobian.h"

/* Weights over h that must bring nothing new. */
#define PATIENCE 3
#define TRIAL_CONES 2100
enum { STREAM_CORE = 4100, STREAM_SILENT };

typedef struct {
    nalg_ctx *ctx;
    const nalg_strata *strata;
    nalg_jacobian jacobian;
    nalg_field field;
    nalg_point point;
    size_t parameters, samples;
    uint64_t *weight, *matrix, *work, *basis; /* Jacobian; basis and Jacobian; samples x samples */
    size_t rank;                              /* rows of the basis */
} cones;

/* Weights of item t: the same core for all of a set, silent ones anew for every number. */
static void draw(const cones *c, const nalg_stratum *t, uint64_t number)
{
    uint64_t p = c->point.prime, seed = nalg_ctx_seed(c->ctx);
    for (size_t i = 0; i < c->parameters; i++) {
        int32_t k = t->map[i];
        nalg_random r = nalg_random_stream(seed, k < t->core_count ? STREAM_CORE + (t->set << 20)
                                                                   : STREAM_SILENT + (number << 20));
        r.counter = (uint64_t)(k < 0 ? 0 : k);
        c->weight[i] = k < 0 ? 0 : nalg_random_bits(&r) % p;
    }
    for (size_t k = 0; k < t->less_count; k++) {
        uint64_t *target = &c->weight[t->less[k][0]];
        *target = nalg_subtract_mod(*target, c->weight[t->less[k][1]], p);
    }
}

/* Rank of `rows` rows in c->work, which is destroyed; the independent ones become the basis when asked for.
 */
static nalg_status rank_of(cones *c, size_t *rank, size_t rows, bool keep)
{
    nalg_rank_profile profile = {0};
    size_t n = c->samples;
    uint64_t *copy = nalg_array(rows * n, sizeof *copy);
    if (!copy) return nalg_fail_memory(c->ctx);
    memcpy(copy, c->work, rows * n * sizeof *copy);
    nalg_status status = nalg_rank_word(c->ctx, &profile, c->work, rows, n, n, c->point.prime);
    for (size_t i = 0; status == NALG_OK && keep && i < profile.rank; i++)
        memcpy(c->basis + i * n, copy + profile.pivot_rows[i] * n, n * sizeof *copy);
    *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    free(copy);
    return status;
}

/* Rank of the Jacobian at c->weight alone, and of all so far together. */
static nalg_status add_image(cones *c, size_t *alone)
{
    size_t n = c->samples;
    nalg_status status = nalg_jacobian_matrix(c->ctx, c->matrix, &c->jacobian, &c->field, &c->point, n);
    if (status != NALG_OK) return status;
    memcpy(c->work, c->matrix, c->parameters * n * sizeof *c->work);
    status = rank_of(c, alone, c->parameters, false);
    if (status != NALG_OK) return status;
    memcpy(c->work, c->basis, c->rank * n * sizeof *c->work);
    memcpy(c->work + c->rank * n, c->matrix, c->parameters * n * sizeof *c->work);
    return rank_of(c, &c->rank, c->rank + c->parameters, true);
}

/* Rank of the derivative along the stratum itself: rows of tied weights add up. c->matrix is the Jacobian at
 * the first item. */
static nalg_status along(cones *c, const nalg_stratum *t, size_t *rank)
{
    size_t n = c->samples, rows = (size_t)t->free_count;
    uint64_t p = c->point.prime;
    memset(c->work, 0, rows * n * sizeof *c->work);
    for (size_t i = 0; i < c->parameters; i++)
        for (size_t k = 0; t->map[i] >= 0 && k < n; k++) {
            uint64_t *sum = &c->work[(size_t)t->map[i] * n + k];
            *sum = nalg_add_mod(*sum, c->matrix[i * n + k], p);
        }
    if (t->mixed) nalg_stratum_mixing_rows(c->work + rows * n, c->strata, c->weight, c->matrix, n, p);
    return rank_of(c, rank, rows + t->mixed * t->mixed, false);
}

static nalg_status measure(cones *c, nalg_bias_cone *out, size_t first, size_t last, size_t ambient)
{
    nalg_status status = NALG_OK;
    size_t least = SIZE_MAX;
    c->rank = 0;
    for (size_t i = first; i < last && status == NALG_OK; i++) {
        const nalg_stratum *t = &c->strata->item[i];
        size_t idle = 0, wanted = t->free_count > t->core_count ? PATIENCE : 1;
        for (uint64_t number = 0; idle < wanted && status == NALG_OK; number++) {
            size_t before = c->rank, alone = 0;
            draw(c, t, number);
            status = add_image(c, &alone);
            if (status == NALG_OK && i == first && number == 0) status = along(c, t, &out->dimension);
            if (alone < least) least = alone;
            idle = c->rank > before && wanted > 1 ? 0 : idle + 1;
            if (status == NALG_OK) status = nalg_checkpoint(c->ctx);
        }
    }
    if (status != NALG_OK) return status;
    out->normal = ambient > c->rank ? ambient - c->rank : 0;
    out->critical = ambient > least ? ambient - least : 0;
    return NALG_OK;
}

nalg_status nalg_bias_cones(nalg_ctx *ctx, nalg_bias_cone *out, const nalg_model *model,
                            const nalg_strata *strata, size_t ambient)
{
    cones c = {.ctx = ctx,
               .strata = strata,
               .parameters = model->parameters,
               .samples = ambient + NALG_SPARE_SAMPLES};
    nalg_status status = nalg_jacobian_gradient(ctx, &c.jacobian, model);
    if (status != NALG_OK) return status;
    size_t rows = c.samples + c.parameters + strata->mixing.units * strata->mixing.units;
    c.weight = nalg_array(c.parameters, sizeof *c.weight);
    c.matrix = nalg_array(c.parameters * c.samples, sizeof *c.matrix);
    c.work = nalg_array(rows * c.samples, sizeof *c.work);
    c.basis = nalg_array(c.samples * c.samples, sizeof *c.basis);
    if (!c.weight || !c.matrix || !c.work || !c.basis) status = nalg_fail_memory(ctx);
    c.point = (nalg_point){.prime = nalg_prime_word(0, nalg_model_exponent(model)),
                           .seed = nalg_ctx_seed(ctx),
                           .trial = TRIAL_CONES,
                           .weights = c.weight};
    nalg_field_word(&c.field, c.point.prime);
    for (size_t i = 0; i < strata->count && status == NALG_OK;) {
        size_t set = strata->item[i].set, last = i;
        while (last < strata->count && strata->item[last].set == set) last++;
        status = measure(&c, &out[set], i, last, ambient);
        i = last;
    }
    nalg_jacobian_clear(&c.jacobian);
    free(c.weight);
    free(c.matrix);
    free(c.work);
    free(c.basis);
    return status;
}
