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

/** Free a model.  In: model, may be NULL.  Cost: linear in its layers.  Source: none. */
NALG_API void nalg_model_free(nalg_model *model);

/** Number of scalar parameters.  In: model.  Returns: the length of the weight vector.  Cost: constant.  Source: none. */
NALG_API size_t nalg_model_parameters(const nalg_model *model);

/** Canonical pipeline form, such as "input 2 | dense 3 | x^2 | dense 1".
 *  In: model.  Returns: a string owned by the model.  Cost: constant.  Source: none. */
NALG_API const char *nalg_model_pipeline(const nalg_model *model);

#ifdef __cplusplus
}
#endif

#endif
