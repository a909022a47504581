/* JSON values of our types.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/json.h"
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#define EXACT_IN_DOUBLE (UINT64_C(1) << 53)

json_t *nalg_json_unsigned(uint64_t value)
{
    if (value <= EXACT_IN_DOUBLE) return json_integer((json_int_t)value);
    char digits[24];
    snprintf(digits, sizeof digits, "%" PRIu64, value);
    return json_string(digits);
}

json_t *nalg_json_fmpz(const fmpz_t value)
{
    if (fmpz_sgn(value) >= 0 && fmpz_cmp_ui(value, EXACT_IN_DOUBLE) <= 0)
        return json_integer((json_int_t)fmpz_get_ui(value));
    char *digits = fmpz_get_str(NULL, 10, value);
    json_t *text = json_string(digits);
    flint_free(digits);
    return text;
}

json_t *nalg_json_indices(const size_t *index, size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; array && i < count; i++)
        if (json_array_append_new(array, json_integer((json_int_t)index[i]))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static bool objects_agree(const json_t *a, const json_t *b, double relative)
{
    const char *key;
    json_t *value;
    if (json_object_size(a) != json_object_size(b)) return false;
    json_object_foreach((json_t *)(uintptr_t)a, key,
                        value) if (!nalg_json_agree(value, json_object_get(b, key), relative)) return false;
    return true;
}

bool nalg_json_agree(const json_t *a, const json_t *b, double relative)
{
    if (json_is_real(a) && json_is_real(b)) {
        double x = json_real_value(a), y = json_real_value(b);
        return fabs(x - y) <= relative * fmax(fabs(x), fabs(y));
    }
    if (json_is_object(a) && json_is_object(b)) return objects_agree(a, b, relative);
    if (!json_is_array(a) || !json_is_array(b)) return a && b && json_equal(a, b);
    bool same = json_array_size(a) == json_array_size(b);
    for (size_t i = 0; same && i < json_array_size(a); i++)
        same = nalg_json_agree(json_array_get(a, i), json_array_get(b, i), relative);
    return same;
}
