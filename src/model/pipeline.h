/* A sequence of layers.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_PIPELINE_H
#define NALG_MODEL_PIPELINE_H

#include "model/layer.h"

#define NALG_LAYER_LIMIT 4096
#define NALG_NESTING_LIMIT 32

/* Parse `layer | layer | ...` (no input stage). *out is owned by the caller; on error it is freed and NULL. */
NALG_NODISCARD nalg_status nalg_pipeline_parse(nalg_ctx *ctx, nalg_pipeline **out, nalg_span text);
void nalg_pipeline_free(nalg_pipeline *p);
/* Shapes and parameter counts, from the input shape. */
NALG_NODISCARD nalg_status nalg_pipeline_infer(nalg_ctx *ctx, nalg_pipeline *p, nalg_shape in);
void nalg_pipeline_print(const nalg_pipeline *p, nalg_text *out);
int nalg_pipeline_lower(const nalg_pipeline *p, nalg_graph *g, int input);
/* Degrees of the outputs' monomials from those of the inputs'. False when memory is out. */
bool nalg_pipeline_degrees(const nalg_pipeline *p, nalg_degrees *d);
uint64_t nalg_pipeline_exponent(const nalg_pipeline *p);
nalg_model_class nalg_pipeline_class(const nalg_pipeline *p);

/* Split at `separator` outside parentheses: cut the first piece off *rest, trimmed of spaces. */
bool nalg_span_cut_outside(nalg_span *rest, char separator, nalg_span *piece);

#endif
