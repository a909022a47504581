/* Evaluate a graph in a number system, on a batch of samples.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GRAPH_EVALUATE_H
#define NALG_GRAPH_EVALUATE_H

#include "core/context.h"
#include "field/field.h"
#include "graph/graph.h"

typedef struct nalg_evaluation nalg_evaluation;

/* Buffers for all nodes. Values of a batched node are laid out entry by entry, the batch contiguous: entry i of sample s is at
 * i * batch + s; an unbatched node has one element an entry. `graph` and `field` must outlive the evaluation. */
NALG_NODISCARD nalg_status nalg_evaluation_create(nalg_ctx *ctx, nalg_evaluation **out, const nalg_graph *graph,
                                                  const nalg_field *field, size_t batch);
void nalg_evaluation_free(nalg_evaluation *e);

/* Set the parameter vector (graph->parameters elements), an input slot (size x batch elements, or size if unbatched).
 * The arrays are copied. */
void nalg_evaluation_set_parameters(nalg_evaluation *e, const void *w);
void nalg_evaluation_set_input(nalg_evaluation *e, size_t slot, const void *x);

/* Compute nodes first .. last-1 in order. False if an inverse does not exist (values from there on are undefined). */
bool nalg_evaluation_run(nalg_evaluation *e, size_t first, size_t last);

/* Elements of a node. */
void *nalg_evaluation_value(nalg_evaluation *e, int node);

/* Elements a batch of this size needs for all nodes of the graph; SIZE_MAX on overflow. */
size_t nalg_evaluation_elements(const nalg_graph *graph, size_t batch);

#endif
