/* Tying that a file has lost or made up.
 *
 * torch keeps one of several parameters with equal values and gives the others as Identity of it; whether
 * they are one parameter or only happen to be equal (biases that start at 0) the file does not say. And it
 * folds the transpose of a weight into a second tensor, so that a weight used both ways looks like two. The
 * newer exporter's optimizer (onnxscript since July 2025, DeduplicateInitializersPass of onnx-ir) and others
 * let all nodes use the tensor that is kept, without a trace but for the graph signature in the metadata. All
 * are answered by the user, never guessed.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "model/onnx_import.h"

static bool is_parameter(const nalg_onnx_import *m, const char *name)
{
    const json_t *number = json_object_get(m->tensors, name);
    return number && !nalg_onnx_tensor_is_integer(m->graph->initializer[json_integer_value(number)]) &&
           !nalg_onnx_listed(m->options->constants, name);
}

static bool is_identity(const nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return node->op_type && !strcmp(node->op_type, "Identity") && node->n_input == 1 && node->n_output == 1 &&
           is_parameter(m, node->input[0]);
}

bool nalg_onnx_is_copy(const nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    return m->options->merged == NALG_MERGED_UNTIED && is_identity(m, node);
}

nalg_status nalg_onnx_bind_copy(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    const json_t *number = json_object_get(m->tensors, node->input[0]);
    return json_object_set_new_nocheck(m->tensors, node->output[0], json_integer(json_integer_value(number)))
               ? nalg_fail_memory(m->ctx)
               : NALG_OK;
}

size_t nalg_onnx_transpose_of(const nalg_onnx_import *m, size_t tensor)
{
    return m->options->merged == NALG_MERGED_TIED && m->transpose_of ? m->transpose_of[tensor] : SIZE_MAX;
}

/* ---- transposes ---- */

/* A matrix with more than one row and column whose elements stand in the file as 32-bit raw data: the ones
 * torch writes. */
static bool raw_matrix(const nalg_onnx_import *m, const Onnx__TensorProto *t)
{
    return t->data_type == 1 && t->n_dims == 2 && t->dims[0] > 1 && t->dims[1] > 1 &&
           t->dims[0] <= (1 << 20) && t->dims[1] <= (1 << 20) && t->has_raw_data &&
           t->raw_data.len == 4 * (size_t)t->dims[0] * (size_t)t->dims[1] && is_parameter(m, t->name);
}

static bool are_transposes(const Onnx__TensorProto *a, const Onnx__TensorProto *b)
{
    size_t rows = (size_t)a->dims[0], columns = (size_t)a->dims[1];
    bool different = false; /* not all elements alike */
    if (b->dims[0] != a->dims[1] || b->dims[1] != a->dims[0]) return false;
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++) {
            const uint8_t *x = a->raw_data.data + 4 * (i * columns + j);
            if (memcmp(x, b->raw_data.data + 4 * (j * rows + i), 4)) return false;
            different = different || memcmp(x, a->raw_data.data, 4);
        }
    return different;
}

static nalg_status find_transposes(nalg_onnx_import *m)
{
    size_t count = m->graph->n_initializer;
    m->transpose_of = nalg_array(count, sizeof *m->transpose_of);
    if (!m->transpose_of) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < count; i++) m->transpose_of[i] = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        nalg_status status = nalg_checkpoint(m->ctx);
        if (status != NALG_OK) return status;
        if (!raw_matrix(m, m->graph->initializer[i])) continue;
        for (size_t j = 0; j < i && m->transpose_of[i] == SIZE_MAX; j++)
            if (m->transpose_of[j] == SIZE_MAX && raw_matrix(m, m->graph->initializer[j]) &&
                are_transposes(m->graph->initializer[j], m->graph->initializer[i]))
                m->transpose_of[i] = j;
    }
    return NALG_OK;
}

/* ---- one tensor used by several nodes ---- */

/* onnx-ir merges tensors of up to so many elements. */
#define MERGED_LIMIT 1024
/* GraphProto.metadata_props, newer than Debian's onnx.proto and so an unknown field; its signature entry. */
#define GRAPH_METADATA 16
#define SIGNATURE "pkg.torch.export.ExportedProgram.graph_signature"
#define TARGET "target='"

/* For each initializer: the nodes that compute with its elements as a parameter, and whether several of them
 * read the same view of it (a transpose, say) and not the tensor itself. */
typedef struct {
    size_t *uses;
    bool *shared_view;
    json_t *view; /* name of a view -> {number of the tensor, nodes that read it} */
} sharing;

static bool is_type(const Onnx__NodeProto *node, const char *type)
{
    return node->op_type && !strcmp(node->op_type, type);
}

static bool is_view(const Onnx__NodeProto *node)
{
    static const char *const types[] = {"Transpose", "Reshape", "Cast", "Squeeze", "Unsqueeze", "Flatten"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (is_type(node, types[i])) return true;
    return false;
}

static bool is_statistic(const Onnx__NodeProto *node, size_t k)
{
    return k >= 3 && is_type(node, "BatchNormalization");
}

/* Does a node take the elements of this input, and as a parameter? */
static bool takes_parameter(const Onnx__NodeProto *node, size_t k)
{
    if (is_type(node, "Shape") || is_type(node, "Size") || is_statistic(node, k)) return false;
    return k == 0 || !(is_type(node, "Pow") || is_type(node, "CastLike"));
}

static size_t tensor_number(const nalg_onnx_import *m, const char *name)
{
    return is_parameter(m, name) ? (size_t)json_integer_value(json_object_get(m->tensors, name)) : SIZE_MAX;
}

static nalg_status count_use(nalg_onnx_import *m, sharing *s, const Onnx__NodeProto *node, size_t k)
{
    size_t tensor = tensor_number(m, node->input[k]);
    json_t *view = tensor == SIZE_MAX ? json_object_get(s->view, node->input[k]) : NULL;
    if (!takes_parameter(node, k) || (tensor == SIZE_MAX && !view)) return NALG_OK;
    if (tensor != SIZE_MAX && is_identity(m, node)) return NALG_OK; /* torch's own mark of a merged tensor */
    if (view) tensor = (size_t)json_integer_value(json_array_get(view, 0));
    if (k == 0 && is_view(node) && node->n_output == 1) {
        json_t *entry = json_pack("[I, I]", (json_int_t)tensor, (json_int_t)0);
        return entry && !json_object_set_new_nocheck(s->view, node->output[0], entry)
                   ? NALG_OK
                   : nalg_fail_memory(m->ctx);
    }
    s->uses[tensor]++;
    json_int_t readers = view ? json_integer_value(json_array_get(view, 1)) + 1 : 0;
    if (view && json_integer_set(json_array_get(view, 1), readers)) return nalg_fail_memory(m->ctx);
    s->shared_view[tensor] = s->shared_view[tensor] || readers > 1;
    return NALG_OK;
}

static nalg_status count_uses(nalg_onnx_import *m, sharing *s)
{
    nalg_status status = NALG_OK;
    s->uses = nalg_array_zero(m->graph->n_initializer, sizeof *s->uses);
    s->shared_view = nalg_array_zero(m->graph->n_initializer, sizeof *s->shared_view);
    s->view = json_object();
    if (!s->uses || !s->shared_view || !s->view) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < m->graph->n_node; i++)
        for (size_t k = 0; k < m->graph->node[i]->n_input && status == NALG_OK; k++)
            status = count_use(m, s, m->graph->node[i], k);
    return status;
}

/* The graph's metadata entry for a key, as text that is not terminated; NULL: none. */
static const char *metadata(const Onnx__GraphProto *graph, const char *key, size_t *length)
{
    for (unsigned i = 0; i < graph->base.n_unknown_fields; i++) {
        const ProtobufCMessageUnknownField *u = &graph->base.unknown_fields[i];
        size_t prefix = 0;
        if (u->tag != GRAPH_METADATA || u->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED) continue;
        while (prefix < u->len && u->data[prefix] & 0x80) prefix++;
        const uint8_t *at = u->data + prefix, *end = u->data + u->len;
        at += at < end;
        if ((size_t)(end - at) < 2 + strlen(key) || at[0] != (1 << 3 | 2) || at[1] != strlen(key) ||
            memcmp(at + 2, key, strlen(key)))
            continue;
        for (at += 2 + strlen(key), prefix = 1; at + prefix < end && at[prefix] & 0x80;) prefix++;
        if (at + prefix >= end || at[0] != (2 << 3 | 2)) continue;
        *length = (size_t)(end - at) - prefix - 1;
        return (const char *)at + prefix + 1;
    }
    return NULL;
}

/* Parameters that the signature names (`PARAMETER ... target='fc1.weight'`) and the file does not hold. */
static nalg_status find_missing(nalg_onnx_import *m, nalg_text *missing)
{
    size_t length = 0;
    const char *signature = metadata(m->graph, SIGNATURE, &length);
    char *text = signature ? strndup(signature, length) : NULL;
    if (!signature) return NALG_OK;
    if (!text) return nalg_fail_memory(m->ctx);
    char *target = strstr(text, TARGET), *next;
    for (char *at = strstr(text, "PARAMETER"); at && missing->length < 200; at = next) {
        next = strstr(at + 1, "PARAMETER");
        if (target && target < at) target = strstr(at, TARGET);
        if (!target) break;
        if (next && target > next) continue;
        char *name = target + strlen(TARGET), *quote = strchr(name, '\'');
        if (!quote) break;
        *quote = 0;
        if (!json_object_get(m->tensors, name))
            nalg_text_format(missing, "%s%.60s", missing->length ? ", " : "", name);
        *quote = '\'';
    }
    free(text);
    return NALG_OK;
}

/* All elements alike, as before training: a number by itself must be 0 or 1. */
static nalg_status is_uniform(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size, bool *out)
{
    double *x = NULL;
    nalg_status status = nalg_onnx_tensor_doubles(m, t, size, &x);
    if (status != NALG_OK) return status;
    *out = size > 1 || x[0] == 0 || x[0] == 1;
    for (size_t i = 1; i < size; i++) *out = *out && x[i] == x[0];
    free(x);
    return NALG_OK;
}

/* Could this tensor stand for several parameters? A module used twice has one tensor too; but optimizers
 * merge tensors that happen to be equal: those before training, and any whose names the signature has and the
 * file has not. */
static nalg_status may_be_merged(nalg_onnx_import *m, const sharing *s, size_t number, bool missing,
                                 bool *out)
{
    const Onnx__TensorProto *t = m->graph->initializer[number];
    size_t rank, dim[NALG_ONNX_RANK], size;
    *out = false;
    if (s->uses[number] < 2 || !is_parameter(m, t->name)) return NALG_OK;
    nalg_status status = nalg_onnx_tensor_shape(m, t, &rank, dim);
    if (status != NALG_OK) return status;
    size = nalg_onnx_size(rank, dim);
    if (size == 0 || nalg_onnx_is_lifted(m, t, size)) return NALG_OK;
    status = is_uniform(m, t, size, out);
    *out = *out || (missing && size <= MERGED_LIMIT);
    return status;
}

static nalg_status rename_input(nalg_onnx_import *m, Onnx__NodeProto *node, size_t k, const char *format,
                                size_t number)
{
    nalg_text name = {0};
    nalg_text_format(&name, "%s", node->input[k]);
    nalg_text_format(&name, format, number);
    const json_t *tensor = json_object_get(m->tensors, node->input[k]);
    char *taken = nalg_text_take(&name);
    if (!taken || json_object_set_new_nocheck(m->tensors, taken, json_integer(json_integer_value(tensor)))) {
        free(taken);
        return nalg_fail_memory(m->ctx);
    }
    free(node->input[k]);
    node->input[k] = taken;
    return NALG_OK;
}

/* Every node that reads the tensor gets one of its own. */
static nalg_status split(nalg_onnx_import *m, const sharing *s, size_t number)
{
    size_t seen = 0;
    nalg_status status = NALG_OK;
    if (s->shared_view[number])
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED,
                              "export again after training, or with torch.onnx.export(..., optimize=False)",
                              "tensor %.200s was merged and then transposed once for all nodes that use it",
                              m->graph->initializer[number]->name);
    for (size_t i = 0; i < m->graph->n_node; i++)
        for (size_t k = 0; k < m->graph->node[i]->n_input && status == NALG_OK; k++) {
            Onnx__NodeProto *node = m->graph->node[i];
            if (tensor_number(m, node->input[k]) != number || !takes_parameter(node, k) ||
                is_identity(m, node))
                continue;
            if (++seen > 1) status = rename_input(m, node, k, " (%zu)", seen);
        }
    return status;
}

/* A running mean may have been merged with a bias: as a statistic it is no parameter. */
static nalg_status part_statistics(nalg_onnx_import *m, const sharing *s)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < m->graph->n_node; i++)
        for (size_t k = 3; k < m->graph->node[i]->n_input && status == NALG_OK; k++) {
            Onnx__NodeProto *node = m->graph->node[i];
            size_t number = is_statistic(node, k) ? tensor_number(m, node->input[k]) : SIZE_MAX;
            if (number != SIZE_MAX && s->uses[number])
                status = rename_input(m, node, k, " (statistic %zu)", k);
        }
    return status;
}

/* The tensors of several parameters: listed, or split, as the options say. */
static nalg_status check_shared(nalg_onnx_import *m, nalg_text *list)
{
    sharing s = {0};
    nalg_text missing = {0};
    size_t count = m->graph->n_initializer, before = list->length;
    nalg_status status = count_uses(m, &s);
    if (status == NALG_OK) status = part_statistics(m, &s);
    if (status == NALG_OK) status = find_missing(m, &missing);
    for (size_t i = 0; i < count && status == NALG_OK && m->options->merged != NALG_MERGED_TIED; i++) {
        bool merged = false;
        status = may_be_merged(m, &s, i, missing.length > 0, &merged);
        if (status != NALG_OK || !merged) continue;
        if (m->options->merged == NALG_MERGED_UNTIED)
            status = split(m, &s, i);
        else
            nalg_text_format(list, "%s%.80s used by %zu nodes", list->length ? ", " : "",
                             m->graph->initializer[i]->name, s.uses[i]);
    }
    if (list->length > before && missing.length)
        nalg_text_format(list, " (not in the file: %s)", missing.data);
    free(s.uses);
    free(s.shared_view);
    json_decref(s.view);
    nalg_text_clear(&missing);
    return status;
}

/* ---- the question ---- */

nalg_status nalg_onnx_check_merged(nalg_onnx_import *m)
{
    nalg_text list = {0};
    nalg_status status = find_transposes(m);
    if (status == NALG_OK) status = check_shared(m, &list);
    if (status != NALG_OK || m->options->merged != NALG_MERGED_REFUSE) {
        nalg_text_clear(&list);
        return status;
    }
    for (size_t i = 0; i < m->graph->n_node; i++) {
        const Onnx__NodeProto *node = m->graph->node[i];
        if (is_identity(m, node))
            nalg_text_format(&list, "%s%.80s = %.80s", list.length ? ", " : "", node->output[0],
                             node->input[0]);
    }
    for (size_t i = 0; i < m->graph->n_initializer; i++)
        if (m->transpose_of[i] != SIZE_MAX)
            nalg_text_format(&list, "%s%.80s = transpose of %.80s", list.length ? ", " : "",
                             m->graph->initializer[i]->name, m->graph->initializer[m->transpose_of[i]]->name);
    if (!list.length) return NALG_OK;
    status = nalg_onnx_fail(m, NALG_E_ARGUMENT,
                            "--tied: they are one weight tensor; --untied: they only have equal values now, "
                            "such as biases that start at 0 (or export again after training)",
                            "parameters with equal values may be tied or not: %.300s", list.data);
    nalg_text_clear(&list);
    return status;
}
