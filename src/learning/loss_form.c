/* Reducing a data set to a quadratic form. Values at points are compared on a spanning set of the model's own
 * functions, so no coordinates are chosen: the basis points are picked by pivoting, and R solves a
 * least-squares problem with the spanning functions as equations. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "learning/loss_form.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "geometry/ambient.h"
#include "learning/dense_algebra.h"
#include "field/lapack.h"

#define SIZE_LIMIT 400
#define CHUNK 512                     /* samples interpolated at a time */
#define KEEP_LIMIT ((size_t)20000000) /* numbers of R that are kept */
#define RANK_SAMPLES 4000             /* values looked at for the rank of the data */
#define INDEPENDENT 1e-9
#define SPAN 1e-10 /* relative size below which the inputs do not spread */
#define MORE_FUNCTIONS 10
enum { STREAM_SPANNING = 6101, STREAM_CANDIDATES };

/* Random functions that span the model's, as weights; values of all of them at inputs. */
typedef struct {
    double *weights;
    size_t count;
} spanning;

/* Values of function k at input s, output o into value[k * stride + s * outputs + o]. */
static nalg_status values_at(nalg_ctx *ctx, double *value, const nalg_model *model, const spanning *functions,
                             const double *inputs, size_t count)
{
    nalg_loss *f = NULL;
    double loss;
    nalg_status status = nalg_chart_evaluator(ctx, &f, model, inputs, count);
    if (status != NALG_OK) return status;
    size_t pairs = nalg_loss_answer_count(f);
    for (size_t k = 0; status == NALG_OK && k < functions->count; k++) {
        if (!nalg_loss_at(f, &loss, NULL, functions->weights + k * model->parameters))
            status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed, or data of moderate size",
                               "the model has a pole or overflows at the data");
        if (status == NALG_OK) memcpy(value + k * pairs, nalg_loss_answers(f), pairs * sizeof *value);
        if (status == NALG_OK) status = nalg_checkpoint(ctx);
    }
    nalg_loss_free(f);
    return status;
}

/* Means and scales of the inputs, size of the targets. */
static void describe_columns(nalg_loss_form *f)
{
    size_t n = f->inputs, count = f->data.samples;
    double square = 0;
    for (size_t s = 0; s < count; s++)
        for (size_t i = 0; i < n; i++) {
            double x = f->data.inputs[s * n + i];
            f->mean[i] += x / (double)count;
            f->input_scale[i] += x * x / (double)count;
        }
    for (size_t i = 0; i < n; i++) f->input_scale[i] = f->input_scale[i] > 0 ? sqrt(f->input_scale[i]) : 1;
    for (size_t i = 0; i < count * f->outputs; i++) square += f->data.targets[i] * f->data.targets[i];
    f->constant = square;
    f->target_scale = square > 0 ? sqrt(square / (double)(count * f->outputs)) : 1;
}

/* Mean, spread and scales of the data. The spread is the triangular factor of the centred inputs, in units of
 * their scales: a column that depends on those before has none of its own. */
static nalg_status describe_data(nalg_ctx *ctx, nalg_loss_form *f)
{
    size_t n = f->inputs, count = f->data.samples;
    double *x = nalg_array(count * n, sizeof *x), *factor = nalg_array(n * n, sizeof *factor),
           *inverse = nalg_array(n * n, sizeof *inverse);
    f->mean = nalg_array_zero(n, sizeof *f->mean);
    f->spread = nalg_array(n * n, sizeof *f->spread);
    f->input_scale = nalg_array_zero(n, sizeof *f->input_scale);
    bool ok = x && factor && inverse && f->mean && f->spread && f->input_scale;
    if (ok) {
        describe_columns(f);
        for (size_t i = 0; i < count * n; i++)
            x[i] = (f->data.inputs[i] - f->mean[i % n]) / f->input_scale[i % n] / sqrt((double)count);
        f->input_rank = nalg_orthonormal_columns(x, inverse, factor, count, n, SPAN, 1);
        for (size_t i = 0; i < n * n; i++) f->spread[i] = factor[i % n * n + i / n] * f->input_scale[i / n];
    }
    free(x);
    free(factor);
    free(inverse);
    return ok ? NALG_OK : nalg_fail_memory(ctx);
}

nalg_status nalg_loss_generic_inputs(nalg_ctx *ctx, double *x, const nalg_loss_form *f, uint64_t stream,
                                     size_t count)
{
    size_t n = f->inputs;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), stream);
    double *normal = nalg_array(n, sizeof *normal);
    if (!normal) return nalg_fail_memory(ctx);
    for (size_t s = 0; s < count; s++) {
        for (size_t k = 0; k < n; k++) normal[k] = nalg_random_normal(&r);
        for (size_t i = 0; i < n; i++) {
            x[s * n + i] = f->mean[i];
            for (size_t k = 0; k < n; k++) x[s * n + i] += f->spread[i * n + k] * normal[k];
        }
    }
    free(normal);
    return NALG_OK;
}

static nalg_status find_ambient(nalg_ctx *ctx, nalg_loss_form *f)
{
    nalg_ambient ambient = {0};
    nalg_status status = nalg_ambient_find(ctx, &ambient, f->model, nalg_model_exponent(f->model));
    if (status != NALG_OK) return status;
    bool small = ambient.known && fmpz_cmp_ui(&ambient.size, SIZE_LIMIT) <= 0;
    f->ambient = small ? fmpz_get_ui(&ambient.size) : 0;
    nalg_ambient_clear(&ambient);
    if (small) return NALG_OK;
    return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                     "the model's functions span more than %d dimensions", SIZE_LIMIT);
}

static nalg_status draw_functions(nalg_ctx *ctx, spanning *out, const nalg_loss_form *f)
{
    nalg_chart_scale scale = nalg_loss_form_scale(f);
    out->count = f->ambient + MORE_FUNCTIONS;
    out->weights = nalg_array(out->count * f->model->parameters, sizeof *out->weights);
    if (!out->weights) return nalg_fail_memory(ctx);
    return nalg_chart_random_weights(ctx, out->weights, f->model, NULL, &scale, STREAM_SPANNING, out->count);
}

/* Candidates for basis points: generic ones (at least the ambient dimension of values), then some of the
 * data. */
static nalg_status candidates(nalg_ctx *ctx, double **x, size_t *count, const nalg_loss_form *f)
{
    size_t generic = 2 * (f->ambient / f->outputs) + 8,
           taken = f->data.samples < 2 * generic ? f->data.samples : 2 * generic;
    *count = generic + taken;
    *x = nalg_array(*count * f->inputs, sizeof **x);
    if (!*x) return nalg_fail_memory(ctx);
    for (size_t s = 0; s < taken; s++)
        memcpy(*x + (generic + s) * f->inputs, f->data.inputs + s * f->data.samples / taken * f->inputs,
               f->inputs * sizeof **x);
    return nalg_loss_generic_inputs(ctx, *x, f, STREAM_CANDIDATES, generic);
}

/* Pick the basis among `count` inputs with these values of the spanning functions. */
static nalg_status pick_basis(nalg_ctx *ctx, nalg_loss_form *f, const double *x, size_t count,
                              const double *value, size_t functions)
{
    size_t pairs = count * f->outputs;
    double *column = nalg_array(pairs * functions, sizeof *column);
    size_t *chosen = nalg_array(pairs, sizeof *chosen), *place = nalg_array(count, sizeof *place);
    nalg_status status = column && chosen && place ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t k = 0; status == NALG_OK && k < functions; k++)
        for (size_t p = 0; p < pairs; p++) column[p * functions + k] = value[k * pairs + p];
    if (status == NALG_OK)
        f->size = nalg_choose_independent(chosen, column, pairs, functions, f->ambient, INDEPENDENT, false);
    if (status == NALG_OK && f->size == 0)
        status = nalg_fail(ctx, NALG_E_ARGUMENT, "data",
                           "give inputs at which the model's functions do not all vanish",
                           "every function of the model is zero on the data");
    f->x = status == NALG_OK ? nalg_array(f->size * f->inputs, sizeof *f->x) : NULL;
    f->pick = status == NALG_OK ? nalg_array(f->size, sizeof *f->pick) : NULL;
    if (status == NALG_OK && (!f->x || !f->pick)) status = nalg_fail_memory(ctx);
    for (size_t s = 0; status == NALG_OK && s < count; s++) place[s] = SIZE_MAX;
    for (size_t i = 0; status == NALG_OK && i < f->size; i++) {
        size_t s = chosen[i] / f->outputs;
        if (place[s] != SIZE_MAX) continue;
        memcpy(f->x + f->points * f->inputs, x + s * f->inputs, f->inputs * sizeof *x);
        place[s] = f->points++;
    }
    for (size_t i = 0; status == NALG_OK && i < f->size; i++)
        f->pick[i] = (int32_t)(chosen[i] % f->outputs * f->points + place[chosen[i] / f->outputs]);
    free(column);
    free(chosen);
    free(place);
    return status;
}

static nalg_status find_basis(nalg_ctx *ctx, nalg_loss_form *f, const spanning *functions)
{
    double *x = NULL, *value = NULL;
    size_t count = 0;
    nalg_status status = candidates(ctx, &x, &count, f);
    if (status == NALG_OK && !(value = nalg_array(functions->count * count * f->outputs, sizeof *value)))
        status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = values_at(ctx, value, f->model, functions, x, count);
    if (status == NALG_OK) status = pick_basis(ctx, f, x, count, value, functions->count);
    free(x);
    free(value);
    return status;
}

/* Values of the spanning functions at the basis: functions x A. */
static nalg_status basis_values(nalg_ctx *ctx, double *out, const nalg_loss_form *f,
                                const spanning *functions)
{
    size_t pairs = f->points * f->outputs;
    double *value = nalg_array(functions->count * pairs, sizeof *value);
    nalg_status status =
        value ? values_at(ctx, value, f->model, functions, f->x, f->points) : nalg_fail_memory(ctx);
    for (size_t k = 0; status == NALG_OK && k < functions->count; k++)
        for (size_t i = 0; i < f->size; i++) {
            size_t o = (size_t)f->pick[i] / f->points, s = (size_t)f->pick[i] % f->points;
            out[k * f->size + i] = value[k * pairs + s * f->outputs + o];
        }
    free(value);
    return status;
}

static nalg_status interpolate(nalg_ctx *ctx, double *matrix, const nalg_loss_form *f,
                               const spanning *functions, const double *basis, const double *inputs,
                               size_t count)
{
    size_t pairs = count * f->outputs, k = functions->count;
    double *value = nalg_array(k * pairs, sizeof *value), *work = nalg_array(k * f->size, sizeof *work);
    nalg_status status =
        value && work ? values_at(ctx, value, f->model, functions, inputs, count) : nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        memcpy(work, basis, k * f->size * sizeof *work);
        if (!nalg_least_squares(work, value, k, f->size, pairs))
            status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed",
                               "the basis of functions is degenerate");
    }
    for (size_t p = 0; status == NALG_OK && p < pairs; p++)
        for (size_t i = 0; i < f->size; i++) matrix[p * f->size + i] = value[i * pairs + p];
    free(value);
    free(work);
    return status;
}

nalg_status nalg_loss_interpolate(nalg_ctx *ctx, double *matrix, const nalg_loss_form *f,
                                  const double *inputs, size_t count)
{
    spanning functions = {0};
    nalg_status status = draw_functions(ctx, &functions, f);
    double *basis = nalg_array(functions.count * f->size, sizeof *basis);
    if (status == NALG_OK && !basis) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = basis_values(ctx, basis, f, &functions);
    if (status == NALG_OK) status = interpolate(ctx, matrix, f, &functions, basis, inputs, count);
    free(functions.weights);
    free(basis);
    return status;
}

/* R chunk by chunk into G and b. */
static nalg_status accumulate(nalg_ctx *ctx, nalg_loss_form *f, const spanning *functions)
{
    size_t a = f->size, m = f->outputs, chunk = f->data.samples < CHUNK ? f->data.samples : CHUNK;
    bool keep = f->data.samples * m <= KEEP_LIMIT / a;
    double *basis = nalg_array(functions->count * a, sizeof *basis),
           *rows = nalg_array(chunk * m * a, sizeof *rows);
    f->form = nalg_array_zero(a * a, sizeof *f->form);
    f->linear = nalg_array_zero(a, sizeof *f->linear);
    f->interpolation = keep ? nalg_array(f->data.samples * m * a, sizeof *f->interpolation) : NULL;
    nalg_status status = basis && rows && f->form && f->linear && (!keep || f->interpolation)
                             ? basis_values(ctx, basis, f, functions)
                             : nalg_fail_memory(ctx);
    for (size_t first = 0; status == NALG_OK && first < f->data.samples; first += chunk) {
        size_t count = f->data.samples - first < chunk ? f->data.samples - first : chunk;
        status = interpolate(ctx, rows, f, functions, basis, f->data.inputs + first * f->inputs, count);
        for (size_t p = 0; status == NALG_OK && p < count * m; p++) {
            const double *row = rows + p * a;
            double y = f->data.targets[first * m + p];
            for (size_t i = 0; i < a; i++) {
                f->linear[i] += row[i] * y;
                for (size_t j = 0; j <= i; j++) f->form[i * a + j] += row[i] * row[j];
            }
        }
        if (status == NALG_OK && keep)
            memcpy(f->interpolation + first * m * a, rows, count * m * a * sizeof *rows);
        if (status == NALG_OK) status = nalg_checkpoint(ctx);
    }
    for (size_t i = 0; status == NALG_OK && i < a; i++)
        for (size_t j = 0; j < i; j++) f->form[j * a + i] = f->form[i * a + j];
    free(basis);
    free(rows);
    return status;
}

/* How many independent linear conditions the data puts on functions: the rank of R. */
static nalg_status find_rank(nalg_ctx *ctx, nalg_loss_form *f)
{
    size_t a = f->size, rows = f->data.samples * f->outputs;
    if (!f->interpolation || rows > RANK_SAMPLES) { /* many samples: the singular values of G tell */
        double *copy = nalg_array(a * a, sizeof *copy), *value = nalg_array(a, sizeof *value);
        if (copy && value) memcpy(copy, f->form, a * a * sizeof *copy);
        bool ok = copy && value && nalg_symmetric_eigen(value, copy, a, false);
        for (size_t i = 0; ok && i < a; i++) f->rank += value[i] > 1e-14 * value[a - 1];
        free(copy);
        free(value);
        return ok ? NALG_OK : nalg_fail_memory(ctx);
    }
    double *copy = nalg_array(rows * a, sizeof *copy);
    size_t *chosen = nalg_array(rows, sizeof *chosen);
    if (copy && chosen) {
        memcpy(copy, f->interpolation, rows * a * sizeof *copy);
        f->rank = nalg_choose_independent(chosen, copy, rows, a, a, INDEPENDENT, false);
    }
    bool ok = copy && chosen;
    free(copy);
    free(chosen);
    return ok ? NALG_OK : nalg_fail_memory(ctx);
}

nalg_status nalg_loss_form_create(nalg_ctx *ctx, nalg_loss_form *out, const nalg_model *model,
                                  const nalg_data *data)
{
    nalg_loss_form f = {
        .model = model, .data = *data, .inputs = data->input_size, .outputs = data->output_size};
    spanning functions = {0};
    nalg_status status = find_ambient(ctx, &f);
    if (status == NALG_OK) status = describe_data(ctx, &f);
    if (status == NALG_OK) status = draw_functions(ctx, &functions, &f);
    if (status == NALG_OK) status = find_basis(ctx, &f, &functions);
    if (status == NALG_OK) status = accumulate(ctx, &f, &functions);
    if (status == NALG_OK) status = find_rank(ctx, &f);
    free(functions.weights);
    if (status == NALG_OK)
        *out = f;
    else
        nalg_loss_form_clear(&f);
    return status;
}

double complex nalg_loss_form_value(const nalg_loss_form *f, const double complex *e)
{
    double complex sum = f->constant;
    for (size_t i = 0; i < f->size; i++) {
        sum -= 2 * f->linear[i] * e[i];
        for (size_t j = 0; j < f->size; j++) sum += f->form[i * f->size + j] * e[i] * e[j];
    }
    return sum;
}

void nalg_loss_form_clear(nalg_loss_form *f)
{
    free(f->x);
    free(f->pick);
    free(f->interpolation);
    free(f->form);
    free(f->linear);
    free(f->mean);
    free(f->spread);
    free(f->input_scale);
    *f = (nalg_loss_form){0};
}
