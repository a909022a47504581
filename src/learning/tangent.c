/* `tangent`: the tangent kernel J J^T of a model on data, J the derivatives of all outputs at all samples by the weights. It governs how
 * fast gradient flow lowers the error in each direction of function space (Jacot, Gabriel, Hongler 2018).
 *
 * The spectrum comes from the singular values of J, which keeps small eigenvalues accurate to the square of the rounding error; only when
 * that would take too long from a Gram matrix. The rank is exact (tangent_rank.c).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/blas.h"
#include "field/lapack.h"
#include "learning/flow_data.h"
#include "learning/tangent_rank.h"
#include "model/document.h"
#include "neuroalg/learning.h"

#define DEFAULT_RIDGE 1e-3
/* Entries of J; smaller side with a Gram matrix; operations of a singular value decomposition, which cannot be interrupted. */
#define ENTRIES_LIMIT ((size_t)1 << 26)
#define GRAM_LIMIT 800
#define DECOMPOSITION_LIMIT 5e8
/* Columns of J multiplied at a time. */
#define GRAM_BLOCK 256

void nalg_tangent_options_init(nalg_tangent_options *options)
{
    *options = (nalg_tangent_options){.ridge = DEFAULT_RIDGE};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_tangent_options *options;
    nalg_flow_data data;
    nalg_weights exact;
    double *w, *matrix, *eigenvalue;
    size_t rows, columns, count; /* count: of eigenvalues, the smaller of both */
    bool gram;
    nalg_tangent_rank rank;
} computation;

static nalg_status prepare_weights(computation *c)
{
    const nalg_tangent_options *o = c->options;
    nalg_status status = NALG_OK;
    c->w = nalg_array(c->columns, sizeof *c->w);
    if (!c->w) return nalg_fail_memory(c->ctx);
    if (nalg_model_has_point(c->model, o->weights)) {
        status = nalg_model_point(c->ctx, &c->exact, c->model, o->weights, o->weights_length);
        for (size_t i = 0; status == NALG_OK && i < c->columns; i++) c->w[i] = fmpq_get_d(&c->exact.value[i]);
        return status;
    }
    status = nalg_flow_start(c->ctx, c->w, c->model, 0, 1);
    return status == NALG_OK ? nalg_weights_from_doubles(c->ctx, &c->exact, c->w, c->columns) : status;
}

static nalg_status check_size(computation *c)
{
    size_t entries;
    c->rows = c->data.view.samples * c->data.view.output_size;
    c->count = c->rows < c->columns ? c->rows : c->columns;
    double work = (double)c->rows * (double)c->columns * (double)c->count;
    c->gram = work > DECOMPOSITION_LIMIT;
    if (nalg_size_multiply(&entries, c->rows, c->columns) && entries <= ENTRIES_LIMIT && (!c->gram || c->count <= GRAM_LIMIT)) return NALG_OK;
    return nalg_fail(c->ctx, NALG_E_LIMIT, "--data", "use fewer samples, so that samples times outputs are at most 800",
                     "the Jacobian with %zu rows and %zu columns is too large", c->rows, c->columns);
}

static nalg_status find_jacobian(computation *c)
{
    nalg_loss *loss;
    nalg_status status = nalg_loss_create(c->ctx, &loss, c->model, NALG_LOSS_SQUARED, &c->data.view);
    if (status != NALG_OK) return status;
    c->matrix = nalg_array(c->rows, c->columns * sizeof *c->matrix);
    if (!c->matrix) status = nalg_fail_memory(c->ctx);
    else if (!nalg_loss_jacobian(loss, c->matrix, c->w) && (status = nalg_checkpoint(c->ctx)) == NALG_OK)
        status = nalg_fail(c->ctx, NALG_E_UNSUPPORTED, NULL, "move the weights or the inputs a little", "the model has a pole at a sample, or overflows");
    nalg_loss_free(loss);
    return status == NALG_OK ? nalg_checkpoint(c->ctx) : status;
}

/* The Gram matrix of the shorter side, block by block of the longer one. */
static nalg_status gram_matrix(computation *c, double *gram)
{
    bool wide = c->rows <= c->columns;
    size_t n = c->count, length = wide ? c->columns : c->rows;
    double *block = nalg_array(GRAM_BLOCK * n, 2 * sizeof *block), *turned = block ? block + GRAM_BLOCK * n : NULL;
    nalg_status status = block ? NALG_OK : nalg_fail_memory(c->ctx);
    nalg_blas_threads_push();
    for (size_t first = 0; status == NALG_OK && first < length; first += GRAM_BLOCK) {
        size_t width = length - first < GRAM_BLOCK ? length - first : GRAM_BLOCK;
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < width; k++)
                turned[k * n + i] = block[i * width + k] = wide ? c->matrix[i * c->columns + first + k] : c->matrix[(first + k) * c->columns + i];
        nalg_blas_dgemm(n, n, width, 1, block, width, turned, n, first ? 1 : 0, gram, n);
        status = nalg_checkpoint(c->ctx);
    }
    nalg_blas_threads_pop();
    free(block);
    return status;
}

static nalg_status find_spectrum(computation *c)
{
    size_t n = c->count;
    c->eigenvalue = nalg_array(n, sizeof *c->eigenvalue);
    if (!c->eigenvalue) return nalg_fail_memory(c->ctx);
    if (!c->gram) {
        if (!nalg_singular_values(c->eigenvalue, c->matrix, c->rows, c->columns))
            return nalg_fail(c->ctx, NALG_E_INTERNAL, NULL, NULL, "the singular value decomposition did not converge");
        for (size_t i = 0; i < n; i++) c->eigenvalue[i] *= c->eigenvalue[i];
        return nalg_checkpoint(c->ctx);
    }
    double *gram = nalg_array(n, n * sizeof *gram);
    nalg_status status = gram ? gram_matrix(c, gram) : nalg_fail_memory(c->ctx);
    if (status == NALG_OK && !nalg_symmetric_eigen(c->eigenvalue, gram, n, false))
        status = nalg_fail(c->ctx, NALG_E_INTERNAL, NULL, NULL, "the eigenvalue iteration did not converge");
    free(gram);
    for (size_t i = 0; status == NALG_OK && i < n / 2; i++) {
        double swap = c->eigenvalue[i];
        c->eigenvalue[i] = c->eigenvalue[n - 1 - i];
        c->eigenvalue[n - 1 - i] = swap;
    }
    for (size_t i = 0; status == NALG_OK && i < n; i++) c->eigenvalue[i] = fmax(0, c->eigenvalue[i]);
    return status == NALG_OK ? nalg_checkpoint(c->ctx) : status;
}

/* ---- the document ---- */

static double ridge(const computation *c)
{
    return c->options->ridge > 0 ? c->options->ridge : DEFAULT_RIDGE;
}

/* sum of e / (e + ridge * largest): how many directions are learned at this scale (Zhang 2005, section 3). */
static double effective_dimension(const computation *c)
{
    double sum = 0, level = c->count ? ridge(c) * c->eigenvalue[0] : 0;
    for (size_t i = 0; i < c->count; i++) sum += c->eigenvalue[i] > 0 ? c->eigenvalue[i] / (c->eigenvalue[i] + level) : 0;
    return sum;
}

static json_t *answer_json(const computation *c)
{
    const nalg_tangent_rank *r = &c->rank;
    double trace = 0, squares = 0, largest = c->count ? c->eigenvalue[0] : 0, least = r->rank ? c->eigenvalue[r->rank - 1] : 0;
    json_t *spectrum = json_array();
    for (size_t i = 0; i < c->count; i++) {
        trace += c->eigenvalue[i];
        squares += c->eigenvalue[i] * c->eigenvalue[i];
        json_array_append_new(spectrum, json_real(c->eigenvalue[i]));
    }
    json_t *rank_evidence = json_pack("{s:s, s:o, s:s, s:o, s:o, s:o}", "status", r->rank == r->upper ? "proved" : "probable", "upper_bound",
                                      nalg_json_unsigned(r->upper), "upper_bound_by", r->upper_kind, "lower_bound", nalg_json_unsigned(r->rank), "primes",
                                      json_pack("[o, o]", nalg_json_unsigned(r->prime[0]), nalg_json_unsigned(r->prime[1])), "ranks",
                                      json_pack("[o, o]", nalg_json_unsigned(r->at_prime[0]), nalg_json_unsigned(r->at_prime[1])));
    return json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:f, s:f, s:o, s:o, s:o, s:f, s:o}", "samples", nalg_json_unsigned(c->data.view.samples), "data",
                     c->data.random ? "random" : "given", "weights", nalg_model_has_point(c->model, c->options->weights) ? "given" : "random", "rows", nalg_json_unsigned(c->rows), "parameters",
                     nalg_json_unsigned(c->columns), "rank", nalg_json_unsigned(r->rank), "rank_evidence", rank_evidence, "effective_dimension",
                     effective_dimension(c), "ridge", ridge(c), "participation_ratio", squares > 0 ? json_real(trace * trace / squares) : json_null(), "condition",
                     least > 0 ? json_real(largest / least) : json_null(), "smallest_positive", least > 0 ? json_real(least) : json_null(), "trace", trace, "spectrum",
                     spectrum);
}

/* Numbers of a question that is recorded. */
#define RECORDED 50000

/* Given weights (exactly) and inputs, for `verify`; null where they were drawn. Null altogether when they are too many. */
static json_t *question_json(const computation *c)
{
    bool weights = nalg_model_has_point(c->model, c->options->weights);
    size_t inputs = c->data.random ? 0 : c->data.view.samples * c->data.view.input_size;
    if ((weights ? c->columns : 0) + inputs > RECORDED) return json_null();
    json_t *list = inputs ? json_array() : json_null();
    for (size_t i = 0; list && i < inputs; i++) json_array_append_new(list, json_real(c->data.view.inputs[i]));
    return json_pack("{s:o, s:o}", "weights", weights ? nalg_weights_json(&c->exact) : json_null(), "inputs", list);
}

static json_t *evidence_json(const computation *c)
{
    double largest = c->count ? c->eigenvalue[0] : 0, size = (double)(c->rows > c->columns ? c->rows : c->columns);
    double below = c->rank.rank < c->count ? c->eigenvalue[c->rank.rank] : 0; /* zero but for rounding */
    return json_pack("{s:s, s:s, s:f, s:f, s:s, s:o}", "status", "numerical", "spectrum_by", c->gram ? "eigenvalues of a Gram matrix" : "singular values", "rounding",
                     (c->gram ? 1.0 : 2.2e-16 * size) * 2.2e-16 * size * largest, "largest_beyond_rank", below, "rank",
                     c->rank.rank == c->rank.upper ? "proved" : "probable", "question", question_json(c));
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    size_t samples = c->options->samples, outputs = nalg_shape_size(&c->model->layers->out), inputs = nalg_shape_size(&c->model->layers->in);
    if (!samples) { /* as many rows as weights, or what the eigenvalues allow */
        samples = inputs + (c->columns + outputs - 1) / outputs;
        if (samples > GRAM_LIMIT / outputs) samples = outputs > GRAM_LIMIT ? 1 : GRAM_LIMIT / outputs;
    }
    nalg_status status = nalg_flow_data_prepare(c->ctx, &c->data, c->model, c->options->data, samples, NALG_LOSS_SQUARED);
    if (status == NALG_OK) status = check_size(c);
    if (status == NALG_OK) status = prepare_weights(c);
    if (status == NALG_OK) status = find_jacobian(c);
    if (status == NALG_OK) status = find_spectrum(c);
    if (status == NALG_OK) status = nalg_tangent_rank_find(c->ctx, &c->rank, c->model, &c->exact, &c->data.view);
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "tangent", started, nalg_model_document(c->model), answer_json(c), evidence_json(c));
}

nalg_status nalg_tangent(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_tangent_options *options)
{
    nalg_tangent_options defaults;
    nalg_tangent_options_init(&defaults);
    if (!options) options = &defaults;
    if (!(options->ridge >= 0) || !isfinite(options->ridge))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "--ridge", "write a positive number such as 1e-3", "the ridge must be positive");
    computation c = {.ctx = ctx, .model = model, .options = options, .columns = model->parameters};
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_flow_data_clear(&c.data);
    nalg_weights_clear(&c.exact);
    free(c.w);
    free(c.matrix);
    free(c.eigenvalue);
    return status;
}
