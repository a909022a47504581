/* Singular points of a model's function space.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_SINGULAR_H
#define NEUROALG_SINGULAR_H

#include <stdbool.h>
#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *weights;    /* text of decimal numbers, one for each parameter, or NULL: also answer for this network */
    size_t weights_length;
    size_t depth;           /* most places of the network reduced at once, 1 to 8; 0: 2 */
    size_t limit;           /* most subnetworks, up to 2000; 0: 100 */
    size_t degree_limit;    /* multiplicities are computed up to this degree of the function space; 0: 500, from dimension 10 on fewer, at least 50, and
                               only up to dimension 56 when no theorem knows the degree */
    bool multiplicity;      /* compute them at all (default true) */
} nalg_singular_options;

/** Fill options with their defaults (no weights, depth 2, 100 subnetworks, degree limit 0).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_singular_options_init(nalg_singular_options *options);

/** The strata of subnetworks of a model: dimension, rank of d phi, multiplicity of the function space along them, singular or not; with weights, the same for one
 *  network and the nearest subnetwork.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `singular` in docs/results.md, owned by the caller; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for options out of range; NALG_E_PARSE for a bad weight file (with its line); NALG_E_LIMIT for models with too many weights;
 *            NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: ranks modulo two primes are proved from below; `singular` is proved where tangent directions of one function span more than the
 *            dimension, or by theorems (matrices of bounded rank, vertices of cones, linear spaces); multiplicities by tracking are numerical.
 *  Cost:     some ranks of P x D matrices for each stratum; for multiplicities as nalg_degree, and some thirty short paths for each function and stratum.
 *  Source:   METHODS section 4; Harris-Tu 1984; docs/singular.md. */
NALG_NODISCARD NALG_API nalg_status nalg_singular(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_singular_options *options);

#ifdef __cplusplus
}
#endif

#endif
