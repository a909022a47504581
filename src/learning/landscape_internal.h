/* What the search of `landscape` hands to its answer.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_LANDSCAPE_INTERNAL_H
#define NALG_LEARNING_LANDSCAPE_INTERNAL_H

#include "geometry/limits.h"
#include "learning/balance.h"
#include "learning/real_points.h"
#include "neuroalg/landscape.h"

/* Values on the data up to which the certificates are for the data itself; for more the form, rounded to
 * doubles. */
#define NALG_LANDSCAPE_EXACT 300

/* The model, or a set of functions of subnetworks. */
typedef struct {
    size_t number;
    char *name;
    const nalg_limit *limit; /* NULL: weights of the model realise the functions */
    size_t dimension;
    size_t generic;                 /* critical points of the generic instance */
    nalg_completeness completeness; /* of them */
    size_t curve_degree;            /* of the trace test; 0: not done */
    double trace_residual;
    size_t regular, singular, infinite, lost; /* different functions at regular and singular ends; paths */
    size_t loose; /* singular ends that are not real: where they come to rest on a continuum says nothing */
    size_t certified;       /* proved to exist and to be different */
    size_t real_functions;  /* at regular ends */
    size_t found;           /* with real weights */
    size_t complex_weights; /* real functions for which none were found */
    size_t unsure;          /* found at regular ends, but their gradients are too large for the list */
    size_t critical;        /* entered in the list */
} nalg_part;

/* A critical point of the loss on a set of limits of networks, that no weights attain. */
typedef struct {
    double *weights; /* of the wider network that realises it */
    double *e;       /* basis values */
    double loss;     /* sum over the samples */
    size_t index;    /* of the Hessian along the limits */
    size_t part;
} nalg_limit_point;

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_landscape_options *options;
    nalg_balance balance; /* of the inputs: `form` and all weights are on balanced ones */
    nalg_data given;
    size_t dimension, data_dimension;
    bool dimension_proved, underdetermined, form_made, strata_truncated;
    size_t repeats, conflicts, strata_skipped;
    nalg_loss_form form;
    double *generic;
    size_t generic_count;
    nalg_chart chart;
    nalg_data_loss data;
    nalg_real_points points;
    nalg_limits limits;
    nalg_limit_point *limit_point;
    size_t limit_points, limit_point_capacity, limits_skipped;
    double reached; /* least loss of fits from random weights */
    nalg_part *part;
    size_t parts, part_capacity;
    /* Every regular end of the model: loss and unknowns of the chart. */
    double complex *complex_loss, *solution;
    size_t complex_losses;
    nalg_weights exact; /* the weights to place, as read; none: count 0 */
    double *trained;    /* and as doubles, on balanced inputs */
} nalg_landscape_search;

/* The next part. *out moves when another is made. */
NALG_NODISCARD nalg_status nalg_landscape_new_part(nalg_landscape_search *s, nalg_part **out,
                                                   const char *name);
/* All critical points on the functions of a chart, into the lists. */
NALG_NODISCARD nalg_status nalg_landscape_solve_chart(nalg_landscape_search *s, const nalg_chart *chart,
                                                      nalg_part *part);
NALG_NODISCARD nalg_status nalg_landscape_solve_limits(nalg_landscape_search *s);
/* The real function e at unknowns z of a limit's chart into the list, if no weights of the model realise it.
 */
NALG_NODISCARD nalg_status nalg_landscape_add_limit(nalg_landscape_search *s, nalg_part *part,
                                                    const nalg_loss_system *fixed, const double complex *z,
                                                    const double complex *e);
void nalg_landscape_clear_limits(nalg_landscape_search *s);
bool nalg_landscape_small_imaginary(const double complex *x, size_t n);
NALG_NODISCARD nalg_status nalg_landscape_keep_ends(nalg_landscape_search *s, const nalg_critical_set *set);
NALG_NODISCARD nalg_status nalg_landscape_answer(nalg_landscape_search *s, nalg_result **out, double started);

#endif
