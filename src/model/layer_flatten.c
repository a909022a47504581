/* flatten: any tensor as a vector, in row-major order.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    (void)ctx;
    layer->out = (nalg_shape){1, {nalg_shape_size(&layer->in)}};
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    (void)layer;
    nalg_text_string(out, "flatten");
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    (void)layer;
    (void)g;
    return input;
}

static void transport(const nalg_layer *layer, nalg_gauge *gauge)
{
    (void)layer;
    (void)gauge; /* block already counts the entries of one channel */
}

const nalg_layer_type nalg_layer_flatten = {.keyword = "flatten", .usage = "flatten", .infer = infer, .print = print, .lower = lower,
                                            .transport = transport};
