/* Multiplicity of the neurovariety X at a function, by the interpolation homotopy (METHODS 4).
 *
 * The D values at generic points make X a finite cover of C^D of degree deg X. Move them from generic values, over which all deg X functions are known, to the
 * values of a function h: the number of functions that tend to h is the multiplicity of X there, as the D hyperplanes through h are generic for the
 * tangent cone. X is smooth at h exactly when it is 1.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_MULTIPLICITY_H
#define NALG_GEOMETRY_MULTIPLICITY_H

#include "geometry/interpolation.h"
#include "track/monodromy.h"

typedef struct {
    const nalg_model *model;
    nalg_interpolation system;
    nalg_monodromy_result found;
    bool complete;       /* all functions over the generic values are known */
    const char *how;     /* why it is complete, or why not; a static string */
    size_t limit;
} nalg_function_set;

/* All functions of the model through D generic points, at most `limit`: when there are more, or monodromy stops early, `complete` is false and `how` says why.
 * expected: their number when a theorem gives it, else 0. */
NALG_NODISCARD nalg_status nalg_function_set_find(nalg_ctx *ctx, nalg_function_set *out, const nalg_model *model, size_t dimension, size_t expected, size_t limit);
void nalg_function_set_clear(nalg_function_set *s);

typedef struct {
    bool known;
    size_t multiplicity;
    int winding;        /* largest winding number among the functions that arrive */
    double distance;    /* of the nearest arrival that is not counted, relative; INFINITY when there is none */
    double spread;      /* largest distance of a counted one */
    const char *why;    /* when not known */
} nalg_multiplicity;

/* At the function of `other` (a model with the same inputs and outputs, may be the model itself) with these weights. s->complete must hold. */
NALG_NODISCARD nalg_status nalg_multiplicity_at(nalg_ctx *ctx, nalg_multiplicity *out, const nalg_function_set *s, const nalg_model *other,
                                                const double complex *weights);

#endif
