/* What a model's algebra says about training and generalisation.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_LEARNING_H
#define NEUROALG_LEARNING_H

#include "neuroalg/data.h"
#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    int degree; /* of the laws searched, 1 to 8 */
} nalg_conserved_options;

/** Fill options with their defaults (degree 2).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_conserved_options_init(nalg_conserved_options *options);

/** Polynomial conservation laws of gradient flow: all h(w) of bounded degree, without constant term, that are constant along the flow of
 *  every loss on every data set, that is grad h . grad_w f_w(x)_o = 0 for all w, x, o.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `conserved` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a degree out of range; NALG_E_LIMIT when there are too many monomials; NALG_E_UNSUPPORTED when
 *            every random point is a pole; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE, NALG_E_INTERNAL.
 *  Evidence: the count is bounded above by a rank mod p, unconditionally; `proved` when as many laws follow from symmetries and their
 *            number and the rank of the Lie algebra add up to the parameters; else `probable` with the bound on the error.
 *  Cost:     a rank mod p for each class of monomials under the changes of sign that the model respects.
 *  Source:   METHODS section 8; Marcotte-Gribonval-Peyre 2023 (arXiv 2307.00144); docs/conserved.md. */
NALG_NODISCARD NALG_API nalg_status nalg_conserved(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                                   const nalg_conserved_options *options);

/* Are all critical points found by nalg_landscape, to be matched with the ends? Of models of up to 10 weights (default), always, never. */
typedef enum { NALG_MATCH_WHEN_SMALL, NALG_MATCH_ALWAYS, NALG_MATCH_NEVER } nalg_match_use;

typedef struct {
    const nalg_data *data;  /* or NULL: standard normal inputs and targets drawn from the seed */
    size_t samples;         /* of these, or 0: inputs + parameters / outputs */
    const char *loss;       /* "squared" (default) or "cross-entropy", for outputs read through a softmax */
    int starts;             /* random starts, 1 to 1000; 0: one at the weights where there are some, else 16 */
    double scale;           /* random starts have variance scale^2 / fan-in */
    const char *weights;    /* text of weights (see nalg_dim_options) where the only start is; NULL: those of a trained model */
    size_t weights_length;
    double descent_step;    /* also run gradient descent with this step; 0: do not */
    double time_limit;      /* of the flow, in its own time; 0: none */
    nalg_match_use match;
} nalg_flow_options;

/** Fill options with their defaults (squared loss, scale 1).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_flow_options_init(nalg_flow_options *options);

/** Training by gradient flow from many starts: losses, end points matched with critical points, shares of their basins of attraction, and
 *  the drift of conserved quantities as a check of the integration.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `flow` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for an option out of range or targets that do not fit the loss; NALG_E_SHAPE, NALG_E_LIMIT for the data;
 *            NALG_E_PARSE for a bad weight file; NALG_E_UNSUPPORTED in a build without SUNDIALS; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: `numerical`, with the largest drift; shares are proportions with 95 % intervals.
 *  Cost:     a thousand or two gradients over all data for each start are usual; that of nalg_landscape for small models.
 *  Source:   Hindmarsh et al., ACM TOMS 31 (2005) 363 (CVODE); Wilson 1927; docs/flow.md. */
NALG_NODISCARD NALG_API nalg_status nalg_flow(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_flow_options *options);

typedef struct {
    const nalg_data *data;  /* or NULL: standard normal inputs drawn from the seed */
    size_t samples;         /* of these, or 0: inputs + parameters / outputs */
    const char *weights;    /* text of weights (see nalg_dim_options); NULL: those of a trained model, else random ones */
    size_t weights_length;
    double ridge;           /* of the effective dimension, relative to the largest eigenvalue; 0: 1e-3 */
} nalg_tangent_options;

/** Fill options with their defaults (random weights and data, ridge 1e-3).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_tangent_options_init(nalg_tangent_options *options);

/** Tangent kernel J J^T of a model on data at given weights: its spectrum, its exact rank, its effective dimension.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `tangent` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a ridge that is not positive; NALG_E_SHAPE for the data; NALG_E_PARSE for a bad weight file;
 *            NALG_E_LIMIT when the Jacobian is too large; NALG_E_UNSUPPORTED at a pole; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: of the rank: `proved` when a minor mod p meets the number of rows, of columns, or the proved dimension less symmetries; else
 *            `probable`. The spectrum is `numerical`.
 *  Cost:     a gradient for each sample and output, a singular value decomposition and a rank mod p.
 *  Source:   Jacot-Gabriel-Hongler 2018 (arXiv 1806.07572); docs/tangent.md. */
NALG_NODISCARD NALG_API nalg_status nalg_tangent(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_tangent_options *options);

typedef enum { NALG_ESTIMATE_NEVER, NALG_ESTIMATE_WHEN_NEEDED, NALG_ESTIMATE_ALWAYS } nalg_estimate_use;

typedef struct {
    const char *truth;   /* "generic", "zero", "rank=2" for linear networks, or a subnetwork's name; NULL: the weights, else generic */
    const char *weights; /* text of weights (see nalg_dim_options) at which the truth is; NULL: those of a trained model */
    size_t weights_length;
    nalg_estimate_use estimate; /* sample the volume law: when nothing exact is known and the model is small (default), always, never */
    double radius;              /* of the box of weights that is sampled; 0: the default, 1 around zero and 0.1 around given weights */
} nalg_rlct_options;

/** Fill options with their defaults (truth at the weights of a trained model, else generic; an estimate when needed).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_rlct_options_init(nalg_rlct_options *options);

/** Learning coefficient (real log canonical threshold) of the mean squared loss at a true function: how the volume of almost optimal
 *  weights shrinks, and the leading term of Bayesian generalisation. With weights: near these weights; otherwise over all true weights.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `rlct` in docs/results.md, owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a truth that is none of the model's; NALG_E_UNSUPPORTED when zero is not known to be one; the
 *            errors of nalg_dim; NALG_E_PARSE for a bad weight file.
 *  Evidence: `proved` by theorem; `probable` when it rests on a dimension that is; otherwise `lower` and `upper` are proved and `lambda` is
 *            an `estimate`, or null (`interval`) when none was made.
 *  Cost:     that of nalg_dim, or none; an estimate takes seconds to minutes.
 *  Source:   METHODS section 9; Aoyagi-Watanabe 2005, Aoyagi 2024; docs/rlct.md. */
NALG_NODISCARD NALG_API nalg_status nalg_rlct(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_rlct_options *options);

/** Sample complexity: how many samples identify the model's functions, how many balls cover them, how far empirical risk can be off,
 *  how many points they can shatter.
 *  Out:      *out, keys of `bounds` in docs/results.md, owned by the caller.
 *  Returns:  as nalg_dim.
 *  Evidence: that of the dimension; every other number is an inequality with its source.
 *  Cost:     that of nalg_dim.
 *  Source:   METHODS section 10; Warren 1968; docs/bounds.md. */
NALG_NODISCARD NALG_API nalg_status nalg_bounds(nalg_ctx *ctx, nalg_result **out, const nalg_model *model);

#ifdef __cplusplus
}
#endif

#endif
