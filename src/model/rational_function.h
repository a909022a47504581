/* Rational functions in one variable with rational coefficients, sparse: activations and normalisers.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_RATIONAL_FUNCTION_H
#define NALG_MODEL_RATIONAL_FUNCTION_H

#include "core/context.h"
#include "core/text.h"
#include "graph/graph.h"

/* Exponents above this are refused: no prime of one word could exceed a composition of two of them. */
#define NALG_EXPONENT_LIMIT (UINT64_C(1) << 40)
/* Terms of a polynomial after expansion. */
#define NALG_TERM_LIMIT 4096

typedef struct {
    uint64_t exponent;
    fmpq coefficient; /* never zero */
} nalg_term;

typedef struct {
    nalg_term *term; /* exponents strictly decreasing; no term is the zero polynomial */
    size_t count;
} nalg_polynomial;

typedef struct {
    nalg_polynomial numerator, denominator;
} nalg_rational_function;

void nalg_rational_function_clear(nalg_rational_function *f);

/* Parse `x^3-2*x+1/2`, `3x^3+x`, `(x^2+x)^3`, `1/x`, `generic(3)`. The variable is x (z is accepted).
 * `column` is the position of text[0] in the user's phrase, for messages. */
NALG_NODISCARD nalg_status nalg_rational_function_parse(nalg_ctx *ctx, nalg_rational_function *out, const char *text, size_t length,
                                                        size_t column);
/* Canonical text. */
void nalg_rational_function_print(const nalg_rational_function *f, nalg_text *out);

bool nalg_rational_function_is_polynomial(const nalg_rational_function *f);
/* c x^r with r any integer: true, and *exponent = r. */
bool nalg_rational_function_is_monomial(const nalg_rational_function *f, int64_t *exponent);
/* Exactly the identity x. */
bool nalg_rational_function_is_identity(const nalg_rational_function *f);

/* Largest exponent in numerator or denominator. */
uint64_t nalg_rational_function_exponent(const nalg_rational_function *f);

/* Entry by entry on a node (Horner). */
int nalg_rational_function_lower(nalg_graph *g, const nalg_rational_function *f, int node);

#endif
