/* Filters padded with zeros at their ends, in chains of convolutions with one channel.
 *
 * Shorter filters of lengths k'_i that start at offsets a_i inside the long ones read the input shifted by T = sum_i a_i s_1 ... s_{i-1} (s: strides). The function
 * depends on the short filters and T alone: two choices of offsets with the same T are two places with the same functions, which is where the
 * nodes of convolutional networks come from (LITERATURE: Shahverdi, Marchetti, Kohn, zero-padded filters with compensating shifts).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "geometry/strata_reductions.h"
#include "model/convolution.h"

#define CHAIN_LIMIT 16
/* Choices of offsets looked at for one choice of lengths. */
#define OFFSETS_LIMIT 4096
/* Choices of lengths looked at. */
#define LENGTHS_LIMIT 100000

typedef struct {
    size_t layers;
    const nalg_layer *layer[CHAIN_LIMIT];
    size_t length[CHAIN_LIMIT], step[CHAIN_LIMIT]; /* taps; input positions one tap of this layer moves by */
} chain;

static const nalg_convolution *plain(const nalg_layer *layer)
{
    if (layer->type != &nalg_layer_conv || layer->tied || layer->in.rank != 1 || layer->out.rank != 1) return NULL;
    const nalg_convolution *c = layer->data;
    return c->bias || c->pad[1] || c->channels != 1 ? NULL : c;
}

static bool read_chain(chain *c, const nalg_pipeline *p, size_t *at)
{
    size_t step = 1;
    *c = (chain){0};
    for (; *at < p->count && c->layers < CHAIN_LIMIT; ++*at) {
        const nalg_layer *layer = &p->layer[*at];
        const nalg_convolution *k = plain(layer);
        if (!k && (layer->type != &nalg_layer_activation || !c->layers)) break;
        if (!k) continue;
        c->layer[c->layers] = layer;
        c->length[c->layers] = k->filter[1];
        c->step[c->layers++] = step;
        if (__builtin_mul_overflow(step, k->stride[1], &step)) return false;
    }
    return c->layers > 1;
}

/* The next vector below the bounds, first entry fastest; false after the last. */
static bool advance(size_t *v, const size_t *bound, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (++v[i] < bound[i]) return true;
        v[i] = 0;
    }
    return false;
}

static void append_list(nalg_text *out, const size_t *v, size_t n)
{
    for (size_t i = 0; i < n; i++) nalg_text_format(out, "%s%zu", i ? "," : "", v[i]);
}

/* Short filters at `offset`, whose taps are named by their places at `first`. */
static void place(nalg_reductions *r, nalg_reduction *d, const chain *c, const size_t *shorter, const size_t *first, const size_t *offset)
{
    nalg_realisation *w = nalg_realisation_new(r, d, "filter", "filters of length ");
    if (!w) return;
    append_list(&w->name, shorter, c->layers);
    nalg_text_string(&w->name, " at offsets ");
    append_list(&w->name, offset, c->layers);
    for (size_t l = 0; l < c->layers; l++) {
        size_t at = c->layer[l]->offset;
        for (size_t u = 0; u < c->length[l]; u++) {
            bool inside = u >= offset[l] && u - offset[l] < shorter[l];
            w->tag[at + u] = inside ? (int32_t)(at + first[l] + u - offset[l]) : NALG_TAG_ZERO;
        }
    }
    r->failed = r->failed || w->name.failed;
}

static size_t shift_of(const chain *c, const size_t *offset)
{
    size_t t = 0;
    for (size_t l = 0; l < c->layers; l++) t += offset[l] * c->step[l];
    return t;
}

/* All offsets for these lengths, grouped by the shift. */
static void shorten(nalg_reductions *r, const chain *c, const size_t *shorter)
{
    size_t room[CHAIN_LIMIT], count = 1;
    for (size_t l = 0; l < c->layers; l++) {
        room[l] = c->length[l] - shorter[l] + 1;
        if (__builtin_mul_overflow(count, room[l], &count) || count > OFFSETS_LIMIT) {
            r->truncated = true;
            return;
        }
    }
    size_t *offset = nalg_array_zero(count * c->layers, sizeof *offset);
    bool *done = nalg_array_zero(count, sizeof *done);
    r->failed = r->failed || !offset || !done;
    for (size_t k = 1; !r->failed && k < count; k++) {
        memcpy(offset + k * c->layers, offset + (k - 1) * c->layers, c->layers * sizeof *offset);
        advance(offset + k * c->layers, room, c->layers);
    }
    for (size_t k = 0; k < count && !r->failed && !r->truncated; k++) {
        if (done[k]) continue;
        size_t shift = shift_of(c, offset + k * c->layers);
        nalg_reduction *d = nalg_reduction_new(r, "filters of length ");
        if (!d) break;
        append_list(&d->name, shorter, c->layers);
        nalg_text_format(&d->name, ", shift %zu", shift);
        r->failed = r->failed || d->name.failed;
        for (size_t j = k; j < count && !r->failed; j++) {
            if (done[j] || shift_of(c, offset + j * c->layers) != shift) continue;
            done[j] = true;
            place(r, d, c, shorter, offset + k * c->layers, offset + j * c->layers);
        }
    }
    free(offset);
    free(done);
}

/* Lengths in the order of how many taps are removed. */
static void shorten_all(nalg_reductions *r, const chain *c)
{
    size_t most = 0, total = 1;
    for (size_t l = 0; l < c->layers; l++) {
        most += c->length[l] - 1;
        if (__builtin_mul_overflow(total, c->length[l], &total) || total > LENGTHS_LIMIT) {
            r->truncated = true;
            return;
        }
    }
    for (size_t removed = 1; removed <= most && !r->failed && !r->truncated; removed++) {
        size_t cut[CHAIN_LIMIT] = {0}, shorter[CHAIN_LIMIT];
        do {
            size_t sum = 0;
            for (size_t l = 0; l < c->layers; l++) {
                sum += cut[l];
                shorter[l] = c->length[l] - cut[l];
            }
            if (sum == removed) shorten(r, c, shorter);
        } while (!r->failed && !r->truncated && advance(cut, c->length, c->layers));
    }
}

void nalg_reductions_filters(nalg_reductions *r, const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count && !r->failed;) {
        chain c;
        size_t start = i, before = r->count;
        if (p->layer[i].inner) nalg_reductions_filters(r, p->layer[i].inner);
        if (read_chain(&c, p, &i)) shorten_all(r, &c);
        r->sites += r->count > before;
        if (i == start) i++;
    }
}
