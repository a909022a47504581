/* What no list can show of itself, that nothing is missing, is compared with a search under another seed:
 * other chart, other generic instance, other paths.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/verify_landscape_internal.h"
#include "core/memory.h"
#include "core/result.h"

#define OTHER_SEED 0x9e3779b97f4a7c15ULL

static bool lost_paths(const json_t *result)
{
    const json_t *strata = json_object_get(result, "strata");
    for (size_t i = 0; i < json_array_size(strata); i++)
        if (!claims(json_object_get(json_array_get(strata, i), "lost_paths"), 0)) return true;
    return false;
}

/* Rows of strata but for residuals. */
static bool rows_agree(const json_t *a, const json_t *b)
{
    bool ok = json_array_size(a) == json_array_size(b);
    for (size_t i = 0; ok && i < json_array_size(a); i++) {
        json_t *x = json_copy(json_array_get(a, i)), *y = json_copy(json_array_get(b, i));
        json_object_set_new(x, "trace_residual", json_null());
        json_object_set_new(y, "trace_residual", json_null());
        ok = x && y && json_object_get(json_array_get(a, i), "trace_residual") && json_equal(x, y);
        json_decref(x);
        json_decref(y);
    }
    return ok;
}

/* Each point of `found` is one of the list, with the same loss, kind and index, degenerate or not. */
static bool all_listed(nalg_landscape_check *k, const json_t *found)
{
    bool *taken = nalg_array_zero(k->count, sizeof *taken), all = taken != NULL;
    for (size_t i = 0; all && i < json_array_size(found); i++) {
        const json_t *p = json_array_get(found, i);
        bool matched = false;
        for (size_t j = 0; j < k->count && !matched; j++) {
            matched = !taken[j] &&
                      same_loss(k, json_number_value(json_object_get(p, "loss")),
                                json_real_value(at(k, j, "loss"))) &&
                      json_equal(json_object_get(p, "kind"), at(k, j, "kind")) &&
                      json_equal(json_object_get(p, "index"), at(k, j, "index")) &&
                      json_equal(json_object_get(p, "degenerate"), at(k, j, "degenerate"));
            if (matched) taken[j] = true;
        }
        all = matched;
    }
    free(taken);
    return all;
}

static bool keys_agree(const json_t *a, const json_t *b, const char *const *key)
{
    for (; *key; key++)
        if (!nalg_json_agree(json_object_get(a, *key), json_object_get(b, *key), NALG_LOSS_TOLERANCE))
            return false;
    return true;
}

/* Has another search found less than the least in the list? */
static bool lower(const nalg_landscape_check *k, const json_t *found)
{
    const json_t *least = json_array_get(json_object_get(found, "critical_points"), 0);
    double there = json_number_value(json_object_get(least, "loss")),
           here = json_number_value(at(k, 0, "loss"));
    return least && (!k->count || (there < here && !same_loss(k, there, here)));
}

/* Rows of limits, by loss: the weights of one function differ. */
static bool limits_agree(nalg_landscape_check *k, const json_t *mine, const json_t *other)
{
    bool ok = json_is_array(mine) && json_array_size(mine) == json_array_size(other);
    for (size_t i = 0; ok && i < json_array_size(mine); i++) {
        const json_t *x = json_array_get(mine, i), *y = json_array_get(other, i);
        ok = same_loss(k, json_real_value(json_object_get(x, "loss")),
                       json_real_value(json_object_get(y, "loss"))) &&
             json_equal(json_object_get(x, "index"), json_object_get(y, "index")) &&
             json_equal(json_object_get(x, "stratum"), json_object_get(y, "stratum")) &&
             json_equal(json_object_get(x, "network"), json_object_get(y, "network"));
    }
    return ok;
}

/* Fits of another seed come as far down, or there are none below the list here and there. */
static bool infimum_agrees(nalg_landscape_check *k, const json_t *mine, const json_t *other)
{
    const json_t *a = json_object_get(mine, "infimum_at_most"),
                 *b = json_object_get(other, "infimum_at_most");
    double said = json_number_value(a);
    if (!json_is_real(a) || !json_is_real(b)) return json_is_null(a) && json_is_null(b);
    return said >= 0 && (!k->count || said < json_real_value(at(k, 0, "loss"))) &&
           json_real_value(b) <= said + NALG_LOSS_TOLERANCE * loss_size(k, said);
}

static void compare(nalg_landscape_check *k, const json_t *again)
{
    static const char *const counted[] = {"count_complex",
                                          "count_real",
                                          "minima",
                                          "count_spurious",
                                          "real_functions_without_real_weights",
                                          "generic",
                                          "dimension",
                                          "samples",
                                          "loss_is",
                                          "remarks",
                                          NULL},
                             *const certain[] = {"loss", "point", "evidence", "certified", NULL},
                             *const evidence[] = {"status", "completeness", "dimension", "exact_fit", NULL};
    const json_t *r = json_object_get(again, "result"), *e = json_object_get(again, "evidence"),
                 *mine = k->v->result, *list = json_object_get(r, "critical_points");
    nalg_verification_record(k->v,
                             "another search has the same numbers of critical points, strata and remarks",
                             keys_agree(mine, r, counted) &&
                                 rows_agree(json_object_get(mine, "strata"), json_object_get(r, "strata")),
                             "another seed");
    nalg_verification_record(k->v, "another search finds this list of critical points",
                             all_listed(k, list) && json_array_size(list) == k->count, "%zu points",
                             k->count);
    nalg_verification_record(k->v, "another search finds these limits of networks",
                             limits_agree(k, json_object_get(mine, "limits"), json_object_get(r, "limits")),
                             "%zu points", json_array_size(json_object_get(mine, "limits")));
    const json_t *a = json_object_get(mine, "global_minimum"), *b = json_object_get(r, "global_minimum");
    json_t *least = json_copy((json_t *)(uintptr_t)b);
    if (same_loss(k, json_number_value(json_object_get(a, "loss")),
                  json_number_value(json_object_get(b, "loss"))))
        json_object_set(least, "loss", json_object_get(a, "loss"));
    nalg_verification_record(k->v, "the evidence is that of another search",
                             keys_agree(a, least, certain) && keys_agree(k->v->evidence, e, evidence),
                             "another seed");
    json_decref(least);
}

/* A copy of a result without what is rounding error. */
static json_t *without_noise(const json_t *result)
{
    json_t *copy = json_deep_copy(result), *value;
    size_t i;
    json_object_del(copy, "complex_losses");
    json_object_del(json_object_get(copy, "trained"), "gradient");
    json_array_foreach(json_object_get(copy, "critical_points"), i, value) json_object_del(value, "gradient");
    json_array_foreach(json_object_get(copy, "strata"), i, value) json_object_del(value, "trace_residual");
    return copy;
}

/* A list that does not claim to be whole, or how far fits come, depends on the seed: with the document's own
 * it is this one. */
static nalg_status repeat(nalg_landscape_check *k)
{
    static const char *const evidence[] = {
        "status",         "completeness",     "dimension", "exact_fit", "certified_complex",
        "certified_real", "undecided_minima", NULL};
    nalg_result *again = NULL;
    nalg_status status = nalg_landscape(k->v->ctx, &again, k->v->model, &k->data, &k->options);
    if (status == NALG_OK) {
        json_t *mine = without_noise(k->v->result),
               *other = without_noise(json_object_get(again->document, "result"));
        nalg_verification_record(
            k->v, "what depends on the seed is found again under it",
            mine && nalg_json_agree(mine, other, NALG_LOSS_TOLERANCE) &&
                keys_agree(k->v->evidence, json_object_get(again->document, "evidence"), evidence),
            "seed %llu", (unsigned long long)nalg_ctx_seed(k->v->ctx));
        json_decref(mine);
        json_decref(other);
    }
    nalg_result_free(again);
    return status;
}

nalg_status nalg_landscape_search_again(nalg_landscape_check *k)
{
    nalg_result *again = NULL;
    const json_t *mine = k->v->result;
    uint64_t seed = nalg_ctx_seed(k->v->ctx);
    nalg_landscape_options options = k->options;
    options.weights = NULL; /* where trained weights are is checked from the list */
    nalg_ctx_set_seed(k->v->ctx, seed ^ OTHER_SEED);
    nalg_status status = nalg_landscape(k->v->ctx, &again, k->v->model, &k->data, &options);
    nalg_ctx_set_seed(k->v->ctx, seed);
    if (status != NALG_OK) return status;
    const json_t *other = json_object_get(again->document, "result");
    bool fitted = json_is_null(json_object_get(mine, "generic")), lost = lost_paths(mine),
         alone = !infimum_agrees(k, json_object_get(mine, "global_minimum"),
                                 json_object_get(other, "global_minimum"));
    if (fitted || lost || lost_paths(other))
        nalg_verification_record(k->v, "another search finds nothing lower", !lower(k, other),
                                 fitted ? "too little data" : "paths were lost");
    else
        compare(k, again->document);
    nalg_result_free(again);
    return fitted || lost || alone ? repeat(k) : NALG_OK;
}
