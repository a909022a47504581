/* What a model is, as a result.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/result.h"
#include "model/document.h"
#include "neuroalg/dimension.h"

static json_t *shape_json(const nalg_shape *s)
{
    return nalg_json_indices(s->dim, s->rank);
}

static json_t *layer_json(const nalg_layer *layer, size_t parameters)
{
    nalg_text kind = {0};
    layer->type->print(layer, &kind);
    json_t *object = json_pack("{s:s, s:o, s:o, s:o}", "kind", kind.data ? kind.data : "", "input_shape", shape_json(&layer->in), "output_shape",
                               shape_json(&layer->out), "parameters", nalg_json_unsigned(parameters));
    nalg_text_clear(&kind);
    return object;
}

/* Parameters of a pipeline, nested blocks included, shared ones counted where they are used. */
static size_t count_parameters(const nalg_pipeline *p)
{
    size_t sum = 0;
    for (size_t i = 0; i < p->count; i++) sum += p->layer[i].parameters + (p->layer[i].inner ? count_parameters(p->layer[i].inner) : 0);
    return sum;
}

static json_t *layers_json(const nalg_pipeline *p)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        json_t *object = layer_json(layer, layer->parameters + (layer->inner ? count_parameters(layer->inner) : 0));
        if (!object || json_array_append_new(array, object)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

json_t *nalg_model_document(const nalg_model *model)
{
    json_t *d = json_pack("{s:s, s:s, s:o}", "spec", model->spec, "pipeline", model->pipeline, "parameters", nalg_json_unsigned(model->parameters));
    if (!d || !model->source || !json_object_set(d, "source", model->source)) return d;
    json_decref(d);
    return NULL;
}

nalg_status nalg_show(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    static const char *const classes[] = {"linear", "polynomial", "rational"};
    double started = nalg_seconds();
    uint64_t numerator, denominator;
    nalg_status status = nalg_model_degree(ctx, model, &numerator, &denominator);
    if (status != NALG_OK) return status;
    nalg_model_class class = nalg_pipeline_class(model->layers);
    json_t *degree = class == NALG_CLASS_RATIONAL ? json_null() : nalg_json_unsigned(numerator);
    json_t *answer = json_pack("{s:s, s:o, s:o, s:o, s:o, s:s, s:o}", "pipeline", model->pipeline, "layers", layers_json(model->layers), "parameters",
                               nalg_json_unsigned(model->parameters), "input_shape", shape_json(&model->layers->in), "output_shape",
                               shape_json(&model->layers->out), "class", classes[class], "degree", degree);
    return nalg_result_create(ctx, out, "show", started, nalg_model_document(model), answer,
                              json_pack("{s:s, s:s}", "status", "proved", "reason", "read off the model"));
}
