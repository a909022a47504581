/* Samples of a point, one after another.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/prober.h"
#include "core/memory.h"

void nalg_prober_clear(nalg_prober *q)
{
    nalg_sweep_clear(&q->sweep);
    nalg_graph_clear(&q->graph);
    free(q->w);
    free(q->x);
    free(q->c);
    free(q->gradient);
}

nalg_status nalg_prober_create(nalg_ctx *ctx, nalg_prober *q, const nalg_model *model, nalg_point point)
{
    *q = (nalg_prober){.point = point, .inputs = nalg_shape_size(&model->layers->in), .outputs = nalg_shape_size(&model->layers->out), .parameters = model->parameters};
    nalg_graph_init(&q->graph);
    nalg_status status = nalg_model_lower(ctx, model, &q->graph, &q->output);
    q->w = nalg_array(q->parameters, sizeof *q->w);
    q->x = nalg_array(q->inputs, sizeof *q->x);
    q->c = nalg_array(q->outputs, sizeof *q->c);
    q->gradient = nalg_array(q->parameters, sizeof *q->gradient);
    if (status == NALG_OK && (!q->w || !q->x || !q->c || !q->gradient)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_sweep_create(ctx, &q->sweep, &q->graph, q->output, point.prime);
    if (status == NALG_OK)
        for (size_t i = 0; i < q->parameters; i++) q->w[i] = nalg_point_value(&q->point, NALG_STREAM_WEIGHTS, i);
    if (status != NALG_OK) nalg_prober_clear(q);
    return status;
}

bool nalg_probe(nalg_prober *q, size_t sample)
{
    for (size_t i = 0; i < q->inputs; i++) q->x[i] = nalg_point_value(&q->point, NALG_STREAM_INPUTS, sample * q->inputs + i);
    for (size_t i = 0; i < q->outputs; i++) q->c[i] = nalg_point_value(&q->point, NALG_STREAM_FUNCTIONALS, sample * q->outputs + i);
    return nalg_sweep_run(&q->sweep, &q->value, q->gradient, q->w, q->x, q->c);
}
