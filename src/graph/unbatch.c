/* A batch of samples written out as one unbatched graph, for equations that mix samples (sums over a data set).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/memory.h"
#include "graph/graph.h"

typedef struct {
    const nalg_graph *from;
    nalg_graph *to;
    size_t batch;
    const int *image; /* nodes of `from` in `to`; batched ones with entry i of sample s at i * batch + s */
} writing;

/* The image of an operand with a batch axis: unbatched ones are repeated for every sample. */
static int with_batch(const writing *w, int a)
{
    const nalg_node *v = &w->from->node[a];
    return v->batched ? w->image[a] : nalg_graph_repeat(w->to, w->image[a], w->batch);
}

/* An operand of a spread operation: a batched node of size 1 is repeated over the entries, an unbatched scalar stays one. */
static int spread(const writing *w, int a, size_t size)
{
    const nalg_node *v = &w->from->node[a];
    if (!v->batched && v->size == 1) return w->image[a];
    int node = with_batch(w, a), map;
    if (v->size == size) return node;
    int32_t *entry = nalg_graph_map_new(w->to, size * w->batch, &map);
    for (size_t i = 0; entry && i < size * w->batch; i++) entry[i] = (int32_t)(i % w->batch);
    return nalg_graph_gather(w->to, node, map);
}

/* Products whose left factor has a batch, or whose right factor is transposed: all terms at once, then their sums. */
static int termwise_product(const writing *w, const nalg_node *v)
{
    size_t batch = w->batch, terms = v->m * v->n * v->k * batch;
    int left_map, right_map, sum_map;
    int32_t *left = nalg_graph_map_new(w->to, terms, &left_map), *right = nalg_graph_map_new(w->to, terms, &right_map);
    int32_t *sum = nalg_graph_map_new(w->to, terms, &sum_map);
    if (!left || !right || !sum) return NALG_NO_NODE;
    size_t at = 0;
    for (size_t i = 0; i < v->m; i++)
        for (size_t j = 0; j < v->n; j++)
            for (size_t l = 0; l < v->k; l++)
                for (size_t s = 0; s < batch; s++, at++) {
                    left[at] = (int32_t)((v->transpose_a ? l * v->m + i : i * v->k + l) * batch + s);
                    right[at] = (int32_t)((v->transpose_b ? j * v->k + l : l * v->n + j) * batch + s);
                    sum[at] = (int32_t)((i * v->n + j) * batch + s);
                }
    int product = nalg_graph_multiply(w->to, nalg_graph_gather(w->to, with_batch(w, v->a), left_map),
                                      nalg_graph_gather(w->to, with_batch(w, v->b), right_map));
    return nalg_graph_scatter(w->to, product, sum_map, v->m * v->n * batch);
}

/* The index map of a gather or scatter, for every sample. */
static int batched_map(const writing *w, int number)
{
    nalg_index_map map = w->from->map[number];
    int result;
    int32_t *entry = nalg_graph_map_new(w->to, map.length * w->batch, &result);
    for (size_t i = 0; entry && i < map.length; i++)
        for (size_t s = 0; s < w->batch; s++)
            entry[i * w->batch + s] = map.entry[i] < 0 ? -1 : (int32_t)((size_t)map.entry[i] * w->batch + s);
    return result;
}

static int plain_map(const writing *w, int number)
{
    nalg_index_map map = w->from->map[number];
    int result;
    int32_t *entry = nalg_graph_map_new(w->to, map.length, &result);
    for (size_t i = 0; entry && i < map.length; i++) entry[i] = map.entry[i];
    return result;
}

static int write_node(const writing *w, const nalg_node *v)
{
    nalg_graph *g = w->to;
    size_t scale = v->batched ? w->batch : 1;
    int map;
    switch (v->op) {
    case NALG_OP_INPUT:
        return nalg_graph_input(g, v->offset, v->size * scale, false);
    case NALG_OP_PARAMETER:
        return nalg_graph_parameter(g, v->offset, v->size);
    case NALG_OP_CONSTANT:
        return nalg_graph_constant(g, &w->from->rational[v->index], v->size);
    case NALG_OP_ADD:
        if (!v->batched) return nalg_graph_add(g, w->image[v->a], w->image[v->b]);
        return nalg_graph_add(g, spread(w, v->a, v->size), spread(w, v->b, v->size));
    case NALG_OP_MULTIPLY:
        if (!v->batched) return nalg_graph_multiply(g, w->image[v->a], w->image[v->b]);
        return nalg_graph_multiply(g, spread(w, v->a, v->size), spread(w, v->b, v->size));
    case NALG_OP_INVERSE:
        return nalg_graph_inverse(g, w->image[v->a]);
    case NALG_OP_PRODUCT:
        if (!v->batched) return nalg_graph_product(g, w->image[v->a], v->transpose_a, w->image[v->b], v->transpose_b, v->m, v->k, v->n);
        if (!w->from->node[v->a].batched && !v->transpose_b)
            return nalg_graph_product(g, w->image[v->a], v->transpose_a, w->image[v->b], false, v->m, v->k, v->n * w->batch);
        return termwise_product(w, v);
    case NALG_OP_GATHER:
        map = v->batched ? batched_map(w, v->index) : plain_map(w, v->index);
        return nalg_graph_gather(g, w->image[v->a], map);
    case NALG_OP_SCATTER:
        map = v->batched ? batched_map(w, v->index) : plain_map(w, v->index);
        return nalg_graph_scatter(g, w->image[v->a], map, v->size * scale);
    }
    return NALG_NO_NODE;
}

int nalg_graph_unbatch(nalg_graph *to, const nalg_graph *from, int output, size_t batch)
{
    int *image = nalg_array(from->count, sizeof *image);
    if (!image) {
        to->failed = true;
        return NALG_NO_NODE;
    }
    writing w = {from, to, batch, image};
    for (size_t i = 0; i <= (size_t)output; i++) image[i] = write_node(&w, &from->node[i]);
    int result = image[output];
    free(image);
    return to->failed ? NALG_NO_NODE : result;
}
