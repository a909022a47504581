/* What the parts of `singular` share: facts about the neurovariety X, and the verdict at one point of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_SINGULAR_H
#define NALG_GEOMETRY_SINGULAR_H

#include "core/json.h"
#include "geometry/ambient.h"
#include "geometry/multiplicity.h"
#include "geometry/strata_rank.h"
#include "neuroalg/singular.h"
#include "theory/determinantal.h"

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    size_t dimension;
    bool dimension_proved;
    nalg_ambient ambient;
    bool linear;              /* proved: X is its ambient space */
    bool cone;                /* X is closed under scaling: the last layer is linear in its weights */
    bool determinantal;
    nalg_determinantal matrices;
    bool degree_known, degree_proved;
    fmpz_t degree;
    bool functions_tried;
    nalg_function_set functions;
    const char *no_multiplicity; /* why the homotopy is not available; NULL when it is */
} nalg_space;

/* Everything but the functions over generic points. */
NALG_NODISCARD nalg_status nalg_space_find(nalg_ctx *ctx, nalg_space *out, const nalg_model *model);
/* The functions, once: up to `limit` of them. */
NALG_NODISCARD nalg_status nalg_space_functions(nalg_space *s, size_t limit);
void nalg_space_clear(nalg_space *s);

typedef struct {
    bool multiplicity_known;
    fmpz multiplicity;
    const char *multiplicity_evidence; /* proved, numerical, unknown */
    const char *multiplicity_source;   /* how it is known, or why not */
    nalg_truth singular;
    const char *evidence, *why;        /* of `singular` */
    const char *kind;                  /* smooth, node, cusp, determinantal, ramification only; NULL: not known */
} nalg_verdict;

/* What is known about the point before any tracking. */
typedef struct {
    size_t dimension;     /* of the closure of the stratum of the point (0 for a single function that is no stratum) */
    size_t jacobian_rank; /* largest over the places that realise it */
    size_t tangent;       /* span of tangent directions */
    bool stratum;         /* a generic point of a stratum: dense in X when the dimensions agree */
    bool zero;            /* the zero function */
    bool realised;        /* by weights with this rank; false for a point of the closure only */
} nalg_point_facts;

/* Decide with theorems and ranks, then with the homotopy to the function of `other` at `weights` (NULL: without). */
NALG_NODISCARD nalg_status nalg_verdict_find(nalg_space *s, nalg_verdict *out, const nalg_point_facts *facts, const nalg_model *other, const double complex *weights);
void nalg_verdict_clear(nalg_verdict *v);

json_t *nalg_truth_json(nalg_truth t);

#endif
