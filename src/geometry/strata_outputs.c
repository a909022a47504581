/* Outputs that depend on each other. When the last layer can apply any linear map to the outputs of the
 * model, its weights are a matrix, units x slots, and the functions with a matrix of lower rank are a
 * stratum: all units with weights zero but the first ones, moved by all linear maps of the outputs. These
 * maps move X into itself, so that one point stands for all.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "geometry/strata_reductions.h"
#include "model/convolution.h"

void nalg_reductions_find_mixing(nalg_reductions *r)
{
    const nalg_pipeline *p = r->model->layers;
    const nalg_layer *last = p->count ? &p->layer[p->count - 1] : NULL;
    nalg_gauge gauge;
    if (!last || last->inner || last->tied || !last->parameters || !last->type->emit) return;
    last->type->emit(last, &gauge);
    if (gauge.algebra == NALG_ALGEBRA_GL && gauge.order > 1 && gauge.order <= NALG_STRATA_MIXED_LIMIT)
        r->mixing = last;
}

void nalg_realisation_cut_outputs(nalg_reductions *r, nalg_realisation *w, size_t left, size_t first,
                                  size_t slots)
{
    nalg_vector_field v = {0};
    nalg_gauge gauge;
    r->mixing->type->emit(r->mixing, &gauge);
    for (size_t u = left; w && u < gauge.order; u++) {
        v.count = 0;
        r->mixing->type->emit_field(r->mixing, u, u, &v);
        for (size_t k = first; k < first + slots && k < v.count; k++)
            w->tag[v.term[k].target] = NALG_TAG_ZERO;
    }
    r->failed = r->failed || v.failed;
    free(v.term);
}

size_t nalg_layer_biases(const nalg_layer *layer)
{
    if (layer->type == &nalg_layer_dense) return nalg_dense_has_bias(layer) ? layer->out.dim[0] : 0;
    if (layer->type != &nalg_layer_conv && layer->type != &nalg_layer_conv2d) return 0;
    const nalg_convolution *c = layer->data;
    return c->bias ? c->channels : 0;
}

/* Is it the end of a linear stage (whose ranks are listed with the units), or a layer without weights before
 * it? */
static bool ends_linear_stage(const nalg_pipeline *p)
{
    for (size_t i = p->count - 1; i-- > 0;) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner) return false;
        if (layer->parameters)
            return layer->type == &nalg_layer_dense && p->layer[p->count - 1].type == &nalg_layer_dense;
        if (layer->type != &nalg_layer_activation || layer->type->class_of(layer) != NALG_CLASS_LINEAR) break;
    }
    for (size_t i = 0; i + 1 < p->count; i++)
        if (p->layer[i].parameters) return false;
    return true;
}

void nalg_reductions_outputs(nalg_reductions *r)
{
    const nalg_layer *last = r->mixing;
    const nalg_attention *h = last ? nalg_attention_data(last) : NULL;
    nalg_gauge gauge;
    if (!last || (h && h->heads == 1) || ends_linear_stage(r->model->layers))
        return; /* one head: see its values */
    last->type->emit(last, &gauge);
    size_t units = gauge.order, number = nalg_reductions_layer(r, last), before = r->count;
    size_t slots = (last->parameters - nalg_layer_biases(last)) / units;
    if (h) slots = h->heads * (h->value ? h->value : last->in.dim[0]);
    for (size_t left = units < slots ? units : slots; left-- > 1 && !r->failed && !r->truncated;) {
        nalg_reduction *d = nalg_reduction_new(r, "weights of layer %zu of rank %zu", number, left);
        if (!d) return;
        d->mixed = true;
        nalg_realisation *w = nalg_realisation_new(
            r, d, "output rank", "layer %zu: weights of rank %zu up to linear maps of the outputs", number,
            left);
        nalg_realisation_cut_outputs(r, w, left, 0, slots);
    }
    r->sites += r->count > before;
}
