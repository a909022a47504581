/* Learning coefficients (real log canonical thresholds of the squared loss) that theorems give.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_THEORY_LEARNING_COEFFICIENT_H
#define NALG_THEORY_LEARNING_COEFFICIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/flint.h"

/* vol{w : K(w) < e} ~ c e^lambda (log 1/e)^(multiplicity - 1). Initialise lambda before use. */
typedef struct {
    fmpq_t lambda;
    uint64_t multiplicity;
} nalg_learning_coefficient;

void nalg_learning_coefficient_init(nalg_learning_coefficient *c);
void nalg_learning_coefficient_clear(nalg_learning_coefficient *c);

/* Deep linear network of `count` >= 2 widths (input first, output last) at a true matrix of rank `rank` <= every width.
 * Aoyagi 2024 (Neural Networks 172:106132); for one hidden layer Aoyagi-Watanabe 2005. */
void nalg_learning_coefficient_linear(nalg_learning_coefficient *out, const size_t *width, size_t count, uint64_t rank);

/* One input, `hidden` units with activation c x^r (r >= 1), `outputs` outputs, at the zero function: min(outputs, hidden / r) / 2, with
 * multiplicity 2 when both are equal and 1 otherwise. The functions sum_j a_kj w_j^r are non-degenerate for their Newton polyhedra, because
 * each has coefficients a_kj of its own: docs/rlct.md has the proof. */
void nalg_learning_coefficient_one_input(nalg_learning_coefficient *out, uint64_t hidden, uint64_t r, uint64_t outputs);

/* K1^(e1) K2 in disjoint variables, from K1 in *c (raised to e1 = exponent) and K2 = *other: the smaller one, multiplicities add when
 * both are equal. *c is replaced. */
void nalg_learning_coefficient_product(nalg_learning_coefficient *c, const fmpz_t exponent, const nalg_learning_coefficient *other);

#endif
