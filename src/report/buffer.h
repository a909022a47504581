/* Text that grows, and the escaping functions every text of a report goes through. A failed allocation is remembered: what
 * follows is dropped and the one check is at the end, so that code that writes a page has no error paths.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_BUFFER_H
#define NALG_REPORT_BUFFER_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "neuroalg/status.h"

typedef struct {
    char *data; /* length bytes and a terminating zero; NULL while empty */
    size_t length, capacity;
    bool failed;
} nalg_buffer;

void nalg_buffer_append(nalg_buffer *buffer, const void *bytes, size_t count);
void nalg_buffer_text(nalg_buffer *buffer, const char *text);
void nalg_buffer_format(nalg_buffer *buffer, const char *format, ...) NALG_PRINTF(2, 3);
void nalg_buffer_vformat(nalg_buffer *buffer, const char *format, va_list args);

/* The text as HTML content or as the value of a quoted attribute: & < > " ' escaped, controls replaced by U+FFFD. */
void nalg_buffer_html(nalg_buffer *buffer, const char *text);

/* The text on a terminal: control characters replaced, so that a name in a file cannot move the cursor. */
void nalg_buffer_terminal(nalg_buffer *buffer, const char *text);

/* Compact ASCII JSON that can stand inside a <script> element: no '<', '>' or '&' is left in it. */
void nalg_buffer_script_json(nalg_buffer *buffer, const json_t *value);

void nalg_buffer_base64(nalg_buffer *buffer, const void *bytes, size_t count);

/* Digits in groups of three (narrow no-break space) when there are at least five; other texts as they are. */
void nalg_buffer_grouped(nalg_buffer *buffer, const char *digits);

/* The content so far, "" when empty. */
const char *nalg_buffer_content(const nalg_buffer *buffer);

/* Hand the content to the caller (free with free()); NULL after a failure. The buffer is empty afterwards. */
char *nalg_buffer_take(nalg_buffer *buffer, size_t *length);

void nalg_buffer_clear(nalg_buffer *buffer);

#endif
