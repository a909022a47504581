/* Choosing balanced inputs.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/balance.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "learning/dense_algebra.h"

#define RATIO 16.0    /* of sizes of columns that are left alone */
#define SIZE 1024.0   /* and of their sizes */
#define NEARLY 0.05   /* columns depend on those before when less than this share is their own */
#define NOTHING 1e-10 /* share below which it is rounding */
/* Without a dense first layer nothing takes up a ratio of sizes: the condition of the form is about its power
 * 2 * degree. */
#define UNLIKE 30.0    /* a failure may come from it */
#define REFUSED 1000.0 /* more than doubles can hold */

/* Root mean squares of the columns. */
static void column_sizes(const nalg_data *data, double *size)
{
    size_t n = data->input_size, count = data->samples;
    memset(size, 0, n * sizeof *size);
    for (size_t i = 0; i < count * n; i++) size[i % n] += data->inputs[i] * data->inputs[i] / (double)count;
    for (size_t i = 0; i < n; i++) size[i] = sqrt(size[i]);
}

static void find_ratio(nalg_balance *b, const double *size)
{
    double most = 0, least = INFINITY;
    for (size_t i = 0; i < b->inputs; i++) {
        if (size[i] > most) most = size[i], b->largest = i;
        if (size[i] > 0 && size[i] < least) least = size[i], b->smallest = i;
    }
    b->ratio = most > 0 ? most / least : 1;
    b->used = b->ratio > RATIO || most > SIZE || (most > 0 && most < 1 / SIZE);
}

/* Powers of two that make the columns' sizes like 1. */
static void scale_columns(nalg_balance *b, const double *size)
{
    size_t n = b->inputs;
    for (size_t i = 0; i < n; i++) {
        int exponent = 0;
        if (size[i] > 0) frexp(size[i], &exponent);
        b->change[i * n + i] = ldexp(1, -exponent);
        b->back[i * n + i] = ldexp(1, exponent);
    }
    for (size_t i = 0; i < b->data.samples * n; i++)
        b->x[i] = b->data.inputs[i] * b->change[i % n * n + i % n];
}

/* Orthogonal columns, about the mean beside a bias. False, and nothing is changed, when those given are
 * independent enough. */
static bool turn_columns(nalg_balance *b, const double *size)
{
    size_t n = b->inputs, count = b->data.samples;
    double root = sqrt((double)count);
    bool needed = false;
    for (size_t i = 0; b->bias && i < count * n; i++) b->mean[i % n] += b->data.inputs[i] / (double)count;
    for (size_t i = 0; i < count * n; i++)
        b->x[i] = size[i % n] > 0 ? (b->data.inputs[i] - b->mean[i % n]) / size[i % n] / root : 0;
    nalg_orthonormal_columns(b->x, b->change, b->back, count, n, NOTHING, 1);
    for (size_t i = 0; i < n; i++) needed = needed || (size[i] > 0 && b->back[i * n + i] < NEARLY);
    for (size_t i = 0; i < n * n; i++) {
        double row = size[i / n] > 0 ? size[i / n] : 1, column = size[i % n] > 0 ? size[i % n] : 1;
        b->change[i] /= row;
        b->back[i] *= column;
    }
    for (size_t i = 0; i < count * n; i++) b->x[i] *= root;
    if (needed) return true;
    memset(b->mean, 0, n * sizeof *b->mean);
    memset(b->change, 0, n * n * sizeof *b->change);
    memset(b->back, 0, n * n * sizeof *b->back);
    return false;
}

static nalg_status refuse(nalg_ctx *ctx, const nalg_balance *b)
{
    return nalg_fail(
        ctx, NALG_E_ARGUMENT, "data", "write all columns of inputs in units of a like size",
        "input column %zu is %.1e times as large as column %zu, and only a dense first layer can "
        "take up such a difference",
        b->largest + 1, b->ratio, b->smallest + 1);
}

nalg_status nalg_balance_create(nalg_ctx *ctx, nalg_balance *out, const nalg_model *model,
                                const nalg_data *data)
{
    size_t n = data->input_size;
    const nalg_layer *first = model->layers->count ? &model->layers->layer[0] : NULL;
    bool dense = first && first->type == &nalg_layer_dense && !first->tied;
    nalg_balance b = {.data = *data, .inputs = n};
    double *size = nalg_array(n, sizeof *size);
    b.x = nalg_array(data->samples * n, sizeof *b.x);
    b.change = nalg_array_zero(n * n, sizeof *b.change);
    b.back = nalg_array_zero(n * n, sizeof *b.back);
    b.mean = nalg_array_zero(n, sizeof *b.mean);
    b.work = nalg_array(n, sizeof *b.work);
    if (!size || !b.x || !b.change || !b.back || !b.mean || !b.work) {
        free(size);
        nalg_balance_clear(&b);
        return nalg_fail_memory(ctx);
    }
    column_sizes(data, size);
    find_ratio(&b, size);
    bool scale = dense && b.used;
    b.bias = dense && nalg_dense_has_bias(first);
    b.rows = dense ? first->out.dim[0] : 0;
    b.dependent = turn_columns(&b, size);
    b.exact = !b.dependent;
    if (scale && b.exact) scale_columns(&b, size);
    b.used = scale || (dense && b.dependent);
    if (b.used) b.data.inputs = b.x;
    free(size);
    if (!dense && b.ratio > REFUSED) {
        nalg_status status = refuse(ctx, &b);
        nalg_balance_clear(&b);
        return status;
    }
    *out = b;
    return NALG_OK;
}

void nalg_balance_clear(nalg_balance *b)
{
    free(b->x);
    free(b->change);
    free(b->back);
    free(b->mean);
    free(b->work);
    *b = (nalg_balance){0};
}

/* row := matrix row, for n numbers. */
static void multiply(double *row, const double *matrix, size_t n, double *work)
{
    for (size_t i = 0; i < n; i++) {
        work[i] = 0;
        for (size_t k = 0; k < n; k++) work[i] += matrix[i * n + k] * row[k];
    }
    memcpy(row, work, n * sizeof *row);
}

/* The first layer's weights come first: rows, then biases. */
void nalg_balance_restore(const nalg_balance *b, double *w)
{
    size_t n = b->inputs;
    for (size_t row = 0; b->used && row < b->rows; row++) {
        multiply(w + row * n, b->change, n, b->work);
        for (size_t i = 0; b->bias && i < n; i++) w[b->rows * n + row] -= b->mean[i] * w[row * n + i];
    }
}

void nalg_balance_apply(const nalg_balance *b, double *w)
{
    size_t n = b->inputs;
    for (size_t row = 0; b->used && row < b->rows; row++) {
        for (size_t i = 0; b->bias && i < n; i++) w[b->rows * n + row] += b->mean[i] * w[row * n + i];
        multiply(w + row * n, b->back, n, b->work);
    }
}

nalg_status nalg_balance_explain(nalg_ctx *ctx, const nalg_balance *b, nalg_status status)
{
    bool ours = status == NALG_E_ARGUMENT || status == NALG_E_INTERNAL || status == NALG_E_UNSUPPORTED;
    return ours && !b->rows && b->ratio > UNLIKE ? refuse(ctx, b) : status;
}
