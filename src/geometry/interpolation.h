/* The interpolation system of a model: c_j . f_w(x_j) = y_j for j = 1..D at generic inputs x_j and functionals c_j, in D of the weights.
 *
 * The other weights, as many as the generic fiber has dimensions, are frozen: they are chosen so that the Jacobian in the free ones is
 * regular, and as early in the model as possible, where a symmetry moves them freely. The number of functions of the model that solve
 * the system is the degree of its neurovariety (METHODS 2).  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_INTERPOLATION_H
#define NALG_GEOMETRY_INTERPOLATION_H

#include "core/complex.h"
#include "model/model.h"
#include "track/system.h"

/* Inputs at which functions are compared. */
#define NALG_FINGERPRINT_SAMPLES 3

typedef struct {
    const nalg_model *model;
    size_t dimension, parameters, inputs, outputs;
    size_t *free_weight;             /* D indices into the weight vector, increasing */
    double complex *weights;         /* start point; the frozen ones stay */
    double complex *frozen;          /* weights with zeros at the free ones */
    double complex *x, *c;           /* D samples: entry i of sample s at i * D + s; real */
    double complex *check_x, *check_c; /* fingerprint samples */
    nalg_graph graph, check_graph;
    int output, check_output;
    nalg_system *system, *fingerprint;
    double complex *z, *p;           /* start solution (D) and its parameter: y, then the frozen weights if they move, then x */
    size_t p_count, p_fixed;         /* numbers in p; those before x */
    bool moving;
    size_t *frozen_weight;           /* parameters - dimension indices */
} nalg_interpolation;

/* The inputs are parameters of the system as well as y: loops that move them mix the solutions best, while loops of y alone
 * exchange few. moving: so are the frozen weights, after y (for fibers).
 * NALG_E_UNSUPPORTED for models whose functions cannot be tracked. */
NALG_NODISCARD nalg_status nalg_interpolation_create(nalg_ctx *ctx, nalg_interpolation *out, const nalg_model *model, size_t dimension,
                                                     bool moving);
/* The weight vector as a node of a graph whose parameter vector is the unknowns: slot 1 holds the frozen weights (or slot 0 after y, when
 * they move). */
int nalg_interpolation_weights(nalg_graph *g, const nalg_interpolation *s);
void nalg_interpolation_clear(nalg_interpolation *s);

/* The D weights that such a system solves for, increasing. */
NALG_NODISCARD nalg_status nalg_interpolation_free_weights(nalg_ctx *ctx, size_t *free_weight, const nalg_model *model, size_t dimension);

/* The exact dimension of a model, and whether it is proved, for commands that build on it. */
NALG_NODISCARD nalg_status nalg_dimension_of(nalg_ctx *ctx, size_t *dimension, bool *proved, const nalg_model *model);

#endif
