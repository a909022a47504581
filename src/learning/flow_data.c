/* Random data and random initial weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_data.h"
#include <math.h>
#include "core/context.h"
#include "core/memory.h"
#include "core/random.h"
#include "learning/conserved_names.h"
#include "model/dataset.h"

/* Streams of the seed. */
#define STREAM_DATA 0x666c6f7764617461u
#define STREAM_START 0x666c6f7773746172u
/* Samples times numbers of a sample. */
#define RANDOM_ENTRIES ((size_t)1 << 24)

static void softmax(double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += y[i] = exp(y[i]);
    for (size_t i = 0; i < n; i++) y[i] /= sum;
}

static nalg_status draw(nalg_ctx *ctx, nalg_flow_data *out, size_t samples, nalg_loss_function kind,
                        size_t inputs, size_t outputs)
{
    size_t entries;
    if (!nalg_size_multiply(&entries, samples, inputs + outputs) || entries > RANDOM_ENTRIES)
        return nalg_fail(ctx, NALG_E_LIMIT, "--samples", "use fewer samples, or a smaller model",
                         "%zu random samples are too many", samples);
    double *x = nalg_array(entries, sizeof *x), *y = x ? x + samples * inputs : NULL;
    if (!x) return nalg_fail_memory(ctx);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_DATA);
    for (size_t i = 0; i < entries; i++) x[i] = nalg_random_normal(&r);
    for (size_t s = 0; s < samples && kind == NALG_LOSS_CROSS_ENTROPY; s++) softmax(y + s * outputs, outputs);
    *out = (nalg_flow_data){
        .view = {.inputs = x, .targets = y, .samples = samples, .input_size = inputs, .output_size = outputs},
        .owned = x,
        .random = true};
    return NALG_OK;
}

nalg_status nalg_flow_data_prepare(nalg_ctx *ctx, nalg_flow_data *out, const nalg_model *model,
                                   const nalg_data *given, size_t samples, nalg_loss_function kind)
{
    size_t inputs = nalg_shape_size(&model->layers->in), outputs = nalg_shape_size(&model->layers->out);
    if (given) {
        nalg_status status = nalg_data_check(ctx, given, model);
        if (status == NALG_OK) *out = (nalg_flow_data){.view = *given};
        return status;
    }
    if (!samples) samples = inputs + (model->parameters + outputs - 1) / outputs;
    return draw(ctx, out, samples, kind, inputs, outputs);
}

void nalg_flow_data_clear(nalg_flow_data *data)
{
    free(data->owned);
    *data = (nalg_flow_data){0};
}

static double fan_in(const nalg_weight_tensor *t)
{
    if (t->name[0] == 'b') return 1;
    return t->rank == 1 ? (double)t->size : (double)t->size / (double)t->dim[0];
}

nalg_status nalg_flow_start(nalg_ctx *ctx, double *w, const nalg_model *model, uint64_t run, double scale)
{
    nalg_weight_names names = {0};
    nalg_status status = nalg_weight_names_find(ctx, &names, model);
    if (status != NALG_OK) return status;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_START + run);
    for (size_t i = 0; i < model->parameters; i++) w[i] = scale * nalg_random_normal(&r);
    for (size_t k = 0; k < names.count; k++) {
        const nalg_weight_tensor *t = &names.item[k];
        for (size_t i = 0; i < t->size; i++) w[t->offset + i] /= sqrt(fan_in(t));
    }
    nalg_weight_names_clear(&names);
    return NALG_OK;
}
