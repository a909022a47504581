/* Checking the proof trees of chain bounds: every step is recomputed from the widths and exponents alone.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_PROOF_H
#define NALG_CERTIFY_PROOF_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NALG_PROOF_LAYERS 64

/* Exponents of one activation: a polynomial (its exponents, decreasing), the quotient of two monomials (`scales`), or neither. */
typedef struct {
    const uint64_t *exponent;
    size_t count;      /* 0: no polynomial */
    bool scales;       /* c x^r with r != 0 */
    bool identity;
} nalg_proof_activation;

typedef struct {
    size_t layers;
    size_t width[NALG_PROOF_LAYERS + 1];
    nalg_proof_activation activation[NALG_PROOF_LAYERS + 1];
    bool bias;
    /* Independent functions among the outputs of layers from+1 .. to (with 1 among them if asked): a proved lower bound. */
    size_t (*head_rank)(void *user, size_t from, size_t to, bool with_constant);
    void *user;
    bool *out_of_memory; /* set when a check failed for lack of memory only */
} nalg_proof_chain;

/* Is `proof` a valid derivation of dim <= value for the whole chain? */
bool nalg_proof_check(const nalg_proof_chain *chain, const json_t *proof, uint64_t value);

#endif
