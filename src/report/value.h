/* Reading result documents that may be incomplete: every access tolerates what is missing or has another type.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_VALUE_H
#define NALG_REPORT_VALUE_H

#include <stdbool.h>
#include <jansson.h>
#include "report/buffer.h"

/* The value at a dotted path of object keys such as "result.dimension"; NULL when there is none. */
const json_t *nalg_json_at(const json_t *value, const char *path);

/* There and not null. */
bool nalg_json_known(const json_t *value);

/* A number, or a string that spells an exact integer; false otherwise. */
bool nalg_json_number(const json_t *value, double *number);

/* The string at the path, or the fallback (which may be NULL). */
const char *nalg_json_string(const json_t *value, const char *path, const char *fallback);

/* True when both are numbers of equal value, or equal strings. */
bool nalg_json_same(const json_t *a, const json_t *b);

/* The value as plain text: numbers as they are, null as "unknown", arrays with commas, objects as "key value, ...". At most
 * `most` elements of each array are written, then their number. */
void nalg_json_text(nalg_buffer *buffer, const json_t *value, size_t most);

/* A shape such as [1, 8, 8] with the separator between its sizes. */
void nalg_shape_text(nalg_buffer *buffer, const json_t *shape, const char *separator);

/* A key such as "fiber_dimension" in words: "fiber dimension". */
void nalg_key_text(nalg_buffer *buffer, const char *key);

#endif
