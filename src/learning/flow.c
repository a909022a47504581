/* `flow`: training by gradient flow, measured. The trajectories of flow_runs.c, their ends matched with critical points, and the basins as
 * proportions (METHODS 8).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "learning/data_document.h"
#include "learning/flow_data.h"
#include "learning/flow_landscape.h"
#include "learning/flow_match.h"
#include "learning/flow_theorem.h"
#include "learning/proportion.h"
#include "model/document.h"
#include "model/weights.h"
#include "neuroalg/learning.h"

#define DEFAULT_STARTS 16
#define MOST_STARTS 1000

void nalg_flow_options_init(nalg_flow_options *options)
{
    *options = (nalg_flow_options){.loss = "squared", .scale = 1};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_flow_options *options;
    nalg_loss_function kind;
    nalg_flow_data data;
    nalg_drift_laws laws;
    double *given;
    nalg_flow_plan plan;
    nalg_flow_runs runs;
    nalg_flow_points points;
    bool theorem; /* lists the critical points */
    nalg_flow_landscape landscape; /* lists them otherwise */
    size_t listed; /* by either */
    double size; /* of the loss */
} computation;

static nalg_status check_options(computation *c)
{
    const nalg_flow_options *o = c->options;
    if (!o->loss || !strcmp(o->loss, "squared")) c->kind = NALG_LOSS_SQUARED;
    else if (!strcmp(o->loss, "cross-entropy")) c->kind = NALG_LOSS_CROSS_ENTROPY;
    else return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--loss", "write squared or cross-entropy", "unknown loss '%.40s'", o->loss);
    if (o->starts < 0 || o->starts > MOST_STARTS)
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--starts", "write 1 to 1000", "%d starts cannot be followed", o->starts);
    if (o->starts && o->weights)
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--starts", "give one of --starts and --weights", "the given weights are the only start");
    if (!(o->scale >= 0) || !isfinite(o->scale))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--scale", "write a number such as 0.1", "the scale of the start must be a finite number, not negative");
    if (!(o->descent_step >= 0) || !isfinite(o->descent_step))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--gd", "write a positive step such as 0.01", "the step of gradient descent must be positive");
    if (!(o->time_limit >= 0))
        return nalg_fail(c->ctx, NALG_E_ARGUMENT, "--time", "write a positive number", "the end of the flow must be a positive time");
    return NALG_OK;
}

/* The only start: the given weights, or those of a trained model when no number of random starts is asked for. */
static nalg_status read_weights(computation *c)
{
    nalg_weights weights;
    if (c->options->starts || !nalg_model_has_point(c->model, c->options->weights)) return NALG_OK;
    nalg_status status = nalg_model_point(c->ctx, &weights, c->model, c->options->weights, c->options->weights_length);
    if (status != NALG_OK) return status;
    c->given = nalg_array(weights.count, sizeof *c->given);
    for (size_t i = 0; c->given && i < weights.count; i++) c->given[i] = fmpq_get_d(&weights.value[i]);
    nalg_weights_clear(&weights);
    return c->given ? NALG_OK : nalg_fail_memory(c->ctx);
}

/* The data's size as the loss sees it. */
static nalg_status find_size(computation *c)
{
    nalg_loss *loss;
    nalg_status status = nalg_loss_create(c->ctx, &loss, c->model, c->kind, &c->data.view);
    if (status != NALG_OK) return status;
    c->size = nalg_loss_size(loss);
    nalg_loss_free(loss);
    return NALG_OK;
}

static nalg_status make_runs(computation *c)
{
    const nalg_flow_options *o = c->options;
    c->plan = (nalg_flow_plan){.model = c->model, .data = &c->data.view, .kind = c->kind, .laws = &c->laws, .starts = c->given ? 1 : o->starts ? (size_t)o->starts : DEFAULT_STARTS,
                               .given = c->given, .scale = o->scale, .descent_step = o->descent_step};
    nalg_flow_control_defaults(&c->plan.control);
    if (o->time_limit > 0) c->plan.control.time_limit = o->time_limit;
    return nalg_flow_runs_make(c->ctx, &c->runs, &c->plan);
}

/* All critical points: in closed form, or those of `landscape`. */
static nalg_status list_points(computation *c, nalg_flow_points *known)
{
    if (c->kind != NALG_LOSS_SQUARED) return NALG_OK;
    nalg_status status = nalg_flow_points_linear(c->ctx, known, &c->theorem, c->model, &c->data.view);
    if (status != NALG_OK || c->theorem) return status;
    return nalg_flow_points_landscape(c->ctx, known, &c->landscape, c->model, &c->data.view, c->options->match);
}

/* The list where there is one, and the ends of trajectories that are not in it. */
static nalg_status find_points(computation *c)
{
    nalg_flow_points known = {0};
    nalg_status status = list_points(c, &known);
    c->listed = known.count;
    if (status == NALG_OK) status = nalg_flow_points_cluster(c->ctx, &c->points, &known, &c->runs, c->size, c->kind);
    nalg_flow_points_clear(&known);
    if (status == NALG_OK) nalg_flow_points_match(&c->points, &c->runs, c->size, c->kind);
    return status;
}

/* ---- the document ---- */

static json_t *position(size_t point)
{
    return point == NALG_NO_POINT ? json_null() : nalg_json_unsigned(point);
}

/* Not a number where the flow left all bounds. */
static json_t *number(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

static json_t *run_json(const nalg_flow_run *run, size_t laws)
{
    const nalg_flow_end *end = &run->end;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o}", "start_loss", number(end->start_loss), "end_loss", number(end->loss), "critical_point",
                     position(run->point), "time", number(end->time), "conserved_drift", laws ? number(run->drift) : json_null(), "end",
                     nalg_flow_reason_name(end->reason), "gradient", number(end->gradient_norm), "steps", nalg_json_unsigned(end->steps));
}

static json_t *runs_json(const nalg_flow_run *runs, size_t count, size_t laws)
{
    json_t *array = json_array();
    for (size_t i = 0; array && runs && i < count; i++)
        if (json_array_append_new(array, run_json(&runs[i], laws))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

static const char *kind_of(const nalg_flow_point *p)
{
    return p->minimum == NALG_UNKNOWN ? "unknown" : p->minimum == NALG_FALSE ? "saddle" : "minimum";
}

/* What is known of a point that a list has: type, stratum, certificate, its place in the list of `landscape`. */
static json_t *listing_json(const computation *c, const nalg_flow_point *p)
{
    if (p->origin == NALG_POINT_OF_THEOREM)
        return json_pack("{s:s, s:s, s:s, s:n, s:n}", "origin", "theorem", "type", "pure", "stratum", "the model", "certified", "landscape_point");
    if (p->origin == NALG_POINT_OF_END)
        return json_pack("{s:s, s:n, s:n, s:n, s:n}", "origin", "end points", "type", "stratum", "certified", "landscape_point");
    const json_t *entry = json_array_get(c->landscape.list, p->listed);
    return json_pack("{s:s, s:O?, s:O?, s:O?, s:o}", "origin", "landscape", "type", json_object_get(entry, "kind"), "stratum", json_object_get(entry, "stratum"),
                     "certified", json_object_get(entry, "certified"), "landscape_point", nalg_json_unsigned(p->listed));
}

static json_t *point_json(const computation *c, size_t k)
{
    const nalg_flow_point *p = &c->points.point[k];
    const nalg_curvature *v = &p->curvature;
    json_t *row = json_pack("{s:o, s:f, s:s, s:o, s:o, s:o}", "critical_point", nalg_json_unsigned(k), "loss", p->loss, "kind", kind_of(p), "index",
                            v->known ? nalg_json_unsigned(v->negative) : json_null(), "flat_directions",
                            v->known && v->flat != SIZE_MAX ? nalg_json_unsigned(v->flat) : json_null(), "runs", nalg_json_unsigned(p->runs));
    json_t *listing = listing_json(c, p);
    int failed = !row || !listing || json_object_update(row, listing);
    json_decref(listing);
    if (!failed) return row;
    json_decref(row);
    return NULL;
}

static json_t *points_json(const computation *c)
{
    json_t *array = json_array();
    for (size_t k = 0; array && k < c->points.count; k++)
        if (json_array_append_new(array, point_json(c, k))) {
            json_decref(array);
            return NULL;
        }
    return array;
}

/* Ends at rest that the list has, and that it has not. */
static json_t *match_json(const computation *c)
{
    size_t matched = 0, unmatched = 0;
    bool known = c->theorem || c->landscape.list;
    const char *list = c->theorem                         ? "all critical points of full rank, in closed form"
                       : c->landscape.list                ? "all critical points that the landscape command finds"
                       : c->kind == NALG_LOSS_CROSS_ENTROPY ? "none: critical points are listed for squared loss only"
                                                          : c->landscape.reason;
    for (size_t k = 0; k < c->points.count; k++)
        *(c->points.point[k].origin == NALG_POINT_OF_END ? &unmatched : &matched) += c->points.point[k].runs;
    return json_pack("{s:s, s:o, s:o, s:o}", "list", list, "listed", known ? nalg_json_unsigned(c->listed) : json_null(), "matched",
                     known ? nalg_json_unsigned(matched) : json_null(), "unmatched", known ? nalg_json_unsigned(unmatched) : json_null());
}

/* Shares of all random starts; those that came to no rest are in no basin. */
static json_t *basins_json(const computation *c)
{
    json_t *array = json_array();
    for (size_t k = 0; array && !c->given && k < c->points.count; k++) {
        double low, high;
        nalg_wilson(c->points.point[k].runs, c->runs.count, &low, &high);
        json_t *row = json_pack("{s:o, s:f, s:f, s:f}", "critical_point", nalg_json_unsigned(k), "share", (double)c->points.point[k].runs / (double)c->runs.count, "low",
                                low, "high", high);
        if (json_array_append_new(array, row)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *curve_json(const nalg_flow_run *run, size_t number_of_run, bool descent, const nalg_projection *plane)
{
    json_t *time = json_array(), *loss = json_array(), *x = json_array(), *y = json_array();
    for (size_t i = 0; i < run->trace.count; i++) {
        double place[2];
        nalg_projection_apply(plane, place, run->trace.point + i * run->trace.coordinates);
        json_array_append_new(time, number(run->trace.time[i]));
        json_array_append_new(loss, number(run->trace.loss[i]));
        json_array_append_new(x, number(place[0]));
        json_array_append_new(y, number(place[1]));
    }
    return json_pack("{s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "run", nalg_json_unsigned(number_of_run), "descent", descent, "critical_point", position(run->point),
                     "time", time, "loss", loss, "x", x, "y", y);
}

/* Where a critical point lies in the plane. */
static json_t *mark_json(const nalg_flow_points *p, size_t k, const nalg_projection *plane)
{
    double point[NALG_TRACE_COORDINATES], place[2];
    for (size_t i = 0; i < plane->coordinates; i++) point[i] = p->answer[k * p->answers + nalg_trace_pick(i, plane->coordinates, p->answers)];
    nalg_projection_apply(plane, place, point);
    return json_pack("{s:o, s:f, s:f, s:s}", "critical_point", nalg_json_unsigned(k), "x", place[0], "y", place[1], "kind", kind_of(&p->point[k]));
}

static json_t *pictures_json(const computation *c)
{
    const nalg_flow_runs *r = &c->runs;
    nalg_projection plane;
    nalg_trace *traces = nalg_array(2 * r->traced, sizeof *traces);
    size_t count = 0;
    for (size_t i = 0; traces && i < r->traced; i++) {
        traces[count++] = r->flow[i].trace;
        if (r->descent) traces[count++] = r->descent[i].trace;
    }
    bool known = traces && nalg_projection_find(&plane, traces, count);
    free(traces);
    if (!known) return json_null();
    json_t *curves = json_array(), *marks = json_array();
    for (size_t i = 0; i < r->traced; i++) {
        json_array_append_new(curves, curve_json(&r->flow[i], i, false, &plane));
        if (r->descent) json_array_append_new(curves, curve_json(&r->descent[i], i, true, &plane));
    }
    for (size_t k = 0; k < c->points.count; k++) json_array_append_new(marks, mark_json(&c->points, k, &plane));
    return json_pack("{s:f, s:o, s:o}", "variance_shown", plane.shown, "curves", curves, "points", marks);
}

/* The largest drift of a run, or of those that came to rest; null without laws or such runs. */
static json_t *worst_drift(const computation *c, bool rested)
{
    double worst = -1;
    for (size_t i = 0; i < c->runs.count; i++)
        if (!rested || c->runs.flow[i].end.reason == NALG_FLOW_REST) worst = fmax(worst, c->runs.flow[i].drift);
    return c->laws.count && worst >= 0 ? number(worst) : json_null();
}

static size_t at_rest(const computation *c)
{
    size_t count = 0;
    for (size_t i = 0; i < c->runs.count; i++) count += c->runs.flow[i].end.reason == NALG_FLOW_REST;
    return count;
}

static json_t *answer_json(const computation *c)
{
    json_t *descent = c->runs.descent ? runs_json(c->runs.descent, c->runs.count, c->laws.count) : json_array();
    return json_pack("{s:s, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "loss", c->kind == NALG_LOSS_SQUARED ? "squared" : "cross-entropy", "samples",
                     nalg_json_unsigned(c->data.view.samples), "data", c->data.random ? "random" : "given", "starts", nalg_json_unsigned(c->runs.count),
                     "at_rest", nalg_json_unsigned(at_rest(c)), "laws", nalg_json_unsigned(c->laws.count), "conserved_drift",
                     worst_drift(c, false), "conserved_drift_at_rest", worst_drift(c, true), "critical_points_from", c->theorem ? "theorem" : c->landscape.list ? "landscape" : "end points", "match", match_json(c), "runs", runs_json(c->runs.flow, c->runs.count, c->laws.count),
                     "basins", basins_json(c), "critical_points", points_json(c), "descent", descent, "pictures", pictures_json(c));
}

/* ---- what `verify` looks at ---- */

#define RECORDED 200000 /* numbers of the data, and of the weights at the ends, that are kept in the document */

static json_t *question_json(const computation *c)
{
    const nalg_data *d = &c->data.view;
    bool kept = d->samples <= RECORDED / (d->input_size + d->output_size);
    return json_pack("{s:s, s:o}", "loss", c->kind == NALG_LOSS_SQUARED ? "squared" : "cross-entropy", "data", kept ? nalg_data_json(d) : json_null());
}

/* Weights at one end for each critical point that is reached. */
static json_t *ends_json(const computation *c)
{
    json_t *ends = json_array();
    bool failed = !ends;
    if (c->points.count > RECORDED / c->model->parameters) return json_decref(ends), json_null();
    for (size_t k = 0; !failed && k < c->points.count; k++) {
        size_t run = 0;
        while (run < c->runs.count && c->runs.flow[run].point != k) run++;
        if (run == c->runs.count) continue;
        json_t *row = json_pack("{s:o, s:o, s:o}", "critical_point", nalg_json_unsigned(k), "run", nalg_json_unsigned(run), "weights",
                                nalg_reals_json(c->runs.flow[run].w, c->model->parameters));
        failed = json_array_append_new(ends, row);
    }
    if (!failed) return ends;
    json_decref(ends);
    return NULL;
}

static json_t *evidence_json(const computation *c)
{
    return json_pack("{s:o, s:o, s:s, s:o, s:f, s:f, s:f, s:o}", "question", question_json(c), "ends", ends_json(c), "status", "numerical", "conserved_drift", worst_drift(c, false),
                     "relative_tolerance", c->plan.control.relative, "absolute_tolerance", c->plan.control.absolute, "rest", c->plan.control.rest, "at_rest",
                     nalg_json_unsigned(at_rest(c)));
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_status status = check_options(c);
    if (status == NALG_OK) status = nalg_flow_require(c->ctx);
    if (status == NALG_OK) status = read_weights(c);
    if (status == NALG_OK) status = nalg_flow_data_prepare(c->ctx, &c->data, c->model, c->options->data, c->options->samples, c->kind);
    if (status == NALG_OK) status = find_size(c);
    if (status == NALG_OK) status = nalg_drift_laws_find(c->ctx, &c->laws, c->model);
    if (status == NALG_OK) status = make_runs(c);
    if (status == NALG_OK) status = find_points(c);
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "flow", started, nalg_model_document(c->model), answer_json(c), evidence_json(c));
}

nalg_status nalg_flow(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_flow_options *options)
{
    nalg_flow_options defaults;
    nalg_flow_options_init(&defaults);
    computation c = {.ctx = ctx, .model = model, .options = options ? options : &defaults};
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_flow_points_clear(&c.points);
    nalg_flow_landscape_clear(&c.landscape);
    nalg_flow_runs_clear(&c.runs);
    nalg_drift_laws_clear(&c.laws);
    nalg_flow_data_clear(&c.data);
    free(c.given);
    return status;
}
