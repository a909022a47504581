/* Training data: samples of inputs with targets, as arrays or from a text file.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NEUROALG_DATA_H
#define NEUROALG_DATA_H

#include <stddef.h>
#include "neuroalg/model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Row-major arrays of finite numbers, owned by the caller: inputs samples x input_size, targets samples x
 * output_size. A sample's entries are in the order of the model's flattened shapes. */
typedef struct {
    const double *inputs, *targets;
    size_t samples, input_size, output_size;
} nalg_data;

typedef struct nalg_dataset nalg_dataset;

/** Read a table of samples for a model: its inputs, then its targets, one sample a line.
 *  In:       text (length bytes). Fields are separated by tabs, semicolons, commas or spaces (the first of
 *            these that the first line has); the first line may be a header (no field is a number); `#` starts
 *            a comment; blank lines and a byte order mark are skipped.
 *  Out:      *out, owned by the caller, freed with nalg_dataset_free; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_PARSE with line and column for a field that is no finite decimal; NALG_E_SHAPE
 *            for a line with a number of fields other than inputs plus outputs of the model; NALG_E_LIMIT for
 *            more than a million samples; NALG_E_MEMORY.
 *  Cost:     linear in the text.
 *  Source:   none. */
NALG_NODISCARD NALG_API nalg_status nalg_dataset_parse(nalg_ctx *ctx, nalg_dataset **out, const char *text,
                                                       size_t length, const nalg_model *model);

/** Free a data set.  In: dataset, may be NULL.  Cost: constant.  Source: none. */
NALG_API void nalg_dataset_free(nalg_dataset *dataset);

/** The samples as arrays.
 *  In: dataset.  Returns: a view whose arrays live as long as the data set.  Cost: constant.  Source: none.
 */
NALG_API nalg_data nalg_dataset_view(const nalg_dataset *dataset);

#ifdef __cplusplus
}
#endif

#endif
