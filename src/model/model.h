/* A model: its phrase, its pipeline, its parameters.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_MODEL_H
#define NALG_MODEL_MODEL_H

#include "core/json.h"
#include "model/pipeline.h"
#include "model/weights.h"
#include "neuroalg/model.h"

#define NALG_MODEL_TENSOR_RANK 8

/* A named tensor of parameters. */
typedef struct {
    char *name;
    size_t rank, size;
    size_t dim[NALG_MODEL_TENSOR_RANK];
    size_t *place; /* of each element, row by row, in the parameter vector; SIZE_MAX: the function does not depend on it */
} nalg_model_tensor;

struct nalg_model {
    char *spec;     /* as given, white space trimmed */
    char *pipeline; /* canonical form */
    nalg_pipeline *layers;
    size_t parameters;
    nalg_model_tensor *tensor; /* of a file: its tensors; none for a phrase */
    size_t tensors;
    nalg_weights trained;      /* of a file: its weights in the order of the pipeline; none for a phrase */
    json_t *source;            /* of a file: format, producer, constants, notes; NULL for a phrase */
};

/* The function graph: input slot 0 is one batch of inputs. Returns the output node. */
NALG_NODISCARD nalg_status nalg_model_lower(nalg_ctx *ctx, const nalg_model *model, nalg_graph *g, int *output);

/* Expand a short family (`mlp 2-3-1 x^2`) to the pipeline form. *out is a heap string and *where the columns its characters come from
 * (also on the heap), or both NULL if the text is no family. */
NALG_NODISCARD nalg_status nalg_family_expand(nalg_ctx *ctx, char **out, uint32_t **where, nalg_span text);

/* Degree of the outputs in the inputs (numerator and denominator); UINT64_MAX when larger than that. */
NALG_NODISCARD nalg_status nalg_model_degree(nalg_ctx *ctx, const nalg_model *model, uint64_t *numerator, uint64_t *denominator);
/* The same in the weights. */
NALG_NODISCARD nalg_status nalg_model_weight_degree(nalg_ctx *ctx, const nalg_model *model, uint64_t *numerator, uint64_t *denominator);

/* The point a question is asked at: the weights in `text` (a weight file) when given, else the model's own, else none (count 0). */
bool nalg_model_has_point(const nalg_model *model, const char *text);
NALG_NODISCARD nalg_status nalg_model_point(nalg_ctx *ctx, nalg_weights *out, const nalg_model *model, const char *text, size_t length);

/* Largest exponent of an activation or norm, nested blocks included. */
uint64_t nalg_model_exponent(const nalg_model *model);

#endif
