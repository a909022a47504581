/* Sparse polynomials in one variable, as the parser of activations builds them.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_POLYNOMIAL_H
#define NALG_MODEL_POLYNOMIAL_H

#include "model/rational_function.h"

void nalg_polynomial_clear(nalg_polynomial *p);
/* New polynomials in *out; false after an allocation failure (nothing is created). */
bool nalg_polynomial_monomial(nalg_polynomial *out, const fmpq_t coefficient, uint64_t exponent);
bool nalg_polynomial_add(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b);
bool nalg_polynomial_multiply(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b);

#endif
