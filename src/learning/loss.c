/* The loss by one evaluation of the model's graph, its gradient by the reverse-mode graph of
 * geometry/jacobian.h with the residuals as output functional, chunk by chunk of samples; sums run in the
 * order of the samples.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/loss.h"
#include <math.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "geometry/jacobian.h"
#include "graph/evaluate.h"

/* Samples evaluated together, and elements of node values kept. */
#define BATCH_MOST 128
#define BATCH_ELEMENTS ((size_t)1 << 23)
#define PROBABILITY_SLACK 1e-6
/* Answers of a distance, which are all evaluated together. */
#define DISTANCE_ANSWERS ((size_t)1 << 20)
/* Step of the central differences, relative to the weight: the cube root of the rounding error. */
#define DIFFERENCE_STEP 6e-6

struct nalg_loss {
    const nalg_ctx *ctx; /* polled between chunks of samples */
    nalg_loss_function kind;
    nalg_jacobian jacobian;
    nalg_field field;
    nalg_evaluation *evaluation;
    size_t samples, inputs, outputs, parameters, batch, chunks;
    double *x;       /* chunks x inputs x batch; the last chunk is filled up with copies of the last sample */
    double *y;       /* samples x outputs */
    double *answers; /* samples x outputs */
    double *functional;            /* outputs x batch */
    double *form, *aim, *residual; /* distance: C, z, and C a - z */
    size_t coordinates;
    double scale;
};

static void arrange_inputs(nalg_loss *l, const nalg_data *data)
{
    for (size_t c = 0; c < l->chunks; c++)
        for (size_t i = 0; i < l->inputs; i++)
            for (size_t k = 0; k < l->batch; k++) {
                size_t s = c * l->batch + k < l->samples ? c * l->batch + k : l->samples - 1;
                l->x[(c * l->inputs + i) * l->batch + k] = data->inputs[s * l->inputs + i];
            }
}

static void find_scale(nalg_loss *l)
{
    double sum = 0;
    for (size_t i = 0; i < l->samples * l->outputs; i++) sum += l->y[i] * l->y[i];
    sum /= (double)l->samples;
    if (l->kind == NALG_LOSS_CROSS_ENTROPY) sum = log((double)l->outputs);
    l->scale = sum > 0 && isfinite(sum) ? sum : 1;
}

static nalg_status check_probabilities(nalg_ctx *ctx, const nalg_loss *l, const nalg_data *data)
{
    for (size_t s = 0; s < l->samples; s++) {
        double sum = 0, least = 0;
        for (size_t o = 0; o < l->outputs; o++) {
            sum += data->targets[s * l->outputs + o];
            least = fmin(least, data->targets[s * l->outputs + o]);
        }
        if (least < 0 || !(fabs(sum - 1) <= PROBABILITY_SLACK))
            return nalg_fail(ctx, NALG_E_ARGUMENT, "targets",
                             "give class probabilities, or 1 for the class and 0 for the others",
                             "cross-entropy needs targets that are not negative and add up to 1; those of "
                             "sample %zu do not",
                             s + 1);
    }
    if (l->outputs < 2)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "--loss", "use a model with one output for each class",
                         "cross-entropy needs at least two outputs");
    return NALG_OK;
}

/* Sizes and memory, after the graph. */
static nalg_status prepare(nalg_ctx *ctx, nalg_loss *l, const nalg_data *data)
{
    size_t one = nalg_evaluation_elements(&l->jacobian.graph, 1), elements;
    l->batch = data->samples < BATCH_MOST || l->kind == NALG_LOSS_DISTANCE ? data->samples : BATCH_MOST;
    while (l->kind != NALG_LOSS_DISTANCE && l->batch > 1 && one > BATCH_ELEMENTS / l->batch) l->batch /= 2;
    l->chunks = (data->samples + l->batch - 1) / l->batch;
    if (!nalg_size_multiply(&elements, l->chunks * l->batch, l->inputs)) return nalg_fail_memory(ctx);
    l->x = nalg_array(elements, sizeof *l->x);
    if (!nalg_size_multiply(&elements, l->samples, l->outputs)) return nalg_fail_memory(ctx);
    l->y = nalg_array(elements, sizeof *l->y);
    l->answers = nalg_array_zero(elements, sizeof *l->answers);
    l->functional = nalg_array(l->batch * l->outputs, sizeof *l->functional);
    if (!l->x || !l->y || !l->answers || !l->functional) return nalg_fail_memory(ctx);
    memcpy(l->y, data->targets, elements * sizeof *l->y);
    arrange_inputs(l, data);
    find_scale(l);
    return nalg_evaluation_create(ctx, &l->evaluation, &l->jacobian.graph, &l->field, l->batch);
}

nalg_status nalg_loss_create(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model, nalg_loss_function kind,
                             const nalg_data *data)
{
    if (!data->samples)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "data", "give at least one sample", "there are no samples");
    nalg_loss *l = nalg_array_zero(1, sizeof *l);
    if (!l) return nalg_fail_memory(ctx);
    l->ctx = ctx;
    l->kind = kind;
    nalg_field_real(&l->field);
    nalg_status status = nalg_jacobian_gradient(ctx, &l->jacobian, model);
    if (status != NALG_OK) {
        free(l);
        return status;
    }
    l->samples = data->samples;
    l->inputs = l->jacobian.inputs;
    l->outputs = l->jacobian.outputs;
    l->parameters = model->parameters;
    if (kind == NALG_LOSS_CROSS_ENTROPY) status = check_probabilities(ctx, l, data);
    if (status == NALG_OK) status = prepare(ctx, l, data);
    if (status == NALG_OK)
        *out = l;
    else
        nalg_loss_free(l);
    return status;
}

nalg_status nalg_loss_distance(nalg_ctx *ctx, nalg_loss **out, const nalg_model *model, const double *inputs,
                               size_t samples, const double *coordinates, size_t coordinate_count)
{
    size_t outputs = nalg_shape_size(&model->layers->out), answers = samples * outputs;
    if (samples > DISTANCE_ANSWERS || answers > DISTANCE_ANSWERS)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use fewer samples",
                         "a distance on %zu samples is too large", samples);
    double *none = nalg_array_zero(answers, sizeof *none);
    if (!none) return nalg_fail_memory(ctx);
    nalg_data data = {.inputs = inputs,
                      .targets = none,
                      .samples = samples,
                      .input_size = nalg_shape_size(&model->layers->in),
                      .output_size = outputs};
    nalg_loss *l = NULL;
    nalg_status status = nalg_loss_create(ctx, &l, model, NALG_LOSS_DISTANCE, &data);
    free(none);
    if (status != NALG_OK) return status;
    l->coordinates = coordinate_count;
    l->form = nalg_array(coordinate_count * answers, sizeof *l->form);
    l->aim = nalg_array_zero(coordinate_count, sizeof *l->aim);
    l->residual = nalg_array_zero(coordinate_count, sizeof *l->residual);
    if (!l->form || !l->aim || !l->residual) {
        nalg_loss_free(l);
        return nalg_fail_memory(ctx);
    }
    memcpy(l->form, coordinates, coordinate_count * answers * sizeof *l->form);
    *out = l;
    return NALG_OK;
}

void nalg_loss_aim(nalg_loss *l, const double *target)
{
    double sum = 0;
    memcpy(l->aim, target, l->coordinates * sizeof *l->aim);
    for (size_t i = 0; i < l->coordinates; i++) sum += target[i] * target[i];
    l->scale = sum > 0 && isfinite(sum) ? sum : 1;
}

void nalg_loss_position(const nalg_loss *l, double *out)
{
    for (size_t i = 0; i < l->coordinates; i++) out[i] = l->residual[i] + l->aim[i];
}

void nalg_loss_free(nalg_loss *l)
{
    if (!l) return;
    free(l->form);
    free(l->aim);
    free(l->residual);
    nalg_evaluation_free(l->evaluation);
    nalg_jacobian_clear(&l->jacobian);
    free(l->x);
    free(l->y);
    free(l->answers);
    free(l->functional);
    free(l);
}

const double *nalg_loss_answers(const nalg_loss *l)
{
    return l->answers;
}

size_t nalg_loss_answer_count(const nalg_loss *l)
{
    return l->samples * l->outputs;
}

size_t nalg_loss_parameters(const nalg_loss *l)
{
    return l->parameters;
}

double nalg_loss_size(const nalg_loss *l)
{
    return l->scale;
}

/* ---- one sample: its share of the loss, and the derivative by the outputs in `pull` ---- */

static double squared(const nalg_loss *l, const double *y, double *answer, double *pull)
{
    double sum = 0;
    for (size_t o = 0; o < l->outputs; o++) {
        double residual = answer[o] - y[o];
        sum += residual * residual;
        pull[o * l->batch] = 2 * residual / (double)l->samples;
    }
    return sum / (double)l->samples;
}

/* -sum y_o (f_o - log sum exp f), with the largest output taken out; the answers become probabilities. */
static double cross_entropy(const nalg_loss *l, const double *y, double *answer, double *pull)
{
    double most = answer[0], total = 0, value = 0, mass = 0;
    for (size_t o = 1; o < l->outputs; o++) most = fmax(most, answer[o]);
    for (size_t o = 0; o < l->outputs; o++) total += exp(answer[o] - most);
    for (size_t o = 0; o < l->outputs; o++) {
        value -= y[o] * (answer[o] - most - log(total));
        mass += y[o];
    }
    for (size_t o = 0; o < l->outputs; o++) {
        answer[o] = exp(answer[o] - most) / total;
        pull[o * l->batch] = (mass * answer[o] - y[o]) / (double)l->samples;
    }
    return value / (double)l->samples;
}

/* Answers and functional of a chunk whose outputs are evaluated; its share of the loss. */
static double chunk_value(nalg_loss *l, size_t chunk)
{
    const double *f = nalg_evaluation_value(l->evaluation, l->jacobian.output);
    bool batched = l->jacobian.graph.node[l->jacobian.output].batched;
    double sum = 0;
    for (size_t k = 0; k < l->batch; k++) {
        size_t s = chunk * l->batch + k;
        if (s >= l->samples) { /* filling */
            for (size_t o = 0; o < l->outputs; o++) l->functional[o * l->batch + k] = 0;
            continue;
        }
        double *answer = l->answers + s * l->outputs;
        const double *y = l->y + s * l->outputs;
        for (size_t o = 0; o < l->outputs; o++) answer[o] = batched ? f[o * l->batch + k] : f[o];
        if (l->kind == NALG_LOSS_DISTANCE) continue;
        sum += l->kind == NALG_LOSS_SQUARED ? squared(l, y, answer, l->functional + k)
                                            : cross_entropy(l, y, answer, l->functional + k);
    }
    return sum;
}

/* |C a - z|^2, and its derivative 2 C^T (C a - z) by the answers. */
static double distance(nalg_loss *l)
{
    size_t answers = l->samples * l->outputs;
    double sum = 0;
    memset(l->functional, 0, l->batch * l->outputs * sizeof *l->functional);
    for (size_t i = 0; i < l->coordinates; i++) {
        const double *row = l->form + i * answers;
        double r = -l->aim[i];
        for (size_t k = 0; k < answers; k++) r += row[k] * l->answers[k];
        l->residual[i] = r;
        sum += r * r;
        for (size_t k = 0; k < answers; k++)
            l->functional[k % l->outputs * l->batch + k / l->outputs] += 2 * r * row[k];
    }
    return sum;
}

/* Sum over a chunk of the per-sample derivatives. */
static void add_gradient(nalg_loss *l, double *gradient)
{
    const nalg_jacobian *j = &l->jacobian;
    for (size_t k = 0; k < j->parameters; k++) {
        if (j->derivative[k] < 0) continue;
        const nalg_node *p = &j->graph.node[j->parameter[k]];
        const double *d = nalg_evaluation_value(l->evaluation, j->derivative[k]);
        size_t row = j->graph.node[j->derivative[k]].batched ? l->batch : 1;
        for (size_t i = 0; i < p->size; i++) {
            double sum = 0;
            for (size_t s = 0; s < row; s++) sum += d[i * row + s];
            gradient[p->offset + i] += sum;
        }
    }
}

bool nalg_loss_at(nalg_loss *l, double *value, double *gradient, const double *w)
{
    const nalg_jacobian *j = &l->jacobian;
    double sum = 0;
    if (gradient) memset(gradient, 0, l->parameters * sizeof *gradient);
    nalg_evaluation_set_parameters(l->evaluation, w);
    for (size_t c = 0; c < l->chunks; c++) {
        if (nalg_stopping(l->ctx)) return false;
        nalg_evaluation_set_input(l->evaluation, 0, l->x + c * l->inputs * l->batch);
        if (!nalg_evaluation_run(l->evaluation, 0, j->primal)) return false;
        sum += chunk_value(l, c);
        if (l->kind == NALG_LOSS_DISTANCE) sum = distance(l); /* one chunk */
        if (!gradient) continue;
        nalg_evaluation_set_input(l->evaluation, 1, l->functional);
        if (!nalg_evaluation_run(l->evaluation, j->primal, j->graph.count)) return false;
        add_gradient(l, gradient);
    }
    *value = sum;
    bool finite = isfinite(sum);
    for (size_t i = 0; gradient && finite && i < l->parameters; i++) finite = isfinite(gradient[i]);
    return finite;
}

/* Rows of one output for the samples of a chunk. */
static void copy_rows(const nalg_loss *l, double *matrix, size_t chunk, size_t output)
{
    const nalg_jacobian *j = &l->jacobian;
    for (size_t n = 0; n < j->parameters; n++) {
        if (j->derivative[n] < 0) continue;
        const nalg_node *p = &j->graph.node[j->parameter[n]];
        const double *d = nalg_evaluation_value(l->evaluation, j->derivative[n]);
        for (size_t k = 0; k < l->batch && chunk * l->batch + k < l->samples; k++) {
            double *row = matrix + ((chunk * l->batch + k) * l->outputs + output) * l->parameters + p->offset;
            for (size_t i = 0; i < p->size; i++) row[i] += d[i * l->batch + k];
        }
    }
}

bool nalg_loss_jacobian(nalg_loss *l, double *matrix, const double *w)
{
    const nalg_jacobian *j = &l->jacobian;
    memset(matrix, 0, l->samples * l->outputs * l->parameters * sizeof *matrix);
    nalg_evaluation_set_parameters(l->evaluation, w);
    for (size_t c = 0; c < l->chunks; c++) {
        if (nalg_stopping(l->ctx)) return false;
        nalg_evaluation_set_input(l->evaluation, 0, l->x + c * l->inputs * l->batch);
        if (!nalg_evaluation_run(l->evaluation, 0, j->primal)) return false;
        for (size_t o = 0; o < l->outputs; o++) {
            for (size_t i = 0; i < l->outputs * l->batch; i++) l->functional[i] = i / l->batch == o;
            nalg_evaluation_set_input(l->evaluation, 1, l->functional);
            if (!nalg_evaluation_run(l->evaluation, j->primal, j->graph.count)) return false;
            copy_rows(l, matrix, c, o);
        }
    }
    for (size_t i = 0; i < l->samples * l->outputs * l->parameters; i++)
        if (!isfinite(matrix[i])) return false;
    return true;
}

bool nalg_loss_hessian(nalg_loss *l, double *matrix, const double *w, double *scratch)
{
    size_t n = l->parameters;
    double *moved = scratch, *up = scratch + n, *down = scratch + 2 * n, value;
    memcpy(moved, w, n * sizeof *moved);
    for (size_t i = 0; i < n; i++) {
        double high = w[i] + DIFFERENCE_STEP * fmax(1, fabs(w[i])),
               low = w[i] - DIFFERENCE_STEP * fmax(1, fabs(w[i]));
        moved[i] = high;
        if (!nalg_loss_at(l, &value, up, moved)) return false;
        moved[i] = low;
        if (!nalg_loss_at(l, &value, down, moved)) return false;
        moved[i] = w[i];
        for (size_t k = 0; k < n; k++) matrix[i * n + k] = (up[k] - down[k]) / (high - low);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < i; k++)
            matrix[i * n + k] = matrix[k * n + i] = (matrix[i * n + k] + matrix[k * n + i]) / 2;
    return true;
}
