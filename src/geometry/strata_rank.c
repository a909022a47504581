/* Ranks modulo primes at strata (METHODS 4). A rank mod p at any point is at most the generic one over Q; it
 * is smaller with probability at most degree of the minor / p (Schwartz-Zippel).  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "geometry/strata_rank.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/jacobian.h"

#define TRIALS 2
#define TRIAL 700
/* Tangent directions looked for beyond dim X. */
#define MORE_TANGENTS 64
/* Points over one function whose tangent spaces are added up: at most so many draws of the weights that
 * change nothing. */
#define DRAWS 12
#define ENTRIES_LIMIT 50000000
#define STREAM_CORE 7001
#define STREAM_SILENT 7002

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_strata *strata;
    nalg_jacobian jacobian;
    nalg_field field;
    nalg_point point;
    size_t samples;
    uint64_t p;
    uint64_t *w;             /* weights at the present point */
    uint64_t *matrix, *work; /* parameters x samples: d phi there, and a copy that is destroyed */
    uint64_t *restricted;    /* rows of the restricted parametrisation */
    size_t restricted_rows;
    uint64_t *span, *span_work; /* a basis of the tangent directions found so far, samples x samples, and room
                                   for more rows */
    size_t span_rows, span_room;
} workspace;

static uint64_t residue(const workspace *s, uint64_t stream, uint64_t i)
{
    nalg_random r = nalg_random_stream(s->point.seed, stream);
    r.counter = i;
    return (uint64_t)((nalg_u128)nalg_random_bits(&r) * s->p >> 64);
}

/* The core is the same for all strata of a set, the silent weights differ by stratum and draw. */
static void place(workspace *s, const nalg_stratum *t, size_t trial, size_t draw)
{
    uint64_t core = STREAM_CORE + ((uint64_t)t->set << 8) * TRIALS + trial,
             number = (uint64_t)(t - s->strata->item);
    uint64_t silent = STREAM_SILENT + ((number * DRAWS + draw) << 8) * TRIALS + trial;
    for (size_t i = 0; i < s->strata->parameters; i++) {
        int32_t k = t->map[i];
        s->w[i] = k < 0 ? 0 : residue(s, k < t->core_count ? core : silent, (uint64_t)k);
    }
    for (size_t k = 0; k < t->less_count; k++)
        s->w[t->less[k][0]] = nalg_subtract_mod(s->w[t->less[k][0]], s->w[t->less[k][1]], s->p);
}

static nalg_status rank_of(workspace *s, nalg_rank_profile *profile, const uint64_t *matrix, uint64_t *work,
                           size_t rows)
{
    if (rows) memcpy(work, matrix, rows * s->samples * sizeof *work);
    return nalg_rank_word(s->ctx, profile, work, rows, s->samples, s->samples, s->p);
}

static void add_multiple(const workspace *s, uint64_t *row, uint64_t factor, const uint64_t *other)
{
    for (size_t c = 0; c < s->samples; c++)
        row[c] = nalg_add_mod(row[c], nalg_multiply_mod(factor, other[c], s->p), s->p);
}

/* d phi restricted to the stratum: rows of tied weights added up. */
static nalg_status restrict_rows(workspace *s, const nalg_stratum *t)
{
    size_t rows = (size_t)t->free_count, parameters = s->strata->parameters, all;
    s->restricted_rows = rows + t->mixed * t->mixed;
    free(s->restricted);
    s->restricted = nalg_size_multiply(&all, s->restricted_rows, s->samples) && all <= ENTRIES_LIMIT
                        ? nalg_array_zero(2 * all, sizeof *s->restricted)
                        : NULL;
    if (!s->restricted) return nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < parameters; i++)
        if (t->map[i] >= 0)
            add_multiple(s, s->restricted + (size_t)t->map[i] * s->samples, 1, s->matrix + i * s->samples);
    if (t->mixed)
        nalg_stratum_mixing_rows(s->restricted + rows * s->samples, s->strata, s->w, s->matrix, s->samples,
                                 s->p);
    return NALG_OK;
}

/* Put the independent rows of d phi into the span. */
static nalg_status extend_span(workspace *s, const nalg_rank_profile *profile)
{
    size_t rows = s->span_rows + profile->rank, bytes = s->samples * sizeof(uint64_t);
    if (rows > s->span_room)
        return nalg_fail(s->ctx, NALG_E_INTERNAL, NULL, NULL, "no room for tangent directions");
    for (size_t k = 0; k < profile->rank; k++)
        memcpy(s->span + (s->span_rows + k) * s->samples, s->matrix + profile->pivot_rows[k] * s->samples,
               bytes);
    nalg_rank_profile all = {0};
    nalg_status status = rank_of(s, &all, s->span, s->span_work, rows);
    if (status != NALG_OK) return status;
    /* Keep independent rows, in order, at the front. */
    for (size_t k = 0; k < all.rank; k++)
        memcpy(s->span_work + k * s->samples, s->span + all.pivot_rows[k] * s->samples, bytes);
    memcpy(s->span, s->span_work, all.rank * bytes);
    s->span_rows = all.rank;
    nalg_rank_profile_clear(&all);
    return NALG_OK;
}

static nalg_status jacobian_at(workspace *s, nalg_rank_profile *profile)
{
    nalg_status status = nalg_checkpoint(s->ctx);
    if (status == NALG_OK)
        status = nalg_jacobian_matrix(s->ctx, s->matrix, &s->jacobian, &s->field, &s->point, s->samples);
    return status == NALG_OK ? rank_of(s, profile, s->matrix, s->work, s->strata->parameters) : status;
}

static nalg_status measure(workspace *s, nalg_stratum_rank *out, const nalg_stratum *t, size_t trial,
                           size_t draw)
{
    nalg_rank_profile profile = {0}, restricted = {0};
    place(s, t, trial, draw);
    nalg_status status = jacobian_at(s, &profile);
    if (status == NALG_OK && draw == 0) status = restrict_rows(s, t);
    if (status == NALG_OK && draw == 0)
        status = rank_of(s, &restricted, s->restricted, s->restricted + s->restricted_rows * s->samples,
                         s->restricted_rows);
    if (status == NALG_OK) status = extend_span(s, &profile);
    if (status == NALG_OK) {
        out->known = true;
        if (profile.rank > out->jacobian_rank) out->jacobian_rank = profile.rank;
        if (restricted.rank > out->dimension) out->dimension = restricted.rank;
    }
    nalg_rank_profile_clear(&profile);
    nalg_rank_profile_clear(&restricted);
    return status == NALG_E_UNSUPPORTED ? NALG_OK : status; /* a pole: stays unknown */
}

/* Strata first .. last-1 are one set. */
static nalg_status measure_set(workspace *s, nalg_strata_ranks *out, size_t first, size_t last, size_t trial)
{
    size_t before = 0;
    s->span_rows = 0;
    for (size_t draw = 0; draw < DRAWS; draw++) {
        for (size_t i = first; i < last; i++) {
            const nalg_stratum *t = &s->strata->item[i];
            if (draw && t->free_count == t->core_count) continue;
            nalg_status status = measure(s, &out->item[i], t, trial, draw);
            if (status != NALG_OK) return status;
        }
        if (draw && s->span_rows == before) break;
        before = s->span_rows;
    }
    size_t *tangent = &out->tangent[s->strata->item[first].set];
    if (s->span_rows > *tangent) *tangent = s->span_rows;
    return NALG_OK;
}

static nalg_status run_trial(workspace *s, nalg_strata_ranks *out, size_t trial)
{
    nalg_status status = NALG_OK;
    s->p = out->prime[trial] = nalg_prime_word((unsigned)trial, nalg_model_exponent(s->model));
    if (!s->p)
        return nalg_fail(s->ctx, NALG_E_UNSUPPORTED, NULL, "use a smaller exponent",
                         "no prime of one word exceeds the exponents");
    nalg_field_word(&s->field, s->p);
    s->point = (nalg_point){
        .prime = s->p, .seed = nalg_ctx_seed(s->ctx), .trial = (uint32_t)(TRIAL + trial), .weights = s->w};
    for (size_t i = 0; status == NALG_OK && i < s->strata->count;) {
        size_t j = i + 1;
        while (j < s->strata->count && s->strata->item[j].set == s->strata->item[i].set) j++;
        nalg_progress(s->ctx, "subnetworks", trial * s->strata->count + i, TRIALS * s->strata->count, NULL);
        status = measure_set(s, out, i, j, trial);
        i = j;
    }
    return status;
}

static nalg_status prepare(workspace *s, size_t dimension, size_t ambient)
{
    size_t entries, span;
    s->samples = dimension + MORE_TANGENTS;
    if (ambient && ambient < s->samples) s->samples = ambient;
    s->samples += NALG_SPARE_SAMPLES;
    s->span_room = s->samples + (s->strata->parameters < s->samples ? s->strata->parameters : s->samples);
    if (!nalg_size_multiply(&entries, s->strata->parameters, s->samples) ||
        !nalg_size_multiply(&span, s->span_room, s->samples) || entries > ENTRIES_LIMIT ||
        span > ENTRIES_LIMIT)
        return nalg_fail(s->ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                         "a Jacobian of %zu weights at %zu samples is too large", s->strata->parameters,
                         s->samples);
    s->w = nalg_array(s->strata->parameters, sizeof *s->w);
    s->matrix = nalg_array(entries, sizeof *s->matrix);
    s->work = nalg_array(entries, sizeof *s->work);
    s->span = nalg_array(span, sizeof *s->span);
    s->span_work = nalg_array(span, sizeof *s->span_work);
    if (!s->w || !s->matrix || !s->work || !s->span || !s->span_work) return nalg_fail_memory(s->ctx);
    return nalg_jacobian_gradient(s->ctx, &s->jacobian, s->model);
}

nalg_status nalg_strata_ranks_find(nalg_ctx *ctx, nalg_strata_ranks *out, const nalg_model *model,
                                   const nalg_strata *strata, size_t dimension, size_t ambient)
{
    workspace s = {.ctx = ctx, .model = model, .strata = strata};
    nalg_strata_ranks r = {.item = nalg_array_zero(strata->count, sizeof *r.item),
                           .tangent = nalg_array_zero(strata->sets, sizeof *r.tangent)};
    uint64_t degree = 0;
    bool built = false;
    nalg_status status = r.item && r.tangent ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_jacobian_degree(ctx, &degree, model);
    if (status == NALG_OK) {
        status = prepare(&s, dimension, ambient);
        built = status == NALG_OK;
    }
    for (size_t trial = 0; trial < TRIALS && status == NALG_OK; trial++) {
        status = run_trial(&s, &r, trial);
        double chance = (double)s.samples * (double)degree /
                        (double)s.p; /* minors have at most as many rows as there are samples */
        r.log10_epsilon += chance < 1 ? log10(chance) : 0;
    }
    if (built) nalg_jacobian_clear(&s.jacobian);
    free(s.w);
    free(s.matrix);
    free(s.work);
    free(s.restricted);
    free(s.span);
    free(s.span_work);
    if (status == NALG_OK)
        *out = r;
    else
        nalg_strata_ranks_clear(&r);
    return status;
}

void nalg_strata_ranks_clear(nalg_strata_ranks *r)
{
    free(r->item);
    free(r->tangent);
    *r = (nalg_strata_ranks){0};
}
