/* Models without the programs that are linear in their input.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/wider.h"
#include <string.h>
#include "core/memory.h"
#include "model/convolution.h"
#include "model/program.h"

/* A layer of the wider model: one that stays (perhaps with a bias it did not have), or dense. */
typedef struct {
    const nalg_layer *layer; /* NULL: dense or flatten */
    size_t in, width;        /* dense; width 0: flatten */
    bool bias;
    bool program; /* a dense layer that stands for programs only */
} item;

typedef struct {
    nalg_ctx *ctx;
    item *list;
    size_t count, capacity;
    bool changed;
} items;

static nalg_status push(items *s, item i)
{
    if (!nalg_grow((void **)&s->list, &s->capacity, s->count, sizeof *s->list))
        return nalg_fail_memory(s->ctx);
    s->list[s->count++] = i;
    return NALG_OK;
}

/* A linear program after `last`, when there it needs no layer of its own. */
static nalg_status join(const nalg_layer *layer, item *last, bool constant, bool *joined)
{
    *joined = false;
    if (!last) return NALG_OK;
    if (!last->layer) {
        *joined = last->width && layer->out.rank == 1 && last->width >= layer->out.dim[0];
        if (*joined) last->width = layer->out.dim[0], last->bias = last->bias || constant;
        return NALG_OK;
    }
    bool convolution = last->layer->type == &nalg_layer_conv || last->layer->type == &nalg_layer_conv2d;
    if (!convolution || last->layer->tied || !nalg_shape_equal(&layer->in, &layer->out)) return NALG_OK;
    size_t channels = ((const nalg_convolution *)last->layer->data)->channels;
    if (!nalg_program_is_channelwise(nalg_layer_program_of(layer), channels, joined)) return NALG_E_MEMORY;
    last->bias = last->bias || (*joined && constant);
    return NALG_OK;
}

static nalg_status add_program(items *s, const nalg_layer *layer, bool constant)
{
    bool joined;
    item *last = s->count ? &s->list[s->count - 1] : NULL;
    size_t in = nalg_shape_size(&layer->in);
    nalg_status status = join(layer, last, constant, &joined);
    if (status != NALG_OK) return nalg_fail_memory(s->ctx);
    if (joined || layer->out.rank != 1) {
        s->changed = s->changed || joined;
        return joined ? NALG_OK : push(s, (item){.layer = layer});
    }
    s->changed = true;
    if (layer->in.rank != 1) status = push(s, (item){0});
    if (status != NALG_OK) return status;
    return push(s, (item){.in = in, .width = layer->out.dim[0], .bias = constant, .program = true});
}

static nalg_status add_dense(items *s, const nalg_layer *layer)
{
    item *last = s->count ? &s->list[s->count - 1] : NULL;
    size_t in = layer->in.dim[0], out = layer->out.dim[0];
    bool bias = nalg_dense_has_bias(layer);
    if (!last || last->layer || !last->program ||
        (in < last->in && in < out)) /* a narrow program bounds the rank */
        return push(s, (item){.in = in, .width = out, .bias = bias});
    *last = (item){.in = last->in, .width = out, .bias = last->bias || bias};
    return NALG_OK;
}

static nalg_status add_layer(items *s, const nalg_layer *layer)
{
    const nalg_program *p = nalg_layer_program_of(layer);
    uint64_t degrees = 0;
    if (layer->type == &nalg_layer_dense && !layer->tied) return add_dense(s, layer);
    if (!p || layer->tied) return push(s, (item){.layer = layer});
    if (!nalg_program_degrees(p, &degrees)) return nalg_fail_memory(s->ctx);
    if (degrees == 0 || degrees > 3) return push(s, (item){.layer = layer});
    return add_program(s, layer, degrees & 1);
}

static nalg_status write_pipeline(nalg_ctx *ctx, const nalg_pipeline *p, nalg_text *out, bool *changed);

static nalg_status write_item(nalg_ctx *ctx, const item *i, nalg_text *out, bool *changed)
{
    if (!i->layer) {
        if (i->width)
            nalg_text_format(out, "dense %zu%s", i->width, i->bias ? " bias" : "");
        else
            nalg_text_string(out, "flatten");
        return NALG_OK;
    }
    if (i->layer->inner) {
        nalg_text_string(out, "residual(");
        nalg_status status = write_pipeline(ctx, i->layer->inner, out, changed);
        nalg_text_string(out, ")");
        return status;
    }
    i->layer->type->print(i->layer, out);
    if (i->bias && !((const nalg_convolution *)i->layer->data)->bias) nalg_text_string(out, " bias");
    if (i->layer->share[0]) nalg_text_format(out, " share=%s", i->layer->share);
    return NALG_OK;
}

static nalg_status write_pipeline(nalg_ctx *ctx, const nalg_pipeline *p, nalg_text *out, bool *changed)
{
    items s = {.ctx = ctx};
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < p->count && status == NALG_OK; i++) status = add_layer(&s, &p->layer[i]);
    for (size_t i = 0; i < s.count && status == NALG_OK; i++) {
        nalg_text_string(out, i ? " | " : "");
        status = write_item(ctx, &s.list[i], out, changed);
    }
    *changed = *changed || s.changed;
    free(s.list);
    return status;
}

nalg_status nalg_wider_model(nalg_ctx *ctx, nalg_model **wider, const nalg_model *model)
{
    nalg_text phrase = {0};
    bool changed = false;
    *wider = NULL;
    nalg_text_string(&phrase, "input ");
    nalg_shape_print(&model->layers->in, &phrase);
    nalg_text_string(&phrase, " | ");
    nalg_status status = write_pipeline(ctx, model->layers, &phrase, &changed);
    if (status == NALG_OK && phrase.failed) status = nalg_fail_memory(ctx);
    if (status == NALG_OK && changed) status = nalg_model_parse(ctx, wider, phrase.data, phrase.length);
    nalg_text_clear(&phrase);
    return status;
}
