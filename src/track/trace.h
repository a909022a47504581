/* The trace test of a monodromy search: is the set of solutions over A complete?
 *
 * Along a line y + t v of the parameters the sum of h(z(t)) over all solutions, h affine on the model's space
 * of functions, is an affine function of t; over a proper part it is not. Two tests of that:
 *
 * curvature: the second Taylor coefficients of the sum at t = 0 vanish. It costs one Jacobian and a few
 * solves a solution, no tracking. A solution near a branch point can drown the others in its rounding;
 * `noise` says how much. tracked: all solutions are followed to t = 1/2 and t = 1, where the sums must be
 * collinear. Sources: Leykin, Rodriguez, Sottile, Trace test, Arnold Math. J. 4 (2018); Brake, Hauenstein,
 * Liddell, Decomposing solution sets of polynomial systems using derivatives, ICMS 2016 (derivatives in place
 * of tracking). SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_TRACE_H
#define NALG_TRACK_TRACE_H

#include "track/monodromy.h"

typedef struct {
    const nalg_monodromy_problem *problem;
    const double complex *z;           /* count x n, over problem->p */
    const double complex *fingerprint; /* count x m */
    size_t count, m;
    uint64_t first_line; /* which random lines: a check of a test takes others */
} nalg_trace_set;

/* Out: *residual, the largest second Taylor coefficient of a sum over two random lines, relative to the
 * median summand (or a thousandth of the median value, if that is more); *noise, an estimate of what rounding
 * contributes to it. NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_trace_curvature(nalg_ctx *ctx, double *residual, double *noise,
                                                const nalg_trace_set *set);

/* Out: *residual, how far the three sums are from a line, relative to the mean size of a summand (infinity
 * when a path is lost). Adds what it tracked to *count. Errors of nalg_track. */
NALG_NODISCARD nalg_status nalg_trace_tracked(nalg_ctx *ctx, double *residual, nalg_monodromy_result *count,
                                              const nalg_trace_set *set, const nalg_track_options *options);

/* Is the set complete? Curvature first; where rounding leaves that open and `options` is given, the tracked
 * test. Out: *residual of the last one made, *passed. tolerance: the largest residual, 0 for the default.
 * Adds what it tracked to *count. Errors of both. */
NALG_NODISCARD nalg_status nalg_trace_test(nalg_ctx *ctx, bool *passed, double *residual,
                                           nalg_monodromy_result *count, const nalg_trace_set *set,
                                           double tolerance, const nalg_track_options *options);

/* Adds the outcomes of `count` paths to the counts of *result. */
void nalg_monodromy_count_paths(nalg_monodromy_result *result, const nalg_path_result *path, size_t count);

#endif
