/* Filters padded with zeros at their ends, in chains of convolutions (a dense layer at the end reads all
 * positions and counts as one).
 *
 * Shorter filters of lengths k'_i that start at offsets a_i inside the long ones read the input shifted by T
 * = sum_i a_i s_1 ... s_{i-1} (s: strides; one such sum for each axis). The function depends on the short
 * filters and T alone: two choices of offsets with the same T are two places with the same functions, which
 * is where the nodes of convolutional networks come from (Shahverdi, Marchetti, Kohn, arXiv 2410.00722,
 * zero-padded filters with compensating shifts). The same holds for one hidden channel alone: the filters
 * that make it and those that read it.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "geometry/strata_reductions.h"
#include "model/convolution.h"

#define CHAIN_LIMIT 16
/* Axes: 2 for every layer (the first has length 1 in one dimension). */
#define AXES 2
#define ENTRIES (CHAIN_LIMIT * AXES)
/* Choices of offsets looked at for one choice of lengths. */
#define OFFSETS_LIMIT 4096
/* Choices of lengths looked at. */
#define LENGTHS_LIMIT 100000
#define ALL_CHANNELS SIZE_MAX

typedef struct {
    size_t layers, axes;
    const nalg_layer *layer[CHAIN_LIMIT];
    size_t in[CHAIN_LIMIT], out[CHAIN_LIMIT]; /* channels */
    size_t length[ENTRIES], step[ENTRIES];    /* taps of layer l along axis a at l * AXES + a; input positions
                                                 that one tap moves by */
    size_t
        channel; /* of two layers: only the filters into and out of this one between them, or ALL_CHANNELS */
} chain;

static const nalg_convolution *plain(const nalg_layer *layer)
{
    if ((layer->type != &nalg_layer_conv && layer->type != &nalg_layer_conv2d) || layer->tied) return NULL;
    const nalg_convolution *c = layer->data;
    return c->pad[0] || c->pad[1] ? NULL : c;
}

static void add_layer(chain *c, const nalg_layer *layer, size_t out, const size_t length[AXES], size_t in,
                      const size_t step[AXES])
{
    memcpy(&c->length[c->layers * AXES], length, AXES * sizeof *length);
    memcpy(&c->step[c->layers * AXES], step, AXES * sizeof *step);
    c->in[c->layers] = in;
    c->out[c->layers] = out;
    c->layer[c->layers++] = layer;
}

/* A dense layer reads channels x positions of the last convolution, in that order. */
static void add_dense(chain *c, const nalg_layer *layer, const size_t step[AXES])
{
    const nalg_layer *before = c->layer[c->layers - 1];
    size_t length[AXES] = {1, before->out.dim[before->out.rank - 1]};
    if (c->axes == 2) length[0] = before->out.dim[before->out.rank - 2];
    if (layer->type == &nalg_layer_dense && !layer->tied &&
        layer->in.dim[0] == c->out[c->layers - 1] * length[0] * length[1])
        add_layer(c, layer, layer->out.dim[0], length, c->out[c->layers - 1], step);
}

static bool is_flatten(const nalg_layer *layer)
{
    return layer->type->transport && nalg_shape_size(&layer->in) == nalg_shape_size(&layer->out);
}

/* False: no chain of two layers begins here. *at moves behind it. */
static bool read_chain(chain *c, const nalg_pipeline *p, size_t *at)
{
    size_t step[AXES] = {1, 1};
    *c = (chain){.channel = ALL_CHANNELS};
    for (; *at < p->count && c->layers < CHAIN_LIMIT; ++*at) {
        const nalg_layer *layer = &p->layer[*at];
        const nalg_convolution *k = plain(layer);
        if (k && c->layers && layer->type != c->layer[0]->type) break;
        if (c->layers && (layer->type == &nalg_layer_activation || is_flatten(layer))) continue;
        if (!k) {
            if (c->layers) add_dense(c, layer, step);
            break;
        }
        c->axes = k->axes;
        size_t length[AXES] = {k->axes == 2 ? k->filter[0] : 1, k->filter[1]}, taps = length[0] * length[1];
        add_layer(c, layer, k->channels, length, (layer->parameters / k->channels - k->bias) / taps, step);
        for (size_t a = 0; a < AXES; a++)
            if (__builtin_mul_overflow(step[a], a || k->axes == 2 ? k->stride[a] : 1, &step[a])) return false;
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

/* One entry for each layer: 2 or 2x3. */
static void append_list(nalg_text *out, const chain *c, const size_t *v, size_t layers)
{
    for (size_t l = 0; l < layers; l++) {
        nalg_text_string(out, l ? "," : "");
        if (c->axes == 2) nalg_text_format(out, "%zux", v[l * AXES]);
        nalg_text_format(out, "%zu", v[l * AXES + 1]);
    }
}

static void append_channel(nalg_reductions *r, nalg_text *out, const chain *c)
{
    if (c->channel != ALL_CHANNELS)
        nalg_text_format(out, "channel %zu of layer %zu: ", c->channel + 1,
                         nalg_reductions_layer(r, c->layer[0]));
}

/* Is the filter from channel i to channel o of layer l one of those that are shortened? */
static bool chosen(const chain *c, size_t l, size_t o, size_t i)
{
    return c->channel == ALL_CHANNELS || (l == 0 ? o : i) == c->channel;
}

/* Short filters at `offset`, whose taps are named by their places at `first`; entries of this layer. */
static void place_filter(nalg_realisation *w, size_t at, const size_t *length, const size_t *shorter,
                         const size_t *first, const size_t *offset)
{
    for (size_t u = 0; u < length[0]; u++)
        for (size_t v = 0; v < length[1]; v++) {
            bool inside =
                u >= offset[0] && u - offset[0] < shorter[0] && v >= offset[1] && v - offset[1] < shorter[1];
            size_t source = inside ? (first[0] + u - offset[0]) * length[1] + first[1] + v - offset[1] : 0;
            w->tag[at + u * length[1] + v] = inside ? (int32_t)(at + source) : NALG_TAG_ZERO;
        }
}

static void place(nalg_reductions *r, nalg_reduction *d, const chain *c, const size_t *shorter,
                  const size_t *first, const size_t *offset)
{
    nalg_realisation *w = nalg_realisation_new(r, d, "filter", "%s", "");
    if (!w) return;
    append_channel(r, &w->name, c);
    nalg_text_string(&w->name, "filters of length ");
    append_list(&w->name, c, shorter, c->layers);
    nalg_text_string(&w->name, " at offsets ");
    append_list(&w->name, c, offset, c->layers);
    for (size_t l = 0; l < c->layers; l++) {
        const size_t *length = &c->length[l * AXES];
        for (size_t o = 0; o < c->out[l]; o++)
            for (size_t i = 0; i < c->in[l]; i++)
                if (chosen(c, l, o, i))
                    place_filter(w, c->layer[l]->offset + (o * c->in[l] + i) * length[0] * length[1], length,
                                 shorter + l * AXES, first + l * AXES, offset + l * AXES);
    }
    r->failed = r->failed || w->name.failed;
}

/* Along both axes. */
static void shift_of(const chain *c, const size_t *offset, size_t shift[AXES])
{
    shift[0] = shift[1] = 0;
    for (size_t i = 0; i < c->layers * AXES; i++) shift[i % AXES] += offset[i] * c->step[i];
}

static bool same_shift(const chain *c, const size_t *a, const size_t *b)
{
    size_t x[AXES], y[AXES];
    shift_of(c, a, x);
    shift_of(c, b, y);
    return !memcmp(x, y, sizeof x);
}

/* Those of the offsets (count vectors) with the shift of number k, as one set. */
static void add_shift(nalg_reductions *r, const chain *c, const size_t *shorter, const size_t *offset,
                      size_t count, size_t k, bool *done)
{
    size_t n = c->layers * AXES, shift[AXES], places = 0;
    for (size_t j = k; j < count; j++) places += same_shift(c, offset + k * n, offset + j * n);
    if (c->channel != ALL_CHANNELS && places < 2)
        return; /* nothing special about one channel with a shorter filter */
    nalg_reduction *d = nalg_reduction_new(r, "%s", "");
    if (!d) return;
    shift_of(c, offset + k * n, shift);
    append_channel(r, &d->name, c);
    nalg_text_string(&d->name, "filters of length ");
    append_list(&d->name, c, shorter, c->layers);
    nalg_text_string(&d->name, ", shift ");
    append_list(&d->name, c, shift, 1);
    r->failed = r->failed || d->name.failed;
    for (size_t j = k; j < count && !r->failed; j++) {
        if (!same_shift(c, offset + k * n, offset + j * n)) continue;
        done[j] = true;
        place(r, d, c, shorter, offset + k * n, offset + j * n);
    }
}

/* All offsets for these lengths, grouped by the shift. */
static void shorten(nalg_reductions *r, const chain *c, const size_t *shorter)
{
    size_t room[ENTRIES], count = 1, n = c->layers * AXES;
    for (size_t i = 0; i < n; i++) {
        room[i] = c->length[i] - shorter[i] + 1;
        if (__builtin_mul_overflow(count, room[i], &count) || count > OFFSETS_LIMIT) {
            r->truncated = true;
            return;
        }
    }
    size_t *offset = nalg_array_zero(count * n, sizeof *offset);
    bool *done = nalg_array_zero(count, sizeof *done);
    r->failed = r->failed || !offset || !done;
    for (size_t k = 1; !r->failed && k < count; k++) {
        memcpy(offset + k * n, offset + (k - 1) * n, n * sizeof *offset);
        advance(offset + k * n, room, n);
    }
    for (size_t k = 0; k < count && !r->failed && !r->truncated; k++)
        if (!done[k]) add_shift(r, c, shorter, offset, count, k, done);
    free(offset);
    free(done);
}

/* Lengths in the order of how many taps are removed. */
static void shorten_all(nalg_reductions *r, const chain *c)
{
    size_t most = 0, total = 1, n = c->layers * AXES;
    for (size_t i = 0; i < n; i++) {
        most += c->length[i] - 1;
        if (__builtin_mul_overflow(total, c->length[i], &total) || total > LENGTHS_LIMIT) {
            r->truncated = true;
            return;
        }
    }
    for (size_t removed = 1; removed <= most && !r->failed && !r->truncated; removed++) {
        size_t cut[ENTRIES] = {0}, shorter[ENTRIES];
        do {
            size_t sum = 0;
            for (size_t i = 0; i < n; i++) {
                sum += cut[i];
                shorter[i] = c->length[i] - cut[i];
            }
            if (sum == removed) shorten(r, c, shorter);
        } while (!r->failed && !r->truncated && advance(cut, c->length, n));
    }
}

/* The first channel between layers l and l + 1 (what is removed stands last). */
static chain first_channel(const chain *c, size_t l)
{
    chain pair = {.layers = 2, .axes = c->axes, .channel = 0};
    for (size_t k = 0; k < 2; k++) {
        pair.layer[k] = c->layer[l + k];
        pair.in[k] = c->in[l + k];
        pair.out[k] = c->out[l + k];
    }
    memcpy(pair.length, &c->length[l * AXES], 2 * AXES * sizeof *pair.length);
    memcpy(pair.step, &c->step[l * AXES], 2 * AXES * sizeof *pair.step);
    return pair;
}

void nalg_reductions_filters(nalg_reductions *r, const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count && !r->failed;) {
        chain c;
        size_t start = i, before = r->count;
        if (p->layer[i].inner) nalg_reductions_filters(r, p->layer[i].inner);
        bool found = read_chain(&c, p, &i);
        if (found) shorten_all(r, &c);
        for (size_t l = 0; found && l + 1 < c.layers && !r->failed; l++) {
            if (c.out[l] < 2) continue;
            chain pair = first_channel(&c, l);
            shorten_all(r, &pair);
        }
        r->sites += r->count > before; /* all of them move the same weights */
        if (i == start) i++;
    }
}
