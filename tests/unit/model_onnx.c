/* ONNX files as models, on the files of tests/onnx (made by tests/onnx/make_models with torch's exporter and
 * by hand). The dimension of a network read from a file is compared with that of its phrase, whose value
 * other tests compare with published tables; damaged files are made here.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <unistd.h>
#include "core/memory.h"
#include "support/support.h"

#ifdef NEUROALG_ONNX
#include <onnx.pb-c.h>
#include "core/result.h"
#include "graph/evaluate.h"
#include "learning/gradient_flow.h"
#include "model/onnx.h"
#include "neuroalg/learning.h"
#include "neuroalg/degree.h"

static nalg_status open_model(nalg_ctx *ctx, nalg_model **out, const char *name,
                              const nalg_onnx_options *options)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.onnx", FIXTURES, name);
    return nalg_model_read_onnx(ctx, out, path, options);
}

static long long dimension(nalg_ctx *ctx, const nalg_model *model, bool local)
{
    nalg_result *result = NULL;
    nalg_status status = nalg_dim(ctx, &result, model, NULL);
    if (status != NALG_OK) print_error("%s: %s\n", nalg_model_pipeline(model), nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    long long value = test_integer(result, local ? "local_dimension" : "dimension");
    nalg_result_free(result);
    return value;
}

/* The same network as a phrase: equal dimension; `pipeline`, when given, word for word. */
static const struct {
    const char *name;
    nalg_onnx_options options;
    const char *phrase, *pipeline;
} networks[] = {
    {"mlp_square", {0}, "mlp 4-5-1 x^2 bias", "input 4 | dense 5 bias | x^2 | dense 1 bias"},
    {"external", {0}, "mlp 4-5-1 x^2 bias", "input 4 | dense 5 bias | x^2 | dense 1 bias"},
    {"mlp_cubic", {0}, "mlp 2-3-2 x^3-2*x+1/2 bias", "input 2 | dense 3 bias | x^3-2*x+1/2 | dense 2 bias"},
    {"cnn", {0}, "cnn 9 k=3,3 s=1,2 x^2", "input 1x9 | conv 3 out=1 | x^2 | conv 3 stride=2 out=1"},
    {"image",
     {0},
     "input 1x4x4 | conv2d 3x3 out=2 bias | x^2 | flatten | dense 2 bias",
     "input 1x4x4 | conv2d 3x3 out=2 bias | x^2 | flatten | dense 2 bias"},
    {"pooled", {0}, "input 1x3x3 | conv2d 2x2 out=2 bias | x^2 | sumpool | dense 1 bias", NULL},
    {"attention", {0}, "attention d=3 a=2 t=4 heads=2", "input 3x4 | attention a=2 heads=2"},
    {"attention_scaled",
     {0},
     "input 3x2 | attention a=2 | flatten | dense 1",
     "input 3x2 | attention a=2 | 1/2*x | flatten | dense 1"},
    {"residual",
     {0},
     "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1",
     "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1"},
    {"adapter", {0}, "mlp 3-3-2 x^2", NULL},                      /* W + B A is any matrix */
    {"adapter_frozen", {.constants = "W"}, "linear 3-1-3", NULL}, /* a fixed matrix plus one of rank 1 */
    {"tied_module",
     {.merged = NALG_MERGED_TIED},
     "input 3 | dense 3 share=a | x^2 | dense 3 share=a",
     "input 3 | dense 3 share=t1 | x^2 | dense 3 share=t1"},
    {"tied_module", {.merged = NALG_MERGED_UNTIED}, "mlp 3-3-3 x^2", "input 3 | dense 3 | x^2 | dense 3"},
    {"zero_biases",
     {.merged = NALG_MERGED_UNTIED},
     "mlp 3-3-3 x^2 bias",
     "input 3 | dense 3 bias | x^2 | dense 3 bias"},
    {"tied_transposed", {.merged = NALG_MERGED_UNTIED}, "mlp 4-3-4 x^2", "input 4 | dense 3 | x^2 | dense 4"},
    {"frozen", {.constants = "0.*"}, "mlp 3-4-1 x^2", NULL}, /* an invertible fixed matrix changes nothing */
    {"normalised", {0}, "mlp 3-4-2 x^2 bias", NULL},
    {"rational", {0}, "mlp 2-2-1 1/(x^2+1)", "input 2 | dense 2 | 1/(x^2+1) | dense 1"},
    {"lifted", {0}, "mlp 3-4-2 x^3+x/4 bias", "input 3 | dense 4 bias | x^3+1/4*x | dense 2 bias"},
    {"disguised", {0}, "mlp 4-3-2 x^2", NULL},
    {"heads", {0}, "attention d=2 a=1 heads=2 dv=1 t=3", NULL},
    {"newer_mlp", {0}, "mlp 3-4-2 x^2 bias", "input 3 | dense 4 bias | x^2 | dense 2 bias"},
    {"newer_polynomial",
     {0},
     "mlp 2-3-1 x^3-2*x+1/2 bias",
     "input 2 | dense 3 bias | x^3-2*x+1/2 | dense 1 bias"},
    {"newer_image",
     {0},
     "input 1x4x4 | conv2d 3x3 out=2 bias | x^2 | flatten | dense 2",
     "input 1x4x4 | conv2d 3x3 out=2 bias | x^2 | flatten | dense 2"},
    {"newer_residual",
     {0},
     "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1",
     "input 3 | residual(dense 4 | x^2 | dense 3) | dense 1"},
    {"newer_functions", {0}, "mlp 2-3-1 x^2+1/2*x bias", "input 2 | dense 3 bias | x^2+1/2*x | dense 1 bias"},
    {"newer_attention", {0}, "input 3x4 | attention a=2", "input 3x4 | attention a=2 | 1/2*x"},
};

static void test_networks(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof networks / sizeof *networks; i++) {
        nalg_model *model = NULL, *phrase = test_model(ctx, networks[i].phrase);
        nalg_status status = open_model(ctx, &model, networks[i].name, &networks[i].options);
        if (status != NALG_OK) print_error("%s: %s\n", networks[i].name, nalg_ctx_last_error(ctx).what);
        assert_int_equal(status, NALG_OK);
        if (networks[i].pipeline) assert_string_equal(nalg_model_pipeline(model), networks[i].pipeline);
        long long found = dimension(ctx, model, false), wanted = dimension(ctx, phrase, false);
        if (found != wanted)
            print_error("%s: dimension %lld, the phrase has %lld\n", networks[i].name, found, wanted);
        assert_int_equal(found, wanted);
        assert_true(dimension(ctx, model, true) <= found);
        nalg_model_free(phrase);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* Theorems about convolutions hold with an axis for the one channel, as torch has it. The value: arXiv
 * 2410.00722 for k = 3, 3 (tests/known/degree.tsv). */
static void test_one_channel(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = NULL;
    nalg_result *result = NULL;
    assert_int_equal(open_model(ctx, &model, "cnn", NULL), NALG_OK);
    assert_int_equal(nalg_degree(ctx, &result, model, NULL), NALG_OK);
    assert_int_equal(test_integer(result, "degree"), 24);
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(result->document, "evidence"), "status")),
        "proved");
    nalg_result_free(result);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* The weights of mlp_square in the order of the phrase: W row by row, then b. Expected values: by
 * struct.unpack in Python. */
static void test_weights(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = NULL;
    assert_int_equal(open_model(ctx, &model, "mlp_square", NULL), NALG_OK);
    assert_int_equal(model->trained.count, 31);
    assert_int_equal(model->tensors, 4);
    assert_string_equal(model->tensor[0].name, "0.weight");
    for (size_t i = 0; i < 20; i++) assert_int_equal(model->tensor[0].place[i], i);
    fmpq_t denominator; /* 32-bit floating-point numbers are dyadic rationals */
    fmpq_init(denominator);
    for (size_t i = 0; i < 31; i++) assert_int_equal(fmpz_popcnt(fmpq_denref(&model->trained.value[i])), 1);
    fmpq_clear(denominator);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* The same question without weights and with the model's own as text: the same answer, at these weights. */
static void test_questions_at_the_weights(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = NULL;
    double w[31];
    char text[31 * 80] = "";
    assert_int_equal(open_model(ctx, &model, "mlp_square", NULL), NALG_OK);
    assert_int_equal(nalg_model_weights(ctx, w, model), NALG_OK);
    for (size_t i = 0; i < 31; i++) /* all digits, as the rank there is exact */
        test_append(text, sizeof text, "%.70g\n", w[i]);
    nalg_flow_options flow;
    nalg_tangent_options tangent;
    nalg_rlct_options rlct;
    nalg_flow_options_init(&flow);
    nalg_tangent_options_init(&tangent);
    nalg_rlct_options_init(&rlct);
    rlct.estimate = NALG_ESTIMATE_NEVER;
    nalg_result *result[3][2] = {0};
    for (int given = 0; given < 2; given++) {
        if (given) {
            flow.weights = tangent.weights = rlct.weights = text;
            flow.weights_length = tangent.weights_length = rlct.weights_length = strlen(text);
        }
        if (nalg_flow_available()) assert_int_equal(nalg_flow(ctx, &result[0][given], model, &flow), NALG_OK);
        assert_int_equal(nalg_tangent(ctx, &result[1][given], model, &tangent), NALG_OK);
        assert_int_equal(nalg_rlct(ctx, &result[2][given], model, &rlct), NALG_OK);
    }
    for (size_t k = 0; k < 3; k++) {
        if (!result[k][0]) continue;
        json_t *answer[2];
        for (int given = 0; given < 2; given++) {
            answer[given] = json_object_get(result[k][given]->document, "result");
            if (k == 2) json_object_del(answer[given], "truth"); /* says where the weights are from */
        }
        assert_true(json_equal(answer[0], answer[1]));
        for (int given = 0; given < 2; given++) nalg_result_free(result[k][given]);
    }
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* ---- values ---- */

#define VALUES_MOST 64

static size_t read_doubles(char *text, double *out)
{
    size_t count = 0;
    for (char *end; *text; text = end) {
        double x = strtod(text, &end);
        if (end == text) break;
        assert_true(count < VALUES_MOST);
        out[count++] = x;
    }
    return count;
}

/* The model at its own weights, in doubles. */
static void evaluate(nalg_ctx *ctx, const nalg_model *model, const double *x, double *y, size_t outputs)
{
    nalg_graph graph;
    nalg_field field;
    nalg_evaluation *e = NULL;
    int output;
    double *w = malloc(model->parameters * sizeof *w);
    for (size_t i = 0; i < model->parameters; i++)
        w[i] = fmpz_get_d(fmpq_numref(&model->trained.value[i])) /
               fmpz_get_d(fmpq_denref(&model->trained.value[i]));
    nalg_graph_init(&graph);
    nalg_field_real(&field);
    assert_int_equal(nalg_model_lower(ctx, model, &graph, &output), NALG_OK);
    assert_int_equal(graph.node[output].size, outputs);
    assert_int_equal(nalg_evaluation_create(ctx, &e, &graph, &field, 1), NALG_OK);
    nalg_evaluation_set_parameters(e, w);
    nalg_evaluation_set_input(e, 0, x);
    assert_true(nalg_evaluation_run(e, 0, graph.count));
    memcpy(y, nalg_evaluation_value(e, output), outputs * sizeof *y);
    nalg_evaluation_free(e);
    nalg_graph_clear(&graph);
    free(w);
}

/* Inputs and outputs from torch and NumPy (values.tsv): layers, order of the parameters and stored weights
 * are all as in the file. */
static size_t compare_values(const char *path)
{
    char line[8192];
    nalg_ctx *ctx = test_context();
    FILE *in = fopen(path, "r");
    size_t lines = 0;
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        double x[VALUES_MOST], wanted[VALUES_MOST], y[VALUES_MOST];
        char *name = strtok(line, "\t"), *inputs = strtok(NULL, "\t"), *outputs = strtok(NULL, "\t");
        bool merged = !strcmp(name, "tied_module") || !strcmp(name, "tied_transposed");
        nalg_onnx_options options = {.merged = merged ? NALG_MERGED_TIED : NALG_MERGED_UNTIED};
        nalg_model *model = NULL;
        if (!strcmp(name, "relu")) continue;
        assert_int_equal(open_model(ctx, &model, name, &options), NALG_OK);
        size_t n = read_doubles(inputs, x), m = read_doubles(outputs, wanted);
        assert_int_equal(n, nalg_shape_size(&model->layers->in));
        evaluate(ctx, model, x, y, m);
        for (size_t i = 0; i < m; i++) {
            bool close = fabs(y[i] - wanted[i]) <=
                         1e-6 * (1 + fabs(wanted[i])); /* BatchNormalization's epsilon is a 32-bit number */
            if (!close) print_error("%s, output %zu: %.12g, not %.12g\n", name, i, y[i], wanted[i]);
            assert_true(close);
        }
        nalg_model_free(model);
        lines++;
    }
    fclose(in);
    nalg_ctx_free(ctx);
    return lines;
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(compare_values(FIXTURES "/values.tsv"), 22);
    assert_int_equal(compare_values(FIXTURES "/newer_values.tsv"), 6);
}

static void expect_refusal(nalg_ctx *ctx, const char *name, const nalg_onnx_options *options,
                           nalg_status wanted, const char *first, const char *second)
{
    nalg_model *model = NULL;
    assert_int_equal(open_model(ctx, &model, name, options), wanted);
    assert_null(model);
    nalg_error e = nalg_ctx_last_error(ctx);
    if (!strstr(e.what, first) || !strstr(e.what, second)) print_error("%s: %s\n", name, e.what);
    assert_non_null(strstr(e.what, first));
    assert_non_null(strstr(e.what, second));
    assert_true(e.hint[0] != '\0');
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    expect_refusal(ctx, "relu", NULL, NALG_E_UNSUPPORTED, "Relu (2 times)", "Tanh"); /* all at once */
    expect_refusal(ctx, "tied_module", NULL, NALG_E_ARGUMENT, "onnx::MatMul_9 = onnx::MatMul_8", "");
    expect_refusal(ctx, "zero_biases", NULL, NALG_E_ARGUMENT, "2.bias = 0.bias", "");
    expect_refusal(ctx, "tied_transposed", NULL, NALG_E_ARGUMENT, "transpose of W", "");
    expect_refusal(ctx, "mlp_square", &(nalg_onnx_options){.constants = "fc9.weight"}, NALG_E_ARGUMENT,
                   "fc9.weight", "");
    expect_refusal(ctx, "mlp_square", &(nalg_onnx_options){.constants = "*"}, NALG_E_UNSUPPORTED,
                   "any parameter", "");
    expect_refusal(ctx, "no_such_file", NULL, NALG_E_IO, "no_such_file", "No such file");
    nalg_ctx_free(ctx);
}

/* ---- damaged files ---- */

static uint8_t *load(const char *name, size_t *length)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.onnx", FIXTURES, name);
    FILE *in = fopen(path, "rb");
    assert_non_null(in);
    uint8_t *data = malloc(65536);
    *length = fread(data, 1, 65536, in);
    fclose(in);
    assert_true(*length > 0 && *length < 65536);
    return data;
}

/* A model, or an error with a text; never anything else. */
static nalg_status read_bytes(nalg_ctx *ctx, const uint8_t *data, size_t length, const char *folder)
{
    nalg_model *model = NULL;
    uint8_t *copy = malloc(length ? length : 1); /* of the exact size, for the address sanitizer */
    if (length) memcpy(copy, data, length);
    nalg_status status = nalg_onnx_model(ctx, &model, copy, length, folder, "bytes.onnx", NULL);
    free(copy);
    if (status == NALG_OK)
        assert_non_null(model);
    else
        assert_true(nalg_ctx_last_error(ctx).what[0] != '\0' && !model);
    nalg_model_free(model);
    return status;
}

static void test_truncated(void **state)
{
    (void)state;
    static const char *const names[] = {"mlp_square", "image", "disguised", "normalised", "newer_functions"};
    nalg_ctx *ctx = test_context();
    for (size_t k = 0; k < 5; k++) {
        size_t length;
        uint8_t *data = load(names[k], &length);
        for (size_t n = 0; n < length; n++) {
            nalg_status status = read_bytes(ctx, data, n, NULL);
            /* A cut between fields of the model can leave a whole graph. */
            if (status != NALG_OK)
                assert_true(status == NALG_E_PARSE || status == NALG_E_UNSUPPORTED || status == NALG_E_SHAPE);
            if (n < length / 2) assert_int_not_equal(status, NALG_OK);
        }
        free(data);
    }
    nalg_ctx_free(ctx);
}

static void test_flipped(void **state)
{
    (void)state;
    static const char *const names[] = {"mlp_square", "windows", "attention_scaled", "newer_functions"};
    nalg_ctx *ctx = test_context();
    for (size_t k = 0; k < 4; k++) {
        size_t length;
        uint8_t *data = load(names[k], &length);
        for (size_t n = 0; n < length; n++)
            for (unsigned bit = 0; bit < 8; bit += 3) {
                data[n] ^= (uint8_t)(1u << bit);
                read_bytes(ctx, data, length, NULL);
                data[n] ^= (uint8_t)(1u << bit);
            }
        free(data);
    }
    nalg_ctx_free(ctx);
}

/* model { graph { node { attribute { g { node { ... */
static void test_nesting_bomb(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    static const uint8_t keys[] = {0x32, 0x0a,
                                   0x2a}; /* attribute.g, graph.node, node.attribute, from inside out */
    size_t length = 0, levels = 3000, capacity = 65536;
    uint8_t *data = malloc(capacity), *outer = malloc(capacity);
    for (size_t i = 0; i <= levels; i++) {
        uint8_t key = i == levels ? 0x3a : keys[(levels - i) % 3]; /* model.graph at last */
        size_t at = 0, rest = length;
        outer[at++] = key;
        do {
            outer[at++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
            rest >>= 7;
        } while (rest);
        memcpy(outer + at, data, length);
        length += at;
        uint8_t *swap = data;
        data = outer;
        outer = swap;
    }
    assert_int_equal(read_bytes(ctx, data, length, NULL), NALG_E_LIMIT);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "nested"));
    free(data);
    free(outer);
    nalg_ctx_free(ctx);
}

/* What reading a model says, which is freed. */
static nalg_status read_model(nalg_ctx *ctx, Onnx__ModelProto *model, const char *folder)
{
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *packed = malloc(size);
    onnx__model_proto__pack(model, packed);
    onnx__model_proto__free_unpacked(model, NULL);
    nalg_status status = read_bytes(ctx, packed, size, folder);
    free(packed);
    return status;
}

/* The file with a change made to its first initializer. */
typedef void change(Onnx__TensorProto *t);

static nalg_status changed(nalg_ctx *ctx, const char *name, change *f, const char *folder)
{
    size_t length;
    uint8_t *data = load(name, &length);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, length, data);
    assert_non_null(model);
    f(model->graph->initializer[0]);
    nalg_status status = read_model(ctx, model, folder);
    free(data);
    return status;
}

static void huge_dims(Onnx__TensorProto *t)
{
    t->dims[0] = t->dims[1] = INT64_C(1) << 40;
}

static void overflowing_dims(Onnx__TensorProto *t)
{
    t->dims[0] = INT64_C(1) << 62;
    t->dims[1] = 4; /* the product is 0 mod 2^64 */
}

static void negative_dims(Onnx__TensorProto *t)
{
    t->dims[0] = -5;
}

static void not_a_number(Onnx__TensorProto *t)
{
    float x = NAN;
    memcpy(t->raw_data.data + 8, &x, 4);
}

static void infinite(Onnx__TensorProto *t)
{
    float x = -INFINITY;
    memcpy(t->raw_data.data, &x, 4);
}

static void short_data(Onnx__TensorProto *t)
{
    t->raw_data.len -= 4;
}

static void strings(Onnx__TensorProto *t)
{
    t->data_type = 8;
}

static void point_to(Onnx__TensorProto *t, size_t entry, const char *value)
{
    free(t->external_data[entry]->value);
    t->external_data[entry]->value = strdup(value);
}

static void parent_path(Onnx__TensorProto *t)
{
    point_to(t, 0, "../external.data");
}

static void hidden_parent_path(Onnx__TensorProto *t)
{
    point_to(t, 0, "onnx/./../../onnx/external.data");
}

static void absolute_path(Onnx__TensorProto *t)
{
    point_to(t, 0, "/etc/hostname");
}

static void a_folder(Onnx__TensorProto *t)
{
    point_to(t, 0, ".");
}

static void absent(Onnx__TensorProto *t)
{
    point_to(t, 0, "absent.data");
}

static void far_offset(Onnx__TensorProto *t)
{
    point_to(t, 1, "999999999999999999");
}

static void not_an_offset(Onnx__TensorProto *t)
{
    point_to(t, 1, "-4");
}

static void wrong_length(Onnx__TensorProto *t)
{
    point_to(t, 2, "8");
}

static void test_damaged(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        change *f;
        nalg_status status;
        const char *says;
    } cases[] = {
        {"mlp_square", huge_dims, NALG_E_LIMIT, "2^27"},
        {"mlp_square", overflowing_dims, NALG_E_LIMIT, "2^27"},
        {"mlp_square", negative_dims, NALG_E_PARSE, "negative"},
        {"mlp_square", not_a_number, NALG_E_PARSE, "element 2 of tensor 0.weight is not a number"},
        {"mlp_square", infinite, NALG_E_PARSE, "element 0 of tensor 0.weight is infinite"},
        {"mlp_square", short_data, NALG_E_PARSE, "does not hold"},
        {"mlp_square", strings, NALG_E_UNSUPPORTED, "type 8"},
        {"external", parent_path, NALG_E_PARSE, "outside"},
        {"external", hidden_parent_path, NALG_E_PARSE, "outside"},
        {"external", absolute_path, NALG_E_PARSE, "outside"},
        {"external", a_folder, NALG_E_IO, "."},
        {"external", absent, NALG_E_IO, "absent.data"},
        {"external", far_offset, NALG_E_PARSE, "does not hold"},
        {"external", not_an_offset, NALG_E_PARSE, "where its data are"},
        {"external", wrong_length, NALG_E_PARSE, "does not hold"},
    };
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_status status = changed(ctx, cases[i].name, cases[i].f, FIXTURES);
        const char *what = nalg_ctx_last_error(ctx).what;
        if (status != cases[i].status || !strstr(what, cases[i].says))
            print_error("case %zu: %d %s\n", i, (int)status, what);
        assert_int_equal(status, cases[i].status);
        assert_non_null(strstr(what, cases[i].says));
    }
    nalg_ctx_free(ctx);
}

/* A link beside the model that leads out of its folder is not followed. */
static void test_link(void **state)
{
    (void)state;
    char folder[] = "/tmp/neuroalg-onnx-XXXXXX", path[600], target[600];
    nalg_ctx *ctx = test_context();
    size_t length;
    uint8_t *data = load("external", &length);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/external.data", folder);
    snprintf(target, sizeof target, "%s/external.data", FIXTURES);
    assert_int_equal(symlink(target, path), 0);
    assert_int_equal(read_bytes(ctx, data, length, folder), NALG_E_IO);
    assert_int_equal(read_bytes(ctx, data, length, NULL), NALG_E_UNSUPPORTED);
    assert_int_equal(read_bytes(ctx, data, length, FIXTURES), NALG_OK);
    unlink(path);
    rmdir(folder);
    free(data);
    nalg_ctx_free(ctx);
}

/* Every allocation of ours fails once. */
static void test_memory(void **state)
{
    (void)state;
    static const char *const names[] = {"mlp_square", "normalised", "residual", "newer_functions"};
    nalg_ctx *ctx = test_context();
    for (size_t k = 0; k < 4; k++) {
        size_t length;
        uint8_t *data = load(names[k], &length);
        nalg_status status = NALG_E_MEMORY;
        for (long fail = 1; status != NALG_OK; fail++) {
            assert_true(fail < 100000);
            nalg_memory_fail_at(fail);
            status = read_bytes(ctx, data, length, NULL);
            nalg_memory_fail_at(0);
            if (status != NALG_OK) assert_int_equal(status, NALG_E_MEMORY);
        }
        free(data);
    }
    nalg_ctx_free(ctx);
}

/* A known name of a foreign domain beside the same name of ONNX: found by fuzzing, the foreign one was run.
 */
static void test_foreign_domain(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t length;
    uint8_t *data = load("mlp_square", &length);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, length, data);
    assert_non_null(model);
    Onnx__NodeProto *last = model->graph->node[model->graph->n_node - 1]; /* the second Gemm */
    assert_string_equal(last->op_type, "Gemm");
    if (last->domain && *last->domain) free(last->domain);
    last->domain = strdup("com.example");
    assert_int_equal(read_model(ctx, model, NULL), NALG_E_UNSUPPORTED);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "Gemm of com.example"));
    free(data);
    nalg_ctx_free(ctx);
}

/* A node of no type, before an Identity of a weight that the check for merged tensors looks at: found by
 * fuzzing. */
static void test_empty_type(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t length;
    uint8_t *data = load("zero_biases", &length);
    for (int absent = 0; absent < 2; absent++)
        for (size_t at = 0;; at++) {
            Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, length, data);
            assert_non_null(model);
            if (at == model->graph->n_node) {
                onnx__model_proto__free_unpacked(model, NULL);
                break;
            }
            Onnx__NodeProto *node = model->graph->node[at];
            if (node->op_type && *node->op_type) free(node->op_type);
            node->op_type = absent ? NULL : strdup("");
            assert_int_equal(read_model(ctx, model, NULL), NALG_E_UNSUPPORTED);
            assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "(without a type)"));
        }
    free(data);
    nalg_ctx_free(ctx);
}

/* ---- bombs: small files that ask for large numbers ---- */

typedef struct {
    nalg_ctx *ctx;
    uint8_t *data;
    Onnx__ModelProto *model;
} bomb;

/* mlp_square, whose last node is to be followed by others. */
static bomb bomb_start(nalg_ctx *ctx)
{
    size_t length;
    bomb b = {.ctx = ctx, .data = load("mlp_square", &length)};
    b.model = onnx__model_proto__unpack(NULL, length, b.data);
    assert_non_null(b.model);
    return b;
}

static void add_number(bomb *b, const char *name, float value)
{
    Onnx__GraphProto *g = b->model->graph;
    Onnx__TensorProto *t = malloc(sizeof *t);
    onnx__tensor_proto__init(t);
    t->has_data_type = 1;
    t->data_type = 1;
    t->name = strdup(name);
    t->n_float_data = 1;
    t->float_data = malloc(sizeof value);
    t->float_data[0] = value;
    g->initializer = realloc(g->initializer, (g->n_initializer + 1) * sizeof *g->initializer);
    g->initializer[g->n_initializer++] = t;
}

/* out = type(a, b). */
static void add_node(bomb *b, const char *type, const char *a, const char *c, const char *out)
{
    Onnx__GraphProto *g = b->model->graph;
    Onnx__NodeProto *n = malloc(sizeof *n);
    onnx__node_proto__init(n);
    n->op_type = strdup(type);
    n->n_input = 2;
    n->input = malloc(2 * sizeof *n->input);
    n->input[0] = strdup(a);
    n->input[1] = strdup(c);
    n->n_output = 1;
    n->output = malloc(sizeof *n->output);
    n->output[0] = strdup(out);
    g->node = realloc(g->node, (g->n_node + 1) * sizeof *g->node);
    g->node[g->n_node++] = n;
}

/* The last value is multiplied to the output. */
static nalg_status bomb_read(bomb *b, const char *last)
{
    Onnx__ValueInfoProto *output = b->model->graph->output[0];
    add_node(b, "Mul", output->name, last, "end");
    free(output->name);
    output->name = strdup("end");
    nalg_status status = read_model(b->ctx, b->model, NULL);
    free(b->data);
    return status;
}

/* c^2, c^4, c^8, ...: 2^40 digits after 40 nodes. */
static void test_squared_constants(void **state)
{
    (void)state;
    char name[2][16] = {"val_0"};
    nalg_ctx *ctx = test_context();
    bomb b = bomb_start(ctx);
    add_number(&b, "val_0", 1e30F);
    for (int i = 1; i <= 40; i++) {
        snprintf(name[i % 2], sizeof *name, "c%d", i);
        add_node(&b, "Mul", name[(i + 1) % 2], name[(i + 1) % 2], name[i % 2]);
    }
    assert_int_equal(bomb_read(&b, name[0]), NALG_E_LIMIT);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "too many digits"));
    b = bomb_start(ctx); /* the same by powers */
    add_number(&b, "val_0", 1e30F);
    add_number(&b, "val_1", 64);
    strcpy(name[0], "val_0");
    for (int i = 1; i <= 8; i++) {
        snprintf(name[i % 2], sizeof *name, "c%d", i);
        add_node(&b, "Pow", name[(i + 1) % 2], "val_1", name[i % 2]);
    }
    assert_int_equal(bomb_read(&b, name[0]), NALG_E_LIMIT);
    nalg_ctx_free(ctx);
}

/* (c x)^500000 of the output, and that again: no activation that could be written down, but a program. */
static void test_high_powers(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    bomb b = bomb_start(ctx);
    const char *end = b.model->graph->output[0]->name;
    add_number(&b, "val_0", 1e30F);
    add_number(&b, "val_1", 500000);
    add_node(&b, "Mul", end, "val_0", "p0");
    add_node(&b, "Pow", "p0", "val_1", "p1");
    add_node(&b, "Pow", "p1", "val_1", "p2");
    add_node(&b, "Pow", "p2", "val_1", "p3");
    nalg_status status = bomb_read(&b, "p3");
    if (status != NALG_OK) print_error("%s\n", nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    nalg_ctx_free(ctx);
}

/* A constant of 2^26 entries from a file of 600 bytes. */
static void test_large_constant(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    bomb b = bomb_start(ctx);
    Onnx__GraphProto *g = b.model->graph;
    add_number(&b, "val_0", 1.5F);
    add_number(&b, "shape", 0);
    Onnx__TensorProto *shape = g->initializer[g->n_initializer - 1];
    free(shape->float_data);
    shape->float_data = NULL;
    shape->n_float_data = 0;
    shape->data_type = 7;
    shape->n_int64_data = 2;
    shape->int64_data = malloc(2 * sizeof *shape->int64_data);
    shape->int64_data[0] = shape->int64_data[1] = 8192;
    shape->n_dims = 1;
    shape->dims = malloc(sizeof *shape->dims);
    shape->dims[0] = 2;
    add_node(&b, "Expand", "val_0", "shape", "large");
    assert_int_equal(bomb_read(&b, "large"), NALG_E_LIMIT);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "constant numbers"));
    nalg_ctx_free(ctx);
}

/* ---- functions of the file ---- */

static Onnx__ModelProto *load_model(const char *name)
{
    size_t length;
    uint8_t *data = load(name, &length);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, length, data);
    free(data);
    assert_non_null(model);
    return model;
}

/* Function k of newer_functions; node `at` of it calls function `other`. */
static void redirect(Onnx__ModelProto *model, size_t k, size_t at, size_t other)
{
    Onnx__NodeProto *n = model->functions[k]->node[at];
    free(n->op_type);
    if (n->domain && n->domain != protobuf_c_empty_string) free(n->domain);
    n->op_type = strdup(model->functions[other]->name);
    n->domain = strdup(model->functions[other]->domain);
}

static void expect_read(nalg_ctx *ctx, Onnx__ModelProto *model, nalg_status wanted, const char *says)
{
    nalg_status status = read_model(ctx, model, NULL);
    const char *what = nalg_ctx_last_error(ctx).what;
    if (status != wanted || !strstr(what, says)) print_error("%d %s\n", (int)status, what);
    assert_int_equal(status, wanted);
    assert_non_null(strstr(what, says));
}

/* Functions that call themselves, call each other without end or by the thousand, take other numbers of
 * values, or hold what is not understood. */
static void test_functions(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    Onnx__ModelProto *model = load_model("newer_functions");
    assert_int_equal(model->n_functions, 5);
    redirect(model, 0, 0, 0);
    expect_read(ctx, model, NALG_E_LIMIT, "16 deep");
    model = load_model("newer_functions");
    redirect(model, 3, 0, 4); /* torch_nn_Linear -> Activation -> torch_nn_Linear */
    redirect(model, 4, 1, 3);
    expect_read(ctx, model, NALG_E_LIMIT, "16 deep");
    model = load_model("newer_functions");
    redirect(
        model, 4, 1,
        1); /* two values for the three of aten_addmm are fine, they may be left out; two outputs are not */
    Onnx__NodeProto *n = model->graph->node[1];
    n->output = realloc(n->output, 2 * sizeof *n->output);
    n->output[n->n_output++] = strdup("second");
    expect_read(ctx, model, NALG_E_PARSE, "takes 1 inputs and gives 1 outputs, not 1 and 2");
    model = load_model("newer_functions");
    n = model->functions[0]->node[0];
    free(n->op_type);
    n->op_type = strdup("Tanh");
    expect_read(ctx, model, NALG_E_UNSUPPORTED, "Tanh (2 times)");
    model = load_model("newer_functions");
    free(model->functions[0]->name);
    model->functions[0]->name = strdup("another");
    expect_read(ctx, model, NALG_E_UNSUPPORTED, "aten_t of pkg.onnxscript.torch_lib (2 times)");
    nalg_ctx_free(ctx);
}

/* Each function calls the next one eight times: 8^9 nodes from a small file. */
static void test_exponential_functions(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (int empty = 0; empty < 2; empty++) { /* the innermost one without nodes: nothing but calls */
        Onnx__ModelProto *model = load_model("newer_functions");
        size_t first = model->n_functions;
        model->functions = realloc(model->functions, (first + 10) * sizeof *model->functions);
        for (size_t k = 0; k < 10; k++) {
            Onnx__FunctionProto *f = malloc(sizeof *f);
            onnx__function_proto__init(f);
            char name[16];
            snprintf(name, sizeof name, "level%zu", k);
            f->name = strdup(name);
            f->domain = strdup("levels");
            f->n_node = k < 9 ? 8 : empty ? 0 : 1;
            f->node = malloc((f->n_node + 1) * sizeof *f->node);
            for (size_t i = 0; i < f->n_node; i++) {
                Onnx__NodeProto *n = malloc(sizeof *n);
                onnx__node_proto__init(n);
                snprintf(name, sizeof name, "level%zu", k + 1);
                n->op_type = strdup(k < 9 ? name : "Identity");
                n->domain = strdup(k < 9 ? "levels" : "");
                f->node[i] = n;
            }
            model->functions[model->n_functions++] = f;
        }
        Onnx__NodeProto *last = model->graph->node[0];
        free(last->op_type);
        free(last->domain);
        last->op_type = strdup("level0");
        last->domain = strdup("levels");
        for (size_t i = 0; i < last->n_input; i++) free(last->input[i]);
        for (size_t i = 0; i < last->n_output; i++) free(last->output[i]);
        last->n_input = last->n_output = 0;
        expect_read(ctx, model, NALG_E_LIMIT, "more than 65536 nodes");
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty_type),
        cmocka_unit_test(test_networks),
        cmocka_unit_test(test_weights),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_nesting_bomb),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_foreign_domain),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_squared_constants),
        cmocka_unit_test(test_high_powers),
        cmocka_unit_test(test_large_constant),
        cmocka_unit_test(test_questions_at_the_weights),
        cmocka_unit_test(test_one_channel),
        cmocka_unit_test(test_functions),
        cmocka_unit_test(test_exponential_functions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build reads no ONNX files */
}

#endif
