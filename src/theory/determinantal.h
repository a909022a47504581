/* Models whose closure is a variety of matrices of bounded rank, and how singular those are.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_THEORY_DETERMINANTAL_H
#define NALG_THEORY_DETERMINANTAL_H

#include "core/flint.h"
#include "model/model.h"

typedef struct {
    bool symmetric;
    size_t m, n, rank; /* m x n matrices (m = n when symmetric) of at most this rank, rank <= min(m, n) */
    const char *source;
} nalg_determinantal;

/* Linear networks without biases (the rank is the least width), and quadratic networks x^2 with one hidden layer, one output and no biases (symmetric matrices).
 * False for all others. */
bool nalg_theory_determinantal(nalg_determinantal *out, const nalg_model *model);

/* Dimension of the matrices of rank at most s. */
size_t nalg_determinantal_dimension(const nalg_determinantal *d, size_t s);

/* Multiplicity of the variety at a matrix of rank s <= rank: the tangent cone there is a linear space times the same variety of (m-s) x (n-s) matrices of rank at
 * most rank-s, so it is the degree of that. Singular exactly when s < rank < min(m, n). Source: Arbarello, Cornalba, Griffiths, Harris, Geometry of algebraic
 * curves I, ch. II.2 and ch. II.5; Harris, Tu, On symmetric and skew-symmetric determinantal varieties, Topology 23 (1984), Prop. 12. */
void nalg_determinantal_multiplicity(fmpz_t out, const nalg_determinantal *d, size_t s);

#endif
