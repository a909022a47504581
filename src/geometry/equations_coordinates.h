/* Coordinates on the space of a polynomial model's functions: the coefficients of the monomials of each
 * output.
 *
 * The coefficients of f_w are found from the values of f_w on the principal lattice {a : |a| <= d}, where
 * interpolation of degree d is a triangular change of basis (Newton's forward differences along each input,
 * then binomials into powers): no expansion into monomials, no matrix to invert.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EQUATIONS_COORDINATES_H
#define NALG_GEOMETRY_EQUATIONS_COORDINATES_H

#include "core/point.h"
#include "core/text.h"
#include "model/model.h"

typedef struct {
    const nalg_model *model;
    nalg_graph graph;
    int output;
    size_t inputs, outputs;
    unsigned degree;
    bool homogeneous;   /* every monomial has this degree: the last input is set to 1 */
    size_t variables;   /* inputs, or one less */
    size_t nodes;       /* of the lattice; node a is also the monomial x^a */
    uint16_t *exponent; /* nodes x variables */
    int32_t *next;      /* nodes x variables: the node a + e_i, or -1 */
    size_t *present; /* coordinates that do not vanish identically, as output * nodes + node, in the order of
                        their names */
    size_t present_count;
    size_t *independent; /* positions in `present` of a basis of linear forms: the coordinates c0, c1, ... */
    size_t count;
    size_t *dependent; /* the others: d0, d1, ... */
    size_t dependent_count;
    fmpq *relation; /* dependent_count x count: d = sum of relation * c */
} nalg_coordinates;

/* Out: *out, to be cleared also after a failure.  Returns: NALG_OK; NALG_E_UNSUPPORTED for a rational model;
 * NALG_E_LIMIT when there are too many monomials; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_coordinates_find(nalg_ctx *ctx, nalg_coordinates *out,
                                                 const nalg_model *model);
void nalg_coordinates_clear(nalg_coordinates *c);

/* c0, c1, ... at the `points` random weight vectors of the point's stream from number `first` on: points x
 * count residues modulo point->prime, which must exceed the degree. */
NALG_NODISCARD nalg_status nalg_coordinates_sample(nalg_ctx *ctx, uint64_t *values, const nalg_coordinates *c,
                                                   const nalg_point *point, size_t first, size_t points);

/* The coordinates and their derivatives at the first weight vector: count, and parameters x count, residues.
 */
NALG_NODISCARD nalg_status nalg_coordinates_tangent(nalg_ctx *ctx, uint64_t *value, uint64_t *derivative,
                                                    const nalg_coordinates *c, const nalg_point *point);

/* Exponent of input i in the monomial of a coordinate given as output * nodes + node. */
unsigned nalg_coordinates_exponent(const nalg_coordinates *c, size_t coordinate, size_t input);
/* Position in `present` of the coordinate of an output and a monomial (inputs exponents); SIZE_MAX when it
 * vanishes identically. */
size_t nalg_coordinates_lookup(const nalg_coordinates *c, size_t output, const uint16_t *exponent);
/* Such as x1^2*x3, or 1. */
void nalg_coordinates_monomial(const nalg_coordinates *c, size_t coordinate, nalg_text *out);

#endif
