/* What the parts of the checker of `landscape` share.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_VERIFY_LANDSCAPE_INTERNAL_H
#define NALG_LEARNING_VERIFY_LANDSCAPE_INTERNAL_H

#include <math.h>
#include <string.h>
#include "core/json.h"
#include "geometry/strata.h"
#include "geometry/verify.h"
#include "learning/inspect.h"
#include "neuroalg/landscape.h"

/* Losses, relative to the larger of the loss and a thousandth of the squared targets (balanced inputs are
 * rounded). */
#define NALG_LOSS_TOLERANCE 1e-7

typedef struct {
    nalg_verification *v;
    nalg_landscape_options options;
    nalg_data data;
    nalg_text weights;
    nalg_inspection inspection;
    bool inspecting;
    const json_t *list; /* of points */
    size_t count;
    nalg_inspected *point;
    nalg_strata strata;
    bool strata_found;
} nalg_landscape_check;

static inline const json_t *at(const nalg_landscape_check *k, size_t point, const char *key)
{
    return json_object_get(json_array_get(k->list, point), key);
}

static inline bool says(const json_t *text, const char *word)
{
    return json_is_string(text) && !strcmp(json_string_value(text), word);
}

static inline double loss_size(const nalg_landscape_check *k, double loss)
{
    return fmax(fabs(loss), 1e-3 * k->inspection.form.constant);
}

static inline bool same_loss(const nalg_landscape_check *k, double a, double b)
{
    return fabs(a - b) <= NALG_LOSS_TOLERANCE * loss_size(k, b);
}

static inline bool claims(const json_t *number, size_t found)
{
    return json_is_integer(number) && json_integer_value(number) >= 0 &&
           (size_t)json_integer_value(number) == found;
}

/* Compares the list with that of a search under another seed. */
NALG_NODISCARD nalg_status nalg_landscape_search_again(nalg_landscape_check *k);

#endif
