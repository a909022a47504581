/* Enclosures of a map and of its Jacobian.
 *
 * Only the nodes the output needs are kept. The Jacobian comes from one reverse sweep over the graph with one sample for each value:
 * sample e of the sweep carries the unit cotangent of value e, so row e of the Jacobian is the gradient in sample e. With one output
 * entry (the usual case: one equation a sample) the cotangent is the constant 1 and the samples are those of the map.
 * Every operation of the field encloses, so a value computed from balls encloses the exact values at all points of the balls; the
 * adjoints are polynomials (rational functions) computed in the same way, so they enclose the derivative over the whole box.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/ball_map.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"

acb_ptr nalg_balls_new(size_t count)
{
    acb_ptr balls = nalg_array(count, sizeof *balls);
    for (size_t i = 0; balls && i < count; i++) acb_init(balls + i);
    return balls;
}

void nalg_balls_free(acb_ptr balls, size_t count)
{
    for (size_t i = 0; balls && i < count; i++) acb_clear(balls + i);
    free(balls);
}

/* One node, its operands already copied. */
static int copy_node(nalg_graph *out, const nalg_graph *g, const nalg_node *v, const int *copy)
{
    int a = v->a >= 0 ? copy[v->a] : NALG_NO_NODE, b = v->b >= 0 ? copy[v->b] : NALG_NO_NODE, map;
    switch (v->op) {
    case NALG_OP_INPUT:
        return nalg_graph_input(out, v->offset, v->size, v->batched);
    case NALG_OP_PARAMETER:
        return nalg_graph_parameter(out, v->offset, v->size);
    case NALG_OP_CONSTANT:
        return nalg_graph_constant(out, &g->rational[v->index], v->size);
    case NALG_OP_ADD:
        return nalg_graph_add(out, a, b);
    case NALG_OP_MULTIPLY:
        return nalg_graph_multiply(out, a, b);
    case NALG_OP_INVERSE:
        return nalg_graph_inverse(out, a);
    case NALG_OP_PRODUCT:
        return nalg_graph_product(out, a, v->transpose_a, b, v->transpose_b, v->m, v->k, v->n);
    case NALG_OP_GATHER:
    case NALG_OP_SCATTER: {
        const nalg_index_map *from = &g->map[v->index];
        int32_t *entry = nalg_graph_map_new(out, from->length, &map);
        if (!entry) return NALG_NO_NODE;
        memcpy(entry, from->entry, from->length * sizeof *entry);
        return v->op == NALG_OP_GATHER ? nalg_graph_gather(out, a, map) : nalg_graph_scatter(out, a, map, v->size);
    }
    }
    return NALG_NO_NODE;
}

/* The ancestors of `output`, in order; returns the copy of `output` or NALG_NO_NODE when memory is out. */
static int copy_ancestors(nalg_graph *out, const nalg_graph *g, int output)
{
    size_t count = (size_t)output + 1;
    int *copy = nalg_array(count, sizeof *copy), result = NALG_NO_NODE;
    bool *needed = nalg_array_zero(count, sizeof *needed);
    if (!copy || !needed) goto done;
    needed[output] = true;
    for (size_t i = count; i-- > 0;) {
        const nalg_node *v = &g->node[i];
        if (needed[i] && v->a >= 0) needed[v->a] = true;
        if (needed[i] && v->b >= 0) needed[v->b] = true;
    }
    for (size_t i = 0; i < count; i++) copy[i] = needed[i] ? copy_node(out, g, &g->node[i], copy) : NALG_NO_NODE;
    if (!out->failed) result = copy[output];
done:
    free(copy);
    free(needed);
    return result;
}

static nalg_status bad(nalg_ctx *ctx, const char *what)
{
    return nalg_fail(ctx, NALG_E_ARGUMENT, "certify", NULL, "%s", what);
}

/* Are the numbers finite? Notes in *real whether any is not real. */
static bool check_numbers(const double complex *x, size_t count, bool *real)
{
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(creal(x[i])) || !isfinite(cimag(x[i]))) return false;
        if (cimag(x[i]) != 0.0) *real = false;
    }
    return true;
}

static nalg_status check_inputs(nalg_ctx *ctx, nalg_ball_map *map, size_t parameter_count)
{
    const nalg_certify_map *source = map->source;
    for (size_t i = 0; i < map->value.count; i++) {
        const nalg_node *v = &map->value.node[i];
        size_t length;
        if (v->op != NALG_OP_INPUT) continue;
        if (v->offset == 0) {
            if (v->batched || v->size > parameter_count) return bad(ctx, "the parameter is too short, or its slot is batched");
            continue;
        }
        if (v->offset >= source->input_count || !source->input[v->offset]) return bad(ctx, "an input slot has no values");
        if (!nalg_size_multiply(&length, v->size, v->batched ? map->batch : 1)) return nalg_fail_memory(ctx);
        if (!check_numbers(source->input[v->offset], length, &map->real)) return bad(ctx, "an input is not finite");
    }
    bool used = source->subtract_parameter;
    for (size_t i = 0; i < map->value.count; i++) used = used || (map->value.node[i].op == NALG_OP_INPUT && map->value.node[i].offset == 0);
    if (used && !check_numbers(map->parameter, parameter_count, &map->real)) return bad(ctx, "a parameter is not finite");
    if (source->subtract_parameter && parameter_count < map->values) return bad(ctx, "one parameter for each equation is needed");
    return NALG_OK;
}

/* Append the adjoints of the unknowns to `derivative`. */
static bool differentiate(nalg_ball_map *map, size_t output_size)
{
    nalg_graph *g = &map->derivative;
    map->derivative_output = copy_ancestors(g, map->source->graph, map->source->output);
    if (map->derivative_output < 0) return false;
    map->derivative_batch = output_size == 1 ? map->batch : map->values;
    map->cotangent = output_size == 1 ? nalg_graph_constant_si(g, 1, 1) : nalg_graph_input(g, g->slots ? g->slots : 1, output_size, true);
    bool *source = nalg_array_zero(g->count, sizeof *source), ok = false;
    map->adjoint = nalg_array(g->count, sizeof *map->adjoint);
    if (source && map->adjoint && map->cotangent >= 0) {
        for (size_t i = 0; i < g->count; i++) source[i] = g->node[i].op == NALG_OP_PARAMETER;
        ok = nalg_graph_adjoint(g, map->derivative_output, map->cotangent, source, map->adjoint);
    }
    free(source);
    return ok;
}

nalg_status nalg_ball_map_create(nalg_ctx *ctx, nalg_ball_map *out, const nalg_certify_map *source, const double complex *parameter,
                                 size_t parameter_count, bool with_jacobian)
{
    nalg_ball_map map = {.source = source, .parameter = parameter, .unknowns = source->graph->parameters, .real = true};
    nalg_status status;
    if (source->output < 0 || (size_t)source->output >= source->graph->count) return bad(ctx, "the output is no node of the graph");
    if (parameter_count && !parameter) return bad(ctx, "the parameter has no values");
    const nalg_node *output = &source->graph->node[source->output];
    map.batch = output->batched ? source->batch : 1;
    nalg_graph_init(&map.value);
    nalg_graph_init(&map.derivative);
    if (!nalg_size_multiply(&map.values, output->size, map.batch)) return nalg_fail_memory(ctx);
    map.value_output = copy_ancestors(&map.value, source->graph, source->output);
    status = map.value_output < 0 ? nalg_fail_memory(ctx) : check_inputs(ctx, &map, parameter_count);
    if (status == NALG_OK && with_jacobian && !differentiate(&map, output->size)) status = nalg_fail_memory(ctx);
    if (status != NALG_OK) nalg_ball_map_clear(&map);
    else *out = map;
    return status;
}

void nalg_ball_map_clear(nalg_ball_map *map)
{
    nalg_graph_clear(&map->value);
    nalg_graph_clear(&map->derivative);
    free(map->adjoint);
    *map = (nalg_ball_map){0};
}

/* The known inputs of an evaluation. Doubles are exact in balls of any precision: arf keeps all bits of what it is set to.
 * With more samples than the map has, sample e carries the inputs of sample e mod batch. */
static void set_inputs(nalg_evaluation *e, const nalg_ball_map *map, const nalg_graph *g, size_t samples)
{
    for (size_t i = 0; i < g->count; i++) {
        const nalg_node *v = &g->node[i];
        if (v->op != NALG_OP_INPUT) continue;
        acb_ptr to = nalg_evaluation_value(e, (int)i);
        if (g == &map->derivative && (int)i == map->cotangent) {
            for (size_t j = 0; j < v->size * samples; j++) acb_set_ui(to + j, j / samples == j % samples / map->batch);
            continue;
        }
        const double complex *from = v->offset ? map->source->input[v->offset] : map->parameter;
        size_t row = v->batched ? samples : 1, stride = v->batched ? map->batch : 1;
        for (size_t j = 0; j < v->size * row; j++) {
            double complex x = from[j / row * stride + j % row % stride];
            acb_set_d_d(to + j, creal(x), cimag(x));
        }
    }
}

nalg_status nalg_ball_evaluation_create(nalg_ctx *ctx, nalg_ball_evaluation *out, const nalg_ball_map *map, long precision)
{
    *out = (nalg_ball_evaluation){.map = map};
    nalg_field_complex_ball(&out->field, precision);
    nalg_status status = nalg_evaluation_create(ctx, &out->value, &map->value, &out->field, map->batch);
    if (status == NALG_OK && map->adjoint)
        status = nalg_evaluation_create(ctx, &out->derivative, &map->derivative, &out->field, map->derivative_batch);
    if (status != NALG_OK) {
        nalg_ball_evaluation_clear(out);
        return status;
    }
    set_inputs(out->value, map, &map->value, map->batch);
    if (out->derivative) set_inputs(out->derivative, map, &map->derivative, map->derivative_batch);
    return NALG_OK;
}

void nalg_ball_evaluation_clear(nalg_ball_evaluation *e)
{
    nalg_evaluation_free(e->value);
    nalg_evaluation_free(e->derivative);
    *e = (nalg_ball_evaluation){0};
}

bool nalg_ball_values(nalg_ball_evaluation *e, acb_ptr out, acb_srcptr z)
{
    const nalg_ball_map *map = e->map;
    nalg_evaluation_set_parameters(e->value, z);
    if (!nalg_evaluation_run(e->value, 0, map->value.count)) return false;
    acb_srcptr value = nalg_evaluation_value(e->value, map->value_output);
    for (size_t j = 0; j < map->values; j++) acb_set(out + j, value + j);
    if (!map->source->subtract_parameter) return true;
    acb_t p;
    acb_init(p);
    for (size_t j = 0; j < map->values; j++) {
        acb_set_d_d(p, creal(map->parameter[j]), cimag(map->parameter[j]));
        acb_sub(out + j, out + j, p, e->field.precision);
    }
    acb_clear(p);
    return true;
}

bool nalg_ball_jacobian(nalg_ball_evaluation *e, acb_mat_t out, acb_srcptr z)
{
    const nalg_ball_map *map = e->map;
    const nalg_graph *g = &map->derivative;
    nalg_evaluation_set_parameters(e->derivative, z);
    if (!nalg_evaluation_run(e->derivative, 0, g->count)) return false;
    acb_mat_zero(out);
    for (size_t i = 0; i < map->value.count; i++) {
        const nalg_node *v = &g->node[i];
        if (v->op != NALG_OP_PARAMETER || map->adjoint[i] < 0) continue;
        bool batched = g->node[map->adjoint[i]].batched;
        acb_srcptr gradient = nalg_evaluation_value(e->derivative, map->adjoint[i]);
        for (size_t row = 0; row < map->values; row++)
            for (size_t j = 0; j < v->size; j++) {
                acb_ptr entry = acb_mat_entry(out, row, v->offset + j);
                acb_add(entry, entry, gradient + (batched ? j * map->derivative_batch + row : j), e->field.precision);
            }
    }
    return true;
}
