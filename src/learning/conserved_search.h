/* All polynomial conservation laws of bounded degree: linear systems mod p, lifted to the rationals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_SEARCH_H
#define NALG_LEARNING_CONSERVED_SEARCH_H

#include "learning/conserved_law.h"

typedef struct {
    size_t unknowns, blocks, largest; /* monomials, classes of monomials, monomials of the largest class */
    size_t rows;                      /* points at which the largest system was set up */
    uint64_t prime, fast_prime, seed; /* of the systems whose rank bounds the count from above; fast_prime: of large ones, or 0 */
    size_t upper;                     /* unknowns minus rank mod p: at most this many independent laws over Q */
    nalg_laws laws;                   /* linearly independent */
    size_t proved;                    /* how many of them are identities for sure: by a symmetry, or on a grid of points */
    size_t on_grid;                   /* of these, the latter */
    uint64_t check_prime;             /* laws that are not were tested at `check_points` points modulo this prime, 0: none was */
    size_t check_points;
} nalg_law_search;

/* In: known, laws that hold identically (some may be dependent); degree from 1 to NALG_LAW_DEGREE.
 * Out: *out, free with nalg_law_search_clear.
 * Returns: NALG_OK; NALG_E_LIMIT when there are too many monomials or one system is too large; NALG_E_UNSUPPORTED when every point is
 *          a pole; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE; NALG_E_INTERNAL if the lifted laws fail their test.
 * Cost: a rank mod p for each class; with n monomials in a class n gradients and n^3 operations. */
NALG_NODISCARD nalg_status nalg_law_search_run(nalg_ctx *ctx, nalg_law_search *out, const nalg_model *model, const nalg_weight_names *names,
                                               const nalg_laws *known, size_t degree);
void nalg_law_search_clear(nalg_law_search *s);

#endif
