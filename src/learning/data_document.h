/* Data and other real numbers inside documents.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_DATA_DOCUMENT_H
#define NALG_LEARNING_DATA_DOCUMENT_H

#include "core/json.h"
#include "model/model.h"
#include "neuroalg/data.h"

/* A list of numbers, written with 17 digits and so exactly; NULL when memory is out. */
json_t *nalg_reals_json(const double *x, size_t count);
/* And back: *count finite numbers; NULL when it is no list of numbers or memory is out. */
double *nalg_reals_read(const json_t *list, size_t *count);

/* {inputs, targets}, row-major; NULL when memory is out. */
json_t *nalg_data_json(const nalg_data *data);
/* And back, as data of the model's sizes; false when it is none. Arrays of *out are freed with
 * nalg_data_release, also after false. */
bool nalg_data_read(nalg_data *out, const json_t *data, const nalg_model *model);
void nalg_data_release(nalg_data *data);

#endif
