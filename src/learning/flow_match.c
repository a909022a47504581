/* End points are compared by their functions on the data, as weights of one function differ by symmetries.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_match.h"
#include <math.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"

/* Functions at rest are known to about the tolerance of rest over the smallest curvature; different critical
 * points are further apart. */
#define SAME_FUNCTION 1e-4

/* Distance against the size of the targets. */
static bool same(const double *a, const double *b, size_t answers, double squares)
{
    double sum = 0, most = SAME_FUNCTION * SAME_FUNCTION * squares;
    for (size_t i = 0; i < answers && sum <= most; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum <= most;
}

/* Of the targets over all samples. Probabilities have size one in each. */
static double sum_of_squares(size_t samples, double size, nalg_loss_function kind)
{
    return kind == NALG_LOSS_CROSS_ENTROPY ? (double)samples : size * (double)samples;
}

static void swap_answers(double *a, double *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double t = a[i];
        a[i] = b[i];
        b[i] = t;
    }
}

void nalg_flow_points_sort(nalg_flow_points *p)
{
    for (size_t i = 1; i < p->count; i++)
        for (size_t k = i; k > 0 && p->point[k].loss < p->point[k - 1].loss; k--) {
            nalg_flow_point t = p->point[k];
            p->point[k] = p->point[k - 1];
            p->point[k - 1] = t;
            swap_answers(p->answer + k * p->answers, p->answer + (k - 1) * p->answers, p->answers);
        }
}

nalg_status nalg_flow_points_create(nalg_ctx *ctx, nalg_flow_points *out, size_t most, size_t answers)
{
    nalg_flow_points p = {.answers = answers};
    p.answer = nalg_array(most, answers * sizeof *p.answer);
    p.point = nalg_array_zero(most, sizeof *p.point);
    if (!p.answer || !p.point) {
        nalg_flow_points_clear(&p);
        return nalg_fail_memory(ctx);
    }
    *out = p;
    return NALG_OK;
}

static nalg_flow_point point_of_end(const nalg_flow_end *end)
{
    const nalg_curvature *c = &end->curvature;
    return (nalg_flow_point){.loss = end->loss,
                             .curvature = *c,
                             .minimum = !c->known     ? NALG_UNKNOWN
                                        : c->negative ? NALG_FALSE
                                                      : NALG_TRUE};
}

nalg_status nalg_flow_points_cluster(nalg_ctx *ctx, nalg_flow_points *out, const nalg_flow_points *known,
                                     const nalg_flow_runs *runs, double size, nalg_loss_function kind)
{
    size_t answers = runs->answers;
    double squares = sum_of_squares(runs->samples, size, kind);
    nalg_flow_points p = {0};
    nalg_status status = nalg_flow_points_create(ctx, &p, known->count + runs->count, answers);
    if (status != NALG_OK) return status;
    if (known->count) {
        memcpy(p.answer, known->answer, known->count * answers * sizeof *p.answer);
        memcpy(p.point, known->point, known->count * sizeof *p.point);
        p.count = known->count;
    }
    for (size_t i = 0; i < runs->count; i++) {
        const nalg_flow_run *run = &runs->flow[i];
        size_t k = 0;
        if (run->end.reason != NALG_FLOW_REST) continue;
        while (k < p.count && !same(p.answer + k * answers, run->answers, answers, squares)) k++;
        if (k < p.count) continue;
        memcpy(p.answer + k * answers, run->answers, answers * sizeof *p.answer);
        p.point[p.count++] = point_of_end(&run->end);
    }
    nalg_flow_points_sort(&p);
    *out = p;
    return NALG_OK;
}

void nalg_flow_points_clear(nalg_flow_points *p)
{
    free(p->answer);
    free(p->point);
    *p = (nalg_flow_points){0};
}

static size_t nearest(const nalg_flow_points *p, const double *answers, double squares)
{
    size_t best = NALG_NO_POINT;
    double least = INFINITY;
    for (size_t k = 0; k < p->count; k++) {
        double sum = 0;
        if (!same(answers, p->answer + k * p->answers, p->answers, squares)) continue;
        for (size_t i = 0; i < p->answers; i++) {
            double d = answers[i] - p->answer[k * p->answers + i];
            sum += d * d;
        }
        if (sum >= least) continue;
        least = sum;
        best = k;
    }
    return best;
}

/* Weights of one function can be a minimum here and a saddle there: a unit whose incoming weights are zero is
 * held at rest by an outgoing weight of one sign, and not at zero. What the ends are counts. */
static void count_end(nalg_flow_point *p, const nalg_curvature *end)
{
    p->runs++;
    if (!end->known) return;
    if (p->curvature.flat == SIZE_MAX) p->curvature.flat = end->flat;
    if (p->origin != NALG_POINT_OF_LANDSCAPE || p->runs > 1) return;
    p->curvature.known = true;
    p->curvature.negative = end->negative;
    p->minimum = end->negative ? NALG_FALSE : NALG_TRUE;
}

void nalg_flow_points_match(nalg_flow_points *p, nalg_flow_runs *runs, double size, nalg_loss_function kind)
{
    double squares = sum_of_squares(runs->samples, size, kind);
    for (size_t i = 0; i < runs->count; i++) {
        nalg_flow_run *run = &runs->flow[i], *descent = runs->descent ? &runs->descent[i] : NULL;
        if (run->end.reason == NALG_FLOW_REST) run->point = nearest(p, run->answers, squares);
        if (run->point != NALG_NO_POINT) count_end(&p->point[run->point], &run->end.curvature);
        if (descent && descent->end.reason == NALG_FLOW_REST)
            descent->point = nearest(p, descent->answers, squares);
    }
}
