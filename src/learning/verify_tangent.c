/* Checking `tangent`: the rank with the checker's own gradients modulo another prime, the sums over the
 * spectrum from the spectrum, and the whole computed again.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/prober.h"
#include "learning/flow_data.h"
#include "learning/tangent_rank.h"
#include "learning/verify_learning.h"
#include "neuroalg/learning.h"

#define TOLERANCE 1e-6 /* of numbers that are sums of eigenvalues */

typedef struct {
    nalg_verification *v;
    nalg_tangent_options options;
    nalg_text text; /* weights */
    nalg_weights exact;
    nalg_data given;
    nalg_flow_data data;
    double *inputs, *targets, *spectrum;
    size_t count;
} checker;

/* ---- the question ---- */

static bool read_inputs(checker *k, const json_t *list)
{
    const nalg_model *model = k->v->model;
    size_t n = nalg_shape_size(&model->layers->in), m = nalg_shape_size(&model->layers->out),
           entries = json_array_size(list);
    if (json_is_null(list)) return true;
    if (!entries || entries % n || entries / n != k->options.samples) return false;
    k->inputs = nalg_array(entries, sizeof *k->inputs);
    k->targets = nalg_array_zero(entries / n * m, sizeof *k->targets);
    for (size_t i = 0; k->inputs && i < entries; i++) {
        if (!json_is_number(json_array_get(list, i))) return false;
        k->inputs[i] = json_number_value(json_array_get(list, i));
    }
    k->given = (nalg_data){.inputs = k->inputs,
                           .targets = k->targets,
                           .samples = entries / n,
                           .input_size = n,
                           .output_size = m};
    k->options.data = &k->given;
    return k->inputs && k->targets;
}

static bool read_question(checker *k)
{
    const json_t *question = json_object_get(k->v->evidence, "question"),
                 *weights = json_object_get(question, "weights"),
                 *ridge = json_object_get(k->v->result, "ridge");
    uint64_t samples;
    nalg_tangent_options_init(&k->options);
    if (!json_is_object(question) || !json_is_number(ridge) || !(json_number_value(ridge) > 0) ||
        !nalg_json_get_unsigned(k->v->result, "samples", &samples) || !samples)
        return false;
    k->options.ridge = json_number_value(ridge);
    k->options.samples = samples;
    if (!json_is_null(weights)) {
        if (!nalg_verification_weights(&k->text, weights)) return false;
        k->options.weights = k->text.data;
        k->options.weights_length = strlen(k->text.data);
    }
    return read_inputs(k, json_object_get(question, "inputs"));
}

/* Weights and inputs as the command took them. */
static bool prepare(checker *k)
{
    const nalg_model *model = k->v->model;
    nalg_ctx *ctx = k->v->ctx;
    if (nalg_flow_data_prepare(ctx, &k->data, model, k->options.data, k->options.samples,
                               NALG_LOSS_SQUARED) != NALG_OK)
        return false;
    if (k->options.weights)
        return nalg_weights_parse(ctx, &k->exact, k->options.weights, k->options.weights_length,
                                  model->parameters) == NALG_OK;
    double *w = nalg_array(model->parameters, sizeof *w);
    bool ok = w && nalg_flow_start(ctx, w, model, 0, 1) == NALG_OK &&
              nalg_weights_from_doubles(ctx, &k->exact, w, model->parameters) == NALG_OK;
    free(w);
    return ok;
}

/* ---- the rank ---- */

static bool fill(checker *k, nalg_prober *q, nmod_mat_t matrix, const uint64_t *x)
{
    size_t row = 0;
    for (size_t s = 0; s < k->data.view.samples; s++)
        for (size_t o = 0; o < q->outputs; o++, row++) {
            for (size_t i = 0; i < q->outputs; i++) q->c[i] = i == o;
            if (!nalg_sweep_run(&q->sweep, NULL, q->gradient, q->w, x + s * q->inputs, q->c)) return false;
            for (size_t i = 0; i < q->parameters; i++) matrix->rows[row][i] = q->gradient[i];
        }
    return true;
}

static void check_rank(checker *k)
{
    nalg_verification *v = k->v;
    nalg_prober q;
    nalg_weights inputs = {0};
    nmod_mat_t matrix;
    uint64_t claimed;
    const nalg_data *d = &k->data.view;
    nalg_point point = {.prime = nalg_prime_below(NALG_VERIFY_LEARNING_PRIME, nalg_model_exponent(v->model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = NALG_VERIFY_LEARNING_TRIAL};
    v->status = nalg_prober_create(v->ctx, &q, v->model, point);
    if (v->status != NALG_OK) return;
    v->status = nalg_weights_from_doubles(v->ctx, &inputs, d->inputs, d->samples * d->input_size);
    uint64_t *x = nalg_array(inputs.count, sizeof *x);
    nmod_mat_init(matrix, (slong)(d->samples * d->output_size), (slong)v->model->parameters, point.prime);
    bool ok = v->status == NALG_OK && x && nalg_weights_residues(&inputs, point.prime, x) &&
              nalg_weights_residues(&k->exact, point.prime, q.w) && fill(k, &q, matrix, x);
    size_t rank = ok ? (size_t)nmod_mat_rank(matrix) : 0;
    ok = ok && nalg_json_get_unsigned(v->result, "rank", &claimed) && claimed == rank;
    nalg_verification_record(v, "J has this rank modulo another prime, by other gradients", ok, "%zu", rank);
    nmod_mat_clear(matrix);
    nalg_weights_clear(&inputs);
    nalg_prober_clear(&q);
    free(x);
}

/* ---- the spectrum ---- */

static bool near(const json_t *claimed, double value)
{
    return json_is_number(claimed) && fabs(json_number_value(claimed) - value) <= TOLERANCE * fabs(value);
}

static bool read_spectrum(checker *k)
{
    const json_t *list = json_object_get(k->v->result, "spectrum");
    k->count = json_array_size(list);
    k->spectrum = nalg_array(k->count, sizeof *k->spectrum);
    for (size_t i = 0; k->spectrum && i < k->count; i++) {
        k->spectrum[i] = json_number_value(json_array_get(list, i));
        if (!json_is_number(json_array_get(list, i)) || k->spectrum[i] < 0 ||
            (i && k->spectrum[i] > k->spectrum[i - 1]))
            return false;
    }
    return k->spectrum && json_is_array(list);
}

static void check_sums(checker *k)
{
    double trace = 0, dimension = 0, level = k->count ? k->options.ridge * k->spectrum[0] : 0;
    for (size_t i = 0; i < k->count; i++) {
        trace += k->spectrum[i];
        dimension += k->spectrum[i] > 0 ? k->spectrum[i] / (k->spectrum[i] + level) : 0;
    }
    bool ok = near(json_object_get(k->v->result, "trace"), trace) &&
              near(json_object_get(k->v->result, "effective_dimension"), dimension);
    nalg_verification_record(k->v, "trace and effective dimension follow from the spectrum, which decreases",
                             ok, "%zu eigenvalues", k->count);
}

/* Eigenvalues again: those at the level of rounding differ between machines. */
static void ask_again(checker *k)
{
    static const char *const except[] = {"spectrum", "largest_beyond_rank", NULL};
    nalg_verification *v = k->v;
    nalg_result *again = NULL;
    nalg_status status = nalg_tangent(v->ctx, &again, v->model, &k->options);
    const json_t *list =
        status == NALG_OK ? json_object_get(json_object_get(again->document, "result"), "spectrum") : NULL;
    double slack = k->count ? 1e-9 * k->spectrum[0] : 0;
    bool same = json_array_size(list) == k->count;
    for (size_t i = 0; i < k->count && same; i++)
        same = fabs(json_number_value(json_array_get(list, i)) - k->spectrum[i]) <= slack;
    if (status == NALG_OK) {
        const json_t *beyond = json_object_get(v->evidence, "largest_beyond_rank");
        same = same && json_is_real(beyond) && fabs(json_real_value(beyond)) <= fmax(slack, 0);
        nalg_verification_record(v, "the eigenvalues are the same again", same, "up to 1e-9 of the largest");
    }
    nalg_verification_compare(v, status, again, TOLERANCE, except);
}

void nalg_verify_tangent(nalg_verification *v)
{
    checker k = {.v = v};
    v->strength = "numerical"; /* the spectrum */
    if (json_is_null(json_object_get(v->evidence, "question"))) {
        v->status = nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "ask with fewer samples",
                              "the weights and the data were too many to be recorded");
        return;
    }
    bool readable = read_question(&k) && prepare(&k) && read_spectrum(&k);
    nalg_verification_record(v, "weights, data and spectrum can be read", readable, "%zu samples",
                             k.options.samples);
    if (v->valid) check_rank(&k);
    if (v->valid && v->status == NALG_OK) check_sums(&k);
    if (v->valid && v->status == NALG_OK) ask_again(&k);
    nalg_flow_data_clear(&k.data);
    nalg_weights_clear(&k.exact);
    nalg_text_clear(&k.text);
    free(k.inputs);
    free(k.targets);
    free(k.spectrum);
}
