/* Solving a polynomial system, as a result document.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_SOLVE_H
#define NEUROALG_SOLVE_H

#include <stddef.h>
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** All isolated complex solutions of a square polynomial system, by path tracking from a total-degree start.
 *  In:       text (length bytes), the format of nalg_polynomials_parse.
 *  Out:      *out, keys of `solve` in docs/results.md, owned by the caller.
 *  Returns:  as nalg_polynomials_parse and nalg_solve_total_degree.
 *  Evidence: numerical: every path's outcome is counted.  Cost: as nalg_solve_total_degree.
 *  Source:   Sommese, Wampler 2005, chapter 8; docs/systems.md. */
NALG_NODISCARD NALG_API nalg_status nalg_solve(nalg_ctx *ctx, nalg_result **out, const char *text, size_t length);

#ifdef __cplusplus
}
#endif

#endif
