/* The checker's gradients of a model at one point over a prime field, sample by sample (certify/gradient.h).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_PROBER_H
#define NALG_GEOMETRY_PROBER_H

#include "certify/gradient.h"
#include "core/point.h"
#include "model/model.h"

typedef struct {
    nalg_graph graph;
    int output;
    size_t inputs, outputs, parameters;
    nalg_sweep sweep;
    nalg_point point;
    uint64_t *w, *x, *c, *gradient; /* weights may be changed between probes */
    uint64_t value;                 /* c . f_w(x) of the last probe */
} nalg_prober;

/* At the weights of the point. NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_prober_create(nalg_ctx *ctx, nalg_prober *out, const nalg_model *model, nalg_point point);
void nalg_prober_clear(nalg_prober *q);

/* Gradient and value of sample number `sample` of the point, at the weights q->w. False at a pole. */
bool nalg_probe(nalg_prober *q, size_t sample);

#endif
