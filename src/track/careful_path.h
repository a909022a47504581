/* One path in double-double arithmetic.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_CAREFUL_PATH_H
#define NALG_TRACK_CAREFUL_PATH_H

#include "track/tracker.h"

/* Track one path to t = 1. With `endgame` a singular end that stays bounded is found by a circle around it; an end that is infinite, or
 * singular without the endgame, stays NALG_PATH_LOST. z: start on entry, end or last point on
 * return. Adds to the counts in *result. Stops early, lost, when nalg_stopping. NALG_E_MEMORY or NALG_OK. */
NALG_NODISCARD nalg_status nalg_careful_path(const nalg_ctx *ctx, double complex *z, nalg_path_result *result, const nalg_system *system,
                                             const nalg_segment *segment, bool endgame);

/* Is z, the end of a path at t = 1 that converged or was taken for singular, a regular solution? Newton's method in double-double
 * arithmetic: it converges quadratically and stays close; for an end taken for singular it must also come back after a push, in units of
 * every coordinate, where the condition number is modest. Then z is improved and *result becomes a regular end, settled in double-double. NALG_E_MEMORY or NALG_OK. */
NALG_NODISCARD nalg_status nalg_careful_end(double complex *z, nalg_path_result *result, const nalg_system *system,
                                            const nalg_segment *segment);

#endif
