/* Degree in the weights, read off the graph.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/bounds_degree.h"
#include "core/memory.h"

nalg_status nalg_weight_degree(nalg_ctx *ctx, uint64_t *numerator, uint64_t *denominator, const nalg_model *model)
{
    nalg_graph g;
    int output;
    nalg_graph_init(&g);
    nalg_status status = nalg_model_lower(ctx, model, &g, &output);
    uint64_t *n = nalg_array(g.count, sizeof *n), *d = nalg_array(g.count, sizeof *d);
    if (status == NALG_OK && (!n || !d)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; i < g.count; i++)
            if (g.node[i].op == NALG_OP_INPUT) g.node[i].op = NALG_OP_CONSTANT; /* inputs are fixed numbers here */
        nalg_graph_degree(&g, 1, n, d);
        *numerator = n[output];
        *denominator = d[output];
    }
    free(n);
    free(d);
    nalg_graph_clear(&g);
    return status;
}
