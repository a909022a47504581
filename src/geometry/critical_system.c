/* Building the equations of critical points (METHODS 5). A target for which the start weights are critical is
 * found by linear algebra. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/critical_system.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"

enum { STREAM_RESIDUAL = 4001 };
#define PRECISION 128

/* G r: r times the weights, or the dense form. */
static int weighted_node(nalg_graph *g, const nalg_metric *m, int residual)
{
    size_t n = m->size;
    if (m->form)
        return nalg_graph_product(g, nalg_graph_input(g, NALG_CRITICAL_FORM, n * n, false), false, residual,
                                  false, n, n, 1);
    int map;
    int32_t *group = nalg_graph_map_new(g, n, &map);
    for (size_t i = 0; group && i < n; i++) group[i] = (int32_t)(i / (n / m->groups));
    return nalg_graph_multiply(
        g, nalg_graph_gather(g, nalg_graph_input(g, NALG_CRITICAL_FORM, m->groups, false), map), residual);
}

int nalg_critical_pullback(nalg_graph *g, int values, int cotangent)
{
    size_t count = g->count;
    bool *source = nalg_array_zero(count, sizeof *source);
    int *adjoint = nalg_array(count, sizeof *adjoint), out = NALG_NO_NODE;
    bool ok = source && adjoint && !g->failed && values != NALG_NO_NODE && cotangent != NALG_NO_NODE;
    for (size_t i = 0; ok && i < count; i++)
        source[i] = g->node[i].op == NALG_OP_PARAMETER && g->node[i].offset == 0;
    ok = ok && nalg_graph_adjoint(g, values, cotangent, source, adjoint);
    for (size_t i = 0; ok && i < count; i++) {
        if (!source[i] || adjoint[i] == NALG_NO_NODE) continue;
        out = out == NALG_NO_NODE ? adjoint[i] : nalg_graph_add(g, out, adjoint[i]);
    }
    free(source);
    free(adjoint);
    return out;
}

/* c_k . f(x_k) for n samples in two slots, written out. */
static int value_node(const nalg_interpolation *base, nalg_graph *g, nalg_graph *s, size_t slot_x,
                      size_t slot_c, size_t n)
{
    s->substitute = nalg_interpolation_weights(s, base);
    int x = nalg_graph_input(s, slot_x, base->inputs, true),
        functional = nalg_graph_input(s, slot_c, base->outputs, true);
    int f = nalg_pipeline_lower(base->model->layers, s, x),
        value = nalg_graph_product(s, functional, true, f, false, 1, base->outputs, 1);
    return s->failed ? NALG_NO_NODE : nalg_graph_unbatch(g, s, value, n);
}

/* J^T G (e - u) for a target u; *values becomes e. */
static int gradient_node(const nalg_critical_system *c, nalg_graph *g, nalg_graph *samples, int target,
                         int *values)
{
    *values =
        value_node(&c->base, g, samples, NALG_CRITICAL_INPUTS, NALG_CRITICAL_FUNCTIONALS, c->metric.size);
    if (*values == NALG_NO_NODE) return NALG_NO_NODE;
    return nalg_critical_pullback(g, *values,
                                  weighted_node(g, &c->metric, nalg_graph_subtract(g, *values, target)));
}

int nalg_critical_mixture_node(const nalg_critical_system *c, nalg_graph *g, nalg_graph *samples)
{
    const size_t n = c->metric.size;
    int values = value_node(&c->base, g, samples, NALG_CRITICAL_INPUTS, NALG_CRITICAL_FUNCTIONALS, n),
        weights, factor;
    if (values == NALG_NO_NODE) return NALG_NO_NODE;
    int residual = nalg_graph_subtract(g, values, nalg_graph_input(g, 0, n, false)),
        moving = nalg_graph_input(g, NALG_CRITICAL_MIXTURE, n + 1, false);
    int32_t *weight = nalg_graph_map_new(g, n, &weights), *last = nalg_graph_map_new(g, 1, &factor);
    for (size_t i = 0; weight && i < n; i++) weight[i] = (int32_t)i;
    if (last) last[0] = (int32_t)n;
    int form = nalg_graph_multiply(g, nalg_graph_gather(g, moving, factor),
                                   weighted_node(g, &c->metric, residual)),
        diagonal = nalg_graph_multiply(g, nalg_graph_gather(g, moving, weights), residual);
    return nalg_critical_pullback(g, values, nalg_graph_add(g, form, diagonal));
}

static nalg_status build(nalg_ctx *ctx, nalg_critical_system *c)
{
    int target = nalg_graph_input(&c->graph, 0, c->metric.size, false);
    c->gradient = gradient_node(c, &c->graph, &c->samples, target, &c->values);
    return !c->graph.failed && c->gradient != NALG_NO_NODE ? NALG_OK : nalg_fail_memory(ctx);
}

void nalg_critical_system_inputs(const nalg_critical_system *c, const double complex **input)
{
    input[0] = NULL;
    input[NALG_CRITICAL_FROZEN] = c->base.frozen;
    input[NALG_CRITICAL_INPUTS] = c->metric.x;
    input[NALG_CRITICAL_FUNCTIONALS] = c->metric.c;
    input[NALG_CRITICAL_FORM] = c->metric.form ? c->metric.form : c->metric.weight;
    input[NALG_CRITICAL_CHECK_INPUTS] = c->base.check_x;
    input[NALG_CRITICAL_CHECK_FUNCTIONALS] = c->base.check_c;
}

static int family_gradient(const void *owner, nalg_graph *g, nalg_graph *samples, int target)
{
    int values;
    return gradient_node(owner, g, samples, target, &values);
}

static int family_values(const void *owner, nalg_graph *g, nalg_graph *samples)
{
    const nalg_critical_system *c = owner;
    return value_node(&c->base, g, samples, NALG_CRITICAL_CHECK_INPUTS, NALG_CRITICAL_CHECK_FUNCTIONALS,
                      NALG_FINGERPRINT_SAMPLES);
}

nalg_critical_family nalg_critical_system_family(const nalg_critical_system *c, const double complex **input)
{
    static const bool moving[NALG_CRITICAL_SLOTS] = {false};
    nalg_critical_system_inputs(c, input);
    return (nalg_critical_family){.unknowns = c->base.dimension,
                                  .targets = c->metric.size,
                                  .functionals = NALG_FINGERPRINT_SAMPLES,
                                  .target = c->target,
                                  .slots = NALG_CRITICAL_SLOTS,
                                  .input = input,
                                  .moving = moving,
                                  .gradient = family_gradient,
                                  .values = family_values,
                                  .owner = c,
                                  .fingerprint = c->base.fingerprint};
}

static nalg_status compile(nalg_ctx *ctx, nalg_critical_system *c)
{
    const double complex *input[NALG_CRITICAL_SLOTS];
    nalg_critical_system_inputs(c, input);
    nalg_system_source values = {
        .graph = &c->graph, .output = c->values, .input = input, .input_count = NALG_CRITICAL_SLOTS};
    /* Loops of u alone branch seldom; the weights of values or samples move along. */
    const bool moves[NALG_CRITICAL_SLOTS] = {[NALG_CRITICAL_FORM] = !c->metric.form};
    nalg_system_source gradient = {.graph = &c->graph,
                                   .output = c->gradient,
                                   .input = input,
                                   .input_count = NALG_CRITICAL_SLOTS,
                                   .moving = moves};
    nalg_status status = nalg_system_create(ctx, &c->value_system, &values);
    return status == NALG_OK ? nalg_system_create(ctx, &c->system, &gradient) : status;
}

static double complex weight_of(const nalg_metric *m, size_t i)
{
    return m->weight[i / (m->size / m->groups)];
}

static void set_number(acb_t out, double complex x)
{
    acb_set_d_d(out, creal(x), cimag(x));
}

static double complex get_number(acb_srcptr x)
{
    return CMPLX(arf_get_d(arb_midref(acb_realref(x)), ARF_RND_NEAR),
                 arf_get_d(arb_midref(acb_imagref(x)), ARF_RND_NEAR));
}

/* r = v - J (J^T G J)^-1 J^T G v, in place of v; J is N x D, G the dense `dense_form` or the weights of m.
 * False when the metric is degenerate at the start point. */
static bool project(acb_mat_t v, const acb_mat_t j, const nalg_metric *m, const double complex *dense_form)
{
    slong n = acb_mat_nrows(j), d = acb_mat_ncols(j);
    acb_mat_t weighted, transposed, left, right, y, correction;
    acb_mat_init(weighted, n, d);
    acb_mat_init(transposed, d, n);
    acb_mat_init(left, d, d);
    acb_mat_init(right, d, 1);
    acb_mat_init(y, d, 1);
    acb_mat_init(correction, n, 1);
    if (dense_form) {
        acb_mat_t form;
        acb_mat_init(form, n, n);
        for (slong i = 0; i < n * n; i++) set_number(acb_mat_entry(form, i / n, i % n), dense_form[i]);
        acb_mat_approx_mul(weighted, form, j, PRECISION);
        acb_mat_clear(form);
    } else {
        for (slong i = 0; i < n; i++)
            for (slong k = 0; k < d; k++) {
                acb_t factor;
                acb_init(factor);
                set_number(factor, weight_of(m, (size_t)i));
                acb_mul(acb_mat_entry(weighted, i, k), acb_mat_entry(j, i, k), factor, PRECISION);
                acb_clear(factor);
            }
    }
    acb_mat_transpose(transposed, weighted);
    acb_mat_approx_mul(left, transposed, j, PRECISION);
    acb_mat_approx_mul(right, transposed, v, PRECISION);
    bool ok = acb_mat_approx_solve(y, left, right, PRECISION);
    acb_mat_approx_mul(correction, j, y, PRECISION);
    acb_mat_sub(v, v, correction, PRECISION);
    acb_mat_clear(weighted);
    acb_mat_clear(transposed);
    acb_mat_clear(left);
    acb_mat_clear(right);
    acb_mat_clear(y);
    acb_mat_clear(correction);
    return ok;
}

/* Each value's own scale: what its weight makes of the mean size. */
static double value_size(const nalg_metric *m, const double complex *e, size_t i)
{
    double sum = 0;
    for (size_t k = 0; k < m->size; k++) sum += cabs(weight_of(m, k)) * creal(e[k] * conj(e[k]));
    return sqrt(sum / (double)m->size / cabs(weight_of(m, i)));
}

/* u = e - r with J^T G r = 0. */
nalg_status nalg_critical_choose_target(nalg_ctx *ctx, double complex *u, const nalg_critical_system *c,
                                        const double complex *form)
{
    size_t n = c->metric.size, d = c->base.dimension;
    double complex *e = nalg_array(n, sizeof *e), *jacobian = nalg_array(n * d, sizeof *jacobian);
    nalg_status status = e && jacobian ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_system_evaluate(ctx, e, jacobian, c->value_system, c->base.z, 1, u);
    if (status == NALG_OK) {
        acb_mat_t j, v;
        acb_mat_init(j, (slong)n, (slong)d);
        acb_mat_init(v, (slong)n, 1);
        nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_RESIDUAL);
        for (size_t i = 0; i < n; i++) {
            for (size_t k = 0; k < d; k++)
                set_number(acb_mat_entry(j, (slong)i, (slong)k), jacobian[i * d + k]);
            double size = value_size(&c->metric, e, i), re = size * nalg_random_normal(&r),
                   im = size * nalg_random_normal(&r);
            acb_set_d_d(acb_mat_entry(v, (slong)i, 0), re, im);
        }
        if (!project(v, j, &c->metric, form ? form : c->metric.form))
            status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed",
                               "the metric is degenerate at the start point");
        for (size_t i = 0; i < n; i++) u[i] = e[i] - get_number(acb_mat_entry(v, (slong)i, 0));
        acb_mat_clear(j);
        acb_mat_clear(v);
    }
    free(e);
    free(jacobian);
    return status;
}

static nalg_status choose_parameter(nalg_ctx *ctx, nalg_critical_system *c)
{
    const size_t n = c->metric.size;
    c->target_count = nalg_system_parameters(c->system);
    c->target = nalg_array_zero(c->target_count, sizeof *c->target);
    if (!c->target) return nalg_fail_memory(ctx);
    if (c->target_count > n) memcpy(c->target + n, c->metric.weight, c->metric.groups * sizeof *c->target);
    return nalg_critical_choose_target(ctx, c->target, c, NULL);
}

nalg_status nalg_critical_system_create(nalg_ctx *ctx, nalg_critical_system *out, const nalg_model *model,
                                        size_t dimension, nalg_metric *metric)
{
    nalg_critical_system c = {.metric = *metric};
    *metric = (nalg_metric){0};
    nalg_graph_init(&c.samples);
    nalg_graph_init(&c.graph);
    nalg_graph_init(&c.base.graph);
    nalg_graph_init(&c.base.check_graph);
    nalg_status status = NALG_OK;
    if (c.metric.size < dimension) /* then a continuum of functions fits the data */
        status =
            nalg_fail(ctx, NALG_E_ARGUMENT, "samples", "give at least as many output values as the dimension",
                      "%zu output values leave a continuum of critical points: the dimension is %zu",
                      c.metric.size, dimension);
    if (status == NALG_OK) status = nalg_interpolation_create(ctx, &c.base, model, dimension, false);
    if (status == NALG_OK) status = build(ctx, &c);
    if (status == NALG_OK) status = compile(ctx, &c);
    if (status == NALG_OK) status = choose_parameter(ctx, &c);
    if (status == NALG_OK)
        *out = c;
    else
        nalg_critical_system_clear(&c);
    return status;
}

void nalg_critical_system_clear(nalg_critical_system *c)
{
    nalg_system_free(c->system);
    nalg_system_free(c->value_system);
    nalg_interpolation_clear(&c->base);
    nalg_metric_clear(&c->metric);
    nalg_graph_clear(&c->samples);
    nalg_graph_clear(&c->graph);
    free(c->target);
    *c = (nalg_critical_system){0};
}

nalg_certify_problem nalg_critical_system_certify(const nalg_critical_system *c, const double complex *u,
                                                  const double complex **input, const double complex **check)
{
    nalg_critical_system_inputs(c, input);
    check[0] = NULL, check[1] = c->base.frozen, check[2] = c->base.check_x, check[3] = c->base.check_c;
    return (nalg_certify_problem){.system = {.graph = &c->graph,
                                             .output = c->gradient,
                                             .input = input,
                                             .input_count = NALG_CRITICAL_SLOTS},
                                  .fingerprint = {.graph = &c->base.check_graph,
                                                  .output = c->base.check_output,
                                                  .batch = NALG_FINGERPRINT_SAMPLES,
                                                  .input = check,
                                                  .input_count = 4},
                                  .parameter = u,
                                  .parameter_count = c->metric.size};
}
