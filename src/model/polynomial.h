/* Sparse polynomials in one variable, as the parser of activations builds them.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_MODEL_POLYNOMIAL_H
#define NALG_MODEL_POLYNOMIAL_H

#include "model/rational_function.h"

/* Digits of a number in an activation. */
#define NALG_DIGIT_LIMIT 1000

void nalg_polynomial_clear(nalg_polynomial *p);
/* New polynomials in *out; false after an allocation failure (nothing is created). */
bool nalg_polynomial_monomial(nalg_polynomial *out, const fmpq_t coefficient, uint64_t exponent);
bool nalg_polynomial_add(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b);
/* By FLINT's dense product up to degree NALG_TERM_LIMIT, else term by term. */
bool nalg_polynomial_multiply(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b);
bool nalg_polynomial_power(nalg_polynomial *out, const nalg_polynomial *a, uint64_t exponent);

/* Coefficients as short as those that can be read: what a model keeps. */
bool nalg_polynomial_is_writable(const nalg_polynomial *a);

/* Known before the work: what would be too large in a result, as a clause for a message, or NULL. Bounds
 * exponents, terms, the length of coefficients over a common denominator (a few times longer than what may be
 * written), and the work. */
const char *nalg_polynomial_excess(const nalg_polynomial *a);
const char *nalg_polynomial_product_excess(const nalg_polynomial *a, const nalg_polynomial *b);
const char *nalg_polynomial_power_excess(const nalg_polynomial *a, uint64_t exponent);

#endif
