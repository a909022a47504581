/* Moving weights along scaling symmetries.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/even_weights.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "model/symmetry.h"

#define ROUNDS 30        /* over all symmetries */
#define NEWTON_STEPS 40  /* along one of them */
#define LONGEST_STEP 2.0 /* in t */
#define SHORTEST_STEP 1e-9

/* Does the field multiply every weight by a number? Those numbers into `exponent`. */
static bool diagonal(double *exponent, const nalg_vector_field *field, size_t weights)
{
    memset(exponent, 0, weights * sizeof *exponent);
    for (size_t k = 0; k < field->count; k++) {
        const nalg_field_term *term = &field->term[k];
        if (term->source < 0 || (size_t)term->source != term->target) return false;
        exponent[term->target] += (double)term->coefficient;
    }
    return true;
}

nalg_status nalg_scalings_find(nalg_ctx *ctx, nalg_scalings *out, const nalg_model *model)
{
    nalg_symmetries found;
    nalg_vector_field field = {0};
    *out = (nalg_scalings){.weights = model->parameters};
    nalg_status status = nalg_symmetries_find(ctx, &found, model);
    if (status != NALG_OK) return status;
    size_t all = 0, capacity = 0;
    for (size_t i = 0; status == NALG_OK && i < found.count; i++)
        for (size_t f = 0; status == NALG_OK && f < found.item[i].fields; f++) {
            bool room =
                nalg_grow((void **)&out->exponent, &capacity, all, out->weights * sizeof *out->exponent);
            if (!room || !nalg_symmetry_field(&found.item[i], f, &field)) {
                status = nalg_fail_memory(ctx);
            } else if (diagonal(out->exponent + all * out->weights, &field, out->weights)) {
                all++;
            }
        }
    out->fields = all;
    free(field.term);
    nalg_symmetries_clear(&found);
    if (status != NALG_OK) nalg_scalings_clear(out);
    return status;
}

void nalg_scalings_clear(nalg_scalings *s)
{
    free(s->exponent);
    *s = (nalg_scalings){0};
}

/* Is there a minimum: do weights grow, and others shrink? */
static bool balanced(const double *w, const double *exponent, size_t n)
{
    bool grow = false, shrink = false;
    for (size_t i = 0; i < n; i++) {
        grow = grow || (exponent[i] > 0 && w[i] != 0);
        shrink = shrink || (exponent[i] < 0 && w[i] != 0);
    }
    return grow && shrink;
}

/* Newton's method for the minimum along one symmetry; returns how far it went. */
static double move(double *w, const double *exponent, const double *size, size_t n)
{
    double all = 0;
    if (!balanced(w, exponent, n)) return 0;
    for (int k = 0; k < NEWTON_STEPS; k++) {
        double slope = 0, curvature = 0;
        for (size_t i = 0; i < n; i++) {
            double square = w[i] / size[i] * (w[i] / size[i]);
            slope += exponent[i] * square;
            curvature += 2 * exponent[i] * exponent[i] * square;
        }
        if (!(curvature > 0) || !isfinite(curvature)) break;
        double step = fmax(-LONGEST_STEP, fmin(-slope / curvature, LONGEST_STEP));
        for (size_t i = 0; i < n; i++)
            if (exponent[i] != 0) w[i] *= exp(exponent[i] * step);
        all += step;
        if (fabs(step) < SHORTEST_STEP) break;
    }
    return fabs(all);
}

void nalg_even_weights(const nalg_scalings *s, double *w, const double *size)
{
    double farthest = INFINITY;
    for (int round = 0; round < ROUNDS && farthest > SHORTEST_STEP; round++) {
        farthest = 0;
        for (size_t f = 0; f < s->fields; f++)
            farthest = fmax(farthest, move(w, s->exponent + f * s->weights, size, s->weights));
    }
}
