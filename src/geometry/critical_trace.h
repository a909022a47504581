/* Are all critical points known? The trace test for any metric.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NALG_GEOMETRY_CRITICAL_TRACE_H
#define NALG_GEOMETRY_CRITICAL_TRACE_H

#include "geometry/critical_ends.h"
#include "graph/graph.h"
#include "track/monodromy.h"

/* Critical points over targets u, as the curve over a line of targets needs them. */
typedef struct {
    size_t unknowns;              /* D */
    size_t targets;               /* numbers in u */
    size_t functionals;           /* values of a function that tell it apart from others */
    const double complex *target; /* u */
    /* Input slots of both nodes: constants, or where loops may move them (`moving`) their values. Slot 0 is
     * the curve's own, two more follow the last. */
    size_t slots;
    const double complex *const *input;
    const bool *moving;
    const size_t *moving_count; /* numbers in the moving slots */
    /* The gradient for a target (node of g) and the functionals, as nodes of g in parameters 0 .. D - 1;
     * `samples` is for what is batched. NALG_NO_NODE when memory is out. */
    int (*gradient)(const void *owner, nalg_graph *g, nalg_graph *samples, int target);
    int (*values)(const void *owner, nalg_graph *g, nalg_graph *samples);
    const void *owner;
    const nalg_system *fingerprint; /* the functionals as a function of the unknowns, without parameters that
                                       matter */
} nalg_critical_family;

/* `known`: count x D critical points for the family's target, at least one. At most `limit` points of the
 * curve. *out is freed with nalg_critical_trace_clear. */
NALG_NODISCARD nalg_status nalg_critical_trace_test(nalg_ctx *ctx, nalg_critical_trace *out,
                                                    const nalg_critical_family *family,
                                                    const double complex *known, size_t count, size_t limit);

#endif
