/* Gradient flow against the list of critical points: no run ends below the global minimum, and every end is
 * in the list. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TESTS_LANDSCAPE_RUNS_H
#define NALG_TESTS_LANDSCAPE_RUNS_H

#include <math.h>
#include "core/result.h"
#include "learning/gradient_flow.h"
#include "neuroalg/landscape.h"
#include "support/support.h"

static inline nalg_result *test_landscape(nalg_ctx *ctx, const nalg_model *model, const nalg_data *data)
{
    nalg_result *result = NULL;
    nalg_status status = nalg_landscape(ctx, &result, model, data, NULL);
    if (status != NALG_OK) print_error("landscape: %s\n", nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    return result;
}

/* Random data: inputs and targets normal. The arrays are the caller's. */
static inline nalg_data test_random_data(const nalg_model *model, size_t inputs, size_t outputs,
                                         size_t samples, uint64_t stream)
{
    nalg_random r = nalg_random_stream(99, stream);
    double *x = malloc(samples * inputs * sizeof *x), *y = malloc(samples * outputs * sizeof *y);
    (void)model;
    assert_true(x && y);
    for (size_t i = 0; i < samples * inputs; i++) x[i] = nalg_random_normal(&r);
    for (size_t i = 0; i < samples * outputs; i++) y[i] = nalg_random_normal(&r);
    return (nalg_data){x, y, samples, inputs, outputs};
}

/* Do weights w and those of a listed point answer the same on the data? Runs rest near a point, not at it. */
static inline bool test_same_function(nalg_loss *loss, const double *w, const json_t *point, size_t n,
                                      const nalg_data *data)
{
    size_t values = data->samples * data->output_size;
    double value, square = 0, size = 0, *listed = malloc(n * sizeof *listed),
                  *answers = malloc(values * sizeof *answers);
    assert_true(listed && answers && nalg_loss_at(loss, &value, NULL, w));
    memcpy(answers, nalg_loss_answers(loss), values * sizeof *answers);
    for (size_t i = 0; i < n; i++)
        listed[i] = json_real_value(json_array_get(json_object_get(point, "weights"), i));
    assert_true(nalg_loss_at(loss, &value, NULL, listed));
    for (size_t i = 0; i < values; i++) {
        double d = answers[i] - nalg_loss_answers(loss)[i];
        square += d * d;
        size += data->targets[i] * data->targets[i];
    }
    free(listed);
    free(answers);
    return square <= 1e-4 * size; /* a hundredth of the targets' size */
}

static inline void test_runs(const char *phrase, size_t inputs, size_t outputs, size_t samples, uint64_t sets,
                             size_t runs)
{
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, phrase);
    size_t n = nalg_model_parameters(model), rested = 0;
    double *w = malloc(n * sizeof *w);
    assert_non_null(w);
    for (uint64_t set = 0; set < sets; set++) {
        nalg_data data = test_random_data(model, inputs, outputs, samples, set);
        nalg_result *result = test_landscape(ctx, model, &data);
        const json_t *list = json_object_get(json_object_get(result->document, "result"), "critical_points");
        double least = json_real_value(json_object_get(json_array_get(list, 0), "loss"));
        nalg_loss *loss = NULL;
        assert_int_equal(nalg_loss_create(ctx, &loss, model, NALG_LOSS_SQUARED, &data), NALG_OK);
        for (size_t run = 0; run < runs; run++) {
            nalg_random r = nalg_random_stream(7 + set, run);
            nalg_flow_control control;
            nalg_flow_end end;
            nalg_flow_control_defaults(&control);
            for (size_t i = 0; i < n; i++) w[i] = nalg_random_normal(&r);
            assert_int_equal(nalg_gradient_flow(ctx, &end, w, loss, &control), NALG_OK);
            double value = end.loss * (double)samples;
            if (!(value >= least * (1 - 1e-6)))
                fail_msg("%s, data %d: a run ends at %.12g below %.12g", phrase, (int)set, value, least);
            if (end.reason != NALG_FLOW_REST) continue;
            rested++;
            bool listed = false;
            for (size_t i = 0; i < json_array_size(list); i++)
                listed = listed || test_same_function(loss, w, json_array_get(list, i), n, &data);
            if (!listed)
                fail_msg("%s, data %d, run %d: rests at %.12g, which is not in the list", phrase, (int)set,
                         (int)run, value);
        }
        nalg_loss_free(loss);
        nalg_result_free(result);
        free((double *)data.inputs);
        free((double *)data.targets);
    }
    assert_true(rested * 2 >= sets * runs); /* most runs come to rest */
    free(w);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

#endif
