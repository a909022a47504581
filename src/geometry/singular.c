/* The command `singular`: strata of subnetworks with their ranks, multiplicities and verdicts, and how they
 * contain each other (METHODS 4). SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/singular.h"
#include "geometry/limits.h"
#include "geometry/strata_gaps.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "model/document.h"

#define DEGREE_LIMIT_MOST 100000

void nalg_singular_options_init(nalg_singular_options *options)
{
    *options = (nalg_singular_options){.multiplicity = true};
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
    nalg_limits limits;
    nalg_verdict *limit_verdict;
    size_t limit_verdicts;
    bool *inside; /* sets x sets: row contained in column */
    size_t *set_dimension;
    nalg_singular_network network;
} computation;

/* First stratum of a set, and one past its last. */
static void range_of(const nalg_strata *s, size_t set, size_t *first, size_t *last)
{
    *first = 0;
    while (s->item[*first].set != set) ++*first;
    *last = *first;
    while (*last < s->count && s->item[*last].set == set) ++*last;
}

/* Largest rank over the places that realise a set. */
static size_t rank_of_set(const computation *c, size_t set)
{
    size_t first, last, rank = 0;
    range_of(&c->strata, set, &first, &last);
    for (size_t i = first; i < last; i++)
        if (c->ranks.item[i].jacobian_rank > rank) rank = c->ranks.item[i].jacobian_rank;
    return rank;
}

/* ---- verdicts ---- */

static nalg_status judge_set(computation *c, size_t set, double complex *w)
{
    size_t first, last;
    range_of(&c->strata, set, &first, &last);
    nalg_point_facts facts = {.dimension = c->ranks.item[first].dimension,
                              .tangent = c->ranks.tangent[set],
                              .stratum = c->ranks.item[first].known,
                              .vertex = nalg_stratum_is_vertex(&c->strata.item[first]),
                              .realised = c->ranks.item[first].known};
    facts.jacobian_rank = rank_of_set(c, set);
    nalg_singular_generic_point(w, &c->strata, &c->strata.item[first], nalg_ctx_seed(c->ctx));
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

/* Limits of networks: the same with the wider network that stands for them. */
static nalg_status judge_limits(computation *c)
{
    nalg_status status = nalg_limits_find(c->ctx, &c->limits, c->model, c->space.dimension);
    if (status != NALG_OK || !c->limits.count) return status;
    c->limit_verdict = nalg_array_zero(c->limits.count, sizeof *c->limit_verdict);
    if (!c->limit_verdict) return nalg_fail_memory(c->ctx);
    while (status == NALG_OK && c->limit_verdicts < c->limits.count) {
        const nalg_limit *l = &c->limits.item[c->limit_verdicts];
        nalg_point_facts facts = {.dimension = l->dimension, .stratum = true};
        double complex *w = nalg_array(l->wider->parameters, sizeof *w);
        if (!w) return nalg_fail_memory(c->ctx);
        nalg_limit_generic_point(w, l, nalg_ctx_seed(c->ctx), c->limit_verdicts);
        nalg_progress(c->ctx, "multiplicities of limits", c->limit_verdicts, c->limits.count, NULL);
        status = nalg_verdict_find(&c->space, &c->limit_verdict[c->limit_verdicts], &facts, l->wider, w);
        c->limit_verdicts += status == NALG_OK;
        free(w);
    }
    return status;
}

/* ---- containment ---- */

static nalg_status set_inside(computation *c, bool *inside, size_t first, size_t last, size_t outer_first,
                              size_t outer_last)
{
    const nalg_strata *s = &c->strata;
    nalg_status status = NALG_OK;
    for (size_t i = first; i < last; i++)
        for (size_t j = outer_first; j < outer_last && !*inside && status == NALG_OK; j++)
            status = nalg_stratum_inside(c->ctx, inside, s, &s->item[i], &s->item[j]);
    return status;
}

static bool numerical_count(const nalg_verdict *v)
{
    return v->multiplicity_known && !strcmp(v->multiplicity_evidence, "numerical");
}

/* Multiplicities are upper semicontinuous: a set has none that is less than that of a set around it. */
static void distrust(computation *c, size_t inner, size_t outer)
{
    nalg_verdict *i = &c->verdict[inner], *o = &c->verdict[outer];
    static const char why[] =
        "the counts of this set and of one that it lies in, or that lies in it, disagree";
    if (!i->multiplicity_known || !o->multiplicity_known || fmpz_cmp(&i->multiplicity, &o->multiplicity) >= 0)
        return;
    bool both = numerical_count(i) == numerical_count(o);
    if (both || numerical_count(i)) nalg_verdict_forget_multiplicity(i, why);
    if (both || numerical_count(o)) nalg_verdict_forget_multiplicity(o, why);
}

/* Singular points are a closed set: what lies in a singular set is singular, what lies around a smooth point
 * is smooth. Containments of mixed strata are themselves probable only. */
static void spread(computation *c)
{
    size_t n = c->strata.sets;
    bool mixed = c->strata.mixing.units > 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (c->inside[i * n + j]) distrust(c, i, j);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            nalg_verdict *inner = &c->verdict[i], *outer = &c->verdict[j];
            if (!c->inside[i * n + j] ||
                (inner->singular == NALG_UNKNOWN) == (outer->singular == NALG_UNKNOWN))
                continue;
            bool known = outer->singular == NALG_TRUE;
            const char *evidence = known ? outer->evidence : inner->evidence;
            if (mixed && !strcmp(evidence, "proved")) evidence = "probable";
            if (known)
                nalg_verdict_settle(&c->space, inner, NALG_TRUE, evidence,
                                    "inside a singular set, and the singular points are a closed set",
                                    rank_of_set(c, i));
            else if (inner->singular == NALG_FALSE)
                nalg_verdict_settle(&c->space, outer, NALG_FALSE, evidence,
                                    "around smooth points, and the smooth points are an open set",
                                    rank_of_set(c, j));
        }
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
            if (c->ranks.item[i].dimension < c->ranks.item[j].dimension)
                status = set_inside(c, &c->inside[s->item[i].set * n + s->item[j].set], i, a, j, b);
            if (status != NALG_OK) return status;
        }
    }
    for (size_t k = 0; k < n; k++) {
        nalg_status status = nalg_checkpoint(c->ctx);
        if (status != NALG_OK) return status;
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; c->inside[i * n + k] && j < n; j++)
                c->inside[i * n + j] = c->inside[i * n + j] || c->inside[k * n + j];
    }
    spread(c);
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
            if (covers(c, i, j))
                json_array_append_new(list, json_pack("{s:s, s:s}", "inner", c->strata.set_name[i], "outer",
                                                      c->strata.set_name[j]));
    return list;
}

/* ---- the document ---- */

static json_t *known_unsigned(bool known, uint64_t value)
{
    return known ? nalg_json_unsigned(value) : json_null();
}

static json_t *row_json(const computation *c, size_t i)
{
    const nalg_stratum *t = &c->strata.item[i];
    const nalg_stratum_rank *r = &c->ranks.item[i];
    const nalg_verdict *v = &c->verdict[t->set];
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:i}", "name", t->name, "dimension",
                     known_unsigned(r->known, r->dimension), "codimension",
                     known_unsigned(r->known, c->space.dimension - r->dimension), "jacobian_rank",
                     known_unsigned(r->known, r->jacobian_rank), "multiplicity",
                     v->multiplicity_known ? nalg_json_fmpz(&v->multiplicity) : json_null(), "singular",
                     nalg_truth_json(v->singular), "kind", v->kind ? json_string(v->kind) : json_null(),
                     "functions", c->strata.set_name[t->set], "reduction", t->kind, "free_parameters",
                     (int)t->free_count);
}

static json_t *limit_row_json(const computation *c, size_t i)
{
    const nalg_limit *l = &c->limits.item[i];
    const nalg_verdict *v = &c->limit_verdict[i];
    return json_pack("{s:s, s:I, s:I, s:n, s:o, s:o, s:n, s:s, s:s, s:i}", "name", l->name, "dimension",
                     (json_int_t)l->dimension, "codimension", (json_int_t)(c->space.dimension - l->dimension),
                     "jacobian_rank", "multiplicity",
                     v->multiplicity_known ? nalg_json_fmpz(&v->multiplicity) : json_null(), "singular",
                     nalg_truth_json(v->singular), "kind", "functions", l->name, "reduction", "limit",
                     "free_parameters", (int)l->free_count);
}

static json_t *limit_set_json(const computation *c, size_t i)
{
    const nalg_limit *l = &c->limits.item[i];
    const nalg_verdict *v = &c->limit_verdict[i];
    return json_pack("{s:s, s:I, s:n, s:o, s:s, s:n, s:s, s:s, s:s, s:s}", "functions", l->name, "dimension",
                     (json_int_t)l->dimension, "tangent_dimension", "in_image",
                     l->not_realised ? json_false() : json_null(), "image_evidence",
                     l->not_realised ? l->not_realised
                                     : "limit of networks; whether some network is it is not known",
                     "distance", "singular_evidence", v->evidence, "why", v->why, "multiplicity_evidence",
                     v->multiplicity_evidence, "multiplicity_source", v->multiplicity_source);
}

/* From the network, when one is given. */
static json_t *distance_json(const computation *c, size_t set)
{
    double d = c->network.nearest.distance ? c->network.nearest.distance[set] : NAN;
    return isfinite(d) ? json_real(d) : json_null();
}

/* How it is known, once for each set of functions. */
static json_t *set_json(const computation *c, size_t set)
{
    const nalg_verdict *v = &c->verdict[set];
    size_t first, last;
    range_of(&c->strata, set, &first, &last);
    const nalg_stratum_rank *r = &c->ranks.item[first];
    return json_pack("{s:s, s:o, s:o, s:o, s:s, s:o, s:s, s:s, s:s, s:s}", "functions",
                     c->strata.set_name[set], "dimension", known_unsigned(r->known, r->dimension),
                     "tangent_dimension", known_unsigned(r->known, c->ranks.tangent[set]), "in_image",
                     json_true(), "image_evidence", "weights of the stratum", "distance",
                     distance_json(c, set), "singular_evidence", v->evidence, "why", v->why,
                     "multiplicity_evidence", v->multiplicity_evidence, "multiplicity_source",
                     v->multiplicity_source);
}

static json_t *list_json(const computation *c, size_t count, json_t *(*entry)(const computation *, size_t),
                         json_t *(*limit)(const computation *, size_t))
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count + c->limits.count; i++)
        if (json_array_append_new(list, i < count ? entry(c, i) : limit(c, i - count))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *gaps_json(const computation *c)
{
    nalg_strata_gap gap[NALG_STRATA_GAPS_MOST];
    size_t depth = c->options->depth ? c->options->depth : NALG_STRATA_DEFAULT_DEPTH;
    size_t count = nalg_strata_gaps(gap, c->model, &c->strata, &c->limits, depth);
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        json_array_append_new(list,
                              json_pack("{s:s, s:s}", "family", gap[i].family, "reason", gap[i].reason));
    return list;
}

static nalg_status look_at_network(computation *c)
{
    c->set_dimension = nalg_array_zero(c->strata.sets, sizeof *c->set_dimension);
    if (!c->set_dimension) return nalg_fail_memory(c->ctx);
    for (size_t i = 0; i < c->strata.count; i++)
        if (c->ranks.item[i].dimension > c->set_dimension[c->strata.item[i].set])
            c->set_dimension[c->strata.item[i].set] = c->ranks.item[i].dimension;
    return nalg_singular_network_find(&c->space, &c->network, &c->strata, c->verdict, c->options);
}

static size_t count_sets(const computation *c, nalg_truth singular)
{
    size_t count = 0;
    for (size_t i = 0; i < c->strata.sets; i++) count += c->verdict[i].singular == singular;
    for (size_t i = 0; i < c->limits.count; i++) count += c->limit_verdict[i].singular == singular;
    return count;
}

static json_t *answer_json(const computation *c)
{
    const nalg_space *s = &c->space;
    json_t *answer = json_pack("{s:o, s:o, s:o}", "dimension", nalg_json_unsigned(s->dimension), "ambient",
                               s->ambient.known ? nalg_json_fmpz(&s->ambient.size) : json_null(), "degree",
                               s->degree_known ? nalg_json_fmpz(s->degree) : json_null());
    if (!answer) return NULL;
    int failed =
        nalg_model_has_point(c->model, c->options->weights)
            ? nalg_singular_network_describe(answer, &c->network, s, &c->strata, c->verdict, c->set_dimension)
            : 0;
    failed |= json_object_set_new(answer, "singular_sets", nalg_json_unsigned(count_sets(c, NALG_TRUE)));
    failed |= json_object_set_new(answer, "smooth_sets", nalg_json_unsigned(count_sets(c, NALG_FALSE)));
    failed |= json_object_set_new(answer, "undecided_sets", nalg_json_unsigned(count_sets(c, NALG_UNKNOWN)));
    failed |= json_object_set_new(answer, "truncated", json_boolean(c->strata.truncated));
    failed |= json_object_set_new(answer, "strata", list_json(c, c->strata.count, row_json, limit_row_json));
    failed |= json_object_set_new(answer, "sets", list_json(c, c->strata.sets, set_json, limit_set_json));
    failed |= json_object_set_new(answer, "containment", containment_json(c));
    failed |= json_object_set_new(answer, "not_searched", gaps_json(c));
    nalg_image image = nalg_image_of(c->model, &c->limits);
    failed |= json_object_set_new(answer, "image_closed", nalg_truth_json(image.closed));
    failed |= json_object_set_new(answer, "image_closed_why", json_string(image.why));
    if (!failed) return answer;
    json_decref(answer);
    return NULL;
}

/* The weakest claim among the verdicts; ranks at random points are probable at best. */
static const char *status_of(const computation *c)
{
    const char *status = "probable";
    for (size_t i = 0; i < c->strata.sets + c->limits.count; i++) {
        const nalg_verdict *v = i < c->strata.sets ? &c->verdict[i] : &c->limit_verdict[i - c->strata.sets];
        if (!strcmp(v->evidence, "numerical") ||
            (v->multiplicity_known && !strcmp(v->multiplicity_evidence, "numerical")))
            status = "numerical";
    }
    if (nalg_model_has_point(c->model, c->options->weights)) status = "numerical"; /* distances */
    return status;
}

/* What was asked, for `verify`. */
static json_t *question_json(const computation *c)
{
    const nalg_singular_options *o = c->options;
    json_t *weights =
        nalg_model_has_point(c->model, o->weights) ? nalg_weights_json(&c->network.weights) : json_null();
    return json_pack("{s:o, s:o, s:o, s:b, s:o}", "depth", nalg_json_unsigned(o->depth), "limit",
                     nalg_json_unsigned(o->limit), "degree_limit", nalg_json_unsigned(o->degree_limit),
                     "multiplicity", o->multiplicity, "weights", weights);
}

static json_t *evidence_json(const computation *c)
{
    const nalg_space *s = &c->space;
    bool numerical = !strcmp(status_of(c), "numerical");
    const char *functions = s->linear            ? "none needed"
                            : s->no_multiplicity ? s->no_multiplicity
                                                 : s->functions.how;
    return json_pack("{s:s, s:f, s:[o, o], s:s, s:s, s:o, s:o}", "status", status_of(c),
                     numerical ? "epsilon_of_ranks" : "epsilon", pow(10, c->ranks.log10_epsilon), "primes",
                     nalg_json_unsigned(c->ranks.prime[0]), nalg_json_unsigned(c->ranks.prime[1]),
                     "dimension", s->dimension_proved ? "proved" : "probable",
                     "functions_through_generic_points", functions, "functions_found",
                     s->functions_tried && s->functions.complete
                         ? nalg_json_unsigned(s->functions.found.count)
                         : json_null(),
                     "question", question_json(c));
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_strata_options strata = {.depth = c->options->depth, .limit = c->options->limit};
    if (c->options->degree_limit > DEGREE_LIMIT_MOST)
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "degree-limit", "write at most 100000",
                         "%zu functions are too many to track", c->options->degree_limit);
    nalg_status status = nalg_strata_find(c->ctx, &c->strata, c->model, &strata);
    if (status == NALG_OK) status = nalg_space_find(c->ctx, &c->space, c->model);
    if (status != NALG_OK) return status;
    size_t ambient =
        c->space.ambient.known && fmpz_cmp_ui(&c->space.ambient.size, NALG_STRATA_WEIGHTS_LIMIT) < 0
            ? fmpz_get_ui(&c->space.ambient.size)
            : 0;
    status = nalg_strata_ranks_find(c->ctx, &c->ranks, c->model, &c->strata, c->space.dimension, ambient);
    if (status == NALG_OK && c->options->multiplicity)
        status = nalg_space_functions(&c->space, c->options->degree_limit);
    if (status == NALG_OK) status = judge(c);
    if (status == NALG_OK) status = judge_limits(c);
    if (status == NALG_OK) status = contain(c);
    if (status == NALG_OK && nalg_model_has_point(c->model, c->options->weights)) status = look_at_network(c);
    if (status == NALG_OK)
        status = nalg_result_create(c->ctx, out, "singular", started, nalg_model_document(c->model),
                                    answer_json(c), evidence_json(c));
    nalg_space_clear(&c->space);
    return status;
}

nalg_status nalg_singular(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                          const nalg_singular_options *options)
{
    nalg_singular_options defaults;
    nalg_singular_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    nalg_status status = compute(&c, out, nalg_seconds());
    for (size_t i = 0; i < c.verdicts; i++) nalg_verdict_clear(&c.verdict[i]);
    for (size_t i = 0; i < c.limit_verdicts; i++) nalg_verdict_clear(&c.limit_verdict[i]);
    free(c.verdict);
    free(c.limit_verdict);
    nalg_limits_clear(&c.limits);
    free(c.inside);
    free(c.set_dimension);
    nalg_singular_network_clear(&c.network);
    nalg_strata_ranks_clear(&c.ranks);
    nalg_strata_clear(&c.strata);
    return status;
}
