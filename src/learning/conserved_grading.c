/* Sign gradings of a model's graph.
 *
 * Every entry of every node is given a character: a set of parameters and inputs whose signs multiply. A sum is homogeneous only
 * when its terms agree, which is a linear relation over F_2; a product adds sets. What is left of all sets modulo the relations is
 * the group of gradings, exactly those sign changes that pass through the graph operation by operation.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_grading.h"
#include <string.h>
#include "core/memory.h"
#include "core/random.h"

/* Words of all sets, and steps of the relations, beyond which no grading is searched. */
#define SET_WORDS_LIMIT ((size_t)1 << 25)
#define STEP_LIMIT ((double)2e9)
#define CLASS_STREAM UINT64_C(0x51676e73)

typedef struct {
    size_t bits, words;
    uint64_t *entry; /* one set for each entry of each node */
    bool *zero;      /* entries that vanish identically have every character */
    size_t *start;
    uint64_t **pivot; /* relation whose lowest bit is this one, or NULL */
    uint64_t *scratch;
    bool failed;
} characters;

static uint64_t *set_of(const characters *c, int node, size_t i)
{
    return c->entry + (c->start[node] + i) * c->words;
}

static void join(uint64_t *out, const uint64_t *a, size_t words)
{
    for (size_t i = 0; i < words; i++) out[i] ^= a[i];
}

static size_t lowest_bit(const uint64_t *a, size_t words)
{
    for (size_t i = 0; i < words; i++)
        if (a[i]) return i * 64 + (size_t)__builtin_ctzll(a[i]);
    return SIZE_MAX;
}

/* c->scratch must be the character of a constant. */
static void relate(characters *c)
{
    size_t bit;
    while ((bit = lowest_bit(c->scratch, c->words)) != SIZE_MAX && c->pivot[bit]) join(c->scratch, c->pivot[bit], c->words);
    if (bit == SIZE_MAX) return;
    c->pivot[bit] = nalg_array(c->words, sizeof **c->pivot);
    if (c->pivot[bit]) memcpy(c->pivot[bit], c->scratch, c->words * sizeof **c->pivot);
    else c->failed = true;
}

/* A term a * b (b NULL: a alone) joins the sum in entry `out`, which is zero as long as no term came. */
static void add_term(characters *c, size_t out, const uint64_t *a, const uint64_t *b)
{
    uint64_t *sum = c->entry + out * c->words;
    memcpy(c->scratch, a, c->words * sizeof *a);
    if (b) join(c->scratch, b, c->words);
    if (c->zero[out]) {
        memcpy(sum, c->scratch, c->words * sizeof *sum);
        c->zero[out] = false;
        return;
    }
    join(c->scratch, sum, c->words);
    relate(c);
}

static void visit_product(characters *c, const nalg_node *v, size_t at)
{
    for (size_t i = 0; i < v->m; i++)
        for (size_t j = 0; j < v->n; j++)
            for (size_t l = 0; l < v->k; l++) {
                size_t a = v->transpose_a ? l * v->m + i : i * v->k + l, b = v->transpose_b ? j * v->k + l : l * v->n + j;
                if (c->zero[c->start[v->a] + a] || c->zero[c->start[v->b] + b]) continue;
                add_term(c, at + i * v->n + j, set_of(c, v->a, a), set_of(c, v->b, b));
            }
}

static void visit_elementwise(characters *c, const nalg_graph *g, const nalg_node *v, size_t at)
{
    size_t step_a = g->node[v->a].size != 1, step_b = g->node[v->b].size != 1;
    for (size_t i = 0; i < v->size; i++) {
        size_t a = c->start[v->a] + i * step_a, b = c->start[v->b] + i * step_b;
        bool zero_a = c->zero[a], zero_b = c->zero[b];
        if (v->op == NALG_OP_MULTIPLY) {
            if (!zero_a && !zero_b) add_term(c, at + i, c->entry + a * c->words, c->entry + b * c->words);
        } else {
            if (!zero_a) add_term(c, at + i, c->entry + a * c->words, NULL);
            if (!zero_b) add_term(c, at + i, c->entry + b * c->words, NULL);
        }
    }
}

static void visit_map(characters *c, const nalg_graph *g, const nalg_node *v, size_t at)
{
    const nalg_index_map *map = &g->map[v->index];
    for (size_t i = 0; i < map->length; i++) {
        bool scatter = v->op == NALG_OP_SCATTER;
        if (map->entry[i] < 0) continue;
        size_t from = c->start[v->a] + (scatter ? i : (size_t)map->entry[i]), to = at + (scatter ? (size_t)map->entry[i] : i);
        if (!c->zero[from]) add_term(c, to, c->entry + from * c->words, NULL);
    }
}

static void visit(characters *c, const nalg_graph *g, size_t node, size_t parameters)
{
    const nalg_node *v = &g->node[node];
    size_t at = c->start[node];
    switch (v->op) {
    case NALG_OP_INPUT:
    case NALG_OP_PARAMETER:
        for (size_t i = 0; i < v->size; i++) {
            size_t bit = (v->op == NALG_OP_PARAMETER ? v->offset : parameters) + i;
            set_of(c, (int)node, i)[bit / 64] |= UINT64_C(1) << bit % 64;
            c->zero[at + i] = false;
        }
        break;
    case NALG_OP_CONSTANT:
        for (size_t i = 0; i < v->size; i++) c->zero[at + i] = fmpz_is_zero(fmpq_numref(&g->rational[v->index]));
        break;
    case NALG_OP_ADD:
    case NALG_OP_MULTIPLY:
        visit_elementwise(c, g, v, at);
        break;
    case NALG_OP_INVERSE:
        for (size_t i = 0; i < v->size; i++)
            if (!c->zero[c->start[v->a] + i]) add_term(c, at + i, set_of(c, v->a, i), NULL);
        break;
    case NALG_OP_PRODUCT:
        visit_product(c, v, at);
        break;
    case NALG_OP_GATHER:
    case NALG_OP_SCATTER:
        visit_map(c, g, v, at);
        break;
    }
}

/* Bits without a relation get random words; the lowest bit of a relation is the xor of its others, so from high to low. */
static void words_of_bits(const characters *c, uint64_t *word)
{
    nalg_random random = nalg_random_stream(CLASS_STREAM, 0);
    for (size_t bit = c->bits; bit-- > 0;) {
        word[bit] = 0;
        if (!c->pivot[bit]) {
            word[bit] = nalg_random_bits(&random);
            continue;
        }
        for (size_t other = bit + 1; other < c->bits; other++)
            if (c->pivot[bit][other / 64] >> other % 64 & 1) word[bit] ^= word[other];
    }
}

static nalg_status solve(nalg_ctx *ctx, characters *c, const nalg_graph *g, uint64_t *class, size_t parameters)
{
    for (size_t i = 0; i < g->count && !c->failed; i++) {
        nalg_status status = nalg_checkpoint(ctx);
        if (status != NALG_OK) return status;
        visit(c, g, i, parameters);
    }
    uint64_t *word = nalg_array(c->bits, sizeof *word);
    if (!word || c->failed) {
        free(word);
        return nalg_fail_memory(ctx);
    }
    words_of_bits(c, word);
    memcpy(class, word, parameters * sizeof *class);
    free(word);
    return NALG_OK;
}

static double steps(const nalg_graph *g)
{
    double sum = 0;
    for (size_t i = 0; i < g->count; i++) {
        const nalg_node *v = &g->node[i];
        sum += v->op == NALG_OP_PRODUCT ? (double)v->m * (double)v->k * (double)v->n : (double)v->size;
    }
    return sum;
}

nalg_status nalg_grading_find(nalg_ctx *ctx, uint64_t *class, const nalg_model *model)
{
    nalg_graph g;
    int output;
    characters c = {0};
    memset(class, 0, model->parameters * sizeof *class);
    nalg_graph_init(&g);
    nalg_status status = nalg_model_lower(ctx, model, &g, &output);
    size_t entries = 0, all;
    c.bits = model->parameters + nalg_shape_size(&model->layers->in);
    c.words = c.bits / 64 + 1;
    c.start = nalg_array(g.count, sizeof *c.start);
    for (size_t i = 0; status == NALG_OK && c.start && i < g.count; i++) {
        c.start[i] = entries;
        entries += g.node[i].size;
    }
    if (status == NALG_OK && !c.start) status = nalg_fail_memory(ctx);
    if (status != NALG_OK || !nalg_size_multiply(&all, entries, c.words) || all > SET_WORDS_LIMIT || steps(&g) * (double)c.words > STEP_LIMIT) goto done;
    c.entry = nalg_array_zero(all, sizeof *c.entry);
    c.zero = nalg_array(entries, sizeof *c.zero);
    c.pivot = nalg_array_zero(c.bits, sizeof *c.pivot);
    c.scratch = nalg_array(c.words, sizeof *c.scratch);
    if (c.zero) memset(c.zero, true, entries);
    status = c.entry && c.zero && c.pivot && c.scratch ? solve(ctx, &c, &g, class, model->parameters) : nalg_fail_memory(ctx);
done:
    for (size_t i = 0; c.pivot && i < c.bits; i++) free(c.pivot[i]);
    free(c.pivot);
    free(c.entry);
    free(c.zero);
    free(c.start);
    free(c.scratch);
    nalg_graph_clear(&g);
    return status;
}
