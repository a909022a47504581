/* The set of degrees of the monomials in a model's outputs, and the size of the space they span.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_DEGREES_H
#define NALG_MODEL_DEGREES_H

#include "model/rational_function.h"

/* Sets of more than this many degrees are not followed. */
#define NALG_DEGREES_LIMIT 20000

typedef struct {
    uint64_t *degree; /* increasing */
    size_t count;
    bool known;       /* false: no polynomial, or too many degrees */
} nalg_degrees;

/* {1}: the coordinates themselves. False when memory is out. */
bool nalg_degrees_coordinates(nalg_degrees *out);
void nalg_degrees_clear(nalg_degrees *d);
bool nalg_degrees_copy(nalg_degrees *out, const nalg_degrees *d);
/* Add the degree 0 (a bias). */
bool nalg_degrees_add_constant(nalg_degrees *d);
/* Union of two sets, into a. */
bool nalg_degrees_unite(nalg_degrees *a, const nalg_degrees *b);
/* All sums of one degree from each set, into a: products. */
bool nalg_degrees_multiply(nalg_degrees *a, const nalg_degrees *b);
/* The degrees of p(h) for h with these degrees. */
bool nalg_degrees_compose(nalg_degrees *d, const nalg_rational_function *f);
/* Number of monomials of these degrees in n variables; saturates at UINT64_MAX. UINT64_MAX when unknown. */
void nalg_degrees_monomials(const nalg_degrees *d, size_t n, fmpz_t out);

#endif
