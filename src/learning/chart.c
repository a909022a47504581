/* Choosing charts.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/chart.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "learning/dense_algebra.h"
#include "learning/loss.h"
#include "model/convolution.h"

#define WEIGHT_LIMIT 600
#define ROW_LIMIT 64     /* longer rows are not rotated */
#define INDEPENDENT 1e-7 /* of directions, in doubles */
enum { STREAM_ROTATION = 6001, STREAM_FROZEN, STREAM_POINT, STREAM_START };

/* The rows of a weight matrix: `rows` of them, `length` weights each, from `offset`. */
typedef struct {
    size_t offset, rows, length;
    bool first, last; /* of the model: reads the inputs, writes the outputs */
} block;

typedef struct {
    block *block;
    size_t count, capacity;
    bool failed;
} block_list;

static void add_block(block_list *l, size_t offset, size_t rows, size_t length, bool first, bool last)
{
    if (!rows || !length || !nalg_grow((void **)&l->block, &l->capacity, l->count, sizeof *l->block)) {
        l->failed = l->failed || (rows && length);
        return;
    }
    l->block[l->count++] = (block){offset, rows, length, first, last};
}

static void attention_blocks(block_list *l, const nalg_layer *layer, const nalg_attention *h, bool first,
                             bool last)
{
    size_t d = layer->in.dim[0], out = layer->out.dim[0], at = layer->offset;
    for (size_t head = 0; head < h->heads; head++) {
        add_block(l, at, h->score, d, first, false);
        add_block(l, at + h->score * d, h->score, d, first, false);
        at += 2 * h->score * d;
        if (h->value) {
            add_block(l, at, out, h->value, false, last);
            at += out * h->value;
        }
        size_t rows = h->value ? h->value : out;
        add_block(l, at, rows, d, first, last && !h->value);
        at += rows * d;
    }
}

static void layer_blocks(block_list *l, const nalg_layer *layer, bool first, bool last)
{
    const nalg_attention *h = nalg_attention_data(layer);
    if (layer->inner) {
        for (size_t i = 0; i < layer->inner->count; i++)
            layer_blocks(l, &layer->inner->layer[i], false, false);
    } else if (layer->tied) {
        return;
    } else if (h) {
        attention_blocks(l, layer, h, first, last);
    } else if (layer->type == &nalg_layer_dense) {
        add_block(l, layer->offset, layer->out.dim[0], layer->in.dim[0], first, last);
    } else if (layer->type == &nalg_layer_conv) {
        const nalg_convolution *k = layer->data;
        size_t length = k->filter[1], weights = layer->parameters - (k->bias ? k->channels : 0);
        add_block(l, layer->offset, weights / length, length, first, last);
    }
}

static block_list find_blocks(const nalg_model *model)
{
    block_list l = {0};
    const nalg_pipeline *p = model->layers;
    size_t first = SIZE_MAX, last = SIZE_MAX;
    for (size_t i = 0; i < p->count; i++)
        if (p->layer[i].parameters && !p->layer[i].inner) {
            first = first == SIZE_MAX ? i : first;
            last = i;
        }
    for (size_t i = 0; i < p->count; i++) layer_blocks(&l, &p->layer[i], i == first, i == last);
    return l;
}

/* A random rotation of length n, rows orthonormal. */
static void draw_rotation(double *u, size_t n, uint64_t seed, uint64_t number)
{
    nalg_random r = nalg_random_stream(seed, STREAM_ROTATION);
    r.counter = number << 32;
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) u[i * n + k] = nalg_random_normal(&r);
        for (size_t twice = 0; twice < 2; twice++)
            for (size_t j = 0; j < i; j++) {
                double along = 0;
                for (size_t k = 0; k < n; k++) along += u[i * n + k] * u[j * n + k];
                for (size_t k = 0; k < n; k++) u[i * n + k] -= along * u[j * n + k];
            }
        double size = 0;
        for (size_t k = 0; k < n; k++) size += u[i * n + k] * u[i * n + k];
        for (size_t k = 0; k < n; k++) u[i * n + k] /= sqrt(size);
    }
}

/* Everything the chart is built from. */
typedef struct {
    const nalg_model *model;
    nalg_submodel sub;
    size_t parameters; /* free ones of the subnetwork */
    block_list blocks;
    double *rotation;     /* parameters x parameters: v = rotation c */
    double *weight_scale; /* of each weight of the model */
    double *spread;       /* weights x parameters: w = spread c */
    uint64_t seed;
} building;

static size_t parameter_of(const building *b, size_t weight)
{
    return b->sub.map ? (b->sub.map[weight] < 0 ? SIZE_MAX : (size_t)b->sub.map[weight]) : weight;
}

/* Rotate the free parameters of one row together, if the row is whole: all free, all different, none rotated
 * before. */
static void rotate_row(building *b, const block *k, size_t row, const double *u, bool *done)
{
    size_t n = b->parameters, start = k->offset + row * k->length;
    for (size_t i = 0; i < k->length; i++) {
        size_t p = parameter_of(b, start + i);
        if (p == SIZE_MAX || done[p]) return;
        for (size_t j = 0; j < i; j++)
            if (parameter_of(b, start + j) == p) return;
    }
    for (size_t i = 0; i < k->length; i++) {
        size_t p = parameter_of(b, start + i);
        done[p] = true;
        b->rotation[p * n + p] = 0;
        for (size_t j = 0; j < k->length; j++)
            b->rotation[p * n + parameter_of(b, start + j)] = u[i * k->length + j];
    }
}

static nalg_status build_rotation(nalg_ctx *ctx, building *b)
{
    size_t n = b->parameters;
    bool *done = nalg_array_zero(n, sizeof *done);
    double *u = nalg_array(ROW_LIMIT * ROW_LIMIT, sizeof *u);
    b->rotation = nalg_array_zero(n * n, sizeof *b->rotation);
    if (!done || !u || !b->rotation) {
        free(done);
        free(u);
        return nalg_fail_memory(ctx);
    }
    for (size_t i = 0; i < n; i++) b->rotation[i * n + i] = 1;
    for (size_t k = 0; k < b->blocks.count; k++) {
        const block *at = &b->blocks.block[k];
        if (at->length > ROW_LIMIT) continue;
        draw_rotation(u, at->length, b->seed, k);
        for (size_t row = 0; row < at->rows; row++) rotate_row(b, at, row, u, done);
    }
    free(done);
    free(u);
    return NALG_OK;
}

/* First rows divide by the size of their input, last rows multiply with the size of the targets. */
static void scale_weights(building *b, const nalg_chart_scale *scale)
{
    for (size_t i = 0; i < b->model->parameters; i++) b->weight_scale[i] = 1;
    size_t inputs = nalg_shape_size(&b->model->layers->in);
    double mean = 0;
    for (size_t i = 0; i < inputs; i++) mean += scale->input[i] * scale->input[i];
    mean = sqrt(mean / (double)inputs);
    for (size_t k = 0; k < b->blocks.count; k++) {
        const block *at = &b->blocks.block[k];
        for (size_t i = 0; i < at->rows * at->length; i++) {
            double *s = &b->weight_scale[at->offset + i];
            if (at->first) *s /= at->length == inputs ? scale->input[i % at->length] : mean;
            if (at->last) *s *= scale->target;
        }
    }
}

/* Weights that share a parameter have one scale: that of the first. */
static bool spread_sums(building *b)
{
    size_t n = b->parameters;
    double *scale = nalg_array_zero(n, sizeof *scale);
    for (size_t i = 0; scale && i < b->model->parameters; i++)
        for (int part = 0; part < 2; part++) {
            const nalg_limit_weight *sum = &b->sub.sum[i];
            if (sum->index[part] < 0) continue;
            size_t p = (size_t)sum->index[part];
            if (scale[p] == 0) scale[p] = b->weight_scale[i];
            b->spread[i * n + p] += (double)sum->numerator[part] / (double)sum->denominator[part] * scale[p];
        }
    free(scale);
    return scale != NULL;
}

static nalg_status build_spread(nalg_ctx *ctx, building *b)
{
    size_t n = b->parameters;
    b->spread = nalg_array_zero(b->model->parameters * n, sizeof *b->spread);
    if (!b->spread) return nalg_fail_memory(ctx);
    if (b->sub.sum) return spread_sums(b) ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; i < b->model->parameters; i++) {
        size_t p = parameter_of(b, i);
        for (size_t k = 0; p != SIZE_MAX && k < n; k++)
            b->spread[i * n + k] = b->rotation[p * n + k] * b->weight_scale[i];
    }
    return NALG_OK;
}

static nalg_status begin(nalg_ctx *ctx, building *b, const nalg_model *model, const nalg_submodel *sub,
                         const nalg_chart_scale *scale)
{
    *b = (building){.model = model, .parameters = model->parameters, .seed = nalg_ctx_seed(ctx)};
    if (sub && (sub->map || sub->sum)) {
        b->sub = *sub;
        b->parameters = sub->free_count;
    }
    if (model->parameters > WEIGHT_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                         "%zu weights are too many for all critical points (at most %d)", model->parameters,
                         WEIGHT_LIMIT);
    b->blocks = find_blocks(model);
    b->weight_scale = nalg_array(model->parameters, sizeof *b->weight_scale);
    if (b->blocks.failed || !b->weight_scale) return nalg_fail_memory(ctx);
    scale_weights(b, scale);
    nalg_status status = b->sub.sum ? NALG_OK : build_rotation(ctx, b);
    return status == NALG_OK ? build_spread(ctx, b) : status;
}

static void end(building *b)
{
    free(b->blocks.block);
    free(b->rotation);
    free(b->weight_scale);
    free(b->spread);
}

nalg_status nalg_chart_weight_sizes(nalg_ctx *ctx, double *out, const nalg_model *model,
                                    const nalg_chart_scale *scale)
{
    building b;
    nalg_status status = begin(ctx, &b, model, NULL, scale);
    if (status == NALG_OK) memcpy(out, b.weight_scale, model->parameters * sizeof *out);
    end(&b);
    return status;
}

/* w from the rotated parameters c. */
static void expand(const building *b, double *w, const double *c)
{
    size_t n = b->parameters;
    for (size_t i = 0; i < b->model->parameters; i++) {
        w[i] = 0;
        for (size_t k = 0; k < n; k++) w[i] += b->spread[i * n + k] * c[k];
    }
}

nalg_status nalg_chart_random_weights(nalg_ctx *ctx, double *w, const nalg_model *model,
                                      const nalg_submodel *sub, const nalg_chart_scale *scale,
                                      uint64_t stream, size_t count)
{
    building b;
    nalg_status status = begin(ctx, &b, model, sub, scale);
    double *c = nalg_array(b.parameters, sizeof *c);
    if (status == NALG_OK && !c) status = nalg_fail_memory(ctx);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), stream);
    for (size_t k = 0; status == NALG_OK && k < count; k++) {
        for (size_t i = 0; i < b.parameters; i++) c[i] = nalg_random_normal(&r);
        expand(&b, w + k * model->parameters, c);
    }
    free(c);
    end(&b);
    return status;
}

/* Derivatives in the rotated parameters at a random point, one row for each, the last parameter first. */
static nalg_status derivative_rows(nalg_ctx *ctx, double *row, const building *b, nalg_loss *f,
                                   uint64_t attempt)
{
    size_t n = b->parameters, weights = b->model->parameters, values = nalg_loss_answer_count(f);
    double *c = nalg_array(n, sizeof *c), *w = nalg_array(weights, sizeof *w),
           *jacobian = nalg_array(values * weights, sizeof *jacobian);
    nalg_status status = c && w && jacobian ? NALG_OK : nalg_fail_memory(ctx);
    nalg_random r = nalg_random_stream(b->seed, STREAM_POINT);
    r.counter = attempt << 32;
    for (size_t i = 0; status == NALG_OK && i < n; i++) c[i] = nalg_random_normal(&r);
    if (status == NALG_OK) expand(b, w, c);
    if (status == NALG_OK && !nalg_loss_jacobian(f, jacobian, w))
        status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed",
                           "the model has a pole at random weights");
    for (size_t k = 0; status == NALG_OK && k < n; k++) {
        double *out = row + (n - 1 - k) * values;
        memset(out, 0, values * sizeof *out);
        for (size_t i = 0; i < weights; i++) {
            double factor = b->spread[i * n + k];
            for (size_t v = 0; factor != 0 && v < values; v++) out[v] += factor * jacobian[v * weights + i];
        }
    }
    free(c);
    free(w);
    free(jacobian);
    return status;
}

/* The chart whose free rotated parameters are n - 1 - chosen[...]. */
static nalg_status assemble(nalg_ctx *ctx, nalg_chart *out, const building *b, const size_t *chosen,
                            size_t dimension)
{
    size_t n = b->parameters, weights = b->model->parameters;
    *out = (nalg_chart){b->model,
                        weights,
                        dimension,
                        nalg_array_zero(weights * dimension, sizeof(double complex)),
                        nalg_array_zero(weights, sizeof(double complex)),
                        nalg_array(dimension, sizeof(double))};
    double *frozen = nalg_array(n, sizeof *frozen), *w = nalg_array(weights, sizeof *w);
    nalg_status status =
        out->matrix && out->origin && out->start && frozen && w ? NALG_OK : nalg_fail_memory(ctx);
    nalg_random r = nalg_random_stream(b->seed, STREAM_FROZEN), s = nalg_random_stream(b->seed, STREAM_START);
    for (size_t i = 0; status == NALG_OK && i < n; i++) {
        double size = 0.5 + nalg_random_unit(&r);
        frozen[i] = nalg_random_unit(&r) < 0.5 ? -size : size;
    }
    for (size_t k = 0; status == NALG_OK && k < dimension; k++) {
        size_t p = n - 1 - chosen[dimension - 1 - k];
        frozen[p] = 0;
        out->start[k] = nalg_random_normal(&s);
        for (size_t i = 0; i < weights; i++) out->matrix[i * dimension + k] = b->spread[i * n + p];
    }
    if (status == NALG_OK) expand(b, w, frozen);
    for (size_t i = 0; status == NALG_OK && i < weights; i++) out->origin[i] = w[i];
    free(frozen);
    free(w);
    if (status != NALG_OK) nalg_chart_clear(out);
    return status;
}

nalg_status nalg_chart_evaluator(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model,
                                 const double *inputs, size_t samples)
{
    size_t outputs = nalg_shape_size(&model->layers->out);
    double *targets = nalg_array_zero(samples * outputs, sizeof *targets);
    if (!targets) return nalg_fail_memory(ctx);
    nalg_data data = {inputs, targets, samples, nalg_shape_size(&model->layers->in), outputs};
    nalg_status status = nalg_loss_create(ctx, out, model, NALG_LOSS_SQUARED, &data);
    free(targets);
    return status;
}

nalg_status nalg_chart_create(nalg_ctx *ctx, nalg_chart *out, const nalg_model *model,
                              const nalg_submodel *sub, const nalg_chart_scale *scale, const double *inputs,
                              size_t samples)
{
    building b;
    nalg_loss *f = NULL;
    nalg_status status = begin(ctx, &b, model, sub, scale);
    if (status == NALG_OK) status = nalg_chart_evaluator(ctx, &f, model, inputs, samples);
    size_t n = b.parameters, values = status == NALG_OK ? nalg_loss_answer_count(f) : 0, best = 0;
    double *row = nalg_array(n * values, sizeof *row);
    size_t *chosen = nalg_array(2 * n, sizeof *chosen), *trial = chosen ? chosen + n : NULL;
    if (status == NALG_OK && (!row || !chosen)) status = nalg_fail_memory(ctx);
    for (uint64_t attempt = 0; status == NALG_OK && attempt < 2;
         attempt++) { /* the rank is the larger of two points' */
        status = derivative_rows(ctx, row, &b, f, attempt);
        size_t rank =
            status == NALG_OK ? nalg_choose_independent(trial, row, n, values, n, INDEPENDENT, true) : 0;
        if (rank > best) memcpy(chosen, trial, rank * sizeof *chosen), best = rank;
    }
    if (status == NALG_OK) status = assemble(ctx, out, &b, chosen, best);
    free(row);
    free(chosen);
    nalg_loss_free(f);
    end(&b);
    return status;
}

void nalg_chart_clear(nalg_chart *c)
{
    free(c->matrix);
    free(c->origin);
    free(c->start);
    *c = (nalg_chart){0};
}

void nalg_chart_weights(double complex *w, const nalg_chart *c, const double complex *z)
{
    for (size_t i = 0; i < c->weights; i++) {
        w[i] = c->origin[i];
        for (size_t k = 0; k < c->dimension; k++) w[i] += c->matrix[i * c->dimension + k] * z[k];
    }
}

void nalg_chart_real_weights(double *w, const nalg_chart *c, const double *z)
{
    for (size_t i = 0; i < c->weights; i++) {
        w[i] = creal(c->origin[i]);
        for (size_t k = 0; k < c->dimension; k++) w[i] += creal(c->matrix[i * c->dimension + k]) * z[k];
    }
}
