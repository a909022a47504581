/* Subnetworks: the smaller networks inside a model, as linear subspaces of its weights.
 *
 * A stratum is the model with its weights gathered from fewer free parameters: entry i of `map` is the free parameter that weight i
 * equals, or -1 for a weight that is zero; weights with the same entry are tied. One representative is kept for each class under permutations of
 * hidden units, channels and heads: what is removed stands last.
 *
 * Strata with the same `set` realise the same functions, in different places of the space of weights (a dead unit has no incoming weights, or
 * no outgoing ones, or neither, or copies another unit). The first of a set has the fewest parameters. Sources: Kohn, Marchetti, Shahverdi,
 * Trager (inactive and redundant neurons; zero-padded filters), Henry, Marchetti, Kohn (arXiv 2408.17221, attention).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_STRATA_H
#define NALG_GEOMETRY_STRATA_H

#include "model/model.h"

/* Models with more weights are refused. */
#define NALG_STRATA_WEIGHTS_LIMIT 200000
#define NALG_STRATA_DEFAULT_DEPTH 2
#define NALG_STRATA_DEFAULT_LIMIT 100
#define NALG_STRATA_MOST 2000

typedef struct {
    char *name;
    const char *kind;        /* subnetwork, incoming zero, outgoing zero, redundant, filter, head, query-key rank, value rank, output rank, zero, product */
    int32_t *map;            /* one entry for each weight of the model */
    int32_t free_count;
    int32_t core_count;      /* the first free parameters alone determine the function; the rest change nothing (see `less`) */
    size_t set;              /* number of the function set */
    int32_t (*less)[2];      /* for the very same function as the first of the set: then weight less[k][0] is diminished by weight less[k][1] */
    size_t less_count;
    const nalg_layer *mixed; /* NULL, or the last layer: the function set is closed under all linear maps of its outputs, the map alone is not */
} nalg_stratum;

/* Units (channels, heads) that may be permuted without changing the function: unit u owns the weights weight[u * length ..], in corresponding order. */
typedef struct {
    size_t units, length;
    int32_t *weight;
} nalg_exchangeable;

typedef struct {
    size_t parameters; /* length of the maps */
    nalg_stratum *item; /* those of a set are consecutive */
    size_t count, capacity;
    size_t sets;
    char **set_name;
    bool truncated;     /* there are more than the limit */
    nalg_exchangeable *exchangeable;
    size_t exchangeables, exchangeable_capacity;
} nalg_strata;

typedef struct {
    size_t depth; /* most places of the network that are reduced at once; 0: default */
    size_t limit; /* most function sets; 0: default */
} nalg_strata_options;

/* NALG_E_LIMIT for models with too many weights, NALG_E_ARGUMENT for options out of range, NALG_E_MEMORY. *out unchanged on error. options NULL:
 * defaults. The model must outlive the strata. */
NALG_NODISCARD nalg_status nalg_strata_find(nalg_ctx *ctx, nalg_strata *out, const nalg_model *model, const nalg_strata_options *options);
void nalg_strata_clear(nalg_strata *s);

/* The weight vector as a node of a graph whose parameter vector is the free parameters: set g->substitute to it and lower the model. */
int nalg_stratum_weights(nalg_graph *g, const nalg_strata *strata, const nalg_stratum *s);

/* Do all weights of `inner` lie in the subspace of `outer`? */
bool nalg_stratum_inside(const nalg_strata *strata, const nalg_stratum *inner, const nalg_stratum *outer);

#endif
