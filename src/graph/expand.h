/* A node of a graph as polynomials with rational coefficients in chosen variables: what a computer algebra system calls expansion.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GRAPH_EXPAND_H
#define NALG_GRAPH_EXPAND_H

#include "core/context.h"
#include "graph/graph.h"

typedef struct {
    const fmpq_mpoly_ctx_struct *ring;
    const fmpq_mpoly_struct *parameter;    /* one for each entry of the parameter vector */
    const fmpq_mpoly_struct *const *input; /* one array for each slot */
    size_t terms;                          /* made so far, over all calls */
    /* out = 1 / value, for example as a new variable with an equation of its own; NULL: an inverse of anything but a number is refused. */
    nalg_status (*invert)(nalg_ctx *ctx, void *user, fmpq_mpoly_struct *out, const fmpq_mpoly_struct *value);
    void *user;
} nalg_expansion;

/* NALG_E_LIMIT when degrees or sizes say beforehand that nothing can come of it. */
NALG_NODISCARD nalg_status nalg_expansion_check(nalg_ctx *ctx, const nalg_graph *g, int output);

/* Entries of `output` into `out` (initialised by the caller, as many as the node's size).
 * Returns NALG_E_LIMIT when there are too many terms or the degree is too high, NALG_E_UNSUPPORTED for an inverse that `invert` does not
 * take; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_graph_expand(nalg_ctx *ctx, fmpq_mpoly_struct *out, const nalg_graph *g, int output, nalg_expansion *e);

/* out = a b under the same limits on terms. */
NALG_NODISCARD nalg_status nalg_expansion_multiply(nalg_ctx *ctx, fmpq_mpoly_struct *out, const fmpq_mpoly_struct *a, const fmpq_mpoly_struct *b,
                                                   nalg_expansion *e);

/* Arrays of zero polynomials; NULL when memory is out. */
fmpq_mpoly_struct *nalg_expansion_array(size_t count, const fmpq_mpoly_ctx_struct *ring);
void nalg_expansion_array_free(fmpq_mpoly_struct *p, size_t count, const fmpq_mpoly_ctx_struct *ring);

#endif
