/* Growable text.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

void nalg_text_clear(nalg_text *t)
{
    free(t->data);
    *t = (nalg_text){0};
}

/* Room for `more` characters and a NUL. */
static bool reserve(nalg_text *t, size_t more)
{
    while (!t->failed && t->capacity - t->length <= more)
        if (!nalg_grow((void **)&t->data, &t->capacity, t->capacity, 1)) t->failed = true;
    return !t->failed;
}

void nalg_text_append(nalg_text *t, const char *s, size_t length)
{
    if (!reserve(t, length)) return;
    memcpy(t->data + t->length, s, length);
    t->length += length;
    t->data[t->length] = '\0';
}

void nalg_text_string(nalg_text *t, const char *s)
{
    nalg_text_append(t, s, strlen(s));
}

void nalg_text_format(nalg_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) {
        t->failed = true;
        return;
    }
    if (!reserve(t, (size_t)length)) return;
    va_start(args, format);
    vsnprintf(t->data + t->length, (size_t)length + 1, format, args);
    va_end(args);
    t->length += (size_t)length;
}

char *nalg_text_take(nalg_text *t)
{
    if (!t->failed) nalg_text_append(t, "", 0);
    if (t->failed) {
        nalg_text_clear(t);
        return NULL;
    }
    char *data = t->data;
    *t = (nalg_text){0};
    return data;
}
