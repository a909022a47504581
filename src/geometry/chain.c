/* Recognise multilayer perceptrons.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/chain.h"

bool nalg_chain_read(nalg_chain *out, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    nalg_chain c = {.width = {p->in.dim[0]}};
    bool after_activation = true;
    if (p->in.rank != 1) return false;
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->tied) return false;
        if (layer->type == &nalg_layer_dense) {
            bool bias = nalg_dense_has_bias(layer);
            if (c.layers == NALG_CHAIN_LIMIT || (c.layers && bias != c.bias)) return false;
            c.bias = bias;
            c.width[++c.layers] = layer->out.dim[0];
            after_activation = false;
        } else if (layer->type == &nalg_layer_activation && !after_activation) {
            c.activation[c.layers] = nalg_activation_function(layer);
            after_activation = true;
        } else {
            return false;
        }
    }
    if (after_activation) return false;
    *out = c;
    return true;
}

static bool monomial(const nalg_chain *c, size_t l, int64_t *exponent)
{
    *exponent = 1;
    return !c->activation[l] || nalg_rational_function_is_monomial(c->activation[l], exponent);
}

uint64_t nalg_chain_exponent(const nalg_chain *c, size_t l)
{
    int64_t exponent;
    return monomial(c, l, &exponent) && exponent > 0 ? (uint64_t)exponent : 0;
}

bool nalg_chain_scales(const nalg_chain *c, size_t l)
{
    int64_t exponent;
    return monomial(c, l, &exponent) && exponent != 0;
}
