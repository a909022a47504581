/* A square parametrised system F(z; p) = 0 over C, compiled from a graph (graph/graph.h) for evaluation in SIMD lanes.
 *
 * The graph's parameter vector is the unknown z. Input slot 0 (unbatched) is the path parameter p, which moves along a path;
 * slots >= 1 are constants of the run. The equations are the entries of one output node: an unbatched node of size m, or a
 * batched node (entry i of sample s is equation i * batch + s, so a node of size 1 gives one equation per sample).
 * Sizes: n unknowns, m equations, q path parameters. A system with m != n can be evaluated (fingerprints) but not tracked.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_SYSTEM_H
#define NALG_TRACK_SYSTEM_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>
#include "core/context.h"
#include "graph/graph.h"

typedef struct nalg_system nalg_system;

typedef struct {
    const nalg_graph *graph;
    int output;
    size_t batch;            /* samples of batched nodes; ignored when none is batched */
    bool subtract_parameter; /* equation j is output j minus p_j; slot 0 then need not occur in the graph, and q = m */
    /* input[s] for slots s = 1 .. input_count - 1 (input[0] is not read), laid out as for nalg_evaluation_set_input. Numbers
     * whose imaginary part is exactly 0 are treated as real, which is cheaper. Copied. */
    const double complex *const *input;
    size_t input_count;
    /* NULL, or per slot: this input is no constant but moves along the path. Its entries, in the layout of input[s], are further
     * path parameters: first those of slot 0 (or the subtracted ones, if more), then those of the moving slots in order. input[s] may
     * then be NULL. */
    const bool *moving;
} nalg_system_source;

/* Compile. *out is owned by the caller and independent of the graph; unchanged on error.
 * NALG_E_ARGUMENT if a slot is missing, or a constant to be inverted is 0; NALG_E_LIMIT when the tape is too long; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_system_create(nalg_ctx *ctx, nalg_system **out, const nalg_system_source *source);
void nalg_system_free(nalg_system *system);

size_t nalg_system_unknowns(const nalg_system *system);   /* n */
size_t nalg_system_equations(const nalg_system *system);  /* m */
size_t nalg_system_parameters(const nalg_system *system); /* q */

/* Values F (m numbers) and, unless NULL, the Jacobian dF/dz (m x n, row-major) at `count` points: z is count x n, p has q numbers
 * for all points (NULL if q = 0); value count x m, jacobian count x m x n. One thread. */
NALG_NODISCARD nalg_status nalg_system_evaluate(nalg_ctx *ctx, double complex *value, double complex *jacobian,
                                                const nalg_system *system, const double complex *z, size_t count,
                                                const double complex *p);

#endif
