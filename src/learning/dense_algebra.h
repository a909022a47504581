/* Small dense linear algebra in doubles: choosing independent vectors, least squares, complex equations.
 * Row-major everywhere. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_DENSE_ALGEBRA_H
#define NALG_LEARNING_DENSE_ALGEBRA_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>

/* Which of `count` vectors (rows of `vector`, `length` numbers each; destroyed) are independent: *chosen gets
 * at most `most` indices, a vector counts when its part orthogonal to those before is longer than tolerance
 * times its length. Largest orthogonal part first, or, with `in_order`, the order of the rows (then *chosen
 * is increasing). Returns how many. */
size_t nalg_choose_independent(size_t *chosen, double *vector, size_t count, size_t length, size_t most,
                               double tolerance, bool in_order);

/* min |A X - B|: A is m x n, m >= n, B is m x r, both destroyed; X (n x r) into the first n rows of B.
 * Householder QR (Golub, Van Loan, Matrix Computations, 4th ed., 5.3.2). False if A has no full column rank.
 */
bool nalg_least_squares(double *a, double *b, size_t m, size_t n, size_t r);

/* Gram-Schmidt on the columns of m (rows x n; they become orthonormal): m U for an upper triangular U, into
 * `inverse`; its inverse R with old m = new m R into `factor`, or NULL (n x n both). A column whose part
 * orthogonal to those before is no longer than tolerance times `size`, or its own length for size 0, becomes
 * zero, as does its row of R; its column of U then leaves that part, divided by the column's length. Returns
 * how many are left. Twice, so that it is accurate for columns that nearly depend on each other (Golub, Van
 * Loan, 5.2.8). */
size_t nalg_orthonormal_columns(double *m, double *inverse, double *factor, size_t rows, size_t n,
                                double tolerance, double size);

/* A X = B over C: A n x n, B n x r, both destroyed, X into B; Gaussian elimination with row pivoting. False
 * if A is singular. */
bool nalg_complex_solve(double complex *a, double complex *b, size_t n, size_t r);

#endif
