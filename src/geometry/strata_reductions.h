/* How strata are put together: each place of a network that can shrink offers reductions, and a reduction can
 * be written in several ways. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_STRATA_REDUCTIONS_H
#define NALG_GEOMETRY_STRATA_REDUCTIONS_H

#include "core/text.h"
#include "geometry/strata.h"

/* What a weight is: zero, free without an effect on the function, or (>= 0) the value that weight number
 * `tag` has in the first realisation. */
#define NALG_TAG_ZERO (-1)
#define NALG_TAG_SILENT (-2)

#define NALG_KIND_CONSTANT "constant"

typedef struct {
    const char *kind;
    nalg_text name;
    int32_t *tag;
    int32_t (*less)[2];
    size_t less_count, less_capacity;
} nalg_realisation;

typedef struct {
    size_t site; /* reductions of one place are never combined */
    nalg_text name;
    nalg_realisation *item; /* the first has the fewest free weights and no silent or moved ones */
    size_t count, capacity;
    bool mixed; /* closed under linear maps of the units of the last layer */
} nalg_reduction;

typedef struct {
    const nalg_model *model;
    nalg_reduction *item;
    size_t count, capacity, sites, limit;
    nalg_exchangeable *exchangeable;
    size_t exchangeables, exchangeable_capacity;
    const nalg_layer
        *mixing; /* the last layer, when it can apply any linear map to the outputs of the model; else NULL */
    bool truncated, failed;
} nalg_reductions;

void nalg_reductions_clear(nalg_reductions *r);

/* A new reduction at the present site (r->sites), with its name; NULL when the limit is reached (truncated)
 * or memory is out (failed). */
nalg_reduction *nalg_reduction_new(nalg_reductions *r, const char *format, ...) NALG_PRINTF(2, 3);
/* A new realisation in which every weight is itself; NULL when memory is out. */
nalg_realisation *nalg_realisation_new(nalg_reductions *r, nalg_reduction *reduction, const char *kind,
                                       const char *format, ...) NALG_PRINTF(4, 5);
void nalg_realisation_less(nalg_reductions *r, nalg_realisation *w, size_t target, size_t source);

/* Room for `units` times `length` weights; NULL when memory is out. */
int32_t *nalg_reductions_exchangeable(nalg_reductions *r, size_t units, size_t length);

/* The places of a network: units, channels and features between two layers; filters; heads and ranks inside
 * attention. */
void nalg_reductions_units(nalg_reductions *r, const nalg_pipeline *p);
void nalg_reductions_filters(nalg_reductions *r, const nalg_pipeline *p);
void nalg_reductions_attention(nalg_reductions *r, const nalg_pipeline *p);
/* The last layer as a matrix whose rank drops. */
void nalg_reductions_outputs(nalg_reductions *r);
/* Sets r->mixing. */
void nalg_reductions_find_mixing(nalg_reductions *r);
/* Units left, left+1, ... of the last layer lose their weights, those of the first `slots` only. */
void nalg_realisation_cut_outputs(nalg_reductions *r, nalg_realisation *w, size_t left, size_t first,
                                  size_t slots);

/* Biases of a dense layer or a convolution: its last weights. */
size_t nalg_layer_biases(const nalg_layer *layer);

/* One more way to the functions without units before `last`: their incoming weights vanish, and all other
 * weights but the biases of `last` change nothing; those are zero too (bias_tag NALG_TAG_ZERO) or themselves.
 * Nothing is added where the activation does not vanish at 0. */
void nalg_reduction_add_silent_units(nalg_reductions *r, nalg_reduction *d, const nalg_layer *last,
                                     const char *kind, int32_t bias_tag);

/* Number of a layer with parameters among those of the model, from 1. */
size_t nalg_reductions_layer(const nalg_reductions *r, const nalg_layer *layer);

#endif
