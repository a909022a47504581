/* Monomials of one degree in the coordinates, in blocks of equal weight.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_MONOMIALS_H
#define NALG_GEOMETRY_EQUATIONS_MONOMIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/context.h"

typedef struct {
    unsigned degree;
    size_t variables, count;
    uint16_t *factor;  /* count x degree: variables, not decreasing; lexicographic */
    uint64_t *weight;  /* of each, modulo the prime of the grading */
    size_t *member;    /* monomials by block, increasing within one */
    size_t *place;     /* position of each in its block */
    size_t *block;     /* start of each block in member; blocks + 1 entries */
    size_t blocks, largest;
} nalg_monomials;

/* Number of monomials, as a double. */
double nalg_monomials_number(size_t variables, unsigned degree);

NALG_NODISCARD nalg_status nalg_monomials_create(nalg_ctx *ctx, nalg_monomials *out, size_t variables, unsigned degree, const uint64_t *weight, uint64_t prime);

/* The monomials of the next degree all of whose divisors are in a list of monomials of one degree (degree 0: one monomial) in lexicographic
 * order. When m is a combination of earlier monomials on a variety, so is every multiple of it (the order is compatible with products), so
 * monomials outside are combinations of earlier ones. Returns also NALG_E_LIMIT. */
NALG_NODISCARD nalg_status nalg_monomials_extend(nalg_ctx *ctx, nalg_monomials *out, const nalg_monomials *list, const uint64_t *weight, uint64_t prime);
/* Only those with keep[i]; out has no blocks. */
NALG_NODISCARD nalg_status nalg_monomials_keep(nalg_ctx *ctx, nalg_monomials *out, const nalg_monomials *m, const bool *keep);
void nalg_monomials_clear(nalg_monomials *m);

/* Number of the monomial with these factors (not decreasing), which must be in the list. */
size_t nalg_monomials_find(const nalg_monomials *m, const uint16_t *factor);
/* out (degree a + b) = the product of two monomials, factors not decreasing. */
void nalg_monomials_multiply(uint16_t *out, const uint16_t *a, unsigned degree_a, const uint16_t *b, unsigned degree_b);

#endif
