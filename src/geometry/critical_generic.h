/* Critical points under a special metric from those under a generic one.  SPDX-License-Identifier:
 * LGPL-2.1-or-later
 */
#ifndef NALG_GEOMETRY_CRITICAL_GENERIC_H
#define NALG_GEOMETRY_CRITICAL_GENERIC_H

#include "geometry/critical_system.h"

/* All critical points for the system's target, whose metric has a dense form: out->degree points under a
 * generic metric, complete by the trace test, are followed to the system's metric. `known`: count x D
 * critical points for its target. At most `limit` points. *out is freed with nalg_critical_trace_clear.
 * Errors of nalg_monodromy and nalg_track. */
NALG_NODISCARD nalg_status nalg_critical_from_generic(nalg_ctx *ctx, nalg_critical_trace *out,
                                                      const nalg_critical_system *system,
                                                      const double complex *known, size_t count,
                                                      size_t limit);

#endif
