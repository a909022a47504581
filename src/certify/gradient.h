/* The checker's own evaluation of a graph and its gradient: one sample, scalar arithmetic mod p, a reverse sweep over the value graph.
 * It shares no arithmetic, no batching and no differentiated graph with the solver.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_GRADIENT_H
#define NALG_CERTIFY_GRADIENT_H

#include "core/context.h"
#include "graph/graph.h"

typedef struct {
    const nalg_graph *graph;
    int output;
    uint64_t prime;
    uint64_t *value, *adjoint; /* of all entries of all nodes */
    size_t *start;
} nalg_sweep;

/* Slot 0 is the input; the graph must have no other slots. */
NALG_NODISCARD nalg_status nalg_sweep_create(nalg_ctx *ctx, nalg_sweep *out, const nalg_graph *graph, int output, uint64_t prime);
void nalg_sweep_clear(nalg_sweep *s);

/* c . f_w(x) into *value (may be NULL) and its gradient in w into gradient[graph->parameters] (may be NULL). False at a pole. */
bool nalg_sweep_run(nalg_sweep *s, uint64_t *value, uint64_t *gradient, const uint64_t *w, const uint64_t *x, const uint64_t *c);
/* Outputs of the last run. */
const uint64_t *nalg_sweep_outputs(const nalg_sweep *s);

#endif
