/* Derivatives as graph transformations: reverse mode (adjoints) and forward mode (tangents).
 * Each rule is the transpose, or the linearisation, of one operation of graph.h, so every number system gets them for free.
 * Source: Griewank-Walther, Evaluating Derivatives (2008), chapters 3 and 4.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "graph/graph.h"

/* Which of the first `count` nodes depend on a source. */
static void mark_dependent(const nalg_graph *g, size_t count, const bool *source, bool *dependent)
{
    for (size_t i = 0; i < count; i++) {
        const nalg_node *v = &g->node[i];
        dependent[i] = source[i] || (v->a >= 0 && dependent[v->a]) || (v->b >= 0 && dependent[v->b]);
    }
}

/* Sum of all entries of a node, as a node of size 1: adjoint of spreading a scalar. */
static int total(nalg_graph *g, int a)
{
    if (a < 0 || g->node[a].size == 1) return a;
    int map;
    if (!nalg_graph_map_new(g, g->node[a].size, &map)) return NALG_NO_NODE;
    return nalg_graph_scatter(g, a, map, 1);
}

static void accumulate(nalg_graph *g, int *adjoint, const bool *dependent, int target, int term)
{
    if (!dependent[target] || term < 0) return;
    if (g->node[target].size == 1) term = total(g, term);
    adjoint[target] = adjoint[target] < 0 ? term : nalg_graph_add(g, adjoint[target], term);
}

/* C = op(A) op(B): dA = dC op(B)^T and dB = op(A)^T dC, stored transposed where the operand is. */
static void product_adjoint(nalg_graph *g, nalg_node v, int seed, int *adjoint, const bool *dependent)
{
    if (dependent[v.a]) {
        int term = v.transpose_a ? nalg_graph_product(g, v.b, v.transpose_b, seed, true, v.k, v.n, v.m)
                                 : nalg_graph_product(g, seed, false, v.b, !v.transpose_b, v.m, v.n, v.k);
        accumulate(g, adjoint, dependent, v.a, term);
    }
    if (dependent[v.b]) {
        int term = v.transpose_b ? nalg_graph_product(g, seed, true, v.a, v.transpose_a, v.n, v.m, v.k)
                                 : nalg_graph_product(g, v.a, !v.transpose_a, seed, false, v.k, v.m, v.n);
        accumulate(g, adjoint, dependent, v.b, term);
    }
}

static void node_adjoint(nalg_graph *g, int i, int seed, int *adjoint, const bool *dependent)
{
    nalg_node v = g->node[i]; /* a copy: building may move the array */
    switch (v.op) {
    case NALG_OP_INPUT:
    case NALG_OP_PARAMETER:
    case NALG_OP_CONSTANT:
        break;
    case NALG_OP_ADD:
        accumulate(g, adjoint, dependent, v.a, seed);
        accumulate(g, adjoint, dependent, v.b, seed);
        break;
    case NALG_OP_MULTIPLY:
        if (dependent[v.a]) accumulate(g, adjoint, dependent, v.a, nalg_graph_multiply(g, seed, v.b));
        if (dependent[v.b]) accumulate(g, adjoint, dependent, v.b, nalg_graph_multiply(g, seed, v.a));
        break;
    case NALG_OP_INVERSE:
        if (dependent[v.a])
            accumulate(g, adjoint, dependent, v.a,
                       nalg_graph_negate(g, nalg_graph_multiply(g, seed, nalg_graph_multiply(g, i, i))));
        break;
    case NALG_OP_PRODUCT:
        product_adjoint(g, v, seed, adjoint, dependent);
        break;
    case NALG_OP_GATHER:
        if (dependent[v.a]) accumulate(g, adjoint, dependent, v.a, nalg_graph_scatter(g, seed, v.index, g->node[v.a].size));
        break;
    case NALG_OP_SCATTER:
        if (dependent[v.a]) accumulate(g, adjoint, dependent, v.a, nalg_graph_gather(g, seed, v.index));
        break;
    }
}

bool nalg_graph_adjoint(nalg_graph *g, int output, int cotangent, const bool *source, int *adjoint)
{
    size_t count = g->count;
    bool *dependent = nalg_array_zero(count, sizeof *dependent);
    if (!dependent || output < 0 || cotangent < 0) {
        free(dependent);
        g->failed = true;
        return false;
    }
    mark_dependent(g, count, source, dependent);
    for (size_t i = 0; i < count; i++) adjoint[i] = NALG_NO_NODE;
    adjoint[output] = cotangent;
    for (int i = output; i >= 0; i--)
        if (dependent[i] && adjoint[i] >= 0) node_adjoint(g, i, adjoint[i], adjoint, dependent);
    free(dependent);
    return !g->failed;
}

/* da * b + a * db where either tangent may vanish. */
static int bilinear(nalg_graph *g, int left, int right)
{
    if (left < 0) return right;
    return right < 0 ? left : nalg_graph_add(g, left, right);
}

static int node_tangent(nalg_graph *g, int i, const int *tangent)
{
    nalg_node v = g->node[i];
    int da = v.a >= 0 ? tangent[v.a] : NALG_NO_NODE, db = v.b >= 0 ? tangent[v.b] : NALG_NO_NODE;
    if (da < 0 && db < 0) return NALG_NO_NODE;
    switch (v.op) {
    case NALG_OP_INPUT:
    case NALG_OP_PARAMETER:
    case NALG_OP_CONSTANT:
        return NALG_NO_NODE;
    case NALG_OP_ADD:
        if (da < 0 || db < 0) { /* a scalar that is spread has a tangent that is spread */
            int only = da < 0 ? db : da;
            return g->node[only].size == v.size ? only : nalg_graph_repeat(g, only, v.size);
        }
        return nalg_graph_add(g, da, db);
    case NALG_OP_MULTIPLY:
        if (v.a == v.b) return nalg_graph_multiply(g, nalg_graph_constant_si(g, 2, 1), nalg_graph_multiply(g, v.a, da));
        return bilinear(g, da < 0 ? da : nalg_graph_multiply(g, da, v.b), db < 0 ? db : nalg_graph_multiply(g, v.a, db));
    case NALG_OP_INVERSE:
        return nalg_graph_negate(g, nalg_graph_multiply(g, da, nalg_graph_multiply(g, i, i)));
    case NALG_OP_PRODUCT:
        return bilinear(g,
                        da < 0 ? da : nalg_graph_product(g, da, v.transpose_a, v.b, v.transpose_b, v.m, v.k, v.n),
                        db < 0 ? db : nalg_graph_product(g, v.a, v.transpose_a, db, v.transpose_b, v.m, v.k, v.n));
    case NALG_OP_GATHER:
        return nalg_graph_gather(g, da, v.index);
    case NALG_OP_SCATTER:
        return nalg_graph_scatter(g, da, v.index, v.size);
    }
    return NALG_NO_NODE;
}

bool nalg_graph_tangent(nalg_graph *g, size_t count, int *tangent)
{
    for (size_t i = 0; i < count; i++)
        if (tangent[i] < 0) tangent[i] = node_tangent(g, (int)i, tangent);
    return !g->failed;
}

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* Degree of a sum of `terms` fractions of numerator and denominator degrees at most (n, d): over the common denominator. */
static void degree_of_sum(uint64_t n, uint64_t d, size_t terms, uint64_t *numerator, uint64_t *denominator)
{
    *numerator = n;
    *denominator = d;
    if (d == 0) return;
    uint64_t all = __builtin_mul_overflow(d, (uint64_t)terms, &all) ? UINT64_MAX : all;
    *denominator = all;
    *numerator = saturating_add(n, all - d);
}

void nalg_graph_degree(const nalg_graph *g, uint64_t parameter_degree, uint64_t *numerator, uint64_t *denominator)
{
    for (size_t i = 0; i < g->count; i++) {
        const nalg_node *v = &g->node[i];
        uint64_t na = v->a >= 0 ? numerator[v->a] : 0, da = v->a >= 0 ? denominator[v->a] : 0;
        uint64_t nb = v->b >= 0 ? numerator[v->b] : 0, db = v->b >= 0 ? denominator[v->b] : 0;
        numerator[i] = denominator[i] = 0;
        switch (v->op) {
        case NALG_OP_INPUT:
            numerator[i] = 1;
            break;
        case NALG_OP_PARAMETER:
            numerator[i] = parameter_degree;
            break;
        case NALG_OP_CONSTANT:
            break;
        case NALG_OP_ADD:
            denominator[i] = saturating_add(da, db);
            numerator[i] = larger(saturating_add(na, db), saturating_add(nb, da));
            break;
        case NALG_OP_MULTIPLY:
            numerator[i] = saturating_add(na, nb);
            denominator[i] = saturating_add(da, db);
            break;
        case NALG_OP_INVERSE:
            numerator[i] = da;
            denominator[i] = na;
            break;
        case NALG_OP_PRODUCT:
            degree_of_sum(saturating_add(na, nb), saturating_add(da, db), v->k, &numerator[i], &denominator[i]);
            break;
        case NALG_OP_GATHER:
            numerator[i] = na;
            denominator[i] = da;
            break;
        case NALG_OP_SCATTER:
            degree_of_sum(na, da, g->node[v->a].size, &numerator[i], &denominator[i]);
            break;
        }
    }
}
