/* Convolution over one or two axes, shared by conv and conv2d.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_CONVOLUTION_H
#define NALG_MODEL_CONVOLUTION_H

#include "model/layer.h"

/* y[o][q] = sum over c and filter positions u of w[o][c][u] x[c][stride q + u - pad] (+ b[o]); axes 0 (height, 1 for conv) and 1. */
typedef struct {
    size_t axes;             /* 1 or 2 */
    size_t filter[2], stride[2], pad[2];
    size_t channels;         /* output channels */
    bool channels_given;     /* out= was written: the output has a channel axis even for one channel */
    bool bias;
} nalg_convolution;

/* One channel in and out, whether or not the shapes have an axis for it. */
bool nalg_convolution_has_one_channel(const nalg_layer *layer);

nalg_status nalg_convolution_configure(nalg_layer *layer, nalg_arguments *a, size_t axes);
nalg_status nalg_convolution_infer(nalg_ctx *ctx, nalg_layer *layer);
void nalg_convolution_print(const nalg_layer *layer, nalg_text *out);
int nalg_convolution_lower(const nalg_layer *layer, nalg_graph *g, int input);
bool nalg_convolution_degrees(const nalg_layer *layer, nalg_degrees *d);
void nalg_convolution_emit(const nalg_layer *layer, nalg_gauge *gauge);
void nalg_convolution_emit_field(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v);
void nalg_convolution_absorb(const nalg_layer *layer, nalg_gauge *gauge);
void nalg_convolution_absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v);

#define NALG_CONVOLUTION_TYPE(word, text, configure_function)                                                          \
    {                                                                                                                  \
        .keyword = word, .usage = text, .configure = configure_function, .infer = nalg_convolution_infer,              \
        .print = nalg_convolution_print, .lower = nalg_convolution_lower, .degrees = nalg_convolution_degrees,         \
        .emit = nalg_convolution_emit,                                                                                 \
        .emit_field = nalg_convolution_emit_field, .absorb = nalg_convolution_absorb,                                  \
        .absorb_field = nalg_convolution_absorb_field                                                                  \
    }

#endif
