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
#include "geometry/chain.h"
#include "geometry/degree.h"
#include "geometry/critical_system.h"
#include "model/convolution.h"
#include "model/document.h"
#include "theory/ed_degree.h"
#include "track/monodromy.h"

/* Rounds without anything new after which a set without a trace test counts as complete. */
#define QUIET_EDGES 14

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
    nalg_certificate certificate;
} computation;

/* ---- theorems ---- */

static bool linear_theorem(computation *c, const nalg_chain *chain)
{
    size_t n = chain->width[0], m = chain->width[chain->layers], rank = n < m ? n : m, r = rank;
    for (size_t l = 1; l < chain->layers; l++) {
        if (nalg_chain_exponent(chain, l) != 1) return false;
        r = chain->width[l] < r ? chain->width[l] : r;
    }
    if (c->system.metric.kind == NALG_METRIC_GENERIC && r != 1) return false;
    if (c->system.metric.kind == NALG_METRIC_GENERIC) {
        fmpz one[2] = {1, 1};
        nalg_ed_degree_segre_veronese(c->theorem, (size_t[]){n - 1, m - 1}, one, 2);
        c->theorem_source = "Segre variety, generic quadratic form (Draisma et al. 2016)";
    } else {
        fmpz_bin_uiui(c->theorem, rank, r);
        c->theorem_source = "Eckart-Young";
    }
    return true;
}

static bool shallow_theorem(computation *c, const nalg_chain *chain)
{
    if (chain->layers != 2) return false;
    size_t n = chain->width[0], k = chain->width[1], m = chain->width[2];
    uint64_t r = nalg_chain_exponent(chain, 1);
    if (r < 2 || r > 1000 || n > 100 || m > 100) return false;
    if (k == 1 && (c->system.metric.kind == NALG_METRIC_GENERIC)) {
        fmpz degrees[2] = {(fmpz)r, 1};
        nalg_ed_degree_segre_veronese(c->theorem, (size_t[]){n - 1, m - 1}, degrees, 2);
        c->theorem_source = "Segre-Veronese variety, generic quadratic form (Draisma et al. 2016)";
        return true;
    }
    if (m == 1 && c->system.metric.kind == NALG_METRIC_BOMBIERI && (k == 1 || r == 2)) {
        if (r == 2)
            fmpz_bin_uiui(c->theorem, n, k < n ? k : n);
        else
            nalg_ed_degree_eigenvectors(c->theorem, n, r);
        c->theorem_source =
            r == 2 ? "Eckart-Young" : "eigenvectors of symmetric tensors (Cartwright-Sturmfels 2013)";
        return true;
    }
    return false;
}

/* Polynomial convolutions on generic large data, or a generic form: the Segre-Veronese variety they are. */
static bool convolution_theorem(computation *c)
{
    const nalg_pipeline *p = c->model->layers;
    size_t n[8], count = 0;
    fmpz d[8];
    if (c->system.metric.kind != NALG_METRIC_GENERIC && c->system.metric.kind != NALG_METRIC_DATA)
        return false;
    bool linear = true, polynomial = true;
    uint64_t exponent[8];
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        int64_t r;
        if (layer->type == &nalg_layer_conv && !layer->tied) {
            const nalg_convolution *k = layer->data;
            bool last = i + 1 == p->count;
            if (count == 8 || k->bias || k->pad[1] || layer->in.rank != 1 || layer->out.rank != 1)
                return false;
            linear = linear && (last || k->stride[1] > 1);
            exponent[count] = 1;
            n[count++] = k->filter[1] - 1;
        } else if (layer->type == &nalg_layer_activation && count && exponent[count - 1] == 1) {
            if (!nalg_rational_function_is_monomial(nalg_activation_function(layer), &r) || r < 1 || r > 1000)
                return false;
            exponent[count - 1] = (uint64_t)r;
        } else {
            return false;
        }
    }
    for (size_t j = 0; j < count; j++) {
        d[j] = 1;
        for (size_t k = j; k + 1 < count; k++) d[j] *= (fmpz)exponent[k];
        if (j + 1 < count) polynomial = polynomial && exponent[j] > 1;
        if (j + 1 < count) linear = linear && exponent[j] == 1;
    }
    if (!polynomial && !linear) return false;
    nalg_ed_degree_segre_veronese(c->theorem, n, d, count);
    c->theorem_source = "convolutions are Segre-Veronese; generic data (arXiv 2410.00722, 2401.16613)";
    return true;
}

static void find_theorem(computation *c)
{
    nalg_chain chain;
    if (nalg_chain_read(&chain, c->model))
        c->theorem_known = !chain.bias && (linear_theorem(c, &chain) || shallow_theorem(c, &chain));
    else
        c->theorem_known = convolution_theorem(c);
}

/* ---- the run ---- */

static nalg_status run(computation *c)
{
    bool trace = c->system.metric.kind == NALG_METRIC_GENERIC;
    nalg_monodromy_problem problem = {.system = c->system.system,
                                      .fingerprint = c->system.base.fingerprint,
                                      .z = c->system.base.z,
                                      .start_count = 1,
                                      .p = c->system.target,
                                      .trace = trace,
                                      .trace_parameters = c->system.metric.size};
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = c->options->limit;
    options.quiet_edges = QUIET_EDGES;
    if (c->theorem_known && fmpz_fits_si(c->theorem)) options.expected = fmpz_get_ui(c->theorem);
    nalg_status status = nalg_monodromy(c->ctx, &c->found, &problem, &options);
    return status == NALG_OK && c->found.reason == NALG_MONODROMY_INTERRUPTED ? nalg_checkpoint(c->ctx)
                                                                              : status;
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

static nalg_status answer(computation *c, nalg_result **out, double started)
{
    const nalg_monodromy_result *m = &c->found;
    bool meets =
        c->theorem_known && fmpz_equal_ui(c->theorem, m->count) && c->certificate.distinct == m->count;
    bool complete = m->reason == NALG_MONODROMY_TRACE || m->reason == NALG_MONODROMY_STAGNATED;
    json_t *theorem = c->theorem_known ? json_pack("{s:o, s:s}", "value", nalg_json_fmpz(c->theorem),
                                                   "source", c->theorem_source)
                                       : json_null();
    json_t *result =
        json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "metric", nalg_metric_name(c->system.metric.kind),
                  "ed_degree", nalg_json_unsigned(m->count), "dimension", nalg_json_unsigned(c->dimension),
                  "trace_residual", number_or_null(m->trace_residual), "theorem", theorem,
                  "solutions_certified", nalg_json_unsigned(c->certificate.distinct));
    json_t *evidence =
        json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "status",
                  meets                               ? "proved"
                  : m->reason == NALG_MONODROMY_TRACE ? "numerical"
                                                      : "proved_lower",
                  "completeness",
                  meets                               ? "theorem"
                  : m->reason == NALG_MONODROMY_TRACE ? "trace test"
                  : complete                          ? "several rounds brought nothing new"
                                                      : "not reached",
                  "dimension", c->dimension_proved ? "proved" : "probable", "tracked", (json_int_t)m->tracked,
                  "steps", (json_int_t)m->steps, "lost", (json_int_t)m->lost, "jumps", (json_int_t)m->jumps,
                  "found_per_round", nalg_json_indices(m->found, m->rounds));
    return nalg_result_create(c->ctx, out, "critical", started, nalg_model_document(c->model), result,
                              evidence);
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
    if (status == NALG_OK) find_theorem(c);
    if (status == NALG_OK) status = run(c);
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
    nalg_monodromy_result_clear(&c.found);
    nalg_critical_system_clear(&c.system);
    fmpz_clear(c.theorem);
    return status;
}
