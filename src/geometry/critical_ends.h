/* Ends of paths as critical points: which are new, and does each path have an end of its own?
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_CRITICAL_ENDS_H
#define NALG_GEOMETRY_CRITICAL_ENDS_H

#include "track/monodromy.h"

typedef struct {
    bool complete; /* every critical point for the target is known now: a trace test, and paths that all ended
                    */
    size_t degree; /* points that the trace test is about */
    double residual;       /* of the trace test; NAN when not reached */
    double complex *added; /* critical points for the target that were not known: added_count x D */
    size_t added_count;
    size_t singular; /* ends of paths that are no regular solutions, among them paths that get stuck next to
                        their end */
    uint64_t tracked, steps, lost;
} nalg_critical_trace;

void nalg_critical_trace_clear(nalg_critical_trace *t);

/* Of the simple trace test; rounding is some 1e-12. */
#define NALG_CRITICAL_TRACE_TOLERANCE 1e-9

/* The search that a trace test is part of: at most `limit` points. out->complete, degree and residual are
 * what it came to; paths are counted. Errors of nalg_monodromy, and the interruption's. */
NALG_NODISCARD nalg_status nalg_critical_search(nalg_ctx *ctx, nalg_critical_trace *out,
                                                nalg_monodromy_result *found,
                                                const nalg_monodromy_problem *problem, size_t limit,
                                                double tolerance);
/* What a trace test added and tracked, into the result of the search before it. */
NALG_NODISCARD nalg_status nalg_critical_merge(nalg_ctx *ctx, nalg_monodromy_result *found,
                                               const nalg_critical_trace *trace);

/* Known critical points: count x D numbers, and what tells functions apart: a system in D unknowns whose
 * parameters (if any) do not matter. */
typedef struct {
    const double complex *z;
    size_t count, unknowns;
    const nalg_system *fingerprint;
} nalg_critical_known;

/* Follow `count` points z (D numbers or more each, the first D the unknowns of critical points) along a
 * segment. out->complete becomes whether each path ends at a critical point of its own, or at infinity or a
 * singular point, and no known critical point is left over; what was not known is added; paths are counted.
 * Paths that share an end are tracked again, carefully. Singular ends are no critical points on the smooth
 * part, where a generic target has regular ones only; where there are any, another arc has to lead to the
 * same critical points. Errors of nalg_track. */
NALG_NODISCARD nalg_status nalg_critical_follow(nalg_ctx *ctx, nalg_critical_trace *out,
                                                const nalg_system *system, const nalg_segment *segment,
                                                const double complex *z, size_t count,
                                                const nalg_critical_known *known);

#endif
