/* The compiled form of a system, for the tracker.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_SYSTEM_INTERNAL_H
#define NALG_TRACK_SYSTEM_INTERNAL_H

#include "track/system.h"
#include "track/tape.h"

struct nalg_system {
    size_t unknowns, equations, parameters;
    size_t stride;      /* registers from a row of the Jacobian to the next: odd, so that columns do not share cache sets */
    nalg_tape value;    /* F only; registers are not reused, so it also runs on Taylor series */
    nalg_tape jacobian; /* F, then dF/dz row by row with `stride` */
};

/* Compile from terms: equation[i] are m terms in n unknowns (variables 0 ..) and q parameters (variables n ..). Takes what it needs. */
NALG_NODISCARD nalg_status nalg_system_compile(nalg_ctx *ctx, nalg_system **out, nalg_terms *t, const int32_t *equation,
                                               size_t equations, size_t unknowns, size_t parameters);

#endif
