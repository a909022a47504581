/* Degree of a model's neurovariety and points of its fibers.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_DEGREE_H
#define NEUROALG_DEGREE_H

#include <stdbool.h>
#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *checkpoint; /* folder for the append-only record of solutions found, or NULL */
    bool resume;            /* go on from that record if it exists */
    size_t limit;           /* most solutions kept; 0: no limit. A theorem's number beyond it (0: beyond 100000) is given without a search */
    bool certify;           /* prove the solutions in ball arithmetic (default true) */
} nalg_degree_options;

/** Fill options with their defaults.  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_degree_options_init(nalg_degree_options *options);

/** Degree of the neurovariety: the number of complex networks of the model through D generic points, D its dimension.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `degree` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_IO or NALG_E_PARSE for the checkpoint; NALG_E_LIMIT for systems too large to compile; NALG_E_MEMORY,
 *            NALG_E_INTERRUPTED, NALG_E_DEADLINE (solutions found are in the checkpoint).
 *  Evidence: `proved` when the count meets a theorem's value, or that is beyond the limit of counting; `numerical` when the trace test passed; else `proved_lower`, when all that is
 *            counted is certified, or `unknown`. The number of solutions proved to exist is always a lower bound.
 *  Cost:     some ten paths for each solution, each of some hundred linear solves of size D.
 *  Source:   Duff et al. 2019 (monodromy), Leykin-Rodriguez-Sottile 2018 (trace test); docs/degree.md. */
NALG_NODISCARD NALG_API nalg_status nalg_degree(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_degree_options *options);

/** Fiber of the parametrisation: symmetries by name, hidden ones counted, number of points modulo the continuous part.
 *  In:       model; options (limit) or NULL.
 *  Out:      *out, keys of `fiber` in docs/results.md, owned by the caller.
 *  Returns:  as nalg_degree.
 *  Evidence: the dimension as in nalg_dim; the finite order is `numerical` (all points monodromy reaches, stopped when several rounds bring
 *            nothing new).
 *  Cost:     as nalg_degree times the number of points of a fiber.
 *  Source:   docs/fiber.md. */
NALG_NODISCARD NALG_API nalg_status nalg_fiber(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_degree_options *options);

#ifdef __cplusplus
}
#endif

#endif
