/* Identifiability at given weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/local_verdict.h"
#include "core/memory.h"
#include "geometry/symmetry_rank.h"

/* Dimensions that the known symmetries move at these weights; 0 when there are too many fields to evaluate. */
static nalg_status symmetry_rank_here(nalg_ctx *ctx, size_t *rank, const nalg_upper_bounds *b, const nalg_weights *weights)
{
    *rank = 0;
    if (nalg_symmetries_fields(&b->symmetries) > NALG_SYMMETRY_FIELDS_LIMIT) return NALG_OK;
    uint64_t *residues = nalg_array(weights->count, sizeof *residues);
    if (!residues) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    if (nalg_weights_residues(weights, b->prime, residues))
        status = nalg_symmetry_rank(ctx, rank, NULL, &b->symmetries, &(nalg_point){.prime = b->prime, .weights = residues});
    free(residues);
    return status;
}

nalg_status nalg_local_verdict(nalg_ctx *ctx, char **out, const nalg_upper_bounds *bounds, const nalg_weights *weights,
                               size_t dimension, size_t rank)
{
    nalg_text text = {0};
    size_t known, kernel = weights->count - rank;
    nalg_status status = symmetry_rank_here(ctx, &known, bounds, weights);
    if (status != NALG_OK) return status;
    if (kernel == 0)
        nalg_text_string(&text, "locally identifiable: no other weights nearby have this function");
    else if (rank < dimension)
        nalg_text_format(&text,
                         "critical weights: %zu of %zu directions of the function space are lost to first "
                         "order, as at a subnetwork",
                         dimension - rank, dimension);
    else if (kernel > known)
        nalg_text_format(&text,
                         "not identifiable: the weights with this function form a family of dimension %zu "
                         "nearby, %zu of it explained by no known symmetry",
                         kernel, kernel - known);
    else
        nalg_text_format(&text, "identifiable nearby up to the %zu dimension%s of the known symmetries", kernel,
                         kernel == 1 ? "" : "s");
    char *sentence = nalg_text_take(&text);
    if (!sentence) return nalg_fail_memory(ctx);
    *out = sentence;
    return NALG_OK;
}
