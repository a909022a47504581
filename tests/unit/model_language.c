/* The model language: phrases with their canonical pipeline, parameters, class and degree; bad phrases with the column and a piece of
 * the message; limits.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <time.h>
#include "core/result.h"
#include "support/support.h"

/* Parameters are worked out by hand beside each phrase; degree -1: rational, no degree. */
static const struct {
    const char *phrase, *pipeline;
    long long parameters; /* sum over layers */
    const char *class;
    long long degree;
} good[] = {
    {"mlp 2-3-1 x^2", "input 2 | dense 3 | x^2 | dense 1", 6 + 3, "polynomial", 2},
    {"MLP 2-3-1 X^2", "input 2 | dense 3 | x^2 | dense 1", 6 + 3, "polynomial", 2},
    {"  mlp   2-3-1\tx ^ 2 ", "input 2 | dense 3 | x^2 | dense 1", 6 + 3, "polynomial", 2},
    {"linear 3-2-3", "input 3 | dense 2 | dense 3", 6 + 6, "linear", 1},
    {"linear 3-2-3 bias", "input 3 | dense 2 bias | dense 3 bias", 8 + 9, "linear", 1},
    {"mlp 2-2-3-1 x^3,x^2", "input 2 | dense 2 | x^3 | dense 3 | x^2 | dense 1", 4 + 6 + 3, "polynomial", 6},
    {"mlp 2-3-1 x^3-2*x+1/2 bias", "input 2 | dense 3 bias | x^3-2*x+1/2 | dense 1 bias", 9 + 4, "polynomial", 3},
    {"mlp 2-3-1 x^3 - 2*x + 1/2 bias", "input 2 | dense 3 bias | x^3-2*x+1/2 | dense 1 bias", 9 + 4, "polynomial", 3},
    {"mlp 2-2-2 1/x", "input 2 | dense 2 | 1/x | dense 2", 4 + 4, "rational", -1},
    {"mlp 2-1 x^2", "input 2 | dense 1", 2, "linear", 1},
    {"mlp 2-3-1 (x+1)^2", "input 2 | dense 3 | x^2+2*x+1 | dense 1", 9, "polynomial", 2},
    {"mlp 2-3-1 0.25*x^2", "input 2 | dense 3 | 1/4*x^2 | dense 1", 9, "polynomial", 2},
    {"cnn 9 k=3,3 s=1,2 x^2", "input 9 | conv 3 | x^2 | conv 3 stride=2", 3 + 3, "polynomial", 2},
    {"cnn k=2,2 linear", "input 3 | conv 2 | x | conv 2", 2 + 2, "linear", 1},
    {"cnn k=3,3,3 x^2", "input 7 | conv 3 | x^2 | conv 3 | x^2 | conv 3", 9, "polynomial", 4},
    {"gcnn group=Z4 layers=3 x^2", "input 4 | groupconv Z4 | x^2 | groupconv Z4 | x^2 | groupconv Z4", 12, "polynomial", 4},
    {"gcnn group=S3 layers=2 x^2", "input 6 | groupconv S3 | x^2 | groupconv S3", 12, "polynomial", 2},
    {"gcnn group=D5 layers=2 x^3", "input 10 | groupconv D5 | x^3 | groupconv D5", 20, "polynomial", 3},
    {"attention d=3 a=2 t=4", "input 3x4 | attention a=2", 2 * 2 * 3 + 9, "polynomial", 3},
    {"lightning attention d=3 a=2 t=4", "input 3x4 | attention a=2", 2 * 2 * 3 + 9, "polynomial", 3},
    {"attention d=4,4,3 a=2,1 t=3", "input 4x3 | attention a=2 | attention a=1 out=3", 16 + 16 + 8 + 12, "polynomial", 9},
    {"attention d=3 a=2 t=4 layers=2", "input 3x4 | attention a=2 | attention a=2", 2 * (12 + 9), "polynomial", 9},
    {"attention d=4,4 a=2 t=3 dv=2 heads=2", "input 4x3 | attention a=2 heads=2 dv=2", 2 * (16 + 16), "polynomial", 3},
    {"attention d=3 a=1 t=2 norm=1+x", "input 3x2 | attention a=1 norm=x+1", 6 + 9, "rational", -1},
    {"attention d=3 a=1 t=2 norm=x+1 residual", "input 3x2 | residual(attention a=1 norm=x+1)", 6 + 9, "rational", -1},
    {"attention d=2 a=1 t=2 residual layers=2", "input 2x2 | residual(attention a=1) | residual(attention a=1)", 2 * (4 + 4), "polynomial", 9},
    {"input 3 | dense 4 bias | x^2 | dense 1", "input 3 | dense 4 bias | x^2 | dense 1", 16 + 4, "polynomial", 2},
    {"input 1x8x8 | conv2d 3x3 out=4 | x^2 | flatten | dense 10", "input 1x8x8 | conv2d 3x3 out=4 | x^2 | flatten | dense 10", 36 + 4 * 36 * 10, "polynomial", 2},
    {"input 9 | conv 3 stride=2 | x^2 | conv 2", "input 9 | conv 3 stride=2 | x^2 | conv 2", 3 + 2, "polynomial", 2},
    {"input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", 12 + 12 + 3, "polynomial", 2},
    {"input 2x5 | conv 2 out=3 bias | x^2 | sumpool | dense 1", "input 2x5 | conv 2 out=3 bias | x^2 | sumpool | dense 1", 3 * (2 * 2 + 1) + 3, "polynomial", 2},
    {"input 2x5 | conv 3 pad=1 | flatten", "input 2x5 | conv 3 pad=1 | flatten", 6, "linear", 1},
    {"input 1x4x6 | conv2d 2x3 stride=2x1 pad=1x0 out=2", "input 1x4x6 | conv2d 2x3 stride=2x1 pad=1x0 out=2", 12, "linear", 1},
    {"input 2|dense 2 share=a|x^2|dense 2 share=a", "input 2 | dense 2 share=a | x^2 | dense 2 share=a", 4, "polynomial", 2},
};

static nalg_result *show(nalg_ctx *ctx, const nalg_model *model)
{
    nalg_result *result = NULL;
    assert_int_equal(nalg_show(ctx, &result, model), NALG_OK);
    return result;
}

static void test_good_phrases(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        nalg_model *model = test_model(ctx, good[i].phrase), *again = test_model(ctx, nalg_model_pipeline(model));
        nalg_result *result = show(ctx, model);
        const json_t *answer = json_object_get(result->document, "result"), *degree = json_object_get(answer, "degree");
        assert_string_equal(nalg_model_pipeline(model), good[i].pipeline);
        assert_string_equal(nalg_model_pipeline(again), good[i].pipeline);
        assert_int_equal(nalg_model_parameters(model), good[i].parameters);
        assert_int_equal(test_integer(result, "parameters"), good[i].parameters);
        assert_string_equal(json_string_value(json_object_get(answer, "class")), good[i].class);
        if (good[i].degree < 0) assert_true(json_is_null(degree));
        else assert_int_equal(json_integer_value(degree), good[i].degree);
        assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
        nalg_result_free(result);
        nalg_model_free(model);
        nalg_model_free(again);
    }
    nalg_ctx_free(ctx);
}

/* Output shapes of every layer, by hand. */
static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *shapes;
    } cases[] = {
        {"mlp 2-3-1 x^2", "[[3],[3],[1]]"},
        {"cnn 9 k=3,3 s=1,2 x^2", "[[7],[7],[3]]"},
        {"attention d=4,4,3 a=2,1 t=3", "[[4,3],[3,3]]"},
        {"input 1x8x8 | conv2d 3x3 out=4 | x^2 | flatten | dense 10", "[[4,6,6],[4,6,6],[144],[10]]"},
        {"input 8x8 | conv2d 3x3 stride=2", "[[3,3]]"},
        {"input 2x5 | conv 2 out=3 | sumpool", "[[3,4],[3]]"},
        {"input 2x5 | conv 3 pad=1", "[[1,5]]"},
        {"input 1x4x6 | conv2d 2x3 stride=2x1 pad=1x0 out=2", "[[2,3,4]]"},
        {"input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", "[[3],[1]]"},
    };
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_model *model = test_model(ctx, cases[i].phrase);
        nalg_result *result = show(ctx, model);
        json_t *shapes = json_array(), *layer;
        size_t k;
        json_array_foreach(json_object_get(json_object_get(result->document, "result"), "layers"), k, layer)
            json_array_append(shapes, json_object_get(layer, "output_shape"));
        char *text = json_dumps(shapes, JSON_COMPACT);
        assert_string_equal(text, cases[i].shapes);
        free(text);
        json_decref(shapes);
        nalg_result_free(result);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

static const struct {
    const char *phrase;
    nalg_status status;
    const char *where, *what, *hint; /* pieces of the texts */
} bad[] = {
    {"", NALG_E_PARSE, "column 1", "empty", "mlp 2-3-1 x^2"},
    {"   \t ", NALG_E_PARSE, "column 1", "empty", ""},
    {"foo 2-3-1 x^2", NALG_E_PARSE, "column 1", "unknown model 'foo'", "input 3"},
    {"mlp", NALG_E_PARSE, "column 1", "widths are missing", "mlp 2-3-1 x^2"},
    {"mlp 2-3-1", NALG_E_PARSE, "column 1", "activation is missing", "mlp 2-3-1 x^2"},
    {"mlp 2-0-1 x^2", NALG_E_PARSE, "column 7", "width is 0", "1 or more"},
    {"mlp 2--1 x^2", NALG_E_PARSE, "column 7", "width is missing", ""},
    {"mlp 2-3-1 relu", NALG_E_PARSE, "column 11", "unknown layer 'relu'", "not polynomial"},
    {"mlp 2-3-1 x^2 dropout", NALG_E_PARSE, "column 15", "'dropout'", "mlp 2-3-1 x^2"},
    {"mlp 2-3-1 x^2,x^2", NALG_E_PARSE, "column 11", "2 activations for 1", "one for each"},
    {"mlp 2-3-1 x^", NALG_E_PARSE, "column 13", "activation", ""},
    {"mlp 2-3-1 x^2+y", NALG_E_PARSE, "column 15", "activation", ""},
    {"mlp 2-3-1 3", NALG_E_PARSE, "column", "does not depend on x", "contains x"},
    {"mlp 2-3-1 x/0", NALG_E_PARSE, "column", "division by zero", ""},
    {"mlp 2-3-1 (x+1", NALG_E_PARSE, "column 11", "not closed", ")"},
    {"mlp 2-3-1 x+1)", NALG_E_PARSE, "column 14", "not opened", ""},
    {"mlp 2-1000000000000-1 x^2", NALG_E_LIMIT, "column 7", "too large", "at most"},
    {"mlp 2-3-1 x^99999999999999999999", NALG_E_PARSE, "column", "exponent", "smaller"},
    {"mlp 2-3-1 generic(100000)", NALG_E_PARSE, "column", "", ""},
    {"input 3", NALG_E_PARSE, "column 1", "no layers", "input 3 | dense 1"},
    {"input", NALG_E_PARSE, "column 1", "shape is missing", "input"},
    {"| dense 3", NALG_E_PARSE, "column", "input stage is missing", "input 3"},
    {"input 3 | | dense 1", NALG_E_PARSE, "column", "layer is missing", "dense 4"},
    {"input 3 | dense", NALG_E_PARSE, "column 11", "needs a width", "dense 4"},
    {"input 3 | dense four", NALG_E_PARSE, "column 17", "'four' is not a positive integer", "positive integer"},
    {"input 3 | dense 4 | softmax", NALG_E_PARSE, "column 21", "unknown layer 'softmax'", "norm=1+x"},
    {"input 3 | dense 4 | convolve 3", NALG_E_PARSE, "column 21", "unknown layer 'convolve'", "conv"},
    {"input 3 | x^2", NALG_E_SHAPE, "", "no parameters", "dense 2"},
    {"input 3x4 | dense 2", NALG_E_SHAPE, "column 13", "rank 2", "flatten"},
    {"input 3 | attention a=2", NALG_E_SHAPE, "column 11", "features by tokens", "3x4"},
    {"input 3x4 | attention", NALG_E_PARSE, "column 13", "needs the width a", "attention a=2"},
    {"input 3 | conv 4", NALG_E_SHAPE, "column 11", "does not fit", "smaller filter"},
    {"input 3x3x3x3 | conv 2", NALG_E_SHAPE, "column 13", "too many axes", "1x8x8"},
    {"input 3 | residual(dense 4)", NALG_E_SHAPE, "column 11", "maps 3 to 4", "shape of its input"},
    {"input 3 | residual()", NALG_E_PARSE, "column 11", "residual needs a pipeline", ""},
    {"input 3 | dense(4)", NALG_E_PARSE, "column 11", "takes no parentheses", "dense WIDTH"},
    {"input 5 | groupconv Z4", NALG_E_SHAPE, "column 11", "needs a vector of length 4", ""},
    {"gcnn group=Q8 layers=2 x^2", NALG_E_PARSE, "column 12", "unknown group 'q8'", "Z4"},
    {"gcnn layers=2 x^2", NALG_E_PARSE, "column 1", "group is missing", "gcnn group=Z4"},
    {"cnn x^2", NALG_E_PARSE, "column 1", "k= are missing", "cnn 9"},
    {"cnn 9 k=3,3 s=1,2,3 x^2", NALG_E_PARSE, "column 15", "3 strides for 2", ""},
    {"cnn 2 k=3 x^2", NALG_E_SHAPE, "column 9", "does not fit", ""},
    {"attention d=3 t=4", NALG_E_PARSE, "column 1", "d= and a= are missing", ""},
    {"attention d=3 a=2", NALG_E_PARSE, "column 1", "t= is missing", ""},
    {"attention d=3,3,3 a=1,1,1 t=2", NALG_E_PARSE, "column 21", "3 widths a for 2", ""},
    {"attention d=3 a=2 t=4 heads=0", NALG_E_PARSE, "column 29", "heads is 0", ""},
    {"input 2 | dense 2 share=a | x^2 | dense 3 share=a", NALG_E_SHAPE, "column 35", "'a' have different shapes", ""},
    {"mlp 2-3-1 x\302\262", NALG_E_PARSE, "column 12", "code 194", "ASCII"},
};

/* Messages unlike expected, counted so that one run shows all of them. */
static size_t mismatches;

static void expect_error(nalg_ctx *ctx, const char *text, size_t length, nalg_status status, const char *where, const char *what, const char *hint)
{
    nalg_model *untouched = (nalg_model *)(uintptr_t)1, *model = untouched;
    nalg_status got = nalg_model_parse(ctx, &model, text, length);
    nalg_error e = nalg_ctx_last_error(ctx);
    size_t column = strlen(where);
    bool exact = !column || where[column - 1] == 'n' || !strcmp(e.where, where);
    assert_int_equal(got, status);
    assert_ptr_equal(model, untouched);
    if (exact && e.hint[0] && strstr(e.where, where) && strstr(e.what, what) && strstr(e.hint, hint)) return;
    print_error("'%.60s': where '%s', what '%s', hint '%s'; expected %s\n", text, e.where, e.what, e.hint, where);
    mismatches++;
}

static void test_bad_phrases(void **state)
{
    (void)state;
    mismatches = 0;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_error(ctx, bad[i].phrase, strlen(bad[i].phrase), bad[i].status, bad[i].where, bad[i].what, bad[i].hint);
    assert_int_equal(mismatches, 0);
    nalg_ctx_free(ctx);
}

static void test_nul_and_length(void **state)
{
    (void)state;
    mismatches = 0;
    nalg_ctx *ctx = test_context();
    const size_t long_phrase = 10 * 1000 * 1000;
    char *text = malloc(long_phrase);
    expect_error(ctx, "mlp 2\0-3-1 x^2", 14, NALG_E_PARSE, "column 6", "code 0", "ASCII");
    expect_error(ctx, "mlp 2-3-1 x^2\0", 14, NALG_E_PARSE, "column 14", "code 0", "ASCII");
    memset(text, '1', long_phrase);
    memcpy(text, "mlp 2-3-", 8);
    expect_error(ctx, text, long_phrase, NALG_E_LIMIT, "", "10000000 characters", "shorter");
    memset(text, '(', long_phrase);
    expect_error(ctx, text, 1000, NALG_E_LIMIT, "column 33", "nested", "fewer");
    memset(text, ' ', long_phrase);
    expect_error(ctx, text, 60000, NALG_E_PARSE, "column 1", "empty", "");
    free(text);
    assert_int_equal(mismatches, 0);
    nalg_ctx_free(ctx);
}

/* 20 nested residual blocks parse; 40 do not; 4096 layers parse, 4097 do not. */
static void test_depth(void **state)
{
    (void)state;
    mismatches = 0;
    nalg_ctx *ctx = test_context();
    static char text[65536];
    nalg_model *model;
    strcpy(text, "input 1 | ");
    for (int i = 0; i < 20; i++) strcat(text, "residual(");
    strcat(text, "dense 1");
    for (int i = 0; i < 20; i++) strcat(text, ")");
    model = test_model(ctx, text);
    assert_string_equal(nalg_model_pipeline(model), text);
    assert_int_equal(nalg_model_parameters(model), 1);
    nalg_model_free(model);
    strcpy(text, "input 1 | ");
    for (int i = 0; i < 40; i++) strcat(text, "residual(");
    strcat(text, "dense 1");
    for (int i = 0; i < 40; i++) strcat(text, ")");
    expect_error(ctx, text, strlen(text), NALG_E_LIMIT, "column", "nested", "fewer");
    strcpy(text, "input 1");
    for (int i = 0; i < 4096; i++) strcat(text, "|dense 1");
    model = test_model(ctx, text);
    assert_int_equal(nalg_model_parameters(model), 4096);
    nalg_model_free(model);
    strcat(text, "|dense 1");
    expect_error(ctx, text, strlen(text), NALG_E_LIMIT, "column", "4096 layers", "fewer");
    assert_int_equal(mismatches, 0);
    nalg_ctx_free(ctx);
}

/* The largest width parses alone; products of widths beyond the limit are refused before any memory is asked for. */
static void test_sizes(void **state)
{
    (void)state;
    mismatches = 0;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 1-16777216-1 x^2");
    assert_int_equal(nalg_model_parameters(model), 2 * 16777216);
    nalg_model_free(model);
    expect_error(ctx, "mlp 1-16777217-1 x^2", 20, NALG_E_LIMIT, "column 7", "too large", "16777216");
    expect_error(ctx, "linear 16777216-16777216", 24, NALG_E_SHAPE, "column", "entries", "smaller");
    expect_error(ctx, "input 16777216x16777216 | flatten | dense 1", 43, NALG_E_LIMIT, "column 1", "entries", "smaller");
    model = test_model(ctx, "mlp 2-2-1 x^1000000000"); /* beyond the fast primes */
    nalg_result *result = show(ctx, model);
    assert_int_equal(test_integer(result, "degree"), 1000000000);
    nalg_result_free(result);
    nalg_model_free(model);
    assert_int_equal(mismatches, 0);
    nalg_ctx_free(ctx);
}

/* generic(d) is the same activation in every run, of degree d without constant term, and its text re-parses. */
static void test_generic(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-4-4-1 generic(3)"), *again;
    char *kept = strdup(nalg_model_pipeline(model));
    assert_int_equal(nalg_model_parameters(model), 8 + 16 + 4);
    assert_non_null(strstr(kept, "*x^3"));
    assert_non_null(strstr(kept, "*x |"));
    nalg_model_free(model);
    nalg_ctx_set_seed(ctx, 99);
    model = test_model(ctx, "mlp 2-4-4-1 generic(3)");
    assert_string_equal(nalg_model_pipeline(model), kept);
    again = test_model(ctx, kept);
    assert_string_equal(nalg_model_pipeline(again), kept);
    nalg_model_free(model);
    nalg_model_free(again);
    free(kept);
    nalg_ctx_free(ctx);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Expansions are bounded before they are worked out: by exponents, terms and digits. The first was found by fuzzing. */
static void test_large_expansions(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *what;
    } cases[] = {
        {"mlp 1-1-1 x555(9992-19x5553)^995x", "too many digits"},
        {"mlp 1-1-1 (x+1)^4000", "too many digits"},
        {"mlp 1-1-1 ((((((x+1/3)^9)^9)^9)^9)^9)^9", "too many"},
        {"mlp 1-1-1 (x^2+x+1)^4000", "too many terms"},
        {"mlp 1-1-1 (x^1000000+x+1)^1000", "too many terms"},
        {"mlp 1-1-1 (2x)^1099511627776", "too many digits"},
        {"mlp 1-1-1 (1/3)^99999999+x", "too many digits"},
        {"mlp 1-1-1 ((x^1000000)^1000000)^1000000", "an exponent is too large"},
        {"mlp 1-1-1 (x-x)^99999999", "does not depend on x"},
        {"mlp 1-1-1 (generic(1000))^1000", "too many terms"},
        {"mlp 1-1-1 1/(x+1/9)^2000+1/(x+1/7)^2000", "too many"},
    };
    mismatches = 0;
    nalg_ctx *ctx = test_context();
    double start = seconds();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(ctx, cases[i].phrase, strlen(cases[i].phrase), NALG_E_PARSE, "column", cases[i].what, "");
    assert_int_equal(mismatches, 0);
    assert_true(seconds() - start < 20); /* 0.05 s on a quiet machine; repeated products take minutes */
    nalg_ctx_free(ctx);
}

/* Powers and products by hand. */
static void test_expansions(void **state)
{
    (void)state;
    static const struct {
        const char *activation, *expanded;
    } cases[] = {
        {"(x+1)^3", "x^3+3*x^2+3*x+1"},
        {"(x^2-x/2)^3", "x^6-3/2*x^5+3/4*x^4-1/8*x^3"},
        {"(x^3+x)*(x-1/3)", "x^4-1/3*x^3+x^2-1/3*x"},
        {"(x^1000000+x+1)^2", "x^2000000+2*x^1000001+2*x^1000000+x^2+2*x+1"},
        {"(x^5000+1)(x^5000-1)", "x^10000-1"},
        {"(x+1)^0*x", "x"},
        {"(x-x)^0*x", "x"},
        {"x+(x-x)^5", "x"},
        {"x/3/5+x^2/7-x/15", "1/7*x^2"},
        {"1/(x/2+1)+1/3", "(1/3*x+8/3)/(x+2)"},
        {"(2/x)^3", "8/x^3"},
    };
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char phrase[128], pipeline[128];
        snprintf(phrase, sizeof phrase, "mlp 2-2-1 %s", cases[i].activation);
        snprintf(pipeline, sizeof pipeline, "input 2 | dense 2 | %s | dense 1", cases[i].expanded);
        nalg_model *model = test_model(ctx, phrase);
        if (!strcmp(cases[i].expanded, "x"))
            assert_null(strstr(nalg_model_pipeline(model), "+"));
        else
            assert_string_equal(nalg_model_pipeline(model), pipeline);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* Whatever parses prints a form that parses to itself, and nothing crashes: random words of the language. */
static void test_canonical_form_is_stable(void **state)
{
    (void)state;
    static const char *const words[] = {"input ", "2", "3", "4", "x", "^", "|", "dense ", "conv ", "conv2d ", "flatten", "sumpool", "residual(", ")", " bias",
                                        " out=", "1/x", "-", "+", "*", "mlp ", "cnn ", "k=", ",", "attention ", "a=", "d=", "t=", " ", "norm=", "share=a", "groupconv z3"};
    nalg_ctx *ctx = test_context();
    nalg_random r = nalg_random_stream(4, 4);
    size_t parsed = 0;
    for (int trial = 0; trial < 60000; trial++) {
        static const char *const starts[] = {"input 3|", "input 2x4|", "mlp 2-", "cnn ", "attention d=2 a=1 t=2 ", "gcnn group="};
        char text[512];
        strcpy(text, starts[nalg_random_below(&r, 6)]);
        for (uint64_t n = nalg_random_below(&r, 8); n > 0; n--) strcat(text, words[nalg_random_below(&r, sizeof words / sizeof *words)]);
        nalg_model *model, *again;
        if (nalg_model_parse(ctx, &model, text, strlen(text)) != NALG_OK) {
            assert_true(nalg_ctx_last_error(ctx).what[0] != '\0');
            continue;
        }
        parsed++;
        again = test_model(ctx, nalg_model_pipeline(model));
        assert_string_equal(nalg_model_pipeline(again), nalg_model_pipeline(model));
        assert_int_equal(nalg_model_parameters(again), nalg_model_parameters(model));
        nalg_model_free(model);
        nalg_model_free(again);
    }
    assert_true(parsed > 500);
    nalg_ctx_free(ctx);
}

/* A phrase has no weights of its own. */
static void test_no_weights(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-1-1 x^2");
    double weights[3] = {7, 7, 7};
    assert_int_equal(nalg_model_weights(ctx, weights, model), NALG_E_ARGUMENT);
    assert_true(weights[0] == 7 && weights[2] == 7);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good_phrases),   cmocka_unit_test(test_shapes), cmocka_unit_test(test_bad_phrases),
        cmocka_unit_test(test_nul_and_length), cmocka_unit_test(test_depth),  cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_generic),        cmocka_unit_test(test_canonical_form_is_stable),
        cmocka_unit_test(test_no_weights),     cmocka_unit_test(test_expansions),
        cmocka_unit_test(test_large_expansions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
