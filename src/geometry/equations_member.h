/* Is a given function in the closure of a model?  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_MEMBER_H
#define NALG_GEOMETRY_EQUATIONS_MEMBER_H

#include "geometry/equations_ideal.h"

typedef struct {
    nalg_truth answer;
    char reason[256];
} nalg_membership;

/* text: one polynomial a line for each output. complete: the equations found cut out the closure.
 * Returns: NALG_OK; NALG_E_PARSE with line and column; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_equations_member(nalg_membership *out, const nalg_ideal *ideal, bool complete, const char *text, size_t length);

#endif
