/* Reading weights as exact rationals.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/weights.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

#define NUMBER_LIMIT 1024   /* characters of one number */
#define EXPONENT_LIMIT 5000 /* powers of ten */

/* [sign] digits [. digits] [e [sign] digits], or integer / integer. */
static bool read_number(fmpq_t out, const char *s, size_t length)
{
    char digits[NUMBER_LIMIT + 2];
    size_t n = 0, i = 0;
    long scale = 0, exponent = 0;
    bool point = false, any = false, negative = false;
    if (length > NUMBER_LIMIT) return false;
    if (memchr(s, '/', length)) {
        memcpy(digits, s, length);
        digits[length] = '\0';
        return fmpq_set_str(out, digits, 10) == 0 && !fmpz_is_zero(fmpq_denref(out));
    }
    if (i < length && (s[i] == '-' || s[i] == '+')) negative = s[i++] == '-';
    for (; i < length && (isdigit((unsigned char)s[i]) || (s[i] == '.' && !point)); i++) {
        if (s[i] == '.') {
            point = true;
        } else {
            digits[n++] = s[i];
            scale -= point;
            any = true;
        }
    }
    if (!any) return false;
    if (i < length && (s[i] == 'e' || s[i] == 'E')) {
        bool down = ++i < length && s[i] == '-';
        size_t first = i += i < length && (s[i] == '-' || s[i] == '+');
        for (; i < length && isdigit((unsigned char)s[i]) && exponent <= EXPONENT_LIMIT; i++)
            exponent = exponent * 10 + (s[i] - '0');
        if (i == first || exponent > EXPONENT_LIMIT) return false;
        scale += down ? -exponent : exponent;
    }
    if (i < length) return false;
    digits[n] = '\0';
    fmpz_t power;
    fmpz_init(power);
    fmpz_set_str(fmpq_numref(out), digits, 10);
    fmpz_one(fmpq_denref(out));
    fmpz_ui_pow_ui(power, 10, (ulong)(scale < 0 ? -scale : scale));
    if (scale < 0)
        fmpz_set(fmpq_denref(out), power);
    else
        fmpz_mul(fmpq_numref(out), fmpq_numref(out), power);
    if (negative) fmpz_neg(fmpq_numref(out), fmpq_numref(out));
    fmpq_canonicalise(out);
    fmpz_clear(power);
    return true;
}

static bool separates(char c)
{
    return isspace((unsigned char)c) || c == ',' || c == ';';
}

static nalg_status complain(nalg_ctx *ctx, size_t line, const char *token, size_t length)
{
    char where[64];
    snprintf(where, sizeof where, "line %zu", line);
    for (size_t i = 0; i < length; i++)
        if (!isprint((unsigned char)token[i]))
            return nalg_fail(ctx, NALG_E_PARSE, where, "give decimals as text, or a whole .safetensors file",
                             "weights: these bytes are neither text nor a safetensors file");
    return nalg_fail(ctx, NALG_E_PARSE, where,
                     "write decimals such as -1.25 or 3e-4, separated by spaces or commas",
                     "weights: '%.*s' is not a finite number", length > 40 ? 40 : (int)length, token);
}

nalg_status nalg_weights_parse(nalg_ctx *ctx, nalg_weights *out, const char *text, size_t length,
                               size_t count)
{
    nalg_weights w = {.value = nalg_array(count, sizeof(fmpq))};
    if (!w.value) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    size_t line = 1, i = 0, found = 0;
    while (i < length && status == NALG_OK) {
        if (text[i] == '#') {
            while (i < length && text[i] != '\n') i++;
        } else if (separates(text[i])) {
            line += text[i++] == '\n';
        } else {
            size_t start = i;
            while (i < length && !separates(text[i]) && text[i] != '#') i++;
            if (found++ >= count) continue;
            fmpq_init(&w.value[w.count]);
            if (!read_number(&w.value[w.count++], text + start, i - start))
                status = complain(ctx, line, text + start, i - start);
        }
    }
    if (status == NALG_OK && found != count)
        status =
            nalg_fail(ctx, NALG_E_PARSE, NULL,
                      "give one number for each parameter, in the order `neuroalg show` lists the layers",
                      "the weights hold %zu numbers, the model has %zu parameters", found, count);
    if (status == NALG_OK)
        *out = w;
    else
        nalg_weights_clear(&w);
    return status;
}

nalg_status nalg_weights_copy(nalg_ctx *ctx, nalg_weights *out, const nalg_weights *w)
{
    nalg_weights copy = {.value = nalg_array(w->count, sizeof(fmpq))};
    if (!copy.value) return nalg_fail_memory(ctx);
    for (; copy.count < w->count; copy.count++) {
        fmpq_init(&copy.value[copy.count]);
        fmpq_set(&copy.value[copy.count], &w->value[copy.count]);
    }
    *out = copy;
    return NALG_OK;
}

void nalg_weights_clear(nalg_weights *w)
{
    for (size_t i = 0; i < w->count; i++) fmpq_clear(&w->value[i]);
    free(w->value);
    *w = (nalg_weights){0};
}

bool nalg_weights_residues(const nalg_weights *w, uint64_t p, uint64_t *out)
{
    nmod_t mod;
    nmod_init(&mod, p);
    for (size_t i = 0; i < w->count; i++) {
        uint64_t denominator = fmpz_fdiv_ui(fmpq_denref(&w->value[i]), p);
        if (denominator == 0) return false;
        out[i] = nmod_mul(fmpz_fdiv_ui(fmpq_numref(&w->value[i]), p), n_invmod(denominator, p), mod);
    }
    return true;
}

json_t *nalg_weights_json(const nalg_weights *weights)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < weights->count; i++) {
        char *text = fmpq_get_str(NULL, 10, &weights->value[i]);
        int failed = json_array_append_new(list, json_string(text));
        flint_free(text);
        if (!failed) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

void nalg_weights_text(nalg_text *out, const json_t *list)
{
    const json_t *number;
    size_t i;
    json_array_foreach(list, i, number)
        nalg_text_format(out, "%s\n", json_string_value(number) ? json_string_value(number) : "?");
}
