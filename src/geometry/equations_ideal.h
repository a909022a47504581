/* Hilbert function and minimal equations of a model's closure, degree by degree.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_IDEAL_H
#define NALG_GEOMETRY_EQUATIONS_IDEAL_H

#include "core/flint.h"
#include "geometry/equations_grading.h"
#include "geometry/equations_monomials.h"

#define NALG_EQUATIONS_DEGREE_LIMIT 40

/* Primitive integer coefficients, the first positive; monomials in lexicographic order. */
typedef struct {
    unsigned degree;
    size_t terms;
    uint16_t *factor; /* terms x degree */
    fmpz *coefficient;
    uint64_t weight;
} nalg_equation;

/* What was found in one degree. */
typedef struct {
    size_t hilbert, forms, generators, blocks, largest;
    bool proved_lower; /* a matrix of all monomials had this rank modulo a prime */
} nalg_degree_data;

/* Random points of the closure modulo one prime. */
typedef struct {
    nalg_point point;
    size_t points;
    uint64_t *value; /* points x variables */
    double *column;  /* variables x points, only modulo a fast prime; points is then a multiple of NALG_POINT_TILE */
} nalg_point_set;

#define NALG_POINT_TILE 16

#define NALG_LIFT_PRIMES 64

typedef struct {
    nalg_ctx *ctx;
    const nalg_coordinates *coordinates;
    const nalg_closure_grading *grading;
    size_t variables; /* coordinates, and one more that is 1 when the closure is no cone */
    uint64_t *weight; /* of the variables */
    nalg_equation *equation;
    size_t count, capacity;
    nalg_degree_data degree[NALG_EQUATIONS_DEGREE_LIMIT + 1];
    unsigned degrees; /* entries 1 .. degrees are filled */
    nalg_monomials standard; /* of that degree: those that are no combination of earlier ones on X, and perhaps some others */
    nalg_point_set fast, word[NALG_LIFT_PRIMES];
    size_t primes_used; /* most primes an equation was lifted from */
} nalg_ideal;

NALG_NODISCARD nalg_status nalg_ideal_init(nalg_ctx *ctx, nalg_ideal *out, const nalg_coordinates *c, const nalg_closure_grading *g);
void nalg_ideal_clear(nalg_ideal *ideal);

/* The next degree. equations: find new equations over the rationals; otherwise only count. most_work > 0: do nothing (*done stays false) when
 * the cubes of the blocks' sizes add up to more.  Returns: NALG_OK; NALG_E_LIMIT when the matrices are too large; NALG_E_MEMORY,
 * NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_ideal_next(nalg_ideal *ideal, bool equations, double most_work, bool *done);

/* Such as 4*c0*c4 - c1*c3; the variable after the last coordinate is 1. */
void nalg_equation_print(const nalg_equation *e, size_t coordinates, nalg_text *out);

/* How the equations were checked again. */
typedef struct {
    size_t primes;          /* one fresh random point for each */
    bool independent;       /* enough primes for the height: no equation can vanish modulo all of them by accident */
    double epsilon;         /* bound on the chance that one of the equations does not hold */
    uint64_t first_prime, first_value; /* value of c0 at the first point, which ties the document to its seed */
    uint32_t first_trial;
} nalg_equations_check;

/* Returns: NALG_OK; NALG_E_INTERNAL when an equation fails; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_equations_recheck(nalg_equations_check *out, nalg_ideal *ideal);

/* Largest total degree of an output in weights and inputs. */
uint64_t nalg_equations_weight_degree(const nalg_coordinates *c);

#endif
