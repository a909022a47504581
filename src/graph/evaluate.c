/* Interpreter of graphs. The batch is the inner, contiguous dimension of every kernel call, so a dense layer on a batch is one
 * matrix product and an activation one long vector loop; an interpreter's overhead is paid once per operation and batch.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph/evaluate.h"
#include "core/memory.h"

struct nalg_evaluation {
    const nalg_graph *graph;
    const nalg_field *field;
    size_t batch, elements;
    char *buffer;
    size_t *start; /* first element of each node */
};

static size_t node_elements(const nalg_node *v, size_t batch)
{
    size_t n;
    return nalg_size_multiply(&n, v->size, v->batched ? batch : 1) ? n : SIZE_MAX;
}

size_t nalg_evaluation_elements(const nalg_graph *graph, size_t batch)
{
    size_t sum = 0;
    for (size_t i = 0; i < graph->count; i++) {
        size_t n = node_elements(&graph->node[i], batch);
        if (n > SIZE_MAX - sum) return SIZE_MAX;
        sum += n;
    }
    return sum;
}

/* Constants are the same in every run: set them once. */
static bool set_constants(nalg_evaluation *e)
{
    const nalg_field *f = e->field;
    for (size_t i = 0; i < e->graph->count; i++) {
        const nalg_node *v = &e->graph->node[i];
        if (v->op != NALG_OP_CONSTANT) continue;
        char *out = nalg_evaluation_value(e, (int)i);
        if (!f->set_rational(f, out, &e->graph->rational[v->index])) return false;
        for (size_t j = 1; j < v->size; j++) f->copy(f, out + j * f->size, out, 1);
    }
    return true;
}

nalg_status nalg_evaluation_create(nalg_ctx *ctx, nalg_evaluation **out, const nalg_graph *graph, const nalg_field *field,
                                   size_t batch)
{
    nalg_evaluation *e = nalg_array_zero(1, sizeof *e);
    if (!e) return nalg_fail_memory(ctx);
    e->graph = graph;
    e->field = field;
    e->batch = batch;
    e->elements = nalg_evaluation_elements(graph, batch);
    e->start = nalg_array(graph->count + 1, sizeof *e->start);
    e->buffer = e->elements == SIZE_MAX ? NULL : nalg_array_aligned(e->elements, field->size);
    if (!e->start || !e->buffer) {
        free(e->start);
        free(e->buffer);
        free(e);
        return nalg_fail_memory(ctx);
    }
    if (field->init) field->init(field, e->buffer, e->elements);
    size_t at = 0;
    for (size_t i = 0; i < graph->count; i++) {
        e->start[i] = at;
        at += node_elements(&graph->node[i], batch);
    }
    if (!set_constants(e)) {
        nalg_evaluation_free(e);
        return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, "use another --seed, which takes another prime",
                         "a coefficient's denominator is divisible by the prime");
    }
    *out = e;
    return NALG_OK;
}

void nalg_evaluation_free(nalg_evaluation *e)
{
    if (!e) return;
    if (e->field->clear) e->field->clear(e->field, e->buffer, e->elements);
    free(e->start);
    free(e->buffer);
    free(e);
}

void *nalg_evaluation_value(nalg_evaluation *e, int node)
{
    return e->buffer + e->start[node] * e->field->size;
}

void nalg_evaluation_set_parameters(nalg_evaluation *e, const void *w)
{
    const nalg_field *f = e->field;
    for (size_t i = 0; i < e->graph->count; i++) {
        const nalg_node *v = &e->graph->node[i];
        if (v->op == NALG_OP_PARAMETER)
            f->copy(f, nalg_evaluation_value(e, (int)i), (const char *)w + v->offset * f->size, v->size);
    }
}

void nalg_evaluation_set_input(nalg_evaluation *e, size_t slot, const void *x)
{
    for (size_t i = 0; i < e->graph->count; i++) {
        const nalg_node *v = &e->graph->node[i];
        if (v->op == NALG_OP_INPUT && v->offset == slot)
            e->field->copy(e->field, nalg_evaluation_value(e, (int)i), x, node_elements(v, e->batch));
    }
}

typedef void binary_kernel(const nalg_field *, void *, const void *, int, const void *, int, size_t);

/* Entry by entry, spreading operands that are unbatched or of size 1. */
static void elementwise(nalg_evaluation *e, const nalg_node *v, char *out, binary_kernel *kernel)
{
    const nalg_field *f = e->field;
    const nalg_node *x = &e->graph->node[v->a], *y = &e->graph->node[v->b];
    const char *a = nalg_evaluation_value(e, v->a), *b = nalg_evaluation_value(e, v->b);
    bool same_a = x->batched == v->batched && x->size == v->size, same_b = y->batched == v->batched && y->size == v->size;
    bool scalar_a = !x->batched && x->size == 1, scalar_b = !y->batched && y->size == 1;
    size_t row = v->batched ? e->batch : 1;
    if ((same_a || scalar_a) && (same_b || scalar_b)) {
        kernel(f, out, a, same_a, b, same_b, v->size * row);
        return;
    }
    size_t step_a = x->size == 1 ? 0 : f->size * (x->batched ? row : 1), step_b = y->size == 1 ? 0 : f->size * (y->batched ? row : 1);
    for (size_t i = 0; i < v->size; i++)
        kernel(f, out + i * row * f->size, a + i * step_a, x->batched, b + i * step_b, y->batched, row);
}

/* Matrix product with a batch. A shared left factor makes one big product; otherwise the batch is the vector dimension. */
static void product(nalg_evaluation *e, const nalg_node *v, char *out)
{
    const nalg_field *f = e->field;
    bool batched_a = e->graph->node[v->a].batched, batched_b = e->graph->node[v->b].batched;
    const char *a = nalg_evaluation_value(e, v->a), *b = nalg_evaluation_value(e, v->b);
    size_t row = v->batched ? e->batch : 1, row_a = batched_a ? row : 1, row_b = batched_b ? row : 1;
    if (!batched_a && batched_b == v->batched && !v->transpose_b) {
        f->matrix_product(f, out, a, v->transpose_a, b, v->m, v->k, v->n * row);
        return;
    }
    for (size_t i = 0; i < v->m; i++)
        for (size_t j = 0; j < v->n; j++) {
            char *c = out + (i * v->n + j) * row * f->size;
            if (v->k == 0) f->zero(f, c, row);
            for (size_t l = 0; l < v->k; l++) {
                const char *x = a + (v->transpose_a ? l * v->m + i : i * v->k + l) * row_a * f->size;
                const char *y = b + (v->transpose_b ? j * v->k + l : l * v->n + j) * row_b * f->size;
                (l ? f->multiply_add : f->multiply)(f, c, x, batched_a, y, batched_b, row);
            }
        }
}

static void gather(nalg_evaluation *e, const nalg_node *v, char *out)
{
    const nalg_field *f = e->field;
    const char *a = nalg_evaluation_value(e, v->a);
    const int32_t *index = e->graph->map[v->index].entry;
    size_t row = v->batched ? e->batch : 1, bytes = row * f->size;
    for (size_t i = 0; i < v->size; i++) {
        if (index[i] < 0) f->zero(f, out + i * bytes, row);
        else f->copy(f, out + i * bytes, a + (size_t)index[i] * bytes, row);
    }
}

static void scatter(nalg_evaluation *e, const nalg_node *v, char *out)
{
    const nalg_field *f = e->field;
    const char *a = nalg_evaluation_value(e, v->a);
    const nalg_index_map *map = &e->graph->map[v->index];
    size_t row = v->batched ? e->batch : 1, bytes = row * f->size;
    f->zero(f, out, v->size * row);
    for (size_t i = 0; i < map->length; i++) {
        char *target = out + (size_t)map->entry[i] * bytes;
        if (map->entry[i] >= 0) f->add(f, target, target, 1, a + i * bytes, 1, row);
    }
}

static bool run_node(nalg_evaluation *e, size_t i)
{
    const nalg_field *f = e->field;
    const nalg_node *v = &e->graph->node[i];
    char *out = nalg_evaluation_value(e, (int)i);
    switch (v->op) {
    case NALG_OP_INPUT:
    case NALG_OP_PARAMETER:
    case NALG_OP_CONSTANT:
        return true;
    case NALG_OP_ADD:
        elementwise(e, v, out, f->add);
        return true;
    case NALG_OP_MULTIPLY:
        elementwise(e, v, out, f->multiply);
        return true;
    case NALG_OP_INVERSE:
        return f->inverse(f, out, nalg_evaluation_value(e, v->a), node_elements(v, e->batch));
    case NALG_OP_PRODUCT:
        product(e, v, out);
        return true;
    case NALG_OP_GATHER:
        gather(e, v, out);
        return true;
    case NALG_OP_SCATTER:
        scatter(e, v, out);
        return true;
    }
    return false;
}

bool nalg_evaluation_run(nalg_evaluation *e, size_t first, size_t last)
{
    for (size_t i = first; i < last; i++)
        if (!run_node(e, i)) return false;
    return true;
}
