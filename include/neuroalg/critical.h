/* Critical points of squared loss over a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_CRITICAL_H
#define NEUROALG_CRITICAL_H

#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *metric; /* unit, bombieri, gaussian, generic or data */
    size_t samples;     /* metric data: number of random inputs; 0: as many as the ambient space needs */
    size_t limit;       /* most critical points kept; 0: no limit, but 5000 under the generic metric that a special one is followed from */
} nalg_critical_options;

/** Fill options with their defaults (metric generic).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_critical_options_init(nalg_critical_options *options);

/** Number of complex critical points of the squared distance from a generic function to the model's function space, on its smooth part: the
 *  Euclidean distance degree for a metric.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `critical` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for an unknown metric; NALG_E_UNSUPPORTED for coefficient metrics of models that are no polynomials;
 *            NALG_E_LIMIT for spaces of more than 400 values; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: `proved` when the certified count meets a theorem; `numerical` when a trace test passed (unit, bombieri, gaussian: under a
 *            generic metric, from which the points are followed; data: on the curve of critical points over a line of targets), or when a
 *            theorem's number was found and not all certified; else `proved_lower`: so many are proved to exist (`unknown` when some are not).
 *  Cost:     some ten paths for each critical point, over a system of the size of the dimension.
 *  Source:   Draisma et al. 2016 (arXiv 1309.0049); docs/critical.md. */
NALG_NODISCARD NALG_API nalg_status nalg_critical(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_critical_options *options);

#ifdef __cplusplus
}
#endif

#endif
