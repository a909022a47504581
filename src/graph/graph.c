/* Building graphs.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph/graph.h"
#include <string.h>
#include "core/memory.h"

void nalg_graph_init(nalg_graph *g)
{
    memset(g, 0, sizeof *g);
    g->substitute = NALG_NO_NODE;
}

void nalg_graph_clear(nalg_graph *g)
{
    for (size_t i = 0; i < g->map_count; i++) free(g->map[i].entry);
    for (size_t i = 0; i < g->rational_count; i++) fmpq_clear(&g->rational[i]);
    free(g->map);
    free(g->rational);
    free(g->node);
    nalg_graph_init(g);
}

static int fail(nalg_graph *g)
{
    g->failed = true;
    return NALG_NO_NODE;
}

static int push(nalg_graph *g, nalg_node node)
{
    if (g->count >= INT32_MAX || !nalg_grow((void **)&g->node, &g->capacity, g->count, sizeof *g->node)) return fail(g);
    g->node[g->count] = node;
    return (int)g->count++;
}

int nalg_graph_input(nalg_graph *g, size_t slot, size_t size, bool batched)
{
    if (slot >= g->slots) g->slots = slot + 1;
    return push(g, (nalg_node){.op = NALG_OP_INPUT, .a = -1, .b = -1, .offset = slot, .size = size, .batched = batched});
}

int nalg_graph_constant(nalg_graph *g, const fmpq_t value, size_t size)
{
    if (!nalg_grow((void **)&g->rational, &g->rational_capacity, g->rational_count, sizeof *g->rational)) return fail(g);
    fmpq_init(&g->rational[g->rational_count]);
    fmpq_set(&g->rational[g->rational_count], value);
    int index = (int)g->rational_count++;
    return push(g, (nalg_node){.op = NALG_OP_CONSTANT, .a = -1, .b = -1, .index = index, .size = size});
}

int nalg_graph_constant_si(nalg_graph *g, long value, size_t size)
{
    fmpq_t q;
    fmpq_init(q);
    fmpq_set_si(q, value, 1);
    int node = nalg_graph_constant(g, q, size);
    fmpq_clear(q);
    return node;
}

static int binary(nalg_graph *g, nalg_op op, int a, int b)
{
    if (a < 0 || b < 0) return fail(g);
    const nalg_node *x = &g->node[a], *y = &g->node[b];
    size_t size = x->size > y->size ? x->size : y->size;
    return push(g, (nalg_node){.op = op, .a = a, .b = b, .size = size, .batched = x->batched || y->batched});
}

int nalg_graph_add(nalg_graph *g, int a, int b)
{
    return binary(g, NALG_OP_ADD, a, b);
}

int nalg_graph_multiply(nalg_graph *g, int a, int b)
{
    return binary(g, NALG_OP_MULTIPLY, a, b);
}

int nalg_graph_scale(nalg_graph *g, int a, const fmpq_t factor)
{
    if (fmpq_is_one(factor)) return a;
    return nalg_graph_multiply(g, a, nalg_graph_constant(g, factor, 1));
}

int nalg_graph_negate(nalg_graph *g, int a)
{
    return nalg_graph_multiply(g, a, nalg_graph_constant_si(g, -1, 1));
}

int nalg_graph_subtract(nalg_graph *g, int a, int b)
{
    return nalg_graph_add(g, a, nalg_graph_negate(g, b));
}

int nalg_graph_inverse(nalg_graph *g, int a)
{
    if (a < 0) return fail(g);
    return push(g, (nalg_node){.op = NALG_OP_INVERSE, .a = a, .b = -1, .size = g->node[a].size, .batched = g->node[a].batched});
}

int nalg_graph_power(nalg_graph *g, int a, uint64_t exponent)
{
    int result = NALG_NO_NODE, square = a;
    for (;; exponent >>= 1) {
        if (exponent & 1) result = result < 0 ? square : nalg_graph_multiply(g, result, square);
        if (exponent <= 1) return result;
        square = nalg_graph_multiply(g, square, square);
        if (square < 0) return fail(g);
    }
}

int nalg_graph_product(nalg_graph *g, int a, bool transpose_a, int b, bool transpose_b, size_t m, size_t k, size_t n)
{
    if (a < 0 || b < 0) return fail(g);
    return push(g, (nalg_node){.op = NALG_OP_PRODUCT, .a = a, .b = b, .transpose_a = transpose_a, .transpose_b = transpose_b,
                               .m = m, .k = k, .n = n, .size = m * n, .batched = g->node[a].batched || g->node[b].batched});
}

int nalg_graph_map(nalg_graph *g, int32_t *entry, size_t length)
{
    if (!nalg_grow((void **)&g->map, &g->map_capacity, g->map_count, sizeof *g->map)) {
        free(entry);
        return fail(g);
    }
    g->map[g->map_count] = (nalg_index_map){entry, length};
    return (int)g->map_count++;
}

int32_t *nalg_graph_map_new(nalg_graph *g, size_t length, int *map)
{
    int32_t *entry = nalg_array_zero(length, sizeof *entry);
    *map = entry ? nalg_graph_map(g, entry, length) : fail(g);
    return *map < 0 ? NULL : entry;
}

int nalg_graph_gather(nalg_graph *g, int a, int map)
{
    if (a < 0 || map < 0) return fail(g);
    return push(g, (nalg_node){.op = NALG_OP_GATHER, .a = a, .b = -1, .index = map, .size = g->map[map].length,
                               .batched = g->node[a].batched});
}

int nalg_graph_scatter(nalg_graph *g, int a, int map, size_t size)
{
    if (a < 0 || map < 0) return fail(g);
    return push(g, (nalg_node){.op = NALG_OP_SCATTER, .a = a, .b = -1, .index = map, .size = size, .batched = g->node[a].batched});
}

int nalg_graph_parameter(nalg_graph *g, size_t offset, size_t size)
{
    if (g->substitute >= 0) {
        int map;
        int32_t *entry = nalg_graph_map_new(g, size, &map);
        for (size_t i = 0; entry && i < size; i++) entry[i] = (int32_t)(offset + i);
        return nalg_graph_gather(g, g->substitute, map);
    }
    if (offset + size > g->parameters) g->parameters = offset + size;
    return push(g, (nalg_node){.op = NALG_OP_PARAMETER, .a = -1, .b = -1, .offset = offset, .size = size});
}

int nalg_graph_repeat(nalg_graph *g, int a, size_t copies)
{
    if (a < 0) return fail(g);
    if (copies == 1) return a;
    size_t size = g->node[a].size;
    int map;
    int32_t *entry = nalg_graph_map_new(g, size * copies, &map);
    if (!entry) return fail(g);
    for (size_t i = 0; i < size * copies; i++) entry[i] = (int32_t)(i / copies);
    return nalg_graph_gather(g, a, map);
}
