/* Is X singular at a point? Never concluded from the rank of d phi alone: where it drops, X may be smooth
 * (ramification), where it does not, another branch may pass (node). What decides, strongest first: X is a
 * linear space; matrices of bounded rank; the vertex of a cone; a tangent space of more than D dimensions;
 * the multiplicity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/singular.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/random.h"
#include "theory/degree.h"

#define STREAM_POINT 7100
/* Unless a limit is asked for: so many functions, fewer for many unknowns (loops in them are longer and
 * harder), and no search at all with more unknowns than this, where it takes a minute and more to find that
 * there are too many. */
#define LEAST_DEGREE_LIMIT 50
#define MOST_DEGREE_LIMIT 500
#define DEGREE_LIMIT_WORK 5000000
#define MOST_UNKNOWNS 56
#define TWO_PI 6.283185307179586476925

#define PROVED "proved"
#define NUMERICAL "numerical"

/* Is the last layer linear in its weights, so that multiples of functions are functions? */
static bool closed_under_scaling(const nalg_pipeline *p)
{
    const nalg_layer *last = p->count ? &p->layer[p->count - 1] : NULL;
    return last && !last->inner && !last->tied && last->parameters && last->type->emit;
}

static void find_degree(nalg_space *s)
{
    const char *source;
    s->degree_known = s->degree_proved = nalg_theory_degree(s->degree, &source, s->model);
    if (s->degree_known || !s->linear) return;
    fmpz_one(s->degree);
    s->degree_known = true;
    s->degree_proved = s->linear_proved;
}

nalg_status nalg_space_find(nalg_ctx *ctx, nalg_space *out, const nalg_model *model)
{
    nalg_space s = {.ctx = ctx, .model = model};
    fmpz_init(s.degree);
    nalg_graph_init(&s.functions.system.graph);
    nalg_graph_init(&s.functions.system.check_graph);
    nalg_status status = nalg_dimension_of(ctx, &s.dimension, &s.dimension_proved, model);
    if (status == NALG_OK) status = nalg_ambient_find(ctx, &s.ambient, model, nalg_model_exponent(model));
    if (status == NALG_OK) {
        s.linear = s.ambient.known && fmpz_equal_ui(&s.ambient.size, s.dimension);
        s.linear_proved = s.linear && s.ambient.proved && s.dimension_proved;
        s.cone = closed_under_scaling(model->layers);
        s.determinantal = nalg_theory_determinantal(&s.matrices, model);
        find_degree(&s);
        s.no_multiplicity = "not asked for";
        *out = s;
    } else {
        nalg_space_clear(&s);
    }
    return status;
}

void nalg_space_clear(nalg_space *s)
{
    if (s->functions_tried) nalg_function_set_clear(&s->functions);
    nalg_ambient_clear(&s->ambient);
    fmpz_clear(s->degree);
}

static size_t default_limit(size_t unknowns)
{
    size_t square = unknowns * unknowns + 1, limit = DEGREE_LIMIT_WORK / (square * square);
    if (limit > MOST_DEGREE_LIMIT) return MOST_DEGREE_LIMIT;
    return limit < LEAST_DEGREE_LIMIT ? LEAST_DEGREE_LIMIT : limit;
}

/* What to ask for when there are more functions than `limit`. */
static void explain_limit(nalg_space *s, size_t limit)
{
    if (s->degree_known && fmpz_abs_fits_ui(s->degree))
        snprintf(s->over_limit, sizeof s->over_limit,
                 "the degree is %lu: functions are followed when --degree-limit is at least that",
                 fmpz_get_ui(s->degree));
    else
        snprintf(s->over_limit, sizeof s->over_limit,
                 "the degree is more than %zu: a larger --degree-limit may decide", limit);
    s->no_multiplicity = s->over_limit;
}

nalg_status nalg_space_functions(nalg_space *s, size_t limit)
{
    size_t expected = 0;
    if (s->linear) return NALG_OK; /* smooth everywhere */
    if (nalg_pipeline_class(s->model->layers) == NALG_CLASS_RATIONAL) {
        s->no_multiplicity = "rational functions of all weights lie in no space of finite dimension";
        return NALG_OK;
    }
    if (!limit && !s->degree_known && s->dimension > MOST_UNKNOWNS) {
        s->no_multiplicity =
            "more than 56 unknowns: functions are searched only when --degree-limit is given";
        return NALG_OK;
    }
    if (!limit) limit = default_limit(s->dimension);
    if (s->degree_known) expected = fmpz_cmp_ui(s->degree, limit) > 0 ? limit + 1 : fmpz_get_ui(s->degree);
    nalg_status status =
        nalg_function_set_find(s->ctx, &s->functions, s->model, s->dimension, expected, limit);
    if (status != NALG_OK) return status;
    s->functions_tried = true;
    s->no_multiplicity = s->functions.complete ? NULL : s->functions.how;
    if (expected > limit || s->functions.found.count > limit) explain_limit(s, limit);
    if (s->functions.complete && !s->degree_known) {
        fmpz_set_ui(s->degree, s->functions.found.count);
        s->degree_known = true;
    }
    return NALG_OK;
}

/* ---- the verdict ---- */

void nalg_singular_generic_point(double complex *w, const nalg_strata *strata, const nalg_stratum *t,
                                 uint64_t seed)
{
    for (size_t i = 0; i < strata->parameters; i++) {
        nalg_random r = nalg_random_stream(seed, STREAM_POINT + t->set);
        r.counter = (uint64_t)(uint32_t)t->map[i] * 4;
        double radius = 0.5 + nalg_random_unit(&r), angle = TWO_PI * nalg_random_unit(&r);
        w[i] = t->map[i] < 0 ? 0 : CMPLX(radius * cos(angle), radius * sin(angle));
    }
}

static void settle(nalg_verdict *v, nalg_truth singular, const char *evidence, const char *why)
{
    if (v->singular != NALG_UNKNOWN) return;
    v->singular = singular;
    v->evidence = evidence;
    v->why = why;
}

static void set_multiplicity(nalg_verdict *v, const fmpz_t value, const char *evidence, const char *source)
{
    if (v->multiplicity_known) return;
    fmpz_set(&v->multiplicity, value);
    v->multiplicity_known = true;
    v->multiplicity_evidence = evidence;
    v->multiplicity_source = source;
}

static void set_one(nalg_verdict *v, const char *evidence, const char *source)
{
    fmpz one = 1;
    set_multiplicity(v, &one, evidence, source);
}

/* The rank of the matrices of a stratum, from its dimension. */
static bool rank_of_matrices(const nalg_space *s, size_t dimension, size_t *rank)
{
    for (*rank = 0; *rank <= s->matrices.rank; ++*rank)
        if (nalg_determinantal_dimension(&s->matrices, *rank) == dimension) return true;
    return false;
}

/* The same from the rank that is known, or that of a stratum. */
static bool known_rank(const nalg_space *s, const nalg_point_facts *f, size_t *rank)
{
    *rank = f->matrix_rank;
    return s->determinantal && (f->matrix_known || (f->stratum && rank_of_matrices(s, f->dimension, rank)));
}

static void by_theorem(const nalg_space *s, nalg_verdict *v, const nalg_point_facts *f)
{
    size_t rank;
    if (s->linear) {
        const char *evidence = s->linear_proved ? PROVED : "probable";
        settle(v, NALG_FALSE, evidence, "the closure is a linear space");
        set_one(v, evidence, "the closure is a linear space");
    } else if (known_rank(s, f, &rank)) {
        fmpz_t m;
        fmpz_init(m);
        nalg_determinantal_multiplicity(m, &s->matrices, rank);
        /* A rank modulo primes is proved from below only. */
        const char *evidence = f->matrix_known && rank < s->matrices.rank ? "probable" : PROVED;
        settle(v, fmpz_is_one(m) ? NALG_FALSE : NALG_TRUE, evidence, s->matrices.source);
        set_multiplicity(v, m, evidence, s->matrices.source);
        fmpz_clear(m);
        if (v->singular == NALG_TRUE) v->kind = f->vertex ? "vertex" : "determinantal";
    } else if (f->stratum && f->dimension == s->dimension && s->dimension_proved) {
        settle(v, NALG_FALSE, PROVED, "dense in the whole space");
        set_one(v, PROVED, "dense in the whole space");
    } else if (f->vertex && s->cone && s->ambient.known && s->dimension_proved &&
               fmpz_cmp_ui(&s->ambient.size, s->dimension) > 0) {
        settle(v, NALG_TRUE, PROVED, "vertex of a cone that is no linear space");
        v->kind = "vertex";
    }
    if (f->vertex && s->cone && s->degree_known)
        set_multiplicity(v, s->degree, s->degree_proved ? PROVED : NUMERICAL, "vertex of a cone: the degree");
    if (f->on_singular)
        settle(v, NALG_TRUE, f->on_singular_evidence,
               "on a singular stratum, and the singular points are a closed set");
    if (f->tangent > s->dimension)
        settle(v, NALG_TRUE, s->dimension_proved ? PROVED : "probable",
               "tangent directions span more than the dimension");
}

static nalg_status by_homotopy(nalg_space *s, nalg_verdict *v, const nalg_model *other,
                               const double complex *weights)
{
    nalg_multiplicity m;
    fmpz value;
    if (v->multiplicity_known) return NALG_OK;
    v->multiplicity_source = s->no_multiplicity ? s->no_multiplicity : "not asked for";
    if (s->no_multiplicity || !weights) return NALG_OK;
    nalg_status status = nalg_multiplicity_at(s->ctx, &m, &s->functions, other, weights);
    if (status != NALG_OK) return status;
    v->multiplicity_source = m.why;
    if (!m.known) return NALG_OK;
    if (m.multiplicity == 1 && v->singular == NALG_TRUE) {
        v->multiplicity_source = "the count contradicts the proof that the point is singular";
        return NALG_OK;
    }
    fmpz_init_set_ui(&value, m.multiplicity);
    set_multiplicity(v, &value, NUMERICAL, "multiplicity by the interpolation homotopy");
    fmpz_clear(&value);
    return NALG_OK;
}

static void name_kind(const nalg_space *s, nalg_verdict *v, const nalg_point_facts *f)
{
    if (v->kind || v->singular == NALG_UNKNOWN || !f->realised) return;
    bool full = f->jacobian_rank >= s->dimension;
    if (v->singular == NALG_TRUE)
        v->kind = full ? "node" : "cusp";
    else
        v->kind = full ? "smooth" : "ramification only";
}

nalg_status nalg_verdict_find(nalg_space *s, nalg_verdict *out, const nalg_point_facts *facts,
                              const nalg_model *other, const double complex *weights)
{
    nalg_verdict v = {.singular = NALG_UNKNOWN,
                      .multiplicity_evidence = "unknown",
                      .multiplicity_source = "not asked for",
                      .evidence = "unknown",
                      .why = "neither a theorem nor a multiplicity decides"};
    fmpz_init(&v.multiplicity);
    by_theorem(s, &v, facts);
    nalg_status status = by_homotopy(s, &v, other, weights);
    if (v.multiplicity_known)
        settle(&v, fmpz_is_one(&v.multiplicity) ? NALG_FALSE : NALG_TRUE, v.multiplicity_evidence,
               v.multiplicity_source);
    name_kind(s, &v, facts);
    if (status == NALG_OK)
        *out = v;
    else
        nalg_verdict_clear(&v);
    return status;
}

void nalg_verdict_settle(const nalg_space *s, nalg_verdict *v, nalg_truth singular, const char *evidence,
                         const char *why, size_t jacobian_rank)
{
    nalg_point_facts facts = {.jacobian_rank = jacobian_rank, .realised = true};
    settle(v, singular, evidence, why);
    name_kind(s, v, &facts);
}

void nalg_verdict_forget_multiplicity(nalg_verdict *v, const char *why)
{
    if (v->singular != NALG_UNKNOWN && v->evidence == v->multiplicity_evidence &&
        v->why == v->multiplicity_source) {
        v->singular = NALG_UNKNOWN;
        v->evidence = "unknown";
        v->why = why;
        v->kind = NULL;
    }
    v->multiplicity_known = false;
    v->multiplicity_evidence = "unknown";
    v->multiplicity_source = why;
}

void nalg_verdict_clear(nalg_verdict *v)
{
    fmpz_clear(&v->multiplicity);
    v->multiplicity = 0;
}

json_t *nalg_truth_json(nalg_truth t)
{
    return t == NALG_UNKNOWN ? json_null() : json_boolean(t == NALG_TRUE);
}
