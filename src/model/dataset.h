/* Checks of training data that every command which takes data makes.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_MODEL_DATASET_H
#define NALG_MODEL_DATASET_H

#include "model/model.h"
#include "neuroalg/data.h"

#define NALG_SAMPLE_LIMIT ((size_t)1000000)

/* NALG_E_SHAPE when the sizes are not the model's, NALG_E_ARGUMENT for no samples or a number that is not
 * finite, NALG_E_LIMIT for too many samples. */
NALG_NODISCARD nalg_status nalg_data_check(nalg_ctx *ctx, const nalg_data *data, const nalg_model *model);

/* How many samples have the inputs of an earlier one; *conflicts counts those whose targets differ from it.
 * Cost: samples log samples. */
NALG_NODISCARD nalg_status nalg_data_repeats(nalg_ctx *ctx, size_t *repeats, size_t *conflicts,
                                             const nalg_data *data);

#endif
