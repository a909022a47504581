/* What the search of `landscape` hands to its answer.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_LANDSCAPE_INTERNAL_H
#define NALG_LEARNING_LANDSCAPE_INTERNAL_H

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
    double reached; /* least loss of fits, where the infimum may not be attained; else infinite */
    nalg_part *part;
    size_t parts, part_capacity;
    /* Every regular end of the model: loss and unknowns of the chart. */
    double complex *complex_loss, *solution;
    size_t complex_losses;
    nalg_weights exact; /* the weights to place, as read; none: count 0 */
    double *trained;    /* and as doubles, on balanced inputs */
} nalg_landscape_search;

NALG_NODISCARD nalg_status nalg_landscape_keep_ends(nalg_landscape_search *s, const nalg_critical_set *set);
NALG_NODISCARD nalg_status nalg_landscape_answer(nalg_landscape_search *s, nalg_result **out, double started);

#endif
