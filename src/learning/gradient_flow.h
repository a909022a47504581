/* Gradient flow w' = -grad L(w) of a loss, integrated until it comes to rest.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_GRADIENT_FLOW_H
#define NALG_LEARNING_GRADIENT_FLOW_H

#include "learning/curvature.h"

typedef enum {
    NALG_FLOW_REST,  /* the gradient is negligible, and stays so for as long as leaving a saddle would take */
    NALG_FLOW_TIME,  /* the end of the time allowed */
    NALG_FLOW_STEPS, /* the steps allowed are used up */
    NALG_FLOW_DIVERGED, /* a pole, an overflow, or weights beyond all bounds */
    NALG_FLOW_FAILED    /* the integrator gave up: the tolerances cannot be met */
} nalg_flow_reason;

/* After each accepted step (and at the start): what there is to see. The arrays are valid during the call. */
typedef struct {
    double time, loss, gradient_norm;
    const double *w;
    const double *answers; /* as nalg_loss_answers */
} nalg_flow_state;
typedef void nalg_flow_observer(void *user, const nalg_flow_state *state);

typedef struct {
    double relative, absolute; /* tolerances of a step; absolute is taken times the root mean square of the
                                  initial weights */
    double rest;               /* at rest when |grad L| |w| <= rest * scale of the loss */
    double time_limit;         /* in units of time of the flow; infinite by default */
    size_t step_limit;
    nalg_flow_observer *observe; /* or NULL */
    void *user;
} nalg_flow_control;

typedef struct {
    nalg_flow_reason reason;
    double time, start_loss, loss, gradient_norm;
    nalg_curvature curvature;  /* at rest */
    size_t steps, evaluations; /* of the integrator; of the gradient */
} nalg_flow_end;

void nalg_flow_control_defaults(nalg_flow_control *control);
const char *nalg_flow_reason_name(nalg_flow_reason reason);

/* Was the integrator there when the library was built? */
bool nalg_flow_available(void);
/* NALG_OK, or NALG_E_UNSUPPORTED with its error when it was not. Calling thread only. */
NALG_NODISCARD nalg_status nalg_flow_require(nalg_ctx *ctx);

/* From w (start, then end point). May run on a worker of nalg_parallel: records no error.
 * Returns: NALG_OK (see end->reason); NALG_E_MEMORY; NALG_E_UNSUPPORTED; NALG_E_INTERRUPTED when
 * nalg_stopping(ctx). Cost: a few gradients a step and one for each parameter where the Newton matrix is
 * renewed (few hundred steps to rest are usual). */
NALG_NODISCARD nalg_status nalg_gradient_flow(const nalg_ctx *ctx, nalg_flow_end *end, double *w,
                                              nalg_loss *loss, const nalg_flow_control *control);

/* Gradient descent w <- w - step * grad L(w) beside it; time counts step by step.
 * Returns: as nalg_gradient_flow. */
NALG_NODISCARD nalg_status nalg_gradient_descent(const nalg_ctx *ctx, nalg_flow_end *end, double *w,
                                                 nalg_loss *loss, double step,
                                                 const nalg_flow_control *control);

#endif
