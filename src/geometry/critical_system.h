/* The equations of critical points of ||f_w - u||^2 and a first solution: for counting them, and for
 * following them to given data.
 *
 * Values e = (c_i . f_w(x_i)) and a form G come from a metric, the unknowns are the D free weights of an
 * interpolation system, the equations are J^T G (e - u) = 0 with the target u as path parameter.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CRITICAL_SYSTEM_H
#define NALG_GEOMETRY_CRITICAL_SYSTEM_H

#include "certify/krawczyk.h"
#include "geometry/critical_trace.h"
#include "geometry/interpolation.h"
#include "geometry/metric.h"

/* Input slots of the graph; slot 0 is the target. */
enum {
    NALG_CRITICAL_FROZEN = 1,
    NALG_CRITICAL_INPUTS,
    NALG_CRITICAL_FUNCTIONALS,
    NALG_CRITICAL_FORM,
    NALG_CRITICAL_CHECK_INPUTS, /* of the fingerprint; in the graph of a family only */
    NALG_CRITICAL_CHECK_FUNCTIONALS,
    NALG_CRITICAL_SLOTS,
    /* Of a mixture only (nalg_critical_mixture_node): N weights, then the factor of the form. */
    NALG_CRITICAL_MIXTURE = NALG_CRITICAL_SLOTS,
    NALG_CRITICAL_MIXED_SLOTS
};

typedef struct {
    nalg_metric metric;
    nalg_interpolation base; /* free and frozen weights, start point, fingerprint (values at other points) */
    nalg_graph samples, graph;
    int values, gradient; /* nodes of `graph`: e (N) and J^T G (e - u) (D) */
    nalg_system *value_system, *system;
    /* u for which base.z is critical: N numbers; then what moves with it: N weights of a generic metric */
    double complex *target;
    size_t target_count;
} nalg_critical_system;

/* `metric` is taken over, also on failure. NALG_E_ARGUMENT when it has fewer values than the dimension. */
NALG_NODISCARD nalg_status nalg_critical_system_create(nalg_ctx *ctx, nalg_critical_system *out,
                                                       const nalg_model *model, size_t dimension,
                                                       nalg_metric *metric);
void nalg_critical_system_clear(nalg_critical_system *s);

/* Slots of the graph (NALG_CRITICAL_SLOTS of them). */
void nalg_critical_system_inputs(const nalg_critical_system *s, const double complex **input);
/* J^T v as a node, for values (which depend on parameters 0 .. only) and a cotangent v as nodes: reverse
 * mode. NALG_NO_NODE when memory is out or the values depend on no parameter. */
int nalg_critical_pullback(nalg_graph *g, int values, int cotangent);
/* J^T (s G + diag(w)) (e - u) for a dense G, with w and s in slot NALG_CRITICAL_MIXTURE. */
int nalg_critical_mixture_node(const nalg_critical_system *s, nalg_graph *g, nalg_graph *samples);
/* u (N numbers) for which the start weights are critical under the metric, or under `form` (N x N) unless
 * NULL. */
NALG_NODISCARD nalg_status nalg_critical_choose_target(nalg_ctx *ctx, double complex *u,
                                                       const nalg_critical_system *s,
                                                       const double complex *form);
/* The curve over lines of targets through the system's; `input` (NALG_CRITICAL_SLOTS) is filled in; it and
 * `s` must outlive the family. */
nalg_critical_family nalg_critical_system_family(const nalg_critical_system *s, const double complex **input);
/* The proof problem for the target u (N numbers). `input` (NALG_CRITICAL_SLOTS) and `check` (4) are filled
 * in; they, u and `s` must outlive it. */
nalg_certify_problem nalg_critical_system_certify(const nalg_critical_system *s, const double complex *u,
                                                  const double complex **input, const double complex **check);

#endif
