/* Jacobians and sketches of them in batches of samples, on several threads.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/jacobian.h"
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "field/blas.h"
#include "field/prime.h"
#include "graph/evaluate.h"

/* Elements of node values a worker keeps at a time (32 MB), and the samples of one batch. */
#define CHUNK_ELEMENTS ((size_t)1 << 22)
#define CHUNK_LEAST 16
#define CHUNK_MOST 512

static nalg_status build_value(nalg_ctx *ctx, nalg_jacobian *j, const nalg_model *model)
{
    memset(j, 0, sizeof *j);
    nalg_graph_init(&j->graph);
    j->model = model;
    j->inputs = nalg_shape_size(&model->layers->in);
    j->outputs = nalg_shape_size(&model->layers->out);
    nalg_status status = nalg_model_lower(ctx, model, &j->graph, &j->output);
    if (status != NALG_OK) return status;
    j->functional = nalg_graph_input(&j->graph, 1, j->outputs, true);
    j->primal = j->graph.count;
    j->parameter = nalg_array(j->primal, sizeof *j->parameter);
    j->derivative = nalg_array(j->primal, sizeof *j->derivative);
    if (j->graph.failed || !j->parameter || !j->derivative) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < j->primal; i++)
        if (j->graph.node[i].op == NALG_OP_PARAMETER) j->parameter[j->parameters++] = (int)i;
    return NALG_OK;
}

nalg_status nalg_jacobian_gradient(nalg_ctx *ctx, nalg_jacobian *out, const nalg_model *model)
{
    nalg_status status = build_value(ctx, out, model);
    bool *source = nalg_array_zero(out->primal, sizeof *source);
    int *adjoint = nalg_array(out->primal, sizeof *adjoint);
    if (status == NALG_OK && (!source || !adjoint)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; i < out->parameters; i++) source[out->parameter[i]] = true;
        if (!nalg_graph_adjoint(&out->graph, out->output, out->functional, source, adjoint)) status = nalg_fail_memory(ctx);
    }
    for (size_t i = 0; status == NALG_OK && i < out->parameters; i++) out->derivative[i] = adjoint[out->parameter[i]];
    free(source);
    free(adjoint);
    if (status != NALG_OK) nalg_jacobian_clear(out);
    return status;
}

nalg_status nalg_jacobian_directional(nalg_ctx *ctx, nalg_jacobian *out, const nalg_model *model)
{
    nalg_status status = build_value(ctx, out, model);
    nalg_graph *g = &out->graph;
    for (size_t i = 0; status == NALG_OK && i < out->parameters; i++)
        out->derivative[i] = nalg_graph_input(g, 2 + i, g->node[out->parameter[i]].size, false);
    size_t count = g->count;
    int *tangent = nalg_array(count, sizeof *tangent);
    if (status == NALG_OK && (!tangent || g->failed)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; i < count; i++) tangent[i] = NALG_NO_NODE;
        for (size_t i = 0; i < out->parameters; i++) tangent[out->parameter[i]] = out->derivative[i];
        nalg_graph_tangent(g, count, tangent);
        out->result = nalg_graph_product(g, out->functional, true, tangent[out->output], false, 1, out->outputs, 1);
        if (g->failed) status = nalg_fail_memory(ctx);
    }
    free(tangent);
    if (status != NALG_OK) nalg_jacobian_clear(out);
    return status;
}

nalg_status nalg_jacobian_degree(nalg_ctx *ctx, uint64_t *degree, const nalg_model *model)
{
    nalg_jacobian j;
    uint64_t largest = 0;
    nalg_status status = nalg_jacobian_gradient(ctx, &j, model);
    if (status != NALG_OK) return status;
    uint64_t *n = nalg_array(j.graph.count, sizeof *n), *d = nalg_array(j.graph.count, sizeof *d);
    if (n && d) {
        nalg_graph_degree(&j.graph, 1, n, d);
        for (size_t k = 0; k < j.parameters; k++)
            if (j.derivative[k] >= 0) {
                uint64_t sum = n[j.derivative[k]] > UINT64_MAX - d[j.derivative[k]] ? UINT64_MAX : n[j.derivative[k]] + d[j.derivative[k]];
                largest = sum > largest ? sum : largest;
            }
    } else {
        status = nalg_fail_memory(ctx);
    }
    free(n);
    free(d);
    nalg_jacobian_clear(&j);
    if (status == NALG_OK) *degree = largest;
    return status;
}

void nalg_jacobian_clear(nalg_jacobian *j)
{
    nalg_graph_clear(&j->graph);
    free(j->parameter);
    free(j->derivative);
    j->parameter = j->derivative = NULL;
}

/* ---- filling a matrix chunk by chunk ---- */

typedef struct {
    const nalg_jacobian *jacobian;
    const nalg_field *field;
    const nalg_point *point;
    char *matrix; /* elements of 8 bytes, row-major, samples columns */
    size_t samples, chunk, chunks, directions;
    nalg_evaluation **evaluation; /* one for each worker */
    char **scratch;
    size_t scratch_elements;
} filling;

/* Residue as an element of the field: a double for the fast prime, a word otherwise. */
static void put(const nalg_field *f, void *array, size_t i, uint64_t residue)
{
    if (f->p > 0) ((double *)array)[i] = (double)residue;
    else ((uint64_t *)array)[i] = residue;
}

static size_t width_of(const filling *f, size_t chunk)
{
    size_t first = chunk * f->chunk;
    return f->samples - first < f->chunk ? f->samples - first : f->chunk;
}

/* Inputs and functionals of one chunk into the evaluation; columns beyond the last sample repeat harmlessly. */
static void load_samples(const filling *f, size_t chunk, int worker)
{
    nalg_evaluation *e = f->evaluation[worker];
    const nalg_jacobian *j = f->jacobian;
    char *x = f->scratch[worker];
    size_t first = chunk * f->chunk;
    for (size_t i = 0; i < j->inputs; i++)
        for (size_t s = 0; s < f->chunk; s++)
            put(f->field, x, i * f->chunk + s, nalg_point_value(f->point, NALG_STREAM_INPUTS, (first + s) * j->inputs + i));
    nalg_evaluation_set_input(e, 0, x);
    for (size_t i = 0; i < j->outputs; i++)
        for (size_t s = 0; s < f->chunk; s++)
            put(f->field, x, i * f->chunk + s, nalg_point_value(f->point, NALG_STREAM_FUNCTIONALS, (first + s) * j->outputs + i));
    nalg_evaluation_set_input(e, 1, x);
}

static void load_parameters(const filling *f, int worker, uint64_t shift)
{
    char *w = f->scratch[worker];
    size_t parameters = f->jacobian->model->parameters;
    for (size_t i = 0; i < parameters; i++) put(f->field, w, i, nalg_point_value(f->point, NALG_STREAM_WEIGHTS, shift + i));
    nalg_evaluation_set_parameters(f->evaluation[worker], w);
}

/* Rows of one chunk's gradient into the matrix. Several nodes may be the same parameters (shared weights): they add up. */
static nalg_status gradient_chunk(void *user, size_t chunk, int worker)
{
    const filling *f = user;
    const nalg_jacobian *j = f->jacobian;
    nalg_evaluation *e = f->evaluation[worker];
    size_t size = f->field->size, first = chunk * f->chunk, width = width_of(f, chunk);
    load_samples(f, chunk, worker);
    if (!nalg_evaluation_run(e, 0, j->graph.count)) return NALG_E_UNSUPPORTED;
    for (size_t k = 0; k < j->parameters; k++) {
        if (j->derivative[k] < 0) continue;
        const nalg_node *p = &j->graph.node[j->parameter[k]];
        const char *values = nalg_evaluation_value(e, j->derivative[k]);
        for (size_t i = 0; i < p->size; i++) {
            char *row = f->matrix + ((p->offset + i) * f->samples + first) * size;
            f->field->add(f->field, row, row, 1, values + i * f->chunk * size, 1, width);
        }
    }
    return NALG_OK;
}

/* All directions at one chunk of samples. */
static nalg_status sketch_chunk(void *user, size_t chunk, int worker)
{
    const filling *f = user;
    const nalg_jacobian *j = f->jacobian;
    nalg_evaluation *e = f->evaluation[worker];
    size_t size = f->field->size, first = chunk * f->chunk, width = width_of(f, chunk), parameters = j->model->parameters;
    char *direction = f->scratch[worker];
    load_samples(f, chunk, worker);
    if (!nalg_evaluation_run(e, 0, j->primal)) return NALG_E_UNSUPPORTED;
    for (size_t d = 0; d < f->directions; d++) {
        for (size_t i = 0; i < parameters; i++) put(f->field, direction, i, nalg_point_value(f->point, NALG_STREAM_DIRECTIONS, d * parameters + i));
        for (size_t k = 0; k < j->parameters; k++) {
            const nalg_node *p = &j->graph.node[j->parameter[k]];
            memcpy(nalg_evaluation_value(e, j->derivative[k]), direction + p->offset * size, p->size * size);
        }
        if (!nalg_evaluation_run(e, j->primal, j->graph.count)) return NALG_E_UNSUPPORTED;
        memcpy(f->matrix + (d * f->samples + first) * size, nalg_evaluation_value(e, j->result), width * size);
    }
    return NALG_OK;
}

static void free_workers(filling *f, int workers)
{
    for (int i = 0; i < workers; i++) {
        if (f->evaluation) nalg_evaluation_free(f->evaluation[i]);
        if (f->scratch) free(f->scratch[i]);
    }
    free(f->evaluation);
    free(f->scratch);
}

/* whole: one chunk holds all samples. */
static nalg_status make_workers(nalg_ctx *ctx, filling *f, int workers, bool whole)
{
    const nalg_jacobian *j = f->jacobian;
    size_t one = nalg_evaluation_elements(&j->graph, 2) - nalg_evaluation_elements(&j->graph, 1);
    f->chunk = CHUNK_ELEMENTS / (one ? one : 1);
    f->chunk = f->chunk < CHUNK_LEAST ? CHUNK_LEAST : f->chunk > CHUNK_MOST ? CHUNK_MOST : f->chunk;
    size_t share = (f->samples + (size_t)workers - 1) / (size_t)workers;
    if (f->chunk > share) f->chunk = share;
    if (whole) f->chunk = f->samples;
    if (f->chunk == 0) f->chunk = 1;
    f->chunks = (f->samples + f->chunk - 1) / f->chunk;
    f->scratch_elements = (j->inputs > j->outputs ? j->inputs : j->outputs) * f->chunk;
    if (f->scratch_elements < j->model->parameters) f->scratch_elements = j->model->parameters;
    f->evaluation = nalg_array_zero((size_t)workers, sizeof *f->evaluation);
    f->scratch = nalg_array_zero((size_t)workers, sizeof *f->scratch);
    if (!f->evaluation || !f->scratch) return nalg_fail_memory(ctx);
    for (int i = 0; i < workers; i++) {
        nalg_status status = nalg_evaluation_create(ctx, &f->evaluation[i], &j->graph, f->field, f->chunk);
        if (status != NALG_OK) return status;
        f->scratch[i] = nalg_array(f->scratch_elements, f->field->size);
        if (!f->scratch[i]) return nalg_fail_memory(ctx);
        load_parameters(f, i, 0);
    }
    return NALG_OK;
}

static nalg_status fill(nalg_ctx *ctx, filling *f, nalg_task *task)
{
    int workers = nalg_ctx_threads(ctx);
    nalg_status status = make_workers(ctx, f, workers, false);
    nalg_blas_threads_push();
    if (status == NALG_OK) status = nalg_parallel(ctx, f->chunks, task, f);
    nalg_blas_threads_pop();
    free_workers(f, workers);
    if (status == NALG_E_UNSUPPORTED) return nalg_fail(ctx, status, NULL, "try another --seed", "the random point is a pole of the model");
    return status;
}

/* Entries set to zero between two looks at the cancel flag: fresh memory is slow. */
#define ZERO_ENTRIES ((size_t)1 << 20)

static nalg_status set_to_zero(nalg_ctx *ctx, const nalg_field *field, char *matrix, size_t entries)
{
    nalg_status status = NALG_OK;
    for (size_t at = 0, size; at < entries && status == NALG_OK; at += size) {
        size = entries - at < ZERO_ENTRIES ? entries - at : ZERO_ENTRIES;
        field->zero(field, matrix + at * field->size, size);
        status = nalg_checkpoint(ctx);
    }
    return status;
}

nalg_status nalg_jacobian_matrix(nalg_ctx *ctx, void *matrix, const nalg_jacobian *j, const nalg_field *field, const nalg_point *point,
                                 size_t samples)
{
    filling f = {.jacobian = j, .field = field, .point = point, .matrix = matrix, .samples = samples};
    nalg_status status = set_to_zero(ctx, field, matrix, j->model->parameters * samples);
    return status == NALG_OK ? fill(ctx, &f, gradient_chunk) : status;
}

nalg_status nalg_jacobian_sketch(nalg_ctx *ctx, void *matrix, const nalg_jacobian *j, const nalg_field *field, const nalg_point *point,
                                 size_t samples, size_t directions)
{
    filling f = {.jacobian = j, .field = field, .point = point, .matrix = matrix, .samples = samples, .directions = directions};
    return fill(ctx, &f, sketch_chunk);
}

/* One row of function values for weight vector number `row`: all samples in one batch. */
static nalg_status value_row(void *user, size_t row, int worker)
{
    const filling *f = user;
    nalg_evaluation *e = f->evaluation[worker];
    load_parameters(f, worker, row * f->jacobian->model->parameters);
    if (!nalg_evaluation_run(e, 0, f->jacobian->graph.count)) return NALG_E_UNSUPPORTED;
    memcpy(f->matrix + row * f->samples * f->field->size, nalg_evaluation_value(e, f->jacobian->result), f->samples * f->field->size);
    return NALG_OK;
}

nalg_status nalg_function_matrix(nalg_ctx *ctx, void *matrix, const nalg_model *model, const nalg_field *field, const nalg_point *point,
                                 size_t weights, size_t samples)
{
    nalg_jacobian j;
    int workers = nalg_ctx_threads(ctx);
    filling f = {.jacobian = &j, .field = field, .point = point, .matrix = matrix, .samples = samples};
    nalg_status status = build_value(ctx, &j, model);
    if (status == NALG_OK) {
        j.result = nalg_graph_product(&j.graph, j.functional, true, j.output, false, 1, j.outputs, 1);
        if (j.graph.failed) status = nalg_fail_memory(ctx);
    }
    if (status == NALG_OK) {
        status = make_workers(ctx, &f, workers, true);
        for (int i = 0; status == NALG_OK && i < workers; i++) load_samples(&f, 0, i);
        if (status == NALG_OK) status = nalg_parallel(ctx, weights, value_row, &f);
        free_workers(&f, workers);
    }
    nalg_jacobian_clear(&j);
    if (status == NALG_E_UNSUPPORTED) return nalg_fail(ctx, status, NULL, "try another --seed", "the random point is a pole of the model");
    return status;
}

nalg_status nalg_matrix_rank(nalg_ctx *ctx, nalg_rank_profile *out, void *matrix, size_t rows, size_t cols, const nalg_field *field)
{
    if (field->p > 0) return nalg_rank_fast(ctx, out, matrix, rows, cols, cols, (uint32_t)field->mod.n);
    return nalg_rank_word(ctx, out, matrix, rows, cols, cols, field->mod.n);
}
