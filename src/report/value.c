/* Tolerant access to JSON.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/value.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_KEY 64
#define MAX_DEPTH 8 /* of nested values written as text */

const json_t *nalg_json_at(const json_t *value, const char *path)
{
    while (value && *path) {
        char key[MAX_KEY];
        size_t length = strcspn(path, ".");
        if (length >= sizeof key) return NULL;
        memcpy(key, path, length);
        key[length] = 0;
        value = json_object_get(value, key);
        path += length + (path[length] == '.');
    }
    return value;
}

bool nalg_json_known(const json_t *value)
{
    return value && !json_is_null(value);
}

bool nalg_json_number(const json_t *value, double *number)
{
    if (json_is_number(value)) {
        *number = json_number_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    if (!text || !*text || strlen(text) > 400) return false;
    size_t sign = *text == '-';
    if (!text[sign] || text[sign + strspn(text + sign, "0123456789")]) return false;
    double read = strtod(text, NULL);
    if (!isfinite(read)) return false;
    *number = read;
    return true;
}

const char *nalg_json_string(const json_t *value, const char *path, const char *fallback)
{
    const char *text = json_string_value(nalg_json_at(value, path));
    return text ? text : fallback;
}

bool nalg_json_same(const json_t *a, const json_t *b)
{
    double x, y;
    if (json_is_string(a) && json_is_string(b)) return !strcmp(json_string_value(a), json_string_value(b));
    return nalg_json_number(a, &x) && nalg_json_number(b, &y) && x == y;
}

static void value_text(nalg_buffer *buffer, const json_t *value, size_t most, int depth);

static void array_text(nalg_buffer *buffer, const json_t *array, size_t most, int depth)
{
    size_t count = json_array_size(array), shown = count > most ? most : count;
    for (size_t i = 0; i < shown; i++) {
        const json_t *entry = json_array_get(array, i);
        bool nested = json_is_array(entry) || json_is_object(entry);
        if (i) nalg_buffer_text(buffer, ", ");
        if (nested) nalg_buffer_text(buffer, "(");
        value_text(buffer, entry, most, depth);
        if (nested) nalg_buffer_text(buffer, ")");
    }
    if (shown < count) nalg_buffer_format(buffer, "%s%zu in all", shown ? ", ... " : "", count);
    if (!count) nalg_buffer_text(buffer, "none");
}

/* What is known of an object; "unknown" if nothing is. */
static void object_text(nalg_buffer *buffer, const json_t *object, size_t most, int depth)
{
    const char *key, *separator = "";
    json_t *entry;
    json_object_foreach((json_t *)object, key, entry) {
        if (json_is_null(entry)) continue;
        nalg_buffer_text(buffer, separator);
        nalg_key_text(buffer, key);
        nalg_buffer_text(buffer, " ");
        value_text(buffer, entry, most, depth);
        separator = ", ";
    }
    if (!json_object_size(object)) nalg_buffer_text(buffer, "none");
    else if (!*separator) nalg_buffer_text(buffer, "unknown");
}

static void value_text(nalg_buffer *buffer, const json_t *value, size_t most, int depth)
{
    if (depth > MAX_DEPTH) nalg_buffer_text(buffer, "...");
    else if (json_is_string(value)) nalg_buffer_text(buffer, json_string_value(value));
    else if (json_is_integer(value)) nalg_buffer_format(buffer, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value)) nalg_buffer_format(buffer, "%.6g", json_real_value(value));
    else if (json_is_boolean(value)) nalg_buffer_text(buffer, json_is_true(value) ? "yes" : "no");
    else if (json_is_array(value)) array_text(buffer, value, most, depth + 1);
    else if (json_is_object(value)) object_text(buffer, value, most, depth + 1);
    else nalg_buffer_text(buffer, "unknown");
}

void nalg_json_text(nalg_buffer *buffer, const json_t *value, size_t most)
{
    value_text(buffer, value, most, 0);
}

void nalg_shape_text(nalg_buffer *buffer, const json_t *shape, const char *separator)
{
    if (!json_is_array(shape)) {
        nalg_json_text(buffer, shape, 8);
        return;
    }
    size_t count = json_array_size(shape);
    for (size_t i = 0; i < count; i++) {
        if (i) nalg_buffer_text(buffer, separator);
        nalg_json_text(buffer, json_array_get(shape, i), 8);
    }
    if (!count) nalg_buffer_text(buffer, "1");
}

void nalg_key_text(nalg_buffer *buffer, const char *key)
{
    for (; *key; key++) nalg_buffer_append(buffer, *key == '_' ? " " : key, 1);
}
