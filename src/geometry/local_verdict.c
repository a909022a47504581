/* Identifiability at given weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/local_verdict.h"
#include "core/memory.h"
#include "geometry/symmetry_rank.h"

#define NOT_KNOWN SIZE_MAX

/* Dimensions that the known symmetries move at these weights; NOT_KNOWN when there are too many fields to
 * evaluate. */
static nalg_status symmetry_rank_here(nalg_ctx *ctx, size_t *rank, const nalg_upper_bounds *b,
                                      const nalg_weights *weights)
{
    *rank = NOT_KNOWN;
    if (nalg_symmetries_fields(&b->symmetries) > NALG_SYMMETRY_FIELDS_LIMIT) return NALG_OK;
    uint64_t *residues = nalg_array(weights->count, sizeof *residues);
    if (!residues) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    if (nalg_weights_residues(weights, b->prime, residues))
        status = nalg_symmetry_rank(ctx, rank, NULL, &b->symmetries,
                                    &(nalg_point){.prime = b->prime, .weights = residues});
    free(residues);
    return status;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* Fewer directions than elsewhere: the fiber need not be a manifold here, but orbits of symmetries lie in it.
 */
static void describe_critical(nalg_text *text, size_t dimension, size_t rank, size_t known)
{
    nalg_text_format(text,
                     "critical weights: %zu of %zu directions of the function space are lost to first "
                     "order, as at a subnetwork; ",
                     dimension - rank, dimension);
    if (known == 0 || known == NOT_KNOWN)
        nalg_text_string(text, "the rank does not decide whether they are identifiable");
    else
        nalg_text_format(text, "not identifiable: the known symmetries move them in %zu dimension%s", known,
                         plural(known));
}

static void describe_family(nalg_text *text, size_t kernel, size_t known)
{
    if (known != NOT_KNOWN && known >= kernel) {
        nalg_text_format(text, "identifiable nearby up to the %zu dimension%s of the known symmetries",
                         kernel, plural(kernel));
        return;
    }
    nalg_text_format(text,
                     "not identifiable: the weights with this function form a family of dimension %zu nearby",
                     kernel);
    if (known != NOT_KNOWN)
        nalg_text_format(text, ", %zu of it explained by no known symmetry", kernel - known);
}

nalg_status nalg_local_verdict(nalg_ctx *ctx, char **out, const nalg_upper_bounds *bounds,
                               const nalg_weights *weights, size_t dimension, size_t rank)
{
    nalg_text text = {0};
    size_t known, kernel = weights->count - rank;
    nalg_status status = symmetry_rank_here(ctx, &known, bounds, weights);
    if (status != NALG_OK) return status;
    if (kernel == 0)
        nalg_text_string(&text, "locally identifiable: no other weights nearby have this function");
    else if (rank < dimension)
        describe_critical(&text, dimension, rank, known);
    else
        describe_family(&text, kernel, known);
    char *sentence = nalg_text_take(&text);
    if (!sentence) return nalg_fail_memory(ctx);
    *out = sentence;
    return NALG_OK;
}
