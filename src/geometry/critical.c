/* Critical points of ||f_w - u||^2 for generic u (METHODS 5): the gradient along the free weights, monodromy in the target u. The incidence
 * variety over the smooth part of the model is irreducible, so monodromy reaches exactly the pure critical points.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "neuroalg/critical.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "geometry/chain.h"
#include "geometry/degree.h"
#include "geometry/metric.h"
#include "model/convolution.h"
#include "model/document.h"
#include "theory/ed_degree.h"
#include "track/monodromy.h"

/* Slots of the graph: 0 is the target u. */
enum { SLOT_FROZEN = 1, SLOT_INPUTS, SLOT_FUNCTIONALS, SLOT_FORM, SLOT_COUNT };
enum { STREAM_RESIDUAL = 4001 };
/* Rounds without anything new after which a set without a trace test counts as complete. */
#define QUIET_EDGES 14
#define PRECISION 128

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
    nalg_interpolation base; /* free and frozen weights, start point, fingerprint */
    nalg_metric metric;
    nalg_graph samples, graph;
    int values, gradient;
    nalg_system *value_system, *system;
    double complex *target;   /* the start parameter: u, then the numbers that move with it */
    double complex *triangle; /* lower triangle of the form */
    size_t target_count;
    bool theorem_known;
    fmpz_t theorem;
    const char *theorem_source;
    nalg_monodromy_result found;
    nalg_certificate certificate;
} computation;

/* Place of entry (i, j) in the packed lower triangle. */
static size_t packed(size_t i, size_t j)
{
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

/* The symmetric form from its lower triangle, so that it stays symmetric when it moves. */
static int form_node(nalg_graph *g, size_t n)
{
    int map;
    int32_t *entry = nalg_graph_map_new(g, n * n, &map);
    for (size_t i = 0; entry && i < n * n; i++) entry[i] = (int32_t)packed(i / n, i % n);
    return nalg_graph_gather(g, nalg_graph_input(g, SLOT_FORM, n * (n + 1) / 2, false), map);
}

/* e(z) for all samples, r = e - u, and J^T G r. */
static nalg_status build(computation *c)
{
    nalg_graph *s = &c->samples, *g = &c->graph;
    size_t n = c->metric.size;
    s->substitute = nalg_interpolation_weights(s, &c->base);
    int x = nalg_graph_input(s, SLOT_INPUTS, c->base.inputs, true), functional = nalg_graph_input(s, SLOT_FUNCTIONALS, c->base.outputs, true);
    int f = nalg_pipeline_lower(c->model->layers, s, x), value = nalg_graph_product(s, functional, true, f, false, 1, c->base.outputs, 1);
    c->values = s->failed ? NALG_NO_NODE : nalg_graph_unbatch(g, s, value, n);
    int residual = nalg_graph_subtract(g, c->values, nalg_graph_input(g, 0, n, false));
    int weighted = nalg_graph_product(g, form_node(g, n), false, residual, false, n, n, 1);
    if (g->failed) return nalg_fail_memory(c->ctx);
    size_t count = g->count;
    bool *source = nalg_array_zero(count, sizeof *source);
    int *adjoint = nalg_array(count, sizeof *adjoint);
    bool ok = source && adjoint;
    for (size_t i = 0; ok && i < count; i++) source[i] = g->node[i].op == NALG_OP_PARAMETER;
    ok = ok && nalg_graph_adjoint(g, c->values, weighted, source, adjoint);
    c->gradient = NALG_NO_NODE;
    for (size_t i = 0; ok && i < count; i++)
        if (source[i]) c->gradient = adjoint[i];
    free(source);
    free(adjoint);
    return ok ? NALG_OK : nalg_fail_memory(c->ctx);
}

static void slots(const computation *c, const double complex **input)
{
    input[0] = NULL;
    input[SLOT_FROZEN] = c->base.frozen;
    input[SLOT_INPUTS] = c->metric.x;
    input[SLOT_FUNCTIONALS] = c->metric.c;
    input[SLOT_FORM] = c->triangle;
}

static nalg_status compile(computation *c)
{
    const double complex *input[SLOT_COUNT];
    slots(c, input);
    nalg_system_source values = {.graph = &c->graph, .output = c->values, .input = input, .input_count = SLOT_COUNT};
    /* What may move without leaving the metric's kind moves: loops of u alone exchange few critical points. */
    bool moves[SLOT_COUNT] = {[SLOT_FORM] = c->metric.kind == NALG_METRIC_GENERIC, [SLOT_INPUTS] = c->metric.kind == NALG_METRIC_DATA && c->base.outputs == 1};
    nalg_system_source gradient = {.graph = &c->graph, .output = c->gradient, .input = input, .input_count = SLOT_COUNT, .moving = moves};
    nalg_status status = nalg_system_create(c->ctx, &c->value_system, &values);
    return status == NALG_OK ? nalg_system_create(c->ctx, &c->system, &gradient) : status;
}

/* A target for which the start weights are critical: u = e - r with J^T G r = 0, r = v - J (J^T G J)^-1 J^T G v for a random v. */
static nalg_status choose_target(computation *c)
{
    size_t n = c->metric.size, d = c->dimension;
    double complex *e = nalg_array(n, sizeof *e), *jacobian = nalg_array(n * d, sizeof *jacobian);
    c->target_count = nalg_system_parameters(c->system);
    c->target = nalg_array_zero(c->target_count, sizeof *c->target);
    if (!e || !jacobian || !c->target) {
        free(e);
        free(jacobian);
        return nalg_fail_memory(c->ctx);
    }
    nalg_status status = nalg_system_evaluate(c->ctx, e, jacobian, c->value_system, c->base.z, 1, c->target);
    acb_mat_t j, form, v, weighted, left, right, y, correction;
    acb_mat_init(j, (slong)n, (slong)d);
    acb_mat_init(form, (slong)n, (slong)n);
    acb_mat_init(v, (slong)n, 1);
    acb_mat_init(weighted, (slong)d, (slong)n);
    acb_mat_init(left, (slong)d, (slong)d);
    acb_mat_init(right, (slong)d, 1);
    acb_mat_init(y, (slong)d, 1);
    acb_mat_init(correction, (slong)n, 1);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(c->ctx), STREAM_RESIDUAL);
    double size = 0;
    for (size_t i = 0; i < n; i++) size = fmax(size, cabs(e[i]));
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < d; k++) acb_set_d_d(acb_mat_entry(j, (slong)i, (slong)k), creal(jacobian[i * d + k]), cimag(jacobian[i * d + k]));
        for (size_t k = 0; k < n; k++) acb_set_d(acb_mat_entry(form, (slong)i, (slong)k), creal(c->metric.form[i * n + k]));
        double re = size * nalg_random_normal(&r), im = size * nalg_random_normal(&r);
        acb_set_d_d(acb_mat_entry(v, (slong)i, 0), re, im);
    }
    acb_mat_t transposed;
    acb_mat_init(transposed, (slong)d, (slong)n);
    acb_mat_transpose(transposed, j);
    acb_mat_approx_mul(weighted, transposed, form, PRECISION);
    acb_mat_approx_mul(left, weighted, j, PRECISION);
    acb_mat_approx_mul(right, weighted, v, PRECISION);
    if (status == NALG_OK && !acb_mat_approx_solve(y, left, right, PRECISION))
        status = nalg_fail(c->ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the metric is degenerate at the start point");
    acb_mat_approx_mul(correction, j, y, PRECISION);
    for (size_t i = 0; i < n; i++) {
        acb_ptr a = acb_mat_entry(v, (slong)i, 0), b = acb_mat_entry(correction, (slong)i, 0);
        double re = arf_get_d(arb_midref(acb_realref(a)), ARF_RND_NEAR) - arf_get_d(arb_midref(acb_realref(b)), ARF_RND_NEAR);
        double im = arf_get_d(arb_midref(acb_imagref(a)), ARF_RND_NEAR) - arf_get_d(arb_midref(acb_imagref(b)), ARF_RND_NEAR);
        c->target[i] = e[i] - CMPLX(re, im);
    }
    if (c->metric.kind == NALG_METRIC_GENERIC) memcpy(c->target + n, c->triangle, n * (n + 1) / 2 * sizeof *c->target);
    else if (c->target_count > n) memcpy(c->target + n, c->metric.x, c->base.inputs * n * sizeof *c->target);
    acb_mat_clear(transposed);
    acb_mat_clear(j);
    acb_mat_clear(form);
    acb_mat_clear(v);
    acb_mat_clear(weighted);
    acb_mat_clear(left);
    acb_mat_clear(right);
    acb_mat_clear(y);
    acb_mat_clear(correction);
    free(e);
    free(jacobian);
    return status;
}

/* ---- theorems ---- */

static bool linear_theorem(computation *c, const nalg_chain *chain)
{
    size_t n = chain->width[0], m = chain->width[chain->layers], rank = n < m ? n : m, r = rank;
    for (size_t l = 1; l < chain->layers; l++) {
        if (nalg_chain_exponent(chain, l) != 1) return false;
        r = chain->width[l] < r ? chain->width[l] : r;
    }
    if (c->metric.kind == NALG_METRIC_GENERIC && r != 1) return false;
    if (c->metric.kind == NALG_METRIC_GENERIC) {
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
    if (k == 1 && (c->metric.kind == NALG_METRIC_GENERIC)) {
        fmpz degrees[2] = {(fmpz)r, 1};
        nalg_ed_degree_segre_veronese(c->theorem, (size_t[]){n - 1, m - 1}, degrees, 2);
        c->theorem_source = "Segre-Veronese variety, generic quadratic form (Draisma et al. 2016)";
        return true;
    }
    if (m == 1 && c->metric.kind == NALG_METRIC_BOMBIERI && (k == 1 || r == 2)) {
        if (r == 2) fmpz_bin_uiui(c->theorem, n, k < n ? k : n);
        else nalg_ed_degree_eigenvectors(c->theorem, n, r);
        c->theorem_source = r == 2 ? "Eckart-Young" : "eigenvectors of symmetric tensors (Cartwright-Sturmfels 2013)";
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
    if (c->metric.kind != NALG_METRIC_GENERIC && c->metric.kind != NALG_METRIC_DATA) return false;
    bool linear = true, polynomial = true;
    uint64_t exponent[8];
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        int64_t r;
        if (layer->type == &nalg_layer_conv && !layer->tied) {
            const nalg_convolution *k = layer->data;
            bool last = i + 1 == p->count;
            if (count == 8 || k->bias || k->pad[1] || layer->in.rank != 1 || layer->out.rank != 1) return false;
            linear = linear && (last || k->stride[1] > 1);
            exponent[count] = 1;
            n[count++] = k->filter[1] - 1;
        } else if (layer->type == &nalg_layer_activation && count && exponent[count - 1] == 1) {
            if (!nalg_rational_function_is_monomial(nalg_activation_function(layer), &r) || r < 1 || r > 1000) return false;
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
    if (nalg_chain_read(&chain, c->model)) c->theorem_known = !chain.bias && (linear_theorem(c, &chain) || shallow_theorem(c, &chain));
    else c->theorem_known = convolution_theorem(c);
}

/* ---- the run ---- */

static nalg_status run(computation *c)
{
    bool trace = c->metric.kind == NALG_METRIC_GENERIC;
    nalg_monodromy_problem problem = {.system = c->system, .fingerprint = c->base.fingerprint, .z = c->base.z, .start_count = 1, .p = c->target, .trace = trace, .trace_parameters = c->metric.size};
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = c->options->limit;
    options.quiet_edges = QUIET_EDGES;
    if (c->theorem_known && fmpz_fits_si(c->theorem)) options.expected = fmpz_get_ui(c->theorem);
    nalg_status status = nalg_monodromy(c->ctx, &c->found, &problem, &options);
    return status == NALG_OK && c->found.reason == NALG_MONODROMY_INTERRUPTED ? nalg_checkpoint(c->ctx) : status;
}

static nalg_status certify(computation *c)
{
    const double complex *input[SLOT_COUNT], *check[] = {NULL, c->base.frozen, c->base.check_x, c->base.check_c};
    slots(c, input);
    nalg_certify_problem problem = {
        .system = {.graph = &c->graph, .output = c->gradient, .input = input, .input_count = SLOT_COUNT},
        .fingerprint = {.graph = &c->base.check_graph, .output = c->base.check_output, .batch = NALG_FINGERPRINT_SAMPLES, .input = check, .input_count = 4},
        .parameter = c->target,
        .parameter_count = c->metric.size};
    return nalg_certify_solutions(c->ctx, &c->certificate, &problem, c->found.z, c->found.count, NULL);
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static nalg_status answer(computation *c, nalg_result **out, double started)
{
    const nalg_monodromy_result *m = &c->found;
    bool meets = c->theorem_known && fmpz_equal_ui(c->theorem, m->count) && c->certificate.distinct == m->count;
    bool complete = m->reason == NALG_MONODROMY_TRACE || m->reason == NALG_MONODROMY_STAGNATED;
    json_t *theorem = c->theorem_known ? json_pack("{s:o, s:s}", "value", nalg_json_fmpz(c->theorem), "source", c->theorem_source) : json_null();
    json_t *result = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "metric", nalg_metric_name(c->metric.kind), "ed_degree", nalg_json_unsigned(m->count),
                               "dimension", nalg_json_unsigned(c->dimension), "trace_residual", number_or_null(m->trace_residual), "theorem", theorem,
                               "solutions_certified", nalg_json_unsigned(c->certificate.distinct));
    json_t *evidence = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "status", meets ? "proved" : m->reason == NALG_MONODROMY_TRACE ? "numerical" : "proved_lower", "completeness",
                                 meets ? "theorem" : m->reason == NALG_MONODROMY_TRACE ? "trace test" : complete ? "several rounds brought nothing new" : "not reached",
                                 "dimension", c->dimension_proved ? "proved" : "probable", "tracked", (json_int_t)m->tracked, "steps", (json_int_t)m->steps, "lost", (json_int_t)m->lost, "jumps",
                                 (json_int_t)m->jumps, "found_per_round", nalg_json_indices(m->found, m->rounds));
    return nalg_result_create(c->ctx, out, "critical", started, nalg_model_document(c->model), result, evidence);
}

static nalg_status pack_form(computation *c)
{
    size_t n = c->metric.size;
    c->triangle = nalg_array(n * (n + 1) / 2, sizeof *c->triangle);
    if (!c->triangle) return nalg_fail_memory(c->ctx);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) c->triangle[packed(i, j)] = c->metric.form[i * n + j];
    return NALG_OK;
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_metric_kind kind;
    if (!nalg_metric_from_name(&kind, c->options->metric))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "metric", "write unit, bombieri, gaussian, generic or data", "unknown metric '%.40s'", c->options->metric);
    nalg_status status = nalg_dimension_of(c->ctx, &c->dimension, &c->dimension_proved, c->model);
    if (status == NALG_OK) status = nalg_metric_create(c->ctx, &c->metric, c->model, kind, c->options->samples, c->dimension);
    if (status == NALG_OK && c->metric.size < c->dimension) /* then a continuum of functions fits the data */
        status = nalg_fail(c->ctx, NALG_E_ARGUMENT, "samples", "give at least as many output values as the dimension",
                           "%zu output values leave a continuum of critical points: the dimension is %zu", c->metric.size, c->dimension);
    if (status == NALG_OK) status = nalg_interpolation_create(c->ctx, &c->base, c->model, c->dimension, false);
    if (status == NALG_OK) find_theorem(c);
    if (status == NALG_OK) status = pack_form(c);
    if (status == NALG_OK) status = build(c);
    if (status == NALG_OK) status = compile(c);
    if (status == NALG_OK) status = choose_target(c);
    if (status == NALG_OK) status = run(c);
    if (status == NALG_OK) status = certify(c);
    return status == NALG_OK ? answer(c, out, started) : status;
}

nalg_status nalg_critical(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_critical_options *options)
{
    nalg_critical_options defaults;
    nalg_critical_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    nalg_graph_init(&c.samples);
    nalg_graph_init(&c.graph);
    nalg_graph_init(&c.base.graph);
    nalg_graph_init(&c.base.check_graph);
    fmpz_init(c.theorem);
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_certificate_clear(&c.certificate);
    nalg_monodromy_result_clear(&c.found);
    nalg_system_free(c.system);
    nalg_system_free(c.value_system);
    nalg_interpolation_clear(&c.base);
    nalg_metric_clear(&c.metric);
    nalg_graph_clear(&c.samples);
    nalg_graph_clear(&c.graph);
    free(c.target);
    free(c.triangle);
    fmpz_clear(c.theorem);
    return status;
}
