/* safetensors files as weights, on files of tests/onnx (weight k of tensor m is 100 m + k there) and on
 * damaged ones made here. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/memory.h"
#include "model/safetensors.h"
#include "support/support.h"

/* The bytes in an array of their exact size, for the address sanitizer. */
static nalg_status read_bytes(nalg_ctx *ctx, nalg_weights *out, const nalg_model *model, const void *data,
                              size_t length)
{
    uint8_t *copy = malloc(length ? length : 1);
    if (length) memcpy(copy, data, length);
    nalg_status status = nalg_safetensors_weights(ctx, out, model, copy, length);
    free(copy);
    if (status != NALG_OK) assert_true(nalg_ctx_last_error(ctx).what[0] != '\0');
    return status;
}

static void expect_numbers(const nalg_weights *w, const int *first, const size_t *lengths, size_t tensors)
{
    size_t at = 0;
    for (size_t k = 0; k < tensors; k++)
        for (size_t i = 0; i < lengths[k]; i++, at++)
            assert_true(fmpq_equal_si(&w->value[at], first[k] + (int)i));
    assert_int_equal(at, w->count);
}

/* Layers 2 and 10 come in this order, the bias after the weight. */
static void test_order(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-3-1 x^2 bias");
    nalg_weights w = {0};
    size_t length;
    uint8_t *data = test_file(FIXTURES "/mlp.safetensors", &length);
    assert_true(nalg_is_safetensors(data, length));
    assert_int_equal(nalg_model_point(ctx, &w, model, (const char *)data, length), NALG_OK);
    expect_numbers(&w, (const int[]){100, 200, 300, 400}, (const size_t[]){6, 3, 3, 1}, 4);
    nalg_weights_clear(&w);
    nalg_model_free(model);
    free(data);
    nalg_ctx_free(ctx);
}

static void expect_error(nalg_ctx *ctx, const char *phrase, const void *data, size_t length,
                         nalg_status wanted, const char *says)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_weights w = {0};
    nalg_status status = read_bytes(ctx, &w, model, data, length);
    const char *what = nalg_ctx_last_error(ctx).what;
    if (status != wanted || !strstr(what, says)) print_error("%s: %d %s\n", phrase, (int)status, what);
    assert_int_equal(status, wanted);
    assert_non_null(strstr(what, says));
    assert_null(w.value);
    nalg_model_free(model);
}

static void test_other_models(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t length;
    uint8_t *data = test_file(FIXTURES "/mlp.safetensors", &length);
    expect_error(ctx, "mlp 2-3-1 x^2", data, length, NALG_E_SHAPE,
                 "3 where the model has 1x3"); /* a bias too many */
    expect_error(ctx, "mlp 3-2-1 x^2 bias", data, length, NALG_E_SHAPE, "3x2 where the model has 2x3");
    expect_error(ctx, "mlp 2-3-1-1 x^2 bias", data, length, NALG_E_PARSE, "holds 4 tensors");
    expect_error(ctx, "linear 2-3 bias", data, length, NALG_E_PARSE, "the model takes 2");
    expect_error(ctx, "attention d=2 a=2 t=3", data, length, NALG_E_UNSUPPORTED, "attention");
    free(data);
    data = test_file(FIXTURES "/not_finite.safetensors", &length);
    expect_error(ctx, "linear 2-1", data, length, NALG_E_PARSE, "not a number");
    free(data);
    nalg_ctx_free(ctx);
}

#ifdef NEUROALG_ONNX
/* By name, whatever the order and the element types. */
static void test_names(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = NULL;
    nalg_weights w = {0};
    size_t length;
    uint8_t *data = test_file(FIXTURES "/mlp_square.safetensors", &length);
    assert_int_equal(nalg_model_read_onnx(ctx, &model, FIXTURES "/mlp_square.onnx", NULL), NALG_OK);
    assert_int_equal(read_bytes(ctx, &w, model, data, length), NALG_OK);
    expect_numbers(&w, (const int[]){100, 200, 300, 400}, (const size_t[]){20, 5, 5, 1}, 4);
    nalg_weights_clear(&w);
    free(data);
    data = test_file(FIXTURES "/mlp.safetensors", &length);
    assert_int_equal(read_bytes(ctx, &w, model, data, length), NALG_E_PARSE);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "no tensor 0.weight"));
    nalg_model_free(model);
    free(data);
    nalg_ctx_free(ctx);
}
#endif

/* A file from a header and a number of data bytes. */
static size_t make(uint8_t *out, const char *header, uint64_t claimed, size_t bytes)
{
    size_t length = strlen(header);
    for (unsigned i = 0; i < 8; i++) out[i] = (uint8_t)(claimed >> 8 * i);
    memcpy(out + 8, header, length);
    memset(out + 8 + length, 0, bytes);
    return 8 + length + bytes;
}

static void test_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t bytes;
        nalg_status status;
        const char *says;
    } cases[] = {
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 8, NALG_OK, ""},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 7, NALG_E_PARSE,
         "beyond the end"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 9, NALG_E_PARSE,
         "after the last"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":"
         "[1],\"data_offsets\":[2,6]}}",
         6, NALG_E_PARSE, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":"
         "[1],\"data_offsets\":[0,4]}}",
         4, NALG_E_PARSE, "overlap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":"
         "[1],\"data_offsets\":[8,12]}}",
         12, NALG_E_PARSE, "gap"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},\"a\":{\"dtype\":\"F32\","
         "\"shape\":[1,2],\"data_offsets\":[0,8]}}",
         8, NALG_E_PARSE, "twice"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}}", 8,
         NALG_E_PARSE, "multiply"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
         NALG_E_PARSE, "size of its shape"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,2],\"data_offsets\":[0,8]}}", 8, NALG_E_PARSE,
         "whole number"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,0]}}", 8, NALG_E_PARSE, "beyond"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,99999999999999]}}", 8, NALG_E_PARSE,
         "beyond"},
        {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2]}}", 8, NALG_E_PARSE, "no place"},
        {"{\"a\":{\"dtype\":\"F31\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 8, NALG_E_PARSE,
         "unknown type"},
        {"{\"a\":{\"dtype\":\"I32\",\"shape\":[1,2],\"data_offsets\":[0,8]}}", 8, NALG_E_PARSE, "integers"},
        {"{\"a\":7}", 0, NALG_E_PARSE, "unknown type"},
        {"{\"a\":{}", 0, NALG_E_PARSE, "no JSON"},
    };
    uint8_t data[1024];
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_weights w = {0};
        size_t length = make(data, cases[i].header, strlen(cases[i].header), cases[i].bytes);
        nalg_status status = read_bytes(ctx, &w, model, data, length);
        const char *what = nalg_ctx_last_error(ctx).what;
        if (status != cases[i].status || (status != NALG_OK && !strstr(what, cases[i].says)))
            print_error("case %zu: %d %s\n", i, (int)status, what);
        assert_int_equal(status, cases[i].status);
        if (status != NALG_OK) assert_non_null(strstr(what, cases[i].says));
        nalg_weights_clear(&w);
    }
    expect_error(ctx, "linear 2-1", data, make(data, "{}", UINT64_C(1) << 62, 0), NALG_E_LIMIT, "32 MiB");
    expect_error(ctx, "linear 2-1", data, make(data, "{}", 100, 0), NALG_E_PARSE, "cut off");
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* A header of brackets only. */
static void test_nesting_bomb(void **state)
{
    (void)state;
    const size_t depth = 1000000;
    char *header = malloc(depth + 6);
    uint8_t *data = malloc(depth + 32);
    memcpy(header, "{\"a\":", 5);
    memset(header + 5, '[', depth);
    header[depth + 5] = '\0';
    nalg_ctx *ctx = test_context();
    expect_error(ctx, "linear 2-1", data, make(data, header, depth + 5, 0), NALG_E_PARSE, "no JSON");
    free(header);
    free(data);
    nalg_ctx_free(ctx);
}

static void test_truncated(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-3-1 x^2 bias");
    size_t length;
    uint8_t *data = test_file(FIXTURES "/mlp.safetensors", &length);
    for (size_t n = 0; n < length; n++) {
        nalg_weights w = {0};
        assert_int_equal(read_bytes(ctx, &w, model, data, n), NALG_E_PARSE);
    }
    for (size_t n = 0; n < length; n++) /* every byte changed: an answer or an error */
        for (unsigned bit = 0; bit < 8; bit++) {
            nalg_weights w = {0};
            data[n] ^= (uint8_t)(1u << bit);
            read_bytes(ctx, &w, model, data, length);
            data[n] ^= (uint8_t)(1u << bit);
            nalg_weights_clear(&w);
        }
    nalg_model_free(model);
    free(data);
    nalg_ctx_free(ctx);
}

static void test_memory(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-3-1 x^2 bias");
    size_t length;
    uint8_t *data = test_file(FIXTURES "/mlp.safetensors", &length);
    nalg_status status = NALG_E_MEMORY;
    for (long fail = 1; status != NALG_OK; fail++) {
        nalg_weights w = {0};
        nalg_memory_fail_at(fail);
        status = read_bytes(ctx, &w, model, data, length);
        nalg_memory_fail_at(0);
        if (status != NALG_OK) assert_int_equal(status, NALG_E_MEMORY);
        nalg_weights_clear(&w);
    }
    nalg_model_free(model);
    free(data);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),   cmocka_unit_test(test_other_models),
        cmocka_unit_test(test_damaged), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_memory),  cmocka_unit_test(test_nesting_bomb),
#ifdef NEUROALG_ONNX
        cmocka_unit_test(test_names),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
