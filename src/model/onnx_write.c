/* The layers found in an ONNX file, written down in the model language, and the order this gives the
 * parameters. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "model/onnx_import.h"

#define NONE SIZE_MAX

/* A layer with parameters, for those that use the same ones again. */
typedef struct {
    nalg_onnx_kind kind;
    size_t first, length;
    nalg_shape in; /* share= wants equal shapes */
    bool shared;
} layer_record;

typedef struct {
    nalg_onnx_import *m;
    nalg_text *text;
    nalg_onnx_order *order;
    nalg_shape shape; /* of the value written last */
    bool open;        /* it is the value of a program, which may say its shape */
    bool begun;       /* something follows the input */
    size_t tokens; /* not 0: its entries stand features x tokens, in the file tokens x features; so attention
                      is written */
    layer_record *layer;
    size_t layers, layer_capacity, known; /* known: records of the pass before */
    bool again;                           /* a layer turned out to be shared: write once more, with names */
    bool conflict;                        /* parameters are used by layers in ways that share= cannot say */
} writer;

/* ---- parameters ---- */

static size_t file_entry(const writer *w, size_t at);

/* Slots of a rows x columns matrix, stored transposed or not, at the end of the layer's. `inputs`: its
 * columns run over the current value. */
static nalg_status add_slots(writer *w, nalg_onnx_order *slots, size_t node, size_t rows, size_t columns,
                             bool transpose, bool inputs)
{
    size_t parameter, size = w->m->program.item[node].size;
    int64_t *map;
    nalg_status status = nalg_onnx_parameter_map(w->m, node, &parameter, &map);
    if (status != NALG_OK) return status;
    if (!map || rows * columns != size) {
        w->conflict = true;
        free(map);
        return NALG_OK;
    }
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        size_t column = inputs ? file_entry(w, i % columns) : i % columns,
               at = transpose ? column * rows + i / columns : i - i % columns + column;
        if (!nalg_grow((void **)&slots->slot, &slots->capacity, slots->count, sizeof *slots->slot))
            status = nalg_fail_memory(w->m->ctx);
        else
            slots->slot[slots->count++] = (nalg_onnx_slot){parameter, (size_t)map[at]};
    }
    free(map);
    return status;
}

static size_t *place(writer *w, const nalg_onnx_slot *s)
{
    return &w->m->parameter[s->parameter].place[s->element];
}

/* Take the slots into the order, or find the layer that has exactly these and takes the same shape as the one
 * about to be written. *number: the record. */
static nalg_status claim(writer *w, const nalg_onnx_order *slots, nalg_onnx_kind kind, size_t *number)
{
    size_t first = slots->count ? *place(w, &slots->slot[0]) : NONE;
    for (size_t i = 0; i < slots->count; i++) /* all new, or all there in a row */
        if (*place(w, &slots->slot[i]) != (first == NONE ? NONE : first + i)) w->conflict = true;
    if (w->conflict) return NALG_OK;
    for (size_t k = 0; first != NONE && k < w->layers; k++) {
        layer_record *r = &w->layer[k];
        if (r->kind != kind || r->first != first || r->length != slots->count ||
            !nalg_shape_equal(&r->in, &w->shape))
            continue;
        w->again = w->again || !r->shared;
        r->shared = true;
        *number = k;
        return NALG_OK;
    }
    if (first != NONE) {
        w->conflict = true;
        return NALG_OK;
    }
    for (size_t i = 0; i < slots->count; i++) {
        size_t *at = place(w, &slots->slot[i]);
        if (*at != NONE) w->conflict = true; /* twice in this layer */
        *at = w->order->count;
        if (!nalg_grow((void **)&w->order->slot, &w->order->capacity, w->order->count,
                       sizeof *w->order->slot))
            return nalg_fail_memory(w->m->ctx);
        w->order->slot[w->order->count++] = slots->slot[i];
    }
    if (!nalg_grow((void **)&w->layer, &w->layer_capacity, w->layers, sizeof *w->layer))
        return nalg_fail_memory(w->m->ctx);
    bool shared = w->layers < w->known && w->layer[w->layers].shared;
    w->layer[w->layers] =
        (layer_record){kind, w->order->count - slots->count, slots->count, w->shape, shared};
    *number = w->layers++;
    return NALG_OK;
}

static void write_share(writer *w, size_t number)
{
    if (!w->conflict && w->layer[number].shared) nalg_text_format(w->text, " share=t%zu", number + 1);
}

/* ---- the order of entries ---- */

static size_t features(const writer *w)
{
    return nalg_shape_size(&w->shape) / w->tokens;
}

/* The entry of the file's value that stands at `at` in the language's. */
static size_t file_entry(const writer *w, size_t at)
{
    return w->tokens ? at % w->tokens * features(w) + at / w->tokens : at;
}

/* ---- layers ---- */

static void separate(writer *w)
{
    w->open = false;
    w->begun = true;
    if (w->text->length && w->text->data[w->text->length - 1] != '(') nalg_text_string(w->text, " | ");
}

static void flatten(writer *w)
{
    if (w->shape.rank == 1) return;
    separate(w);
    nalg_text_string(w->text, "flatten");
    w->shape = (nalg_shape){1, {nalg_shape_size(&w->shape)}};
}

static nalg_status write_dense(writer *w, const nalg_onnx_segment *s)
{
    const nalg_instruction *i = &w->m->program.item[s->product];
    bool left = s->weight == i->a; /* W x, else x W */
    size_t outputs = left ? i->m : i->n, number = 0;
    nalg_onnx_order slots = {0};
    flatten(w);
    nalg_status status = left ? add_slots(w, &slots, s->weight, i->m, i->k, false, true)
                              : add_slots(w, &slots, s->weight, i->n, i->k, true, true);
    if (status == NALG_OK && s->bias != NONE)
        status = add_slots(w, &slots, s->bias, 1, outputs, false, false);
    if (status == NALG_OK) status = claim(w, &slots, NALG_ONNX_DENSE, &number);
    free(slots.slot);
    if (status != NALG_OK) return status;
    separate(w);
    nalg_text_format(w->text, "dense %zu%s", outputs, s->bias == NONE ? "" : " bias");
    write_share(w, number);
    w->shape = (nalg_shape){1, {outputs}};
    w->tokens = 0;
    return NALG_OK;
}

static void write_extent(writer *w, const nalg_onnx_origin *o, const char *name, const size_t *size,
                         size_t skip)
{
    if (size[1] == skip && (o->axes == 1 || size[0] == skip)) return;
    nalg_text_string(w->text, name);
    if (o->axes == 2) nalg_text_format(w->text, "%zux", size[0]);
    nalg_text_format(w->text, "%zu", size[1]);
}

static nalg_shape convolution_shape(const nalg_onnx_origin *o)
{
    if (o->axes == 1) return (nalg_shape){2, {o->channels_in, o->in[1]}};
    return (nalg_shape){3, {o->channels_in, o->in[0], o->in[1]}};
}

/* From the language's order of entries to the file's. */
static void plain(writer *w)
{
    if (!w->tokens) return;
    size_t width = features(w), tokens = w->tokens;
    separate(w);
    nalg_text_format(w->text, "program(view(x,0,%zu:1,%zu:%zu))", tokens, width, tokens);
    w->shape = (nalg_shape){1, {tokens * width}};
    w->tokens = 0;
    w->open = true;
}

/* The other way: the value becomes features x tokens. The input of the model is declared so. */
static nalg_status turned(writer *w, size_t width, size_t tokens)
{
    nalg_shape shape = {2, {width, tokens}};
    if (w->tokens == tokens && nalg_shape_equal(&w->shape, &shape)) return NALG_OK;
    plain(w);
    if (!w->begun) {
        w->text->length = 0;
        nalg_text_string(w->text, "input ");
        nalg_shape_print(&shape, w->text);
        w->shape = shape;
        w->tokens = tokens;
        return nalg_onnx_note(
            w->m, "the input of the file is %zu tokens x %zu features; in the model it is features x tokens",
            tokens, width);
    }
    separate(w);
    nalg_text_format(w->text, "program(view(x,0,%zu:1,%zu:%zu)) out=%zux%zu", width, tokens, width, width,
                     tokens);
    w->shape = shape;
    w->tokens = tokens;
    return NALG_OK;
}

/* The same entries under another shape: a program that does nothing. */
static void reshape(writer *w, const nalg_shape *shape)
{
    if (nalg_shape_equal(&w->shape, shape)) return;
    if (!w->open) {
        separate(w);
        nalg_text_format(w->text, "program(view(x,0,%zu:1))", nalg_shape_size(shape));
    }
    nalg_text_string(w->text, " out=");
    nalg_shape_print(shape, w->text);
    w->open = false;
    w->shape = *shape;
}

static nalg_status write_convolution(writer *w, const nalg_onnx_segment *s)
{
    const nalg_onnx_origin *o = &w->m->origin[s->product];
    const nalg_instruction *i = &w->m->program.item[s->product];
    nalg_onnx_order slots = {0};
    size_t number = 0, out[2];
    nalg_shape shape = convolution_shape(o);
    plain(w);
    reshape(w, &shape);
    nalg_status status = add_slots(w, &slots, s->weight, 1, i->m * i->k, false, false);
    if (status == NALG_OK && s->bias != NONE)
        status = add_slots(w, &slots, s->bias, 1, o->channels, false, false);
    if (status == NALG_OK) status = claim(w, &slots, NALG_ONNX_CONVOLUTION, &number);
    free(slots.slot);
    if (status != NALG_OK) return status;
    separate(w);
    nalg_text_string(w->text, o->axes == 1 ? "conv" : "conv2d");
    write_extent(w, o, " ", o->filter, 0);
    write_extent(w, o, " stride=", o->stride, 1);
    write_extent(w, o, " pad=", o->pad, 0);
    nalg_text_format(w->text, " out=%zu%s", o->channels, s->bias == NONE ? "" : " bias");
    write_share(w, number);
    for (size_t axis = 0; axis < 2; axis++)
        out[axis] = (o->in[axis] + 2 * o->pad[axis] - o->filter[axis]) / o->stride[axis] + 1;
    w->shape = o->axes == 1 ? (nalg_shape){2, {o->channels, out[1]}}
                            : (nalg_shape){3, {o->channels, out[0], out[1]}};
    return NALG_OK;
}

static void write_sumpool(writer *w, const nalg_onnx_segment *s)
{
    plain(w);
    size_t channels = w->m->program.item[s->to].size, size = nalg_shape_size(&w->shape);
    nalg_shape shape = {2, {channels, size / channels}};
    bool fits = w->shape.rank == 1 ? channels == 1 : w->shape.dim[0] == channels;
    if (!fits) reshape(w, &shape);
    separate(w);
    nalg_text_string(w->text, "sumpool");
    w->shape = (nalg_shape){1, {channels}};
}

/* ---- programs ---- */

static bool *needed(const nalg_program *p, size_t from, size_t to)
{
    bool *mark = nalg_array_zero(to + 1, sizeof *mark);
    if (!mark) return NULL;
    mark[to] = true;
    for (size_t v = to + 1; v-- > 0;) {
        const nalg_instruction *i = &p->item[v];
        if (!mark[v] || v == from) continue;
        if (nalg_program_operands(i) > 0) mark[i->a] = true;
        if (nalg_program_operands(i) > 1) mark[i->b] = true;
    }
    return mark;
}

static nalg_status copy_numbers(writer *w, nalg_program *p, nalg_instruction *i)
{
    size_t first = nalg_program_numbers(p, i->size);
    if (first == SIZE_MAX) return nalg_fail_memory(w->m->ctx);
    for (size_t k = 0; k < i->size; k++) fmpq_set(&p->number[first + k], &w->m->program.number[i->first + k]);
    i->first = first;
    return NALG_OK;
}

/* One instruction of the segment's program; its operands are renumbered. */
static nalg_status copy_instruction(writer *w, nalg_program *p, nalg_instruction i, const size_t *number,
                                    nalg_onnx_order *slots)
{
    nalg_status status = NALG_OK;
    if (i.op == NALG_PROGRAM_NUMBERS) status = copy_numbers(w, p, &i);
    for (size_t k = 0; i.op == NALG_PROGRAM_WEIGHTS && k < i.size && status == NALG_OK; k++) {
        if (!nalg_grow((void **)&slots->slot, &slots->capacity, slots->count, sizeof *slots->slot))
            status = nalg_fail_memory(w->m->ctx);
        else
            slots->slot[slots->count++] = (nalg_onnx_slot){i.first, k};
    }
    if (nalg_program_operands(&i) > 0) i.a = number[i.a];
    if (nalg_program_operands(&i) > 1) i.b = number[i.b];
    if (status == NALG_OK && nalg_program_push(p, i) == SIZE_MAX) status = nalg_fail_memory(w->m->ctx);
    return status;
}

static nalg_status write_program(writer *w, size_t from, size_t to)
{
    nalg_program p = {0};
    nalg_onnx_order slots = {0};
    size_t *number = nalg_array_zero(to + 1, sizeof *number), record = 0;
    bool *mark = needed(&w->m->program, from, to);
    nalg_status status = number && mark ? NALG_OK : nalg_fail_memory(w->m->ctx);
    nalg_instruction input = {.op = NALG_PROGRAM_INPUT, .size = w->m->program.item[from].size};
    if (status == NALG_OK && nalg_program_push(&p, input) == SIZE_MAX) status = nalg_fail_memory(w->m->ctx);
    for (size_t v = 0; v <= to && status == NALG_OK; v++) {
        if (!mark[v] || v == from) continue;
        number[v] = p.count;
        status = copy_instruction(w, &p, w->m->program.item[v], number, &slots);
    }
    plain(w);
    bool channelwise = false; /* such as a batch normalisation: the channels stay what they are */
    if (status == NALG_OK && w->shape.rank > 1 && nalg_shape_size(&w->shape) == input.size &&
        !nalg_program_is_channelwise(&p, w->shape.dim[0], &channelwise))
        status = nalg_fail_memory(w->m->ctx);
    if (status == NALG_OK) status = claim(w, &slots, NALG_ONNX_PROGRAM, &record);
    if (status == NALG_OK) {
        separate(w);
        nalg_text_string(w->text, "program(");
        nalg_program_print(&p, w->text);
        nalg_text_string(w->text, ")");
        nalg_shape shape = w->shape;
        w->shape = (nalg_shape){1, {w->m->program.item[to].size}};
        w->open = true;
        if (channelwise) reshape(w, &shape);
        if (slots.count) write_share(w, record);
    }
    nalg_program_clear(&p);
    free(slots.slot);
    free(number);
    free(mark);
    return status;
}

static nalg_status add_matrix(writer *w, nalg_onnx_order *slots, nalg_onnx_matrix matrix, size_t rows,
                              size_t columns)
{
    return add_slots(w, slots, matrix.node, rows, columns, matrix.transposed, false);
}

static nalg_status write_attention(writer *w, const nalg_onnx_segment *s)
{
    const nalg_onnx_heads *h = s->heads;
    nalg_onnx_order slots = {0};
    nalg_shape shape = {2, {h->features, h->tokens}};
    size_t number = 0;
    nalg_status status = NALG_OK;
    if (h->rows)
        status = turned(w, h->features, h->tokens);
    else
        plain(w), reshape(w, &shape);
    for (size_t k = 0; k < h->count && status == NALG_OK; k++) {
        status = add_matrix(w, &slots, h->head[k].query, h->score, h->features);
        if (status == NALG_OK) status = add_matrix(w, &slots, h->head[k].key, h->score, h->features);
        if (status == NALG_OK) status = add_matrix(w, &slots, h->head[k].value, h->out, h->features);
    }
    if (status == NALG_OK) status = claim(w, &slots, NALG_ONNX_ATTENTION, &number);
    free(slots.slot);
    if (status != NALG_OK) return status;
    separate(w);
    nalg_text_format(w->text, "attention a=%zu", h->score);
    if (h->out != h->features) nalg_text_format(w->text, " out=%zu", h->out);
    if (h->count > 1) nalg_text_format(w->text, " heads=%zu", h->count);
    write_share(w, number);
    w->shape = (nalg_shape){2, {h->out, h->tokens}};
    if (h->head[0].factor == SIZE_MAX) return NALG_OK;
    char *factor = fmpq_get_str(
        NULL, 10, nalg_onnx_numbers(w->m, h->head[0].factor)); /* of the scores, hence of the result */
    nalg_text_format(w->text, " | %s*x", factor);
    flint_free(factor);
    return NALG_OK;
}

static nalg_status write_segments(writer *w, const nalg_onnx_segments *s);

/* Attention and functions of single entries only, which keep the order of entries. */
static const nalg_onnx_heads *keeps_order(const nalg_onnx_segments *s)
{
    const nalg_onnx_heads *heads = NULL;
    for (size_t i = 0; i < s->count; i++) {
        if (s->item[i].kind == NALG_ONNX_ATTENTION && s->item[i].heads->rows)
            heads = s->item[i].heads;
        else if (s->item[i].kind != NALG_ONNX_ACTIVATION)
            return NULL;
    }
    return heads;
}

static nalg_status write_residual(writer *w, const nalg_onnx_segment *s)
{
    const nalg_onnx_segment *first = &s->inner->item[s->inner->count - 1];
    const nalg_onnx_heads *heads = keeps_order(s->inner);
    if (heads) {
        nalg_status turn = turned(w, heads->features, heads->tokens);
        if (turn != NALG_OK) return turn;
    } else {
        plain(w);
    }
    if (first->kind == NALG_ONNX_DENSE || first->kind == NALG_ONNX_PROGRAM) flatten(w);
    nalg_shape before = w->shape;
    separate(w);
    nalg_text_string(w->text, "residual(");
    nalg_status status = write_segments(w, s->inner);
    if (!heads) plain(w);
    if (status == NALG_OK && !nalg_shape_equal(&before, &w->shape)) reshape(w, &before);
    nalg_text_string(w->text, ")");
    w->open = false;
    return status;
}

static nalg_status write_one(writer *w, const nalg_onnx_segment *s)
{
    switch (s->kind) {
    case NALG_ONNX_ACTIVATION:
        separate(w);
        nalg_text_string(w->text, s->text);
        return NALG_OK;
    case NALG_ONNX_DENSE:
        return write_dense(w, s);
    case NALG_ONNX_CONVOLUTION:
        return write_convolution(w, s);
    case NALG_ONNX_SUMPOOL:
        write_sumpool(w, s);
        return NALG_OK;
    case NALG_ONNX_RESIDUAL:
        return write_residual(w, s);
    case NALG_ONNX_ATTENTION:
        return write_attention(w, s);
    case NALG_ONNX_PROGRAM:
        return write_program(w, s->from, s->to);
    }
    return NALG_OK;
}

static nalg_status write_segments(writer *w, const nalg_onnx_segments *s)
{
    nalg_status status = NALG_OK;
    for (size_t i = s->count; i-- > 0 && status == NALG_OK && !w->conflict;)
        status = write_one(w, &s->item[i]);
    return status;
}

/* ---- the whole ---- */

static void start(writer *w)
{
    w->text->length = 0;
    w->order->count = 0;
    w->known = w->layers > w->known ? w->layers : w->known;
    w->layers = 0;
    w->again = w->conflict = w->open = w->begun = false;
    w->tokens = 0;
    for (size_t k = 0; k < w->m->parameter_count; k++)
        for (size_t i = 0; i < w->m->parameter[k].size; i++) w->m->parameter[k].place[i] = NONE;
    w->shape = w->m->input;
    nalg_text_string(w->text, "input ");
    nalg_shape_print(&w->shape, w->text);
}

nalg_status nalg_onnx_write(nalg_onnx_import *m, size_t output, nalg_text *phrase, nalg_onnx_order *order)
{
    writer w = {.m = m, .text = phrase, .order = order};
    nalg_onnx_segments segments = {0};
    bool found;
    nalg_status status = nalg_onnx_recognise(m, 0, output, 0, &segments, &found);
    if (status == NALG_OK && found) {
        const nalg_onnx_segment *first = &segments.item[segments.count - 1];
        if (first->kind == NALG_ONNX_CONVOLUTION) m->input = convolution_shape(&m->origin[first->product]);
        for (unsigned pass = 0; pass < 3; pass++) { /* once more when a layer turns out to be shared */
            start(&w);
            status = write_segments(&w, &segments);
            if (status != NALG_OK || w.conflict || !w.again) break;
        }
    }
    if (status == NALG_OK && (!found || w.conflict)) {
        start(&w);
        w.known = 0;
        status = write_program(&w, 0, output);
    }
    if (status == NALG_OK && w.tokens)
        status = nalg_onnx_note(
            m, "the output of the file is %zu tokens x %zu features; in the model it is features x tokens",
            w.tokens, features(&w));
    if (status == NALG_OK && phrase->failed) status = nalg_fail_memory(m->ctx);
    nalg_onnx_segments_clear(&segments);
    free(w.layer);
    return status;
}
