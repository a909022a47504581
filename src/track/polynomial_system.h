/* Polynomial systems read from text, as expressions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_POLYNOMIAL_SYSTEM_H
#define NALG_TRACK_POLYNOMIAL_SYSTEM_H

#include "neuroalg/track.h"
#include "track/expression.h"

struct nalg_polynomials {
    nalg_terms terms;
    int32_t *equation;
    size_t *degree; /* of each equation, as written (before cancellation) */
    size_t count, equation_capacity, degree_capacity;
    char **name;
    size_t variables, name_capacity;
};

#endif
