/* Quadratic forms on a space of functions, by the values at sample points: ||h||^2 = e^T G e for e_i = c_i .
 * h(x_i). SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_METRIC_H
#define NALG_GEOMETRY_METRIC_H

#include "core/complex.h"
#include "model/model.h"

typedef enum {
    NALG_METRIC_UNIT,
    NALG_METRIC_BOMBIERI,
    NALG_METRIC_GAUSSIAN,
    NALG_METRIC_GENERIC,
    NALG_METRIC_DATA
} nalg_metric_kind;

typedef struct {
    nalg_metric_kind kind;
    size_t size;           /* number of values N */
    double complex *x, *c; /* inputs x N, outputs x N: entry i of sample s at i * N + s; real */
    size_t groups; /* values of one sample have one weight: N / groups in a row; groups = N: each its own */
    double complex *weight; /* G when it is diagonal: `groups` numbers, not 0 */
    bool determined;        /* the values determine every function in the span of the model's */
    double complex *form;   /* otherwise: N x N, real symmetric; NULL for a diagonal G */
} nalg_metric;

/* Name of a kind, and back; false for an unknown name. */
const char *nalg_metric_name(nalg_metric_kind kind);
bool nalg_metric_from_name(nalg_metric_kind *out, const char *name);

/* unit: sum of squares of the coefficients of monomials; bombieri: each weighted with alpha! / |alpha|!;
 * gaussian: mean square over standard normal inputs; generic: a positive definite form that is diagonal, with
 * random weights, in coordinates of the ambient space that are values at points; data: mean square over
 * `samples` random inputs (0: as many as the ambient space or the dimension needs), all outputs. NALG_E_LIMIT
 * when the space is too large; NALG_E_UNSUPPORTED for coefficient metrics of models that are no polynomials.
 */
NALG_NODISCARD nalg_status nalg_metric_create(nalg_ctx *ctx, nalg_metric *out, const nalg_model *model,
                                              nalg_metric_kind kind, size_t samples, size_t dimension);
void nalg_metric_clear(nalg_metric *m);

#endif
