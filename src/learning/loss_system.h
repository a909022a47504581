/* The gradient of squared loss along a chart as a system for path tracking.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_LOSS_SYSTEM_H
#define NALG_LEARNING_LOSS_SYSTEM_H

#include "certify/krawczyk.h"
#include "geometry/critical_system.h"
#include "learning/loss_form.h"
#include "track/system.h"

typedef enum {
    NALG_GRADIENT_SAMPLES, /* J^T (f - y) on samples; parameters: y (output o of sample s at o * samples + s),
                              then the inputs (entry i at i * samples + s) */
    NALG_GRADIENT_MOVING_FORM, /* J^T (G e - b) on basis values; parameters: b, then the lower triangle of G
                                  row by row */
    NALG_GRADIENT_FIXED_FORM   /* the same with G constant; parameters: b */
} nalg_gradient_kind;

typedef struct {
    nalg_gradient_kind kind;
    size_t values, parameters; /* values e (or f on the samples); numbers in the path parameter */
    nalg_graph samples, graph, value_samples, value_graph;
    int gradient, value; /* in graph, value_graph */
    const nalg_chart *chart;
    double complex *x, *form;  /* constants */
    nalg_system *system;       /* the gradient */
    nalg_system *value_system; /* e as a function of the unknowns, no parameter */
} nalg_loss_system;

/* kind SAMPLES: inputs (samples x inputs); pick NULL. Otherwise the basis points of a form. The chart must
 * outlive *out, which must not move. */
NALG_NODISCARD nalg_status nalg_loss_system_create(nalg_ctx *ctx, nalg_loss_system *out,
                                                   nalg_gradient_kind kind, const nalg_chart *chart,
                                                   const nalg_loss_form *form, const double *inputs,
                                                   size_t samples);
void nalg_loss_system_clear(nalg_loss_system *s);

/* Lower triangle of a symmetric matrix, row by row. */
void nalg_loss_pack(double complex *packed, const double *form, size_t n);

/* Input slots of a family. */
#define NALG_LOSS_SLOTS 5

typedef struct {
    const nalg_loss_system *instance;
    const nalg_loss_form *form;
    const double complex *input[NALG_LOSS_SLOTS];
    size_t moving_count[NALG_LOSS_SLOTS];
} nalg_loss_curve;

/* The critical points over lines of targets through `target` (instance->values numbers), for the trace test:
 * `instance` is of kind SAMPLES, `basis` of another kind on the same chart and form; functions are compared
 * on the basis. *out must outlive the family and not move. */
nalg_critical_family nalg_loss_family(nalg_loss_curve *out, const nalg_loss_system *instance,
                                      const nalg_loss_system *basis, const nalg_loss_form *form,
                                      const double complex *target);

/* The values e (or f on the samples) as a map of the unknowns, for ball arithmetic. *out and `input` must
 * outlive each other. */
void nalg_loss_values_map(nalg_certify_map *out, const nalg_loss_system *s,
                          const double complex *input[NALG_LOSS_SLOTS]);
/* The gradient, whose parameter is the targets or b. */
void nalg_loss_gradient_map(nalg_certify_map *out, const nalg_loss_system *s,
                            const double complex *input[NALG_LOSS_SLOTS]);

/* Krawczyk certificates for `count` zeros of the gradient at parameter p. Functions are told apart by their
 * values e. */
NALG_NODISCARD nalg_status nalg_loss_certify(nalg_ctx *ctx, nalg_certificate *out, const nalg_loss_system *s,
                                             const nalg_loss_system *fingerprint, const double complex *p,
                                             const double complex *z, size_t count);

#endif
