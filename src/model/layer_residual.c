/* residual(PIPELINE): x + f(x).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"
#include "model/pipeline.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    if (a->body.length == 0)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write residual(dense 4 | x^2 | dense 3)", "residual needs a pipeline in parentheses");
    return nalg_pipeline_parse(a->ctx, &layer->inner, a->body);
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    nalg_status status = nalg_pipeline_infer(ctx, layer->inner, layer->in);
    if (status != NALG_OK) return status;
    if (!nalg_shape_equal(&layer->in, &layer->inner->out)) {
        nalg_text in = {0}, out = {0};
        nalg_shape_print(&layer->in, &in);
        nalg_shape_print(&layer->inner->out, &out);
        status = nalg_layer_fail(ctx, layer, "end the block with a layer whose output has the shape of its input",
                                 "the residual block maps %s to %s", in.data ? in.data : "?", out.data ? out.data : "?");
        nalg_text_clear(&in);
        nalg_text_clear(&out);
        return status;
    }
    layer->out = layer->in;
    layer->parameters = 0; /* the inner layers count their own */
    return NALG_OK;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    nalg_text_string(out, "residual(");
    nalg_pipeline_print(layer->inner, out);
    nalg_text_string(out, ")");
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    return nalg_graph_add(g, input, nalg_pipeline_lower(layer->inner, g, input));
}

static nalg_model_class class_of(const nalg_layer *layer)
{
    return nalg_pipeline_class(layer->inner);
}

static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    nalg_degrees inside;
    if (!nalg_degrees_copy(&inside, d)) return false;
    bool ok = nalg_pipeline_degrees(layer->inner, &inside) && nalg_degrees_unite(d, &inside);
    nalg_degrees_clear(&inside);
    return ok;
}

extern const nalg_layer_type nalg_layer_residual;
const nalg_layer_type nalg_layer_residual = {.keyword = "residual", .body = true, .usage = "residual(dense 4 | x^2 | dense 3)", .configure = configure,
                                             .infer = infer, .print = print, .lower = lower, .class_of = class_of,
                                             .degrees = degrees};
