/* From a vector known modulo several primes to its rational entries: Chinese remainders, rational reconstruction, and a test.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_EXACT_LIFT_H
#define NALG_EXACT_LIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/context.h"
#include "core/flint.h"

typedef struct nalg_lift nalg_lift;

/* A vector of `count` unknown rationals.  Returns: NALG_OK; NALG_E_MEMORY (*out unchanged). */
NALG_NODISCARD nalg_status nalg_lift_create(nalg_ctx *ctx, nalg_lift **out, size_t count);

/* Free; NULL is allowed. */
void nalg_lift_free(nalg_lift *lift);

/* Add the residues in [0, p) modulo a further prime p, below 2^63 and different from those before.
 * Returns: NALG_OK; NALG_E_ARGUMENT if p divides the modulus so far (nothing changed).  Cost: count gcds of its size. */
NALG_NODISCARD nalg_status nalg_lift_add(nalg_ctx *ctx, nalg_lift *lift, const uint64_t *residues, uint64_t p);

/* Did every entry, reconstructed from the primes before the last, agree with the residues of the last one? A wrong entry
 * passes with probability about 1/p for a prime chosen at random: evidence, not proof. */
bool nalg_lift_stable(const nalg_lift *lift);

/* Entry i as reconstructed last: num, den with num = den * residue and num^2, den^2 <= modulus / 2; NULL if there is none.
 * Owned by the lift, valid until the next nalg_lift_add. */
const fmpq *nalg_lift_value(const nalg_lift *lift, size_t i);

/* Product of the primes so far, owned by the lift. */
const fmpz *nalg_lift_modulus(const nalg_lift *lift);

#endif
