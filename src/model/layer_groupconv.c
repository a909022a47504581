/* groupconv G: convolution on a finite group, (w * x)(g) = sum over h of w(g h^-1) x(h), one channel. Groups: cyclic Zn, symmetric
 * Sn, dihedral Dn (2n elements). Parameters: w(g) in the order of the elements.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include "core/memory.h"
#include "model/group.h"
#include "model/layer.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    nalg_span name;
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(nalg_group));
    if (status != NALG_OK) return status;
    if (!nalg_arguments_next(a, &name))
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write groupconv Z4, S3 or D5", "the group is missing");
    return nalg_group_parse(a->ctx, layer->data, name);
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    const nalg_group *group = layer->data;
    size_t order = nalg_group_order(group);
    if (layer->in.rank != 1 || layer->in.dim[0] != order)
        return nalg_layer_fail(ctx, layer, "give it an input with one entry for each group element", "groupconv %c%zu needs a vector of length %zu",
                               group->kind, group->n, order);
    layer->out = layer->in;
    layer->parameters = order;
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    const nalg_group *group = layer->data;
    nalg_text_format(out, "groupconv %c%zu", group->kind, group->n);
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    size_t order = layer->in.dim[0];
    int map;
    int32_t *entry = nalg_graph_map_new(g, order * order, &map);
    if (!entry) return NALG_NO_NODE;
    for (size_t i = 0; i < order; i++)
        for (size_t j = 0; j < order; j++) entry[i * order + j] = (int32_t)nalg_group_quotient(layer->data, i, j);
    int matrix = nalg_graph_gather(g, nalg_graph_parameter(g, layer->offset, order), map);
    return nalg_graph_product(g, matrix, false, input, false, order, order, 1);
}

static void emit(const nalg_layer *layer, nalg_gauge *gauge)
{
    *gauge = (nalg_gauge){NALG_ALGEBRA_GL, 1, layer->in.dim[0], 1, false};
}

static void emit_field(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v)
{
    (void)i, (void)j; /* order 1: the scaling */
    for (size_t k = 0; k < layer->parameters; k++) nalg_vector_field_add(v, layer->offset + k, (int64_t)(layer->offset + k), 1);
}

static void absorb(const nalg_layer *layer, nalg_gauge *gauge)
{
    (void)layer;
    if (gauge->order != 1) gauge->algebra = NALG_ALGEBRA_NONE;
    gauge->translations = false;
}

static void absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v)
{
    (void)i, (void)j;
    for (size_t k = 0; k < layer->parameters; k++)
        nalg_vector_field_add(v, layer->offset + k, (int64_t)(layer->offset + k), -gauge->factor);
}

extern const nalg_layer_type nalg_layer_groupconv;
const nalg_layer_type nalg_layer_groupconv = {.keyword = "groupconv", .usage = "groupconv Z4, groupconv S3 or groupconv D5 [share=NAME]",
                                              .configure = configure, .infer = infer, .print = print, .lower = lower, .emit = emit,
                                              .emit_field = emit_field, .absorb = absorb, .absorb_field = absorb_field};
