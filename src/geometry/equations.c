/* Defining equations of a model's closure (METHODS 7): coordinates, gradings, equations degree by degree,
 * degree of the variety, membership.
 *
 * The degree comes from the h-vector, the numerator of the Hilbert series over (1 - t)^D: it is proved for
 * hypersurfaces and for varieties of minimal degree, and otherwise read off when the h-vector has ended.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neuroalg/equations.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "geometry/equations_ideal.h"
#include "geometry/equations_member.h"
#include "model/document.h"

#define DEFAULT_DEGREE 3
/* Beyond the degree asked for, the Hilbert function is followed while its matrices are this cheap, to see the
 * h-vector end. */
#define EXTENSION_WORK 1e11
#define EXTENSION_MOST 12
/* Zeros after which the h-vector counts as ended. */
#define ENDED 2
/* Bytes of a tested function that are recorded. */
#define LONGEST_FUNCTION 100000

void nalg_equations_options_init(nalg_equations_options *options)
{
    *options = (nalg_equations_options){.degree = DEFAULT_DEGREE};
}

typedef struct {
    nalg_ctx *ctx;
    nalg_coordinates coordinates;
    nalg_closure_grading grading;
    nalg_ideal ideal;
    nalg_equations_check check;
    nalg_membership membership;
    size_t dimension; /* of the cone over the closure, or over its projective closure */
    int64_t h[NALG_EQUATIONS_DEGREE_LIMIT + 1];
    unsigned asked;
    fmpz_t degree; /* of the variety, 0 for unknown */
    const char *degree_reason;
    const char *degree_status;
    bool complete; /* the equations cut out the closure */
    bool member;
    const char *function; /* the function asked for */
    size_t function_length;
} computation;

/* D-fold differences of 1, HF(1), ...: the numerator of the Hilbert series. */
static void find_h_vector(computation *c)
{
    unsigned last = c->ideal.degrees;
    c->h[0] = 1;
    for (unsigned k = 1; k <= last; k++) c->h[k] = (int64_t)c->ideal.degree[k].hilbert;
    for (size_t r = 0; r < c->dimension; r++)
        for (unsigned k = last; k > 0; k--) c->h[k] -= c->h[k - 1];
}

static bool h_ended(const computation *c, unsigned zeros)
{
    unsigned last = c->ideal.degrees;
    if (last < zeros) return false;
    for (unsigned k = 0; k < zeros; k++)
        if (c->h[last - k]) return false;
    return true;
}

static bool h_nonnegative(const computation *c)
{
    for (unsigned k = 0; k <= c->ideal.degrees; k++)
        if (c->h[k] < 0) return false;
    return true;
}

/* The least degree in which some form vanishes, or 0. */
static unsigned first_equation(const computation *c)
{
    for (unsigned k = 1; k <= c->ideal.degrees; k++)
        if (c->ideal.degree[k].forms) return k;
    return 0;
}

static void conclude(computation *c, int64_t degree, const char *status, const char *reason)
{
    fmpz_set_si(c->degree, degree);
    c->degree_status = status;
    c->degree_reason = reason;
}

/* True when the degree is settled by what is known; last: no further degrees will be computed. */
static bool find_degree(computation *c, bool last)
{
    size_t codimension = c->ideal.variables - c->dimension;
    find_h_vector(c);
    int64_t sum = 0;
    for (unsigned k = 0; k <= c->ideal.degrees; k++) sum += c->h[k];
    if (codimension == 0)
        conclude(c, 1, "proved", "the closure is the whole space of its coordinates");
    else if (codimension == 1 && first_equation(c))
        conclude(c, first_equation(c), c->ideal.count ? "probable" : "numerical",
                 "the closure is a hypersurface: its one equation has this degree");
    else if (codimension > 1 && c->ideal.degrees >= 2 && c->h[2] == 0 && first_equation(c) == 2)
        conclude(c, 1 + (int64_t)codimension, c->ideal.count ? "probable" : "numerical",
                 "a variety of minimal degree: as many quadrics as there can be");
    else if (codimension > 1 && h_ended(c, ENDED) && sum > 0)
        conclude(c, sum, "numerical",
                 "sum of the h-vector, which was zero in the last two degrees; a later entry that is not "
                 "zero is not excluded");
    else if (last && codimension > 1 && h_ended(c, 1) && h_nonnegative(c))
        conclude(c, sum, "numerical",
                 "sum of the h-vector, which has reached zero; the degree is larger if it goes on, which it "
                 "cannot when the closure is Cohen-Macaulay");
    else
        return false;
    return true;
}

static nalg_status find_equations(computation *c)
{
    nalg_status status = NALG_OK;
    bool done = true;
    while (c->ideal.degrees < c->asked && status == NALG_OK)
        status = nalg_ideal_next(&c->ideal, true, 0, &done);
    if (status == NALG_OK) status = nalg_equations_recheck(&c->check, &c->ideal);
    if (status != NALG_OK) return status;
    bool settled = find_degree(c, false);
    while (status == NALG_OK && done && !settled && c->ideal.degrees < c->asked + EXTENSION_MOST) {
        status = nalg_ideal_next(&c->ideal, false, EXTENSION_WORK, &done);
        if (status == NALG_E_LIMIT) status = NALG_OK, done = false;
        if (status == NALG_OK && done) settled = find_degree(c, false);
    }
    if (!settled) settled = find_degree(c, true);
    if (!settled)
        c->degree_reason = "the h-vector has not ended in the degrees computed; give a larger --degree";
    size_t codimension = c->ideal.variables - c->dimension;
    c->complete = codimension == 0 || (codimension == 1 && c->ideal.count > 0);
    return status;
}

/* ---- the document ---- */

static int set_text(json_t *object, const char *key, nalg_text *text)
{
    char *taken = nalg_text_take(text);
    int failed = !taken || json_object_set_new(object, key, json_string(taken));
    free(taken);
    return failed;
}

/* [{name, output, monomial}] and, for dependent ones, what they equal. */
static json_t *coordinates_json(const nalg_coordinates *c, bool dependent)
{
    json_t *list = json_array();
    size_t count = dependent ? c->dependent_count : c->count;
    int failed = !list;
    for (size_t k = 0; k < count && !failed; k++) {
        size_t coordinate = c->present[dependent ? c->dependent[k] : c->independent[k]];
        nalg_text monomial = {0}, name = {0}, sum = {0};
        nalg_text_format(&name, dependent ? "d%zu" : "c%zu", k);
        nalg_coordinates_monomial(c, coordinate, &monomial);
        json_t *entry = json_pack("{s:I}", "output", (json_int_t)(coordinate / c->nodes + 1));
        failed = !entry || json_array_append_new(list, entry) || set_text(entry, "name", &name) ||
                 set_text(entry, "monomial", &monomial);
        for (size_t j = 0; dependent && j < c->count; j++) {
            const fmpq *q = c->relation + k * c->count + j;
            if (fmpq_is_zero(q)) continue;
            char *digits = fmpq_get_str(NULL, 10, q);
            nalg_text_format(&sum, sum.length ? " + (%s)*c%zu" : "(%s)*c%zu", digits, j);
            flint_free(digits);
        }
        if (dependent && !failed) failed = set_text(entry, "equals", &sum);
        nalg_text_clear(&name);
        nalg_text_clear(&monomial);
        nalg_text_clear(&sum);
    }
    if (!failed) return list;
    json_decref(list);
    return NULL;
}

static json_t *equations_json(const nalg_ideal *ideal)
{
    json_t *list = json_array();
    for (size_t e = 0; list && e < ideal->count; e++) {
        nalg_text text = {0};
        nalg_equation_print(&ideal->equation[e], ideal->coordinates->count, &text);
        char *taken = nalg_text_take(&text);
        int failed = !taken || json_array_append_new(list, json_string(taken));
        free(taken);
        if (!failed) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

typedef enum { HILBERT, FORMS, GENERATORS, PROVED } column;

static json_t *degrees_json(const computation *c, column which)
{
    json_t *list = json_array();
    for (unsigned k = 1; list && k <= c->asked; k++) {
        const nalg_degree_data *d = &c->ideal.degree[k];
        json_t *value = which == PROVED ? json_boolean(d->proved_lower)
                                        : nalg_json_unsigned(which == HILBERT ? d->hilbert
                                                             : which == FORMS ? d->forms
                                                                              : d->generators);
        if (!json_array_append_new(list, value)) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *h_vector_json(const computation *c)
{
    json_t *list = json_array();
    for (unsigned k = 0; list && k <= c->ideal.degrees; k++)
        if (json_array_append_new(list, json_integer((json_int_t)c->h[k]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *truth_json(nalg_truth t)
{
    return t == NALG_UNKNOWN ? json_null() : json_boolean(t == NALG_TRUE);
}

static json_t *answer_json(const computation *c)
{
    json_t *degree = fmpz_is_zero(c->degree) ? json_null() : nalg_json_fmpz(c->degree);
    return json_pack("{s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s?}", "degree",
                     degree, "dimension", nalg_json_unsigned(c->grading.dimension), "ambient",
                     nalg_json_unsigned(c->coordinates.count), "cone", c->grading.cone, "torus",
                     nalg_json_unsigned(c->grading.torus), "hilbert", degrees_json(c, HILBERT), "forms",
                     degrees_json(c, FORMS), "generators", degrees_json(c, GENERATORS), "count",
                     nalg_json_unsigned(c->ideal.count), "equations", equations_json(&c->ideal), "h_vector",
                     h_vector_json(c), "coordinates", coordinates_json(&c->coordinates, false),
                     "linear_relations", coordinates_json(&c->coordinates, true), "member",
                     c->member ? truth_json(c->membership.answer) : json_null(), "member_reason",
                     c->member ? c->membership.reason : NULL);
}

/* Chance that the linear part (vanishing coordinates, relations) or the torus is wrong: each claim was tested
 * at random points modulo a prime near 2^61. */
static double linear_epsilon(const computation *c)
{
    const nalg_coordinates *x = &c->coordinates;
    double claims = (double)(x->nodes * x->outputs - x->count),
           degree = (double)nalg_equations_weight_degree(x);
    bool lower = true;
    for (unsigned k = 1; k <= c->asked; k++) lower = lower && c->ideal.degree[k].proved_lower;
    if (!lower) claims += (double)x->count * (double)(c->grading.dimension + 1);
    return claims * degree / (double)c->grading.prime;
}

static bool all_proved(const computation *c)
{
    if (c->ideal.count) return false;
    if (c->ideal.variables == c->dimension) return true;
    for (unsigned k = 1; k <= c->asked; k++)
        if (!c->ideal.degree[k].proved_lower) return false;
    return true;
}

/* The weaker of what is known about the equations and about the degree. */
static const char *overall(const char *equations, const char *degree)
{
    if (!degree || !strcmp(degree, "proved")) return equations;
    return !strcmp(equations, "proved") ? degree : !strcmp(degree, "numerical") ? degree : equations;
}

/* Recorded for the checker; null when it is no text (comments may hold any bytes) or too long. */
static json_t *function_json(const computation *c)
{
    json_t *text = c->member && c->function_length <= LONGEST_FUNCTION
                       ? json_stringn(c->function, c->function_length)
                       : NULL;
    return text ? text : json_null();
}

static json_t *evidence_json(const computation *c)
{
    double epsilon = c->check.epsilon + linear_epsilon(c);
    const char *equations = all_proved(c) && epsilon == 0 ? "proved" : "probable";
    unsigned last = c->asked;
    return json_pack(
        "{s:s, s:s, s:f, s:o, s:{s:o, s:o, s:o, s:b}, s:o, s:o, s:o, s:o, s:{s:s, s:s}, s:o, s:s}", "status",
        overall(equations, c->degree_status), "equations_status", equations, "epsilon", epsilon,
        "hilbert_proved_from_below", degrees_json(c, PROVED), "equations_checked", "points",
        nalg_json_unsigned(c->ideal.count ? c->check.primes : 0), "first_prime",
        nalg_json_unsigned(c->check.first_prime), "first_value", nalg_json_unsigned(c->check.first_value),
        "independent_of_the_primes", c->check.independent, "lifted_from_primes",
        nalg_json_unsigned(c->ideal.primes_used), "prime", nalg_json_unsigned(c->ideal.fast.point.prime),
        "blocks", nalg_json_unsigned(c->ideal.degree[last].blocks), "largest_block",
        nalg_json_unsigned(c->ideal.degree[last].largest), "degree", "status",
        c->degree_status ? c->degree_status : "unknown", "reason", c->degree_reason, "member_function",
        function_json(c), "statement",
        "the Hilbert function is the rank of monomials at random points mod p: at least this large; the "
        "equations are exact and hold except with chance epsilon");
}

static nalg_status compute(computation *c, nalg_result **out, const nalg_model *model,
                           const nalg_equations_options *options, double started)
{
    nalg_status status = nalg_coordinates_find(c->ctx, &c->coordinates, model);
    if (status == NALG_OK) status = nalg_closure_grading_find(c->ctx, &c->grading, &c->coordinates);
    if (status == NALG_OK) status = nalg_ideal_init(c->ctx, &c->ideal, &c->coordinates, &c->grading);
    if (status != NALG_OK) return status;
    c->dimension = c->grading.dimension + !c->grading.cone;
    status = find_equations(c);
    if (status == NALG_OK && c->member)
        status = nalg_equations_member(&c->membership, &c->ideal, c->complete, options->member,
                                       options->member_length);
    return status == NALG_OK
               ? nalg_result_create(c->ctx, out, "equations", started, nalg_model_document(model),
                                    answer_json(c), evidence_json(c))
               : status;
}

nalg_status nalg_equations(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                           const nalg_equations_options *options)
{
    nalg_equations_options defaults;
    nalg_equations_options_init(&defaults);
    if (!options) options = &defaults;
    if (options->degree < 1 || options->degree > NALG_EQUATIONS_DEGREE_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "degree", "write 1 to 40",
                         "equations of degree %d cannot be searched", options->degree);
    computation *c = nalg_array_zero(1, sizeof *c);
    if (!c) return nalg_fail_memory(ctx);
    double started = nalg_seconds();
    c->ctx = ctx;
    c->asked = (unsigned)options->degree;
    c->member = options->member != NULL;
    c->function = options->member;
    c->function_length = options->member_length;
    fmpz_init(c->degree);
    nalg_status status = compute(c, out, model, options, started);
    fmpz_clear(c->degree);
    nalg_ideal_clear(&c->ideal);
    nalg_closure_grading_clear(&c->grading);
    nalg_coordinates_clear(&c->coordinates);
    free(c);
    return status;
}
