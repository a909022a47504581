/* Scalar reverse-mode differentiation mod p, one node after another.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/gradient.h"
#include <string.h>
#include "core/memory.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t times(uint64_t a, uint64_t b, uint64_t p)
{
    return (uint64_t)((wide)a * b % p);
}

static void add_to(uint64_t *a, uint64_t b, uint64_t p)
{
    *a = (uint64_t)(((wide)*a + b) % p);
}

nalg_status nalg_sweep_create(nalg_ctx *ctx, nalg_sweep *out, const nalg_graph *graph, int output, uint64_t prime)
{
    nalg_sweep s = {.graph = graph, .output = output, .prime = prime, .start = nalg_array(graph->count + 1, sizeof(size_t))};
    if (!s.start) return nalg_fail_memory(ctx);
    s.start[0] = 0;
    for (size_t i = 0; i < graph->count; i++) s.start[i + 1] = s.start[i] + graph->node[i].size;
    s.value = nalg_array_zero(s.start[graph->count], sizeof *s.value);
    s.adjoint = nalg_array_zero(s.start[graph->count], sizeof *s.adjoint);
    if (!s.value || !s.adjoint) {
        nalg_sweep_clear(&s);
        return nalg_fail_memory(ctx);
    }
    *out = s;
    return NALG_OK;
}

void nalg_sweep_clear(nalg_sweep *s)
{
    free(s->start);
    free(s->value);
    free(s->adjoint);
    *s = (nalg_sweep){0};
}

/* Entry (row, column) of an operand of a product, stored transposed or not. */
static size_t entry(bool transposed, size_t rows, size_t columns, size_t row, size_t column)
{
    return transposed ? column * rows + row : row * columns + column;
}

static bool inverse(uint64_t *out, uint64_t a, uint64_t p)
{
    if (a == 0) return false;
    uint64_t result = 1;
    for (uint64_t e = p - 2, square = a; e; e >>= 1, square = times(square, square, p))
        if (e & 1) result = times(result, square, p);
    *out = result;
    return true;
}

static bool set_constant(uint64_t *out, size_t n, const fmpq *q, uint64_t p)
{
    uint64_t denominator;
    if (!inverse(&denominator, fmpz_fdiv_ui(fmpq_denref(q), p), p)) return false;
    for (size_t i = 0; i < n; i++) out[i] = times(fmpz_fdiv_ui(fmpq_numref(q), p), denominator, p);
    return true;
}

static bool node_value(const nalg_sweep *s, size_t i, const uint64_t *w, const uint64_t *x)
{
    const nalg_node *v = &s->graph->node[i];
    uint64_t p = s->prime, *out = s->value + s->start[i];
    const uint64_t *a = v->a >= 0 ? s->value + s->start[v->a] : NULL, *b = v->b >= 0 ? s->value + s->start[v->b] : NULL;
    size_t step_a = v->a >= 0 && s->graph->node[v->a].size > 1, step_b = v->b >= 0 && s->graph->node[v->b].size > 1;
    const int32_t *index = v->op == NALG_OP_GATHER || v->op == NALG_OP_SCATTER ? s->graph->map[v->index].entry : NULL;
    switch (v->op) {
    case NALG_OP_INPUT:
        memcpy(out, x, v->size * sizeof *out);
        return true;
    case NALG_OP_PARAMETER:
        memcpy(out, w + v->offset, v->size * sizeof *out);
        return true;
    case NALG_OP_CONSTANT:
        return set_constant(out, v->size, &s->graph->rational[v->index], p);
    case NALG_OP_ADD:
        for (size_t k = 0; k < v->size; k++) out[k] = (uint64_t)(((wide)a[k * step_a] + b[k * step_b]) % p);
        return true;
    case NALG_OP_MULTIPLY:
        for (size_t k = 0; k < v->size; k++) out[k] = times(a[k * step_a], b[k * step_b], p);
        return true;
    case NALG_OP_INVERSE:
        for (size_t k = 0; k < v->size; k++)
            if (!inverse(&out[k], a[k], p)) return false;
        return true;
    case NALG_OP_PRODUCT:
        for (size_t r = 0; r < v->m; r++)
            for (size_t c = 0; c < v->n; c++) {
                uint64_t sum = 0;
                for (size_t k = 0; k < v->k; k++)
                    add_to(&sum, times(a[entry(v->transpose_a, v->m, v->k, r, k)], b[entry(v->transpose_b, v->k, v->n, k, c)], p), p);
                out[r * v->n + c] = sum;
            }
        return true;
    case NALG_OP_GATHER:
        for (size_t k = 0; k < v->size; k++) out[k] = index[k] < 0 ? 0 : a[index[k]];
        return true;
    case NALG_OP_SCATTER:
        memset(out, 0, v->size * sizeof *out);
        for (size_t k = 0; k < s->graph->map[v->index].length; k++)
            if (index[k] >= 0) add_to(&out[index[k]], a[k], p);
        return true;
    }
    return false;
}

/* Pass the adjoint of node i on to its operands. */
static void node_adjoint(const nalg_sweep *s, size_t i)
{
    const nalg_node *v = &s->graph->node[i];
    uint64_t p = s->prime;
    const uint64_t *seed = s->adjoint + s->start[i], *out = s->value + s->start[i];
    if (v->a < 0) return;
    const uint64_t *a = s->value + s->start[v->a], *b = v->b >= 0 ? s->value + s->start[v->b] : NULL;
    uint64_t *da = s->adjoint + s->start[v->a], *db = v->b >= 0 ? s->adjoint + s->start[v->b] : NULL;
    size_t step_a = s->graph->node[v->a].size > 1, step_b = v->b >= 0 && s->graph->node[v->b].size > 1;
    const int32_t *index = v->op == NALG_OP_GATHER || v->op == NALG_OP_SCATTER ? s->graph->map[v->index].entry : NULL;
    switch (v->op) {
    case NALG_OP_INPUT:
    case NALG_OP_PARAMETER:
    case NALG_OP_CONSTANT:
        return;
    case NALG_OP_ADD:
        for (size_t k = 0; k < v->size; k++) add_to(&da[k * step_a], seed[k], p), add_to(&db[k * step_b], seed[k], p);
        return;
    case NALG_OP_MULTIPLY:
        for (size_t k = 0; k < v->size; k++) {
            uint64_t left = times(seed[k], b[k * step_b], p), right = times(seed[k], a[k * step_a], p);
            add_to(&da[k * step_a], left, p);
            add_to(&db[k * step_b], right, p);
        }
        return;
    case NALG_OP_INVERSE:
        for (size_t k = 0; k < v->size; k++) add_to(&da[k], p - times(seed[k], times(out[k], out[k], p), p), p);
        return;
    case NALG_OP_PRODUCT:
        for (size_t r = 0; r < v->m; r++)
            for (size_t c = 0; c < v->n; c++)
                for (size_t k = 0; k < v->k; k++) {
                    size_t at = entry(v->transpose_a, v->m, v->k, r, k), bt = entry(v->transpose_b, v->k, v->n, k, c);
                    add_to(&da[at], times(seed[r * v->n + c], b[bt], p), p);
                    add_to(&db[bt], times(seed[r * v->n + c], a[at], p), p);
                }
        return;
    case NALG_OP_GATHER:
        for (size_t k = 0; k < v->size; k++)
            if (index[k] >= 0) add_to(&da[index[k]], seed[k], p);
        return;
    case NALG_OP_SCATTER:
        for (size_t k = 0; k < s->graph->map[v->index].length; k++)
            if (index[k] >= 0) add_to(&da[k], seed[index[k]], p);
        return;
    }
}

bool nalg_sweep_run(nalg_sweep *s, uint64_t *value, uint64_t *gradient, const uint64_t *w, const uint64_t *x, const uint64_t *c)
{
    const nalg_graph *g = s->graph;
    size_t outputs = g->node[s->output].size;
    for (size_t i = 0; i < g->count; i++)
        if (!node_value(s, i, w, x)) return false;
    if (value) {
        *value = 0;
        for (size_t k = 0; k < outputs; k++) add_to(value, times(c[k], s->value[s->start[s->output] + k], s->prime), s->prime);
    }
    if (!gradient) return true;
    memset(s->adjoint, 0, s->start[g->count] * sizeof *s->adjoint);
    memcpy(s->adjoint + s->start[s->output], c, outputs * sizeof *c);
    for (size_t i = g->count; i-- > 0;) node_adjoint(s, i);
    memset(gradient, 0, g->parameters * sizeof *gradient);
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; g->node[i].op == NALG_OP_PARAMETER && k < g->node[i].size; k++)
            add_to(&gradient[g->node[i].offset + k], s->adjoint[s->start[i] + k], s->prime);
    return true;
}

const uint64_t *nalg_sweep_outputs(const nalg_sweep *s)
{
    return s->value + s->start[s->output];
}
