/* Growable text with a sticky failure flag: append freely, check once.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_TEXT_H
#define NALG_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include "neuroalg/status.h"

typedef struct {
    char *data; /* NUL-terminated once something was appended; NULL before */
    size_t length, capacity;
    bool failed;
} nalg_text;

void nalg_text_clear(nalg_text *t);
void nalg_text_append(nalg_text *t, const char *s, size_t length);
void nalg_text_string(nalg_text *t, const char *s);
void nalg_text_format(nalg_text *t, const char *format, ...) NALG_PRINTF(2, 3);
/* The text as a heap string owned by the caller, NULL after a failure; t is empty afterwards. */
char *nalg_text_take(nalg_text *t);

#endif
