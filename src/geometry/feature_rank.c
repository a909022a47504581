/* Propagate a batch of random inputs and take the rank of every layer's values.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/feature_rank.h"
#include "core/memory.h"
#include "core/point.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "graph/evaluate.h"

/* Rank of the values of a node (size x batch), with a row of ones below if asked for. */
static nalg_status value_rank(nalg_ctx *ctx, size_t *rank, nalg_evaluation *e, int node, size_t size, size_t batch, bool with_constant,
                              uint64_t p)
{
    size_t rows = size + with_constant;
    uint64_t *matrix = nalg_array(rows * batch, sizeof *matrix);
    const uint64_t *values = nalg_evaluation_value(e, node);
    nalg_rank_profile profile = {0};
    if (!matrix) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < size * batch; i++) matrix[i] = values[i];
    for (size_t i = size * batch; i < rows * batch; i++) matrix[i] = 1;
    nalg_status status = nalg_rank_word(ctx, &profile, matrix, rows, batch, batch, p);
    if (status == NALG_OK) *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    free(matrix);
    return status;
}

/* Value nodes of the layers after `from`; node[l] is the output of dense layer l before its activation. */
static size_t build(nalg_graph *g, const nalg_chain *c, size_t from, int *node)
{
    size_t offset = 0;
    int x = nalg_graph_input(g, 0, c->width[from], true);
    for (size_t l = from + 1; l <= c->layers; l++) {
        size_t n = c->width[l - 1], m = c->width[l];
        x = nalg_graph_product(g, nalg_graph_parameter(g, offset, m * n), false, x, false, m, n, 1);
        offset += m * n;
        if (c->bias) {
            x = nalg_graph_add(g, x, nalg_graph_parameter(g, offset, m));
            offset += m;
        }
        node[l] = x;
        if (l < c->layers && c->activation[l]) x = nalg_rational_function_lower(g, c->activation[l], x);
    }
    return offset;
}

nalg_status nalg_feature_ranks(nalg_ctx *ctx, size_t *rank, const nalg_chain *chain, size_t from, bool with_constant)
{
    int node[NALG_CHAIN_LIMIT + 1];
    size_t widest = 0;
    for (size_t l = from; l <= chain->layers; l++) {
        rank[l] = 0;
        widest = chain->width[l] > widest ? chain->width[l] : widest;
    }
    if (widest > NALG_FEATURE_WIDTH_LIMIT) return NALG_OK;
    nalg_graph g;
    nalg_field field;
    nalg_evaluation *e = NULL;
    nalg_point point = {.prime = nalg_prime_word(0, 0), .seed = nalg_ctx_seed(ctx), .trial = (uint32_t)from};
    nalg_graph_init(&g);
    nalg_field_word(&field, point.prime);
    size_t batch = widest + 2, parameters = build(&g, chain, from, node), inputs = chain->width[from] * batch;
    size_t most = parameters > inputs ? parameters : inputs;
    uint64_t *values = nalg_array(most, sizeof *values);
    nalg_status status = !values || g.failed ? nalg_fail_memory(ctx) : nalg_evaluation_create(ctx, &e, &g, &field, batch);
    if (status == NALG_OK) {
        for (size_t i = 0; i < parameters; i++) values[i] = nalg_point_value(&point, NALG_STREAM_WEIGHTS, i);
        nalg_evaluation_set_parameters(e, values);
        for (size_t i = 0; i < inputs; i++) values[i] = nalg_point_value(&point, NALG_STREAM_INPUTS, i);
        nalg_evaluation_set_input(e, 0, values);
        bool finite = nalg_evaluation_run(e, 0, g.count);
        for (size_t l = from + 1; finite && l <= chain->layers && status == NALG_OK; l++)
            status = value_rank(ctx, &rank[l], e, node[l], chain->width[l], batch, with_constant, point.prime);
    }
    nalg_evaluation_free(e);
    nalg_graph_clear(&g);
    free(values);
    return status;
}
