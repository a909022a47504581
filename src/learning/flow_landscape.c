/* Weights of one function differ by symmetries, so the points of `landscape` are compared with the ends of
 * the flow by their functions on the data, which are evaluated here from the weights that it lists. Its loss
 * is a sum over the samples; that of the flow is a mean, and is computed here too.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_landscape.h"
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "core/result.h"
#include "core/text.h"
#include "neuroalg/landscape.h"

/* Models that are looked at unless told otherwise: their landscapes take less than about a second. */
#define SMALL_PARAMETERS 10
#define SMALL_VALUES 10000
#define SMALL_LIMIT 100
/* Most critical points of any other. */
#define LARGE_LIMIT 1000

static nalg_status give_reason(nalg_ctx *ctx, nalg_flow_landscape *found, const char *reason)
{
    nalg_text text = {0};
    nalg_text_format(&text, "none: %s", reason);
    found->reason = nalg_text_take(&text);
    return found->reason ? NALG_OK : nalg_fail_memory(ctx);
}

/* The remarks of a list that is not complete. */
static nalg_status quote_remarks(nalg_ctx *ctx, nalg_flow_landscape *found, const json_t *answer)
{
    const json_t *remarks = json_object_get(answer, "remarks");
    nalg_text text = {0};
    nalg_text_string(&text, "none that is complete");
    for (size_t i = 0; i < json_array_size(remarks); i++)
        nalg_text_format(&text, "%s%s", i ? "; " : ": ", json_string_value(json_array_get(remarks, i)));
    found->reason = nalg_text_take(&text);
    return found->reason ? NALG_OK : nalg_fail_memory(ctx);
}

static nalg_truth truth_of(const json_t *value)
{
    return json_is_boolean(value) ? json_is_true(value) ? NALG_TRUE : NALG_FALSE : NALG_UNKNOWN;
}

/* Entry k of the list into row k. False at a pole. */
static bool read_point(nalg_flow_points *p, size_t k, const json_t *entry, nalg_loss *loss, double *w)
{
    const json_t *weights = json_object_get(entry, "weights"), *index = json_object_get(entry, "index");
    nalg_flow_point *point = &p->point[k];
    for (size_t i = 0; i < nalg_loss_parameters(loss); i++)
        w[i] = json_number_value(json_array_get(weights, i));
    *point = (nalg_flow_point){.origin = NALG_POINT_OF_LANDSCAPE,
                               .curvature = {.known = json_is_integer(index),
                                             .negative = (size_t)json_integer_value(index),
                                             .flat = SIZE_MAX},
                               .minimum = truth_of(json_object_get(entry, "minimum")),
                               .listed = k};
    if (!nalg_loss_at(loss, &point->loss, NULL, w)) return false;
    memcpy(p->answer + k * p->answers, nalg_loss_answers(loss), p->answers * sizeof(double));
    return true;
}

static nalg_status read_list(nalg_ctx *ctx, nalg_flow_points *out, nalg_flow_landscape *found, json_t *list,
                             nalg_loss *loss)
{
    nalg_flow_points p = {0};
    size_t count = json_array_size(list);
    double *w = nalg_array(nalg_loss_parameters(loss), sizeof *w);
    nalg_status status =
        w ? nalg_flow_points_create(ctx, &p, count, nalg_loss_answer_count(loss)) : nalg_fail_memory(ctx);
    bool finite = true;
    for (size_t k = 0; status == NALG_OK && finite && k < count; k++) {
        finite = read_point(&p, k, json_array_get(list, k), loss, w);
        p.count++;
    }
    free(w);
    if (status == NALG_OK && finite) {
        *out = p;
        found->list = json_incref(list);
        return NALG_OK;
    }
    nalg_flow_points_clear(&p);
    return status == NALG_OK ? give_reason(ctx, found, "a critical point in the list lies at a pole")
                             : status;
}

static nalg_status read_answer(nalg_ctx *ctx, nalg_flow_points *out, nalg_flow_landscape *found,
                               const nalg_result *result, const nalg_model *model, const nalg_data *data)
{
    const json_t *answer = json_object_get(result->document, "result");
    nalg_loss *loss;
    if (!json_is_integer(json_object_get(answer, "count_complex")) ||
        !json_is_integer(json_object_get(answer, "count_real")))
        return quote_remarks(ctx, found, answer);
    nalg_status status = nalg_loss_create(ctx, &loss, model, NALG_LOSS_SQUARED, data);
    if (status != NALG_OK) return status;
    status = read_list(ctx, out, found, json_object_get(answer, "critical_points"), loss);
    nalg_loss_free(loss);
    return status;
}

nalg_status nalg_flow_points_landscape(nalg_ctx *ctx, nalg_flow_points *out, nalg_flow_landscape *found,
                                       const nalg_model *model, const nalg_data *data, nalg_match_use use)
{
    nalg_landscape_options options;
    nalg_result *result = NULL;
    bool small = model->parameters <= SMALL_PARAMETERS &&
                 data->samples <= SMALL_VALUES / (data->output_size ? data->output_size : 1);
    if (use == NALG_MATCH_NEVER) return give_reason(ctx, found, "not wanted");
    if (use == NALG_MATCH_WHEN_SMALL && !small)
        return give_reason(ctx, found, "the model or the data is not small: ask with --match");
    nalg_landscape_options_init(&options);
    options.limit = use == NALG_MATCH_ALWAYS ? LARGE_LIMIT : SMALL_LIMIT;
    nalg_status status = nalg_landscape(ctx, &result, model, data, &options);
    if (status == NALG_E_MEMORY || status == NALG_E_INTERRUPTED) return status;
    if (status == NALG_E_DEADLINE && use == NALG_MATCH_ALWAYS) return status;
    if (status != NALG_OK) return give_reason(ctx, found, nalg_ctx_last_error(ctx).what);
    status = read_answer(ctx, out, found, result, model, data);
    nalg_result_free(result);
    return status;
}

void nalg_flow_landscape_clear(nalg_flow_landscape *found)
{
    json_decref(found->list);
    free(found->reason);
    *found = (nalg_flow_landscape){0};
}
