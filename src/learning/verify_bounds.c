/* Checking `bounds`: the numbers follow from the model again, and the pseudo-dimension is the last whole
 * number at which Warren's inequality holds, tested on both sides of it.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include "learning/verify_learning.h"
#include "neuroalg/learning.h"

#define TOLERANCE 1e-9

/* k log 2 <= W log(4 e d k / W)? */
static bool inequality_holds(double k, double weights, double degree)
{
    return k * log(2) <= weights * log(4 * exp(1) * degree * k / weights) * (1 + TOLERANCE);
}

static void check_pseudo_dimension(nalg_verification *v)
{
    const json_t *claimed = json_object_get(v->result, "pseudo_dimension"),
                 *degree = json_object_get(v->result, "degree_in_weights");
    double k = json_number_value(claimed), d = json_number_value(degree),
           weights = (double)v->model->parameters;
    if (json_is_null(claimed)) return;
    bool ok = json_is_integer(claimed) && json_is_number(degree) && k >= weights &&
              inequality_holds(k, weights, d) && !inequality_holds(k + 1, weights, d * (1 - 1e-6));
    nalg_verification_record(v, "Warren's inequality holds at the pseudo-dimension and fails beyond it", ok,
                             "%.0f points", k);
}

void nalg_verify_bounds(nalg_verification *v)
{
    nalg_result *again = NULL;
    check_pseudo_dimension(v);
    nalg_status status = nalg_bounds(v->ctx, &again, v->model);
    nalg_verification_compare(v, status, again, TOLERANCE, NULL);
}
