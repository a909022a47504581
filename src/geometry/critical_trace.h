/* Are all critical points known? The trace test for any metric.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NALG_GEOMETRY_CRITICAL_TRACE_H
#define NALG_GEOMETRY_CRITICAL_TRACE_H

#include "geometry/critical_system.h"
#include "track/monodromy.h"

typedef struct {
    bool complete;   /* the curve's points passed the trace test, and each was followed to the target or to
                        infinity */
    size_t degree;   /* points of the curve in a hyperplane: its degree when complete */
    double residual; /* of the trace test; NAN when not reached */
    double complex *added; /* critical points for the target that were not known: added_count x D */
    size_t added_count;
    uint64_t tracked, steps, lost;
} nalg_critical_trace;

/* `known`: count x D critical points for the target of `s`, at least one. At most `limit` points of the
 * curve. *out is freed with nalg_critical_trace_clear. */
NALG_NODISCARD nalg_status nalg_critical_trace_test(nalg_ctx *ctx, nalg_critical_trace *out,
                                                    const nalg_critical_system *s,
                                                    const double complex *known, size_t count, size_t limit);
void nalg_critical_trace_clear(nalg_critical_trace *t);

#endif
