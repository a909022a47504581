/* The `model` object of every result.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_DOCUMENT_H
#define NALG_MODEL_DOCUMENT_H

#include "core/json.h"
#include "model/model.h"

/* {spec, pipeline, parameters}; NULL when memory is out. */
json_t *nalg_model_document(const nalg_model *model);

#endif
