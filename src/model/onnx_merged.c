/* Tying that a file has lost or made up.
 *
 * torch keeps one of several parameters with equal values and gives the others as Identity of it; whether
 * they are one parameter or only happen to be equal (biases that start at 0) the file does not say. And it
 * folds the transpose of a weight into a second tensor, so that a weight used both ways looks like two. Both
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

/* ---- the question ---- */

nalg_status nalg_onnx_check_merged(nalg_onnx_import *m)
{
    nalg_text list = {0};
    nalg_status status = find_transposes(m);
    if (status != NALG_OK || m->options->merged != NALG_MERGED_REFUSE) return status;
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
