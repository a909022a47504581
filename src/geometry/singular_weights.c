/* One trained network: the exact rank of d phi at its weights, whether its function is a singular point, and
 * the subnetworks near it. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/singular.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "graph/evaluate.h"
#include "neuroalg/dimension.h"

/* Relative distance in function space below which a network is called near. */
#define NEAR 0.01

/* ---- the rank of d phi ---- */

static nalg_status find_rank(nalg_space *s, nalg_singular_network *n, const nalg_singular_options *options)
{
    nalg_dim_options dim;
    nalg_result *result;
    long long rank = 0;
    nalg_dim_options_init(&dim);
    dim.weights = options->weights;
    dim.weights_length = options->weights_length;
    nalg_status status = nalg_dim(s->ctx, &result, s->model, &dim);
    if (status != NALG_OK) return status;
    nalg_result_integer(result, "local_dimension", &rank);
    n->jacobian_rank = (size_t)rank;
    n->critical = n->jacobian_rank < s->dimension ? NALG_TRUE : NALG_FALSE;
    /* A rank mod p is a lower bound: full rank is proved, a drop is true except with the chance that two
     * primes were unlucky. */
    n->critical_evidence = n->critical == NALG_FALSE && s->dimension_proved ? "proved" : "probable";
    nalg_result_free(result);
    return NALG_OK;
}

/* ---- linear and quadratic networks: the rank of the function's matrix ---- */

/* Inputs e_i, and for quadratic forms e_i + e_j too: column of the pair i < j. */
static size_t pair(size_t n, size_t i, size_t j)
{
    return n + i * n - i * (i + 1) / 2 + (j - i - 1);
}

static void set_inputs(uint64_t *x, size_t n, size_t batch, bool symmetric)
{
    for (size_t i = 0; i < n; i++) {
        x[i * batch + i] = 1;
        for (size_t j = i + 1; symmetric && j < n; j++)
            x[i * batch + pair(n, i, j)] = x[j * batch + pair(n, i, j)] = 1;
    }
}

/* 2 q(e_i) on the diagonal, q(e_i + e_j) - q(e_i) - q(e_j) beside it. */
static void polarise(uint64_t *matrix, const uint64_t *value, size_t n, uint64_t p)
{
    for (size_t i = 0; i < n; i++) {
        matrix[i * n + i] = nalg_add_mod(value[i], value[i], p);
        for (size_t j = i + 1; j < n; j++)
            matrix[i * n + j] = matrix[j * n + i] =
                nalg_subtract_mod(nalg_subtract_mod(value[pair(n, i, j)], value[i], p), value[j], p);
    }
}

static nalg_status matrix_rank(nalg_space *s, size_t *rank, const uint64_t *w, uint64_t p)
{
    nalg_field field;
    nalg_graph g;
    nalg_evaluation *e = NULL;
    nalg_rank_profile profile = {0};
    int output;
    bool symmetric = s->matrices.symmetric;
    size_t n = s->matrices.n, m = s->matrices.m, batch = symmetric ? n * (n + 1) / 2 : n;
    uint64_t *x = nalg_array_zero(n * batch, sizeof *x), *matrix = nalg_array(m * n, sizeof *matrix);
    nalg_field_word(&field, p);
    nalg_graph_init(&g);
    nalg_status status =
        x && matrix ? nalg_model_lower(s->ctx, s->model, &g, &output) : nalg_fail_memory(s->ctx);
    if (status == NALG_OK) status = nalg_evaluation_create(s->ctx, &e, &g, &field, batch);
    if (status == NALG_OK) {
        set_inputs(x, n, batch, symmetric);
        nalg_evaluation_set_parameters(e, w);
        nalg_evaluation_set_input(e, 0, x);
        nalg_evaluation_run(e, 0, g.count);
        const uint64_t *value = nalg_evaluation_value(e, output);
        if (symmetric)
            polarise(matrix, value, n, p);
        else
            memcpy(matrix, value, m * n * sizeof *matrix);
        status = nalg_rank_word(s->ctx, &profile, matrix, m, n, n, p);
    }
    if (status == NALG_OK && profile.rank > *rank) *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    nalg_evaluation_free(e);
    nalg_graph_clear(&g);
    free(x);
    free(matrix);
    return status;
}

static nalg_status find_matrix_rank(nalg_space *s, nalg_point_facts *facts, const nalg_weights *weights)
{
    uint64_t *w = nalg_array(weights->count, sizeof *w);
    nalg_status status = w ? NALG_OK : nalg_fail_memory(s->ctx);
    if (s->matrices.n > 200) { /* pairs of inputs of a quadratic form */
        free(w);
        return status;
    }
    for (unsigned k = 0; k < 2 && status == NALG_OK; k++) {
        uint64_t p = nalg_prime_word(k, 2);
        if (!nalg_weights_residues(weights, p, w)) continue;
        status = matrix_rank(s, &facts->matrix_rank, w, p);
        facts->matrix_known = status == NALG_OK;
    }
    free(w);
    return status;
}

/* ---- the verdict ---- */

static void use_strata(nalg_point_facts *facts, const nalg_singular_network *n, const nalg_strata *strata,
                       const nalg_verdict *verdict)
{
    for (size_t i = 0; i < strata->count; i++) {
        const nalg_stratum *t = &strata->item[i];
        if (!n->nearest.exact[t->set]) continue;
        if (nalg_stratum_is_vertex(t)) facts->vertex = true;
        if (verdict[t->set].singular != NALG_TRUE ||
            (facts->on_singular && !strcmp(facts->on_singular_evidence, "proved")))
            continue;
        facts->on_singular = true;
        facts->on_singular_evidence = verdict[t->set].evidence;
    }
}

/* Floating point cannot tell a singular point from one very near to it. Only exact facts may say that a given
 * network is singular: without them several coinciding functions settle nothing. */
static void doubt(nalg_singular_network *n)
{
    nalg_verdict *v = &n->verdict;
    if (strcmp(v->evidence, "numerical") || v->singular != NALG_TRUE ||
        strcmp(v->multiplicity_evidence, "numerical"))
        return;
    n->coinciding = fmpz_get_ui(&v->multiplicity);
    v->multiplicity_known = false;
    v->singular = NALG_UNKNOWN;
    v->evidence = v->multiplicity_evidence = "unknown";
    v->kind = NULL;
    v->why = v->multiplicity_source =
        "other functions of the model agree with it to rounding: a singular point, or very near one";
}

static nalg_status judge(nalg_space *s, nalg_singular_network *n, const nalg_strata *strata,
                         const nalg_verdict *verdict)
{
    nalg_point_facts facts = {.jacobian_rank = n->jacobian_rank, .realised = true};
    double complex *w = nalg_array(n->weights.count, sizeof *w);
    bool finite = true;
    nalg_status status = w ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t i = 0; w && i < n->weights.count; i++) {
        w[i] = fmpq_get_d(&n->weights.value[i]);
        finite = finite && isfinite(creal(w[i]));
    }
    use_strata(&facts, n, strata, verdict);
    if (status == NALG_OK && s->determinantal) status = find_matrix_rank(s, &facts, &n->weights);
    if (status == NALG_OK) status = nalg_verdict_find(s, &n->verdict, &facts, s->model, finite ? w : NULL);
    n->judged = status == NALG_OK;
    if (n->judged && !facts.on_singular) doubt(n);
    free(w);
    return status;
}

nalg_status nalg_singular_network_find(nalg_space *s, nalg_singular_network *out, const nalg_strata *strata,
                                       const nalg_verdict *set_verdict, const nalg_singular_options *options)
{
    nalg_singular_network n = {0};
    nalg_status status =
        nalg_model_point(s->ctx, &n.weights, s->model, options->weights, options->weights_length);
    if (status == NALG_OK) status = find_rank(s, &n, options);
    if (status == NALG_OK)
        status = nalg_strata_nearest_find(s->ctx, &n.nearest, s->model, strata, &n.weights);
    if (status == NALG_OK) status = judge(s, &n, strata, set_verdict);
    if (status == NALG_OK)
        *out = n;
    else
        nalg_singular_network_clear(&n);
    return status;
}

void nalg_singular_network_clear(nalg_singular_network *n)
{
    nalg_weights_clear(&n->weights);
    nalg_strata_nearest_clear(&n->nearest);
    if (n->judged) nalg_verdict_clear(&n->verdict);
    *n = (nalg_singular_network){0};
}

/* ---- the document ---- */

/* The nearest set, among singular ones only if asked; those the weights lie in exactly first, the smallest of
 * them. SIZE_MAX: none. */
static size_t nearest_set(const nalg_singular_network *n, const nalg_space *s, const nalg_strata *strata,
                          const nalg_verdict *verdict, const size_t *dimension, bool singular)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < strata->sets; i++) {
        if (isnan(n->nearest.distance[i]) || dimension[i] >= s->dimension ||
            (singular && verdict[i].singular != NALG_TRUE))
            continue;
        bool exact = n->nearest.exact[i], before = best != SIZE_MAX && n->nearest.exact[best];
        bool better = best == SIZE_MAX || (exact && (!before || dimension[i] < dimension[best])) ||
                      (!exact && !before && n->nearest.distance[i] < n->nearest.distance[best]);
        if (better) best = i;
    }
    return best;
}

static json_t *nearest_json(const nalg_singular_network *n, const nalg_strata *strata,
                            const nalg_verdict *verdict, size_t set)
{
    if (set == SIZE_MAX) return json_null();
    double distance = n->nearest.distance[set], size = n->nearest.size;
    return json_pack("{s:s, s:f, s:o, s:b, s:o}", "functions", strata->set_name[set], "distance", distance,
                     "relative_distance",
                     size > 0 && isfinite(size) ? json_real(distance / size) : json_null(), "exact",
                     n->nearest.exact[set], "singular", nalg_truth_json(verdict[set].singular));
}

/* Where the network is, in a sentence: at a singular point, near one, or at neither. */
static json_t *verdict_json(const nalg_singular_network *n, const nalg_strata *strata, size_t set)
{
    char text[400];
    nalg_truth singular = n->verdict.singular;
    double relative = set == SIZE_MAX ? NAN : n->nearest.distance[set] / n->nearest.size;
    bool exact = set != SIZE_MAX && n->nearest.exact[set], near = !exact && relative <= NEAR;
    const char *at = singular == NALG_TRUE    ? "at a singular point"
                     : singular == NALG_FALSE ? "not at a singular point"
                     : near                   ? "whether at a singular point is not decided"
                                              : "whether this is a singular point is not decided";
    const char *name = set == SIZE_MAX ? "" : strata->set_name[set];
    if (exact)
        snprintf(text, sizeof text, "%s: exactly one of the functions '%.200s'", at, name);
    else if (near)
        snprintf(text, sizeof text,
                 "near the singular functions '%.200s', at a relative distance of %.2g; %s", name, relative,
                 at);
    else if (isfinite(relative))
        snprintf(text, sizeof text,
                 "%s; the nearest singular functions, '%.200s', are at a relative distance of %.2g", at, name,
                 relative);
    else
        snprintf(text, sizeof text, "%s; no distance to singular functions is known", at);
    return json_string(text);
}

int nalg_singular_network_describe(json_t *answer, const nalg_singular_network *n, const nalg_space *s,
                                   const nalg_strata *strata, const nalg_verdict *set_verdict,
                                   const size_t *set_dimension)
{
    const nalg_verdict *v = &n->verdict;
    int failed = json_object_set_new(answer, "jacobian_rank", nalg_json_unsigned(n->jacobian_rank));
    failed |= json_object_set_new(answer, "critical", nalg_truth_json(n->critical));
    failed |= json_object_set_new(answer, "multiplicity",
                                  v->multiplicity_known ? nalg_json_fmpz(&v->multiplicity) : json_null());
    failed |= json_object_set_new(answer, "singular", nalg_truth_json(v->singular));
    failed |= json_object_set_new(answer, "kind", v->kind ? json_string(v->kind) : json_null());
    failed |= json_object_set_new(answer, "critical_evidence", json_string(n->critical_evidence));
    failed |= json_object_set_new(answer, "singular_evidence", json_string(v->evidence));
    failed |= json_object_set_new(answer, "why", json_string(v->why));
    failed |= json_object_set_new(answer, "multiplicity_evidence", json_string(v->multiplicity_evidence));
    failed |= json_object_set_new(answer, "multiplicity_source", json_string(v->multiplicity_source));
    failed |= json_object_set_new(answer, "coinciding_functions",
                                  n->coinciding ? nalg_json_unsigned(n->coinciding) : json_null());
    size_t nearest = nearest_set(n, s, strata, set_verdict, set_dimension, false),
           singular = nearest_set(n, s, strata, set_verdict, set_dimension, true);
    failed |= json_object_set_new(answer, "verdict", verdict_json(n, strata, singular));
    failed |= json_object_set_new(answer, "nearest", nearest_json(n, strata, set_verdict, nearest));
    failed |= json_object_set_new(answer, "nearest_singular", nearest_json(n, strata, set_verdict, singular));
    failed |= json_object_set_new(answer, "network_size",
                                  isfinite(n->nearest.size) ? json_real(n->nearest.size) : json_null());
    failed |= json_object_set_new(
        answer, "distance_measure",
        json_string(
            n->nearest.skipped ? n->nearest.skipped
            : n->nearest.sampled
                ? "root mean square over sampled standard normal inputs, summed over the outputs; upper "
                  "bounds"
                : "root mean square over all standard normal inputs, summed over the outputs; upper bounds"));
    return failed;
}
