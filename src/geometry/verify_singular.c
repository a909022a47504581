/* Checking strata of subnetworks from their document. What follows from the seed alone is computed again and
 * must be the same. Then by other means: dimensions and ranks at fresh points modulo another prime, with the
 * checker's own gradients and FLINT's elimination; strata of one set must have the same values there;
 * multiplicities by the homotopy under another seed (other points, other functions, other paths), also those
 * that a theorem gave; at given weights the rank of d phi modulo another prime.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/limits.h"
#include "geometry/singular.h"
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/prober.h"
#include "geometry/verify.h"

#define TRIAL_VERIFY 1800
/* Primes below this are used by nobody else. */
#define VERIFY_PRIME_START (NALG_PRIME_WORD_START - (1ULL << 43))
/* Measured distances may differ by rounding. */
#define REAL_TOLERANCE 1e-5
#define MORE_TANGENTS 64
#define SPARE_SAMPLES 2
#define DRAWS 12
#define ENTRIES_LIMIT 50000000
#define OTHER_SEED 0x9e3779b97f4a7c15ULL
enum { STREAM_CORE = 7801, STREAM_SILENT };

typedef struct {
    nalg_verification *v;
    nalg_singular_options options;
    nalg_text weights;
    nalg_strata strata;
    nalg_prober prober;
    size_t samples;
    nmod_mat_t jacobian, restricted; /* samples x weights, samples x (free parameters and mixings) */
    nmod_mat_t span; /* rows: independent tangent directions; room for those of one more point */
    size_t span_rows;
    bool ready;
    uint64_t *value, *first; /* at the samples: of this stratum, and of the first of its set */
} checker;

static bool read_question(checker *k)
{
    const json_t *q = json_object_get(k->v->evidence, "question"), *weights = json_object_get(q, "weights"),
                 *multiplicity = json_object_get(q, "multiplicity");
    uint64_t depth, limit, degree;
    if (!nalg_json_get_unsigned(q, "depth", &depth) || !nalg_json_get_unsigned(q, "limit", &limit) ||
        !nalg_json_get_unsigned(q, "degree_limit", &degree) || !json_is_boolean(multiplicity) ||
        !(json_is_null(weights) || json_is_array(weights)))
        return false;
    k->options = (nalg_singular_options){
        .depth = depth, .limit = limit, .degree_limit = degree, .multiplicity = json_is_true(multiplicity)};
    if (json_is_null(weights)) return true;
    nalg_weights_text(&k->weights, weights);
    k->options.weights = k->weights.data ? k->weights.data : "";
    k->options.weights_length = k->weights.length;
    return !k->weights.failed;
}

/* The same question under the same seed has the same answer. */
static nalg_status check_again(checker *k)
{
    nalg_result *again = NULL;
    nalg_verification *v = k->v;
    bool asked = read_question(k);
    nalg_status status = asked ? nalg_singular(v->ctx, &again, v->model, &k->options) : NALG_OK;
    if (status == NALG_E_MEMORY || status == NALG_E_INTERRUPTED || status == NALG_E_DEADLINE) return status;
    bool same = again &&
                nalg_json_agree(json_object_get(again->document, "result"), v->result, REAL_TOLERANCE) &&
                nalg_json_agree(json_object_get(again->document, "evidence"), v->evidence, REAL_TOLERANCE);
    nalg_verification_record(v, "strata, verdicts, containment and evidence are derived again", same,
                             "seed %llu", (unsigned long long)nalg_ctx_seed(v->ctx));
    nalg_result_free(again);
    return NALG_OK;
}

/* ---- ranks ---- */

static uint64_t residue(const checker *k, uint64_t stream, uint64_t i)
{
    nalg_random r = nalg_random_stream(k->prober.point.seed, stream);
    r.counter = i;
    return nalg_random_bits(&r) % k->prober.point.prime;
}

/* The core is the same for all strata of a set, the silent weights differ by stratum and draw. */
static void place(checker *k, size_t item, size_t draw)
{
    const nalg_stratum *t = &k->strata.item[item];
    uint64_t core = STREAM_CORE + ((uint64_t)t->set << 8),
             silent = STREAM_SILENT + ((uint64_t)(item * DRAWS + draw) << 8), p = k->prober.point.prime;
    uint64_t *w = k->prober.w;
    for (size_t i = 0; i < k->strata.parameters; i++)
        w[i] = t->map[i] < 0 ? 0 : residue(k, t->map[i] < t->core_count ? core : silent, (uint64_t)t->map[i]);
    for (size_t i = 0; i < t->less_count; i++)
        w[t->less[i][0]] = nalg_subtract_mod(w[t->less[i][0]], w[t->less[i][1]], p);
}

/* Derivatives at all samples: by the weights, and along the stratum. False at a pole. */
static bool differentiate(checker *k, const nalg_stratum *t)
{
    nalg_prober *q = &k->prober;
    uint64_t p = q->point.prime;
    nmod_mat_zero(k->restricted);
    for (size_t s = 0; s < k->samples; s++) {
        if (!nalg_probe(q, s)) return false;
        k->value[s] = q->value;
        uint64_t *row = k->jacobian->rows[s], *along = k->restricted->rows[s];
        for (size_t i = 0; i < q->parameters; i++) {
            row[i] = q->gradient[i];
            if (t->map[i] >= 0) along[t->map[i]] = nalg_add_mod(along[t->map[i]], row[i], p);
        }
        const uint64_t *f = nalg_sweep_outputs(&q->sweep);
        size_t block =
            t->mixed ? q->outputs / t->mixed : 0; /* unit u owns the outputs u * block, u * block + 1, ... */
        for (size_t o = 0; t->mixed && o < q->outputs; o++)
            for (size_t j = 0; j < t->mixed; j++) { /* unit o / block moves by unit j */
                uint64_t *sum = &along[(size_t)t->free_count + o / block * t->mixed + j];
                *sum = nalg_add_mod(*sum, nalg_multiply_mod(q->c[o], f[j * block + o % block], p), p);
            }
    }
    return true;
}

/* Put the rows of d phi into the span. */
static void extend_span(checker *k)
{
    for (size_t i = 0; i < k->strata.parameters; i++)
        for (size_t s = 0; s < k->samples; s++) k->span->rows[k->span_rows + i][s] = k->jacobian->rows[s][i];
    for (size_t i = k->span_rows + k->strata.parameters; i < (size_t)k->span->r; i++)
        memset(k->span->rows[i], 0, k->samples * sizeof(uint64_t));
    k->span_rows = (size_t)nmod_mat_rref(k->span);
}

static bool claimed(const json_t *row, const char *key, size_t found)
{
    uint64_t value;
    return nalg_json_get_unsigned(row, key, &value) && value == found;
}

/* One stratum at a point: *ok when its values are those of its set, and (first draw) its ranks those of the
 * document. */
static nalg_status check_stratum(checker *k, size_t item, size_t draw, bool *ok)
{
    const nalg_stratum *t = &k->strata.item[item];
    const json_t *row = json_array_get(json_object_get(k->v->result, "strata"), item);
    bool first = item == 0 || k->strata.item[item - 1].set != t->set;
    place(k, item, draw);
    if (json_is_null(json_object_get(row, "dimension")))
        return nalg_checkpoint(k->v->ctx); /* only poles were found */
    if (!differentiate(k, t)) return nalg_checkpoint(k->v->ctx);
    if (first && draw == 0) memcpy(k->first, k->value, k->samples * sizeof *k->first);
    *ok = *ok && !memcmp(k->first, k->value, k->samples * sizeof *k->first);
    if (draw == 0)
        *ok = *ok && claimed(row, "jacobian_rank", (size_t)nmod_mat_rank(k->jacobian)) &&
              claimed(row, "dimension", (size_t)nmod_mat_rank(k->restricted));
    extend_span(k);
    return nalg_checkpoint(k->v->ctx);
}

/* Strata first .. last-1 are one set. */
static nalg_status check_set(checker *k, size_t first, size_t last, bool *ok)
{
    nalg_status status = NALG_OK;
    size_t before = 0;
    k->span_rows = 0;
    for (size_t draw = 0; draw < DRAWS && status == NALG_OK; draw++) {
        for (size_t i = first; i < last && status == NALG_OK; i++)
            if (!draw || k->strata.item[i].free_count > k->strata.item[i].core_count)
                status = check_stratum(k, i, draw, ok);
        if (draw && k->span_rows == before) break;
        before = k->span_rows;
    }
    const json_t *set = json_array_get(json_object_get(k->v->result, "sets"), k->strata.item[first].set);
    *ok = *ok && (json_is_null(json_object_get(set, "tangent_dimension")) ||
                  claimed(set, "tangent_dimension", k->span_rows));
    return status;
}

static nalg_status prepare_ranks(checker *k, const nalg_space *space)
{
    nalg_verification *v = k->v;
    size_t n = k->strata.parameters, outputs = nalg_shape_size(&v->model->layers->out), entries;
    k->samples = space->dimension + MORE_TANGENTS;
    if (space->ambient.known && fmpz_cmp_ui(&space->ambient.size, k->samples) < 0)
        k->samples = fmpz_get_ui(&space->ambient.size);
    k->samples += SPARE_SAMPLES;
    if (!nalg_size_multiply(&entries, k->samples, n + outputs * outputs + k->samples) ||
        entries > ENTRIES_LIMIT)
        return nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "check a smaller model",
                         "a Jacobian of %zu weights at %zu samples is too large", n, k->samples);
    nalg_point point = {.prime = nalg_prime_below(VERIFY_PRIME_START, nalg_model_exponent(v->model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = TRIAL_VERIFY};
    nalg_status status = nalg_prober_create(v->ctx, &k->prober, v->model, point);
    if (status != NALG_OK) return status;
    nmod_mat_init(k->jacobian, (slong)k->samples, (slong)n, point.prime);
    nmod_mat_init(k->restricted, (slong)k->samples, (slong)(n + outputs * outputs), point.prime);
    nmod_mat_init(k->span, (slong)(k->samples + n), (slong)k->samples, point.prime);
    k->ready = true;
    k->value = nalg_array(k->samples, sizeof *k->value);
    k->first = nalg_array(k->samples, sizeof *k->first);
    return k->value && k->first ? NALG_OK : nalg_fail_memory(v->ctx);
}

static void clear_ranks(checker *k)
{
    if (!k->ready) return;
    nmod_mat_clear(k->jacobian);
    nmod_mat_clear(k->restricted);
    nmod_mat_clear(k->span);
    nalg_prober_clear(&k->prober);
    free(k->value);
    free(k->first);
}

/* The rank of d phi at the weights that were given. */
static nalg_status check_network(checker *k)
{
    nalg_weights weights = {0};
    nalg_verification *v = k->v;
    if (!k->options.weights) return NALG_OK;
    nalg_status status =
        nalg_model_point(v->ctx, &weights, v->model, k->options.weights, k->options.weights_length);
    if (status != NALG_OK) return status;
    bool ok = nalg_weights_residues(&weights, k->prober.point.prime, k->prober.w);
    for (size_t s = 0; s < k->samples && ok; s++) {
        ok = nalg_probe(&k->prober, s);
        if (ok) memcpy(k->jacobian->rows[s], k->prober.gradient, k->strata.parameters * sizeof(uint64_t));
    }
    ok = ok && claimed(v->result, "jacobian_rank", (size_t)nmod_mat_rank(k->jacobian));
    nalg_verification_record(v, "the rank at the given weights is found again modulo another prime", ok,
                             "%zu weights", weights.count);
    nalg_weights_clear(&weights);
    return NALG_OK;
}

static nalg_status check_ranks(checker *k, const nalg_space *space)
{
    bool ok = true;
    nalg_status status = prepare_ranks(k, space);
    for (size_t i = 0, j; i < k->strata.count && status == NALG_OK; i = j) {
        for (j = i + 1; j < k->strata.count && k->strata.item[j].set == k->strata.item[i].set;) j++;
        nalg_progress(k->v->ctx, "ranks at fresh points", i, k->strata.count, NULL);
        status = check_set(k, i, j, &ok);
    }
    if (status != NALG_OK) return status;
    nalg_verification_record(
        k->v, "dimensions, ranks and tangent directions are those at fresh points modulo another prime", ok,
        "%zu strata, prime %llu", k->strata.count, (unsigned long long)k->prober.point.prime);
    return check_network(k);
}

/* ---- multiplicities ---- */

/* Under another seed, of every set the document has one for. */
static nalg_status count_again(checker *k, nalg_space *space, size_t *agree, size_t *differ, size_t *unknown)
{
    double complex *w = nalg_array(k->strata.parameters, sizeof *w);
    nalg_status status = w ? NALG_OK : nalg_fail_memory(k->v->ctx);
    for (size_t i = 0; i < k->strata.count && status == NALG_OK; i++) {
        const nalg_stratum *t = &k->strata.item[i];
        const json_t *row = json_array_get(json_object_get(k->v->result, "strata"), i);
        nalg_multiplicity m;
        uint64_t recorded;
        if ((i && t[-1].set == t->set) || !nalg_json_get_unsigned(row, "multiplicity", &recorded)) continue;
        nalg_singular_generic_point(w, &k->strata, t, nalg_ctx_seed(k->v->ctx));
        status = nalg_multiplicity_at(k->v->ctx, &m, &space->functions, k->v->model, w);
        if (status != NALG_OK) break;
        if (!m.known)
            ++*unknown;
        else if (m.multiplicity == recorded)
            ++*agree;
        else
            ++*differ;
    }
    free(w);
    return status;
}

/* Limits of networks, at other points too: their dimensions, and multiplicities where the document has them.
 */
static nalg_status count_limits(checker *k, nalg_space *space, size_t *agree, size_t *differ, size_t *unknown)
{
    nalg_limits limits;
    nalg_status status = nalg_limits_find(k->v->ctx, &limits, k->v->model, space->dimension);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < limits.count && status == NALG_OK; i++) {
        const nalg_limit *l = &limits.item[i];
        const json_t *row = json_array_get(json_object_get(k->v->result, "strata"), k->strata.count + i);
        double complex *w = nalg_array(l->wider->parameters, sizeof *w);
        nalg_multiplicity m = {0};
        uint64_t recorded;
        bool tracked = space->functions_tried && !space->no_multiplicity &&
                       nalg_json_get_unsigned(row, "multiplicity", &recorded);
        *differ += !claimed(row, "dimension", l->dimension);
        if (w && tracked) nalg_limit_generic_point(w, l, nalg_ctx_seed(k->v->ctx), i);
        status = !w        ? nalg_fail_memory(k->v->ctx)
                 : tracked ? nalg_multiplicity_at(k->v->ctx, &m, &space->functions, l->wider, w)
                           : NALG_OK;
        if (tracked && !m.known)
            ++*unknown;
        else if (tracked)
            ++*(m.multiplicity == recorded ? agree : differ);
        free(w);
    }
    nalg_limits_clear(&limits);
    return status;
}

static nalg_status check_multiplicities(checker *k)
{
    nalg_space space;
    size_t agree = 0, differ = 0, unknown = 0;
    nalg_ctx *ctx = k->v->ctx;
    uint64_t seed = nalg_ctx_seed(ctx);
    if (!k->options.multiplicity) return NALG_OK;
    nalg_ctx_set_seed(ctx, seed ^ OTHER_SEED);
    nalg_status status = nalg_space_find(ctx, &space, k->v->model);
    if (status == NALG_OK) {
        status = nalg_space_functions(&space, k->options.degree_limit);
        bool possible = status == NALG_OK && space.functions_tried && !space.no_multiplicity;
        if (possible) status = count_again(k, &space, &agree, &differ, &unknown);
        if (status == NALG_OK) status = count_limits(k, &space, &agree, &differ, &unknown);
        nalg_space_clear(&space);
    }
    nalg_ctx_set_seed(ctx, seed);
    if (status != NALG_OK) return status;
    nalg_verification_record(
        k->v, "no multiplicity and no dimension of a limit is another under another seed", differ == 0,
        "%zu found again by path tracking, %zu not decided under that seed; those of "
        "theorems alone were looked up again",
        agree, unknown);
    return NALG_OK;
}

void nalg_verify_singular(nalg_verification *v)
{
    checker k = {.v = v};
    v->strength = "numerical"; /* computed twice in floating point, and ranks modulo another prime */
    nalg_space space;
    v->status = check_again(&k);
    if (v->status == NALG_OK && v->valid) {
        nalg_strata_options strata = {.depth = k.options.depth, .limit = k.options.limit};
        v->status = nalg_strata_find(v->ctx, &k.strata, v->model, &strata);
        if (v->status == NALG_OK) v->status = nalg_space_find(v->ctx, &space, v->model);
        if (v->status == NALG_OK) {
            v->status = check_ranks(&k, &space);
            nalg_space_clear(&space);
        }
        if (v->status == NALG_OK && v->valid) v->status = check_multiplicities(&k);
    }
    clear_ranks(&k);
    nalg_strata_clear(&k.strata);
    nalg_text_clear(&k.weights);
}
