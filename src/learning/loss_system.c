/* Building gradient systems.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/loss_system.h"
#include <string.h>
#include "core/memory.h"

/* Slots: 0 the targets or b. */
enum { SLOT_MATRIX = 1, SLOT_ORIGIN, SLOT_INPUTS, SLOT_FORM, SLOT_COUNT };
/* Of a family: the basis points are inputs beside the samples. */
enum { SLOT_BASIS = SLOT_FORM, FAMILY_SLOTS };

static size_t packed(size_t i, size_t j)
{
    return i >= j ? i * (i + 1) / 2 + j : j * (j + 1) / 2 + i;
}

void nalg_loss_pack(double complex *out, const double *form, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) out[packed(i, j)] = form[i * n + j];
}

static int form_node(nalg_graph *g, size_t n)
{
    int map;
    int32_t *entry = nalg_graph_map_new(g, n * n, &map);
    for (size_t i = 0; entry && i < n * n; i++) entry[i] = (int32_t)packed(i / n, i % n);
    return nalg_graph_gather(g, nalg_graph_input(g, SLOT_FORM, n * (n + 1) / 2, false), map);
}

/* The values of the model at `points` inputs in a slot, all outputs or those in `pick`, as one unbatched node
 * of g. */
static int values_node(nalg_graph *g, nalg_graph *batched, const nalg_chart *chart, size_t slot,
                       size_t points, const int32_t *pick, size_t count)
{
    const nalg_pipeline *layers = chart->model->layers;
    size_t n = chart->dimension, weights = chart->weights;
    int matrix = nalg_graph_input(batched, SLOT_MATRIX, weights * n, false),
        unknowns = nalg_graph_parameter(batched, 0, n);
    int w =
        nalg_graph_add(batched, nalg_graph_product(batched, matrix, false, unknowns, false, weights, n, 1),
                       nalg_graph_input(batched, SLOT_ORIGIN, weights, false));
    batched->substitute = w;
    int x = nalg_graph_input(batched, slot, nalg_shape_size(&layers->in), true);
    int f = nalg_pipeline_lower(layers, batched, x);
    if (batched->failed || f == NALG_NO_NODE) return NALG_NO_NODE;
    int all = nalg_graph_unbatch(g, batched, f, points), map;
    if (!batched->node[f].batched)
        all = nalg_graph_repeat(g, all, points); /* a function that does not depend on its input */
    if (!pick) return all;
    int32_t *entry = nalg_graph_map_new(g, count, &map);
    if (entry) memcpy(entry, pick, count * sizeof *entry);
    return nalg_graph_gather(g, all, map);
}

static nalg_status build_gradient(nalg_ctx *ctx, nalg_loss_system *s, size_t points, const int32_t *pick)
{
    nalg_graph *g = &s->graph;
    int values = values_node(g, &s->samples, s->chart, SLOT_INPUTS, points, pick, s->values);
    int target = nalg_graph_input(g, 0, s->values, false), weighted = values;
    if (s->kind != NALG_GRADIENT_SAMPLES)
        weighted =
            nalg_graph_product(g, form_node(g, s->values), false, values, false, s->values, s->values, 1);
    int cotangent = nalg_graph_subtract(g, weighted, target);
    if (g->failed || s->samples.failed || cotangent == NALG_NO_NODE) return nalg_fail_memory(ctx);
    s->gradient = nalg_critical_pullback(g, values, cotangent);
    if (g->failed) return nalg_fail_memory(ctx);
    if (s->gradient == NALG_NO_NODE)
        return nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, NULL, "the functions do not depend on the weights");
    return NALG_OK;
}

static void slots(const nalg_loss_system *s, const double complex **input)
{
    input[0] = NULL;
    input[SLOT_MATRIX] = s->chart->matrix;
    input[SLOT_ORIGIN] = s->chart->origin;
    input[SLOT_INPUTS] = s->x;
    input[SLOT_FORM] = s->form;
}

static nalg_status compile(nalg_ctx *ctx, nalg_loss_system *s)
{
    const double complex *input[SLOT_COUNT];
    slots(s, input);
    bool moves[SLOT_COUNT] = {
        [SLOT_INPUTS] = s->kind == NALG_GRADIENT_SAMPLES, [SLOT_FORM] = s->kind == NALG_GRADIENT_MOVING_FORM};
    size_t used = s->kind == NALG_GRADIENT_SAMPLES ? SLOT_FORM : SLOT_COUNT;
    nalg_system_source gradient = {
        .graph = &s->graph, .output = s->gradient, .input = input, .input_count = used, .moving = moves};
    nalg_system_source values = {
        .graph = &s->value_graph, .output = s->value, .input = input, .input_count = SLOT_FORM};
    nalg_status status = nalg_system_create(ctx, &s->system, &gradient);
    if (status == NALG_OK) status = nalg_system_create(ctx, &s->value_system, &values);
    if (status == NALG_OK) s->parameters = nalg_system_parameters(s->system);
    return status;
}

nalg_status nalg_loss_system_create(nalg_ctx *ctx, nalg_loss_system *s, nalg_gradient_kind kind,
                                    const nalg_chart *chart, const nalg_loss_form *form, const double *inputs,
                                    size_t samples)
{
    *s = (nalg_loss_system){.kind = kind, .chart = chart};
    nalg_graph_init(&s->samples);
    nalg_graph_init(&s->graph);
    nalg_graph_init(&s->value_samples);
    nalg_graph_init(&s->value_graph);
    bool on_samples = kind == NALG_GRADIENT_SAMPLES;
    size_t n = nalg_shape_size(&chart->model->layers->in), points = on_samples ? samples : form->points;
    const double *x = on_samples ? inputs : form->x;
    const int32_t *pick = on_samples ? NULL : form->pick;
    s->values = on_samples ? samples * nalg_shape_size(&chart->model->layers->out) : form->size;
    s->x = nalg_array(n * points, sizeof *s->x);
    nalg_status status = s->x ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t p = 0; status == NALG_OK && p < points; p++)
        for (size_t i = 0; i < n; i++) s->x[i * points + p] = x[p * n + i];
    if (status == NALG_OK && !on_samples) {
        s->form = nalg_array(s->values * (s->values + 1) / 2, sizeof *s->form);
        if (s->form)
            nalg_loss_pack(s->form, form->form, s->values);
        else
            status = nalg_fail_memory(ctx);
    }
    if (status == NALG_OK) status = build_gradient(ctx, s, points, pick);
    if (status == NALG_OK) {
        s->value =
            values_node(&s->value_graph, &s->value_samples, chart, SLOT_INPUTS, points, pick, s->values);
        if (s->value == NALG_NO_NODE || s->value_graph.failed) status = nalg_fail_memory(ctx);
    }
    if (status == NALG_OK) status = compile(ctx, s);
    if (status != NALG_OK) nalg_loss_system_clear(s);
    return status;
}

void nalg_loss_system_clear(nalg_loss_system *s)
{
    nalg_system_free(s->system);
    nalg_system_free(s->value_system);
    nalg_graph_clear(&s->samples);
    nalg_graph_clear(&s->graph);
    nalg_graph_clear(&s->value_samples);
    nalg_graph_clear(&s->value_graph);
    free(s->x);
    free(s->form);
    *s = (nalg_loss_system){0};
}

static int family_gradient(const void *owner, nalg_graph *g, nalg_graph *samples, int target)
{
    const nalg_loss_curve *c = owner;
    const nalg_loss_system *s = c->instance;
    size_t outputs = nalg_shape_size(&s->chart->model->layers->out);
    int values = values_node(g, samples, s->chart, SLOT_INPUTS, s->values / outputs, NULL, s->values);
    return values == NALG_NO_NODE ? NALG_NO_NODE
                                  : nalg_critical_pullback(g, values, nalg_graph_subtract(g, values, target));
}

static int family_values(const void *owner, nalg_graph *g, nalg_graph *samples)
{
    const nalg_loss_curve *c = owner;
    return values_node(g, samples, c->instance->chart, SLOT_BASIS, c->form->points, c->form->pick,
                       c->form->size);
}

nalg_critical_family nalg_loss_family(nalg_loss_curve *out, const nalg_loss_system *instance,
                                      const nalg_loss_system *basis, const nalg_loss_form *form,
                                      const double complex *target)
{
    static const bool moving[FAMILY_SLOTS] = {[SLOT_INPUTS] = true};
    *out = (nalg_loss_curve){.instance = instance, .form = form};
    out->input[SLOT_MATRIX] = instance->chart->matrix;
    out->input[SLOT_ORIGIN] = instance->chart->origin;
    out->input[SLOT_INPUTS] = instance->x;
    out->input[SLOT_BASIS] = basis->x;
    out->moving_count[SLOT_INPUTS] = instance->parameters - instance->values;
    return (nalg_critical_family){.unknowns = instance->chart->dimension,
                                  .targets = instance->values,
                                  .functionals = form->size,
                                  .target = target,
                                  .slots = FAMILY_SLOTS,
                                  .input = out->input,
                                  .moving = moving,
                                  .moving_count = out->moving_count,
                                  .gradient = family_gradient,
                                  .values = family_values,
                                  .owner = out,
                                  .fingerprint = basis->value_system};
}

void nalg_loss_values_map(nalg_certify_map *out, const nalg_loss_system *s,
                          const double complex *input[NALG_LOSS_SLOTS])
{
    slots(s, input);
    *out = (nalg_certify_map){
        .graph = &s->value_graph, .output = s->value, .input = input, .input_count = SLOT_FORM};
}

void nalg_loss_gradient_map(nalg_certify_map *out, const nalg_loss_system *s,
                            const double complex *input[NALG_LOSS_SLOTS])
{
    slots(s, input);
    *out = (nalg_certify_map){.graph = &s->graph,
                              .output = s->gradient,
                              .input = input,
                              .input_count = s->kind == NALG_GRADIENT_SAMPLES ? SLOT_FORM : SLOT_COUNT};
}

nalg_status nalg_loss_certify(nalg_ctx *ctx, nalg_certificate *out, const nalg_loss_system *s,
                              const nalg_loss_system *fingerprint, const double complex *p,
                              const double complex *z, size_t count)
{
    const double complex *input[NALG_LOSS_SLOTS], *check[NALG_LOSS_SLOTS];
    nalg_certify_problem problem = {.parameter = p, .parameter_count = s->values};
    nalg_loss_gradient_map(&problem.system, s, input);
    nalg_loss_values_map(&problem.fingerprint, fingerprint, check);
    return nalg_certify_solutions(ctx, out, &problem, z, count, NULL);
}
