/* Polynomials in the weights with integer coefficients, as conservation laws are: few terms, small degree.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_LAW_H
#define NALG_LEARNING_CONSERVED_LAW_H

#include "core/context.h"
#include "core/flint.h"
#include "learning/conserved_names.h"

#define NALG_LAW_DEGREE 8
/* In place of a factor, in monomials of a smaller degree. */
#define NALG_NO_FACTOR UINT32_MAX

/* Factors in increasing order, then NALG_NO_FACTOR. */
typedef struct {
    uint32_t factor[NALG_LAW_DEGREE];
} nalg_monomial;

typedef struct {
    nalg_monomial *monomial;
    fmpz *coefficient; /* not zero */
    size_t terms, capacity;
    size_t order; /* of printing */
    bool proved; /* an identity that holds for all weights and inputs, not only at the points tried */
} nalg_law;

typedef struct {
    nalg_law *item;
    size_t count, capacity;
} nalg_laws;

int nalg_monomial_compare(const nalg_monomial *a, const nalg_monomial *b);
size_t nalg_monomial_degree(const nalg_monomial *m);

void nalg_law_clear(nalg_law *law);
/* Add coefficient * monomial (factors in any order); terms may repeat until nalg_law_normalise. False when memory is out. */
bool nalg_law_add(nalg_law *law, const nalg_monomial *monomial, const fmpz_t coefficient);
/* Collect terms in order of monomials, divide by the content, and choose the sign: positive on the tensor with the smallest
 * coefficients, of equal ones on the last layer. */
void nalg_law_normalise(nalg_law *law, const nalg_weight_names *names);
/* a * b in *out. False when memory is out. */
bool nalg_law_multiply(nalg_law *out, const nalg_law *a, const nalg_law *b, const nalg_weight_names *names);
size_t nalg_law_degree(const nalg_law *law);

/* Copy a law into the list. */
NALG_NODISCARD nalg_status nalg_laws_copy(nalg_ctx *ctx, nalg_laws *laws, const nalg_law *law);
/* By `order`. */
void nalg_laws_sort(nalg_laws *laws);
/* Push a law into the list, which takes it over (also on failure). */
NALG_NODISCARD nalg_status nalg_laws_push(nalg_ctx *ctx, nalg_laws *laws, nalg_law *law);
void nalg_laws_clear(nalg_laws *laws);

/* "W1[1,1]^2 + W1[1,2]^2 - 2*W2[1,1]^2". */
void nalg_law_print(const nalg_law *law, const nalg_weight_names *names, nalg_text *out);
/* "W2^T W2 - W1 W1^T, entry (1,2)" or "|F1|^2 - 2*|F2|^2" when the law has that form; nothing otherwise. */
void nalg_law_print_short(const nalg_law *law, const nalg_weight_names *names, nalg_text *out);

/* Gradient at w modulo p, an entry for each of `parameters`. */
void nalg_law_gradient(uint64_t *out, const nalg_law *law, const uint64_t *w, size_t parameters, uint64_t p);

#endif
