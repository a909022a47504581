/* What the parts of `singular` share: facts about the neurovariety X, and the verdict at one point of it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_SINGULAR_H
#define NALG_GEOMETRY_SINGULAR_H

#include "core/json.h"
#include "geometry/ambient.h"
#include "geometry/multiplicity.h"
#include "geometry/strata_nearest.h"
#include "geometry/strata_rank.h"
#include "model/weights.h"
#include "neuroalg/singular.h"
#include "theory/determinantal.h"

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    size_t dimension;
    bool dimension_proved;
    nalg_ambient ambient;
    bool linear; /* X is its ambient space */
    bool linear_proved;
    bool cone; /* X is closed under scaling: the last layer is linear in its weights */
    bool determinantal;
    nalg_determinantal matrices;
    bool degree_known, degree_proved;
    fmpz_t degree;
    bool functions_tried;
    nalg_function_set functions;
    const char *no_multiplicity; /* why the homotopy is not available; NULL when it is */
    char over_limit[120];        /* that text, when it has numbers in it */
} nalg_space;

/* Everything but the functions over generic points. */
NALG_NODISCARD nalg_status nalg_space_find(nalg_ctx *ctx, nalg_space *out, const nalg_model *model);
/* The functions, once: up to `limit` of them (0: 50 to 500, the fewer the more unknowns, and none for very
 * many). *s must stay where it is afterwards. */
NALG_NODISCARD nalg_status nalg_space_functions(nalg_space *s, size_t limit);
void nalg_space_clear(nalg_space *s);

typedef struct {
    bool multiplicity_known;
    fmpz multiplicity;
    const char *multiplicity_evidence; /* proved, numerical, unknown */
    const char *multiplicity_source;   /* how it is known, or why not */
    nalg_truth singular;
    const char *evidence, *why; /* of `singular` */
    const char *kind; /* smooth, node, cusp, determinantal, vertex, ramification only; NULL: not known */
} nalg_verdict;

/* What is known about the point before any tracking. */
typedef struct {
    size_t dimension;     /* of the closure of the stratum of the point (0 for a single function that is no
                             stratum) */
    size_t jacobian_rank; /* largest over the places that realise it */
    size_t tangent;       /* span of tangent directions */
    bool stratum;         /* a generic point of a stratum: dense in X when the dimensions agree */
    bool vertex;          /* the zero function, or constants that a free bias adds */
    bool realised;        /* by weights with this rank; false for a point of the closure only */
    bool matrix_known;    /* determinantal models: the exact rank of the function's matrix */
    size_t matrix_rank;
    bool on_singular; /* it lies on a stratum that is singular, known as well as this says: the singular locus
                         is closed */
    const char *on_singular_evidence;
} nalg_point_facts;

/* Weights of a generic point: free parameters of absolute values between 0.5 and 1.5. */
void nalg_singular_generic_point(double complex *w, const nalg_strata *strata, const nalg_stratum *t,
                                 uint64_t seed);

/* Decide with theorems and ranks, then with the homotopy to the function of `other` at `weights` (NULL:
 * without). */
NALG_NODISCARD nalg_status nalg_verdict_find(nalg_space *s, nalg_verdict *out, const nalg_point_facts *facts,
                                             const nalg_model *other, const double complex *weights);
/* What is known of other points decides: nothing changes when it was known before. */
void nalg_verdict_settle(const nalg_space *s, nalg_verdict *v, nalg_truth singular, const char *evidence,
                         const char *why, size_t jacobian_rank);
/* The multiplicity, and the verdict that rests on it, are not known after all. */
void nalg_verdict_forget_multiplicity(nalg_verdict *v, const char *why);
void nalg_verdict_clear(nalg_verdict *v);

json_t *nalg_truth_json(nalg_truth t);

/* ---- one trained network (singular_weights.c) ---- */

typedef struct {
    nalg_weights weights;
    size_t jacobian_rank;
    nalg_truth critical;
    const char *critical_evidence;
    nalg_strata_nearest nearest;
    nalg_verdict verdict;
    bool judged;
    size_t coinciding; /* functions that the homotopy could not tell from this one, when nothing exact says
                          that they are the same; else 0 */
} nalg_singular_network;

/* Everything about the network at these weights. `set_verdict`: for each set of the strata. */
NALG_NODISCARD nalg_status nalg_singular_network_find(nalg_space *s, nalg_singular_network *out,
                                                      const nalg_strata *strata,
                                                      const nalg_verdict *set_verdict,
                                                      const nalg_singular_options *options);
void nalg_singular_network_clear(nalg_singular_network *n);
/* Add its keys to an answer; non-zero when memory is out. */
int nalg_singular_network_describe(json_t *answer, const nalg_singular_network *n, const nalg_space *s,
                                   const nalg_strata *strata, const nalg_verdict *set_verdict,
                                   const size_t *set_dimension);

#endif
