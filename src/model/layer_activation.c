/* An activation: a rational function applied to every entry, written as itself (x^2, 1/x).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "model/layer.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(nalg_rational_function));
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < a->count; i++) a->word[i].used = true;
    return nalg_rational_function_parse(a->ctx, layer->data, a->stage.text, a->stage.length, a->stage.where[0]);
}

static void clear(nalg_layer *layer)
{
    if (layer->data) nalg_rational_function_clear(layer->data);
}

static nalg_status infer(nalg_ctx *ctx, nalg_layer *layer)
{
    (void)ctx;
    layer->out = layer->in;
    return NALG_OK;
}

const nalg_rational_function *nalg_activation_function(const nalg_layer *layer)
{
    return layer->data;
}

static void print(const nalg_layer *layer, nalg_text *out)
{
    nalg_rational_function_print(layer->data, out);
}

static int lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    return nalg_rational_function_lower(g, layer->data, input);
}

static nalg_model_class class_of(const nalg_layer *layer)
{
    const nalg_rational_function *f = layer->data;
    if (!nalg_rational_function_is_polynomial(f)) return NALG_CLASS_RATIONAL;
    return f->numerator.term[0].exponent > 1 ? NALG_CLASS_POLYNOMIAL : NALG_CLASS_LINEAR;
}

static uint64_t exponent(const nalg_layer *layer)
{
    return nalg_rational_function_exponent(layer->data);
}

static bool degrees(const nalg_layer *layer, nalg_degrees *d)
{
    return nalg_degrees_compose(d, layer->data);
}

/* c x^r: scaling an entry by s scales the result by s^r. c x commutes with every linear map. */
static void transport(const nalg_layer *layer, nalg_gauge *gauge)
{
    int64_t exponent;
    if (!nalg_rational_function_is_monomial(layer->data, &exponent) || __builtin_mul_overflow(gauge->factor, exponent, &gauge->factor)) {
        gauge->algebra = NALG_ALGEBRA_NONE;
        return;
    }
    if (exponent != 1 && gauge->algebra == NALG_ALGEBRA_GL) gauge->algebra = NALG_ALGEBRA_TORUS;
    if (!nalg_rational_function_is_identity(layer->data)) gauge->translations = false;
}

const nalg_layer_type nalg_layer_activation = {.keyword = NULL, .usage = "a polynomial or quotient in x", .configure = configure,
                                               .infer = infer, .print = print, .lower = lower, .clear = clear, .class_of = class_of, .exponent = exponent, .degrees = degrees,
                                               .transport = transport};
