/* Models: neural networks given by a phrase such as "mlp 2-3-1 x^2".  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_MODEL_H
#define NEUROALG_MODEL_H

#include <stddef.h>
#include "neuroalg/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nalg_model nalg_model;

/** Read a model phrase.
 *  In:       text (length bytes, need not end with NUL), the model language of docs/models.md.
 *  Out:      *out, owned by the caller, freed with nalg_model_free; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_PARSE, NALG_E_SHAPE, NALG_E_LIMIT or NALG_E_UNSUPPORTED with the column and what to write instead;
 *            NALG_E_MEMORY.
 *  Cost:     linear in the phrase and the number of layers.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_model_parse(nalg_ctx *ctx, nalg_model **out, const char *text, size_t length);

/* What to do when an exporter merged parameters with equal values into one (an Identity of an initializer). */
typedef enum {
    NALG_MERGED_REFUSE = 0, /* stop and say which */
    NALG_MERGED_TIED = 1,   /* they are one parameter */
    NALG_MERGED_UNTIED = 2  /* they are several that have equal values */
} nalg_merged;

typedef struct {
    nalg_merged merged;
    const char *constants;  /* names of tensors that are not trained, separated by commas, `fc1.*` for all that start so; or NULL */
    const char *parameters; /* names that are trained although they look like lifted constants; or NULL */
} nalg_onnx_options;

/** Read a model from an ONNX file. Its tensors of floating type are the parameters, their values a point of the model.
 *  In:       path of the file; options, or NULL for none. External data are read from the file's own folder only.
 *  Out:      *out, owned by the caller, freed with nalg_model_free; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_IO; NALG_E_PARSE, NALG_E_SHAPE or NALG_E_LIMIT for a damaged or too large file; NALG_E_UNSUPPORTED with all nodes
 *            that are not algebraic; NALG_E_ARGUMENT when merged parameters need a decision; NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE.
 *  Cost:     linear in the file and in the entries of all intermediate tensors.  Source: ONNX opsets 7 to 20; docs/onnx.md. */
NALG_NODISCARD NALG_API nalg_status nalg_model_read_onnx(nalg_ctx *ctx, nalg_model **out, const char *path, const nalg_onnx_options *options);

/** Free a model.  In: model, may be NULL.  Cost: linear in its layers.  Source: none. */
NALG_API void nalg_model_free(nalg_model *model);

/** Number of scalar parameters.  In: model.  Returns: the length of the weight vector.  Cost: constant.  Source: none. */
NALG_API size_t nalg_model_parameters(const nalg_model *model);

/** The weights that a model was read with, in the order of its parameters.
 *  In:       model.
 *  Out:      weights, nalg_model_parameters(model) numbers, rounded to doubles (weights of 32 and 64 bits are exact); unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a model without weights, such as a phrase.
 *  Cost:     linear in the parameters.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_model_weights(nalg_ctx *ctx, double *weights, const nalg_model *model);

/** Canonical pipeline form, such as "input 2 | dense 3 | x^2 | dense 1".
 *  In: model.  Returns: a string owned by the model.  Cost: constant.  Source: none. */
NALG_API const char *nalg_model_pipeline(const nalg_model *model);

#ifdef __cplusplus
}
#endif

#endif
