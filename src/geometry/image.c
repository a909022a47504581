/* Is the set of the functions of a model closed?  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/limits.h"
#include "model/convolution.h"
#include "theory/determinantal.h"

static bool all_linear(const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->type == &nalg_layer_activation && nalg_activation_function(layer)->numerator.count != 1)
            return false; /* x + 1: w (u x + 1) has limits w u' x */
        if (layer->tied || (layer->type != &nalg_layer_dense && layer->type != &nalg_layer_activation))
            return false;
    }
    return nalg_pipeline_class(p) == NALG_CLASS_LINEAR;
}

/* Filters of one channel, or single units, without biases, and one monomial (linear or not) between any two:
 * weights that are not zero give a function that is not zero. */
static bool monomial_filters(const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        bool filter = layer->type == &nalg_layer_conv || layer->type == &nalg_layer_conv2d;
        if (layer->type == &nalg_layer_dense && !layer->tied && !nalg_dense_has_bias(layer) &&
            (nalg_shape_size(&layer->in) == 1 || (!i && nalg_shape_size(&layer->out) == 1)))
            continue;
        if (layer->type == &nalg_layer_activation) {
            const nalg_rational_function *f = nalg_activation_function(layer);
            if (f->numerator.count != 1 || f->denominator.count != 1 || f->denominator.term[0].exponent ||
                i == 0 || i + 1 == p->count)
                return false;
        } else if (!filter || layer->tied) {
            return false;
        } else {
            const nalg_convolution *c = layer->data;
            if (c->channels != 1 || c->bias || c->pad[0] || c->pad[1] ||
                layer->parameters != c->filter[0] * c->filter[1])
                return false;
        }
    }
    return p->count > 0;
}

nalg_image nalg_image_of(const nalg_model *model, const nalg_limits *limits)
{
    const nalg_pipeline *p = model->layers;
    nalg_determinantal matrices;
    const nalg_attention *h = p->count == 1 ? nalg_attention_data(&p->layer[0]) : NULL;
    for (size_t i = 0; i < limits->count; i++)
        if (limits->item[i].not_realised)
            return (nalg_image){NALG_FALSE, "some limits of networks are no networks"};
    if (all_linear(p) || nalg_theory_determinantal(&matrices, model))
        return (nalg_image){NALG_TRUE,
                            "matrices of bounded rank are a closed set, and every one is a network"};
    if (monomial_filters(p))
        return (nalg_image){NALG_TRUE, "weights that are not zero give a function that is not zero, so the "
                                       "image is the cone over that of a product of projective spaces"};
    if (h && h->heads == 1 && !h->normalised)
        return (nalg_image){NALG_TRUE, "one layer of lightning attention: closed in the Euclidean topology "
                                       "(Henry, Marchetti, Kohn, arXiv 2408.17221)"};
    return (nalg_image){NALG_UNKNOWN, "not known"};
}
