/* Subnetworks: the smaller networks inside a model, as linear subspaces of its weights.
 *
 * A stratum is the model with its weights gathered from fewer free parameters: entry i of `map` is the free
 * parameter that weight i equals, or -1 for a weight that is zero; weights with the same entry are tied. One
 * representative is kept for each class under permutations of hidden units, channels and heads: what is
 * removed stands last.
 *
 * Strata with the same `set` realise the same functions, in different places of the space of weights (a dead
 * unit has no incoming weights, or no outgoing ones, or neither, or copies another unit). The first of a set
 * has the fewest parameters. Sources: Kohn, Marchetti, Shahverdi, Trager (inactive and redundant neurons;
 * zero-padded filters), Henry, Marchetti, Kohn (arXiv 2408.17221, attention). SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_STRATA_H
#define NALG_GEOMETRY_STRATA_H

#include "model/model.h"

/* Models with more weights are refused. */
#define NALG_STRATA_WEIGHTS_LIMIT 200000
#define NALG_STRATA_DEFAULT_DEPTH 2
#define NALG_STRATA_DEFAULT_LIMIT 100
#define NALG_STRATA_MOST 2000
/* Ranks of a last layer with more units are not looked at: linear maps of them would be too many directions.
 */
#define NALG_STRATA_MIXED_LIMIT 32

typedef struct nalg_limit_weight nalg_limit_weight;

typedef struct {
    char *name;
    const char *kind; /* subnetwork, incoming zero, outgoing zero, redundant, filter, head, query-key rank,
                         value rank, output rank, zero, product */
    int32_t *map;     /* one entry for each weight of the model */
    int32_t free_count;
    int32_t core_count; /* the first free parameters alone determine the function; the rest change nothing
                           (see `less`) */
    size_t set;         /* number of the function set */
    int32_t (*less)[2]; /* for the very same function as the first of the set: then weight less[k][0] is
                           diminished by weight less[k][1] */
    size_t less_count;
    size_t mixed; /* 0, or the units of the last layer: the function set is closed under all linear maps of
                     them, the map alone is not */
    const nalg_limit_weight *sum; /* instead of `map`, for limits (limits.h): every weight is a sum of
                                     multiples of free parameters; NULL for strata */
} nalg_stratum;

/* Units (channels, heads) that may be permuted without changing the function: unit u owns the weights
 * weight[u * length ..], in corresponding order. */
typedef struct {
    size_t units, length;
    int32_t *weight;
} nalg_exchangeable;

typedef struct {
    size_t parameters;  /* length of the maps */
    nalg_stratum *item; /* those of a set are consecutive */
    size_t count, capacity;
    size_t sets;
    char **set_name;
    size_t places;  /* of the network that can be reduced */
    bool truncated; /* there are more than the limit */
    nalg_exchangeable *exchangeable;
    size_t exchangeables, exchangeable_capacity;
    nalg_exchangeable mixing; /* the weights of the last layer by units; no units when no stratum is mixed */
} nalg_strata;

typedef struct {
    size_t depth; /* most places of the network that are reduced at once; 0: default */
    size_t limit; /* most function sets; 0: default */
} nalg_strata_options;

/* NALG_E_LIMIT for models with too many weights, NALG_E_ARGUMENT for options out of range, NALG_E_MEMORY.
 * *out unchanged on error. options NULL: defaults. The model must outlive the strata. */
NALG_NODISCARD nalg_status nalg_strata_find(nalg_ctx *ctx, nalg_strata *out, const nalg_model *model,
                                            const nalg_strata_options *options);
void nalg_strata_clear(nalg_strata *s);

/* The zero function, or the constants that biases of the last layer add: when that layer is linear in its
 * weights, the vertex of the cone of all functions. */
bool nalg_stratum_is_vertex(const nalg_stratum *s);

/* The weight vector as a node of a graph whose parameter vector is the free parameters: set g->substitute to
 * it and lower the model. */
int nalg_stratum_weights(nalg_graph *g, const nalg_strata *strata, const nalg_stratum *s);

/* ---- mixed strata (strata_mixing.c): the weights of the last layer are a matrix, units x slots ---- */

/* Slot k loses its last units: what is asked of these weights is that all slots with no larger bound have at
 * most this rank together. SIZE_MAX: nothing is asked in this way. */
size_t nalg_stratum_slot_rank(const nalg_strata *strata, const nalg_stratum *s, size_t k);
/* Marks the weights of these slots: the map says nothing about them. `yes` has one entry for each weight. */
void nalg_stratum_mark_mixed(const nalg_strata *strata, const nalg_stratum *s, bool *yes);

/* Do all weights of `inner` lie in `outer`? Ranks are compared at a random point: a yes about mixed strata is
 * probable. */
NALG_NODISCARD nalg_status nalg_stratum_inside(nalg_ctx *ctx, bool *inside, const nalg_strata *strata,
                                               const nalg_stratum *inner, const nalg_stratum *outer);

/* The directions of linear maps of the units of the last layer at weights w: row i * units + j of `out`
 * (samples long) moves unit i by unit j, a combination of the rows of d phi (parameters x samples), modulo p.
 */
void nalg_stratum_mixing_rows(uint64_t *out, const nalg_strata *strata, const uint64_t *w,
                              const uint64_t *jacobian, size_t samples, uint64_t p);

#endif
