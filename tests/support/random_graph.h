/* Random small graphs of all nine operations, and their exact value with one tangent in rational dual numbers: the oracle for
 * every field and every derivative. The evaluator follows the sentences of graph/graph.h, one entry at a time.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TESTS_RANDOM_GRAPH_H
#define NALG_TESTS_RANDOM_GRAPH_H

#include "core/flint.h"
#include "core/random.h"
#include "graph/graph.h"

#define TEST_INPUTS 3
#define TEST_PARAMETERS 9
#define TEST_NODES 64
#define TEST_ENTRIES 16

static inline size_t test_pick(nalg_random *r, size_t bound)
{
    return (size_t)nalg_random_below(r, bound);
}

/* Two nodes of one size, or one of size 1 (for a sum: a constant); often the same node twice. */
static inline int test_binary(nalg_graph *g, nalg_random *r, bool add)
{
    for (;;) {
        int a = (int)test_pick(r, g->count), b = test_pick(r, 4) ? (int)test_pick(r, g->count) : a;
        size_t m = g->node[a].size, n = g->node[b].size;
        bool constant = (m == 1 && g->node[a].op == NALG_OP_CONSTANT) || (n == 1 && g->node[b].op == NALG_OP_CONSTANT);
        if (m == n || constant || (!add && (m == 1 || n == 1))) return add ? nalg_graph_add(g, a, b) : nalg_graph_multiply(g, a, b);
    }
}

static inline int test_product(nalg_graph *g, nalg_random *r)
{
    for (;;) {
        int a = (int)test_pick(r, g->count), b = (int)test_pick(r, g->count);
        size_t k = 1 + test_pick(r, 4), m = g->node[a].size / k, n = g->node[b].size / k;
        if (m * k != g->node[a].size || n * k != g->node[b].size || m * n > TEST_ENTRIES || !m || !n) continue;
        bool transpose_a = test_pick(r, 2), transpose_b = test_pick(r, 2);
        return nalg_graph_product(g, a, transpose_a, b, transpose_b, m, k, n);
    }
}

/* Index maps with entries -1 and repetitions. */
static inline int test_index(nalg_graph *g, nalg_random *r, bool gather)
{
    int a = (int)test_pick(r, g->count), map;
    size_t size = g->node[a].size, other = 1 + test_pick(r, 5), length = gather ? other : size, range = gather ? size : other;
    int32_t *entry = nalg_graph_map_new(g, length, &map);
    for (size_t i = 0; i < length; i++) entry[i] = (int32_t)test_pick(r, range + 1) - 1;
    return gather ? nalg_graph_gather(g, a, map) : nalg_graph_scatter(g, a, map, other);
}

/* The graph number `seed`; the last node is its output. `inverses`: with reciprocals. */
static inline int test_random_graph(nalg_graph *g, uint64_t seed, bool inverses)
{
    nalg_random r = nalg_random_stream(seed, 77);
    nalg_graph_init(g);
    nalg_graph_input(g, 0, TEST_INPUTS, true);
    nalg_graph_parameter(g, 0, 1);
    nalg_graph_parameter(g, 1, 4);
    nalg_graph_parameter(g, 3, 6); /* overlaps: shared weights */
    nalg_graph_constant_si(g, -2, 1 + test_pick(&r, 3));
    size_t operations = 4 + test_pick(&r, 5);
    int last = 0;
    for (size_t i = 0; i < operations; i++) switch (test_pick(&r, 8)) {
        case 0: last = test_binary(g, &r, true); break;
        case 1:
        case 2: last = test_binary(g, &r, false); break;
        case 3: last = inverses ? nalg_graph_inverse(g, (int)test_pick(&r, g->count)) : test_product(g, &r); break;
        case 4:
        case 5: last = test_product(g, &r); break;
        case 6: last = test_index(g, &r, true); break;
        default: last = test_index(g, &r, false); break;
        }
    return last;
}

/* Value and tangent of every entry of every node for one sample. */
typedef struct {
    fmpq value[TEST_NODES][TEST_ENTRIES], tangent[TEST_NODES][TEST_ENTRIES];
} test_dual;

static inline void test_dual_init(test_dual *d)
{
    for (size_t i = 0; i < TEST_NODES; i++)
        for (size_t k = 0; k < TEST_ENTRIES; k++) fmpq_init(&d->value[i][k]), fmpq_init(&d->tangent[i][k]);
}

static inline void test_dual_clear(test_dual *d)
{
    for (size_t i = 0; i < TEST_NODES; i++)
        for (size_t k = 0; k < TEST_ENTRIES; k++) fmpq_clear(&d->value[i][k]), fmpq_clear(&d->tangent[i][k]);
}

/* (v, t) += (a, da) (b, db). */
static inline void test_dual_multiply_add(fmpq *v, fmpq *t, const fmpq *a, const fmpq *da, const fmpq *b, const fmpq *db)
{
    fmpq_addmul(t, a, db);
    fmpq_addmul(t, da, b);
    fmpq_addmul(v, a, b);
}

/* False where a reciprocal does not exist. x and w are the input and the parameters, dw the direction. */
static inline bool test_dual_run(test_dual *d, const nalg_graph *g, size_t count, const fmpq *x, const fmpq *w, const fmpq *dw)
{
    for (size_t i = 0; i < count; i++) {
        const nalg_node *n = &g->node[i];
        fmpq *v = d->value[i], *t = d->tangent[i];
        const fmpq *a = n->a >= 0 ? d->value[n->a] : NULL, *da = n->a >= 0 ? d->tangent[n->a] : NULL;
        const fmpq *b = n->b >= 0 ? d->value[n->b] : NULL, *db = n->b >= 0 ? d->tangent[n->b] : NULL;
        size_t sa = n->a >= 0 && g->node[n->a].size > 1, sb = n->b >= 0 && g->node[n->b].size > 1;
        const int32_t *index = n->op == NALG_OP_GATHER || n->op == NALG_OP_SCATTER ? g->map[n->index].entry : NULL;
        for (size_t k = 0; k < TEST_ENTRIES; k++) fmpq_zero(&v[k]), fmpq_zero(&t[k]);
        for (size_t k = 0; k < n->size; k++) switch (n->op) {
            case NALG_OP_INPUT: fmpq_set(&v[k], &x[k]); break;
            case NALG_OP_PARAMETER: fmpq_set(&v[k], &w[n->offset + k]), fmpq_set(&t[k], &dw[n->offset + k]); break;
            case NALG_OP_CONSTANT: fmpq_set(&v[k], &g->rational[n->index]); break;
            case NALG_OP_ADD: fmpq_add(&v[k], &a[k * sa], &b[k * sb]), fmpq_add(&t[k], &da[k * sa], &db[k * sb]); break;
            case NALG_OP_MULTIPLY: test_dual_multiply_add(&v[k], &t[k], &a[k * sa], &da[k * sa], &b[k * sb], &db[k * sb]); break;
            case NALG_OP_INVERSE:
                if (fmpq_is_zero(&a[k])) return false;
                fmpq_inv(&v[k], &a[k]);
                fmpq_mul(&t[k], &v[k], &v[k]);
                fmpq_mul(&t[k], &t[k], &da[k]);
                fmpq_neg(&t[k], &t[k]);
                break;
            case NALG_OP_PRODUCT:
                for (size_t l = 0; l < n->k; l++) {
                    size_t row = k / n->n, column = k % n->n;
                    size_t at = n->transpose_a ? l * n->m + row : row * n->k + l, bt = n->transpose_b ? column * n->k + l : l * n->n + column;
                    test_dual_multiply_add(&v[k], &t[k], &a[at], &da[at], &b[bt], &db[bt]);
                }
                break;
            case NALG_OP_GATHER:
                if (index[k] >= 0) fmpq_set(&v[k], &a[index[k]]), fmpq_set(&t[k], &da[index[k]]);
                break;
            case NALG_OP_SCATTER:
                for (size_t j = 0; j < g->node[n->a].size; j++)
                    if (index[j] == (int32_t)k) fmpq_add(&v[k], &v[k], &a[j]), fmpq_add(&t[k], &t[k], &da[j]);
                break;
            }
    }
    return true;
}

static inline void test_random_rationals(fmpq *q, size_t n, nalg_random *r)
{
    for (size_t i = 0; i < n; i++) fmpq_set_si(&q[i], (long)test_pick(r, 19) - 9, 1 + test_pick(r, 5));
}

static inline uint64_t test_residue(const fmpq *q, uint64_t p)
{
    nmod_t mod;
    nmod_init(&mod, p);
    return nmod_mul(fmpz_fdiv_ui(fmpq_numref(q), p), n_invmod(fmpz_fdiv_ui(fmpq_denref(q), p), p), mod);
}

#endif
