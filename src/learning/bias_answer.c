/* From the outcomes of all targets to shares with their intervals.
 *
 * A point counts for the strata of least dimension among those it lies on, so that the shares of a stratum
 * and of smaller ones inside it are apart. Intervals: Wilson, J. Amer. Statist. Assoc. 22 (1927) 209.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "learning/bias_internal.h"
#include "learning/data_document.h"
#include "learning/proportion.h"
#include "model/document.h"

/* Squared distance above the nearest function's, relative to that of the targets from zero. */
#define MUCH_WORSE 0.01

void nalg_bias_wilson(double *low, double *high, size_t hits, size_t trials)
{
    *low = 0;
    *high = 1;
    if (trials) nalg_wilson(hits, trials, low, high);
}

typedef struct {
    size_t nearest, trained, resting; /* of the trained, those at rest */
} counts;

/* Does set s hold the point, and no set of smaller dimension? */
static bool belongs(const nalg_bias_run *b, const unsigned char *on, size_t s, unsigned char which)
{
    if (!(on[s] & which)) return false;
    for (size_t k = 0; k < b->strata.sets; k++)
        if ((on[k] & which) && b->cone[k].dimension < b->cone[s].dimension) return false;
    return true;
}

/* Hits of each set, and last those that lie on none. */
static void count(const nalg_bias_run *b, counts *hits, counts *trials)
{
    size_t sets = b->strata.sets;
    for (size_t t = 0; t < b->options->targets; t++) {
        const unsigned char *on = b->on + t * sets;
        bool nearest = false, trained = false;
        for (size_t s = 0; s < sets; s++) {
            bool n = belongs(b, on, s, NALG_BIAS_NEAREST), r = belongs(b, on, s, NALG_BIAS_TRAINED);
            hits[s].nearest += n;
            hits[s].trained += r;
            hits[s].resting += r && b->outcome[t].rests;
            nearest = nearest || n;
            trained = trained || r;
        }
        hits[sets].nearest += !nearest;
        trained = trained || !b->outcome[t].finished;
        hits[sets].trained += !trained;
        hits[sets].resting += !trained && b->outcome[t].rests;
        trials->nearest++;
        trials->trained += b->outcome[t].finished;
        trials->resting += b->outcome[t].finished && b->outcome[t].rests;
    }
}

static json_t *share_of(size_t hits, size_t trials)
{
    return trials ? json_real((double)hits / (double)trials) : json_null();
}

/* share, low, high and the same with nearest_ before, into an object. */
static int set_shares(json_t *object, const counts *hits, const counts *trials)
{
    double low, high, nearest_low, nearest_high;
    nalg_bias_wilson(&low, &high, hits->trained, trials->trained);
    nalg_bias_wilson(&nearest_low, &nearest_high, hits->nearest, trials->nearest);
    json_t *more = json_pack(
        "{s:o, s:f, s:f, s:I, s:o, s:f, s:f}", "share", share_of(hits->trained, trials->trained), "low", low,
        "high", high, "at_rest", (json_int_t)hits->resting, "nearest_share",
        share_of(hits->nearest, trials->nearest), "nearest_low", nearest_low, "nearest_high", nearest_high);
    int failed = !object || !more || json_object_update(object, more);
    json_decref(more);
    return failed;
}

/* Dimensions of a stratum and its cones; null where the ambient space is not known. */
static int set_cone(json_t *object, const nalg_bias_run *b, const nalg_bias_cone *cone)
{
    json_int_t dimension = (json_int_t)cone->dimension;
    json_int_t codimension =
        cone->dimension < b->dimension ? (json_int_t)(b->dimension - cone->dimension) : 0;
    bool known = b->ambient_known;
    json_t *more = json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o}", "dimension", dimension, "codimension", codimension,
        "normal_dimension", known ? json_integer((json_int_t)cone->normal) : json_null(), "can_be_nearest",
        known ? json_boolean(cone->dimension + cone->normal >= b->ambient) : json_null(),
        "critical_dimension", known ? json_integer((json_int_t)cone->critical) : json_null(), "exposed",
        known ? json_boolean(cone->dimension + cone->critical >= b->ambient) : json_null());
    int failed = !object || !more || json_object_update(object, more);
    json_decref(more);
    return failed;
}

static json_t *strata_json(const nalg_bias_run *b, const counts *hits, const counts *trials)
{
    json_t *list = json_array();
    for (size_t s = 0; list && s < b->strata.sets; s++) {
        json_t *entry = json_pack("{s:s}", "name", b->strata.set_name[s]);
        int failed = set_shares(entry, &hits[s], trials) || set_cone(entry, b, &b->cone[s]);
        if (!failed) failed = json_array_append(list, entry);
        json_decref(entry);
        if (!failed) continue;
        json_decref(list);
        list = NULL;
    }
    return list;
}

/* Means over all targets. */
typedef struct {
    double nearest, trained; /* squared distances, relative to the expected squared norm of a target */
    size_t escaped, worse;
} averages;

static averages average(const nalg_bias_run *b, size_t trained)
{
    averages a = {0};
    for (size_t t = 0; t < b->options->targets; t++) {
        const nalg_bias_outcome *o = &b->outcome[t];
        a.nearest += o->nearest / b->target_size / (double)b->options->targets;
        if (o->finished) a.trained += o->trained / b->target_size / (double)trained;
        a.escaped += o->escaped;
        a.worse += o->finished && o->trained > o->nearest + MUCH_WORSE * b->target_size;
    }
    return a;
}

/* Shares of limits of networks: the nearest function is none, but the limit of some. */
static json_t *limits_json(const nalg_bias_run *b)
{
    json_t *list = json_array();
    for (size_t i = 0; list && i < b->limits.count; i++) {
        size_t hits = 0, trials = b->options->targets;
        double low, high;
        for (size_t t = 0; t < trials; t++) hits += b->outcome[t].limit == (int)i;
        nalg_bias_wilson(&low, &high, hits, trials);
        json_array_append_new(
            list, json_pack("{s:s, s:I, s:I, s:f, s:f, s:f}", "name", b->limits.item[i].name, "dimension",
                            (json_int_t)b->limits.item[i].dimension, "codimension",
                            (json_int_t)(b->dimension - b->limits.item[i].dimension), "nearest_share",
                            (double)hits / (double)trials, "nearest_low", low, "nearest_high", high));
    }
    return list;
}

static json_t *disagreements_json(const nalg_bias_critical *c)
{
    json_t *list = json_array();
    for (size_t t = 0; list && t < c->targets; t++)
        if (c->reason[t])
            json_array_append_new(
                list,
                json_pack("{s:I, s:s}", "target", (json_int_t)t, "reason",
                          c->reason[t] == NALG_BIAS_NEARER
                              ? "real weights realise a critical point that is nearer than all descents"
                              : "what descent found is no real critical point, no smaller network and no "
                                "limit that is looked at"));
    return list;
}

/* What all critical points say about the first targets; null when they were not computed. */
static json_t *critical_json(const nalg_bias_critical *c)
{
    double low, high;
    size_t trials = c->targets - c->lost;
    if (!c->done || !trials) return json_null();
    nalg_bias_wilson(&low, &high, c->elsewhere, trials);
    return json_pack("{s:I, s:I, s:f, s:f, s:f, s:I, s:I, s:I, s:o}", "points", (json_int_t)c->points,
                     "targets", (json_int_t)c->targets, "not_smooth_share",
                     (double)c->elsewhere / (double)trials, "low", low, "high", high, "agree",
                     (json_int_t)c->agree, "missed_by_descent", (json_int_t)c->missed, "lost",
                     (json_int_t)c->lost, "disagreements", disagreements_json(c));
}

static json_t *answer_json(const nalg_bias_run *b, const counts *hits, const counts *trials)
{
    const nalg_bias_options *options = b->options;
    averages a = average(b, trials->trained);
    json_t *generic = json_object();
    int failed = set_shares(generic, &hits[b->strata.sets], trials);
    json_t *answer = json_pack(
        "{s:o, s:O?, s:I, s:I, s:s, s:s, s:I, s:o}", "strata", strata_json(b, hits, trials), "generic",
        failed ? NULL : generic, "targets", (json_int_t)options->targets, "starts",
        (json_int_t)options->starts, "method",
        options->train ? "share: gradient flow from random weights; nearest_share: best of many descents"
                       : "nearest_share: best of many descents",
        "metric", b->metric, "dimension", (json_int_t)b->dimension, "ambient",
        b->ambient_known ? json_integer((json_int_t)b->ambient) : json_null());
    json_t *more = json_pack(
        "{s:o, s:o, s:f, s:I, s:I, s:o, s:f, s:o, s:I, s:I, s:b}", "limits", limits_json(b),
        "critical_points", critical_json(&b->critical), "scale", b->scale, "trained",
        (json_int_t)trials->trained, "at_rest", (json_int_t)trials->resting, "time_limit",
        options->train ? json_real(NALG_BIAS_FLOW_TIME) : json_null(), "nearest_distance", a.nearest,
        "trained_distance", trials->trained ? json_real(a.trained) : json_null(), "trained_much_worse",
        (json_int_t)a.worse, "not_attained", (json_int_t)a.escaped, "truncated", b->strata.truncated);
    if (!answer || !more || failed || json_object_update(answer, more)) {
        json_decref(answer);
        answer = NULL;
    }
    json_decref(more);
    json_decref(generic);
    return answer;
}

/* ---- what `verify` needs ---- */

static json_t *question_json(const nalg_bias_options *o)
{
    const nalg_data *data = o->around;
    json_t *around = data ? nalg_data_json(data) : json_null();
    return json_pack("{s:I, s:I, s:s?, s:o, s:f, s:f, s:I, s:b, s:b}", "targets", (json_int_t)o->targets,
                     "starts", (json_int_t)o->starts, "metric", data ? NULL : o->metric, "around", around,
                     "noise", o->noise, "scale", o->scale, "depth", (json_int_t)o->depth, "train", o->train,
                     "critical", o->critical && !data);
}

/* Numbers of the sets on which the point lies. */
static json_t *sets_json(const nalg_bias_run *b, const unsigned char *on, unsigned char which)
{
    json_t *list = json_array();
    for (size_t s = 0; list && s < b->strata.sets; s++)
        if ((on[s] & which) && json_array_append_new(list, json_integer((json_int_t)s))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *outcome_json(const nalg_bias_run *b, size_t t)
{
    const nalg_bias_outcome *o = &b->outcome[t];
    const unsigned char *on = b->on + t * b->strata.sets;
    return json_pack("{s:o, s:f, s:b, s:o, s:o, s:o, s:b}", "nearest_on", sets_json(b, on, NALG_BIAS_NEAREST),
                     "nearest", o->nearest, "not_attained", o->escaped, "limit",
                     o->limit < 0 ? json_null() : json_integer(o->limit), "trained_on",
                     o->finished ? sets_json(b, on, NALG_BIAS_TRAINED) : json_null(), "trained",
                     o->finished ? json_real(o->trained) : json_null(), "at_rest", o->rests);
}

/* null when there are too many. */
static json_t *outcomes_json(const nalg_bias_run *b)
{
    if (b->options->targets > NALG_BIAS_RECORDED) return json_null();
    json_t *list = json_array();
    for (size_t t = 0; list && t < b->options->targets; t++)
        if (json_array_append_new(list, outcome_json(b, t))) {
            json_decref(list);
            return NULL;
        }
    return list;
}

nalg_status nalg_bias_answer(const nalg_bias_run *b, nalg_result **out, const nalg_model *model)
{
    counts *hits = nalg_array_zero(b->strata.sets + 1, sizeof *hits), trials = {0};
    if (!hits) return nalg_fail_memory(b->ctx);
    count(b, hits, &trials);
    json_t *answer = answer_json(b, hits, &trials);
    free(hits);
    json_t *evidence = json_pack(
        "{s:s, s:s, s:f, s:s, s:s, s:o, s:o}", "status", "estimate", "interval", "Wilson", "level", 0.95,
        "targets",
        b->options->around ? "the data with independent normal noise" : "standard normal in the metric",
        "statement",
        "intervals are those of sampling; descents from finitely many starts can miss the nearest function, "
        "and dimensions are ranks modulo a prime",
        "question", question_json(b->options), "outcomes", outcomes_json(b));
    return nalg_result_create(b->ctx, out, "bias", b->started, nalg_model_document(model), answer, evidence);
}
