/* Functions of the file itself: torch's newer exporter and onnxscript write some operations as calls of
 * functions that the file defines. Every call is replaced by the function's nodes before the graph is run:
 * values inside get names of their own, attributes that refer to the call's are filled in.  Source: ONNX IR,
 * "Functions".  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "core/text.h"
#include "model/onnx_import.h"

/* Functions that call functions. */
#define DEPTH_LIMIT 16
/* Nodes copied, and bytes of them (constants are copied with their nodes). */
#define COPY_LIMIT 65536
#define BYTES_LIMIT ((size_t)1 << 26)
/* Number of FunctionProto.attribute_proto, which is newer than Debian's onnx.proto and so an unknown field.
 */
#define DEFAULT_ATTRIBUTES 11

typedef struct {
    nalg_onnx_import *m;
    const Onnx__ModelProto *file;
    Onnx__NodeProto **node; /* the new list: nodes of the graph, and copies */
    bool *copied;
    size_t count, node_capacity, copied_capacity;
    size_t copies, bytes, calls;
} expansion;

/* One call: its node and its function. */
typedef struct {
    const Onnx__NodeProto *node;
    const Onnx__FunctionProto *function;
    size_t number;
} call;

static const char *text_of(const char *s)
{
    return s ? s : "";
}

static const Onnx__FunctionProto *function_of(const Onnx__ModelProto *file, const Onnx__NodeProto *node)
{
    for (size_t i = 0; i < file->n_functions; i++)
        if (!strcmp(text_of(file->functions[i]->name), text_of(node->op_type)) &&
            !strcmp(text_of(file->functions[i]->domain), text_of(node->domain)))
            return file->functions[i];
    return NULL;
}

/* ---- names ---- */

static size_t position(char *const *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(text_of(list[i]), name)) return i;
    return SIZE_MAX;
}

/* The name outside of a value inside; NULL when memory is out. */
static char *outer_name(const call *c, const char *name)
{
    const Onnx__FunctionProto *f = c->function;
    size_t input = position(f->input, f->n_input, name), output = position(f->output, f->n_output, name);
    if (!*name) return strdup("");
    if (input != SIZE_MAX) return strdup(input < c->node->n_input ? text_of(c->node->input[input]) : "");
    if (output < c->node->n_output && *text_of(c->node->output[output]))
        return strdup(c->node->output[output]);
    nalg_text text = {0};
    nalg_text_format(&text, "%s of call %zu", name, c->number);
    return nalg_text_take(&text);
}

static bool rename_values(const call *c, char **list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char *name = outer_name(c, text_of(list[i]));
        if (!name) return false;
        if (list[i] != protobuf_c_empty_string) free(list[i]);
        list[i] = name;
    }
    return true;
}

/* ---- copies ---- */

/* A copy through the wire format; NULL when memory is out. */
static ProtobufCMessage *copy_message(const ProtobufCMessage *message)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = nalg_array(size, 1);
    if (!data) return NULL;
    protobuf_c_message_pack(message, data);
    ProtobufCMessage *copy = protobuf_c_message_unpack(message->descriptor, NULL, size, data);
    free(data);
    return copy;
}

static bool is_default(const ProtobufCMessageUnknownField *field)
{
    return field->tag == DEFAULT_ATTRIBUTES && field->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
}

/* NULL: damaged, or memory is out. */
static Onnx__AttributeProto *unpack_default(const ProtobufCMessageUnknownField *field)
{
    size_t prefix = 0;
    while (prefix < field->len && field->data[prefix] & 0x80) prefix++;
    if (prefix == field->len) return NULL;
    return onnx__attribute_proto__unpack(NULL, field->len - prefix - 1, field->data + prefix + 1);
}

/* All defaults can be unpacked: later a failure means that memory is out. */
static nalg_status check_defaults(nalg_onnx_import *m, const Onnx__FunctionProto *f)
{
    for (unsigned i = 0; i < f->base.n_unknown_fields; i++) {
        if (!is_default(&f->base.unknown_fields[i])) continue;
        Onnx__AttributeProto *a = unpack_default(&f->base.unknown_fields[i]);
        if (!a)
            return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                                  "a default attribute of function %.100s cannot be read", text_of(f->name));
        onnx__attribute_proto__free_unpacked(a, NULL);
    }
    return NALG_OK;
}

/* A default of the function, read from its unknown fields; *out NULL: none. False when memory is out. */
static bool default_attribute(const Onnx__FunctionProto *f, const char *name, Onnx__AttributeProto **out)
{
    for (unsigned i = 0; i < f->base.n_unknown_fields; i++) {
        if (!is_default(&f->base.unknown_fields[i])) continue;
        Onnx__AttributeProto *a = unpack_default(&f->base.unknown_fields[i]);
        if (!a) return false;
        if (!strcmp(text_of(a->name), name)) {
            *out = a;
            return true;
        }
        onnx__attribute_proto__free_unpacked(a, NULL);
    }
    return true;
}

/* What the call, or else the function's default, gives for an attribute; *out NULL: nothing. False when
 * memory is out. */
static bool given_attribute(const call *c, const char *name, Onnx__AttributeProto **out)
{
    *out = NULL;
    for (size_t i = 0; i < c->node->n_attribute; i++)
        if (!strcmp(text_of(c->node->attribute[i]->name), name)) {
            *out = (Onnx__AttributeProto *)copy_message(&c->node->attribute[i]->base);
            return *out != NULL;
        }
    return default_attribute(c->function, name, out);
}

/* Attributes that refer to one of the call take its value, or are left out when it has none. */
static bool fill_attributes(const call *c, Onnx__NodeProto *node)
{
    size_t kept = 0;
    bool ok = true;
    for (size_t i = 0; i < node->n_attribute; i++) {
        Onnx__AttributeProto *a = node->attribute[i], *given = NULL;
        if (ok && a->ref_attr_name && *a->ref_attr_name) {
            ok = given_attribute(c, a->ref_attr_name, &given);
            if (given) {
                char *swap = given->name;
                given->name = a->name;
                a->name = swap;
            }
            onnx__attribute_proto__free_unpacked(a, NULL);
            a = given;
        }
        if (a) node->attribute[kept++] = a;
    }
    node->n_attribute = kept;
    return ok;
}

static nalg_status copy_node(expansion *e, const call *c, const Onnx__NodeProto *node, Onnx__NodeProto **out)
{
    e->bytes += protobuf_c_message_get_packed_size(&node->base);
    if (++e->copies > COPY_LIMIT || e->bytes > BYTES_LIMIT)
        return nalg_onnx_fail(e->m, NALG_E_LIMIT, "export with the functions inlined",
                              "its functions, written out, have more than %d nodes or 64 MiB", COPY_LIMIT);
    Onnx__NodeProto *copy = (Onnx__NodeProto *)copy_message(&node->base);
    bool ok = copy && rename_values(c, copy->input, copy->n_input) &&
              rename_values(c, copy->output, copy->n_output) && fill_attributes(c, copy);
    if (!ok && copy) onnx__node_proto__free_unpacked(copy, NULL);
    if (!ok) return nalg_fail_memory(e->m->ctx);
    *out = copy;
    return NALG_OK;
}

/* ---- expansion ---- */

/* Takes the node over when it is a copy, whatever happens. */
static nalg_status append(expansion *e, Onnx__NodeProto *node, bool copied)
{
    if (nalg_grow((void **)&e->node, &e->node_capacity, e->count, sizeof *e->node) &&
        nalg_grow((void **)&e->copied, &e->copied_capacity, e->count, sizeof *e->copied)) {
        e->copied[e->count] = copied;
        e->node[e->count++] = node;
        return NALG_OK;
    }
    if (copied) onnx__node_proto__free_unpacked(node, NULL);
    return nalg_fail_memory(e->m->ctx);
}

static nalg_status check_call(expansion *e, const call *c, unsigned depth)
{
    const char *name = text_of(c->function->name);
    if (depth > DEPTH_LIMIT)
        return nalg_onnx_fail(e->m, NALG_E_LIMIT, "export with the functions inlined",
                              "functions call each other more than %d deep, at %.100s", DEPTH_LIMIT, name);
    if (c->node->n_input > c->function->n_input || c->node->n_output > c->function->n_output)
        return nalg_onnx_fail(e->m, NALG_E_PARSE, "export the model again",
                              "function %.100s takes %zu inputs and gives %zu outputs, not %zu and %zu", name,
                              c->function->n_input, c->function->n_output, c->node->n_input,
                              c->node->n_output);
    return NALG_OK;
}

/* Takes the node over when it is a copy. */
static nalg_status expand(expansion *e, Onnx__NodeProto *node, bool copied, unsigned depth)
{
    call c = {node, nalg_onnx_is_known(node) ? NULL : function_of(e->file, node), e->calls};
    if (!c.function) return append(e, node, copied);
    e->calls++;
    nalg_status status = check_call(e, &c, depth);
    for (size_t i = 0; i < c.function->n_node && status == NALG_OK; i++) {
        Onnx__NodeProto *inner = NULL;
        status = copy_node(e, &c, c.function->node[i], &inner);
        if (status == NALG_OK) status = expand(e, inner, true, depth + 1);
    }
    if (copied) onnx__node_proto__free_unpacked(node, NULL);
    return status;
}

static bool is_listed(const expansion *e, const Onnx__NodeProto *node, size_t *from)
{
    for (size_t i = *from; i < e->count; i++)
        if (e->node[i] == node) {
            *from = i + 1;
            return true;
        }
    return false;
}

/* The graph with the new list; calls are freed. Nodes of the graph keep their order. */
static void replace(expansion *e, Onnx__GraphProto *graph)
{
    size_t from = 0;
    for (size_t i = 0; i < graph->n_node; i++)
        if (!is_listed(e, graph->node[i], &from)) onnx__node_proto__free_unpacked(graph->node[i], NULL);
    free(graph->node);
    graph->node = e->node;
    graph->n_node = e->count;
    e->node = NULL;
}

nalg_status nalg_onnx_inline_functions(nalg_onnx_import *m, Onnx__ModelProto *file)
{
    expansion e = {.m = m, .file = file};
    nalg_status status = NALG_OK;
    if (file->n_functions == 0) return NALG_OK;
    for (size_t i = 0; i < file->n_functions && status == NALG_OK; i++)
        status = check_defaults(m, file->functions[i]);
    for (size_t i = 0; i < file->graph->n_node && status == NALG_OK; i++)
        status = expand(&e, file->graph->node[i], false, 1);
    if (status == NALG_OK && e.calls) replace(&e, file->graph);
    for (size_t i = 0; e.node && i < e.count; i++)
        if (e.copied[i]) onnx__node_proto__free_unpacked(e.node[i], NULL);
    free(e.node);
    free(e.copied);
    return status;
}
