/* A model: its phrase, its pipeline, its parameters.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_MODEL_H
#define NALG_MODEL_MODEL_H

#include "model/pipeline.h"
#include "neuroalg/model.h"

struct nalg_model {
    char *spec;     /* as given, white space trimmed */
    char *pipeline; /* canonical form */
    nalg_pipeline *layers;
    size_t parameters;
};

/* The function graph: input slot 0 is one batch of inputs. Returns the output node. */
NALG_NODISCARD nalg_status nalg_model_lower(nalg_ctx *ctx, const nalg_model *model, nalg_graph *g, int *output);

/* Expand a short family (`mlp 2-3-1 x^2`) to the pipeline form. *out is a heap string and *where the columns its characters come from
 * (also on the heap), or both NULL if the text is no family. */
NALG_NODISCARD nalg_status nalg_family_expand(nalg_ctx *ctx, char **out, uint32_t **where, nalg_span text);

/* Degree of the outputs in the inputs (numerator and denominator); UINT64_MAX when larger than that. */
NALG_NODISCARD nalg_status nalg_model_degree(nalg_ctx *ctx, const nalg_model *model, uint64_t *numerator, uint64_t *denominator);

/* Largest exponent of an activation or norm, nested blocks included. */
uint64_t nalg_model_exponent(const nalg_model *model);

#endif
