/* Bounds for attention models.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/attention_bounds.h"
#include <string.h>

/* The only layer of a lightning attention model, or NULL. */
static const nalg_attention *single_layer(const nalg_model *model)
{
    const nalg_attention *a = model->layers->count == 1 ? nalg_attention_data(&model->layers->layer[0]) : NULL;
    return a && !a->normalised ? a : NULL;
}

bool nalg_attention_ambient_bound(uint64_t *value, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    if (!single_layer(model)) return false;
    uint64_t d = p->in.dim[0], symmetric = d * (d + 1) / 2;
    *value = p->out.dim[0] * (p->in.dim[1] == 1 ? symmetric * (d + 2) / 3 : d * symmetric);
    return true;
}

bool nalg_attention_heads_bound(uint64_t *value, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    const nalg_attention *a = single_layer(model);
    if (!a) return false;
    uint64_t d = p->in.dim[0], heads = a->heads;
    uint64_t rows = p->in.dim[1] == 1 ? d * (d + 1) / 2 : d * d, columns = d * p->out.dim[0];
    if (heads > rows || heads > columns) return false;
    *value = heads * (rows + columns - heads);
    return true;
}

nalg_status nalg_attention_narrow(nalg_ctx *ctx, nalg_model **narrow, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    nalg_text phrase = {0};
    size_t width = p->in.dim[0];
    bool narrower = false;
    *narrow = NULL;
    if (p->in.rank != 2) return NALG_OK;
    nalg_text_format(&phrase, "input %zux%zu", width, p->in.dim[1]);
    for (size_t i = 0; i < p->count; i++) {
        const nalg_attention *a = nalg_attention_data(&p->layer[i]);
        if (!a || p->layer[i].tied) {
            nalg_text_clear(&phrase);
            return NALG_OK;
        }
        size_t value = a->value && a->value < width ? a->value : width, reach = a->heads * value, out = p->layer[i].out.dim[0];
        if (i + 1 < p->count && reach < out) out = reach, narrower = true;
        nalg_text_format(&phrase, " | attention a=%zu out=%zu heads=%zu", a->score, out, a->heads);
        if (a->value) nalg_text_format(&phrase, " dv=%zu", a->value);
        if (a->normalised) {
            nalg_text_string(&phrase, " norm=");
            nalg_rational_function_print(&a->norm, &phrase);
        }
        width = out;
    }
    nalg_status status = NALG_OK;
    if (phrase.failed) status = nalg_fail_memory(ctx);
    else if (narrower) status = nalg_model_parse(ctx, narrow, phrase.data, phrase.length);
    nalg_text_clear(&phrase);
    return status;
}
