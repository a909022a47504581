/* Gradient flow from many starts, in parallel.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_RUNS_H
#define NALG_LEARNING_FLOW_RUNS_H

#include "learning/flow_drift.h"
#include "learning/flow_trace.h"
#include "learning/gradient_flow.h"

#define NALG_NO_POINT SIZE_MAX

/* One trajectory of the flow, or of descent. */
typedef struct {
    nalg_flow_end end;
    double drift;     /* of the conserved quantities, see nalg_drift_between; over all steps */
    double *w;        /* end point; part of nalg_flow_runs.storage */
    double *answers;  /* there, likewise */
    nalg_trace trace; /* empty for all but the first runs */
    size_t point;     /* critical point that it ends at, or NALG_NO_POINT */
} nalg_flow_run;

typedef struct {
    size_t count, traced, parameters, samples, answers;
    nalg_flow_run *flow, *descent; /* descent is NULL without a step */
    double *storage;
    bool truncated; /* some have no trace */
} nalg_flow_runs;

typedef struct {
    const nalg_model *model;
    const nalg_data *data;
    nalg_loss_function kind;
    const nalg_drift_laws *laws;
    size_t starts;
    const double *given;       /* start of the only run, or NULL for random ones */
    double scale;              /* of the random ones */
    double descent_step;       /* 0: none */
    nalg_flow_control control; /* observer unused */
} nalg_flow_plan;

/* The same for any number of threads.
 * Returns: NALG_OK; NALG_E_LIMIT; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE; the errors of
 * nalg_loss_create. */
NALG_NODISCARD nalg_status nalg_flow_runs_make(nalg_ctx *ctx, nalg_flow_runs *out,
                                               const nalg_flow_plan *plan);
void nalg_flow_runs_clear(nalg_flow_runs *runs);

#endif
