/* Names of weights, from the order of parameters that `show` documents.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_names.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "model/convolution.h"

typedef struct {
    nalg_ctx *ctx;
    nalg_weight_names *names;
    size_t layer, at; /* of the layer at hand: number, and next free offset */
    const char *head; /* "" or ".2" */
} naming;

static nalg_status add(naming *n, const char *letter, size_t rank, size_t a, size_t b, size_t c, size_t d)
{
    nalg_weight_names *names = n->names;
    if (!nalg_grow((void **)&names->item, &names->capacity, names->count, sizeof *names->item)) return nalg_fail_memory(n->ctx);
    nalg_weight_tensor *t = &names->item[names->count++];
    *t = (nalg_weight_tensor){.offset = n->at, .rank = rank, .dim = {a, b, c, d}, .layer = n->layer, .size = 1};
    for (size_t i = 0; i < rank; i++) t->size *= t->dim[i];
    snprintf(t->name, sizeof t->name, "%s%zu%s", letter, n->layer, n->head);
    n->at += t->size;
    return NALG_OK;
}

static nalg_status name_attention(naming *n, const nalg_layer *layer, const nalg_attention *h)
{
    size_t d = layer->in.dim[0], out = layer->out.dim[0];
    nalg_status status = NALG_OK;
    char head[24] = "";
    n->head = head;
    for (size_t i = 0; i < h->heads && status == NALG_OK; i++) {
        if (h->heads > 1) snprintf(head, sizeof head, ".%zu", i + 1);
        status = add(n, "Q", 2, h->score, d, 1, 1);
        if (status == NALG_OK) status = add(n, "K", 2, h->score, d, 1, 1);
        if (status == NALG_OK && h->value) status = add(n, "O", 2, out, h->value, 1, 1);
        if (status == NALG_OK) status = add(n, "V", 2, h->value ? h->value : out, d, 1, 1);
    }
    n->head = "";
    return status;
}

/* Filters without the axes of length one that the user did not write. */
static nalg_status name_convolution(naming *n, const nalg_layer *layer, const nalg_convolution *c)
{
    size_t taps = c->filter[0] * c->filter[1], per_output = layer->parameters / c->channels - c->bias, channels = per_output / taps;
    nalg_status status;
    if (c->channels == 1 && channels == 1)
        status = c->axes == 1 ? add(n, "F", 1, taps, 1, 1, 1) : add(n, "F", 2, c->filter[0], c->filter[1], 1, 1);
    else if (c->axes == 1) status = add(n, "F", 3, c->channels, channels, taps, 1);
    else status = add(n, "F", 4, c->channels, channels, c->filter[0], c->filter[1]);
    return status == NALG_OK && c->bias ? add(n, "b", 1, c->channels, 1, 1, 1) : status;
}

static nalg_status name_layer(naming *n, const nalg_layer *layer)
{
    const nalg_attention *attention = nalg_attention_data(layer);
    const char *keyword = layer->type->keyword;
    if (attention) return name_attention(n, layer, attention);
    if (layer->type == &nalg_layer_dense) {
        nalg_status status = add(n, "W", 2, layer->out.dim[0], layer->in.dim[0], 1, 1);
        return status == NALG_OK && nalg_dense_has_bias(layer) ? add(n, "b", 1, layer->out.dim[0], 1, 1, 1) : status;
    }
    if (keyword && (!strcmp(keyword, "conv") || !strcmp(keyword, "conv2d"))) return name_convolution(n, layer, layer->data);
    return add(n, keyword && !strcmp(keyword, "groupconv") ? "F" : "w", 1, layer->parameters, 1, 1, 1);
}

static bool named(const nalg_weight_names *names, size_t offset)
{
    for (size_t i = 0; i < names->count; i++)
        if (names->item[i].offset == offset) return true;
    return false;
}

static nalg_status name_pipeline(naming *n, const nalg_pipeline *p)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < p->count && status == NALG_OK; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner) status = name_pipeline(n, layer->inner);
        if (status != NALG_OK || !layer->parameters) continue;
        n->layer++;
        n->at = layer->offset;
        if (!named(n->names, layer->offset)) status = name_layer(n, layer);
    }
    return status;
}

static int by_offset(const void *a, const void *b)
{
    size_t x = ((const nalg_weight_tensor *)a)->offset, y = ((const nalg_weight_tensor *)b)->offset;
    return (x > y) - (x < y);
}

nalg_status nalg_weight_names_find(nalg_ctx *ctx, nalg_weight_names *out, const nalg_model *model)
{
    nalg_weight_names names = {0};
    naming n = {.ctx = ctx, .names = &names, .head = ""};
    nalg_status status = name_pipeline(&n, model->layers);
    if (status != NALG_OK) {
        free(names.item);
        return status;
    }
    if (names.count) qsort(names.item, names.count, sizeof *names.item, by_offset);
    *out = names;
    return NALG_OK;
}

void nalg_weight_names_clear(nalg_weight_names *names)
{
    free(names->item);
    *names = (nalg_weight_names){0};
}

size_t nalg_weight_tensor_of(const nalg_weight_names *names, size_t parameter, size_t index[NALG_TENSOR_RANK])
{
    size_t low = 0, high = names->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (names->item[middle].offset <= parameter) low = middle;
        else high = middle;
    }
    const nalg_weight_tensor *t = &names->item[low];
    size_t rest = parameter - t->offset;
    for (size_t i = t->rank; i-- > 0;) {
        index[i] = rest % t->dim[i];
        rest /= t->dim[i];
    }
    return low;
}

void nalg_weight_name(const nalg_weight_names *names, size_t parameter, nalg_text *out)
{
    size_t index[NALG_TENSOR_RANK];
    const nalg_weight_tensor *t = &names->item[nalg_weight_tensor_of(names, parameter, index)];
    nalg_text_string(out, t->name);
    for (size_t i = 0; i < t->rank; i++) nalg_text_format(out, "%c%zu", i ? ',' : '[', index[i] + 1);
    nalg_text_string(out, "]");
}
