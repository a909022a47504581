/* Tensor programs as graph nodes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/memory.h"
#include "model/program.h"

/* Fixed numbers first .. first + count - 1. A graph constant holds one rational, so different ones are joined
 * by halves: the number of nodes stays linear and their entries grow with the logarithm only. */
static int numbers(const nalg_program *p, nalg_graph *g, size_t first, size_t count)
{
    bool same = true;
    for (size_t i = 1; i < count && same; i++) same = fmpq_equal(&p->number[first], &p->number[first + i]);
    if (same) return nalg_graph_constant(g, &p->number[first], count);
    size_t half = count / 2;
    int a = numbers(p, g, first, half), b = numbers(p, g, first + half, count - half), map_a, map_b;
    int32_t *left = nalg_graph_map_new(g, count, &map_a), *right = nalg_graph_map_new(g, count, &map_b);
    if (!left || !right) return NALG_NO_NODE;
    for (size_t i = 0; i < count; i++) {
        left[i] = i < half ? (int32_t)i : -1;
        right[i] = i < half ? -1 : (int32_t)(i - half);
    }
    return nalg_graph_add(g, nalg_graph_gather(g, a, map_a), nalg_graph_gather(g, b, map_b));
}

static int strided_map(nalg_graph *g, const nalg_strided *s)
{
    size_t size;
    int map;
    if (!nalg_strided_size(s, &size)) return NALG_NO_NODE;
    int64_t *index = nalg_array(size, sizeof *index);
    int32_t *entry = nalg_graph_map_new(g, size, &map);
    if (index && entry) {
        nalg_strided_fill(s, index);
        for (size_t i = 0; i < size; i++) entry[i] = (int32_t)index[i];
    } else {
        g->failed = true;
        map = NALG_NO_NODE;
    }
    free(index);
    return map;
}

static int lower_one(const nalg_program *p, nalg_graph *g, const nalg_instruction *i, const int *node,
                     size_t offset)
{
    int a = nalg_program_operands(i) > 0 ? node[i->a] : NALG_NO_NODE,
        b = nalg_program_operands(i) > 1 ? node[i->b] : NALG_NO_NODE;
    switch (i->op) {
    case NALG_PROGRAM_INPUT:
        break;
    case NALG_PROGRAM_WEIGHTS:
        return nalg_graph_parameter(g, offset + i->first, i->size);
    case NALG_PROGRAM_NUMBERS:
        return numbers(p, g, i->first, i->size);
    case NALG_PROGRAM_ADD:
        if (p->item[i->a].size < i->size) a = nalg_graph_repeat(g, a, i->size);
        if (p->item[i->b].size < i->size) b = nalg_graph_repeat(g, b, i->size);
        return nalg_graph_add(g, a, b);
    case NALG_PROGRAM_MULTIPLY:
        return nalg_graph_multiply(g, a, b);
    case NALG_PROGRAM_INVERSE:
        return nalg_graph_inverse(g, a);
    case NALG_PROGRAM_POWER:
        return nalg_graph_power(g, a, i->exponent);
    case NALG_PROGRAM_PRODUCT:
        return nalg_graph_product(g, a, false, b, false, i->m, i->k, i->n);
    case NALG_PROGRAM_VIEW:
        return nalg_graph_gather(g, a, strided_map(g, &i->map));
    case NALG_PROGRAM_PUT:
        return nalg_graph_scatter(g, a, strided_map(g, &i->map), i->size);
    }
    return NALG_NO_NODE;
}

int nalg_program_lower(const nalg_program *p, nalg_graph *g, int input, size_t offset)
{
    int *node = nalg_array(p->count, sizeof *node);
    if (!node) {
        g->failed = true;
        return NALG_NO_NODE;
    }
    node[0] = input;
    for (size_t i = 1; i < p->count; i++) node[i] = lower_one(p, g, &p->item[i], node, offset);
    int last = node[p->count - 1];
    free(node);
    return last;
}
