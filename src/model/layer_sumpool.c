/* sumpool: sum over all positions of each channel: C x L -> C, C x H x W -> C, and a vector to its sum.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    (void)ctx;
    layer->out = (nalg_shape){1, {layer->in.rank == 1 ? 1 : layer->in.dim[0]}};
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    (void)layer;
    nalg_text_string(out, "sumpool");
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    size_t size = nalg_shape_size(&layer->in), channels = layer->out.dim[0];
    int map;
    int32_t *entry = nalg_graph_map_new(g, size, &map);
    if (!entry) return NALG_NO_NODE;
    for (size_t i = 0; i < size; i++) entry[i] = (int32_t)(i / (size / channels));
    return nalg_graph_scatter(g, input, map, channels);
}

/* Acting on channels commutes with summing over positions; acting on the entries of a vector does not, unless all alike. */
static void transport(const nalg_layer *layer, nalg_gauge *gauge)
{
    if (gauge->order != layer->out.dim[0]) gauge->algebra = NALG_ALGEBRA_NONE;
    gauge->block = 1;
    gauge->translations = false;
}

const nalg_layer_type nalg_layer_sumpool = {.keyword = "sumpool", .usage = "sumpool", .infer = infer, .print = print, .lower = lower,
                                            .transport = transport};
