/* Eigenvalues and singular values of dense real matrices by the system's LAPACK, which the BLAS brings along
 * and is loaded on first use (field/blas.h); without one, by Arb, slowly.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_FIELD_LAPACK_H
#define NALG_FIELD_LAPACK_H

#include <stdbool.h>
#include <stddef.h>

/* Eigenvalues of the symmetric n x n matrix a, increasing. With `vectors`, row i of a becomes a unit
 * eigenvector of value[i]; otherwise a is destroyed. False when memory is out or the iteration does not
 * converge (a NaN does not). */
bool nalg_symmetric_eigen(double *value, double *a, size_t n, bool vectors);

/* The min(m, n) singular values of the row-major m x n matrix a, decreasing; a is destroyed. False as above.
 */
bool nalg_singular_values(double *value, double *a, size_t m, size_t n);

/* The same without LAPACK, for tests. */
bool nalg_symmetric_eigen_by_balls(double *value, double *a, size_t n, bool vectors);
bool nalg_singular_values_by_balls(double *value, double *a, size_t m, size_t n);

#endif
