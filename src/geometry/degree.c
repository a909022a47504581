/* Degree of the neurovariety = number of networks of the model through D generic points (METHODS 2):
 * monodromy over the interpolation system, the trace test for completeness, Krawczyk boxes for existence, a
 * theorem's value where one applies. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/degree.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "geometry/ambient.h"
#include "model/document.h"
#include "theory/degree.h"
#include "track/monodromy.h"

/* Numbers (real parts and imaginary parts) of solutions written into a result. */
#define SOLUTION_NUMBERS_LIMIT 400000
/* A theorem's larger number is given without a search. */
#define COUNT_LIMIT 100000

void nalg_degree_options_init(nalg_degree_options *options)
{
    *options = (nalg_degree_options){.certify = true};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_degree_options *options;
    size_t dimension;
    bool dimension_proved;
    nalg_ambient ambient;
    bool theorem_known;
    fmpz_t theorem;
    const char *theorem_source;
    bool counted; /* networks were searched */
    nalg_interpolation system;
    nalg_monodromy_result found;
    nalg_certificate certificate;
} computation;

nalg_certify_problem nalg_interpolation_certify(const nalg_interpolation *s,
                                                const double complex *const *input,
                                                const double complex *const *check)
{
    return (nalg_certify_problem){.system = {.graph = &s->graph,
                                             .output = s->output,
                                             .batch = s->dimension,
                                             .subtract_parameter = true,
                                             .input = input,
                                             .input_count = 4},
                                  .fingerprint = {.graph = &s->check_graph,
                                                  .output = s->check_output,
                                                  .batch = NALG_FINGERPRINT_SAMPLES,
                                                  .input = check,
                                                  .input_count = 4},
                                  .parameter = s->p,
                                  .parameter_count = s->p_fixed};
}

nalg_monodromy_problem nalg_interpolation_monodromy(const nalg_interpolation *s)
{
    return (nalg_monodromy_problem){.system = s->system,
                                    .fingerprint = s->fingerprint,
                                    .z = s->z,
                                    .start_count = 1,
                                    .p = s->p,
                                    .trace = true,
                                    .trace_parameters = s->dimension};
}

/* A filling model's closure is a linear space; otherwise ask the theorems. */
static void find_theorem(computation *c)
{
    fmpz_init(c->theorem);
    c->theorem_known = nalg_theory_degree(c->theorem, &c->theorem_source, c->model);
    if (c->theorem_known || !c->ambient.proved || !c->dimension_proved ||
        !fmpz_equal_ui(&c->ambient.size, c->dimension))
        return;
    fmpz_one(c->theorem);
    c->theorem_source = NALG_DEGREE_FILLING;
    c->theorem_known = true;
}

static nalg_status run_monodromy(computation *c)
{
    nalg_monodromy_problem problem = nalg_interpolation_monodromy(&c->system);
    nalg_monodromy_options options;
    char path[4096];
    nalg_monodromy_options_init(&options);
    options.limit = c->options->limit;
    if (c->theorem_known) options.expected = fmpz_get_ui(c->theorem);
    if (c->options->checkpoint) {
        snprintf(path, sizeof path, "%s/degree.nalg", c->options->checkpoint);
        options.checkpoint = path;
        options.resume = c->options->resume;
    }
    nalg_status status = nalg_monodromy(c->ctx, &c->found, &problem, &options);
    return status == NALG_OK && c->found.reason == NALG_MONODROMY_INTERRUPTED ? nalg_checkpoint(c->ctx)
                                                                              : status;
}

static nalg_status certify(computation *c)
{
    const nalg_interpolation *s = &c->system;
    const double complex *input[] = {NULL, s->frozen, s->x, s->c},
                         *check[] = {NULL, s->frozen, s->check_x, s->check_c};
    nalg_certify_problem problem = nalg_interpolation_certify(s, input, check);
    return nalg_certify_solutions(c->ctx, &c->certificate, &problem, c->found.z, c->found.count, NULL);
}

static bool meets_theorem(const computation *c)
{
    bool certified = !c->options->certify || c->certificate.distinct == c->found.count;
    return !c->counted || (certified && c->theorem_known && fmpz_equal_ui(c->theorem, c->found.count));
}

bool nalg_degree_beyond_counting(const fmpz_t theorem, size_t limit)
{
    return fmpz_cmp_ui(theorem, limit ? limit : COUNT_LIMIT) > 0;
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

json_t *nalg_complex_list(const double complex *z, size_t rows, size_t columns)
{
    json_t *list = json_array();
    char text[64];
    for (size_t i = 0; list && i < rows; i++) {
        json_t *row = json_array();
        for (size_t k = 0; row && k < columns; k++) { /* hexadecimal floats: exact */
            snprintf(text, sizeof text, "%a %a", creal(z[i * columns + k]), cimag(z[i * columns + k]));
            json_array_append_new(row, json_string(text));
        }
        if (json_array_append_new(list, row)) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

static json_t *found_json(const computation *c)
{
    return nalg_json_indices(c->found.found, c->found.rounds);
}

/* A lower bound is proved only when everything counted is certified. */
static const char *evidence_status(const computation *c)
{
    const nalg_monodromy_result *m = &c->found;
    if (meets_theorem(c)) return "proved";
    if (m->reason == NALG_MONODROMY_TRACE || m->reason == NALG_MONODROMY_EXPECTED || !c->options->certify)
        return "numerical";
    return c->certificate.distinct == m->count ? "proved_lower" : "unknown";
}

static json_t *evidence_json(const computation *c)
{
    const nalg_monodromy_result *m = &c->found;
    const char *status = evidence_status(c);
    json_t *paths = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "tracked", (json_int_t)m->tracked,
                              "lost", (json_int_t)m->lost, "put_off", (json_int_t)m->put_off, "tracked_again",
                              (json_int_t)m->retracked, "jumps", (json_int_t)m->jumps, "double_double",
                              (json_int_t)m->double_double, "steps", (json_int_t)m->steps);
    json_t *evidence = json_pack("{s:s, s:s, s:o, s:s}", "status", status, "stopped",
                                 c->counted ? nalg_monodromy_reason_text(m->reason) : NALG_DEGREE_NOT_COUNTED,
                                 "paths", paths, "dimension", c->dimension_proved ? "proved" : "probable");
    if (!evidence || !c->counted) return evidence;
    int failed =
        json_object_set_new(evidence, "certified",
                            c->options->certify ? nalg_json_unsigned(c->certificate.distinct) : json_null());
    failed |= json_object_set_new(evidence, "trace_residual", number_or_null(m->trace_residual));
    if (m->count * m->unknowns * 2 <= SOLUTION_NUMBERS_LIMIT)
        failed |= json_object_set_new(evidence, "solutions", nalg_complex_list(m->z, m->count, m->unknowns));
    if (!failed) return evidence;
    json_decref(evidence);
    return NULL;
}

static json_t *answer_json(const computation *c)
{
    json_t *theorem = c->theorem_known ? json_pack("{s:o, s:s}", "value", nalg_json_fmpz(c->theorem),
                                                   "source", c->theorem_source)
                                       : json_null();
    size_t real = c->certificate.distinct_real;
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "dimension", nalg_json_unsigned(c->dimension), "degree",
        c->counted ? nalg_json_unsigned(c->found.count) : nalg_json_fmpz(c->theorem), "ambient",
        c->ambient.known ? nalg_json_fmpz(&c->ambient.size) : json_null(), "solutions_certified",
        c->counted && c->options->certify ? nalg_json_unsigned(c->certificate.distinct) : json_null(),
        "trace_residual", c->counted ? number_or_null(c->found.trace_residual) : json_null(), "theorem",
        theorem, "found_per_round", found_json(c), "real",
        c->certificate.real_system ? nalg_json_unsigned(real) : json_null());
}

static nalg_status count(computation *c)
{
    nalg_status status = nalg_interpolation_create(c->ctx, &c->system, c->model, c->dimension, false);
    if (status == NALG_OK) status = run_monodromy(c);
    if (status == NALG_OK && c->options->certify) status = certify(c);
    return status;
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    if (nalg_pipeline_class(c->model->layers) == NALG_CLASS_RATIONAL)
        return nalg_fail(
            c->ctx, NALG_E_UNSUPPORTED, NULL, "ask for dim or fiber, or use a polynomial activation",
            "rational functions of all weights lie in no space of finite dimension: their set has no degree");
    nalg_status status = nalg_dimension_of(c->ctx, &c->dimension, &c->dimension_proved, c->model);
    if (status == NALG_OK)
        status = nalg_ambient_find(c->ctx, &c->ambient, c->model, nalg_model_exponent(c->model));
    find_theorem(c);
    c->counted = !c->theorem_known || !nalg_degree_beyond_counting(c->theorem, c->options->limit);
    if (status == NALG_OK && c->counted) status = count(c);
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "degree", started, nalg_model_document(c->model), answer_json(c),
                              evidence_json(c));
}

nalg_status nalg_degree(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                        const nalg_degree_options *options)
{
    nalg_degree_options defaults;
    nalg_degree_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    nalg_graph_init(&c.system.graph);
    nalg_graph_init(&c.system.check_graph);
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_certificate_clear(&c.certificate);
    nalg_monodromy_result_clear(&c.found);
    nalg_interpolation_clear(&c.system);
    nalg_ambient_clear(&c.ambient);
    fmpz_clear(c.theorem);
    return status;
}
