/* Words of a stage.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/arguments.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool nalg_span_is(const nalg_span *s, const char *word)
{
    return s->length == strlen(word) && !memcmp(s->text, word, s->length);
}

size_t nalg_span_column(const nalg_span *s)
{
    return s->where[0] + 1u;
}

nalg_status nalg_span_fail(nalg_ctx *ctx, const nalg_span *s, nalg_status status, const char *hint, const char *format, ...)
{
    char where[64], what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(where, sizeof where, "column %zu", nalg_span_column(s));
    return nalg_fail(ctx, status, where, hint, "%s", what);
}

nalg_status nalg_span_size(nalg_ctx *ctx, const nalg_span *s, uint64_t limit, const char *what, size_t *out)
{
    uint64_t value = 0;
    int shown = s->length > 40 ? 40 : (int)s->length;
    for (size_t i = 0; i < s->length; i++) {
        if (!isdigit((unsigned char)s->text[i]))
            return nalg_span_fail(ctx, s, NALG_E_PARSE, "write a positive integer", "%s '%.*s' is not a positive integer", what, shown, s->text);
        value = value > limit ? value : value * 10 + (uint64_t)(s->text[i] - '0');
    }
    if (s->length == 0) return nalg_span_fail(ctx, s, NALG_E_PARSE, "write a positive integer", "%s is missing", what);
    if (value == 0) return nalg_span_fail(ctx, s, NALG_E_PARSE, "write 1 or more", "%s is 0", what);
    if (value > limit) {
        char hint[64];
        snprintf(hint, sizeof hint, "write at most %llu", (unsigned long long)limit);
        return nalg_span_fail(ctx, s, NALG_E_LIMIT, hint, "%s %.*s is too large", what, shown, s->text);
    }
    *out = value;
    return NALG_OK;
}

bool nalg_span_cut(nalg_span *rest, char separator, nalg_span *piece)
{
    if (!rest->text) return false;
    const char *at = memchr(rest->text, separator, rest->length);
    size_t length = at ? (size_t)(at - rest->text) : rest->length;
    *piece = (nalg_span){rest->text, rest->where, length};
    if (at) *rest = (nalg_span){rest->text + length + 1, rest->where + length + 1, rest->length - length - 1};
    else *rest = (nalg_span){0};
    return true;
}

/* Length of the word at the start of s: up to a space outside parentheses. */
static size_t word_length(const nalg_span *s)
{
    size_t depth = 0, i = 0;
    for (; i < s->length && (depth || s->text[i] != ' '); i++) depth += (s->text[i] == '(') - (size_t)(s->text[i] == ')' && depth);
    return i;
}

static nalg_span advance(nalg_span s, size_t n)
{
    return (nalg_span){s.text + n, s.where + n, s.length - n};
}

nalg_status nalg_arguments_parse(nalg_ctx *ctx, nalg_arguments *a, nalg_span stage)
{
    memset(a, 0, sizeof *a);
    a->ctx = ctx;
    a->stage = stage;
    size_t n = 0;
    while (n < stage.length && isalnum((unsigned char)stage.text[n])) n++;
    a->keyword = (nalg_span){stage.text, stage.where, n};
    nalg_span rest = advance(stage, n);
    while (rest.length && rest.text[0] == ' ') rest = advance(rest, 1);
    if (n && rest.length && rest.text[0] == '(') {
        size_t length = word_length(&rest);
        bool closed = length >= 2 && rest.text[length - 1] == ')';
        a->body = (nalg_span){rest.text + 1, rest.where + 1, closed ? length - 2 : length - 1};
        rest = advance(rest, length);
    }
    while (rest.length) {
        size_t length = word_length(&rest);
        if (length) {
            nalg_span word = {rest.text, rest.where, length};
            const char *equals = memchr(word.text, '=', length);
            if (a->count == NALG_ARGUMENT_LIMIT)
                return nalg_span_fail(ctx, &word, NALG_E_PARSE, "remove words", "more than %d words in one layer", NALG_ARGUMENT_LIMIT);
            size_t key = equals ? (size_t)(equals - word.text) : 0;
            a->word[a->count].key = (nalg_span){word.text, word.where, key};
            a->word[a->count++].value = equals ? advance(word, key + 1) : word;
        }
        rest = advance(rest, length + (length < rest.length));
    }
    return NALG_OK;
}

bool nalg_arguments_next(nalg_arguments *a, nalg_span *out)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->word[i].used && !a->word[i].key.length) {
            a->word[i].used = true;
            *out = a->word[i].value;
            return true;
        }
    return false;
}

bool nalg_arguments_flag(nalg_arguments *a, const char *flag)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->word[i].used && !a->word[i].key.length && nalg_span_is(&a->word[i].value, flag)) return a->word[i].used = true;
    return false;
}

bool nalg_arguments_option(nalg_arguments *a, const char *key, nalg_span *value)
{
    for (size_t i = 0; i < a->count; i++)
        if (!a->word[i].used && nalg_span_is(&a->word[i].key, key)) {
            *value = a->word[i].value;
            return a->word[i].used = true;
        }
    return false;
}

nalg_status nalg_arguments_size(nalg_arguments *a, const char *key, size_t *out)
{
    nalg_span value;
    if (!nalg_arguments_option(a, key, &value)) return NALG_OK;
    return nalg_span_size(a->ctx, &value, NALG_WIDTH_LIMIT, key, out);
}

nalg_status nalg_arguments_done(nalg_arguments *a, const char *usage)
{
    for (size_t i = 0; i < a->count; i++) {
        if (a->word[i].used) continue;
        const nalg_span *s = a->word[i].key.length ? &a->word[i].key : &a->word[i].value;
        return nalg_span_fail(a->ctx, s, NALG_E_PARSE, usage, "'%.*s' is not understood here", s->length > 40 ? 40 : (int)s->length, s->text);
    }
    return NALG_OK;
}
