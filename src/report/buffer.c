/* Growing text and escaping. Escaping is by character class, not by a list of dangerous strings: five characters cover HTML
 * content and quoted attributes (HTML Living Standard, section 13.1.2), and without '<' no script element can be closed.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/buffer.h"
#include "core/memory.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FIRST_CAPACITY 4096
#define REPLACEMENT "\xEF\xBF\xBD" /* U+FFFD */
#define NARROW_SPACE "\xE2\x80\xAF" /* U+202F */

static bool reserve(nalg_buffer *buffer, size_t more)
{
    if (buffer->failed) return false;
    if (more < buffer->capacity - buffer->length) return true;
    size_t wanted = buffer->capacity ? buffer->capacity : FIRST_CAPACITY;
    while (wanted - buffer->length <= more) {
        if (!nalg_size_multiply(&wanted, wanted, 2)) goto failed;
    }
    char *grown = nalg_array(wanted, 1);
    if (!grown) goto failed;
    if (buffer->length) memcpy(grown, buffer->data, buffer->length);
    free(buffer->data);
    buffer->data = grown;
    buffer->capacity = wanted;
    return true;
failed:
    buffer->failed = true;
    return false;
}

void nalg_buffer_append(nalg_buffer *buffer, const void *bytes, size_t count)
{
    if (!reserve(buffer, count)) return;
    if (count) memcpy(buffer->data + buffer->length, bytes, count);
    buffer->length += count;
    buffer->data[buffer->length] = 0;
}

void nalg_buffer_text(nalg_buffer *buffer, const char *text)
{
    nalg_buffer_append(buffer, text, strlen(text));
}

void nalg_buffer_vformat(nalg_buffer *buffer, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0) buffer->failed = true;
    else if (reserve(buffer, (size_t)length)) {
        vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, again);
        buffer->length += (size_t)length;
    }
    va_end(again);
}

void nalg_buffer_format(nalg_buffer *buffer, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nalg_buffer_vformat(buffer, format, args);
    va_end(args);
}

/* Length of a character at s that would change how others are shown: C0, DEL, C1, and the controls of text direction (U+202A
 * to U+202E, U+2066 to U+2069), which make a command read otherwise than it runs. 0 for none; tab and newline are left alone. */
static size_t control_length(const unsigned char *s)
{
    if (*s == '\t' || *s == '\n') return 0;
    if (*s < 0x20 || *s == 0x7F) return 1;
    if (s[0] == 0xC2 && s[1] >= 0x80 && s[1] < 0xA0) return 2;
    if (s[0] != 0xE2) return 0;
    return (s[1] == 0x80 && s[2] >= 0xAA && s[2] <= 0xAE) || (s[1] == 0x81 && s[2] >= 0xA6 && s[2] <= 0xA9) ? 3 : 0;
}

static const char *html_entity(char c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return NULL;
    }
}

void nalg_buffer_html(nalg_buffer *buffer, const char *text)
{
    const char *plain = text;
    for (const char *s = text; *s;) {
        size_t control = control_length((const unsigned char *)s);
        const char *entity = control ? REPLACEMENT : html_entity(*s);
        size_t step = control ? control : 1;
        if (entity) {
            nalg_buffer_append(buffer, plain, (size_t)(s - plain));
            nalg_buffer_text(buffer, entity);
            plain = s + step;
        }
        s += step;
    }
    nalg_buffer_text(buffer, plain);
}

void nalg_buffer_terminal(nalg_buffer *buffer, const char *text)
{
    for (const char *s = text; *s;) {
        size_t control = *s == '\t' || *s == '\n' ? 1 : control_length((const unsigned char *)s);
        if (control) nalg_buffer_text(buffer, *s == '\t' || *s == '\n' ? " " : REPLACEMENT);
        else nalg_buffer_append(buffer, s, 1);
        s += control ? control : 1;
    }
}

void nalg_buffer_script_json(nalg_buffer *buffer, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_ENSURE_ASCII);
    if (!text) {
        buffer->failed = true;
        return;
    }
    /* Outside strings JSON has none of these characters, so the replacement is another spelling of the same value. */
    for (const char *s = text; *s; s++) {
        if (*s == '<' || *s == '>' || *s == '&') nalg_buffer_format(buffer, "\\u%04x", (unsigned)*s);
        else nalg_buffer_append(buffer, s, 1);
    }
    free(text);
}

void nalg_buffer_base64(nalg_buffer *buffer, const void *bytes, size_t count)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *s = bytes;
    for (size_t i = 0; i < count; i += 3) {
        size_t have = count - i < 3 ? count - i : 3;
        uint32_t word = (uint32_t)s[i] << 16;
        if (have > 1) word |= (uint32_t)s[i + 1] << 8;
        if (have > 2) word |= s[i + 2];
        char out[4] = {alphabet[word >> 18], alphabet[word >> 12 & 63], '=', '='};
        if (have > 1) out[2] = alphabet[word >> 6 & 63];
        if (have > 2) out[3] = alphabet[word & 63];
        nalg_buffer_append(buffer, out, 4);
    }
}

void nalg_buffer_grouped(nalg_buffer *buffer, const char *digits)
{
    size_t sign = *digits == '-', length = strlen(digits);
    if (length < sign + 5 || strspn(digits + sign, "0123456789") != length - sign) {
        nalg_buffer_text(buffer, digits);
        return;
    }
    nalg_buffer_append(buffer, digits, sign);
    for (size_t i = sign; i < length; i++) {
        if (i > sign && (length - i) % 3 == 0) nalg_buffer_text(buffer, NARROW_SPACE);
        nalg_buffer_append(buffer, digits + i, 1);
    }
}

const char *nalg_buffer_content(const nalg_buffer *buffer)
{
    return buffer->data && buffer->length ? buffer->data : "";
}

char *nalg_buffer_take(nalg_buffer *buffer, size_t *length)
{
    nalg_buffer_append(buffer, "", 0); /* an empty text is a string too */
    char *text = buffer->failed ? NULL : buffer->data;
    if (text && length) *length = buffer->length;
    if (text) *buffer = (nalg_buffer){0};
    nalg_buffer_clear(buffer);
    return text;
}

void nalg_buffer_clear(nalg_buffer *buffer)
{
    free(buffer->data);
    *buffer = (nalg_buffer){0};
}
