/* What the test programs share: contexts, models and documents without ceremony. Include after <cmocka.h>.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TESTS_SUPPORT_H
#define NALG_TESTS_SUPPORT_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/random.h"
#include "neuroalg/dimension.h"
#include "neuroalg/report.h"

static inline nalg_ctx *test_context(void)
{
    nalg_ctx *ctx = NULL;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    return ctx;
}

/* A phrase that must parse; a failure prints the message. */
static inline nalg_model *test_model(nalg_ctx *ctx, const char *phrase)
{
    nalg_model *model = NULL;
    nalg_status status = nalg_model_parse(ctx, &model, phrase, strlen(phrase));
    if (status != NALG_OK) {
        nalg_error e = nalg_ctx_last_error(ctx);
        print_error("%s: %s (%s)\n", phrase, e.what, e.where);
    }
    assert_int_equal(status, NALG_OK);
    return model;
}

static inline nalg_result *test_dim(nalg_ctx *ctx, const char *phrase, const nalg_dim_options *options)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_status status = nalg_dim(ctx, &result, model, options);
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    nalg_model_free(model);
    return result;
}

static inline long long test_integer(const nalg_result *result, const char *key)
{
    long long value = -1;
    assert_int_equal(nalg_result_integer(result, key, &value), NALG_TRUE);
    return value;
}

/* The bytes of a small file, to be freed. */
static inline uint8_t *test_file(const char *path, size_t *length)
{
    const size_t most = 65536;
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    uint8_t *data = malloc(most);
    assert_non_null(data);
    *length = fread(data, 1, most, in);
    fclose(in);
    assert_true(*length > 0 && *length < most);
    return data;
}

/* Append to a phrase under construction. */
static inline void test_append(char *text, size_t size, const char *format, ...) NALG_PRINTF(3, 4);
static inline void test_append(char *text, size_t size, const char *format, ...)
{
    size_t used = strlen(text);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text + used, size - used, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < size - used);
}

#endif
