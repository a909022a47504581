/* Implicit bias: which subnetworks nearest functions and trained networks are.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NEUROALG_BIAS_H
#define NEUROALG_BIAS_H

#include <stdbool.h>
#include "neuroalg/data.h"
#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    size_t targets;     /* sampled; 2 to 10^6 */
    size_t starts;      /* of the descent, for every target and stratum; 1 to 10^4 */
    const char *metric; /* unit, bombieri, gaussian, generic or data: norm of functions, and of the normal
                           distribution of the targets */
    const nalg_data *around; /* NULL, or samples: then the norm is the mean square over them, and targets are
                                these with noise */
    double noise;  /* around data: standard deviation, relative to the root mean square of the targets */
    double scale;  /* standard deviation of the weights at a start; 0: such that functions have the size
                      of the targets */
    size_t depth;  /* most places of the network that are reduced at once; 1 to 8 */
    bool train;    /* also train a network for every target by gradient flow */
    bool critical; /* small models: compare with all critical points of the distance */
} nalg_bias_options;

/** Fill options with their defaults (200 targets, 10 starts, metric bombieri, noise 1, depth 1, with
 * training). Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_bias_options_init(nalg_bias_options *options);

/** For random targets: share of those whose nearest function in the model is one of a subnetwork, share of
 * networks that gradient flow leads to a subnetwork, and how many targets a subnetwork can attract by the
 * dimension of its normal cone. In:       model; options, or NULL for defaults. Out:      *out, keys of
 * `bias` in docs/results.md, owned by the caller; unchanged on error. Returns:  NALG_OK; NALG_E_ARGUMENT for
 * options out of range; NALG_E_UNSUPPORTED for coefficient metrics of models that are no polynomials, and
 * when the build has no integrator; NALG_E_SHAPE for data of other sizes; NALG_E_LIMIT for spaces of more
 * than 400 values; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. Evidence: `estimate`: shares with
 * Wilson's interval of 95 %; descent can miss the nearest function. Dimensions are ranks mod p. Cost: targets
 * * starts * (strata + 1) descents of some hundred Jacobians, and a flow for each target. Source: Cifuentes,
 * Ranestad, Sturmfels, Weinstein (arXiv 1811.08395); arXiv 2505.11846; docs/bias.md. */
NALG_NODISCARD NALG_API nalg_status nalg_bias(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                              const nalg_bias_options *options);

#ifdef __cplusplus
}
#endif

#endif
