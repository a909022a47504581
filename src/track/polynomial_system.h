/* Polynomial systems read from text, as expressions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_POLYNOMIAL_SYSTEM_H
#define NALG_TRACK_POLYNOMIAL_SYSTEM_H

#include "neuroalg/track.h"
#include "track/expression.h"
#include "track/tracker.h"

struct nalg_polynomials {
    nalg_terms terms;
    int32_t *equation;
    size_t *degree; /* of each equation, as written (before cancellation) */
    size_t count, equation_capacity, degree_capacity;
    char **name;
    size_t variables, name_capacity;
};

/* nalg_solve_total_degree with settings of the tracker (options.endgame is set). */
NALG_NODISCARD nalg_status nalg_solve_with(nalg_ctx *ctx, nalg_solutions **out, const nalg_polynomials *system,
                                           const nalg_track_options *options);

#endif
