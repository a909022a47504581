/* A model as a graph of tensor operations, independent of any number system.
 *
 * Every node is a flat vector of `size` entries; a batched node holds one such vector per sample of the batch, an unbatched
 * one (made of parameters and constants only) is shared by all samples. Nine operations are enough for every layer and are
 * closed under differentiation: the derivative of a gather is a scatter, of a matrix product two matrix products.
 *
 * Builders return the number of the new node, or NALG_NO_NODE after an allocation failure or when an operand is
 * NALG_NO_NODE; so a whole layer can be built and checked once at its end.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GRAPH_GRAPH_H
#define NALG_GRAPH_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/flint.h"

#define NALG_NO_NODE (-1)

typedef enum {
    NALG_OP_INPUT,     /* slot `offset` of the evaluation's inputs */
    NALG_OP_PARAMETER, /* entries offset .. offset+size-1 of the parameter vector */
    NALG_OP_CONSTANT,  /* one rational in every entry */
    NALG_OP_ADD,       /* a + b entry by entry */
    NALG_OP_MULTIPLY,  /* a * b entry by entry; an operand of size 1 is spread over the other */
    NALG_OP_INVERSE,   /* 1 / a entry by entry */
    NALG_OP_PRODUCT,   /* matrix product (m x k) (k x n), row-major, operands optionally stored transposed */
    NALG_OP_GATHER,    /* out[i] = index[i] < 0 ? 0 : a[index[i]] */
    NALG_OP_SCATTER    /* out[index[i]] += a[i] for index[i] >= 0 */
} nalg_op;

typedef struct {
    nalg_op op;
    bool batched;
    bool transpose_a, transpose_b; /* PRODUCT: a is stored k x m, b is stored n x k */
    int a, b;                      /* operands */
    int index;                     /* GATHER, SCATTER: number of the index map; CONSTANT: number of the rational */
    size_t size;
    size_t offset;  /* INPUT: slot; PARAMETER: first entry */
    size_t m, k, n; /* PRODUCT */
} nalg_node;

typedef struct {
    int32_t *entry;
    size_t length;
} nalg_index_map;

typedef struct {
    nalg_node *node;
    size_t count, capacity;
    nalg_index_map *map;
    size_t map_count, map_capacity;
    fmpq *rational;
    size_t rational_count, rational_capacity;
    size_t parameters; /* length of the parameter vector */
    size_t slots;      /* input slots used */
    int substitute;    /* a node that stands for the whole parameter vector (NALG_NO_NODE: none); see nalg_graph_parameter */
    bool failed;       /* an allocation failed while building */
} nalg_graph;

void nalg_graph_init(nalg_graph *g);
void nalg_graph_clear(nalg_graph *g);

int nalg_graph_input(nalg_graph *g, size_t slot, size_t size, bool batched);
/* Entries offset .. offset+size-1 of the parameter vector; of the node g->substitute when that is set, so that a model can be lowered
 * with some of its weights frozen or computed. */
int nalg_graph_parameter(nalg_graph *g, size_t offset, size_t size);
int nalg_graph_constant(nalg_graph *g, const fmpq_t value, size_t size);
int nalg_graph_constant_si(nalg_graph *g, long value, size_t size);
int nalg_graph_add(nalg_graph *g, int a, int b);
int nalg_graph_subtract(nalg_graph *g, int a, int b);
int nalg_graph_multiply(nalg_graph *g, int a, int b);
int nalg_graph_scale(nalg_graph *g, int a, const fmpq_t factor);
int nalg_graph_negate(nalg_graph *g, int a);
int nalg_graph_inverse(nalg_graph *g, int a);
/* a^exponent entry by entry, exponent >= 1, by repeated squaring. */
int nalg_graph_power(nalg_graph *g, int a, uint64_t exponent);
/* (m x k)(k x n); transposed operands are stored the other way round. */
int nalg_graph_product(nalg_graph *g, int a, bool transpose_a, int b, bool transpose_b, size_t m, size_t k, size_t n);

/* Index maps: the graph takes ownership of `entry` (also on failure). Returns the map's number or NALG_NO_NODE. */
int nalg_graph_map(nalg_graph *g, int32_t *entry, size_t length);
/* A new zeroed map to fill in; NULL on failure. */
int32_t *nalg_graph_map_new(nalg_graph *g, size_t length, int *map);
int nalg_graph_gather(nalg_graph *g, int a, int map);
int nalg_graph_scatter(nalg_graph *g, int a, int map, size_t size);
/* size copies of the entries of a, laid out so that copy j of entry i is at i * copies + j. */
int nalg_graph_repeat(nalg_graph *g, int a, size_t copies);

/* Reverse mode. adjoint[i], for the nodes i < old count, becomes the node of d<cotangent, output>/d node i, or NALG_NO_NODE
 * where it vanishes identically or no source depends on it. `source[i]` marks the nodes whose adjoint is wanted. One adjoint
 * per sample: nothing is summed over the batch. False after an allocation failure.
 * Cost: at most three times the nodes of the value (Griewank-Walther, Evaluating Derivatives, 2nd ed., ch. 3). */
bool nalg_graph_adjoint(nalg_graph *g, int output, int cotangent, const bool *source, int *adjoint);

/* Forward mode. tangent[i] on entry: the tangent node of source i, or NALG_NO_NODE; on return also of every node that
 * depends on a source. Entries for all nodes that exist at the call. False after an allocation failure. */
bool nalg_graph_tangent(nalg_graph *g, size_t count, int *tangent);

/* The nodes 0 .. output of `from` appended to `to` with the batch written out: a batched node of size s becomes an unbatched one of size
 * s * batch, entry i of sample k at i * batch + k, so that later nodes can mix samples; batched inputs become unbatched inputs of the
 * same slots. Returns the image of `output`. */
int nalg_graph_unbatch(nalg_graph *to, const nalg_graph *from, int output, size_t batch);

/* Total degree of each node as a polynomial (or of numerator and denominator as a rational function) in the inputs and, each
 * counted with parameter_degree (0 or 1), the parameters; saturates at UINT64_MAX. */
void nalg_graph_degree(const nalg_graph *g, uint64_t parameter_degree, uint64_t *numerator, uint64_t *denominator);

#endif
