/* Hidden units, channels and features that are inactive (no incoming weights, no outgoing weights, or
 * neither) or redundant (the incoming weights of another unit), and the rank of linear stages.
 *
 * Which weights belong to a unit is read off the symmetries the layer types supply: scaling output i of a
 * layer touches exactly its incoming weights, and undoing that exactly its outgoing weights.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "core/memory.h"
#include "geometry/strata_reductions.h"

/* Between a layer that makes units and the next one that uses them. */
typedef struct {
    const nalg_layer *from, *to;
    nalg_gauge made, used; /* the torus action where it leaves `from` and where it meets `to` */
    bool linear;           /* no activation but linear ones between */
    bool zero_at_zero;     /* activations between vanish at 0 */
    bool pole_at_zero;     /* ... or have no value there */
    size_t stage;          /* remaining sizes below this are a restriction (linear stages) */
} interface;

static bool vanishes_at_zero(const nalg_rational_function *f)
{
    const nalg_polynomial *n = &f->numerator, *d = &f->denominator;
    return n->count && n->term[n->count - 1].exponent > 0 && d->count && d->term[d->count - 1].exponent == 0;
}

static bool has_pole_at_zero(const nalg_rational_function *f)
{
    const nalg_polynomial *d = &f->denominator;
    return d->count && d->term[d->count - 1].exponent > 0;
}

static bool follow(interface *out, const nalg_pipeline *p, size_t i)
{
    const nalg_layer *from = &p->layer[i];
    if (!from->type->emit || !from->parameters || from->tied) return false;
    *out = (interface){.from = from, .linear = true, .zero_at_zero = true};
    from->type->emit(from, &out->made);
    out->made.algebra = NALG_ALGEBRA_TORUS;
    out->made.translations = false;
    out->used = out->made;
    for (size_t k = i + 1; k < p->count; k++) {
        const nalg_layer *layer = &p->layer[k];
        if (layer->inner) return false;
        if (layer->type == &nalg_layer_activation) {
            out->linear = out->linear && layer->type->class_of(layer) == NALG_CLASS_LINEAR;
            const nalg_rational_function *s = nalg_activation_function(layer);
            out->pole_at_zero = out->pole_at_zero || (out->zero_at_zero && has_pole_at_zero(s));
            out->zero_at_zero = out->zero_at_zero && vanishes_at_zero(s);
        } else if (layer->type->transport) {
            layer->type->transport(layer, &out->used);
            out->linear = false; /* pooling keeps units apart */
        } else {
            if (!layer->type->absorb || layer->tied) return false;
            layer->type->absorb(layer, &out->used);
            out->to = layer;
        }
        if (out->used.algebra == NALG_ALGEBRA_NONE) return false;
        if (out->to) return true;
    }
    return false;
}

/* Incoming or outgoing weights of unit i (with those of unit j that correspond, as sources). */
static void weights_of(const interface *f, bool incoming, size_t i, size_t j, nalg_vector_field *v)
{
    v->count = 0;
    if (incoming)
        f->from->type->emit_field(f->from, i, j, v);
    else
        f->to->type->absorb_field(f->to, &f->used, i, j, v);
}

static void set_tags(nalg_reductions *r, const interface *f, nalg_realisation *w, bool incoming, size_t first,
                     int32_t tag)
{
    nalg_vector_field v = {0};
    for (size_t i = first; w && i < f->made.order; i++) {
        weights_of(f, incoming, i, i, &v);
        for (size_t k = 0; k < v.count; k++) w->tag[v.term[k].target] = tag;
    }
    r->failed = r->failed || v.failed;
    free(v.term);
}

/* Units first, first+1, ... get the incoming weights of unit first-1; what they add to the outputs is taken
 * from it. */
static void tie(nalg_reductions *r, const interface *f, nalg_realisation *w, size_t first)
{
    nalg_vector_field v = {0};
    for (size_t i = first; w && i < f->made.order; i++) {
        weights_of(f, true, i, first - 1, &v);
        for (size_t k = 0; k < v.count; k++) w->tag[v.term[k].target] = (int32_t)v.term[k].source;
        weights_of(f, false, first - 1, i, &v); /* terms: weight of unit i, from the one of unit first-1 */
        for (size_t k = 0; k < v.count; k++) {
            w->tag[v.term[k].target] = NALG_TAG_SILENT;
            nalg_realisation_less(r, w, (size_t)v.term[k].source, v.term[k].target);
        }
    }
    r->failed = r->failed || v.failed;
    free(v.term);
}

static const char *unit_word(const nalg_layer *layer, size_t count)
{
    bool one = count == 1;
    if (layer->type == &nalg_layer_attention) return one ? "feature" : "features";
    if (layer->type == &nalg_layer_dense) return one ? "unit" : "units";
    return one ? "channel" : "channels";
}

/* A unit without incoming weights is a constant where the activation does not vanish at 0: more functions
 * than without it. */
static void make_constant(nalg_reductions *r, const interface *f, size_t left)
{
    size_t n = f->made.order, layer = nalg_reductions_layer(r, f->from), gone = n - left;
    nalg_reduction *d =
        nalg_reduction_new(r, "%zu of %zu %s of layer %zu constant", gone, n, unit_word(f->from, n), layer);
    nalg_realisation *w =
        nalg_realisation_new(r, d, "incoming zero", "layer %zu: %zu %s with incoming weights 0", layer, gone,
                             unit_word(f->from, gone));
    set_tags(r, f, w, true, left, NALG_TAG_ZERO);
}

/* The network keeps `left` of the units. */
static void reduce(nalg_reductions *r, const interface *f, size_t left, bool whole_linear)
{
    size_t n = f->made.order, layer = nalg_reductions_layer(r, f->from), gone = n - left;
    const char *word = unit_word(f->from, gone), *all = unit_word(f->from, n);
    bool rank = f->linear && f->from->type == &nalg_layer_dense;
    nalg_reduction *d;
    if (rank && whole_linear)
        d = nalg_reduction_new(r, "rank %zu", left);
    else if (rank)
        d = nalg_reduction_new(r, "rank %zu in the linear stage of layer %zu", left, layer);
    else
        d = nalg_reduction_new(r, "%zu of %zu %s of layer %zu", left, n, all, layer);
    if (!d) return;
    nalg_realisation *w = nalg_realisation_new(r, d, rank ? "rank" : "subnetwork",
                                               "layer %zu: %zu %s without weights", layer, gone, word);
    set_tags(r, f, w, true, left, NALG_TAG_ZERO);
    set_tags(r, f, w, false, left, NALG_TAG_ZERO);
    w = nalg_realisation_new(r, d, "outgoing zero", "layer %zu: %zu %s with outgoing weights 0", layer, gone,
                             word);
    set_tags(r, f, w, true, left, NALG_TAG_SILENT);
    set_tags(r, f, w, false, left, NALG_TAG_ZERO);
    if (f->zero_at_zero) {
        w = nalg_realisation_new(r, d, "incoming zero", "layer %zu: %zu %s with incoming weights 0", layer,
                                 gone, word);
        set_tags(r, f, w, false, left, NALG_TAG_SILENT);
        set_tags(r, f, w, true, left, NALG_TAG_ZERO);
    }
    if (!f->linear) {
        w = nalg_realisation_new(r, d, "redundant", "layer %zu: %zu equal %s", layer, gone + 1,
                                 unit_word(f->from, 2));
        tie(r, f, w, left);
    }
    if (!f->zero_at_zero && !f->pole_at_zero && !r->failed) make_constant(r, f, left);
}

void nalg_reduction_add_silent_units(nalg_reductions *r, nalg_reduction *d, const nalg_layer *last,
                                     const char *kind, int32_t bias_tag)
{
    const nalg_pipeline *p = r->model->layers;
    size_t biases = nalg_layer_biases(last), end = last->offset + last->parameters;
    for (size_t i = 0; d && i < p->count; i++) {
        interface f;
        if (!follow(&f, p, i) || f.to != last || !f.zero_at_zero) continue;
        nalg_realisation *w = nalg_realisation_new(r, d, kind, "layer %zu: all incoming weights 0",
                                                   nalg_reductions_layer(r, f.from));
        for (size_t k = 0; w && k < r->model->parameters; k++) w->tag[k] = NALG_TAG_SILENT;
        for (size_t k = end - biases; w && k < end; k++)
            w->tag[k] = bias_tag == NALG_TAG_ZERO ? NALG_TAG_ZERO : (int32_t)k;
        set_tags(r, &f, w, true, 0, NALG_TAG_ZERO);
    }
}

/* Which weights go with which unit. */
static void note_exchange(nalg_reductions *r, const interface *f)
{
    nalg_vector_field in = {0}, out = {0};
    int32_t *weight = NULL;
    size_t length = 0;
    for (size_t i = 0; i < f->made.order && !r->failed; i++) {
        weights_of(f, true, i, i, &in);
        weights_of(f, false, i, i, &out);
        length = in.count + out.count;
        if (!weight && !(weight = nalg_reductions_exchangeable(r, f->made.order, length))) break;
        for (size_t k = 0; k < length; k++)
            weight[i * length + k] =
                (int32_t)(k < in.count ? in.term[k].target : out.term[k - in.count].target);
    }
    r->failed = r->failed || in.failed || out.failed;
    free(in.term);
    free(out.term);
}

/* Runs of linear dense layers have one rank: keep their narrowest interface, and sizes below the width of
 * both ends. */
static void mark_stages(interface *list, size_t count)
{
    for (size_t i = 0; i < count; i++) list[i].stage = SIZE_MAX;
    for (size_t i = 0; i < count;) {
        bool linear = list[i].linear && list[i].from->type == &nalg_layer_dense &&
                      list[i].to->type == &nalg_layer_dense;
        size_t j = i + 1, narrowest = i;
        if (!linear) {
            i++;
            continue;
        }
        for (; j < count && list[j].linear && list[j].from == list[j - 1].to &&
               list[j].to->type == &nalg_layer_dense;
             j++)
            if (list[j].made.order < list[narrowest].made.order) narrowest = j;
        size_t in = nalg_shape_size(&list[i].from->in), out = nalg_shape_size(&list[j - 1].to->out);
        for (size_t k = i; k < j; k++) list[k].stage = k == narrowest ? (in < out ? in : out) : 0;
        i = j;
    }
}

void nalg_reductions_units(nalg_reductions *r, const nalg_pipeline *p)
{
    interface *list = nalg_array(p->count, sizeof *list);
    size_t count = 0;
    if (!list) {
        r->failed = true;
        return;
    }
    for (size_t i = 0; i < p->count; i++) count += follow(&list[count], p, i);
    mark_stages(list, count);
    bool whole = p == r->model->layers && nalg_pipeline_class(p) == NALG_CLASS_LINEAR;
    for (size_t i = 0; i < p->count; i++)
        if (p->layer[i].type != &nalg_layer_dense && p->layer[i].type != &nalg_layer_activation)
            whole = false;
    for (size_t i = 0; i < count && !r->failed; i++) {
        size_t n = list[i].made.order, before = r->count;
        size_t most = n - 1 < list[i].stage ? n - 1 : list[i].stage ? list[i].stage - 1 : 0;
        for (size_t left = most; left >= 1 && !r->failed && !r->truncated; left--)
            reduce(r, &list[i], left, whole);
        if (!list[i].zero_at_zero && !list[i].pole_at_zero && !nalg_layer_biases(list[i].to))
            make_constant(r, &list[i], 0);
        if (r->count > before) note_exchange(r, &list[i]);
        r->sites += r->count > before;
    }
    free(list);
    for (size_t i = 0; i < p->count && !r->failed; i++)
        if (p->layer[i].inner) nalg_reductions_units(r, p->layer[i].inner);
}
