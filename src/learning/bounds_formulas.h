/* Inequalities of learning theory with all their constants, in doubles rounded to the safe side.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_BOUNDS_FORMULAS_H
#define NALG_LEARNING_BOUNDS_FORMULAS_H

#include <stdbool.h>

/* Functions with `weights` real parameters, polynomial of this degree in them. */
typedef struct {
    double weights, degree;
    double monomials, outputs; /* monomials in the inputs of each output; infinite when unknown */
    double dimension;          /* a proved upper bound for the dimension of the functions; 0: unknown */
} nalg_function_class;

/* Which bound for covering numbers is the least. */
typedef enum { NALG_COVER_CUBES, NALG_COVER_PATTERNS, NALG_COVER_FACES, NALG_COVER_NONE } nalg_cover_bound;

/* Largest d with 2^d <= (4 e degree d / weights)^weights: no more points can be shattered (Warren 1968). */
double nalg_pseudo_dimension_warren(const nalg_function_class *c);

/* Natural logarithm of the number of balls of radius 1 / inverse in the supremum norm on [-1,1]^n that cover the functions of the class
 * with coefficients in [-1, 1]; *which (may be NULL) tells the bound that is the least. Infinite when unknown. */
double nalg_log_covering_number(const nalg_function_class *c, double inverse, nalg_cover_bound *which);

/* The same by sign patterns alone, which count weights and know nothing of dimensions. */
double nalg_log_covering_by_weights(const nalg_function_class *c, double inverse);

/* With probability 1 - delta no function of the class has |risk - empirical risk| above this after n independent samples, for losses in
 * [0, 1] with Lipschitz constant 1: the least over radii 2^-k of 2 radius + sqrt((log N + log(2 / delta)) / (2 n)). */
double nalg_generalisation_gap(const nalg_function_class *c, double n, double delta);
double nalg_generalisation_gap_by_weights(const nalg_function_class *c, double n, double delta);

#endif
