/* The exact rank of a model's Jacobian on data at given weights.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifndef NALG_LEARNING_TANGENT_RANK_H
#define NALG_LEARNING_TANGENT_RANK_H

#include "model/weights.h"
#include "neuroalg/data.h"
#include "neuroalg/model.h"

#define NALG_TANGENT_PRIMES 2

typedef struct {
    size_t rank; /* the larger of the ranks modulo the primes: at most the rank over Q */
    uint64_t prime[NALG_TANGENT_PRIMES];
    size_t at_prime[NALG_TANGENT_PRIMES];
    uint64_t upper;          /* proved */
    const char *upper_kind;  /* rows, parameters, symmetries, dimension */
    uint64_t symmetry_prime; /* over which the symmetries at these weights were counted; 0: not */
} nalg_tangent_rank;

/* Weights and the inputs of the data as they are: decimals and doubles are rationals.
 * Returns: NALG_OK; NALG_E_UNSUPPORTED at a pole or when no prime fits; NALG_E_ARGUMENT for a denominator
 * that the prime divides; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. Cost: for each prime a gradient
 * for each row (samples x outputs), and a rank of rows x parameters. */
NALG_NODISCARD nalg_status nalg_tangent_rank_find(nalg_ctx *ctx, nalg_tangent_rank *out,
                                                  const nalg_model *model, const nalg_weights *weights,
                                                  const nalg_data *data);

/* Doubles as rationals; free with nalg_weights_clear. */
NALG_NODISCARD nalg_status nalg_weights_from_doubles(nalg_ctx *ctx, nalg_weights *out, const double *x,
                                                     size_t count);

#endif
