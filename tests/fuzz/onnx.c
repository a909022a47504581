/* Reader of ONNX files: any bytes give a model that lowers and has one weight for each parameter, or an error
 * with a text. The length chooses the options, so that the files of tests/onnx are seeds as they are.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <stdlib.h>
#include "model/onnx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#ifdef NEUROALG_ONNX

static void check(nalg_ctx *ctx, const nalg_model *model)
{
    nalg_graph graph;
    int output;
    if (model->trained.count != model->parameters) abort();
    nalg_graph_init(&graph);
    if (nalg_model_lower(ctx, model, &graph, &output) != NALG_OK ||
        graph.node[output].size != nalg_shape_size(&model->layers->out))
        abort();
    nalg_graph_clear(&graph);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    nalg_ctx *ctx = NULL;
    nalg_model *model = NULL;
    if (size == 0 || nalg_ctx_create(&ctx) != NALG_OK) return 0;
    nalg_onnx_options options = {.merged = (nalg_merged)(size % 3),
                                 .constants = size / 3 % 4 == 3 ? "*weight" : NULL};
    nalg_ctx_set_timeout(ctx, 10);
    if (nalg_onnx_model(ctx, &model, data, size, NULL, "fuzz.onnx", &options) == NALG_OK)
        check(ctx, model);
    else if (model || !nalg_ctx_last_error(ctx).what[0])
        abort();
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return 0;
}

#else

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)data, (void)size;
    return 0;
}

#endif
