/* Checking a dimension from its document: the minor mod p by the checker's own gradients and FLINT's
 * elimination, the upper bound by its proof tree or by symmetry fields that annihilate the gradients, and
 * every number that follows from these. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "certify/proof.h"
#include "core/memory.h"
#include "core/point.h"
#include "field/prime.h"
#include "geometry/local_verdict.h"
#include "geometry/ambient.h"
#include "geometry/chain.h"
#include "geometry/jacobian.h"
#include "geometry/prober.h"
#include "geometry/upper_bounds.h"
#include "geometry/verify.h"
#include "geometry/wider.h"
#include "model/weights.h"

/* Points at which symmetry fields must annihilate the gradients; each misses a false field with probability
 * below 2^-40. */
#define ANNIHILATION_SAMPLES 3
#define ANNIHILATION_TRIAL 900
/* Largest matrix, and work for sketches, for which the rank at every trial is computed again and not only the
 * certified minor. */
#define FULL_RANK_ENTRIES 4e6
#define FULL_RANK_WORK 2e9
/* Columns kept when fields have many entries: twice the fields and some. */
#define SPARE_COLUMNS 50

/* Entry of the minor's row: a parameter's derivative, or the derivative along a random direction. */
static uint64_t column_value(const nalg_prober *q, size_t index, bool sketch)
{
    if (!sketch) return q->gradient[index];
    uint64_t sum = 0, p = q->point.prime;
    for (size_t i = 0; i < q->parameters; i++)
        sum = nalg_add_mod(
            sum,
            nalg_multiply_mod(q->gradient[i],
                              nalg_point_value(&q->point, NALG_STREAM_DIRECTIONS, index * q->parameters + i),
                              p),
            p);
    return sum;
}

typedef struct {
    size_t *index;
    size_t count;
} index_list;

/* Distinct indices below a limit. */
static bool read_indices(nalg_verification *v, index_list *out, const json_t *array, size_t limit)
{
    *out = (index_list){nalg_array(json_array_size(array), sizeof(size_t)), json_array_size(array)};
    unsigned char *seen = nalg_array_zero(limit, 1);
    if (!out->index || !seen) v->status = nalg_fail_memory(v->ctx);
    bool ok = json_is_array(array) && out->index && seen;
    for (size_t i = 0; ok && i < out->count; i++) {
        const json_t *index = json_array_get(array, i);
        ok = json_is_integer(index) && json_integer_value(index) >= 0 &&
             (uint64_t)json_integer_value(index) < limit && !seen[json_integer_value(index)];
        if (!ok) break;
        out->index[i] = (size_t)json_integer_value(index);
        seen[out->index[i]] = 1;
    }
    free(seen);
    return ok;
}

/* Rows eliminated at once. */
#define BLOCK 128

/* Rows k .. end - 1 eliminated from those below, which keep the Schur complement; false when their square
 * block is singular. */
static bool eliminate_block(nmod_mat_t a, slong k, slong end, uint64_t prime)
{
    slong rows = nmod_mat_nrows(a), columns = nmod_mat_ncols(a);
    nmod_mat_t block, right, below, rest, inverse, factor, product;
    nmod_mat_window_init(block, a, k, k, end, end);
    nmod_mat_window_init(right, a, k, end, end, columns);
    nmod_mat_window_init(below, a, end, k, rows, end);
    nmod_mat_window_init(rest, a, end, end, rows, columns);
    nmod_mat_init(inverse, end - k, end - k, prime);
    nmod_mat_init(factor, end - k, columns - end, prime);
    nmod_mat_init(product, rows - end, columns - end, prime);
    bool regular = nmod_mat_inv(inverse, block);
    if (regular) {
        nmod_mat_mul(factor, inverse, right);
        nmod_mat_mul(product, below, factor);
        nmod_mat_sub(rest, rest, product);
    }
    nmod_mat_clear(product);
    nmod_mat_clear(factor);
    nmod_mat_clear(inverse);
    nmod_mat_window_clear(rest);
    nmod_mat_window_clear(below);
    nmod_mat_window_clear(right);
    nmod_mat_window_clear(block);
    return regular;
}

/* Rank mod p of a matrix, which is overwritten: by blocks, so that it can be stopped, as long as they are
 * regular; what is left by FLINT, with pivots. */
static size_t rank_by_blocks(nalg_verification *v, nmod_mat_t a, uint64_t prime)
{
    slong rows = nmod_mat_nrows(a), columns = nmod_mat_ncols(a), least = rows < columns ? rows : columns,
          k = 0;
    while (least - k > 2 * BLOCK && eliminate_block(a, k, k + BLOCK, prime)) {
        k += BLOCK;
        if (nalg_stopping(v->ctx)) v->status = nalg_checkpoint(v->ctx);
        if (v->status != NALG_OK) return 0;
    }
    nmod_mat_t rest;
    nmod_mat_window_init(rest, a, k, k, rows, columns);
    slong rank = k + nmod_mat_rank(rest);
    nmod_mat_window_clear(rest);
    return (size_t)rank;
}

/* Is the submatrix nonsingular mod p? */
static bool minor_nonsingular(nalg_verification *v, nalg_prober *q, const index_list *rows,
                              const index_list *samples, bool sketch)
{
    nmod_mat_t matrix;
    bool finite = true;
    nmod_mat_init(matrix, (slong)samples->count, (slong)rows->count, q->point.prime);
    for (size_t s = 0; s < samples->count && finite; s++) {
        if (nalg_stopping(v->ctx)) v->status = nalg_checkpoint(v->ctx);
        finite = v->status == NALG_OK && nalg_probe(q, samples->index[s]);
        for (size_t k = 0; k < rows->count && finite; k++)
            nmod_mat_entry(matrix, (slong)s, (slong)k) = column_value(q, rows->index[k], sketch);
        nalg_progress(v->ctx, "rebuilding the minor", s + 1, samples->count, NULL);
    }
    bool full = finite && rank_by_blocks(v, matrix, q->point.prime) == rows->count;
    nmod_mat_clear(matrix);
    return full;
}

/* The lower bound: `lower` of the evidence proves rank >= value. weights: residues of given weights, or NULL.
 */
static bool check_minor(nalg_verification *v, const json_t *lower, uint64_t value,
                        const nalg_weights *weights)
{
    const char *method = json_string_value(json_object_get(lower, "method"));
    uint64_t prime, seed, trial, samples, rank;
    if (!method || !nalg_json_get_unsigned(lower, "prime", &prime) ||
        !nalg_json_get_unsigned(lower, "seed", &seed) || !nalg_json_get_unsigned(lower, "trial", &trial) ||
        trial > UINT32_MAX || !nalg_json_get_unsigned(lower, "samples", &samples) ||
        !nalg_json_get_unsigned(lower, "rank", &rank) || rank != value || seed != nalg_ctx_seed(v->ctx))
        return false;
    bool sketch = !strcmp(method, "sketch");
    if (!sketch && strcmp(method, "gradient")) return false;
    if (prime >= NALG_PRIME_WORD_LIMIT || !nalg_is_prime(prime) || prime <= nalg_model_exponent(v->model) ||
        samples > UINT64_C(1) << 32)
        return false;
    index_list rows = {0}, columns = {0};
    nalg_prober q;
    uint64_t *residues = weights ? nalg_array(weights->count, sizeof *residues) : NULL;
    if (weights && !residues) v->status = nalg_fail_memory(v->ctx);
    bool ok = read_indices(v, &rows, json_object_get(lower, sketch ? "pivot_directions" : "pivot_parameters"),
                           sketch ? samples : v->model->parameters) &&
              read_indices(v, &columns, json_object_get(lower, "pivot_samples"), samples) &&
              rows.count == rank && columns.count == rank;
    if (ok && weights) ok = residues && nalg_weights_residues(weights, prime, residues);
    if (ok) {
        v->status =
            nalg_prober_create(v->ctx, &q, v->model, (nalg_point){prime, seed, (uint32_t)trial, residues});
        ok = v->status == NALG_OK;
        if (ok) {
            ok = minor_nonsingular(v, &q, &rows, &columns, sketch);
            nalg_prober_clear(&q);
        }
    }
    free(residues);
    free(rows.index);
    free(columns.index);
    return ok;
}

/* ---- upper bounds ---- */

static bool generate(nalg_verification *v, const nalg_symmetry *s, size_t index, nalg_vector_field *field)
{
    if (nalg_symmetry_field(s, index, field)) return true;
    v->status = nalg_fail_memory(v->ctx);
    return false;
}

/* Every field kills the gradients at random points, and the fields span `rank` dimensions there. */
static bool check_symmetries(nalg_verification *v, const nalg_model *model, uint64_t rank)
{
    nalg_symmetries s = {0};
    nalg_vector_field field = {0};
    nalg_prober q;
    nalg_point point = {.prime = nalg_prime_word(1, nalg_model_exponent(model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = ANNIHILATION_TRIAL};
    v->status = nalg_symmetries_find(v->ctx, &s, model);
    if (v->status != NALG_OK) return false;
    v->status = nalg_prober_create(v->ctx, &q, model, point);
    if (v->status != NALG_OK) {
        nalg_symmetries_clear(&s);
        return false;
    }
    size_t fields = nalg_symmetries_fields(&s), row = 0,
           columns = 2 * fields + SPARE_COLUMNS < model->parameters ? 2 * fields + SPARE_COLUMNS
                                                                    : model->parameters;
    bool ok = true;
    for (size_t sample = 0; ok && sample < ANNIHILATION_SAMPLES; sample++) {
        ok = nalg_probe(&q, sample);
        for (size_t i = 0; ok && i < s.count; i++)
            for (size_t f = 0; ok && f < s.item[i].fields; f++) {
                uint64_t sum = 0;
                ok = generate(v, &s.item[i], f, &field);
                for (size_t k = 0; ok && k < field.count; k++) {
                    int64_t r = field.term[k].coefficient % (int64_t)point.prime;
                    uint64_t value = (uint64_t)(r < 0 ? r + (int64_t)point.prime : r);
                    if (field.term[k].source >= 0)
                        value = nalg_multiply_mod(value, q.w[field.term[k].source], point.prime);
                    sum = nalg_add_mod(
                        sum, nalg_multiply_mod(value, q.gradient[field.term[k].target], point.prime),
                        point.prime);
                }
                ok = ok && sum == 0;
            }
    }
    nmod_mat_t matrix;
    nmod_mat_init(matrix, (slong)fields, (slong)columns, point.prime);
    for (size_t i = 0; ok && i < s.count; i++)
        for (size_t f = 0; ok && f < s.item[i].fields; f++, row++) {
            ok = generate(v, &s.item[i], f, &field);
            for (size_t k = 0; ok && k < field.count; k++) {
                int64_t r = field.term[k].coefficient % (int64_t)point.prime;
                uint64_t value = (uint64_t)(r < 0 ? r + (int64_t)point.prime : r),
                         target = field.term[k].target;
                if (field.term[k].source >= 0)
                    value = nalg_multiply_mod(value, q.w[field.term[k].source], point.prime);
                if (columns < model->parameters) { /* compress by random factors into random columns */
                    value = nalg_multiply_mod(value, nalg_point_value(&point, NALG_STREAM_DIRECTIONS, target),
                                              point.prime);
                    target = nalg_point_value(&point, NALG_STREAM_FUNCTIONALS, target) % columns;
                }
                mp_limb_t *at = &nmod_mat_entry(matrix, (slong)row, (slong)target);
                *at = nalg_add_mod(*at, value, point.prime);
            }
        }
    ok = ok && (uint64_t)nmod_mat_rank(matrix) >= rank;
    nmod_mat_clear(matrix);
    free(field.term);
    nalg_prober_clear(&q);
    nalg_symmetries_clear(&s);
    return ok;
}

/* Rank of the outputs of a block of the chain at random points, for the proof's steps that need independent
 * features. */
typedef struct {
    nalg_verification *verification;
    const nalg_chain *chain;
} head_user;

static size_t head_rank(void *user, size_t from, size_t to, bool with_constant)
{
    const head_user *h = user;
    const nalg_chain *c = h->chain;
    nalg_verification *v = h->verification;
    nalg_text phrase = {0};
    nalg_model *block = NULL;
    nalg_prober q;
    size_t rank = 0;
    nalg_text_format(&phrase, "input %zu", c->width[from]);
    for (size_t l = from + 1; l <= to; l++) {
        nalg_text_format(&phrase, " | dense %zu%s", c->width[l], c->bias ? " bias" : "");
        if (l == to || !c->activation[l]) continue;
        nalg_text_string(&phrase, " | ");
        nalg_rational_function_print(c->activation[l], &phrase);
    }
    nalg_status status = phrase.failed ? nalg_fail_memory(v->ctx)
                                       : nalg_model_parse(v->ctx, &block, phrase.data, phrase.length);
    nalg_text_clear(&phrase);
    if (status == NALG_OK) {
        nalg_point point = {.prime = nalg_prime_word(2, nalg_model_exponent(block)),
                            .seed = nalg_ctx_seed(v->ctx),
                            .trial = ANNIHILATION_TRIAL + 1};
        status = nalg_prober_create(v->ctx, &q, block, point);
    }
    if (status == NALG_OK) {
        nmod_mat_t matrix;
        size_t width = c->width[to], columns = width + with_constant;
        nmod_mat_init(matrix, (slong)columns + 2, (slong)columns, q.point.prime);
        bool ok = true;
        for (size_t s = 0; ok && s < columns + 2; s++) {
            ok = nalg_probe(&q, s);
            for (size_t k = 0; ok && k < width; k++)
                nmod_mat_entry(matrix, (slong)s, (slong)k) = nalg_sweep_outputs(&q.sweep)[k];
            if (with_constant) nmod_mat_entry(matrix, (slong)s, (slong)width) = 1;
        }
        rank = ok ? (size_t)nmod_mat_rank(matrix) : 0;
        nmod_mat_clear(matrix);
        nalg_prober_clear(&q);
    }
    nalg_model_free(block);
    if (status != NALG_OK) v->status = status;
    return rank;
}

static bool check_recursion(nalg_verification *v, const json_t *proof, uint64_t value)
{
    nalg_chain chain;
    nalg_proof_chain c = {0};
    uint64_t *exponents[NALG_CHAIN_LIMIT + 1] = {0};
    if (!nalg_chain_read(&chain, v->model)) return false;
    head_user user = {v, &chain};
    c.layers = chain.layers;
    c.bias = chain.bias;
    c.head_rank = head_rank;
    c.user = &user;
    memcpy(c.width, chain.width, sizeof chain.width);
    bool ok = true, starved = false;
    c.out_of_memory = &starved;
    for (size_t l = 1; l < chain.layers; l++) {
        const nalg_rational_function *f = chain.activation[l];
        nalg_proof_activation *a = &c.activation[l];
        a->identity = !f;
        a->scales = nalg_chain_scales(&chain, l);
        if (!f || !nalg_rational_function_is_polynomial(f)) continue;
        a->count = f->numerator.count;
        exponents[l] = nalg_array(a->count, sizeof(uint64_t));
        starved = starved || !exponents[l];
        ok = ok && exponents[l];
        for (size_t i = 0; ok && i < a->count; i++) exponents[l][i] = f->numerator.term[i].exponent;
        a->exponent = exponents[l];
    }
    ok = ok && nalg_proof_check(&c, proof, value);
    for (size_t l = 1; l < chain.layers; l++) free(exponents[l]);
    if (starved && v->status == NALG_OK) v->status = nalg_fail_memory(v->ctx);
    return ok;
}

static bool check_upper(nalg_verification *v, const json_t *upper, uint64_t value);

/* The bound of a model that includes this one, derived again from the programs of this one. */
static bool check_wider(nalg_verification *v, const json_t *proof, uint64_t value)
{
    const char *pipeline = json_string_value(json_object_get(proof, "pipeline"));
    const nalg_model *model = v->model;
    nalg_model *wider = NULL;
    v->status = nalg_wider_model(v->ctx, &wider, model);
    bool ok = v->status == NALG_OK && wider && pipeline && !strcmp(pipeline, wider->pipeline);
    if (ok) {
        v->model = wider; /* it has no linear programs, so this ends */
        ok = check_upper(v, json_object_get(proof, "upper"), value);
        v->model = model;
    }
    nalg_model_free(wider);
    return ok;
}

/* The bound in force, by what it rests on. */
static bool check_upper(nalg_verification *v, const json_t *upper, uint64_t value)
{
    const char *kind = json_string_value(json_object_get(upper, "kind"));
    const json_t *proof = json_object_get(upper, "proof");
    uint64_t claimed, rank;
    if (!kind || !nalg_json_get_unsigned(upper, "value", &claimed) || claimed != value) return false;
    if (!strcmp(kind, "parameters")) return value == v->model->parameters;
    if (!strcmp(kind, "symmetries"))
        return nalg_json_get_unsigned(upper, "symmetry_rank", &rank) && rank <= v->model->parameters &&
               value == v->model->parameters - rank && check_symmetries(v, v->model, rank);
    if (!strcmp(kind, "recursion")) return check_recursion(v, proof, value);
    if (!strcmp(kind, "wider")) return check_wider(v, proof, value);
    if (!strcmp(kind, "narrower")) {
        const char *pipeline = json_string_value(json_object_get(proof, "pipeline"));
        nalg_model *narrow = NULL;
        if (!pipeline || !nalg_json_get_unsigned(proof, "symmetry_rank", &rank)) return false;
        v->status = nalg_model_parse(v->ctx, &narrow, pipeline, strlen(pipeline));
        bool ok = v->status == NALG_OK && rank <= narrow->parameters && value == narrow->parameters - rank &&
                  check_symmetries(v, narrow, rank);
        nalg_model_free(narrow);
        return ok; /* that the wider model lies inside is part of the list of bounds, derived again below */
    }
    return !strcmp(kind, "ambient") || !strcmp(kind, "heads") ||
           !strcmp(kind, "coefficients"); /* closed formulas, compared with the list derived again below */
}

/* ---- the rest of the document ---- */

static bool same(const json_t *object, const char *key, json_t *derived)
{
    bool equal = derived && json_equal(json_object_get(object, key), derived);
    json_decref(derived);
    return equal;
}

static void check_derived(nalg_verification *v, uint64_t dimension, uint64_t upper)
{
    nalg_upper_bounds b = {0};
    nalg_ambient ambient = {0};
    uint64_t value;
    json_t *again = json_object();
    v->status = nalg_upper_bounds_find(v->ctx, &b, v->model);
    if (v->status == NALG_OK)
        v->status = nalg_ambient_find(v->ctx, &ambient, v->model, nalg_model_exponent(v->model));
    if (v->status == NALG_OK && (!again || nalg_ambient_describe(again, &ambient, dimension, &b)))
        v->status = nalg_fail_memory(v->ctx);
    if (v->status == NALG_OK) {
        bool bounds = b.least == upper && same(v->result, "upper_bounds", nalg_upper_bounds_list(&b)) &&
                      same(v->evidence, "upper", nalg_upper_bounds_certificate(&b)) &&
                      same(v->result, "symmetries", nalg_upper_bounds_symmetries(&b));
        nalg_verification_record(v, "the list of upper bounds and symmetries follows from the model", bounds,
                                 "%zu bounds, %zu symmetries", b.count, b.symmetries.count);
        const char *const keys[] = {"ambient", "ambient_method", "expected", "defect", "filling"};
        bool described = true;
        for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
            described =
                described && json_equal(json_object_get(v->result, keys[i]), json_object_get(again, keys[i]));
        nalg_verification_record(v, "ambient, expected dimension, defect and filling follow", described,
                                 "span, and parameters minus symmetries");
    }
    bool sums = nalg_json_get_unsigned(v->result, "parameters", &value) && value == v->model->parameters &&
                nalg_json_get_unsigned(v->result, "fiber_dimension", &value) &&
                value == v->model->parameters - dimension;
    nalg_verification_record(v, "parameters = dimension + fiber dimension", sums, "%zu parameters",
                             v->model->parameters);
    nalg_upper_bounds_clear(&b);
    nalg_ambient_clear(&ambient);
    json_decref(again);
}

/* Rank of all samples at a point, by the checker's gradients and FLINT; SIZE_MAX when it is too large to be
 * worth it. */
static size_t whole_rank(nalg_verification *v, nalg_point point, size_t samples, bool sketch)
{
    nalg_prober q;
    size_t columns = sketch ? samples : v->model->parameters, rank = SIZE_MAX;
    if ((double)samples * (double)columns > FULL_RANK_ENTRIES ||
        (sketch && (double)samples * (double)columns * (double)v->model->parameters > FULL_RANK_WORK))
        return rank;
    v->status = nalg_prober_create(v->ctx, &q, v->model, point);
    if (v->status != NALG_OK) return rank;
    nmod_mat_t matrix;
    bool finite = true;
    nmod_mat_init(matrix, (slong)samples, (slong)columns, point.prime);
    for (size_t s = 0; s < samples && finite; s++) {
        if (nalg_stopping(v->ctx)) v->status = nalg_checkpoint(v->ctx);
        finite = v->status == NALG_OK && nalg_probe(&q, s);
        for (size_t k = 0; k < columns && finite; k++)
            nmod_mat_entry(matrix, (slong)s, (slong)k) = column_value(&q, k, sketch);
    }
    rank = finite ? rank_by_blocks(v, matrix, point.prime) : 0;
    nmod_mat_clear(matrix);
    nalg_prober_clear(&q);
    return rank;
}

/* Every trial is another point over another prime, with the rank that is claimed; the best one is the
 * witness; the search stopped when it met the upper bound and not before. */
static bool check_trials(nalg_verification *v, uint64_t lower, uint64_t upper, double *log_epsilon)
{
    uint64_t degree;
    v->status = nalg_jacobian_degree(v->ctx, &degree, v->model);
    if (v->status != NALG_OK) return false;
    const json_t *trials = json_object_get(v->evidence, "trials"),
                 *witness = json_object_get(v->evidence, "lower");
    const char *method = json_string_value(json_object_get(witness, "method"));
    uint64_t best_prime, best_trial, samples;
    size_t count = json_array_size(trials);
    bool seen = false;
    *log_epsilon = 0;
    if (!json_is_array(trials) || !count || count > NALG_DIM_MOST_TRIALS || !method ||
        !nalg_json_get_unsigned(witness, "prime", &best_prime) ||
        !nalg_json_get_unsigned(witness, "trial", &best_trial) ||
        !nalg_json_get_unsigned(witness, "samples", &samples))
        return false;
    for (size_t i = 0; i < count; i++) {
        const json_t *trial = json_array_get(trials, i);
        uint64_t prime, rank, number;
        if (!nalg_json_get_unsigned(trial, "prime", &prime) ||
            !nalg_json_get_unsigned(trial, "rank", &rank) ||
            !nalg_json_get_unsigned(trial, "trial", &number) || prime <= nalg_model_exponent(v->model) ||
            prime >= NALG_PRIME_WORD_LIMIT || !nalg_is_prime(prime) || number % NALG_DIM_MOST_TRIALS != i ||
            number > UINT32_MAX || rank > lower || (rank == upper && i + 1 < count))
            return false;
        if (prime == best_prime && number == best_trial) seen = rank == lower;
        size_t again = whole_rank(v, (nalg_point){prime, nalg_ctx_seed(v->ctx), (uint32_t)number, NULL},
                                  samples, !strcmp(method, "sketch"));
        if (v->status != NALG_OK || (again != SIZE_MAX && again != rank)) return false;
        double chance =
            ((double)rank + 1) * (double)degree / (double)prime; /* of a minor one larger vanishing here */
        *log_epsilon += chance < 1 ? log10(chance) : 0;
    }
    return seen;
}

/* The status says no more than the bounds do, and an error bound below 1 needs primes that justify it. */
static void check_status(nalg_verification *v, uint64_t lower, uint64_t upper)
{
    const char *status = json_string_value(json_object_get(v->evidence, "status"));
    const json_t *epsilon = json_object_get(v->evidence, "epsilon");
    double log_epsilon = 0;
    bool trials = check_trials(v, lower, upper, &log_epsilon);
    if (v->status != NALG_OK) return;
    nalg_verification_record(v, "the trials have the ranks that are claimed", trials, "%zu points",
                             json_array_size(json_object_get(v->evidence, "trials")));
    double claimed = json_is_number(epsilon) ? json_number_value(epsilon) : -1;
    bool proved = lower == upper && claimed == 0 && status && !strcmp(status, "proved");
    bool probable = lower < upper && claimed > 0 && fabs(log10(claimed) - log_epsilon) < 1e-9 && status &&
                    !strcmp(status, "probable");
    nalg_verification_record(v, "the evidence says no more than the bounds", proved || probable, "%s",
                             status ? status : "no status");
}

/* The sentence on identifiability follows from the ranks and from the symmetries of the model. */
static void check_local_verdict(nalg_verification *v, const nalg_weights *weights, uint64_t dimension,
                                uint64_t rank)
{
    nalg_upper_bounds b = {0};
    char *sentence = NULL;
    const char *claimed = json_string_value(json_object_get(v->result, "local_identifiability"));
    v->status = nalg_upper_bounds_find(v->ctx, &b, v->model);
    if (v->status == NALG_OK) v->status = nalg_local_verdict(v->ctx, &sentence, &b, weights, dimension, rank);
    if (v->status == NALG_OK)
        nalg_verification_record(v, "identifiability at the given weights follows from the ranks",
                                 claimed && !strcmp(claimed, sentence), "%s", sentence);
    free(sentence);
    nalg_upper_bounds_clear(&b);
}

/* With weights: the minor at that very point. */
static void check_local(nalg_verification *v)
{
    const json_t *local = json_object_get(v->result, "local_evidence"),
                 *list = json_object_get(local, "weights");
    uint64_t value, dimension, upper;
    if (json_is_null(json_object_get(v->result, "local_dimension")) && !local) return;
    nalg_text all = {0};
    nalg_weights weights = {0};
    nalg_weights_text(&all, list);
    bool ok = nalg_json_get_unsigned(v->result, "local_dimension", &value) &&
              nalg_json_get_unsigned(v->result, "dimension", &dimension) &&
              nalg_json_get_unsigned(v->result, "upper_bound", &upper) && !all.failed && all.data &&
              nalg_weights_parse(v->ctx, &weights, all.data, all.length, v->model->parameters) == NALG_OK &&
              check_minor(v, json_object_get(local, "lower"), value, &weights);
    if (v->status == NALG_OK && (all.failed || nalg_ctx_last_error(v->ctx).status == NALG_E_MEMORY))
        v->status = nalg_fail_memory(v->ctx);
    const char *status = json_string_value(json_object_get(local, "status"));
    ok = ok && value <= dimension && status && !strcmp(status, value == upper ? "proved" : "probable");
    nalg_verification_record(v, "the minor at the given weights is nonsingular mod p", ok, "local dimension");
    if (ok && v->status == NALG_OK) check_local_verdict(v, &weights, dimension, value);
    nalg_weights_clear(&weights);
    nalg_text_clear(&all);
}

void nalg_verify_dim(nalg_verification *v)
{
    uint64_t dimension = 0, lower = 0, upper = 0;
    bool bounds = nalg_json_get_unsigned(v->result, "dimension", &dimension) &&
                  nalg_json_get_unsigned(v->result, "lower_bound", &lower) &&
                  nalg_json_get_unsigned(v->result, "upper_bound", &upper) && dimension == lower &&
                  lower <= upper && dimension <= v->model->parameters;
    nalg_verification_record(v, "lower bound = dimension <= upper bound", bounds, "%llu <= %llu",
                             (unsigned long long)lower, (unsigned long long)upper);
    if (!bounds) return;
    bool minor = check_minor(v, json_object_get(v->evidence, "lower"), lower, NULL);
    if (v->status != NALG_OK) return;
    nalg_verification_record(v, "a minor of this size is nonsingular mod p", minor, "dimension >= %llu",
                             (unsigned long long)lower);
    bool above = check_upper(v, json_object_get(v->evidence, "upper"), upper);
    if (v->status != NALG_OK) return;
    nalg_verification_record(v, "the upper bound is derived again", above, "dimension <= %llu",
                             (unsigned long long)upper);
    check_derived(v, dimension, upper);
    check_status(v, lower, upper);
    if (v->status == NALG_OK) check_local(v);
}
