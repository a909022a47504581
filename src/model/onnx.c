/* ONNX files as models.
 *
 * The file is checked on the wire, unpacked by protobuf-c, run symbolically node by node into one tensor
 * program, and written down in the model language; from there it is a model like any other. The stored
 * weights, exact dyadic rationals, become its point.
 *
 * What is a weight: every initializer of floating type, except those the options name as constants,
 * statistics of batch normalisation, exponents, and numbers that an optimiser lifted (val_*). ONNX does not
 * say which weights are trained. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/onnx.h"
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"
#include "model/onnx_wire.h"

#define NODE_LIMIT 65536
#define OLDEST_OPSET 7

/* ---- which nodes are known ---- */

static const nalg_onnx_operator_entry *find_in(const nalg_onnx_operator_entry *table, const char *name)
{
    for (; table->name; table++)
        if (!strcmp(table->name, name)) return table;
    return NULL;
}

static const nalg_onnx_operator_entry *find_operator(const Onnx__NodeProto *node)
{
    if (!node->op_type || (node->domain && *node->domain && strcmp(node->domain, "ai.onnx"))) return NULL;
    const nalg_onnx_operator_entry *e = find_in(nalg_onnx_arithmetic, node->op_type);
    if (!e) e = find_in(nalg_onnx_shapes, node->op_type);
    if (!e) e = find_in(nalg_onnx_contractions, node->op_type);
    return e ? e : find_in(nalg_onnx_layers, node->op_type);
}

bool nalg_onnx_is_known(const Onnx__NodeProto *node)
{
    return find_operator(node) != NULL;
}

/* What to use in place of an operator. */
static const struct {
    const char *name, *advice;
} advice[] = {
    {"Relu", "piecewise linear"},
    {"LeakyRelu", "piecewise linear"},
    {"PRelu", "piecewise linear"},
    {"Abs", "piecewise linear"},
    {"Clip", "piecewise linear"},
    {"HardSigmoid", "piecewise linear"},
    {"HardSwish", "piecewise"},
    {"MaxPool", "piecewise linear; AveragePool works"},
    {"Max", "piecewise linear"},
    {"Min", "piecewise linear"},
    {"Sigmoid", "not polynomial; x**3+x works"},
    {"Tanh", "not polynomial; x**3+x works"},
    {"Softmax", "not polynomial; linear attention or a polynomial normaliser works"},
    {"Erf", "not polynomial; x**2+x works"},
    {"Gelu", "not polynomial; x**2+x works"},
    {"Exp", "not polynomial"},
    {"Log", "not polynomial"},
    {"Softplus", "not polynomial; x**2 works"},
    {"LayerNormalization", "not rational; BatchNormalization in eval mode works"},
    {"InstanceNormalization", "not rational; BatchNormalization in eval mode works"},
    {"LSTM", "recurrent"},
    {"GRU", "recurrent"},
    {"RNN", "recurrent"},
    {"Loop", "control flow"},
    {"If", "control flow"},
    {"Scan", "control flow"},
};

/* Count one more of a kind of node, the name with its domain. */
static nalg_status count_unknown(nalg_onnx_import *m, json_t *unknown, const Onnx__NodeProto *node)
{
    char key[160];
    bool foreign = node->domain && *node->domain && strcmp(node->domain, "ai.onnx");
    snprintf(key, sizeof key, "%.60s%s%.60s",
             node->op_type && *node->op_type ? node->op_type : "(without a type)", foreign ? " of " : "",
             foreign ? node->domain : "");
    json_int_t times = json_integer_value(json_object_get(unknown, key)) + 1;
    return json_object_set_new_nocheck(unknown, key, json_integer(times)) ? nalg_fail_memory(m->ctx)
                                                                          : NALG_OK;
}

static nalg_status refuse_unknown(nalg_onnx_import *m, json_t *unknown)
{
    nalg_text list = {0};
    const char *key;
    json_t *times;
    json_object_foreach(unknown, key, times)
    {
        if (list.length > 400) break;
        nalg_text_format(&list, "%s%s", list.length ? ", " : "", key);
        if (json_integer_value(times) > 1)
            nalg_text_format(&list, " (%lld times)", (long long)json_integer_value(times));
        for (size_t k = 0; k < sizeof advice / sizeof *advice; k++)
            if (!strcmp(advice[k].name, key)) nalg_text_format(&list, ": %s", advice[k].advice);
    }
    nalg_status status = nalg_onnx_fail(
        m, NALG_E_UNSUPPORTED,
        "use sums, products, quotients and integer powers, linear and convolution layers, "
        "average pooling; piecewise linear networks are not read from ONNX yet",
        "the model has nodes that are not algebraic or not known: %.400s", list.data ? list.data : "");
    nalg_text_clear(&list);
    return status;
}

/* All that is not understood, each once, with how often and why. */
static nalg_status check_nodes(nalg_onnx_import *m)
{
    nalg_status status = NALG_OK;
    if (m->graph->n_node > NODE_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "the graph has %zu nodes, more than %d",
                              m->graph->n_node, NODE_LIMIT);
    json_t *unknown = json_object();
    if (!unknown) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < m->graph->n_node && status == NALG_OK; i++)
        if (!find_operator(m->graph->node[i])) status = count_unknown(m, unknown, m->graph->node[i]);
    if (status == NALG_OK && json_object_size(unknown)) status = refuse_unknown(m, unknown);
    json_decref(unknown);
    return status;
}

/* Broadcasting and inference are written differently before opset 7. */
static nalg_status check_opset(nalg_onnx_import *m, const Onnx__ModelProto *file)
{
    for (size_t i = 0; i < file->n_opset_import; i++) {
        const Onnx__OperatorSetIdProto *o = file->opset_import[i];
        bool own = !o->domain || !*o->domain || !strcmp(o->domain, "ai.onnx");
        if (own && o->has_version && o->version < OLDEST_OPSET)
            return nalg_onnx_fail(
                m, NALG_E_UNSUPPORTED, "export with opset_version=13, or use onnx.version_converter",
                "the file uses opset %lld; opsets from %d are read", (long long)o->version, OLDEST_OPSET);
    }
    return NALG_OK;
}

/* ---- names ---- */

static bool is_initializer(const nalg_onnx_import *m, const char *name)
{
    return json_object_get(m->tensors, name) != NULL;
}

/* Every name of a list must be a tensor. */
static nalg_status check_list(nalg_onnx_import *m, const char *list)
{
    char name[256];
    for (const char *s = list; s && *s; s += strcspn(s, ","), s += *s == ',') {
        bool found = false;
        snprintf(name, sizeof name, "%.*s", (int)(strcspn(s, ",") < 255 ? strcspn(s, ",") : 255), s);
        for (size_t i = 0; i < m->graph->n_initializer && !found; i++)
            found = nalg_onnx_listed(name, m->graph->initializer[i]->name);
        if (found) continue;
        nalg_text names = {0};
        for (size_t i = 0; i < m->graph->n_initializer && names.length < 300; i++)
            nalg_text_format(&names, "%s%.60s", i ? ", " : "the tensors are ",
                             m->graph->initializer[i]->name);
        nalg_status status = nalg_fail(m->ctx, NALG_E_ARGUMENT, name, names.data,
                                       "no tensor of the model is called %.200s", name);
        nalg_text_clear(&names);
        return status;
    }
    return NALG_OK;
}

/* ---- the run ---- */

static nalg_status index_tensors(nalg_onnx_import *m)
{
    for (size_t i = 0; i < m->graph->n_initializer; i++) {
        const char *name = m->graph->initializer[i]->name;
        if (!name || !*name)
            return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "an initializer has no name");
        if (json_object_set_new_nocheck(m->tensors, name, json_integer((json_int_t)i)))
            return nalg_fail_memory(m->ctx);
    }
    if (m->graph->n_sparse_initializer)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "store dense tensors", "the model has sparse tensors");
    return NALG_OK;
}

/* Shape of an input; the first axis is the batch when it has no fixed size or is 1 and others follow. */
static nalg_status input_shape(nalg_onnx_import *m, const Onnx__ValueInfoProto *input, nalg_onnx_value *v)
{
    const Onnx__TypeProto__Tensor *t =
        input->type && input->type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE
            ? input->type->tensor_type
            : NULL;
    if (!t || !t->shape)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export with an example input",
                              "input %.200s has no shape", input->name);
    if (t->has_elem_type && t->elem_type != 1 && t->elem_type != 10 && t->elem_type != 11 &&
        t->elem_type != 16)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "start from real numbers", "input %.200s is not real",
                              input->name);
    if (t->shape->n_dim > NALG_ONNX_RANK)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use at most 8 axes", "input %.200s has %zu axes", input->name,
                              t->shape->n_dim);
    v->rank = t->shape->n_dim;
    for (size_t i = 0; i < v->rank; i++) {
        const Onnx__TensorShapeProto__Dimension *d = t->shape->dim[i];
        bool fixed =
            d->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE && d->dim_value > 0;
        if (!fixed && (i > 0 || v->rank == 1))
            return nalg_onnx_fail(m, NALG_E_UNSUPPORTED,
                                  "export with a fixed size on every axis but the batch",
                                  "axis %zu of input %.200s has no fixed size", i + 1, input->name);
        if (fixed && (uint64_t)d->dim_value > NALG_WIDTH_LIMIT)
            return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller input", "input %.200s is too large",
                                  input->name);
        v->dim[i] = fixed ? (size_t)d->dim_value : 1;
    }
    if (nalg_onnx_size(v->rank, v->dim) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller input", "input %.200s is too large",
                              input->name);
    if (v->rank > 1 && v->dim[0] > 1)
        return nalg_onnx_note(m,
                              "axis 1 of input %.200s has the fixed size %zu and is taken as part of the "
                              "input; if it is the batch, export with a batch of one",
                              input->name, v->dim[0]);
    return NALG_OK;
}

/* The shape in the model language: without the batch axis. */
static nalg_shape language_shape(const nalg_onnx_value *v)
{
    size_t lead = v->rank > 1 && v->dim[0] == 1;
    nalg_shape s = {.rank = v->rank - lead};
    if (s.rank == 0 || s.rank > NALG_RANK_LIMIT) return (nalg_shape){1, {nalg_onnx_size(v->rank, v->dim)}};
    for (size_t i = 0; i < s.rank; i++) s.dim[i] = v->dim[i + lead];
    return s;
}

static nalg_status bind_input(nalg_onnx_import *m)
{
    const Onnx__ValueInfoProto *input = NULL;
    nalg_onnx_value v = {0};
    for (size_t i = 0; i < m->graph->n_input; i++) {
        const char *name = m->graph->input[i]->name;
        if (!name || is_initializer(m, name)) continue; /* older files list weights as inputs too */
        if (input)
            return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export a module with one tensor as its input",
                                  "the model has several inputs: %.200s, %.200s", input->name, name);
        input = m->graph->input[i];
    }
    if (!input)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export a module with one tensor as its input",
                              "the model has no input");
    nalg_status status = input_shape(m, input, &v);
    if (status != NALG_OK) return status;
    m->input = language_shape(&v);
    status = nalg_onnx_push(
        m, (nalg_instruction){.op = NALG_PROGRAM_INPUT, .size = nalg_onnx_size(v.rank, v.dim)}, &v.node);
    return status == NALG_OK ? nalg_onnx_bind(m, input->name, v) : status;
}

static nalg_status run_nodes(nalg_onnx_import *m)
{
    nalg_status status = NALG_OK;
    char where[256];
    for (size_t i = 0; i < m->graph->n_node && status == NALG_OK; i++) {
        const Onnx__NodeProto *node = m->graph->node[i];
        snprintf(where, sizeof where, "node %zu, %.60s %.120s", i + 1, node->op_type,
                 node->name ? node->name : "");
        m->where = where;
        if (nalg_onnx_is_copy(m, node))
            status = nalg_onnx_bind_copy(m, node);
        else
            status = find_operator(node)->run(m, node);
        if (status == NALG_OK && (i & 63) == 0) status = nalg_checkpoint(m->ctx);
    }
    m->where = NULL;
    return status;
}

static nalg_status output_node(nalg_onnx_import *m, size_t *out)
{
    nalg_onnx_value v;
    if (m->graph->n_output != 1 || !m->graph->output[0]->name)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export a module that returns one tensor",
                              "the model has %zu outputs", m->graph->n_output);
    nalg_status status = nalg_onnx_lookup(m, m->graph->output[0]->name, &v);
    if (status != NALG_OK) return status;
    *out = v.node;
    if (v.integers || v.node == 0)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export a module with weights", "the output is %s",
                              v.integers ? "an integer" : "the input itself");
    return NALG_OK;
}

/* ---- the model ---- */

static nalg_status take_weights(nalg_onnx_import *m, nalg_model *model, const nalg_onnx_order *order)
{
    nalg_weights w = {.value = nalg_array(order->count, sizeof(fmpq))};
    if (!w.value) return nalg_fail_memory(m->ctx);
    for (; w.count < order->count; w.count++) {
        fmpq_init(&w.value[w.count]);
        nalg_rational_of_double(
            &w.value[w.count],
            m->parameter[order->slot[w.count].parameter].element[order->slot[w.count].element]);
    }
    model->trained = w;
    return NALG_OK;
}

/* Which tensor of the file stands where in the parameter vector. */
static nalg_status take_tensors(nalg_onnx_import *m, nalg_model *model)
{
    model->tensor = nalg_array_zero(m->parameter_count, sizeof *model->tensor);
    if (!model->tensor) return nalg_fail_memory(m->ctx);
    for (size_t k = 0; k < m->parameter_count; k++) {
        nalg_onnx_parameter *p = &m->parameter[k];
        nalg_model_tensor *t = &model->tensor[k];
        t->name = strdup(p->name);
        if (!t->name) return nalg_fail_memory(m->ctx);
        model->tensors = k + 1;
        t->rank = p->rank;
        t->size = p->size;
        memcpy(t->dim, p->dim, sizeof t->dim);
        t->place = p->place;
        p->place = NULL;
    }
    return NALG_OK;
}

static nalg_status finish(nalg_onnx_import *m, nalg_model **out, size_t output, const char *name,
                          const Onnx__ModelProto *file)
{
    nalg_text phrase = {0};
    nalg_onnx_order order = {0};
    nalg_model *model = NULL;
    nalg_status status = nalg_onnx_write(m, output, &phrase, &order);
    if (status == NALG_OK && order.count == 0)
        status = nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "export a module with weights",
                                "the output does not depend on any parameter");
    if (status == NALG_OK) status = nalg_model_parse(m->ctx, &model, phrase.data, phrase.length);
    if (status == NALG_OK && model->parameters != order.count)
        status = nalg_fail(m->ctx, NALG_E_INTERNAL, NULL, "please report this model",
                           "%zu parameters were read, the model has %zu", order.count, model->parameters);
    if (status == NALG_OK) status = take_weights(m, model, &order);
    if (status == NALG_OK) status = take_tensors(m, model);
    char *spec = status == NALG_OK ? strdup(name) : NULL;
    if (status == NALG_OK && !spec) status = nalg_fail_memory(m->ctx);
    if (status == NALG_OK) {
        free(model->spec);
        model->spec = spec;
        json_t *producer =
            file->producer_name ? json_string(file->producer_name) : NULL; /* NULL when it is no UTF-8 */
        model->source =
            json_pack("{s:s, s:o, s:O, s:O}", "format", "onnx", "producer", producer ? producer : json_null(),
                      "constants", m->constants, "notes", m->notes);
        if (!model->source) status = nalg_fail_memory(m->ctx);
    }
    nalg_text_clear(&phrase);
    free(order.slot);
    if (status == NALG_OK)
        *out = model;
    else
        nalg_model_free(model);
    return status;
}

static void clear(nalg_onnx_import *m)
{
    for (size_t i = 0; i < m->value_count; i++) free(m->value[i].integers);
    for (size_t i = 0; i < m->parameter_count; i++) {
        free(m->parameter[i].element);
        free(m->parameter[i].place);
    }
    free(m->value);
    free(m->parameter);
    free(m->origin);
    free(m->transpose_of);
    nalg_program_clear(&m->program);
    json_decref(m->values);
    json_decref(m->tensors);
    json_decref(m->notes);
    json_decref(m->constants);
}

static nalg_status import(nalg_onnx_import *m, nalg_model **out, Onnx__ModelProto *file, const char *name)
{
    size_t output = 0;
    m->graph = file->graph;
    if (!m->graph)
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again", "the file holds no graph");
    if (!m->values || !m->tensors || !m->notes || !m->constants) return nalg_fail_memory(m->ctx);
    nalg_status status = check_opset(m, file);
    if (status == NALG_OK) status = nalg_onnx_inline_functions(m, file);
    if (status == NALG_OK) status = index_tensors(m);
    if (status == NALG_OK) status = check_nodes(m);
    if (status == NALG_OK) status = check_list(m, m->options->constants);
    if (status == NALG_OK) status = check_list(m, m->options->parameters);
    if (status == NALG_OK) status = nalg_onnx_check_merged(m);
    if (status == NALG_OK) status = bind_input(m);
    if (status == NALG_OK) status = run_nodes(m);
    if (status == NALG_OK) status = output_node(m, &output);
    return status == NALG_OK ? finish(m, out, output, name, file) : status;
}

nalg_status nalg_onnx_model(nalg_ctx *ctx, nalg_model **out, const uint8_t *data, size_t length,
                            const char *folder, const char *name, const nalg_onnx_options *options)
{
    nalg_onnx_options defaults = {0};
    nalg_status status = nalg_onnx_wire_check(ctx, data, length);
    if (status != NALG_OK) return status;
    Onnx__ModelProto *file = onnx__model_proto__unpack(NULL, length, data);
    if (!file)
        return nalg_fail(ctx, NALG_E_PARSE, NULL, "export the model again",
                         "this is no ONNX file that can be read");
    nalg_onnx_import m = {.ctx = ctx,
                          .options = options ? options : &defaults,
                          .folder = folder,
                          .values = json_object(),
                          .tensors = json_object(),
                          .notes = json_array(),
                          .constants = json_array()};
    status = import(&m, out, file, name);
    clear(&m);
    onnx__model_proto__free_unpacked(file, NULL);
    return status;
}
