/* Expansion of a graph into polynomials over Q, node by node, with FLINT's sparse multivariate polynomials. The work is bounded before
 * it is done: a product of a and b costs |a| |b| products of terms. Large ones are made in pieces, with a checkpoint before each.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "graph/expand.h"
#include "core/memory.h"

/* Products of terms in one multiplication, terms in all nodes, entries of all nodes, degree. */
#define PRODUCT_LIMIT 4e6
#define PIECE ((size_t)200000)
#define TERM_LIMIT ((size_t)2000000)
#define ENTRY_LIMIT ((size_t)1 << 20)
#define DEGREE_LIMIT 400

typedef fmpq_mpoly_struct polynomial;

fmpq_mpoly_struct *nalg_expansion_array(size_t count, const fmpq_mpoly_ctx_struct *ring)
{
    polynomial *p = nalg_array(count, sizeof *p);
    for (size_t i = 0; p && i < count; i++) fmpq_mpoly_init(p + i, ring);
    return p;
}

void nalg_expansion_array_free(fmpq_mpoly_struct *p, size_t count, const fmpq_mpoly_ctx_struct *ring)
{
    for (size_t i = 0; p && i < count; i++) fmpq_mpoly_clear(p + i, ring);
    free(p);
}

static nalg_status too_many(nalg_ctx *ctx)
{
    return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model or a lower degree", "written out, the polynomials of this model have too many terms");
}

static size_t length(const polynomial *p, const nalg_expansion *e)
{
    return (size_t)fmpq_mpoly_length(p, e->ring);
}

/* The terms first .. last-1 of p. */
static void take_terms(polynomial *out, const polynomial *p, size_t first, size_t last, const fmpq_mpoly_ctx_struct *ring)
{
    polynomial term[1];
    fmpq_mpoly_init(term, ring);
    fmpq_mpoly_zero(out, ring);
    for (size_t i = first; i < last; i++) {
        fmpq_mpoly_get_term(term, p, (slong)i, ring);
        fmpq_mpoly_add(out, out, term, ring);
    }
    fmpq_mpoly_clear(term, ring);
}

static nalg_status multiply_in_pieces(nalg_ctx *ctx, polynomial *out, const polynomial *a, const polynomial *b, nalg_expansion *e)
{
    size_t terms = length(b, e), step = PIECE / length(a, e);
    polynomial piece[1], product[1], sum[1];
    nalg_status status = NALG_OK;
    step = step ? step : 1;
    fmpq_mpoly_init(piece, e->ring);
    fmpq_mpoly_init(product, e->ring);
    fmpq_mpoly_init(sum, e->ring);
    for (size_t first = 0; status == NALG_OK && first < terms; first += step) {
        take_terms(piece, b, first, first + step < terms ? first + step : terms, e->ring);
        fmpq_mpoly_mul(product, a, piece, e->ring);
        fmpq_mpoly_add(sum, sum, product, e->ring);
        status = nalg_checkpoint(ctx);
    }
    if (status == NALG_OK) fmpq_mpoly_swap(out, sum, e->ring);
    fmpq_mpoly_clear(piece, e->ring);
    fmpq_mpoly_clear(product, e->ring);
    fmpq_mpoly_clear(sum, e->ring);
    return status;
}

nalg_status nalg_expansion_multiply(nalg_ctx *ctx, polynomial *out, const polynomial *a, const polynomial *b, nalg_expansion *e)
{
    size_t m = length(a, e), n = length(b, e);
    if ((double)m * (double)n > PRODUCT_LIMIT) return too_many(ctx);
    nalg_status status = nalg_checkpoint(ctx);
    if (status != NALG_OK) return status;
    if (m * n <= PIECE) fmpq_mpoly_mul(out, a, b, e->ring);
    else status = m > n ? multiply_in_pieces(ctx, out, a, b, e) : multiply_in_pieces(ctx, out, b, a, e);
    if (status != NALG_OK) return status;
    e->terms += length(out, e);
    return e->terms > TERM_LIMIT ? too_many(ctx) : NALG_OK;
}

/* Entry i of an operand; one of size 1 stands for all. */
static const polynomial *at(polynomial *const *value, const nalg_graph *g, int node, size_t i)
{
    return value[node] + (g->node[node].size == 1 ? 0 : i);
}

static nalg_status product(nalg_ctx *ctx, polynomial **value, const nalg_node *n, polynomial *out, nalg_expansion *e)
{
    polynomial term[1];
    nalg_status status = NALG_OK;
    fmpq_mpoly_init(term, e->ring);
    for (size_t i = 0; status == NALG_OK && i < n->m; i++)
        for (size_t j = 0; status == NALG_OK && j < n->n; j++)
            for (size_t k = 0; status == NALG_OK && k < n->k; k++) {
                const polynomial *a = value[n->a] + (n->transpose_a ? k * n->m + i : i * n->k + k);
                const polynomial *b = value[n->b] + (n->transpose_b ? j * n->k + k : k * n->n + j);
                status = nalg_expansion_multiply(ctx, term, a, b, e);
                if (status == NALG_OK) fmpq_mpoly_add(out + i * n->n + j, out + i * n->n + j, term, e->ring);
            }
    fmpq_mpoly_clear(term, e->ring);
    return status;
}

static nalg_status invert(nalg_ctx *ctx, polynomial *out, const polynomial *value, nalg_expansion *e)
{
    fmpq_t number;
    if (fmpq_mpoly_is_zero(value, e->ring))
        return nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed", "the model divides by zero everywhere");
    if (!fmpq_mpoly_is_fmpq(value, e->ring)) {
        if (e->invert) return e->invert(ctx, e->user, out, value);
        return nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "use --what interpolation", "this model divides: its functions are no polynomials");
    }
    fmpq_init(number);
    fmpq_mpoly_get_fmpq(number, value, e->ring);
    fmpq_inv(number, number);
    fmpq_mpoly_set_fmpq(out, number, e->ring);
    fmpq_clear(number);
    return NALG_OK;
}

static nalg_status node_value(nalg_ctx *ctx, polynomial **value, const nalg_graph *g, size_t index, nalg_expansion *e)
{
    const nalg_node *n = &g->node[index];
    polynomial *out = value[index];
    const int32_t *map = n->op == NALG_OP_GATHER || n->op == NALG_OP_SCATTER ? g->map[n->index].entry : NULL;
    nalg_status status = nalg_checkpoint(ctx);
    if (n->op == NALG_OP_PRODUCT && status == NALG_OK) return product(ctx, value, n, out, e);
    if (n->op == NALG_OP_SCATTER) {
        for (size_t i = 0; i < g->map[n->index].length; i++)
            if (map[i] >= 0) fmpq_mpoly_add(out + map[i], out + map[i], value[n->a] + i, e->ring);
    }
    for (size_t i = 0; status == NALG_OK && i < n->size; i++) switch (n->op) {
        case NALG_OP_INPUT:
            fmpq_mpoly_set(out + i, e->input[n->offset] + i, e->ring);
            break;
        case NALG_OP_PARAMETER:
            fmpq_mpoly_set(out + i, e->parameter + n->offset + i, e->ring);
            break;
        case NALG_OP_CONSTANT:
            fmpq_mpoly_set_fmpq(out + i, &g->rational[n->index], e->ring);
            break;
        case NALG_OP_ADD:
            fmpq_mpoly_add(out + i, at(value, g, n->a, i), at(value, g, n->b, i), e->ring);
            break;
        case NALG_OP_MULTIPLY:
            status = nalg_expansion_multiply(ctx, out + i, at(value, g, n->a, i), at(value, g, n->b, i), e);
            break;
        case NALG_OP_INVERSE:
            status = invert(ctx, out + i, value[n->a] + i, e);
            break;
        case NALG_OP_GATHER:
            if (map[i] >= 0) fmpq_mpoly_set(out + i, value[n->a] + map[i], e->ring);
            break;
        case NALG_OP_PRODUCT:
        case NALG_OP_SCATTER:
            break;
        }
    for (size_t i = 0; i < n->size; i++) e->terms += length(out + i, e);
    return status == NALG_OK && e->terms > TERM_LIMIT ? too_many(ctx) : status;
}

nalg_status nalg_expansion_check(nalg_ctx *ctx, const nalg_graph *g, int output)
{
    size_t entries = 0;
    uint64_t *numerator = nalg_array(g->count, sizeof *numerator), *denominator = nalg_array(g->count, sizeof *denominator);
    nalg_status status = numerator && denominator ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK) nalg_graph_degree(g, 1, numerator, denominator);
    if (status == NALG_OK && (numerator[output] > DEGREE_LIMIT || denominator[output] > DEGREE_LIMIT))
        status = nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model or a lower degree",
                           "the degree in weights and inputs is above %d: too high to be written out", DEGREE_LIMIT);
    for (int i = 0; status == NALG_OK && i <= output; i++)
        if ((entries += g->node[i].size) > ENTRY_LIMIT) status = too_many(ctx);
    free(numerator);
    free(denominator);
    return status;
}

nalg_status nalg_graph_expand(nalg_ctx *ctx, fmpq_mpoly_struct *out, const nalg_graph *g, int output, nalg_expansion *e)
{
    nalg_status status = nalg_expansion_check(ctx, g, output);
    if (status != NALG_OK) return status;
    size_t count = (size_t)output + 1;
    polynomial **value = nalg_array_zero(count, sizeof *value);
    if (!value) return nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < count; i++) {
        value[i] = nalg_expansion_array(g->node[i].size, e->ring);
        status = value[i] ? node_value(ctx, value, g, i, e) : nalg_fail_memory(ctx);
    }
    for (size_t i = 0; status == NALG_OK && i < g->node[output].size; i++) fmpq_mpoly_set(out + i, value[output] + i, e->ring);
    for (size_t i = 0; i < count; i++) nalg_expansion_array_free(value[i], g->node[i].size, e->ring);
    free(value);
    return status;
}
