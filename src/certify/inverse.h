/* Approximate inverses for preconditioning.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_INVERSE_H
#define NALG_CERTIFY_INVERSE_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>
#include "core/flint.h"

/* An exact matrix near the inverse of the midpoint of a (n x n): no claim is made about how near. In doubles
 * (work: n * n + n numbers), or in balls of the given precision. False when none was found. */
bool nalg_inverse_doubles(acb_mat_t out, const acb_mat_t a, size_t n, double complex *work);
bool nalg_inverse_precise(acb_mat_t out, const acb_mat_t a, long precision);

#endif
