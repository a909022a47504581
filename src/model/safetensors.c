/* safetensors: eight bytes of length, a JSON header {"name": {"dtype", "shape", "data_offsets": [begin,
 * end]}, ...}, the tensors.
 *
 * The header is bounded, duplicate names are refused, and every tensor must lie inside the file without
 * touching another one: what overlaps or does not add up is damaged or made to mislead.  Source: the format's
 * description, github.com/huggingface/safetensors. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/safetensors.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/convolution.h"
#include "model/floats.h"

#define HEADER_LIMIT ((uint64_t)1 << 25)
#define TENSOR_COUNT 65536

typedef enum { F64, F32, F16, BF16, OTHER } element;

typedef struct {
    const char *name;
    element type;
    size_t rank, size;
    size_t dim[NALG_MODEL_TENSOR_RANK];
    uint64_t begin, end;
    const uint8_t *data;
} tensor;

typedef struct {
    nalg_ctx *ctx;
    json_t *header;
    tensor *item; /* in the order of the data */
    size_t count;
} file;

static nalg_status fail(file *f, const char *name, const char *what)
{
    return nalg_fail(f->ctx, NALG_E_PARSE, name, "write the file again with safetensors.torch.save_file",
                     "safetensors: %s", what);
}

bool nalg_is_safetensors(const uint8_t *data, size_t length)
{
    return length > 9 && data[8] == '{';
}

/* ---- the header ---- */

static const struct {
    const char *name;
    size_t bytes;
    element type;
} types[] = {
    {"F64", 8, F64},   {"F32", 4, F32},   {"F16", 2, F16},    {"BF16", 2, BF16}, {"I64", 8, OTHER},
    {"I32", 4, OTHER}, {"I16", 2, OTHER}, {"I8", 1, OTHER},   {"U64", 8, OTHER}, {"U32", 4, OTHER},
    {"U16", 2, OTHER}, {"U8", 1, OTHER},  {"BOOL", 1, OTHER},
};

static bool offset(const json_t *pair, size_t k, uint64_t *out)
{
    const json_t *v = json_array_get(pair, k);
    *out = json_is_integer(v) && json_integer_value(v) >= 0 ? (uint64_t)json_integer_value(v) : UINT64_MAX;
    return *out != UINT64_MAX;
}

static nalg_status read_shape(file *f, tensor *t, const json_t *shape)
{
    t->size = 1;
    t->rank = json_array_size(shape);
    if (!json_is_array(shape)) return fail(f, t->name, "a tensor has no shape");
    if (t->rank > NALG_MODEL_TENSOR_RANK) return fail(f, t->name, "a tensor has more than 8 axes");
    for (size_t i = 0; i < t->rank; i++) {
        const json_t *v = json_array_get(shape, i);
        if (!json_is_integer(v) || json_integer_value(v) < 0)
            return fail(f, t->name, "an extent is no whole number");
        t->dim[i] = (size_t)json_integer_value(v);
        if (!nalg_size_multiply(&t->size, t->size, t->dim[i]))
            return fail(f, t->name, "the extents multiply to more than any file holds");
    }
    return NALG_OK;
}

static nalg_status read_tensor(file *f, tensor *t, const json_t *about, const uint8_t *data, uint64_t room)
{
    const char *type = json_string_value(json_object_get(about, "dtype"));
    const json_t *offsets = json_object_get(about, "data_offsets");
    size_t bytes = 0, wanted;
    for (size_t i = 0; type && i < sizeof types / sizeof *types; i++)
        if (!strcmp(types[i].name, type)) {
            bytes = types[i].bytes;
            t->type = types[i].type;
        }
    if (!bytes) return fail(f, t->name, "a tensor has elements of an unknown type");
    nalg_status status = read_shape(f, t, json_object_get(about, "shape"));
    if (status != NALG_OK) return status;
    if (json_array_size(offsets) != 2 || !offset(offsets, 0, &t->begin) || !offset(offsets, 1, &t->end))
        return fail(f, t->name, "a tensor has no place");
    if (t->begin > t->end || t->end > room)
        return fail(f, t->name, "a tensor reaches beyond the end of the file; it is cut off or damaged");
    if (!nalg_size_multiply(&wanted, t->size, bytes) || wanted != t->end - t->begin)
        return fail(f, t->name, "the place of a tensor does not have the size of its shape");
    t->data = data + t->begin;
    return NALG_OK;
}

static int by_place(const void *a, const void *b)
{
    const tensor *x = a, *y = b;
    if (x->begin != y->begin) return x->begin < y->begin ? -1 : 1;
    return x->end < y->end ? -1 : x->end > y->end;
}

static nalg_status read_header(file *f, const uint8_t *data, size_t length)
{
    uint64_t header = 0;
    if (length < 8) return fail(f, NULL, "the file is cut off");
    for (size_t i = 8; i-- > 0;) header = header << 8 | data[i];
    if (header > HEADER_LIMIT)
        return nalg_fail(f->ctx, NALG_E_LIMIT, NULL, "split the file",
                         "safetensors: the header is longer than 32 MiB");
    if (header > length - 8) return fail(f, NULL, "the header is cut off");
    json_error_t error;
    f->header = json_loadb((const char *)data + 8, (size_t)header, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(f->header))
        return fail(f, NULL, "the header is no JSON object, or a name occurs twice");
    if (json_object_size(f->header) > TENSOR_COUNT)
        return nalg_fail(f->ctx, NALG_E_LIMIT, NULL, "split the file", "safetensors: more than %d tensors",
                         TENSOR_COUNT);
    f->item = nalg_array_zero(json_object_size(f->header), sizeof *f->item);
    if (!f->item) return nalg_fail_memory(f->ctx);
    const char *name;
    json_t *about;
    json_object_foreach(f->header, name, about)
    {
        if (!strcmp(name, "__metadata__")) continue;
        f->item[f->count].name = name;
        nalg_status status =
            read_tensor(f, &f->item[f->count++], about, data + 8 + header, length - 8 - header);
        if (status != NALG_OK) return status;
    }
    qsort(f->item, f->count, sizeof *f->item, by_place);
    for (size_t i = 0; i < f->count; i++)
        if (f->item[i].begin != (i ? f->item[i - 1].end : 0))
            return fail(f, f->item[i].name, "tensors overlap or leave a gap");
    if ((f->count ? f->item[f->count - 1].end : 0) != length - 8 - header)
        return fail(f, NULL, "there is more after the last tensor");
    return NALG_OK;
}

/* ---- elements ---- */

static nalg_status take(file *f, const tensor *t, size_t i, fmpq *out)
{
    double x = 0;
    switch (t->type) {
    case F64:
        x = nalg_float64(t->data + 8 * i);
        break;
    case F32:
        x = nalg_float32(t->data + 4 * i);
        break;
    case F16:
        x = nalg_float16(t->data + 2 * i);
        break;
    case BF16:
        x = nalg_bfloat16(t->data + 2 * i);
        break;
    case OTHER:
        return fail(f, t->name, "a weight tensor holds integers");
    }
    if (!isfinite(x)) return fail(f, t->name, isnan(x) ? "a weight is not a number" : "a weight is infinite");
    nalg_rational_of_double(out, x);
    return NALG_OK;
}

static bool same_shape(const tensor *t, size_t rank, const size_t *dim)
{
    for (size_t i = 0; i < rank && t->rank == rank; i++)
        if (t->dim[i] != dim[i]) return false;
    return t->rank == rank;
}

static void print_shape(nalg_text *out, size_t rank, const size_t *dim)
{
    for (size_t i = 0; i < rank; i++) nalg_text_format(out, "%s%zu", i ? "x" : "", dim[i]);
    if (!rank) nalg_text_string(out, "1");
}

static nalg_status wrong_shape(file *f, const tensor *t, size_t rank, const size_t *dim)
{
    nalg_text text = {0};
    print_shape(&text, t->rank, t->dim);
    nalg_text_string(&text, " where the model has ");
    print_shape(&text, rank, dim);
    nalg_status status = nalg_fail(f->ctx, NALG_E_SHAPE, t->name,
                                   "give the weights of this very model; `neuroalg show` lists its layers",
                                   "safetensors: tensor %.200s is %.200s", t->name,
                                   text.data ? text.data : "of another shape");
    nalg_text_clear(&text);
    return status;
}

/* ---- a model from a file: by name ---- */

static const tensor *find(const file *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (!strcmp(f->item[i].name, name)) return &f->item[i];
    return NULL;
}

static nalg_status by_name(file *f, nalg_weights *w, const nalg_model *model)
{
    for (size_t k = 0; k < model->tensors; k++) {
        const nalg_model_tensor *m = &model->tensor[k];
        const tensor *t = find(f, m->name);
        if (!t)
            return nalg_fail(
                f->ctx, NALG_E_PARSE, m->name,
                "export the .onnx file with do_constant_folding=False, which keeps the names of the weights",
                "safetensors: the file has no tensor %.200s", m->name);
        if (!same_shape(t, m->rank, m->dim)) return wrong_shape(f, t, m->rank, m->dim);
        for (size_t i = 0; i < m->size; i++) {
            nalg_status status = m->place[i] == SIZE_MAX ? NALG_OK : take(f, t, i, &w->value[m->place[i]]);
            if (status != NALG_OK) return status;
        }
    }
    return NALG_OK;
}

/* ---- a phrase: by the order of the names ---- */

/* Digits count as numbers, so that layer 10 comes after layer 2. */
static int natural(const char *a, size_t n, const char *b, size_t m)
{
    size_t i = 0, j = 0;
    while (i < n && j < m) {
        if (isdigit((unsigned char)a[i]) && isdigit((unsigned char)b[j])) {
            while (i < n && a[i] == '0') i++;
            while (j < m && b[j] == '0') j++;
            size_t p = i, q = j;
            while (i < n && isdigit((unsigned char)a[i])) i++;
            while (j < m && isdigit((unsigned char)b[j])) j++;
            int order = i - p != j - q ? (i - p < j - q ? -1 : 1) : memcmp(a + p, b + q, i - p);
            if (order) return order;
        } else if (a[i] != b[j]) {
            return (unsigned char)a[i] < (unsigned char)b[j] ? -1 : 1;
        } else {
            i++, j++;
        }
    }
    return i < n ? 1 : j < m ? -1 : 0;
}

/* A weight comes before the bias of its module. */
static int by_module(const void *a, const void *b)
{
    const tensor *x = a, *y = b;
    const char *end_x = strrchr(x->name, '.'), *end_y = strrchr(y->name, '.');
    size_t n = end_x ? (size_t)(end_x - x->name) : 0, m = end_y ? (size_t)(end_y - y->name) : 0;
    int order = natural(x->name, n, y->name, m);
    const char *last_x = end_x ? end_x + 1 : x->name, *last_y = end_y ? end_y + 1 : y->name;
    bool bias_x = !strcmp(last_x, "bias"), bias_y = !strcmp(last_y, "bias");
    if (order) return order;
    return bias_x != bias_y ? (bias_x ? 1 : -1) : natural(last_x, strlen(last_x), last_y, strlen(last_y));
}

typedef struct {
    file *f;
    nalg_weights *w;
    size_t next; /* tensor of the file */
    size_t done; /* parameters filled: layers with shared weights come once */
} filling;

static nalg_status fill(filling *g, const nalg_layer *layer, size_t offset, size_t rank, const size_t *dim)
{
    if (g->next == g->f->count)
        return nalg_fail(g->f->ctx, NALG_E_PARSE, layer->type->keyword,
                         "give the weights of this very model; `neuroalg show` lists its layers",
                         "safetensors: the file holds %zu tensors, the model needs more", g->f->count);
    const tensor *t = &g->f->item[g->next++];
    if (!same_shape(t, rank, dim)) return wrong_shape(g->f, t, rank, dim);
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < t->size && status == NALG_OK; i++)
        status = take(g->f, t, i, &g->w->value[offset + i]);
    g->done = offset + t->size > g->done ? offset + t->size : g->done;
    return status;
}

static nalg_status fill_layer(filling *g, const nalg_layer *layer)
{
    const nalg_convolution *c = layer->data;
    size_t dim[4], rank, outputs, weights, bias;
    if (layer->type == &nalg_layer_dense) {
        outputs = layer->out.dim[0];
        bias = nalg_dense_has_bias(layer);
        rank = 2;
        dim[0] = outputs;
        dim[1] = layer->in.dim[0];
    } else if (layer->type == &nalg_layer_conv || layer->type == &nalg_layer_conv2d) {
        outputs = c->channels;
        bias = c->bias;
        rank = 2 + c->axes;
        dim[0] = outputs;
        dim[2] = c->axes == 1 ? c->filter[1] : c->filter[0];
        dim[3] = c->filter[1];
        dim[1] = (layer->parameters / outputs - bias) / (c->filter[0] * c->filter[1]);
    } else if (!strcmp(layer->type->keyword, "groupconv")) {
        outputs = layer->parameters;
        bias = 0;
        rank = 1;
        dim[0] = outputs;
    } else {
        return nalg_fail(
            g->f->ctx, NALG_E_UNSUPPORTED, layer->type->keyword,
            "give the model as an .onnx file, or the weights as decimals in the order of docs/models.md",
            "the order of the names of the weights of %s is not known", layer->type->keyword);
    }
    weights = layer->parameters - (bias ? outputs : 0);
    nalg_status status = fill(g, layer, layer->offset, rank, dim);
    return status == NALG_OK && bias ? fill(g, layer, layer->offset + weights, 1, &outputs) : status;
}

static nalg_status fill_pipeline(filling *g, const nalg_pipeline *p)
{
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < p->count && status == NALG_OK; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->inner)
            status = fill_pipeline(g, layer->inner);
        else if (layer->parameters && layer->offset >= g->done)
            status = fill_layer(g, layer);
    }
    return status;
}

static nalg_status by_order(file *f, nalg_weights *w, const nalg_model *model)
{
    filling g = {.f = f, .w = w};
    qsort(f->item, f->count, sizeof *f->item, by_module);
    nalg_status status = fill_pipeline(&g, model->layers);
    if (status == NALG_OK && g.next != f->count)
        return nalg_fail(f->ctx, NALG_E_PARSE, f->item[g.next].name,
                         "give the weights of this very model; `neuroalg show` lists its layers",
                         "safetensors: the file holds %zu tensors, the model takes %zu", f->count, g.next);
    return status;
}

nalg_status nalg_safetensors_weights(nalg_ctx *ctx, nalg_weights *out, const nalg_model *model,
                                     const uint8_t *data, size_t length)
{
    file f = {.ctx = ctx};
    nalg_weights w = {.value = nalg_array(model->parameters, sizeof(fmpq))};
    nalg_status status = w.value ? read_header(&f, data, length) : nalg_fail_memory(ctx);
    for (; status == NALG_OK && w.count < model->parameters; w.count++) fmpq_init(&w.value[w.count]);
    if (status == NALG_OK) status = model->tensors ? by_name(&f, &w, model) : by_order(&f, &w, model);
    free(f.item);
    json_decref(f.header);
    if (status == NALG_OK)
        *out = w;
    else
        nalg_weights_clear(&w);
    return status;
}
