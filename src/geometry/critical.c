/* Critical points of ||f_w - u||^2 for generic u (METHODS 5): the gradient along the free weights, monodromy
 * in the target u. The incidence variety over the smooth part of the model is irreducible, so monodromy
 * reaches exactly the pure critical points. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "neuroalg/critical.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "geometry/degree.h"
#include "geometry/critical_generic.h"
#include "geometry/critical_theorem.h"
#include "geometry/critical_system.h"
#include "model/document.h"
#include "track/monodromy.h"

/* Rounds without anything new after which a set without a trace test counts as complete. */
#define QUIET_EDGES 5
/* Most points of the curve of the trace test: so many for each critical point, and so many more. */
#define CURVE_FACTOR 50
#define CURVE_BASE 2000
/* Most critical points under the generic metric that those under a dense form come from. */
#define GENERIC_LIMIT 5000
/* Numbers (real parts and imaginary parts) of solutions written into a result. */
#define SOLUTION_NUMBERS_LIMIT 400000

void nalg_critical_options_init(nalg_critical_options *options)
{
    *options = (nalg_critical_options){.metric = "generic"};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_critical_options *options;
    size_t dimension;
    bool dimension_proved;
    nalg_critical_system system;
    bool theorem_known;
    fmpz_t theorem;
    const char *theorem_source;
    nalg_monodromy_result found;
    nalg_critical_trace trace;
    nalg_certificate certificate;
} computation;

/* ---- the run ---- */

/* The start point is a critical point for the target. */
static nalg_status begin(computation *c)
{
    const size_t d = c->dimension;
    c->found = (nalg_monodromy_result){.reason = NALG_MONODROMY_STOPPED,
                                       .unknowns = d,
                                       .count = 1,
                                       .z = nalg_array(d, sizeof *c->found.z),
                                       .trace_residual = NAN};
    if (!c->found.z) return nalg_fail_memory(c->ctx);
    memcpy(c->found.z, c->system.base.z, d * sizeof *c->found.z);
    return NALG_OK;
}

/* Monodromy in u from all that is known. */
static nalg_status run(computation *c)
{
    bool trace = c->system.metric.kind == NALG_METRIC_GENERIC;
    nalg_monodromy_problem problem = {.system = c->system.system,
                                      .fingerprint = c->system.base.fingerprint,
                                      .z = c->found.z,
                                      .start_count = c->found.count,
                                      .p = c->system.target,
                                      .trace = trace,
                                      .trace_parameters = c->system.metric.size};
    nalg_monodromy_options options;
    nalg_monodromy_result found = {0};
    nalg_monodromy_options_init(&options);
    options.limit = c->options->limit;
    options.quiet_edges = QUIET_EDGES;
    options.trace_tolerance = NALG_CRITICAL_TRACE_TOLERANCE;
    if (c->theorem_known && fmpz_fits_si(c->theorem)) options.expected = fmpz_get_ui(c->theorem);
    nalg_status status = nalg_monodromy(c->ctx, &found, &problem, &options);
    if (status != NALG_OK) return status;
    found.tracked += c->found.tracked;
    found.steps += c->found.steps;
    found.lost += c->found.lost;
    nalg_monodromy_result_clear(&c->found);
    c->found = found;
    return found.reason == NALG_MONODROMY_INTERRUPTED ? nalg_checkpoint(c->ctx) : NALG_OK;
}

/* Dense forms have no simple trace test: what is followed from a generic metric. */
static nalg_status from_generic(computation *c)
{
    const size_t limit = c->options->limit ? c->options->limit : GENERIC_LIMIT;
    nalg_status status = nalg_critical_from_generic(c->ctx, &c->trace, &c->system, c->found.z, 1, limit);
    return status == NALG_OK ? nalg_critical_merge(c->ctx, &c->found, &c->trace) : status;
}

/* Nor has data: the test on the curve over a line of targets, which may find what loops of u missed. */
static nalg_status complete(computation *c)
{
    const size_t count = c->found.count;
    const double complex *input[NALG_CRITICAL_SLOTS];
    nalg_critical_family family = nalg_critical_system_family(&c->system, input);
    nalg_status status = nalg_critical_trace_test(c->ctx, &c->trace, &family, c->found.z, count,
                                                  CURVE_FACTOR * count + CURVE_BASE);
    return status == NALG_OK ? nalg_critical_merge(c->ctx, &c->found, &c->trace) : status;
}

static nalg_status solve(computation *c)
{
    nalg_status status = begin(c);
    if (status == NALG_OK && c->system.metric.form && !c->theorem_known) status = from_generic(c);
    if (status != NALG_OK || c->trace.complete) return status;
    status = run(c);
    bool open = c->system.metric.kind == NALG_METRIC_DATA && c->found.reason == NALG_MONODROMY_STAGNATED;
    return status == NALG_OK && open ? complete(c) : status;
}

static nalg_status certify(computation *c)
{
    const double complex *input[NALG_CRITICAL_SLOTS], *check[4];
    nalg_certify_problem problem = nalg_critical_system_certify(&c->system, c->system.target, input, check);
    return nalg_certify_solutions(c->ctx, &c->certificate, &problem, c->found.z, c->found.count, NULL);
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* What the second trace test was about, if it passed and was of this kind. */
static json_t *points_json(const computation *c, bool kind)
{
    return kind && c->trace.complete ? nalg_json_unsigned(c->trace.degree) : json_null();
}

static json_t *evidence_json(const computation *c)
{
    const nalg_monodromy_result *m = &c->found;
    bool as_theorem = c->theorem_known && fmpz_equal_ui(c->theorem, m->count),
         meets = as_theorem && c->certificate.distinct == m->count;
    bool traced = m->reason == NALG_MONODROMY_TRACE || c->trace.complete,
         stagnated = m->reason == NALG_MONODROMY_STAGNATED, dense = c->system.metric.form != NULL;
    const char *how = meets                               ? "theorem"
                      : as_theorem                        ? "as many as the theorem says, not all certified"
                      : m->reason == NALG_MONODROMY_TRACE ? "trace test"
                      : c->trace.complete && dense ? "trace test under a generic metric, followed to this one"
                      : c->trace.complete          ? "trace test on the curve over a line of targets"
                      : stagnated                  ? "several rounds brought nothing new"
                                                   : "not reached";
    json_t *evidence =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "status",
                  meets                                 ? "proved"
                  : traced || as_theorem                ? "numerical"
                  : c->certificate.distinct == m->count ? "proved_lower"
                                                        : "unknown",
                  "completeness", how, "dimension", c->dimension_proved ? "proved" : "probable", "tracked",
                  (json_int_t)m->tracked, "steps", (json_int_t)m->steps, "lost", (json_int_t)m->lost,
                  "put_off", (json_int_t)m->put_off, "jumps", (json_int_t)m->jumps, "curve_degree",
                  points_json(c, !dense), "generic_points", points_json(c, dense), "singular_ends",
                  c->trace.complete ? nalg_json_unsigned(c->trace.singular) : json_null(), "found_per_round",
                  nalg_json_indices(m->found, m->rounds));
    if (!evidence || m->count * m->unknowns * 2 > SOLUTION_NUMBERS_LIMIT) return evidence;
    if (!json_object_set_new(evidence, "solutions", nalg_complex_list(m->z, m->count, m->unknowns)))
        return evidence;
    json_decref(evidence);
    return NULL;
}

static nalg_status answer(computation *c, nalg_result **out, double started)
{
    const nalg_monodromy_result *m = &c->found;
    double residual = c->trace.degree ? c->trace.residual : m->trace_residual;
    json_t *theorem = c->theorem_known ? json_pack("{s:o, s:s}", "value", nalg_json_fmpz(c->theorem),
                                                   "source", c->theorem_source)
                                       : json_null();
    json_t *result =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "metric",
                  nalg_metric_name(c->system.metric.kind), "ed_degree", nalg_json_unsigned(m->count),
                  "dimension", nalg_json_unsigned(c->dimension), "trace_residual", number_or_null(residual),
                  "theorem", theorem, "solutions_certified", nalg_json_unsigned(c->certificate.distinct),
                  "values", nalg_json_unsigned(c->system.metric.size), "samples",
                  c->options->samples && c->system.metric.kind == NALG_METRIC_DATA
                      ? nalg_json_unsigned(c->options->samples)
                      : json_null());
    return nalg_result_create(c->ctx, out, "critical", started, nalg_model_document(c->model), result,
                              evidence_json(c));
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_metric_kind kind;
    if (!nalg_metric_from_name(&kind, c->options->metric))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "metric", "write unit, bombieri, gaussian, generic or data",
                         "unknown metric '%.40s'", c->options->metric);
    nalg_status status = nalg_dimension_of(c->ctx, &c->dimension, &c->dimension_proved, c->model);
    nalg_metric metric = {0};
    if (status == NALG_OK)
        status = nalg_metric_create(c->ctx, &metric, c->model, kind, c->options->samples, c->dimension);
    if (status == NALG_OK)
        status = nalg_critical_system_create(c->ctx, &c->system, c->model, c->dimension, &metric);
    if (status == NALG_OK)
        status = nalg_critical_theorem(c->ctx, &c->theorem_known, c->theorem, &c->theorem_source, c->model,
                                       &c->system.metric, c->dimension, c->dimension_proved);
    if (status == NALG_OK) status = solve(c);
    if (status == NALG_OK) status = certify(c);
    return status == NALG_OK ? answer(c, out, started) : status;
}

nalg_status nalg_critical(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                          const nalg_critical_options *options)
{
    nalg_critical_options defaults;
    nalg_critical_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    fmpz_init(c.theorem);
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_certificate_clear(&c.certificate);
    nalg_critical_trace_clear(&c.trace);
    nalg_monodromy_result_clear(&c.found);
    nalg_critical_system_clear(&c.system);
    fmpz_clear(c.theorem);
    return status;
}
