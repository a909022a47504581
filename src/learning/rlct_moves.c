/* Moves without a step size. Near a singular point the set {K < e} is thin in some directions and long in
 * others, by ten orders of magnitude, so no step fits all; each move here finds its own length.
 *
 * Affine blocks: for fixed other weights the set is an ellipsoid, with matrix J^T J / (n e). Hit-and-run with
 * directions of covariance (J^T J / (n e) + 1 / radius^2)^-1, which do not depend on the block's own weights,
 * on exact chords (a quadratic equation, cut by the box). The directions come from a QR decomposition of (J /
 * sqrt(n e); 1 / radius), never from J^T J, so null directions survive. Other blocks: coordinates and random
 * directions by slice sampling with shrinkage from the whole box (Neal 2003, section 4.1): the bracket halves
 * until it is as short as the set is thin. Models with such blocks also move all weights at once in the
 * metric of the loss (rlct_metric_move.c). Symmetry flows: K is constant along them, so the whole orbit
 * inside the box is one chord; scalings have density exp(divergence t). SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "learning/rlct_moves.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"

#define CHORDS 3       /* hit-and-run steps for one decomposition */
#define SHRINKAGES 200 /* a bracket of length 1 is empty after 60 */
#define FLOWS_PER_WEIGHT 1
#define METRIC_MOVES 8

nalg_status nalg_rlct_mover_create(nalg_ctx *ctx, nalg_rlct_mover *out, const nalg_rlct_loss *loss)
{
    size_t rows = loss->rows;
    *out = (nalg_rlct_mover){.loss = loss};
    out->residual = nalg_array(rows, sizeof(double));
    out->base = nalg_array(rows, sizeof(double));
    out->jacobian = nalg_array((rows + NALG_RLCT_BLOCK) * NALG_RLCT_BLOCK, sizeof(double));
    out->triangle = nalg_array((rows + NALG_RLCT_BLOCK) * NALG_RLCT_BLOCK, sizeof(double));
    out->direction = nalg_array(loss->parameters, sizeof(double));
    out->image = nalg_array(rows, sizeof(double));
    out->saved = nalg_array(loss->parameters, sizeof(double));
    if (!out->residual || !out->base || !out->jacobian || !out->triangle || !out->direction || !out->image ||
        !out->saved)
        return nalg_fail_memory(ctx);
    nalg_status status = nalg_rlct_loss_evaluation(ctx, &out->evaluation, loss);
    if (status != NALG_OK || !loss->curved) return status;
    size_t p = loss->parameters, rows_all = rows + p;
    out->gradient = &loss->gradient;
    out->metric_here = nalg_array(rows_all * p, sizeof(double));
    out->metric_there = nalg_array(rows_all * p, sizeof(double));
    out->cotangent = nalg_array_zero(rows, sizeof(double));
    out->proposal = nalg_array(2 * p, sizeof(double));
    if (!out->metric_here || !out->metric_there || !out->cotangent || !out->proposal)
        return nalg_fail_memory(ctx);
    status = nalg_evaluation_create(ctx, &out->gradient_evaluation, &loss->gradient.graph, &loss->field,
                                    loss->samples);
    if (status == NALG_OK) nalg_evaluation_set_input(out->gradient_evaluation, 0, loss->x);
    return status;
}

void nalg_rlct_mover_clear(nalg_rlct_mover *m)
{
    free(m->residual);
    free(m->base);
    free(m->jacobian);
    free(m->triangle);
    free(m->direction);
    free(m->image);
    free(m->saved);
    free(m->metric_here);
    free(m->metric_there);
    free(m->cotangent);
    free(m->proposal);
    nalg_evaluation_free(m->evaluation);
    nalg_evaluation_free(m->gradient_evaluation);
    *m = (nalg_rlct_mover){0};
}

static double loss_at(nalg_rlct_mover *m, const double *w, double *residual)
{
    m->evaluations++;
    return nalg_rlct_loss_at(m->loss, m->evaluation, w, residual);
}

/* Leave of the interval what is between a and b. */
static void cut(double *low, double *high, double a, double b)
{
    double least = a < b ? a : b, most = a < b ? b : a;
    if (least > *low) *low = least;
    if (most < *high) *high = most;
}

/* Largest interval of t with w + t d in the box, for entries first .. first + count - 1. */
static void box_chord(const nalg_rlct_loss *loss, const double *w, const double *d, size_t first,
                      size_t count, double *low, double *high)
{
    *low = -INFINITY;
    *high = INFINITY;
    for (size_t i = first; i < first + count; i++) {
        if (d[i - first] == 0) continue;
        double a = (loss->low[i] - w[i]) / d[i - first], b = (loss->high[i] - w[i]) / d[i - first];
        cut(low, high, a, b);
    }
}

/* ---- affine blocks ---- */

/* Columns of J by evaluating on unit vectors; the residual with the block at zero goes to m->base. */
static void block_jacobian(nalg_rlct_mover *m, double *w, const nalg_rlct_block *block)
{
    size_t rows = m->loss->rows;
    memset(w + block->first, 0, block->count * sizeof *w);
    loss_at(m, w, m->base);
    for (size_t j = 0; j < block->count; j++) {
        double *column = m->jacobian + j * rows;
        w[block->first + j] = 1;
        loss_at(m, w, column);
        w[block->first + j] = 0;
        for (size_t i = 0; i < rows; i++) column[i] -= m->base[i];
    }
}

/* direction = R^-1 (normal vector), image = J direction. */
static void draw_direction(nalg_rlct_mover *m, nalg_random *random, size_t n)
{
    size_t rows = m->loss->rows, tall = rows + n;
    for (size_t j = n; j-- > 0;) {
        double sum = nalg_random_normal(random);
        for (size_t k = j + 1; k < n; k++) sum -= m->triangle[k * tall + j] * m->direction[k];
        m->direction[j] = sum / m->triangle[j * tall + j];
    }
    memset(m->image, 0, rows * sizeof *m->image);
    for (size_t j = 0; j < n; j++) {
        const double *column = m->jacobian + j * rows;
        for (size_t i = 0; i < rows; i++) m->image[i] += column[i] * m->direction[j];
    }
}

/* The interval of t with |residual + t image|^2 < bound, or false. */
static bool ellipsoid_chord(const nalg_rlct_mover *m, double bound, double *low, double *high)
{
    double a = 0, b = 0, c = -bound;
    for (size_t i = 0; i < m->loss->rows; i++) {
        a += m->image[i] * m->image[i];
        b += m->image[i] * m->residual[i];
        c += m->residual[i] * m->residual[i];
    }
    *low = -INFINITY;
    *high = INFINITY;
    double discriminant = b * b - a * c;
    if (c >= 0) return false;
    if (a <= 0) return true;
    double root = sqrt(discriminant > 0 ? discriminant : 0), q = -(b + (b > 0 ? root : -root));
    if (q == 0) return false;
    *low = fmin(q / a, c / q);
    *high = fmax(q / a, c / q);
    return true;
}

static void move_affine(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level,
                        const nalg_rlct_block *block)
{
    const nalg_rlct_loss *loss = m->loss;
    size_t rows = loss->rows, n = block->count, tall = rows + n;
    double scale = 1 / sqrt(level * (double)loss->samples), bound = level * (double)loss->samples,
           *mine = w + block->first;
    memcpy(m->saved, mine, n * sizeof *w);
    block_jacobian(m, w, block);
    memcpy(mine, m->saved, n * sizeof *w);
    memcpy(m->residual, m->base, rows * sizeof *m->residual);
    for (size_t j = 0; j < n; j++)
        for (size_t i = 0; i < rows; i++) m->residual[i] += m->jacobian[j * rows + i] * mine[j];
    memset(m->triangle, 0, tall * n * sizeof *m->triangle);
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < rows; i++) m->triangle[j * tall + i] = m->jacobian[j * rows + i] * scale;
        m->triangle[j * tall + rows + j] = 2 / (loss->high[block->first + j] - loss->low[block->first + j]);
    }
    nalg_rlct_triangulate(m->triangle, tall, n);
    for (int step = 0; step < CHORDS; step++) {
        double low, high, box_low, box_high;
        draw_direction(m, random, n);
        if (!ellipsoid_chord(m, bound, &low, &high)) continue;
        box_chord(loss, w, m->direction, block->first, n, &box_low, &box_high);
        low = fmax(low, box_low);
        high = fmin(high, box_high);
        if (!(low < high) || !isfinite(high - low)) continue;
        double t = low + (high - low) * nalg_random_unit(random);
        for (size_t j = 0; j < n; j++) mine[j] += t * m->direction[j];
        for (size_t i = 0; i < rows; i++) m->residual[i] += t * m->image[i];
    }
    double found = loss_at(m, w, NULL);
    if (found < level)
        *k = found;
    else
        memcpy(mine, m->saved, n * sizeof *w); /* rounding put it outside: stay */
}

/* ---- other blocks ---- */

static void move_slice(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level,
                       size_t first, size_t count)
{
    double low, high, *mine = w + first;
    memcpy(m->saved, mine, count * sizeof *w);
    box_chord(m->loss, w, m->direction, first, count, &low, &high);
    for (int i = 0; i < SHRINKAGES && low < high && isfinite(high - low); i++) {
        double t = low + (high - low) * nalg_random_unit(random);
        for (size_t j = 0; j < count; j++) mine[j] = m->saved[j] + t * m->direction[j];
        double found = loss_at(m, w, NULL);
        if (found < level) {
            *k = found;
            return;
        }
        if (t < 0)
            low = t;
        else
            high = t;
    }
    memcpy(mine, m->saved, count * sizeof *w);
}

static void move_coordinates(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level,
                             const nalg_rlct_block *block)
{
    for (size_t i = 0; i < block->count; i++) {
        m->direction[0] = 1;
        move_slice(m, random, w, k, level, block->first + i, 1);
    }
    for (size_t i = 0; i < block->count; i++) m->direction[i] = nalg_random_normal(random);
    if (block->count > 1) move_slice(m, random, w, k, level, block->first, block->count);
}

/* ---- flows ---- */

static void shear_chord(const nalg_rlct_loss *loss, const nalg_rlct_flow *flow, const double *w, double *low,
                        double *high)
{
    *low = -INFINITY;
    *high = INFINITY;
    for (size_t i = flow->first; i < flow->first + flow->count; i++) {
        const nalg_rlct_term *t = &loss->term[i];
        double speed = t->coefficient * w[t->source], a = (loss->low[t->target] - w[t->target]) / speed,
               b = (loss->high[t->target] - w[t->target]) / speed;
        if (speed == 0 || !isfinite(a) || !isfinite(b)) continue;
        cut(low, high, a, b);
    }
}

/* t with low < w exp(c t) < high for all entries: each moves away from zero or towards it. */
static void scaling_chord(const nalg_rlct_loss *loss, const nalg_rlct_flow *flow, const double *w,
                          double *low, double *high)
{
    *low = -INFINITY;
    *high = INFINITY;
    for (size_t i = flow->first; i < flow->first + flow->count; i++) {
        const nalg_rlct_term *t = &loss->term[i];
        double x = w[t->target], outer = x > 0 ? loss->high[t->target] : loss->low[t->target],
               inner = x > 0 ? loss->low[t->target] : loss->high[t->target];
        if (x == 0 || t->coefficient == 0) continue;
        double away = log(outer / x) / t->coefficient, towards = inner / x > 0
                                                                     ? log(inner / x) / t->coefficient
                                                                 : t->coefficient > 0 ? -INFINITY
                                                                                      : INFINITY;
        cut(low, high, away, towards);
    }
}

/* From the density exp(rate t) on [low, high]. */
static double truncated_exponential(nalg_random *random, double rate, double low, double high)
{
    double u = nalg_random_unit(random), width = rate * (high - low);
    if (fabs(width) < 1e-9) return low + (high - low) * u;
    if (width > 0) return high + log(u + (1 - u) * exp(-width)) / rate;
    return low + log((1 - u) + u * exp(width)) / rate;
}

static void move_flow(const nalg_rlct_loss *loss, nalg_random *random, double *w, const nalg_rlct_flow *flow)
{
    double low, high;
    (flow->scaling ? scaling_chord : shear_chord)(loss, flow, w, &low, &high);
    if (!(low < high) || !isfinite(high - low)) return;
    double t = flow->scaling ? truncated_exponential(random, flow->divergence, low, high)
                             : low + (high - low) * nalg_random_unit(random);
    if (!isfinite(t)) return;
    for (size_t i = flow->first; i < flow->first + flow->count; i++) {
        const nalg_rlct_term *term = &loss->term[i];
        if (flow->scaling)
            w[term->target] *= exp(term->coefficient * t);
        else
            w[term->target] += t * term->coefficient * w[term->source]; /* sources of shears stand still */
    }
}

/* K is constant along them: one look at the end, for what rounding changed. */
static void move_flows(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level)
{
    const nalg_rlct_loss *loss = m->loss;
    size_t most = FLOWS_PER_WEIGHT * loss->parameters,
           flows = loss->flow_count < most ? loss->flow_count : most;
    if (!flows) return;
    memcpy(m->saved, w, loss->parameters * sizeof *w);
    for (size_t i = 0; i < flows; i++)
        move_flow(loss, random, w, &loss->flow[nalg_random_below(random, loss->flow_count)]);
    double found = loss_at(m, w, NULL);
    if (found < level)
        *k = found;
    else
        memcpy(w, m->saved, loss->parameters * sizeof *w);
}

void nalg_rlct_sweep(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level)
{
    const nalg_rlct_loss *loss = m->loss;
    for (size_t i = 0; i < loss->block_count; i++) {
        const nalg_rlct_block *block = &loss->block[nalg_random_below(random, loss->block_count)];
        (block->affine ? move_affine : move_coordinates)(m, random, w, k, level, block);
    }
    for (int i = 0; m->gradient && i < METRIC_MOVES; i++) nalg_rlct_metric_move(m, random, w, k, level);
    move_flows(m, random, w, k, level);
}

nalg_status nalg_rlct_movers_create(nalg_ctx *ctx, nalg_rlct_mover **out, size_t count,
                                    const nalg_rlct_loss *loss)
{
    nalg_rlct_mover *movers = *out = nalg_array_zero(count, sizeof *movers);
    nalg_status status = movers ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; i < count && status == NALG_OK; i++)
        status = nalg_rlct_mover_create(ctx, &movers[i], loss);
    return status;
}

void nalg_rlct_movers_free(nalg_rlct_mover *movers, size_t count)
{
    for (size_t i = 0; movers && i < count; i++) nalg_rlct_mover_clear(&movers[i]);
    free(movers);
}

nalg_status nalg_rlct_explain(nalg_ctx *ctx, nalg_status status)
{
    switch (status) {
    case NALG_E_INTERRUPTED: {
        nalg_status reason = nalg_checkpoint(ctx);
        return reason == NALG_OK ? status : reason;
    }
    case NALG_E_MEMORY:
        return nalg_fail_memory(ctx);
    case NALG_E_UNSUPPORTED:
        return nalg_fail(ctx, status, "--estimate", "use smaller weights",
                         "the loss is not finite on the box of weights");
    case NALG_E_LIMIT:
        return nalg_fail(ctx, status, "--estimate", "only the bounds are known",
                         "the sampler stands still: the set of small loss is too thin for its moves");
    default:
        return status;
    }
}
