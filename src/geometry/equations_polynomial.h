/* Polynomials in the inputs x1, x2, ... as users write them.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_POLYNOMIAL_H
#define NALG_GEOMETRY_EQUATIONS_POLYNOMIAL_H

#include "core/context.h"
#include "core/flint.h"

typedef struct {
    size_t inputs, count;
    uint16_t *exponent; /* count x inputs, lexicographic, no two equal */
    fmpq *coefficient;  /* not zero */
} nalg_input_polynomial;

/* Such as 3*x1^2*x2 - (x1 + 1/2)^2; `x` stands for x1 when there is one input. line is the number of the line, for messages. */
NALG_NODISCARD nalg_status nalg_input_polynomial_parse(nalg_ctx *ctx, nalg_input_polynomial *out, const char *text, size_t length, size_t inputs, size_t line);
void nalg_input_polynomial_clear(nalg_input_polynomial *p);

#endif
