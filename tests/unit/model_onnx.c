/* ONNX files as models, on the files of tests/onnx (made by tests/onnx/make_models with torch's exporter and
 * by hand): what is read from them. The dimension of a network read from a file is compared with that of its
 * phrase, whose value other tests compare with published tables. Damaged files: model_onnx_damaged.c.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "support/support.h"

#ifdef NEUROALG_ONNX
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
    {"newer_mean",
     {0},
     "input 1x3x3 | conv2d 2x2 out=2 bias | x^2 | sumpool | dense 2",
     "input 1x3x3 | conv2d 2x2 out=2 bias | x^2 | sumpool | 1/4*x | dense 2"},
    {"newer_merged_biases",
     {.merged = NALG_MERGED_UNTIED},
     "mlp 3-3-3-2 x^2 bias",
     "input 3 | dense 3 bias | x^2 | dense 3 bias | x^2 | dense 2 bias"},
    {"newer_merged_copies", {.merged = NALG_MERGED_UNTIED}, "mlp 3-3-3 x^2", NULL},
    {"newer_merged_copies",
     {.merged = NALG_MERGED_TIED},
     "input 3 | dense 3 share=a | x^2 | dense 3 share=a",
     NULL},
    {"newer_tied",
     {0},
     "input 3 | dense 3 share=a | x^2 | dense 3 share=a",
     "input 3 | dense 3 share=t1 | x^2 | dense 3 share=t1"},
    /* a statistic merged with a parameter stays a constant: any affine map */
    {"newer_merged_statistics", {0}, "input 3 | dense 2 bias", NULL},
    /* W applied to every token, squared, and W again: as for one token */
    {"newer_merged_transposes",
     {.merged = NALG_MERGED_TIED},
     "input 3 | dense 3 share=a | x^2 | dense 3 share=a",
     NULL},
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
        bool merged = !strcmp(name, "tied_module") || !strcmp(name, "tied_transposed") ||
                      !strcmp(name, "newer_merged_copies");
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
    assert_int_equal(compare_values(FIXTURES "/values.tsv"), 25);
    assert_int_equal(compare_values(FIXTURES "/newer_values.tsv"), 11);
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
    expect_refusal(ctx, "newer_merged_biases", NULL, NALG_E_ARGUMENT, "layers.0.bias used by 2 nodes",
                   "not in the file: layers.2.bias");
    expect_refusal(ctx, "newer_merged_copies", NULL, NALG_E_ARGUMENT, "layers.0.weight used by 2 nodes",
                   "not in the file: layers.2.weight");
    expect_refusal(ctx, "newer_merged_transposes", &(nalg_onnx_options){.merged = NALG_MERGED_UNTIED},
                   NALG_E_UNSUPPORTED, "layers.0.weight", "transposed once");
    expect_refusal(ctx, "mlp_square", &(nalg_onnx_options){.constants = "fc9.weight"}, NALG_E_ARGUMENT,
                   "fc9.weight", "");
    expect_refusal(ctx, "mlp_square", &(nalg_onnx_options){.constants = "*"}, NALG_E_UNSUPPORTED,
                   "any parameter", "");
    expect_refusal(ctx, "no_such_file", NULL, NALG_E_IO, "no_such_file", "No such file");
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_networks), cmocka_unit_test(test_one_channel),
        cmocka_unit_test(test_weights),  cmocka_unit_test(test_questions_at_the_weights),
        cmocka_unit_test(test_values),   cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

int main(void)
{
    return 0; /* this build reads no ONNX files */
}

#endif
