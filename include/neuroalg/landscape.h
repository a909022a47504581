/* The loss landscape of a model on data.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_LANDSCAPE_H
#define NEUROALG_LANDSCAPE_H

#include "neuroalg/data.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *weights; /* text of trained weights (see nalg_dim_options), to be placed in the list, or NULL */
    size_t weights_length;
    size_t limit; /* most critical points; 0: no limit */
    int strata;   /* nonzero: also the critical points of subnetworks (default) */
} nalg_landscape_options;

/** Fill options with their defaults.  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_landscape_options_init(nalg_landscape_options *options);

/** All critical points of the sum over the samples of |f_w(x) - y|^2, and the global minimum.
 *  In:       model; data of its sizes; options, or NULL for defaults.
 *  Out:      *out, keys of `landscape` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_SHAPE, NALG_E_ARGUMENT for bad data; NALG_E_PARSE for bad weights;
 *            NALG_E_LIMIT for more than 600 weights, 400 basis functions or the limit of points;
 *            NALG_E_UNSUPPORTED at poles; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: `numerical`; each point says whether it is certified. `global_minimum` is `proved` for linear
 *            networks when all critical points that Eckart-Young allows are certified.
 *  Cost:     some ten paths for each complex critical point, for the model and for each subnetwork.
 *  Source:   Draisma et al. 2016 (arXiv 1309.0049), Trager-Kohn-Bruna 2020 (arXiv 1910.01671);
 *            docs/landscape.md. */
NALG_NODISCARD NALG_API nalg_status nalg_landscape(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                                   const nalg_data *data,
                                                   const nalg_landscape_options *options);

typedef struct {
    size_t size;   /* pixels along each side, 8 to 1024 */
    double extent; /* half the side, a distance in target space; 0: 1.5 times the length of the targets */
    const double *direction; /* two directions in target space, 2 x samples x outputs; NULL: random ones */
    size_t limit;            /* most critical points; 0: no limit */
} nalg_discriminant_options;

/** Fill options with their defaults (256 pixels, random plane).
 *  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_discriminant_options_init(nalg_discriminant_options *options);

/** Numbers of real critical points and of minima for targets in a plane through the data's.
 *  In:       model; data of its sizes; options, or NULL for defaults.
 *  Out:      *out, keys of `discriminant` in docs/results.md, owned by the caller.
 *  Returns:  as nalg_landscape; NALG_E_ARGUMENT for a size out of range, parallel directions, or data of
 *            fewer values than dimensions.
 *  Evidence: `numerical`.
 *  Cost:     one path for each complex critical point and each pixel near a wall, fewer away from walls.
 *  Source:   Draisma et al. 2016, section 7; docs/discriminant.md. */
NALG_NODISCARD NALG_API nalg_status nalg_discriminant(nalg_ctx *ctx, nalg_result **out,
                                                      const nalg_model *model, const nalg_data *data,
                                                      const nalg_discriminant_options *options);

#ifdef __cplusplus
}
#endif

#endif
