/* Checking results of `bias`, `conserved`, `tangent`, `rlct`, `bounds` and `flow`.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_VERIFY_LEARNING_H
#define NALG_LEARNING_VERIFY_LEARNING_H

#include "geometry/verify.h"
#include "model/weights.h"
#include "neuroalg/result.h"

void nalg_verify_bias(nalg_verification *v);
void nalg_verify_conserved(nalg_verification *v);
void nalg_verify_tangent(nalg_verification *v);
void nalg_verify_rlct(nalg_verification *v);
void nalg_verify_bounds(nalg_verification *v);
void nalg_verify_flow(nalg_verification *v);

/* For checkers: the same question asked again, its `status` and its answer, which is freed here. Records
 * whether result and evidence agree, real numbers up to `tolerance`, leaving out the keys (ended by NULL)
 * that are compared elsewhere. A question that the command refuses is a claim that is not confirmed. */
void nalg_verification_compare(nalg_verification *v, nalg_status status, nalg_result *again, double tolerance,
                               const char *const *except);

/* A list of exact fractions as text for an option. False when it is no such list. */
bool nalg_verification_weights(nalg_text *out, const json_t *list);

/* Primes and points of these checks are others than the solvers'. */
#define NALG_VERIFY_LEARNING_PRIME (NALG_PRIME_WORD_START - (1ULL << 43))
#define NALG_VERIFY_LEARNING_TRIAL 2160

#endif
