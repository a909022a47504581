/* Attention layers: heads dropped, the rank of K^T Q and of the value factor lowered.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include "geometry/strata_reductions.h"

/* One head's matrices inside the parameter vector (the order of layer_attention.c): Q and K are a x d, then V
 * (d' x d), or O (d' x dv) and V' (dv x d). */
typedef struct {
    size_t d, a, out, dv;
    size_t q, k, o, v, length;
} head;

static head head_of(const nalg_layer *layer, size_t index)
{
    const nalg_attention *h = nalg_attention_data(layer);
    head at = {.d = layer->in.dim[0], .a = h->score, .out = layer->out.dim[0], .dv = h->value};
    at.length = layer->parameters / h->heads;
    at.q = layer->offset + index * at.length;
    at.k = at.q + at.a * at.d;
    at.o = at.k + at.a * at.d;
    at.v = at.dv ? at.o + at.out * at.dv : at.o;
    return at;
}

static void fill(nalg_realisation *w, size_t first, size_t length, int32_t tag)
{
    for (size_t i = 0; w && i < length; i++) w->tag[first + i] = tag;
}

/* Column j of a matrix. */
static void fill_column(nalg_realisation *w, size_t matrix, size_t rows, size_t columns, size_t j,
                        int32_t tag)
{
    for (size_t i = 0; w && i < rows; i++) w->tag[matrix + i * columns + j] = tag;
}

/* The last heads do nothing: their values vanish, or (without a norm) their scores. */
static void drop_heads(nalg_reductions *r, const nalg_layer *layer, size_t left)
{
    const nalg_attention *h = nalg_attention_data(layer);
    size_t number = nalg_reductions_layer(r, layer), gone = h->heads - left;
    const char *word = gone == 1 ? "head" : "heads";
    nalg_reduction *d = nalg_reduction_new(r, "%zu of %zu heads of layer %zu", left, h->heads, number);
    for (int mode = 0; d && mode < (h->normalised ? 2 : 3); mode++) {
        static const char *const how[] = {"without weights", "with values 0", "with queries 0"};
        nalg_realisation *w =
            nalg_realisation_new(r, d, "head", "layer %zu: %zu %s %s", number, gone, word, how[mode]);
        for (size_t i = left; i < h->heads; i++) {
            head at = head_of(layer, i);
            size_t scores = 2 * at.a * at.d;
            fill(w, at.q, scores, mode == 1 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
            if (mode == 2) fill(w, at.k, at.a * at.d, NALG_TAG_SILENT);
            fill(w, at.o, at.length - scores, mode == 2 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
            if (mode == 1 && at.dv) fill(w, at.v, at.dv * at.d, NALG_TAG_SILENT);
        }
    }
}

/* The three ways to a lower rank of K^T Q: rows `left`, left + 1, ... of both vanish, or of one of them. */
#define QUERY_KEY_WAYS 3
static const char *const query_key_way[QUERY_KEY_WAYS] = {"queries and keys", "queries", "keys"};

static void cut_query_key(nalg_realisation *w, const head *at, size_t left, int way)
{
    size_t first = left * at->d, length = (at->a - left) * at->d;
    fill(w, at->q + first, length, way == 2 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
    fill(w, at->k + first, length, way == 1 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
}

/* At rank one, values v.x_i and keys k.x_i of one token are multiplied: they may be exchanged. */
static void exchange(nalg_realisation *w, const head *at)
{
    fill(w, at->q + at->d, (at->a - 1) * at->d, NALG_TAG_ZERO);
    fill(w, at->k + at->d, (at->a - 1) * at->d, NALG_TAG_SILENT);
    for (size_t i = 0; w && i < at->d; i++) {
        w->tag[at->k + i] = (int32_t)(at->v + i);
        w->tag[at->v + i] = (int32_t)(at->k + i);
    }
}

/* K^T Q of the head has rank `left`. */
static void lower_query_key(nalg_reductions *r, const nalg_layer *layer, size_t index, size_t left)
{
    const nalg_attention *h = nalg_attention_data(layer);
    head at = head_of(layer, index);
    size_t number = nalg_reductions_layer(r, layer);
    char which[32] = "";
    if (h->heads > 1) snprintf(which, sizeof which, " of head %zu", index + 1);
    nalg_reduction *d = nalg_reduction_new(r, "query-key rank %zu%s in layer %zu", left, which, number);
    for (int way = 0; d && way < QUERY_KEY_WAYS; way++) {
        nalg_realisation *w =
            nalg_realisation_new(r, d, "query-key rank", "layer %zu%s: rows %zu.. of the %s 0", number, which,
                                 left + 1, query_key_way[way]);
        cut_query_key(w, &at, left, way);
    }
    if (!d || left != 1 || at.out != 1 || at.dv || h->normalised || h->heads > 1) return;
    exchange(
        nalg_realisation_new(r, d, "query-key rank", "layer %zu: rank 1, values and keys exchanged", number),
        &at);
}

/* The full value matrix of the head has rank `left`, K^T Q has rank `scores` (a: whatever it is). Only for
 * the last layer, where linear maps of the outputs bring the values into this form. */
static void lower_full_value(nalg_reductions *r, const nalg_layer *layer, size_t index, size_t left,
                             size_t scores)
{
    const nalg_attention *h = nalg_attention_data(layer);
    head at = head_of(layer, index);
    size_t number = nalg_reductions_layer(r, layer);
    bool both = scores < at.a;
    char which[32] = "", and[48] = "";
    if (h->heads > 1) snprintf(which, sizeof which, " of head %zu", index + 1);
    if (both) snprintf(and, sizeof and, " and query-key rank %zu", scores);
    nalg_reduction *d = nalg_reduction_new(r, "value rank %zu%s%s in layer %zu", left, which, and, number);
    if (d) d->mixed = true;
    for (int way = 0; d && way < (both ? QUERY_KEY_WAYS : 1); way++) {
        nalg_realisation *w =
            nalg_realisation_new(r, d, "value rank", "layer %zu%s: value rank %zu", number, which, left);
        if (w && both) nalg_text_format(&w->name, ", rows %zu.. of the %s 0", scores + 1, query_key_way[way]);
        nalg_realisation_cut_outputs(r, w, left, index * at.d, at.d);
        if (both) cut_query_key(w, &at, scores, way);
    }
    if (!d || left != 1 || scores != 1 || h->normalised || h->heads > 1) return;
    nalg_realisation *w =
        nalg_realisation_new(r, d, "value rank", "layer %zu: ranks 1, values and keys exchanged", number);
    nalg_realisation_cut_outputs(r, w, 1, 0, at.d);
    exchange(w, &at);
}

/* With one key and one output feature, f is a product of three linear forms, of which v.x_i and k.x_i are of
 * the same token: the model folds where they are equal up to a factor (which the queries take). Over the real
 * numbers this is the boundary of the model. */
static void equal_values(nalg_reductions *r, const nalg_layer *layer)
{
    const nalg_attention *h = nalg_attention_data(layer);
    head at = head_of(layer, 0);
    if (h->heads > 1 || h->normalised || at.a != 1 || at.out != 1 || at.dv) return;
    size_t number = nalg_reductions_layer(r, layer);
    nalg_reduction *d = nalg_reduction_new(r, "values equal to keys in layer %zu", number);
    nalg_realisation *w = nalg_realisation_new(r, d, "redundant", "layer %zu: values equal to keys", number);
    for (size_t i = 0; w && i < at.d; i++) w->tag[at.v + i] = (int32_t)(at.k + i);
}

/* O V' of the head has rank `left`. */
static void lower_value(nalg_reductions *r, const nalg_layer *layer, size_t index, size_t left)
{
    const nalg_attention *h = nalg_attention_data(layer);
    head at = head_of(layer, index);
    size_t number = nalg_reductions_layer(r, layer);
    char which[32] = "";
    if (h->heads > 1) snprintf(which, sizeof which, " of head %zu", index + 1);
    nalg_reduction *d = nalg_reduction_new(r, "value rank %zu%s in layer %zu", left, which, number);
    for (int mode = 0; d && mode < 3; mode++) {
        static const char *const how[] = {"without weights", "with outgoing weights 0",
                                          "with incoming weights 0"};
        nalg_realisation *w = nalg_realisation_new(r, d, "value rank", "layer %zu%s: %zu value units %s",
                                                   number, which, at.dv - left, how[mode]);
        fill(w, at.v + left * at.d, (at.dv - left) * at.d, mode == 1 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
        for (size_t j = left; j < at.dv; j++)
            fill_column(w, at.o, at.out, at.dv, j, mode == 2 ? NALG_TAG_SILENT : NALG_TAG_ZERO);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void reduce_layer(nalg_reductions *r, const nalg_layer *layer)
{
    const nalg_attention *h = nalg_attention_data(layer);
    size_t before = r->count, last = h->heads - 1;
    head at = head_of(layer, last);
    for (size_t left = h->heads; left-- > 1;) drop_heads(r, layer, left);
    if (h->heads > 1) {
        int32_t *weight = nalg_reductions_exchangeable(r, h->heads, at.length);
        for (size_t i = 0; weight && i < layer->parameters; i++) weight[i] = (int32_t)(layer->offset + i);
    }
    r->sites += r->count > before;
    before = r->count;
    for (size_t left = least(at.a, at.d); left-- > 1;) lower_query_key(r, layer, last, left);
    bool together = layer == r->mixing && !at.dv &&
                    h->heads == 1; /* then both ranks are one place: at 1 and 1 they meet in a special way */
    r->sites += !together && r->count > before;
    if (!together) before = r->count;
    for (size_t left = least(at.out, at.d); layer == r->mixing && !at.dv && left-- > 1;) {
        lower_full_value(r, layer, last, left, at.a);
        for (size_t scores = least(at.a, at.d); together && scores-- > 1;)
            lower_full_value(r, layer, last, left, scores);
    }
    r->sites += r->count > before;
    before = r->count;
    equal_values(r, layer);
    r->sites += r->count > before;
    before = r->count;
    for (size_t left = least(at.dv, least(at.out, at.d)); left-- > 1;) lower_value(r, layer, last, left);
    r->sites += r->count > before;
}

void nalg_reductions_attention(nalg_reductions *r, const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count && !r->failed; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner)
            nalg_reductions_attention(r, layer->inner);
        else if (layer->type == &nalg_layer_attention && !layer->tied)
            reduce_layer(r, layer);
    }
}
