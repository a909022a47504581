/* The command `singular`: strata of subnetworks with their ranks, multiplicities and verdicts, and how they contain each other (METHODS 4).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/singular.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "model/document.h"

#define DEFAULT_DEGREE_LIMIT 200
#define DEGREE_LIMIT_MOST 100000
#define STREAM_POINT 7100
#define TWO_PI 6.283185307179586476925

void nalg_singular_options_init(nalg_singular_options *options)
{
    *options = (nalg_singular_options){.degree_limit = DEFAULT_DEGREE_LIMIT, .multiplicity = true};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_singular_options *options;
    nalg_space space;
    nalg_strata strata;
    nalg_strata_ranks ranks;
    nalg_verdict *verdict; /* for each set */
    size_t verdicts;
    bool *inside;          /* sets x sets: row contained in column */
} computation;

/* First stratum of a set, and one past its last. */
static void range_of(const nalg_strata *s, size_t set, size_t *first, size_t *last)
{
    *first = 0;
    while (s->item[*first].set != set) ++*first;
    *last = *first;
    while (*last < s->count && s->item[*last].set == set) ++*last;
}

/* ---- verdicts ---- */

/* A generic point: free parameters of absolute values between 0.5 and 1.5. */
static void generic_weights(const computation *c, const nalg_stratum *t, double complex *w)
{
    for (size_t i = 0; i < c->strata.parameters; i++) {
        nalg_random r = nalg_random_stream(nalg_ctx_seed(c->ctx), STREAM_POINT + t->set);
        r.counter = (uint64_t)(uint32_t)t->map[i] * 4;
        double radius = 0.5 + nalg_random_unit(&r), angle = TWO_PI * nalg_random_unit(&r);
        w[i] = t->map[i] < 0 ? 0 : CMPLX(radius * cos(angle), radius * sin(angle));
    }
}

static nalg_status judge_set(computation *c, size_t set, double complex *w)
{
    size_t first, last;
    range_of(&c->strata, set, &first, &last);
    nalg_point_facts facts = {.dimension = c->ranks.item[first].dimension, .tangent = c->ranks.tangent[set], .stratum = c->ranks.item[first].known,
                              .zero = c->strata.item[first].free_count == 0, .realised = c->ranks.item[first].known};
    for (size_t i = first; i < last; i++)
        if (c->ranks.item[i].jacobian_rank > facts.jacobian_rank) facts.jacobian_rank = c->ranks.item[i].jacobian_rank;
    generic_weights(c, &c->strata.item[first], w);
    nalg_progress(c->ctx, "multiplicities", set, c->strata.sets, NULL);
    return nalg_verdict_find(&c->space, &c->verdict[set], &facts, c->model, w);
}

static nalg_status judge(computation *c)
{
    double complex *w = nalg_array(c->strata.parameters, sizeof *w);
    c->verdict = nalg_array_zero(c->strata.sets, sizeof *c->verdict);
    nalg_status status = w && c->verdict ? NALG_OK : nalg_fail_memory(c->ctx);
    while (status == NALG_OK && c->verdicts < c->strata.sets) {
        status = judge_set(c, c->verdicts, w);
        c->verdicts += status == NALG_OK;
    }
    free(w);
    return status;
}

/* ---- containment ---- */

static bool set_inside(const nalg_strata *s, size_t first, size_t last, size_t outer_first, size_t outer_last)
{
    for (size_t i = first; i < last; i++)
        for (size_t j = outer_first; j < outer_last; j++)
            if (nalg_stratum_inside(s, &s->item[i], &s->item[j])) return true;
    return false;
}

/* Closed under transitivity; only pairs of different dimensions. */
static nalg_status contain(computation *c)
{
    size_t n = c->strata.sets;
    const nalg_strata *s = &c->strata;
    c->inside = nalg_array_zero(n * n, sizeof *c->inside);
    if (!c->inside) return nalg_fail_memory(c->ctx);
    for (size_t i = 0, a = 0; i < s->count; i = a) {
        for (a = i; a < s->count && s->item[a].set == s->item[i].set;) a++;
        nalg_status status = nalg_checkpoint(c->ctx);
        if (status != NALG_OK) return status;
        for (size_t j = 0, b = 0; j < s->count; j = b) {
            for (b = j; b < s->count && s->item[b].set == s->item[j].set;) b++;
            c->inside[s->item[i].set * n + s->item[j].set] = c->ranks.item[i].dimension < c->ranks.item[j].dimension && set_inside(s, i, a, j, b);
        }
    }
    for (size_t k = 0; k < n; k++) {
        nalg_status status = nalg_checkpoint(c->ctx);
        if (status != NALG_OK) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; c->inside[i * n + k] && j < n; j++) c->inside[i * n + j] = c->inside[i * n + j] || c->inside[k * n + j];
    }
    return NALG_OK;
}

/* Is nothing between the two? */
static bool covers(const computation *c, size_t inner, size_t outer)
{
    size_t n = c->strata.sets;
    if (!c->inside[inner * n + outer]) return false;
    for (size_t k = 0; k < n; k++)
        if (c->inside[inner * n + k] && c->inside[k * n + outer]) return false;
    return true;
}

static json_t *containment_json(const computation *c)
{
    json_t *list = json_array();
    size_t n = c->strata.sets;
    for (size_t i = 0; list && i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (covers(c, i, j)) json_array_append_new(list, json_pack("{s:s, s:s}", "inner", c->strata.set_name[i], "outer", c->strata.set_name[j]));
    return list;
}

/* ---- the document ---- */

static json_t *row_json(const computation *c, size_t i)
{
    const nalg_stratum *t = &c->strata.item[i];
    const nalg_stratum_rank *r = &c->ranks.item[i];
    const nalg_verdict *v = &c->verdict[t->set];
    json_t *row = json_pack("{s:s, s:o, s:o, s:o}", "name", t->name, "dimension", r->known ? nalg_json_unsigned(r->dimension) : json_null(), "codimension",
                            r->known ? nalg_json_unsigned(c->space.dimension - r->dimension) : json_null(), "jacobian_rank",
                            r->known ? nalg_json_unsigned(r->jacobian_rank) : json_null());
    if (!row) return NULL;
    int failed = json_object_set_new(row, "multiplicity", v->multiplicity_known ? nalg_json_fmpz(&v->multiplicity) : json_null());
    failed |= json_object_set_new(row, "singular", nalg_truth_json(v->singular));
    failed |= json_object_set_new(row, "kind", v->kind ? json_string(v->kind) : json_null());
    failed |= json_object_set_new(row, "evidence", json_string(v->evidence));
    failed |= json_object_set_new(row, "functions", json_string(c->strata.set_name[t->set]));
    failed |= json_object_set_new(row, "reduction", json_string(t->kind));
    failed |= json_object_set_new(row, "in_image", json_true());
    failed |= json_object_set_new(row, "tangent_dimension", nalg_json_unsigned(c->ranks.tangent[t->set]));
    failed |= json_object_set_new(row, "free_parameters", json_integer(t->free_count));
    failed |= json_object_set_new(row, "multiplicity_evidence", json_string(v->multiplicity_evidence));
    failed |= json_object_set_new(row, "multiplicity_source", json_string(v->multiplicity_source));
    failed |= json_object_set_new(row, "why", json_string(v->why));
    if (!failed) return row;
    json_decref(row);
    return NULL;
}

static json_t *rows_json(const computation *c)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < c->strata.count; i++)
        if (json_array_append_new(list, row_json(c, i))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static size_t count_sets(const computation *c, nalg_truth singular)
{
    size_t count = 0;
    for (size_t i = 0; i < c->strata.sets; i++) count += c->verdict[i].singular == singular;
    return count;
}

static json_t *answer_json(const computation *c)
{
    const nalg_space *s = &c->space;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "dimension", nalg_json_unsigned(s->dimension), "ambient",
                     s->ambient.known ? nalg_json_fmpz(&s->ambient.size) : json_null(), "degree", s->degree_known ? nalg_json_fmpz(s->degree) : json_null(),
                     "singular_sets", nalg_json_unsigned(count_sets(c, NALG_TRUE)), "smooth_sets", nalg_json_unsigned(count_sets(c, NALG_FALSE)),
                     "undecided_sets", nalg_json_unsigned(count_sets(c, NALG_UNKNOWN)), "parameters", nalg_json_unsigned(c->model->parameters), "strata",
                     rows_json(c), "containment", containment_json(c), "truncated", c->strata.truncated);
}

/* The weakest claim among the verdicts; ranks at random points are probable at best. */
static const char *status_of(const computation *c)
{
    const char *status = "probable";
    for (size_t i = 0; i < c->strata.sets; i++) {
        const nalg_verdict *v = &c->verdict[i];
        if (!strcmp(v->evidence, "numerical") || (v->multiplicity_known && !strcmp(v->multiplicity_evidence, "numerical"))) status = "numerical";
    }
    return status;
}

static json_t *evidence_json(const computation *c)
{
    const nalg_space *s = &c->space;
    const char *functions = s->linear ? "none needed" : s->no_multiplicity ? s->no_multiplicity : s->functions.how;
    return json_pack("{s:s, s:f, s:[o, o], s:s, s:s, s:o}", "status", status_of(c), "epsilon", pow(10, c->ranks.log10_epsilon), "primes",
                     nalg_json_unsigned(c->ranks.prime[0]), nalg_json_unsigned(c->ranks.prime[1]), "dimension", s->dimension_proved ? "proved" : "probable",
                     "functions_through_generic_points", functions, "functions_found",
                     s->functions_tried && s->functions.complete ? nalg_json_unsigned(s->functions.found.count) : json_null());
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_strata_options strata = {.depth = c->options->depth, .limit = c->options->limit};
    if (c->options->degree_limit > DEGREE_LIMIT_MOST)
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "degree-limit", "write at most 100000", "%zu functions are too many to track", c->options->degree_limit);
    nalg_status status = nalg_strata_find(c->ctx, &c->strata, c->model, &strata);
    if (status == NALG_OK) status = nalg_space_find(c->ctx, &c->space, c->model);
    if (status != NALG_OK) return status;
    size_t ambient = c->space.ambient.known && fmpz_cmp_ui(&c->space.ambient.size, NALG_STRATA_WEIGHTS_LIMIT) < 0 ? fmpz_get_ui(&c->space.ambient.size) : 0;
    status = nalg_strata_ranks_find(c->ctx, &c->ranks, c->model, &c->strata, c->space.dimension, ambient);
    if (status == NALG_OK && c->options->multiplicity) status = nalg_space_functions(&c->space, c->options->degree_limit);
    if (status == NALG_OK) status = judge(c);
    if (status == NALG_OK) status = contain(c);
    if (status == NALG_OK)
        status = nalg_result_create(c->ctx, out, "singular", started, nalg_model_document(c->model), answer_json(c), evidence_json(c));
    nalg_space_clear(&c->space);
    return status;
}

nalg_status nalg_singular(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_singular_options *options)
{
    nalg_singular_options defaults;
    nalg_singular_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    nalg_status status = compute(&c, out, nalg_seconds());
    for (size_t i = 0; i < c.verdicts; i++) nalg_verdict_clear(&c.verdict[i]);
    free(c.verdict);
    free(c.inside);
    nalg_strata_ranks_clear(&c.ranks);
    nalg_strata_clear(&c.strata);
    return status;
}
