/* The ends of a set of paths, behind the public accessors of neuroalg/track.h.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_TRACK_SOLUTIONS_H
#define NALG_TRACK_SOLUTIONS_H

#include "neuroalg/track.h"
#include "track/tracker.h"

struct nalg_solutions {
    size_t variables, paths;
    double complex *z;        /* paths x variables */
    double *real, *imag;      /* the same, for the accessors */
    nalg_path_result *result; /* paths */
};

/* NULL when memory is out. */
nalg_solutions *nalg_solutions_create(size_t variables, size_t paths);
/* Fill real and imag from z. */
void nalg_solutions_split(nalg_solutions *s);

#endif
