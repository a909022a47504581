/* K(w) = mean over fixed inputs of |f_w(x) - f*(x)|^2. With as many inputs as the functions have monomials, K
 * vanishes exactly where the functions agree and is, up to constants, the loss over any density of inputs:
 * lambda and m are the same. Also found here, once: blocks of weights in which f is affine (there the sets {K
 * < e} are ellipsoids), and the one-parameter groups of symmetries that can be followed exactly.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_loss.h"
#include <math.h>
#include "core/memory.h"
#include "core/random.h"
#include "model/symmetry.h"

#define INPUT_STREAM 7001
#define SAMPLE_LIMIT 200
#define PARAMETER_LIMIT 2000
#define FLOW_LIMIT 2000
#define CURVED_LIMIT 100 /* weights of models whose whole Jacobian is decomposed at every step */

/* Inputs that tell the functions apart: monomials of one output, or the limit. */
static nalg_status count_samples(nalg_ctx *ctx, nalg_rlct_loss *loss)
{
    nalg_degrees d = {0};
    fmpz_t count;
    fmpz_init(count);
    loss->samples = SAMPLE_LIMIT;
    bool ok = nalg_degrees_coordinates(&d) && nalg_pipeline_degrees(loss->model->layers, &d);
    if (ok && d.known) {
        nalg_degrees_monomials(&d, loss->inputs, count);
        fmpz_mul_ui(count, count, 3);
        fmpz_cdiv_q_ui(count, count, 2);
        if (fmpz_cmp_ui(count, SAMPLE_LIMIT) < 0) loss->samples = fmpz_get_ui(count);
    }
    nalg_degrees_clear(&d);
    fmpz_clear(count);
    return ok ? NALG_OK : nalg_fail_memory(ctx);
}

/* Is the output affine in the weights of this parameter node alone? */
static bool affine_in(const nalg_graph *g, int output, const nalg_node *parameter, nalg_graph *copy,
                      uint64_t *n, uint64_t *d)
{
    for (size_t i = 0; i < g->count; i++) {
        const nalg_node *v = &g->node[i];
        copy->node[i] = *v;
        bool mine = v->op == NALG_OP_PARAMETER && v->offset < parameter->offset + parameter->size &&
                    parameter->offset < v->offset + v->size;
        if ((v->op == NALG_OP_PARAMETER && !mine) || v->op == NALG_OP_INPUT)
            copy->node[i].op = NALG_OP_CONSTANT;
    }
    nalg_graph_degree(copy, 1, n, d);
    return n[output] <= 1 && d[output] == 0;
}

static bool add_block(nalg_rlct_loss *loss, size_t *capacity, nalg_rlct_block block)
{
    while (block.count) {
        nalg_rlct_block part = block;
        if (part.count > NALG_RLCT_BLOCK) part.count = NALG_RLCT_BLOCK;
        if (!nalg_grow((void **)&loss->block, capacity, loss->block_count, sizeof *loss->block)) return false;
        loss->block[loss->block_count++] = part;
        block.first += part.count;
        block.count -= part.count;
    }
    return true;
}

/* Every weight in one block: parameter nodes in order, those already covered (shared weights) left out. */
static nalg_status find_blocks(nalg_ctx *ctx, nalg_rlct_loss *loss)
{
    const nalg_graph *g = &loss->graph;
    size_t capacity = 0;
    nalg_graph copy = *g;
    uint64_t *n = nalg_array(g->count, sizeof *n), *d = nalg_array(g->count, sizeof *d);
    bool *covered = nalg_array_zero(loss->parameters, sizeof *covered), ok = n && d && covered;
    copy.node = nalg_array(g->count, sizeof *copy.node);
    ok = ok && copy.node;
    for (size_t i = 0; ok && i < g->count; i++) {
        const nalg_node *v = &g->node[i];
        if (v->op != NALG_OP_PARAMETER || !v->size || covered[v->offset]) continue;
        size_t count = 0;
        while (count < v->size && !covered[v->offset + count]) covered[v->offset + count++] = true;
        ok = add_block(loss, &capacity,
                       (nalg_rlct_block){v->offset, count, affine_in(g, loss->output, v, &copy, n, d)});
    }
    for (size_t i = 0; ok && i < loss->parameters;
         i++) /* weights the graph never reads: nothing to do, they are free */
        if (!covered[i]) ok = add_block(loss, &capacity, (nalg_rlct_block){i, 1, false});
    free(n);
    free(d);
    free(covered);
    free(copy.node);
    return ok ? NALG_OK : nalg_fail_memory(ctx);
}

/* A field as a flow when it is diagonal, or when nothing it moves is a source. */
static bool add_flow(nalg_rlct_loss *loss, const nalg_vector_field *v, bool *moved)
{
    nalg_rlct_flow flow = {.first = loss->term_count, .scaling = true};
    bool shear = true;
    for (size_t i = 0; i < v->count; i++) moved[v->term[i].target] = true;
    for (size_t i = 0; i < v->count; i++) {
        flow.scaling = flow.scaling && v->term[i].source == (int64_t)v->term[i].target;
        shear = shear && v->term[i].source >= 0 && !moved[v->term[i].source];
    }
    for (size_t i = 0; i < v->count; i++) moved[v->term[i].target] = false;
    if (!v->count || (!flow.scaling && !shear)) return true;
    for (size_t i = 0; i < v->count; i++) {
        if (!nalg_grow((void **)&loss->term, &loss->term_capacity, loss->term_count, sizeof *loss->term))
            return false;
        loss->term[loss->term_count++] =
            (nalg_rlct_term){v->term[i].target, (size_t)v->term[i].source, (double)v->term[i].coefficient};
        flow.divergence += flow.scaling ? (double)v->term[i].coefficient : 0;
    }
    flow.count = v->count;
    if (!nalg_grow((void **)&loss->flow, &loss->flow_capacity, loss->flow_count, sizeof *loss->flow))
        return false;
    loss->flow[loss->flow_count++] = flow;
    return true;
}

static nalg_status find_flows(nalg_ctx *ctx, nalg_rlct_loss *loss)
{
    nalg_symmetries symmetries = {0};
    nalg_vector_field v = {0};
    bool *moved = nalg_array_zero(loss->parameters, sizeof *moved), ok = moved != NULL;
    nalg_status status = ok ? nalg_symmetries_find(ctx, &symmetries, loss->model) : nalg_fail_memory(ctx);
    if (status == NALG_OK && nalg_symmetries_fields(&symmetries) <= FLOW_LIMIT)
        for (size_t i = 0; ok && i < symmetries.count; i++)
            for (size_t k = 0; ok && k < symmetries.item[i].fields; k++) {
                v.count = 0;
                ok = nalg_symmetry_field(&symmetries.item[i], k, &v) && add_flow(loss, &v, moved);
            }
    free(v.term);
    free(moved);
    nalg_symmetries_clear(&symmetries);
    return status == NALG_OK && !ok ? nalg_fail_memory(ctx) : status;
}

nalg_status nalg_rlct_loss_evaluation(nalg_ctx *ctx, nalg_evaluation **out, const nalg_rlct_loss *loss)
{
    nalg_status status = nalg_evaluation_create(ctx, out, &loss->graph, &loss->field, loss->samples);
    if (status == NALG_OK) nalg_evaluation_set_input(*out, 0, loss->x);
    return status;
}

double nalg_rlct_loss_at(const nalg_rlct_loss *loss, nalg_evaluation *e, const double *w, double *residual)
{
    nalg_evaluation_set_parameters(e, w);
    if (!nalg_evaluation_run(e, 0, loss->graph.count)) return INFINITY;
    const double *value = nalg_evaluation_value(e, loss->output);
    size_t step =
        loss->graph.node[loss->output].batched ? 1 : 0; /* a function that ignores its inputs has one value */
    double sum = 0;
    for (size_t i = 0; i < loss->rows; i++) {
        double r = value[step ? i : i / loss->samples] - loss->target[i];
        if (residual) residual[i] = r;
        sum += r * r;
    }
    return isfinite(sum) ? sum / (double)loss->samples : INFINITY;
}

static nalg_status set_truth(nalg_ctx *ctx, nalg_rlct_loss *loss, const double *truth)
{
    nalg_evaluation *e = NULL;
    if (!truth) return NALG_OK;
    nalg_status status = nalg_rlct_loss_evaluation(ctx, &e, loss);
    double *values = nalg_array(loss->rows, sizeof *values);
    if (status == NALG_OK && !values) status = nalg_fail_memory(ctx);
    if (status == NALG_OK && !isfinite(nalg_rlct_loss_at(loss, e, truth, values)))
        status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "give other weights",
                           "the model has a pole at the true weights, or values that overflow");
    if (status == NALG_OK)
        for (size_t i = 0; i < loss->rows; i++) loss->target[i] = values[i];
    free(values);
    nalg_evaluation_free(e);
    return status;
}

static nalg_status allocate(nalg_ctx *ctx, nalg_rlct_loss *loss, const double *center, double radius)
{
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), INPUT_STREAM);
    size_t entries = 0;
    if (!nalg_size_multiply(&entries, loss->inputs, loss->samples) ||
        !nalg_size_multiply(&loss->rows, loss->outputs, loss->samples))
        return nalg_fail_memory(ctx);
    loss->x = nalg_array(entries, sizeof *loss->x);
    loss->target = nalg_array_zero(loss->rows, sizeof *loss->target);
    loss->low = nalg_array(loss->parameters, sizeof *loss->low);
    loss->high = nalg_array(loss->parameters, sizeof *loss->high);
    if (!loss->x || !loss->target || !loss->low || !loss->high) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < entries; i++) loss->x[i] = nalg_random_normal(&r);
    for (size_t i = 0; i < loss->parameters; i++) {
        loss->low[i] = (center ? center[i] : 0) - radius;
        loss->high[i] = (center ? center[i] : 0) + radius;
    }
    return NALG_OK;
}

nalg_status nalg_rlct_loss_create(nalg_ctx *ctx, nalg_rlct_loss *out, const nalg_model *model,
                                  const double *truth, const double *center, double radius)
{
    *out = (nalg_rlct_loss){.model = model,
                            .parameters = model->parameters,
                            .inputs = nalg_shape_size(&model->layers->in),
                            .outputs = nalg_shape_size(&model->layers->out)};
    nalg_graph_init(&out->graph);
    nalg_field_real(&out->field);
    if (model->parameters > PARAMETER_LIMIT || !model->parameters)
        return nalg_fail(ctx, NALG_E_LIMIT, "--estimate", "use a smaller model",
                         "%zu weights are too many to sample (at most %d)", model->parameters,
                         PARAMETER_LIMIT);
    nalg_status status = nalg_model_lower(ctx, model, &out->graph, &out->output);
    if (status == NALG_OK) status = count_samples(ctx, out);
    if (status == NALG_OK) status = allocate(ctx, out, center, radius);
    if (status == NALG_OK) status = find_blocks(ctx, out);
    if (status == NALG_OK) status = find_flows(ctx, out);
    if (status == NALG_OK) status = set_truth(ctx, out, truth);
    for (size_t i = 0; i < out->block_count; i++) out->curved = out->curved || !out->block[i].affine;
    out->curved = out->curved && model->parameters <= CURVED_LIMIT;
    if (status == NALG_OK && out->curved) status = nalg_jacobian_gradient(ctx, &out->gradient, model);
    return status;
}

void nalg_rlct_loss_clear(nalg_rlct_loss *loss)
{
    if (loss->curved) nalg_jacobian_clear(&loss->gradient);
    nalg_graph_clear(&loss->graph);
    free(loss->x);
    free(loss->target);
    free(loss->low);
    free(loss->high);
    free(loss->block);
    free(loss->flow);
    free(loss->term);
    *loss = (nalg_rlct_loss){0};
}
