/* Warren's theorem: m polynomials of degree at most D in W real variables, m >= W, have at most (4 e D m / W)^W sign patterns without zeros.
 *
 * Pseudo-dimension: d points with thresholds are shattered when the d polynomials f_w(x_i) - y_i have all 2^d patterns.
 * Covering: cut the box of N coefficients in cubes of side 2 s by N (1/s + 1) walls c_k = t. A cube met by the model away from the walls is
 * one sign pattern of the polynomials c_k(w) - t, and such points are dense among the model's, so the closed cubes met cover it; their
 * centres are within s of every coefficient, and within s * monomials of the function in the supremum norm on [-1,1]^n.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/bounds_formulas.h"
#include <math.h>

/* Relative slack for the rounding of a few operations. */
#define SLACK 1e-12
#define RADII 40

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

double nalg_log_covering_number(const nalg_function_class *c, double inverse, bool *by_sign_patterns)
{
    double coefficients = c->monomials * c->outputs, cells = ceil(c->monomials * inverse); /* cubes along each coefficient: 1 / s */
    double whole = coefficients * log(cells), walls = coefficients * (cells + 1);
    *by_sign_patterns = false;
    if (!isfinite(whole)) return INFINITY;
    if (walls < c->weights || c->degree < 1) return whole;
    double patterns = log_patterns(c, walls) * (1 + SLACK);
    *by_sign_patterns = patterns < whole;
    return patterns < whole ? patterns : whole;
}

double nalg_generalisation_gap(const nalg_function_class *c, double n, double delta)
{
    double best = INFINITY;
    bool unused;
    for (int k = 1; k <= RADII; k++) {
        double radius = ldexp(1, -k), gap = 2 * radius + sqrt((nalg_log_covering_number(c, ldexp(1, k), &unused) + log(2 / delta)) / (2 * n));
        best = gap < best ? gap : best;
    }
    return best;
}
