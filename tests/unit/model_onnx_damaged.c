/* ONNX files that are damaged, ask for too much, or define functions without end, made here from files of
 * tests/onnx: a model or a clear error, in bounded time and memory.  SPDX-License-Identifier:
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
#include "model/onnx.h"

static uint8_t *load(const char *name, size_t *length)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s.onnx", FIXTURES, name);
    return test_file(path, length);
}

static Onnx__ModelProto *load_model(const char *name)
{
    size_t length;
    uint8_t *data = load(name, &length);
    Onnx__ModelProto *model = onnx__model_proto__unpack(NULL, length, data);
    free(data);
    assert_non_null(model);
    return model;
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
    Onnx__ModelProto *model = load_model(name);
    f(model->graph->initializer[0]);
    return read_model(ctx, model, folder);
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
    Onnx__ModelProto *model = load_model("mlp_square");
    Onnx__NodeProto *last = model->graph->node[model->graph->n_node - 1]; /* the second Gemm */
    assert_string_equal(last->op_type, "Gemm");
    if (last->domain && *last->domain) free(last->domain);
    last->domain = strdup("com.example");
    assert_int_equal(read_model(ctx, model, NULL), NALG_E_UNSUPPORTED);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "Gemm of com.example"));
    nalg_ctx_free(ctx);
}

/* Files that mean something else than what their nodes say to a reader of opset 7 to 20, and sizes that do
 * not fit. */
static void test_other_meanings(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    Onnx__ModelProto *model = load_model("mlp_square");
    model->opset_import[0]->version = 6; /* broadcasting by attributes */
    assert_int_equal(read_model(ctx, model, NULL), NALG_E_UNSUPPORTED);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "opset 6"));
    model = load_model("normalised");
    for (size_t i = 0; i < model->graph->n_node; i++) {
        Onnx__NodeProto *n = model->graph->node[i];
        if (strcmp(n->op_type, "BatchNormalization")) continue;
        n->output = realloc(n->output, 2 * sizeof *n->output); /* training before opset 14 */
        n->output[n->n_output++] = strdup("mean");
    }
    assert_int_equal(read_model(ctx, model, NULL), NALG_E_UNSUPPORTED);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).what, "training mode"));
    static const char *const equations[] = {"abcdefgh,ijklmnop->a", "...J,JK,KL->...L", "...J,JK,KL,L->M",
                                            "..J,JK,KL,L->...L", ""};
    for (size_t k = 0; k < sizeof equations / sizeof *equations; k++) {
        model = load_model("chain");
        ProtobufCBinaryData *text = &model->graph->node[0]->attribute[0]->s;
        free(text->data);
        text->data = (uint8_t *)strdup(equations[k]);
        text->len = strlen(equations[k]);
        assert_int_equal(read_model(ctx, model, NULL), NALG_E_SHAPE);
    }
    nalg_ctx_free(ctx);
}

/* Constants that an optimiser made initializers, under the name of their node's output: still constants. */
static void test_lifted_nodes(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    Onnx__ModelProto *model = load_model("lifted");
    static const char *const names[] = {"val_0", "val_1"}, *const lifted[] = {"/1/Constant_output_0",
                                                                              "/1/Constant_1_output_0"};
    for (size_t k = 0; k < 2; k++) {
        for (size_t i = 0; i < model->graph->n_initializer; i++)
            if (!strcmp(model->graph->initializer[i]->name, names[k])) {
                free(model->graph->initializer[i]->name);
                model->graph->initializer[i]->name = strdup(lifted[k]);
            }
        for (size_t i = 0; i < model->graph->n_node; i++)
            for (size_t j = 0; j < model->graph->node[i]->n_input; j++)
                if (!strcmp(model->graph->node[i]->input[j], names[k])) {
                    free(model->graph->node[i]->input[j]);
                    model->graph->node[i]->input[j] = strdup(lifted[k]);
                }
    }
    size_t size = onnx__model_proto__get_packed_size(model);
    uint8_t *packed = malloc(size);
    onnx__model_proto__pack(model, packed);
    onnx__model_proto__free_unpacked(model, NULL);
    nalg_model *read = NULL;
    assert_int_equal(nalg_onnx_model(ctx, &read, packed, size, NULL, "lifted.onnx", NULL), NALG_OK);
    assert_string_equal(nalg_model_pipeline(read), "input 3 | dense 4 bias | x^3+1/4*x | dense 2 bias");
    nalg_model_free(read);
    free(packed);
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
    Onnx__ModelProto *model;
} bomb;

/* mlp_square, whose last node is to be followed by others. */
static bomb bomb_start(nalg_ctx *ctx)
{
    return (bomb){.ctx = ctx, .model = load_model("mlp_square")};
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
    return read_model(b->ctx, b->model, NULL);
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
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_nesting_bomb),
        cmocka_unit_test(test_damaged),
        cmocka_unit_test(test_link),
        cmocka_unit_test(test_memory),
        cmocka_unit_test(test_foreign_domain),
        cmocka_unit_test(test_other_meanings),
        cmocka_unit_test(test_lifted_nodes),
        cmocka_unit_test(test_empty_type),
        cmocka_unit_test(test_squared_constants),
        cmocka_unit_test(test_high_powers),
        cmocka_unit_test(test_large_constant),
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
