/* The state of a monodromy search.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_MONODROMY_INTERNAL_H
#define NALG_TRACK_MONODROMY_INTERNAL_H

#include <stdio.h>
#include "track/monodromy.h"
#include "track/solution_store.h"

enum { NALG_VERTICES = 2 };
/* In an edge's map: not tracked yet; lost; put off; in the batch. Smaller entries are solutions. */
#define NALG_UNTRACKED SIZE_MAX
#define NALG_LOST_PATH (SIZE_MAX - 1)
#define NALG_PUT_OFF (SIZE_MAX - 2)
#define NALG_UNDERWAY (SIZE_MAX - 3)

typedef struct {
    double complex turn[NALG_VERTICES]; /* of the arc that starts at vertex v */
    double complex *via;                /* a corner on the way, q numbers; NULL: none */
    size_t *map[NALG_VERTICES]; /* map[v][i]: where solution i over vertex v arrives at the other end */
    size_t capacity[NALG_VERTICES], length[NALG_VERTICES];
    size_t cursor[NALG_VERTICES]; /* solutions below are tracked */
} nalg_monodromy_edge;

/* Most paths of one batch: enough that the emptying of lanes at its end costs below a percent. */
#define NALG_MONODROMY_BATCH 2048

/* A path: solution `index` over `vertex` along `edge`. */
typedef struct {
    size_t edge, vertex, index;
} nalg_monodromy_task;

/* One batch of paths with everything known about it. Paths are added while others are tracked. */
typedef struct {
    nalg_monodromy_task task[NALG_MONODROMY_BATCH];
    size_t count;
    size_t round_end; /* paths before are of this round or earlier ones */
    uint32_t which[NALG_MONODROMY_BATCH], step_limit[NALG_MONODROMY_BATCH];
    nalg_monodromy_task conflict[2 * NALG_MONODROMY_BATCH];
    size_t conflicts;
    nalg_path_result result[NALG_MONODROMY_BATCH];
    double complex *z, *fingerprint;
} nalg_monodromy_batch;

/* Where a solution was found from: solution `index` over the other vertex, along `edge`; no edge: a start, or
 * read from a record. */
typedef struct {
    size_t edge, index;
} nalg_monodromy_origin;
#define NALG_NO_EDGE SIZE_MAX

typedef struct {
    nalg_ctx *ctx;
    const nalg_monodromy_problem *problem;
    const nalg_monodromy_options *options;
    size_t n, q, m;
    double complex *p[NALG_VERTICES];
    nalg_solution_store store[NALG_VERTICES];
    nalg_monodromy_edge *edge;
    size_t edges, edge_capacity;
    nalg_monodromy_result *result;
    size_t quiet_edges;
    size_t closed_count; /* solutions over A when all edges had last been explored */
    size_t round_capacity;
    size_t trace_count; /* solutions the last trace test was made with */
    bool trace_passed;
    size_t side; /* vertex whose paths are tracked now */
    bool stop;
    nalg_monodromy_reason reason; /* of the stop */
    bool thorough; /* long paths are tracked to their ends */
    double started;
    nalg_monodromy_origin *origin[NALG_VERTICES];
    size_t origins[NALG_VERTICES], origin_capacity[NALG_VERTICES];
    size_t returned_capacity;
    FILE *checkpoint;
} nalg_monodromy_search;

/* Add the next edge: number 0 is straight, the others are random arcs. */
NALG_NODISCARD nalg_status nalg_monodromy_add_edge(nalg_monodromy_search *s);
/* Solution i over vertex v arrives at j (or no solution: see above) along edge e, and back. False: no memory.
 */
bool nalg_monodromy_match(nalg_monodromy_search *s, size_t e, size_t v, size_t i, size_t j);

/* Take the match of solution i over v along edge e back. */
void nalg_monodromy_forget(nalg_monodromy_search *s, size_t e, size_t v, size_t i);
/* Fingerprints of `count` points over p. */
NALG_NODISCARD nalg_status nalg_monodromy_fingerprints(nalg_monodromy_search *s, double complex *out,
                                                       const double complex *z, size_t count,
                                                       const double complex *p);

/* Track the paths of a batch from b->z, in place. */
NALG_NODISCARD nalg_status nalg_monodromy_track(nalg_monodromy_search *s, nalg_monodromy_batch *b,
                                                bool careful);
/* Pairs of solutions over A with equal values of problem->function: the way one was found, followed back from
 * the other, ends at a point with the values of the start. Fills the result's `returned`. */
NALG_NODISCARD nalg_status nalg_monodromy_return(nalg_monodromy_search *s, nalg_monodromy_batch *b);

/* The checkpoint file. Open (and read, when resuming); append what happened. */
NALG_NODISCARD nalg_status nalg_monodromy_checkpoint_open(nalg_monodromy_search *s);
NALG_NODISCARD nalg_status nalg_monodromy_checkpoint_solution(nalg_monodromy_search *s, size_t vertex,
                                                              size_t index);
NALG_NODISCARD nalg_status nalg_monodromy_checkpoint_match(nalg_monodromy_search *s, size_t edge,
                                                           size_t vertex, size_t i, size_t j);
NALG_NODISCARD nalg_status nalg_monodromy_checkpoint_flush(nalg_monodromy_search *s);

#endif
