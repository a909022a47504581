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
#include "model/document.h"

/* Quantile of the normal distribution for 95 %. */
#define QUANTILE 1.959963984540054

void nalg_bias_wilson(double *low, double *high, size_t hits, size_t trials)
{
    *low = 0;
    *high = 1;
    if (!trials) return;
    double n = (double)trials, share = (double)hits / n, z = QUANTILE * QUANTILE / n;
    double middle = (share + z / 2) / (1 + z), half = sqrt(share * (1 - share) * z + z * z / 4) / (1 + z);
    *low = hits ? fmax(0, middle - half) : 0;
    *high = hits < trials ? fmin(1, middle + half) : 1;
}

typedef struct {
    size_t nearest, trained;
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
            nearest = nearest || n;
            trained = trained || r;
        }
        hits[sets].nearest += !nearest;
        hits[sets].trained += b->outcome[t].finished && !trained;
        trials->nearest++;
        trials->trained += b->outcome[t].finished;
    }
}

static json_t *share_of(size_t hits, size_t trials)
{
    return trials ? json_real((double)hits / (double)trials) : json_null();
}

/* share, low, high and the same with nearest_ before. */
static json_t *shares_json(const counts *hits, const counts *trials)
{
    double low, high, nearest_low, nearest_high;
    nalg_bias_wilson(&low, &high, hits->trained, trials->trained);
    nalg_bias_wilson(&nearest_low, &nearest_high, hits->nearest, trials->nearest);
    return json_pack("{s:o, s:f, s:f, s:o, s:f, s:f}", "share", share_of(hits->trained, trials->trained),
                     "low", low, "high", high, "nearest_share", share_of(hits->nearest, trials->nearest),
                     "nearest_low", nearest_low, "nearest_high", nearest_high);
}

static json_t *strata_json(const nalg_bias_run *b, const counts *hits, const counts *trials)
{
    json_t *list = json_array();
    for (size_t s = 0; list && s < b->strata.sets; s++) {
        const nalg_bias_cone *cone = &b->cone[s];
        json_t *entry = shares_json(&hits[s], trials), *more;
        size_t codimension = b->dimension > cone->dimension ? b->dimension - cone->dimension : 0;
        more =
            !b->ambient_known
                ? json_pack("{s:s, s:I, s:I, s:n, s:n, s:n, s:n}", "name", b->strata.set_name[s], "dimension",
                            (json_int_t)cone->dimension, "codimension", (json_int_t)codimension,
                            "normal_dimension", "can_be_nearest", "critical_dimension", "exposed")
                : json_pack("{s:s, s:I, s:I, s:I, s:b, s:I, s:b}", "name", b->strata.set_name[s], "dimension",
                            (json_int_t)cone->dimension, "codimension", (json_int_t)codimension,
                            "normal_dimension", (json_int_t)cone->normal, "can_be_nearest",
                            cone->dimension + cone->normal >= b->ambient, "critical_dimension",
                            (json_int_t)cone->critical, "exposed",
                            cone->dimension + cone->critical >= b->ambient);
        if (entry && more && !json_object_update(entry, more) && !json_array_append(list, entry)) {
            json_decref(entry);
            json_decref(more);
            continue;
        }
        json_decref(entry);
        json_decref(more);
        json_decref(list);
        list = NULL;
    }
    return list;
}

static json_t *answer_json(const nalg_bias_run *b, const counts *hits, const counts *trials)
{
    size_t escaped = 0, worse = 0;
    for (size_t t = 0; t < b->options->targets; t++) {
        const nalg_bias_outcome *o = &b->outcome[t];
        escaped += o->escaped;
        worse += o->finished && o->trained > o->nearest * (1 + 1e-6) + 1e-9 * b->target_size;
    }
    const nalg_bias_options *options = b->options;
    return json_pack(
        "{s:o, s:o, s:I, s:I, s:s, s:s, s:I, s:o, s:f, s:I, s:I, s:I, s:b}", "strata",
        strata_json(b, hits, trials), "generic", shares_json(&hits[b->strata.sets], trials), "targets",
        (json_int_t)options->targets, "starts", (json_int_t)options->starts, "method",
        options->train
            ? "share: ends of gradient flow from random weights; nearest_share: best of many descents"
            : "nearest_share: best of many descents",
        "metric", b->metric, "dimension", (json_int_t)b->dimension, "ambient",
        b->ambient_known ? json_integer((json_int_t)b->ambient) : json_null(), "scale", b->scale, "trained",
        (json_int_t)trials->trained, "trained_worse_than_nearest", (json_int_t)worse, "not_attained",
        (json_int_t)escaped, "truncated", b->strata.truncated);
}

nalg_status nalg_bias_answer(const nalg_bias_run *b, nalg_result **out, const nalg_model *model)
{
    counts *hits = nalg_array_zero(b->strata.sets + 1, sizeof *hits), trials = {0};
    if (!hits) return nalg_fail_memory(b->ctx);
    count(b, hits, &trials);
    json_t *answer = answer_json(b, hits, &trials);
    free(hits);
    json_t *evidence = json_pack(
        "{s:s, s:s, s:f, s:s, s:s}", "status", "estimate", "interval", "Wilson", "level", 0.95, "targets",
        b->options->around ? "the data with independent normal noise" : "standard normal in the metric",
        "statement",
        "intervals are those of sampling; descents from finitely many starts can miss the nearest function, "
        "and dimensions are ranks modulo a prime");
    return nalg_result_create(b->ctx, out, "bias", b->started, nalg_model_document(model), answer, evidence);
}
