/* Levenberg-Marquardt (Nielsen's update of the damping; Madsen, Nielsen, Tingleff, Methods for non-linear
 * least squares problems, 2004). The damping takes care of the directions along which the function does not
 * change. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/nearest.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/limits.h"

#define MOST_STEPS 400
#define FIRST_DAMPING 1e-3
/* Relative to the squared norm of the target. */
#define EXACT 1e-26
#define SMALL_DECREASE 1e-15
#define SMALL_STEPS 6
#define MOST_DAMPING 1e30

void nalg_function_space_clear(nalg_function_space *s)
{
    free(s->x);
    free(s->form);
    free(s->factor);
    *s = (nalg_function_space){0};
}

/* G = L L^T in place (lower triangle); false when G is not positive definite. */
static bool cholesky(double *g, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        for (size_t k = 0; k < j; k++)
            for (size_t i = j; i < n; i++) g[i * n + j] -= g[i * n + k] * g[j * n + k];
        double pivot = g[j * n + j];
        if (!(pivot > 0) || !isfinite(pivot)) return false;
        pivot = sqrt(pivot);
        for (size_t i = j; i < n; i++) g[i * n + j] /= pivot;
    }
    return true;
}

/* Number of the sample whose input is column s of the metric, added when it is new. */
static size_t find_sample(nalg_function_space *out, const nalg_metric *m, size_t s, size_t inputs)
{
    for (size_t k = 0; k < out->samples; k++) {
        bool same = true;
        for (size_t i = 0; same && i < inputs; i++)
            same = out->x[k * inputs + i] == creal(m->x[i * m->size + s]);
        if (same) return k;
    }
    for (size_t i = 0; i < inputs; i++) out->x[out->samples * inputs + i] = creal(m->x[i * m->size + s]);
    return out->samples++;
}

static double form_entry(const nalg_metric *m, size_t i, size_t j)
{
    if (m->form) return creal(m->form[i * m->size + j]);
    return i == j ? cabs(m->weight[i]) : 0; /* those of a generic metric are complex for counting */
}

/* C = L^T T for e = T a: entry s of e is the functional c_s of the answers at its sample. */
static void fill_form(nalg_function_space *out, const nalg_metric *m, const double *factor,
                      const size_t *sample, size_t outputs)
{
    size_t n = m->size, answers = out->samples * outputs;
    for (size_t i = 0; i < n; i++)
        for (size_t s = i; s < n; s++)
            for (size_t o = 0; o < outputs; o++)
                out->form[i * answers + sample[s] * outputs + o] +=
                    factor[s * n + i] * creal(m->c[o * n + s]);
}

nalg_status nalg_function_space_of_metric(nalg_ctx *ctx, nalg_function_space *out, const nalg_model *model,
                                          const nalg_metric *m)
{
    size_t n = m->size, inputs = nalg_shape_size(&model->layers->in),
           outputs = nalg_shape_size(&model->layers->out);
    nalg_function_space s = {.coordinates = n, .x = nalg_array(n * inputs, sizeof *s.x)};
    double *factor = nalg_array(n * n, sizeof *factor);
    size_t *sample = nalg_array(n, sizeof *sample);
    nalg_status status = s.x && factor && sample ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < n; i++) sample[i] = find_sample(&s, m, i, inputs);
    for (size_t i = 0; status == NALG_OK && i < n * n; i++) factor[i] = form_entry(m, i / n, i % n);
    if (status == NALG_OK && !cholesky(factor, n))
        status = nalg_fail(ctx, NALG_E_INTERNAL, "metric", "try another --seed or --metric generic",
                           "the metric is not positive definite in double precision");
    if (status == NALG_OK) s.form = nalg_array_zero(n * s.samples * outputs, sizeof *s.form);
    if (status == NALG_OK && !s.form) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) fill_form(&s, m, factor, sample, outputs);
    s.factor = factor;
    free(sample);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_function_space_clear(&s);
    return status;
}

nalg_status nalg_function_space_of_data(nalg_ctx *ctx, nalg_function_space *out, const nalg_data *data)
{
    size_t answers = data->samples * data->output_size;
    nalg_function_space s = {.samples = data->samples, .coordinates = answers};
    s.x = nalg_array(data->samples * data->input_size, sizeof *s.x);
    s.form = nalg_array_zero(answers * answers, sizeof *s.form);
    if (!s.x || !s.form) {
        nalg_function_space_clear(&s);
        return nalg_fail_memory(ctx);
    }
    memcpy(s.x, data->inputs, data->samples * data->input_size * sizeof *s.x);
    for (size_t i = 0; i < answers; i++) s.form[i * answers + i] = 1 / sqrt((double)data->samples);
    *out = s;
    return NALG_OK;
}

void nalg_descent_clear(nalg_descent *d)
{
    double *all[] = {d->w,      d->matrix, d->mixed, d->jacobian, d->residual, d->normal,
                     d->factor, d->step,   d->trial, d->gradient, d->position, d->other};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
    nalg_loss_free(d->loss);
    *d = (nalg_descent){0};
}

nalg_status nalg_descent_create(nalg_ctx *ctx, nalg_descent *out, const nalg_model *model,
                                const nalg_function_space *space)
{
    nalg_descent d = {
        .space = space, .parameters = model->parameters, .outputs = nalg_shape_size(&model->layers->out)};
    d.answers = space->samples * d.outputs;
    d.most = d.parameters + d.outputs * d.outputs + 1;
    d.w = nalg_array(d.parameters, sizeof *d.w);
    d.matrix = nalg_array(d.answers * d.parameters, sizeof *d.matrix);
    d.mixed = nalg_array(d.answers * d.most, sizeof *d.mixed);
    d.jacobian = nalg_array(space->coordinates * d.most, sizeof *d.jacobian);
    d.residual = nalg_array(space->coordinates, sizeof *d.residual);
    d.other = nalg_array(space->coordinates, sizeof *d.other);
    d.position = nalg_array(d.answers, sizeof *d.position);
    d.normal = nalg_array(d.most * d.most, sizeof *d.normal);
    d.factor = nalg_array(d.most * d.most, sizeof *d.factor);
    d.step = nalg_array(d.most, sizeof *d.step);
    d.trial = nalg_array(d.most, sizeof *d.trial);
    d.gradient = nalg_array(d.most, sizeof *d.gradient);
    bool enough = d.w && d.matrix && d.mixed && d.jacobian && d.residual && d.other && d.position &&
                  d.normal && d.factor && d.step && d.trial && d.gradient;
    nalg_status status = enough ? nalg_loss_distance(ctx, &d.loss, model, space->x, space->samples,
                                                     space->form, space->coordinates)
                                : nalg_fail_memory(ctx);
    if (status == NALG_OK)
        *out = d;
    else
        nalg_descent_clear(&d);
    return status;
}

static size_t free_count(const nalg_descent *d, const nalg_stratum *s)
{
    return s ? (size_t)s->free_count : d->parameters;
}

size_t nalg_descent_unknowns(const nalg_descent *d, const nalg_stratum *s)
{
    return free_count(d, s) + (s ? s->mixed * s->mixed : 0);
}

/* Multiple of unknown w->index[part] in a weight of a limit. */
static double multiple(const nalg_limit_weight *w, int part)
{
    return (double)w->numerator[part] / (double)w->denominator[part];
}

static void sum_weights(const nalg_descent *d, const nalg_stratum *s, const double *unknown, double *w)
{
    for (size_t i = 0; i < d->parameters; i++) {
        w[i] = 0;
        for (int part = 0; part < 2; part++)
            if (s->sum[i].index[part] >= 0)
                w[i] += multiple(&s->sum[i], part) * unknown[s->sum[i].index[part]];
    }
}

void nalg_descent_weights(const nalg_descent *d, const nalg_stratum *s, const double *unknown, double *w)
{
    if (s && s->sum) {
        sum_weights(d, s, unknown, w);
        return;
    }
    for (size_t i = 0; i < d->parameters; i++)
        w[i] = !s ? unknown[i] : s->map[i] < 0 ? 0 : unknown[(size_t)s->map[i]];
}

/* ---- residual and Jacobian ---- */

/* Outputs of one unit of the last layer: output u * block + r is entry r of unit u. */
static size_t block_of(const nalg_descent *d, const nalg_stratum *s)
{
    return d->outputs / s->mixed;
}

/* Answers of the stratum's function into d->position: those of the weights, mixed by the matrix at the end of
 * the unknowns. */
static void mix(nalg_descent *d, const nalg_stratum *s, const double *unknown)
{
    const double *answer = nalg_loss_answers(d->loss), *b = unknown + free_count(d, s);
    if (!s || !s->mixed) {
        memcpy(d->position, answer, d->answers * sizeof *answer);
        return;
    }
    size_t block = block_of(d, s);
    for (size_t k = 0; k < d->answers; k++) {
        size_t o = k % d->outputs, first = k - o + o % block;
        d->position[k] = 0;
        for (size_t q = 0; q < s->mixed; q++)
            d->position[k] += b[o / block * s->mixed + q] * answer[first + q * block];
    }
}

/* Squared distance; infinite at a pole. */
static double evaluate(nalg_descent *d, const nalg_stratum *s, const double *unknown, const double *target,
                       double *residual)
{
    double unused, sum = 0;
    nalg_descent_weights(d, s, unknown, d->w);
    if (!nalg_loss_at(d->loss, &unused, NULL, d->w)) return INFINITY;
    mix(d, s, unknown);
    for (size_t i = 0; i < d->space->coordinates; i++) {
        const double *row = d->space->form + i * d->answers;
        double r = -target[i];
        for (size_t k = 0; k < d->answers; k++) r += row[k] * d->position[k];
        residual[i] = r;
        sum += r * r;
    }
    return isfinite(sum) ? sum : INFINITY;
}

/* Row k of d->mixed gains factor times the derivatives of answer q by the weights. */
static void add_row(nalg_descent *d, const nalg_stratum *s, size_t n, size_t k, size_t q, double factor)
{
    for (size_t i = 0; s && s->sum && i < d->parameters; i++)
        for (int part = 0; part < 2; part++)
            if (s->sum[i].index[part] >= 0)
                d->mixed[k * n + (size_t)s->sum[i].index[part]] +=
                    multiple(&s->sum[i], part) * factor * d->matrix[q * d->parameters + i];
    if (s && s->sum) return;
    for (size_t i = 0; i < d->parameters; i++) {
        size_t at = !s ? i : s->map[i] < 0 ? SIZE_MAX : (size_t)s->map[i];
        if (at < n) d->mixed[k * n + at] += factor * d->matrix[q * d->parameters + i];
    }
}

/* Derivatives of the answers by the unknowns into d->mixed (answers x n). */
static bool differentiate_answers(nalg_descent *d, const nalg_stratum *s, const double *unknown, size_t n)
{
    size_t m = free_count(d, s), units = s ? s->mixed : 0;
    const double *b = unknown + m;
    double unused;
    nalg_descent_weights(d, s, unknown, d->w);
    if (!nalg_loss_jacobian(d->loss, d->matrix, d->w)) return false;
    memset(d->mixed, 0, d->answers * n * sizeof *d->mixed);
    for (size_t k = 0; !units && k < d->answers; k++) add_row(d, s, n, k, k, 1);
    if (!units) return true;
    if (!nalg_loss_at(d->loss, &unused, NULL, d->w)) return false;
    const double *answer = nalg_loss_answers(d->loss);
    size_t block = block_of(d, s);
    for (size_t k = 0; k < d->answers; k++) {
        size_t o = k % d->outputs, unit = o / block, first = k - o + o % block;
        for (size_t q = 0; q < units; q++) {
            add_row(d, s, n, k, first + q * block, b[unit * units + q]);
            d->mixed[k * n + m + unit * units + q] += answer[first + q * block];
        }
    }
    return true;
}

/* Normal equations J^T J and J^T r. */
static bool linearise(nalg_descent *d, const nalg_stratum *s, const double *unknown, size_t n)
{
    size_t rows = d->space->coordinates;
    if (!differentiate_answers(d, s, unknown, n)) return false;
    memset(d->jacobian, 0, rows * n * sizeof *d->jacobian);
    for (size_t i = 0; i < rows; i++)
        for (size_t k = 0; k < d->answers; k++) {
            double factor = d->space->form[i * d->answers + k];
            if (factor == 0) continue;
            for (size_t j = 0; j < n; j++) d->jacobian[i * n + j] += factor * d->mixed[k * n + j];
        }
    memset(d->normal, 0, n * n * sizeof *d->normal);
    memset(d->gradient, 0, n * sizeof *d->gradient);
    for (size_t i = 0; i < rows; i++) {
        const double *row = d->jacobian + i * n;
        for (size_t j = 0; j < n; j++) {
            d->gradient[j] += row[j] * d->residual[i];
            for (size_t k = 0; k < n; k++) d->normal[j * n + k] += row[j] * row[k];
        }
    }
    return true;
}

/* step = -(J^T J + damping)^-1 J^T r. */
static bool solve(nalg_descent *d, size_t n, double damping)
{
    double *l = d->factor, *x = d->step;
    memcpy(l, d->normal, n * n * sizeof *l);
    for (size_t i = 0; i < n; i++) l[i * n + i] += damping;
    if (!cholesky(l, n)) return false;
    for (size_t i = 0; i < n; i++) {
        x[i] = -d->gradient[i];
        for (size_t k = 0; k < i; k++) x[i] -= l[i * n + k] * x[k];
        x[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++) x[i] -= l[k * n + i] * x[k];
        x[i] /= l[i * n + i];
    }
    return true;
}

static double diagonal(const nalg_descent *d, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, d->normal[i * n + i]);
    return most;
}

/* Decrease that the linear model promises: step^T (damping step - J^T r). */
static double promise(const nalg_descent *d, size_t n, double damping)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += d->step[i] * (damping * d->step[i] - d->gradient[i]);
    return sum;
}

nalg_status nalg_descend(const nalg_ctx *ctx, nalg_descent *d, double *distance, double *unknown,
                         const nalg_stratum *s, const double *target)
{
    size_t n = nalg_descent_unknowns(d, s), rows = d->space->coordinates;
    double size = 0, value = evaluate(d, s, unknown, target, d->residual), damping = 0, growth = 2;
    for (size_t i = 0; i < rows; i++) size += target[i] * target[i];
    bool fresh = false;
    int slow = 0;
    for (int step = 0; n > 0 && isfinite(value) && value > EXACT * size && step < MOST_STEPS; step++) {
        if (nalg_stopping(ctx)) return NALG_E_INTERRUPTED;
        if (!fresh && !linearise(d, s, unknown, n)) break;
        if (step == 0) damping = FIRST_DAMPING * fmax(diagonal(d, n), 1e-12);
        fresh = true;
        double promised = 0, tried = INFINITY;
        if (solve(d, n, damping)) {
            promised = promise(d, n, damping);
            for (size_t i = 0; i < n; i++) d->trial[i] = unknown[i] + d->step[i];
            tried = evaluate(d, s, d->trial, target, d->other);
        }
        if (tried < value && promised > 0) {
            double ratio = (value - tried) / promised, cube = 2 * ratio - 1;
            slow = value - tried <= SMALL_DECREASE * size ? slow + 1 : 0;
            memcpy(unknown, d->trial, n * sizeof *unknown);
            memcpy(d->residual, d->other, rows * sizeof *d->other);
            value = tried;
            damping *= fmax(1.0 / 3, 1 - cube * cube * cube);
            growth = 2;
            fresh = false;
            if (slow >= SMALL_STEPS) break;
        } else {
            damping *= growth;
            growth *= 2;
            if (damping > MOST_DAMPING) break;
        }
    }
    *distance = value;
    return NALG_OK;
}
