/* Sample complexity from the dimension, the degree and the degree in the weights (METHODS 10). Every
 * inequality is printed with its source; docs/bounds.md has them with their constants.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "core/memory.h"
#include "core/result.h"
#include "learning/bounds_formulas.h"
#include "model/degrees.h"
#include "model/document.h"
#include "neuroalg/dimension.h"
#include "neuroalg/learning.h"
#include "theory/degree.h"

#define DELTA 0.05
#define COVERING_STEPS 6
#define SAMPLE_STEPS 6

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_result *dim;
    nalg_function_class class;
    fmpz_t degree;
    bool has_degree;
    const char *degree_source;
} computation;

/* Monomials of one output in the inputs; infinite for rational models. */
static nalg_status count_monomials(computation *c)
{
    nalg_degrees d = {0};
    const nalg_pipeline *p = c->model->layers;
    fmpz_t count;
    c->class.monomials = INFINITY;
    if (nalg_pipeline_class(p) == NALG_CLASS_RATIONAL) return NALG_OK;
    fmpz_init(count);
    bool ok = nalg_degrees_coordinates(&d) && nalg_pipeline_degrees(p, &d);
    if (ok) nalg_degrees_monomials(&d, nalg_shape_size(&p->in), count);
    if (ok && d.known) c->class.monomials = fmpz_get_d(count);
    nalg_degrees_clear(&d);
    fmpz_clear(count);
    return ok ? NALG_OK : nalg_fail_memory(c->ctx);
}

static nalg_status describe(computation *c)
{
    uint64_t numerator, denominator;
    nalg_status status = nalg_dim(c->ctx, &c->dim, c->model, NULL);
    if (status == NALG_OK) status = nalg_model_weight_degree(c->ctx, c->model, &numerator, &denominator);
    if (status == NALG_OK) status = count_monomials(c);
    if (status != NALG_OK) return status;
    /* the sign of n / d - y is that of (n - y d) d */
    c->class.degree =
        (numerator > denominator ? (double)numerator : (double)denominator) + (double)denominator;
    c->class.weights = (double)c->model->parameters;
    c->class.outputs = (double)nalg_shape_size(&c->model->layers->out);
    long long dimension = 0;
    if (nalg_result_integer(c->dim, "upper_bound", &dimension) == NALG_TRUE && denominator == 0)
        c->class.dimension = (double)dimension;
    c->has_degree = nalg_theory_degree(c->degree, &c->degree_source, c->model);
    return NALG_OK;
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static const char *const cover_sources[] = {
    "cubes of the whole coefficient space", "sign patterns of polynomials in the weights (Warren 1968)",
    "faces of cubes and components of sections, by dimension (Milnor 1964)",
    "none: the coefficients of a rational model are not bounded by those of its numerator"};
static const char gap_source[] = "covering number, Hoeffding and union bound";

/* Every inequality as docs/bounds.md proves it, in the letters of `constants`. */
static json_t *inequalities_json(void)
{
    const char *const rows[][3] = {
        {"pseudo_dimension", "the largest k with 2^k <= (4 e d k / W)^W",
         "sign patterns of polynomials in the weights (Warren 1968)"},
        {"pseudo_dimension_linear", "N",
         "signs of the functions in a linear space of dimension N (Haussler 1992)"},
        {"log_number", "N log c, c = ceil(M / epsilon)", cover_sources[NALG_COVER_CUBES]},
        {"log_number", "W log(4 e d N (c + 1) / W)", cover_sources[NALG_COVER_PATTERNS]},
        {"log_number",
         "log(1 + d (2 d - 1)^(W - 1) sum over k = 1..D of 2^k C(N, k) (c' + 1)^k), c' = floor(M / epsilon) "
         "+ 1",
         cover_sources[NALG_COVER_FACES]},
        {"gap",
         "least over epsilon = 1/2, 1/4, ... of 2 epsilon + sqrt((log_number + log(2 / delta)) / (2 "
         "samples))",
         gap_source}};
    json_t *list = json_array();
    for (size_t i = 0; list && i < sizeof rows / sizeof *rows; i++) {
        if (!json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "bounds", rows[i][0], "source",
                                                   rows[i][2], "by", rows[i][1])))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *whole_or_null(double x)
{
    return x > 0 && x < 0x1p53 ? nalg_json_unsigned((uint64_t)x) : json_null();
}

static json_t *constants_json(const computation *c)
{
    const nalg_function_class *k = &c->class;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:f}", "W", whole_or_null(k->weights), "d",
                     number_or_null(k->degree), "D", whole_or_null(k->dimension), "M",
                     number_or_null(k->monomials), "N", number_or_null(k->monomials * k->outputs), "delta",
                     DELTA);
}

static json_t *covering_json(const computation *c)
{
    json_t *list = json_array();
    double inverse = 1;
    for (int k = 1; list && k <= COVERING_STEPS; k++) {
        nalg_cover_bound which;
        inverse *= 10;
        double log_number = nalg_log_covering_number(&c->class, inverse, &which);
        if (!json_array_append_new(list,
                                   json_pack("{s:f, s:o, s:o, s:s}", "epsilon", 1 / inverse, "log_number",
                                             number_or_null(log_number), "log_number_by_weights",
                                             number_or_null(nalg_log_covering_by_weights(&c->class, inverse)),
                                             "source", cover_sources[which])))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *generalisation_json(const computation *c)
{
    json_t *list = json_array();
    double n = 10;
    for (int k = 1; list && k <= SAMPLE_STEPS; k++) {
        n *= 10;
        double gap = nalg_generalisation_gap(&c->class, n, DELTA);
        double by_weights = nalg_generalisation_gap_by_weights(&c->class, n, DELTA);
        if (!json_array_append_new(
                list,
                json_pack("{s:o, s:o, s:o, s:b, s:s}", "samples", nalg_json_unsigned((uint64_t)n), "gap",
                          number_or_null(gap), "gap_by_weights", number_or_null(by_weights), "informative",
                          gap < 1, "source", isfinite(gap) ? gap_source : cover_sources[NALG_COVER_NONE])))
            continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static json_t *answer_json(const computation *c)
{
    const json_t *dimension = json_object_get(json_object_get(c->dim->document, "result"), "dimension");
    return json_pack("{s:O, s:o, s:O, s:o, s:o, s:o, s:o, s:f, s:o, s:o, s:o, s:o}", "dimension", dimension,
                     "degree", c->has_degree ? nalg_json_fmpz(c->degree) : json_null(), "samples_to_identify",
                     dimension, "parameters", nalg_json_unsigned(c->model->parameters), "degree_in_weights",
                     number_or_null(c->class.degree), "pseudo_dimension",
                     whole_or_null(nalg_pseudo_dimension_warren(&c->class)), "pseudo_dimension_linear",
                     whole_or_null(c->class.monomials * c->class.outputs), "confidence", 1 - DELTA,
                     "constants", constants_json(c), "covering", covering_json(c), "generalisation",
                     generalisation_json(c), "inequalities", inequalities_json());
}

/* All inequalities are theorems; the weakest part is the dimension. */
static json_t *evidence_json(const computation *c)
{
    const json_t *dim = json_object_get(c->dim->document, "evidence");
    return json_pack(
        "{s:O, s:O, s:s, s:s}", "status", json_object_get(dim, "status"), "epsilon",
        json_object_get(dim, "epsilon"), "samples_source",
        "generic fibers of w -> (c_i . f_w(x_i)) are those of the model for D generic measurements",
        "degree_source",
        c->has_degree ? c->degree_source : "no theorem applies; `neuroalg degree` computes it");
}

nalg_status nalg_bounds(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    computation c = {.ctx = ctx, .model = model};
    double started = nalg_seconds();
    fmpz_init(c.degree);
    nalg_status status = describe(&c);
    if (status == NALG_OK)
        status = nalg_result_create(ctx, out, "bounds", started, nalg_model_document(model), answer_json(&c),
                                    evidence_json(&c));
    fmpz_clear(c.degree);
    nalg_result_free(c.dim);
    return status;
}
