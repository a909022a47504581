/* Critical points on limits of networks: descent may go there although no weights attain them, along weights
 * that grow without end. A limit is a wider network with fewer free parameters (geometry/limits.h), so its
 * functions have charts like those of the model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "learning/landscape_internal.h"

#define SAME 1e-6 /* relative distance of functions */

static void clear_point(nalg_limit_point *p)
{
    free(p->weights);
    free(p->e);
    *p = (nalg_limit_point){0};
}

static bool listed(const nalg_landscape_search *s, const double *e)
{
    for (size_t i = 0; i < s->limit_points; i++)
        if (nalg_function_distance(s->limit_point[i].e, e, s->form.size, 0) < SAME) return true;
    return false;
}

/* Takes over the arrays of p. */
static nalg_status keep(nalg_landscape_search *s, nalg_limit_point *p)
{
    if (!nalg_grow((void **)&s->limit_point, &s->limit_point_capacity, s->limit_points,
                   sizeof *s->limit_point)) {
        clear_point(p);
        return nalg_fail_memory(s->ctx);
    }
    s->limit_point[s->limit_points++] = *p;
    return NALG_OK;
}

/* Do weights of the model realise the function? */
static nalg_status is_network(nalg_landscape_search *s, bool *found, const nalg_part *part, const double *e)
{
    *found = false;
    if (part->limit->not_realised) return NALG_OK;
    double *w = nalg_array_zero(s->model->parameters, sizeof *w);
    nalg_status status = w ? nalg_realise(&s->data, w, found, e) : nalg_fail_memory(s->ctx);
    free(w);
    return status;
}

/* Newton's method at z, then values, loss and weights. */
static nalg_status describe(nalg_landscape_search *s, nalg_limit_point *p, const nalg_loss_system *fixed,
                            double *z)
{
    const nalg_chart *chart = fixed->chart;
    size_t d = chart->dimension, a = s->form.size;
    double complex *x = nalg_array(d, sizeof *x), *e = nalg_array(a, sizeof *e);
    nalg_status status = x && e ? nalg_chart_index(&s->data, &p->index, z, fixed) : nalg_fail_memory(s->ctx);
    for (size_t i = 0; status == NALG_OK && i < d; i++) x[i] = z[i];
    if (status == NALG_OK) status = nalg_system_evaluate(s->ctx, e, NULL, fixed->value_system, x, 1, NULL);
    if (status == NALG_OK) {
        p->loss = fmax(creal(nalg_loss_form_value(&s->form, e)), 0);
        for (size_t i = 0; i < a; i++) p->e[i] = creal(e[i]);
        nalg_chart_real_weights(p->weights, chart, z);
    }
    free(x);
    free(e);
    return status;
}

nalg_status nalg_landscape_add_limit(nalg_landscape_search *s, nalg_part *part, const nalg_loss_system *fixed,
                                     const double complex *z, const double complex *e)
{
    size_t d = fixed->chart->dimension, a = s->form.size;
    nalg_limit_point p = {.part = part->number,
                          .weights = nalg_array(fixed->chart->weights, sizeof *p.weights),
                          .e = nalg_array(a, sizeof *p.e)};
    double *x = nalg_array(d, sizeof *x);
    bool found = false, real = nalg_landscape_small_imaginary(z, d);
    nalg_status status = p.weights && p.e && x ? NALG_OK : nalg_fail_memory(s->ctx);
    for (size_t i = 0; status == NALG_OK && i < d; i++) x[i] = creal(z[i]);
    for (size_t i = 0; status == NALG_OK && i < a; i++) p.e[i] = creal(e[i]);
    if (status == NALG_OK) status = is_network(s, &found, part, p.e);
    part->found += found || real;
    if (!found && !real) part->complex_weights++;
    if (status == NALG_OK && !found && real) status = describe(s, &p, fixed, x);
    free(x);
    if (status != NALG_OK || found || !real || listed(s, p.e)) {
        clear_point(&p);
        return status;
    }
    part->critical++;
    return keep(s, &p);
}

static nalg_status solve_limit(nalg_landscape_search *s, const nalg_limit *limit)
{
    nalg_submodel sub = {NULL, limit->free_count, limit->weight};
    nalg_chart chart;
    nalg_chart_scale scale = nalg_loss_form_scale(&s->form);
    nalg_part *part;
    nalg_status status =
        nalg_chart_create(s->ctx, &chart, limit->wider, &sub, &scale, s->generic, s->generic_count);
    if (status == NALG_E_LIMIT) {
        s->limits_skipped++;
        return NALG_OK;
    }
    if (status != NALG_OK) return status;
    if (chart.dimension) {
        status = nalg_landscape_new_part(s, &part, limit->name);
        if (status == NALG_OK) {
            part->limit = limit;
            status = nalg_landscape_solve_chart(s, &chart, part);
        }
    }
    nalg_chart_clear(&chart);
    return status;
}

static int by_loss(const void *a, const void *b)
{
    const nalg_limit_point *x = a, *y = b;
    return (x->loss > y->loss) - (x->loss < y->loss);
}

nalg_status nalg_landscape_solve_limits(nalg_landscape_search *s)
{
    nalg_status status = nalg_limits_find(s->ctx, &s->limits, s->model, s->chart.dimension);
    for (size_t i = 0; status == NALG_OK && i < s->limits.count; i++)
        status = solve_limit(s, &s->limits.item[i]);
    if (status == NALG_OK && s->limit_points)
        qsort(s->limit_point, s->limit_points, sizeof *s->limit_point, by_loss);
    return status;
}

void nalg_landscape_clear_limits(nalg_landscape_search *s)
{
    for (size_t i = 0; i < s->limit_points; i++) clear_point(&s->limit_point[i]);
    free(s->limit_point);
    nalg_limits_clear(&s->limits);
}
