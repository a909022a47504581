/* Dimension of a model's function space.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_DIMENSION_H
#define NEUROALG_DIMENSION_H

#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *weights;   /* text of decimal numbers, one for each parameter, or NULL: also answer at this point */
    size_t weights_length;
    int trials;            /* most random points tried while the bounds differ, 1 to 20 */
} nalg_dim_options;

/** Fill options with their defaults (no weights, 3 trials).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_dim_options_init(nalg_dim_options *options);

/** Dimension of the neurovariety: the generic rank of w -> f_w.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `dim` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_PARSE for a bad weight file (with its line); NALG_E_LIMIT when the Jacobian does not fit in memory;
 *            NALG_E_UNSUPPORTED when every random point is a pole; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: `proved` when the rank at a point mod p meets a proved upper bound; else `probable` with the bound on the error.
 *  Cost:     one gradient for each of about D samples and a rank of a P x D matrix mod p (D the dimension, P the parameters); with
 *            many more parameters than dimensions, D directional derivatives instead.
 *  Source:   Kileel-Trager-Bruna 2019 (arXiv 1905.12207) for the recursive bound; docs/dimension.md. */
NALG_NODISCARD NALG_API nalg_status nalg_dim(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_dim_options *options);

/** Layers, shapes and parameter counts of a model.
 *  Out:      *out, keys of `show` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_MEMORY.  Evidence: `proved`.  Cost: linear in the layers.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_show(nalg_ctx *ctx, nalg_result **out, const nalg_model *model);

/** Check a result again, from the document alone, by other means than the solver's where there are any: see docs/certify.md.
 *  In:       result, as read with nalg_result_read.
 *  Out:      *out, keys `valid` and `checks`, owned by the caller.
 *  Returns:  NALG_OK (also when the result is rejected: see `valid`); NALG_E_UNSUPPORTED for a command that carries no certificate;
 *            NALG_E_PARSE for a document that is no result; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Cost:     as a rank of the certified minor by FLINT.  Source: docs/dimension.md. */
NALG_NODISCARD NALG_API nalg_status nalg_verify(nalg_ctx *ctx, nalg_result **out, const nalg_result *result);

#ifdef __cplusplus
}
#endif

#endif
