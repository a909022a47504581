/* Values at points as coordinates on a space of functions: among many candidates, sparse ones first, pivoted
 * Gram-Schmidt picks a well conditioned set. Zeros and ones fold away when a system is compiled, so sparse
 * points are cheap; good conditioning keeps paths short. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/sample_points.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "graph/evaluate.h"

enum { STREAM_POOL = 3101, STREAM_FUNCTIONS };
/* Candidates for each function of the space, and dense ones at the end. */
#define POOL_FACTOR 6
#define POOL_BASE 64
#define DENSE_EXTRA 4
#define FUNCTIONS_EXTRA 8
/* A row whose part orthogonal to the chosen ones is smaller than this share is dependent. */
#define INDEPENDENT 1e-7
/* A candidate with one more coordinate must be so much better. */
#define SPARSE_BONUS 0.6
#define REDRAWS 8

static void add_point(nalg_point_pool *p, const size_t *subset, size_t support, nalg_random *r)
{
    double *x = p->x + p->count * p->variables;
    memset(x, 0, p->variables * sizeof *x);
    for (size_t k = 0; k < support; k++) {
        double value = (nalg_random_unit(r) < 0.5 ? -1 : 1) * (0.5 + nalg_random_unit(r));
        x[subset[k]] = k == 0 && p->variables > 1 ? 1 : value;
    }
    p->support[p->count++] = support;
}

/* The next subset in lexicographic order; false after the last. */
static bool next_subset(size_t *subset, size_t support, size_t n)
{
    size_t k = support;
    while (k > 0 && subset[k - 1] == n - support + k - 1) k--;
    if (k == 0) return false;
    subset[k - 1]++;
    for (size_t i = k; i < support; i++) subset[i] = subset[i - 1] + 1;
    return true;
}

/* Points on one coordinate axis: several, for functions of several degrees. */
static void add_axes(nalg_point_pool *p, size_t room)
{
    static const double value[] = {1, -1, 1.5, -0.5, 0.75, -1.25};
    memset(p->x, 0, p->variables * sizeof *p->x);
    p->support[p->count++] = 0; /* the origin */
    for (size_t k = 0; k < sizeof value / sizeof *value; k++)
        for (size_t i = 0; i < p->variables && p->count < room; i++) {
            double *x = p->x + p->count * p->variables;
            memset(x, 0, p->variables * sizeof *x);
            x[i] = value[k];
            p->support[p->count++] = 1;
        }
}

nalg_status nalg_point_pool_create(nalg_ctx *ctx, nalg_point_pool *out, size_t variables, uint64_t degree,
                                   size_t size)
{
    size_t sparse = POOL_FACTOR * size + POOL_BASE, dense = size + DENSE_EXTRA,
           largest = degree && degree < variables ? (size_t)degree : variables;
    nalg_point_pool p = {.variables = variables};
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_POOL);
    p.x = nalg_array((sparse + dense) * variables, sizeof *p.x);
    p.support = nalg_array(sparse + dense, sizeof *p.support);
    size_t *subset = nalg_array(variables, sizeof *subset);
    if (!p.x || !p.support || !subset) {
        free(subset);
        nalg_point_pool_clear(&p);
        return nalg_fail_memory(ctx);
    }
    add_axes(&p, sparse);
    for (size_t support = 2, copies = 2; support <= largest && p.count < sparse;
         support++, copies += support < 4) {
        for (size_t k = 0; k < support; k++) subset[k] = k;
        do
            for (size_t k = 0; k < copies && p.count < sparse; k++) add_point(&p, subset, support, &r);
        while (p.count < sparse && next_subset(subset, support, variables));
    }
    for (size_t k = 0; k < variables; k++) subset[k] = k;
    for (size_t k = 0; k < dense; k++) { /* not all on one hyperplane: functions of several degrees */
        double *x = p.x + p.count * variables, scale = 0.75 + nalg_random_unit(&r) / 2;
        add_point(&p, subset, variables, &r);
        for (size_t i = 0; i < variables; i++) x[i] *= scale;
    }
    free(subset);
    *out = p;
    return NALG_OK;
}

void nalg_point_pool_clear(nalg_point_pool *pool)
{
    free(pool->x);
    free(pool->support);
    *pool = (nalg_point_pool){0};
}

static double square(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * x[i];
    return sum;
}

/* Subtract from row x its part along the unit vector q. */
static void orthogonalise(double *x, const double *q, size_t n)
{
    double along = 0;
    for (size_t i = 0; i < n; i++) along += x[i] * q[i];
    for (size_t i = 0; i < n; i++) x[i] -= along * q[i];
}

nalg_status nalg_choose_rows(nalg_ctx *ctx, size_t *chosen, size_t *count, size_t limit, double *matrix,
                             size_t rows, size_t columns, const double *preference)
{
    double *left = nalg_array(rows, sizeof *left);
    nalg_status status = left ? NALG_OK : nalg_fail_memory(ctx);
    size_t found = 0;
    for (size_t i = 0; left && i < rows; i++) { /* rows of length 1, or 0 */
        double norm = sqrt(square(matrix + i * columns, columns));
        for (size_t k = 0; k < columns; k++)
            matrix[i * columns + k] = norm > 1e-12 ? matrix[i * columns + k] / norm : 0;
        left[i] = norm > 1e-12;
    }
    while (status == NALG_OK && found < limit) {
        size_t best = rows;
        for (size_t i = 0; i < rows; i++)
            if (left[i] > INDEPENDENT * INDEPENDENT &&
                (best == rows || left[i] * preference[i] > left[best] * preference[best]))
                best = i;
        if (best == rows) break;
        double *q = matrix + best * columns, norm = sqrt(square(q, columns));
        for (size_t k = 0; k < columns; k++) q[k] /= norm;
        left[best] = 0;
        chosen[found++] = best;
        for (size_t i = 0; i < rows; i++)
            if (left[i] > 0) {
                orthogonalise(matrix + i * columns, q, columns);
                left[i] = square(matrix + i * columns, columns);
            }
        status = nalg_checkpoint(ctx);
    }
    *count = found;
    free(left);
    return status;
}

/* Values of all outputs at all points of the pool for one random weight vector, into column `column`; rows
 * are point * outputs + output. */
static bool fill_column(nalg_evaluation *e, int output, double *weights, nalg_random *r, double *matrix,
                        size_t columns, size_t column, const nalg_model *model, size_t points)
{
    size_t outputs = nalg_shape_size(&model->layers->out), nodes = (size_t)output + 1;
    bool done = false;
    for (int t = 0; !done && t < REDRAWS; t++) {
        for (size_t i = 0; i < model->parameters; i++) weights[i] = nalg_random_normal(r);
        nalg_evaluation_set_parameters(e, weights);
        done = nalg_evaluation_run(e, 0, nodes);
    }
    const double *value = nalg_evaluation_value(e, output);
    double sum = 0;
    for (size_t i = 0; done && i < outputs * points; i++) sum += value[i] * value[i];
    double scale = sum > 0 ? sqrt((double)(outputs * points) / sum) : 0;
    for (size_t s = 0; done && s < points; s++)
        for (size_t o = 0; o < outputs; o++)
            matrix[(s * outputs + o) * columns + column] = value[o * points + s] * scale;
    return done && isfinite(scale);
}

/* Values of the candidates (rows) for random weights (columns). */
static nalg_status value_matrix(nalg_ctx *ctx, double *matrix, const nalg_model *model,
                                const nalg_point_pool *pool, size_t columns)
{
    nalg_graph g;
    nalg_field field;
    nalg_evaluation *e = NULL;
    int output = NALG_NO_NODE;
    nalg_graph_init(&g);
    nalg_field_real(&field);
    double *weights = nalg_array(model->parameters, sizeof *weights),
           *x = nalg_array(pool->variables * pool->count, sizeof *x);
    nalg_status status = weights && x ? nalg_model_lower(ctx, model, &g, &output) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_evaluation_create(ctx, &e, &g, &field, pool->count);
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_FUNCTIONS);
    if (status == NALG_OK) {
        for (size_t s = 0; s < pool->count; s++)
            for (size_t i = 0; i < pool->variables; i++)
                x[i * pool->count + s] = pool->x[s * pool->variables + i];
        nalg_evaluation_set_input(e, 0, x);
    }
    for (size_t k = 0; status == NALG_OK && k < columns; k++) {
        if (!fill_column(e, output, weights, &r, matrix, columns, k, model, pool->count))
            status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed",
                               "the model has no finite values at random weights");
        else
            status = nalg_checkpoint(ctx);
    }
    nalg_evaluation_free(e);
    nalg_graph_clear(&g);
    free(weights);
    free(x);
    return status;
}

/* The chosen pairs and the sizes of their values. */
static nalg_status keep(nalg_ctx *ctx, nalg_point_values *out, const nalg_point_pool *pool,
                        const size_t *chosen, size_t count, size_t outputs, const double *size)
{
    nalg_point_values c = {.count = count};
    c.x = nalg_array(count * pool->variables, sizeof *c.x);
    c.output = nalg_array(count, sizeof *c.output);
    c.size = nalg_array(count, sizeof *c.size);
    if (!c.x || !c.output || !c.size) {
        nalg_point_values_clear(&c);
        return nalg_fail_memory(ctx);
    }
    for (size_t k = 0; k < count; k++) {
        memcpy(c.x + k * pool->variables, pool->x + chosen[k] / outputs * pool->variables,
               pool->variables * sizeof *c.x);
        c.output[k] = chosen[k] % outputs;
        c.size[k] = size[chosen[k]];
    }
    *out = c;
    return NALG_OK;
}

nalg_status nalg_point_values_create(nalg_ctx *ctx, nalg_point_values *out, const nalg_model *model,
                                    size_t size)
{
    size_t outputs = nalg_shape_size(&model->layers->out), inputs = nalg_shape_size(&model->layers->in),
           columns = size + FUNCTIONS_EXTRA, count = 0;
    uint64_t degree = 0, denominator = 0;
    nalg_point_pool pool = {0};
    nalg_status status = nalg_model_degree(ctx, model, &degree, &denominator);
    if (status == NALG_OK)
        status = nalg_point_pool_create(ctx, &pool, inputs, denominator ? 0 : degree, size / outputs + 1);
    size_t rows = pool.count * outputs;
    double *matrix = nalg_array(rows * columns, sizeof *matrix),
           *preference = nalg_array(rows, sizeof *preference), *rms = nalg_array(rows, sizeof *rms);
    size_t *chosen = nalg_array(size, sizeof *chosen);
    if (status == NALG_OK && (!matrix || !preference || !rms || !chosen)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = value_matrix(ctx, matrix, model, &pool, columns);
    for (size_t i = 0; status == NALG_OK && i < rows; i++) {
        rms[i] = sqrt(square(matrix + i * columns, columns) / (double)columns);
        preference[i] = pow(SPARSE_BONUS, (double)pool.support[i / outputs]);
    }
    if (status == NALG_OK)
        status = nalg_choose_rows(ctx, chosen, &count, size, matrix, rows, columns, preference);
    if (status == NALG_OK) status = keep(ctx, out, &pool, chosen, count, outputs, rms);
    free(matrix);
    free(preference);
    free(rms);
    free(chosen);
    nalg_point_pool_clear(&pool);
    return status;
}

void nalg_point_values_clear(nalg_point_values *c)
{
    free(c->x);
    free(c->output);
    free(c->size);
    *c = (nalg_point_values){0};
}
