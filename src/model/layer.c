/* What all layers share: shapes, errors, vector fields.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/layer.h"
#include <stdarg.h>
#include <stdio.h>
#include "core/memory.h"

size_t nalg_shape_size(const nalg_shape *s)
{
    size_t size = 1;
    for (size_t i = 0; i < s->rank; i++)
        if (!nalg_size_multiply(&size, size, s->dim[i])) return SIZE_MAX;
    return size;
}

bool nalg_shape_equal(const nalg_shape *a, const nalg_shape *b)
{
    if (a->rank != b->rank) return false;
    for (size_t i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i]) return false;
    return true;
}

void nalg_shape_print(const nalg_shape *s, nalg_text *out)
{
    for (size_t i = 0; i < s->rank; i++) nalg_text_format(out, "%s%zu", i ? "x" : "", s->dim[i]);
}

nalg_status nalg_layer_fail(nalg_ctx *ctx, const nalg_layer *layer, const char *hint, const char *format, ...)
{
    char where[64], what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(where, sizeof where, "column %zu", layer->column);
    return nalg_fail(ctx, NALG_E_SHAPE, where, hint, "%s", what);
}

nalg_status nalg_layer_new_data(nalg_ctx *ctx, nalg_layer *layer, size_t size)
{
    layer->data = nalg_array_zero(1, size);
    return layer->data ? NALG_OK : nalg_fail_memory(ctx);
}

void nalg_vector_field_add(nalg_vector_field *v, size_t target, int64_t source, int64_t coefficient)
{
    if (v->failed || !nalg_grow((void **)&v->term, &v->capacity, v->count, sizeof *v->term)) {
        v->failed = true;
        return;
    }
    v->term[v->count++] = (nalg_field_term){target, source, coefficient};
}
