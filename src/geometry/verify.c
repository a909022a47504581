/* Recording what a check found.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/verify.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void nalg_verification_record(nalg_verification *v, const char *claim, bool ok, const char *format, ...)
{
    char detail[512] = "";
    va_list args;
    va_start(args, format);
    if (format) vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    v->valid = v->valid && ok;
    if (json_array_append_new(v->checks, json_pack("{s:s, s:b, s:s}", "claim", claim, "ok", ok, "detail", detail)) && v->status == NALG_OK)
        v->status = nalg_fail_memory(v->ctx);
}

bool nalg_json_get_unsigned(const json_t *object, const char *key, uint64_t *out)
{
    const json_t *v = json_object_get(object, key);
    const char *digits = json_string_value(v);
    if (json_is_integer(v) && json_integer_value(v) >= 0) {
        *out = (uint64_t)json_integer_value(v);
        return true;
    }
    if (!digits || !*digits || strspn(digits, "0123456789") != strlen(digits)) return false;
    errno = 0;
    *out = strtoull(digits, NULL, 10);
    return errno == 0;
}
