/* Writing and reading lists of numbers.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/data_document.h"
#include <math.h>
#include <stdlib.h>
#include "core/memory.h"

json_t *nalg_reals_json(const double *x, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < count; i++)
        if (json_array_append_new(list, json_real(x[i]))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

double *nalg_reals_read(const json_t *list, size_t *count)
{
    *count = json_array_size(list);
    double *x = json_is_array(list) ? nalg_array(*count, sizeof *x) : NULL;
    for (size_t i = 0; x && i < *count; i++) {
        const json_t *number = json_array_get(list, i);
        x[i] = json_number_value(number);
        if (json_is_number(number) && isfinite(x[i])) continue;
        free(x);
        return NULL;
    }
    return x;
}

json_t *nalg_data_json(const nalg_data *data)
{
    return json_pack("{s:o, s:o}", "inputs", nalg_reals_json(data->inputs, data->samples * data->input_size),
                     "targets", nalg_reals_json(data->targets, data->samples * data->output_size));
}

bool nalg_data_read(nalg_data *out, const json_t *data, const nalg_model *model)
{
    size_t in = nalg_shape_size(&model->layers->in), to = nalg_shape_size(&model->layers->out), inputs,
           targets;
    double *x = nalg_reals_read(json_object_get(data, "inputs"), &inputs),
           *y = nalg_reals_read(json_object_get(data, "targets"), &targets);
    *out = (nalg_data){x, y, targets / to, in, to};
    return x && y && out->samples && targets == out->samples * to && inputs == out->samples * in;
}

void nalg_data_release(nalg_data *data)
{
    free((double *)(uintptr_t)data->inputs);
    free((double *)(uintptr_t)data->targets);
    *data = (nalg_data){0};
}
