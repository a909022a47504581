/* Warren's theorem: m polynomials of degree at most D in W real variables, m >= W, have at most (4 e D m / W)^W sign patterns without zeros.
 *
 * Pseudo-dimension: d points with thresholds are shattered when the d polynomials f_w(x_i) - y_i have all 2^d patterns.
 * Covering: cut the box of N coefficients in cubes of side 2 s by N (1/s + 1) walls c_k = t. A cube met by the model away from the walls is
 * one sign pattern of the polynomials c_k(w) - t, and such points are dense among the model's, so the closed cubes met cover it; their
 * centres are within s of every coefficient, and within s * monomials of the function in the supremum norm on [-1,1]^n.
 * Covering by dimension: take the grid generic. A cube that meets the set V of the model's functions has a least face F that V meets, of
 * codimension k <= D = dim V, and V meets F inside only: V in F is a union of connected components of V in the affine hull L of F. The
 * preimage of L in the weights is given by k equations of degree at most d, so it has at most d (2d - 1)^(W - 1) components (Milnor 1964), and so
 * has V in L; each lies in one F, each F is in 2^k cubes, and there are C(N, k) (c + 1)^k hulls.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/bounds_formulas.h"
#include <math.h>
#include <stddef.h>

/* Relative slack for the rounding of a few operations. */
#define SLACK 1e-12
#define RADII 40
#define FACES_LIMIT 1e6 /* terms of a sum */

/* log of (4 e D m / W)^W. */
static double log_patterns(const nalg_function_class *c, double m)
{
    return c->weights * (log(4 * c->degree * m / c->weights) + 1);
}

double nalg_pseudo_dimension_warren(const nalg_function_class *c)
{
    double low = c->weights, high = ceil(2 * c->weights * (log(8 * c->degree) + 1) / log(2)) + 1;
    if (!(c->weights >= 1) || !isfinite(high)) return INFINITY;
    while (high - low > 1) { /* the inequality holds at low and fails at high; whole numbers */
        double d = floor((low + high) / 2);
        if (d * log(2) <= log_patterns(c, d) * (1 + SLACK)) low = d;
        else high = d;
    }
    return low;
}

/* Walls of the boxes along all coefficients: cells of half-width at most s along each. */
static double cells_of(const nalg_function_class *c, double inverse)
{
    return ceil(c->monomials * inverse);
}

double nalg_log_covering_by_weights(const nalg_function_class *c, double inverse)
{
    double walls = c->monomials * c->outputs * (cells_of(c, inverse) + 1);
    if (!isfinite(walls) || walls < c->weights || c->degree < 1) return INFINITY;
    return log_patterns(c, walls) * (1 + SLACK);
}

static double log_sum(double a, double b)
{
    double high = fmax(a, b), low = fmin(a, b);
    return high + log1p(exp(low - high));
}

/* Sum over k = 0..D of 2^k C(N, k) (c + 1)^k B_k with B_0 = 1 and B_k = d (2 d - 1)^(W - 1), one cell more than above for a generic grid. */
static double log_covering_by_faces(const nalg_function_class *c, double inverse)
{
    double coefficients = c->monomials * c->outputs, cells = floor(c->monomials * inverse) + 1, sum = 0, binomial = 0;
    if (!isfinite(coefficients) || !(c->dimension >= 1) || c->degree < 1 || c->dimension > FACES_LIMIT) return INFINITY;
    double components = log(c->degree) + (c->weights - 1) * log(2 * c->degree - 1);
    for (double k = 1; k <= c->dimension && k <= coefficients; k++) {
        binomial += log((coefficients - k + 1) / k);
        sum = log_sum(sum, k * log(2 * (cells + 1)) + binomial + components);
    }
    return sum * (1 + SLACK);
}

double nalg_log_covering_number(const nalg_function_class *c, double inverse, nalg_cover_bound *which)
{
    double bound[] = {c->monomials * c->outputs * log(cells_of(c, inverse)), nalg_log_covering_by_weights(c, inverse), log_covering_by_faces(c, inverse)};
    int best = 0;
    for (int i = 1; i < 3; i++)
        if (bound[i] < bound[best]) best = i;
    bool known = isfinite(bound[best]);
    if (which) *which = known ? (nalg_cover_bound)best : NALG_COVER_NONE;
    return known ? bound[best] : INFINITY;
}

static double gap(double (*log_number)(const nalg_function_class *c, double inverse), const nalg_function_class *c, double n, double delta)
{
    double best = INFINITY;
    for (int k = 1; k <= RADII; k++) {
        double radius = ldexp(1, -k), value = 2 * radius + sqrt((log_number(c, ldexp(1, k)) + log(2 / delta)) / (2 * n));
        best = value < best ? value : best;
    }
    return best;
}

static double least(const nalg_function_class *c, double inverse)
{
    return nalg_log_covering_number(c, inverse, NULL);
}

double nalg_generalisation_gap(const nalg_function_class *c, double n, double delta)
{
    return gap(least, c, n, delta);
}

double nalg_generalisation_gap_by_weights(const nalg_function_class *c, double n, double delta)
{
    return gap(nalg_log_covering_by_weights, c, n, delta);
}
