/* Published numbers of critical points of squared distance (Euclidean distance degrees), as rules.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_THEORY_ED_DEGREE_H
#define NALG_THEORY_ED_DEGREE_H

#include <stdint.h>
#include "core/flint.h"

/* Product of projective spaces P^{n_j} embedded by O(d_1, ..., d_k), generic quadratic form:
 * sum_e (-1)^|e| (2^(m+1-|e|) - 1) (m-|e|)! prod_j binom(n_j+1, e_j) d_j^(n_j-e_j) / (n_j-e_j)!, m = sum n_j (Draisma, Horobet, Ottaviani,
 * Sturmfels, Thomas 2016, Thm 5.8, with the Chern classes of a product of projective spaces). count at most 8. */
void nalg_ed_degree_segre_veronese(fmpz_t out, const size_t *n, const fmpz *d, size_t count);

/* Powers l^r in n variables with the Bombieri norm: the eigenvectors of a symmetric tensor, ((r-1)^n - 1) / (r-2), or n for r = 2
 * (Cartwright-Sturmfels 2013). */
void nalg_ed_degree_eigenvectors(fmpz_t out, size_t n, uint64_t r);

/* c l^r with l in n variables and c in m, Bombieri norm: best rank-one approximations of tensors that are symmetric in r factors,
 * sum over a < n, b <= min(a, m - 1) of binom(a, b) (r-1)^(a-b) r^b (Friedland-Ottaviani, Found. Comput. Math. 14, 2014, Thm 12, for
 * two factors). */
void nalg_ed_degree_rank_one(fmpz_t out, size_t n, size_t m, uint64_t r);

#endif
