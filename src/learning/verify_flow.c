/* Checking results of `flow`. The document has what every run did, the data, and the weights at one end for
 * each critical point that is reached: counts, shares, intervals and drifts follow from the runs; loss and
 * gradient are computed again at the ends, for squared loss in ball arithmetic (learning/inspect.h), for
 * cross-entropy in doubles. That the paths between were followed well is not checked.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "learning/data_document.h"
#include "learning/inspect.h"
#include "learning/loss.h"
#include "learning/proportion.h"
#include "learning/verify_learning.h"
#include "model/dataset.h"

#define CRITICAL 1e-7       /* |grad L| |w| over the size of the loss; runs rest at 1e-10 */
#define LOSS_TOLERANCE 1e-9 /* of a loss, relative to its size */
#define EQUAL 1e-12

typedef struct {
    nalg_verification *v;
    nalg_data data;
    bool squared;
    const json_t *runs, *points, *ends;
    size_t starts, *tally; /* runs that end at each point */
    nalg_inspection inspection;
    bool inspecting;
    nalg_inspected *end;
    size_t count;
} checker;

static bool says(const json_t *object, const char *key, const char *word)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && !strcmp(text, word);
}

static bool counts(const json_t *object, const char *key, size_t found)
{
    uint64_t claim;
    return nalg_json_get_unsigned(object, key, &claim) && claim == found;
}

static bool equals(const json_t *object, const char *key, double found)
{
    const json_t *claim = json_object_get(object, key);
    return json_is_number(claim) && fabs(json_number_value(claim) - found) <= EQUAL;
}

/* ---- what follows from the runs ---- */

static bool read_runs(checker *k)
{
    k->runs = json_object_get(k->v->result, "runs");
    k->points = json_object_get(k->v->result, "critical_points");
    k->starts = json_array_size(k->runs);
    k->tally = nalg_array_zero(json_array_size(k->points) + 1, sizeof *k->tally);
    bool ok = k->tally && k->starts && json_is_array(k->points);
    for (size_t i = 0; ok && i < k->starts; i++) {
        const json_t *run = json_array_get(k->runs, i);
        uint64_t point;
        bool rested = says(run, "end", "at rest");
        ok = json_is_string(json_object_get(run, "end")) &&
             rested != json_is_null(json_object_get(run, "critical_point"));
        if (!ok || !rested) continue;
        ok = nalg_json_get_unsigned(run, "critical_point", &point) && point < json_array_size(k->points);
        if (ok) k->tally[point]++;
    }
    return ok;
}

static bool listed(const json_t *point)
{
    return !says(point, "origin", "end points");
}

static void check_counts(checker *k)
{
    size_t rested = 0, matched = 0;
    bool each = true;
    const json_t *match = json_object_get(k->v->result, "match");
    for (size_t i = 0; i < json_array_size(k->points); i++) {
        const json_t *point = json_array_get(k->points, i);
        each = each && counts(point, "runs", k->tally[i]) && counts(point, "critical_point", i);
        rested += k->tally[i];
        if (listed(point)) matched += k->tally[i];
    }
    bool known = !json_is_null(json_object_get(match, "matched"));
    bool ok = each && counts(k->v->result, "starts", k->starts) && counts(k->v->result, "at_rest", rested) &&
              (!known || (counts(match, "matched", matched) && counts(match, "unmatched", rested - matched)));
    nalg_verification_record(k->v, "the runs that end at each critical point", ok, "%zu of %zu at rest",
                             rested, k->starts);
}

static void check_shares(checker *k)
{
    const json_t *shares = json_object_get(k->v->result, "basins");
    size_t rows = json_array_size(shares);
    bool ok = json_is_array(shares) && (rows == json_array_size(k->points) || (rows == 0 && k->starts == 1));
    for (size_t i = 0; ok && i < rows; i++) {
        double low, high;
        const json_t *row = json_array_get(shares, i);
        nalg_wilson(k->tally[i], k->starts, &low, &high);
        ok = counts(row, "critical_point", i) &&
             equals(row, "share", (double)k->tally[i] / (double)k->starts) && equals(row, "low", low) &&
             equals(row, "high", high);
    }
    nalg_verification_record(k->v, "shares of starts and their intervals follow from the runs", ok,
                             "%zu shares", rows);
}

/* The largest drift, of all runs or of those at rest; negative: none is known. */
static double largest_drift(const checker *k, bool rested)
{
    double most = -1;
    for (size_t i = 0; i < k->starts; i++) {
        const json_t *run = json_array_get(k->runs, i), *drift = json_object_get(run, "conserved_drift");
        if (json_is_number(drift) && (!rested || says(run, "end", "at rest")))
            most = fmax(most, json_number_value(drift));
    }
    return most;
}

static bool drift_is(const checker *k, const char *key, double found)
{
    return found < 0 ? json_is_null(json_object_get(k->v->result, key)) : equals(k->v->result, key, found);
}

static void check_paths(checker *k)
{
    bool falls = true;
    for (size_t i = 0; i < k->starts; i++) {
        const json_t *run = json_array_get(k->runs, i), *from = json_object_get(run, "start_loss"),
                     *to = json_object_get(run, "end_loss");
        if (json_is_number(from) && json_is_number(to))
            falls = falls && json_number_value(to) <= json_number_value(from) * (1 + LOSS_TOLERANCE);
    }
    nalg_verification_record(k->v, "no run ends above its start", falls, "%zu runs", k->starts);
    nalg_verification_record(k->v, "the largest drifts are those of the runs",
                             drift_is(k, "conserved_drift", largest_drift(k, false)) &&
                                 drift_is(k, "conserved_drift_at_rest", largest_drift(k, true)),
                             NULL);
}

/* ---- the ends ---- */

static size_t points_reached(const checker *k)
{
    size_t reached = 0;
    for (size_t i = 0; i < json_array_size(k->points); i++) reached += k->tally[i] > 0;
    return reached;
}

/* One end for each point that is reached, by increasing point. */
static bool read_ends(checker *k)
{
    k->count = json_array_size(k->ends);
    k->end = nalg_array_zero(k->count + 1, sizeof *k->end);
    bool ok = k->end && k->count == points_reached(k);
    for (size_t i = 0, least = 0; ok && i < k->count; i++) {
        const json_t *end = json_array_get(k->ends, i);
        uint64_t point, run;
        size_t length;
        k->end[i].given = nalg_reals_read(json_object_get(end, "weights"), &length);
        ok = k->end[i].given && length == k->v->model->parameters &&
             nalg_json_get_unsigned(end, "critical_point", &point) &&
             nalg_json_get_unsigned(end, "run", &run) && point >= least && run < k->starts &&
             counts(json_array_get(k->runs, run), "critical_point", point);
        least = point + 1;
    }
    return ok;
}

static double recorded_loss(const checker *k, size_t i)
{
    const json_t *run = json_object_get(json_array_get(k->ends, i), "run");
    return json_number_value(
        json_object_get(json_array_get(k->runs, (size_t)json_integer_value(run)), "end_loss"));
}

static nalg_status enclose_ends(checker *k)
{
    k->inspecting = true;
    nalg_status status = nalg_inspection_create(k->v->ctx, &k->inspection, k->v->model, &k->data);
    if (status == NALG_OK) status = nalg_inspect_values(&k->inspection, k->end, k->count);
    for (size_t i = 0; status == NALG_OK && i < k->count; i++) k->end[i].loss /= (double)k->data.samples;
    return status;
}

static nalg_status evaluate_ends(checker *k)
{
    size_t n = k->v->model->parameters;
    nalg_loss *loss = NULL;
    double *gradient = nalg_array(n, sizeof *gradient);
    nalg_status status =
        gradient ? nalg_loss_create(k->v->ctx, &loss, k->v->model,
                                    k->squared ? NALG_LOSS_SQUARED : NALG_LOSS_CROSS_ENTROPY, &k->data)
                 : nalg_fail_memory(k->v->ctx);
    for (size_t i = 0; status == NALG_OK && i < k->count; i++) {
        double slope = 0, size = 0;
        if (!nalg_loss_at(loss, &k->end[i].loss, gradient, k->end[i].given)) k->end[i].loss = NAN;
        for (size_t j = 0; j < n; j++) {
            slope += gradient[j] * gradient[j];
            size += k->end[i].given[j] * k->end[i].given[j];
        }
        k->end[i].gradient = sqrt(slope * size) / nalg_loss_size(loss);
    }
    if (loss) nalg_loss_free(loss);
    free(gradient);
    return status;
}

/* Balls where the model's functions on the data can be written out, else doubles. */
static nalg_status look_at_ends(checker *k, bool *enclosed)
{
    nalg_status status = k->squared ? enclose_ends(k) : NALG_E_UNSUPPORTED;
    *enclosed = status == NALG_OK;
    return status == NALG_E_LIMIT || status == NALG_E_ARGUMENT || status == NALG_E_UNSUPPORTED
               ? evaluate_ends(k)
               : status;
}

/* Mean square of the targets; log of the number of classes is near enough to 1. */
static double loss_size(const checker *k)
{
    double size = 0;
    if (!k->squared) return 1;
    for (size_t i = 0; i < k->data.samples * k->data.output_size; i++)
        size += k->data.targets[i] * k->data.targets[i] / (double)k->data.samples;
    return size;
}

static void check_ends(checker *k)
{
    bool losses = true, critical = true, enclosed;
    double worst = 0, size = loss_size(k);
    k->v->status = look_at_ends(k, &enclosed);
    if (k->v->status != NALG_OK) return;
    for (size_t i = 0; i < k->count; i++) {
        double said = recorded_loss(k, i);
        losses = losses && fabs(k->end[i].loss - said) <= LOSS_TOLERANCE * fmax(fabs(said), size);
        critical = critical && k->end[i].gradient <= CRITICAL;
        worst = fmax(worst, k->end[i].gradient);
    }
    nalg_verification_record(
        k->v, enclosed ? "losses at the recorded ends, enclosed in balls" : "losses at the recorded ends",
        losses, "%zu ends", k->count);
    nalg_verification_record(k->v,
                             enclosed ? "the gradient in all weights vanishes there, enclosed in balls"
                                      : "the gradient in all weights vanishes there",
                             critical, "at most %.1e of the size of the loss", worst);
}

static void clear(checker *k)
{
    for (size_t i = 0; k->end && i < k->count; i++) nalg_inspected_clear(&k->end[i]);
    free(k->end);
    free(k->tally);
    if (k->inspecting) nalg_inspection_clear(&k->inspection);
    nalg_data_release(&k->data);
}

void nalg_verify_flow(nalg_verification *v)
{
    checker k = {.v = v, .ends = json_object_get(v->evidence, "ends")};
    const json_t *q = json_object_get(v->evidence, "question");
    v->strength = "numerical"; /* the integration is not repeated */
    if (json_is_object(q) && (json_is_null(json_object_get(q, "data")) || json_is_null(k.ends))) {
        v->status = nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "use fewer samples or a smaller model",
                              "this document has not kept its data or its ends, which are too many");
        return;
    }
    k.squared = says(q, "loss", "squared");
    bool ok = (k.squared || says(q, "loss", "cross-entropy")) &&
              json_equal(json_object_get(q, "loss"), json_object_get(v->result, "loss")) &&
              nalg_data_read(&k.data, json_object_get(q, "data"), v->model) &&
              nalg_data_check(v->ctx, &k.data, v->model) == NALG_OK && read_runs(&k) && read_ends(&k);
    nalg_verification_record(v, "question, data, runs and ends can be read", ok, "%zu samples",
                             k.data.samples);
    if (ok) {
        check_counts(&k);
        check_shares(&k);
        check_paths(&k);
        check_ends(&k);
    }
    clear(&k);
}
