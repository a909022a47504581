/* Gradient fields of a model, one sample and one weight vector at a time.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_gradient.h"
#include <string.h>
#include "core/memory.h"

nalg_status nalg_gradient_create(nalg_ctx *ctx, nalg_gradient *out, const nalg_model *model, const nalg_field *field)
{
    memset(out, 0, sizeof *out);
    out->field = *field;
    nalg_status status = nalg_jacobian_gradient(ctx, &out->jacobian, model);
    if (status != NALG_OK) return status;
    status = nalg_evaluation_create(ctx, &out->evaluation, &out->jacobian.graph, &out->field, 1);
    out->inputs = nalg_array_zero(out->jacobian.inputs, field->size);
    out->functionals = nalg_array_zero(out->jacobian.outputs, field->size);
    if (status == NALG_OK && (!out->inputs || !out->functionals)) status = nalg_fail_memory(ctx);
    if (status != NALG_OK) nalg_gradient_clear(out);
    return status;
}

void nalg_gradient_clear(nalg_gradient *g)
{
    nalg_evaluation_free(g->evaluation);
    if (g->jacobian.parameter) nalg_jacobian_clear(&g->jacobian);
    free(g->inputs);
    free(g->functionals);
    memset(g, 0, sizeof *g);
}

void nalg_gradient_set_input(nalg_gradient *g, const void *x, const void *functional)
{
    nalg_evaluation_set_input(g->evaluation, 0, x);
    nalg_evaluation_set_input(g->evaluation, 1, functional);
}

/* Residues are the first word of an element in every prime field used here. */
void nalg_gradient_set_sample(nalg_gradient *g, const nalg_point *point, uint64_t sample)
{
    size_t inputs = g->jacobian.inputs, outputs = g->jacobian.outputs, size = g->field.size;
    for (size_t i = 0; i < inputs; i++)
        *(uint64_t *)(g->inputs + i * size) = nalg_point_value(point, NALG_STREAM_INPUTS, sample * inputs + i);
    for (size_t i = 0; i < outputs; i++)
        *(uint64_t *)(g->functionals + i * size) = nalg_point_value(point, NALG_STREAM_FUNCTIONALS, sample * outputs + i);
    nalg_gradient_set_input(g, g->inputs, g->functionals);
}

bool nalg_gradient_at(nalg_gradient *g, void *out, const void *w)
{
    const nalg_jacobian *j = &g->jacobian;
    const nalg_field *f = &g->field;
    nalg_evaluation_set_parameters(g->evaluation, w);
    if (!nalg_evaluation_run(g->evaluation, 0, j->graph.count)) return false;
    f->zero(f, out, j->model->parameters);
    for (size_t k = 0; k < j->parameters; k++) {
        if (j->derivative[k] < 0) continue;
        const nalg_node *p = &j->graph.node[j->parameter[k]];
        char *target = (char *)out + p->offset * f->size;
        f->add(f, target, target, 1, nalg_evaluation_value(g->evaluation, j->derivative[k]), 1, p->size);
    }
    return true;
}
