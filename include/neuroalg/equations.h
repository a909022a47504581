/* Defining equations of a model's function space.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_EQUATIONS_H
#define NEUROALG_EQUATIONS_H

#include "neuroalg/model.h"
#include "neuroalg/result.h"

typedef struct {
    int degree;            /* equations up to this degree, 1 to 40 */
    const char *member;    /* text of a function, one polynomial in x1, x2, ... a line for each output, or NULL */
    size_t member_length;
} nalg_equations_options;

/** Fill options with their defaults (degree 3, no function).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_equations_options_init(nalg_equations_options *options);

/** Equations of the closure of a polynomial model's functions, in the coefficients of the outputs' monomials.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *out, keys of `equations` in docs/results.md, owned by the caller; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a degree out of range; NALG_E_UNSUPPORTED for a rational model; NALG_E_LIMIT when the
 *            coordinates or the matrices are too many; NALG_E_PARSE for a function that cannot be read (with line and column);
 *            NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Evidence: values of the Hilbert function are proved from below; equations are exact over the rationals and hold except with the
 *            printed chance; `proved` when there are none.
 *  Cost:     a rank and a kernel mod p for each block of monomials of equal weight, cubic in its size.
 *  Source:   METHODS section 7; docs/equations.md. */
NALG_NODISCARD NALG_API nalg_status nalg_equations(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_equations_options *options);

/** The ideal of a result of nalg_equations as input of a computer algebra system.
 *  In:       result; format, "m2" (Macaulay2) or "singular".
 *  Out:      *text, NUL-terminated, owned by the caller, freed with free(); unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for another format or a result of another command; NALG_E_PARSE for a damaged one; NALG_E_MEMORY.
 *  Cost:     linear in the result.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_equations_export(nalg_ctx *ctx, char **text, const nalg_result *result, const char *format);

#endif
