/* Follow every action from the layer that produces it to the layer that undoes it.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/symmetry.h"
#include "core/memory.h"

static bool add_hop(nalg_symmetry *s, const nalg_layer *layer, const nalg_gauge *gauge, bool emits)
{
    if (s->hops == NALG_HOP_LIMIT) return false;
    s->hop[s->hops++] = (nalg_hop){layer, *gauge, emits};
    return true;
}

static bool follow(const nalg_pipeline *p, size_t first, nalg_gauge *gauge, nalg_symmetry *s);

/* x + f(x): f's first layer undoes the action on its input, f's last layer produces it again on the output. */
static bool pass_residual(const nalg_layer *block, nalg_gauge *gauge, nalg_symmetry *s)
{
    const nalg_pipeline *inner = block->inner;
    const nalg_layer *last = inner->count ? &inner->layer[inner->count - 1] : NULL;
    nalg_gauge inside = *gauge, again;
    if (!last || !last->type->emit || last->tied || !follow(inner, 0, &inside, s)) return false;
    last->type->emit(last, &again);
    if (again.order != gauge->order || again.block != gauge->block) return false;
    gauge->translations = false;
    gauge->algebra = inside.algebra < gauge->algebra ? inside.algebra : gauge->algebra;
    gauge->algebra = again.algebra < gauge->algebra ? again.algebra : gauge->algebra;
    return add_hop(s, last, gauge, true);
}

static bool follow(const nalg_pipeline *p, size_t first, nalg_gauge *gauge, nalg_symmetry *s)
{
    for (size_t i = first; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner) {
            if (!pass_residual(layer, gauge, s)) return false;
        } else if (layer->type->transport) {
            layer->type->transport(layer, gauge);
        } else {
            if (!layer->type->absorb || layer->tied) return false;
            layer->type->absorb(layer, gauge);
            return gauge->algebra != NALG_ALGEBRA_NONE && add_hop(s, layer, gauge, false);
        }
        if (gauge->algebra == NALG_ALGEBRA_NONE) return false;
    }
    return false; /* the action reaches the output: the function changes */
}

static size_t generators(const nalg_gauge *g)
{
    size_t count = g->order, all;
    if (g->algebra == NALG_ALGEBRA_GL && !nalg_size_multiply(&count, g->order, g->order)) return SIZE_MAX;
    if (!g->translations) return count;
    return __builtin_add_overflow(count, g->order, &all) ? SIZE_MAX : all;
}

/* Layers are numbered from 1 in the pipeline's order, those of residual blocks after the block. */
static size_t number_layers(const nalg_pipeline *p, const nalg_layer *wanted, size_t *counter)
{
    for (size_t i = 0; i < p->count; i++) {
        ++*counter;
        if (&p->layer[i] == wanted) return *counter;
        size_t inside = p->layer[i].inner ? number_layers(p->layer[i].inner, wanted, counter) : 0;
        if (inside) return inside;
    }
    return 0;
}

static size_t layer_number(const nalg_model *model, const nalg_layer *layer)
{
    size_t counter = 0;
    return number_layers(model->layers, layer, &counter);
}

static void describe(const nalg_model *model, const nalg_symmetry *s, nalg_text *out)
{
    if (s->own) {
        s->own->type->own_name(s->own, out);
        nalg_text_format(out, " (layer %zu)", layer_number(model, s->own));
        return;
    }
    size_t first = layer_number(model, s->hop[0].layer), last = 0;
    for (size_t i = 1; i < s->hops; i++) {
        size_t number = layer_number(model, s->hop[i].layer);
        last = number > last ? number : last;
    }
    if (s->gauge.algebra == NALG_ALGEBRA_TORUS || s->gauge.order == 1)
        nalg_text_format(out, "scaling of the %zu output%s of layer %zu against layer %zu", s->gauge.order,
                         s->gauge.order == 1 ? "" : "s", first, last);
    else nalg_text_format(out, "GL(%zu) between layers %zu and %zu", s->gauge.order, first, last);
    if (s->gauge.translations) nalg_text_string(out, ", with translations of the biases");
}

static nalg_status keep(nalg_ctx *ctx, nalg_symmetries *out, const nalg_model *model, nalg_symmetry *s)
{
    nalg_text name = {0};
    describe(model, s, &name);
    s->name = nalg_text_take(&name);
    if (s->name && nalg_grow((void **)&out->item, &out->capacity, out->count, sizeof *out->item)) {
        out->item[out->count++] = *s;
        return NALG_OK;
    }
    free(s->name);
    return nalg_fail_memory(ctx);
}

static nalg_status find_in(nalg_ctx *ctx, nalg_symmetries *out, const nalg_model *model, const nalg_pipeline *p)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < p->count && status == NALG_OK; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner) status = find_in(ctx, out, model, layer->inner);
        if (layer->tied || status != NALG_OK) continue;
        nalg_symmetry s = {.own = layer};
        if (layer->type->own_count && (s.fields = layer->type->own_count(layer)) > 0) status = keep(ctx, out, model, &s);
        if (!layer->type->emit || status != NALG_OK) continue;
        s = (nalg_symmetry){0};
        nalg_gauge gauge;
        layer->type->emit(layer, &gauge);
        if (!add_hop(&s, layer, &gauge, true) || !follow(p, i + 1, &gauge, &s)) continue;
        s.gauge = gauge;
        s.fields = generators(&gauge);
        status = keep(ctx, out, model, &s);
    }
    return status;
}

nalg_status nalg_symmetries_find(nalg_ctx *ctx, nalg_symmetries *out, const nalg_model *model)
{
    nalg_symmetries found = {0};
    nalg_status status = find_in(ctx, &found, model, model->layers);
    if (status == NALG_OK) *out = found;
    else nalg_symmetries_clear(&found);
    return status;
}

void nalg_symmetries_clear(nalg_symmetries *s)
{
    for (size_t i = 0; i < s->count; i++) free(s->item[i].name);
    free(s->item);
    *s = (nalg_symmetries){0};
}

size_t nalg_symmetries_fields(const nalg_symmetries *s)
{
    size_t sum = 0;
    for (size_t i = 0; i < s->count; i++)
        if (__builtin_add_overflow(sum, s->item[i].fields, &sum)) return SIZE_MAX;
    return sum;
}

/* One hop's change for E_ij. */
static void hop_field(const nalg_hop *hop, size_t i, size_t j, nalg_vector_field *v)
{
    const nalg_layer *layer = hop->layer;
    if (!hop->emits) {
        layer->type->absorb_field(layer, &hop->gauge, i, j, v);
        return;
    }
    size_t before = v->count;
    layer->type->emit_field(layer, i, j, v);
    for (size_t k = before; k < v->count; k++) v->term[k].coefficient *= hop->gauge.factor;
}

bool nalg_symmetry_field(const nalg_symmetry *s, size_t index, nalg_vector_field *v)
{
    v->count = 0;
    if (s->own) {
        s->own->type->own_field(s->own, index, v);
        return !v->failed;
    }
    size_t order = s->gauge.order, linear = s->gauge.algebra == NALG_ALGEBRA_GL ? order * order : order;
    for (size_t h = 0; h < s->hops; h++) {
        const nalg_hop *hop = &s->hop[h];
        const nalg_layer_type *type = hop->layer->type;
        if (index < linear) hop_field(hop, linear > order ? index / order : index, linear > order ? index % order : index, v);
        else if (hop->emits) type->emit_translation(hop->layer, index - linear, v);
        else type->absorb_translation(hop->layer, &hop->gauge, index - linear, v);
    }
    return !v->failed;
}
