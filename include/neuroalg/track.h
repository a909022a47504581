/* Solving a system of polynomial equations by path tracking.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_TRACK_H
#define NEUROALG_TRACK_H

#include <stddef.h>
#include "neuroalg/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nalg_polynomials nalg_polynomials;
typedef struct nalg_solutions nalg_solutions;

typedef enum {
    NALG_END_REGULAR,  /* finite, Jacobian of full rank */
    NALG_END_SINGULAR, /* finite, found by circling the endpoint */
    NALG_END_INFINITE, /* the path tends to infinity */
    NALG_END_LOST      /* given up after all attempts */
} nalg_end;

typedef struct {
    nalg_end end;
    const double *real, *imag; /* one number per variable; owned by the solutions */
    double accuracy;           /* last Newton correction relative to the solution */
    double condition;          /* estimated condition number */
    int winding;               /* winding number of the path at its end */
    unsigned steps, rejected;
} nalg_solution;

/** Read a square system of polynomials.
 *  In:       text (length bytes): polynomials in + - * ^ and brackets, each ended by `;`, an optional line `variables x y z` before them
 *            (otherwise variables are collected in order of appearance), an optional first line with the number of equations,
 *            `#` to the end of a line is a comment. Numbers are integers, decimals and quotients; `i` or `I` is the imaginary unit
 *            unless declared as a variable.
 *  Out:      *out, owned by the caller, freed with nalg_polynomials_free; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_PARSE with line and column; NALG_E_SHAPE if there are not as many equations as variables;
 *            NALG_E_LIMIT for more than a thousand variables or degree a million; NALG_E_MEMORY.
 *  Cost:     linear in the text.  Source: docs/systems.md. */
NALG_NODISCARD NALG_API nalg_status nalg_polynomials_parse(nalg_ctx *ctx, nalg_polynomials **out, const char *text, size_t length);

/** Free a system.  In: system, may be NULL.  Cost: linear in its size.  Source: none. */
NALG_API void nalg_polynomials_free(nalg_polynomials *system);

/** Number of variables and of equations.  In: system.  Returns: the count.  Cost: constant.  Source: none. */
NALG_API size_t nalg_polynomials_count(const nalg_polynomials *system);

/** Name of a variable.  In: index below the count.  Returns: a string owned by the system.  Cost: constant.  Source: none. */
NALG_API const char *nalg_polynomials_variable(const nalg_polynomials *system, size_t index);

/** Product of the degrees: the number of paths of nalg_solve_total_degree, a bound for the isolated solutions (Bezout).
 *  In: system.  Returns: the product, SIZE_MAX if larger.  Cost: linear in the equations.  Source: none. */
NALG_API size_t nalg_polynomials_paths(const nalg_polynomials *system);

/** Endpoints of all paths from the total-degree start system x_k^d_k = b_k, with random constants from the context's seed.
 *  Every isolated solution is the end of a path, with probability one.
 *  Out:      *out, owned by the caller, freed with nalg_solutions_free; unchanged on error.
 *  Returns:  NALG_OK (lost paths are counted, see nalg_solutions_count); NALG_E_LIMIT for more than 10^9 paths; NALG_E_MEMORY,
 *            NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: numerical.  Cost: per path some tens of Jacobians and linear solves.
 *  Source:   Sommese, Wampler, The Numerical Solution of Systems of Polynomials (2005), chapter 8; docs/systems.md. */
NALG_NODISCARD NALG_API nalg_status nalg_solve_total_degree(nalg_ctx *ctx, nalg_solutions **out, const nalg_polynomials *system);

/** Free solutions.  In: solutions, may be NULL.  Cost: constant.  Source: none. */
NALG_API void nalg_solutions_free(nalg_solutions *solutions);

/** Number of paths that ended in a given way.
 *  In: solutions, end.  Returns: the count.  Cost: linear in the paths.  Source: none. */
NALG_API size_t nalg_solutions_count(const nalg_solutions *solutions, nalg_end end);

/** Number of paths.  In: solutions.  Returns: the count.  Cost: constant.  Source: none. */
NALG_API size_t nalg_solutions_paths(const nalg_solutions *solutions);

/** The end of one path.
 *  In: path below nalg_solutions_paths.  Returns: its end; pointers are valid while solutions is.  Cost: constant.  Source: none. */
NALG_API nalg_solution nalg_solutions_path(const nalg_solutions *solutions, size_t path);

#ifdef __cplusplus
}
#endif

#endif
