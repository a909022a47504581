/* Shared by degree, fiber and their checks.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_DEGREE_H
#define NALG_GEOMETRY_DEGREE_H

#include "certify/krawczyk.h"
#include "core/json.h"
#include "geometry/interpolation.h"
#include "neuroalg/degree.h"
#include "track/monodromy.h"

/* Source of the degree 1 of a model whose closure is a linear space. */
#define NALG_DEGREE_FILLING "the model fills its ambient space"
/* Why nothing was counted. */
#define NALG_DEGREE_NOT_COUNTED "a theorem's number beyond the limit is not counted"

/* Is a theorem's number too large to count so many networks?  limit 0: a default. */
bool nalg_degree_beyond_counting(const fmpz_t theorem, size_t limit);

/* The interpolation system for the certifier. input and check are the slots {NULL, frozen, inputs, functionals} of the system and of the
 * fingerprint; they and `s` must outlive the problem. */
nalg_certify_problem nalg_interpolation_certify(const nalg_interpolation *s, const double complex *const *input, const double complex *const *check);

/* The interpolation system for the search of all networks through the points; `s` must outlive it. */
nalg_monodromy_problem nalg_interpolation_monodromy(const nalg_interpolation *s);

/* rows x columns complex numbers as "re im" in hexadecimal floating point, exactly. */
json_t *nalg_complex_list(const double complex *z, size_t rows, size_t columns);
/* And back: NULL when the list is not rows of n such numbers. */
double complex *nalg_complex_list_read(const json_t *list, size_t n);

#endif
