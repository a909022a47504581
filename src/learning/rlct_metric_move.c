/* Metropolis steps in the metric of the loss: w' = w + R(w)^-1 g with g normal and R^T R = J^T J / (n e s^2)
 * + 1 / t^2. Directions that change the function get the width of {K < e}, the others the length t; s and t
 * are drawn anew for every step, t over all orders of magnitude between sqrt(e) and the box, because how far
 * the set is straight depends on the place. R depends on w, so the step is corrected by the ratio of the two
 * normal densities (Girolami-Calderhead 2011 without drift).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "learning/rlct_moves.h"

#define SHORTEST_SHARE 0.1 /* of s */

void nalg_rlct_triangulate(double *a, size_t rows, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        size_t end = rows - n + j + 1; /* below, columns 0 .. j are still zero */
        double *v = a + j * rows, largest = 0, norm = 0;
        for (size_t i = j; i < end; i++) largest = fabs(v[i]) > largest ? fabs(v[i]) : largest;
        if (!(largest > 0)) continue;
        for (size_t i = j; i < end; i++) norm += v[i] / largest * (v[i] / largest);
        norm = largest * sqrt(norm);
        /* the reflection 1 - u u^T / h with u = v - head e_j and h = norm (norm + |v_j|) takes v to head e_j
         */
        double head = v[j] > 0 ? -norm : norm, h = norm * (norm + fabs(v[j]));
        v[j] -= head;
        for (size_t k = j + 1; k < n; k++) {
            double *c = a + k * rows, dot = 0;
            for (size_t i = j; i < end; i++) dot += v[i] * c[i];
            dot /= h;
            for (size_t i = j; i < end; i++) c[i] -= dot * v[i];
        }
        v[j] = head;
    }
}

/* The Jacobian of all values, rows x parameters by columns of length rows + parameters, above a diagonal;
 * then triangulated. */
static bool metric(nalg_rlct_mover *m, double *out, const double *w, double scale, double inverse_length)
{
    const nalg_rlct_loss *loss = m->loss;
    const nalg_jacobian *j = m->gradient;
    size_t p = loss->parameters, samples = loss->samples, tall = loss->rows + p;
    memset(out, 0, tall * p * sizeof *out);
    nalg_evaluation_set_parameters(m->gradient_evaluation, w);
    for (size_t o = 0; o < loss->outputs; o++) {
        for (size_t i = 0; i < loss->rows; i++) m->cotangent[i] = i / samples == o;
        nalg_evaluation_set_input(m->gradient_evaluation, 1, m->cotangent);
        if (!nalg_evaluation_run(m->gradient_evaluation, 0, j->graph.count)) return false;
        for (size_t node = 0; node < j->parameters; node++) {
            if (j->derivative[node] < 0) continue;
            const nalg_node *parameter = &j->graph.node[j->parameter[node]];
            const double *value = nalg_evaluation_value(m->gradient_evaluation, j->derivative[node]);
            bool batched = j->graph.node[j->derivative[node]].batched;
            for (size_t i = 0; i < parameter->size; i++)
                for (size_t s = 0; s < samples; s++)
                    out[(parameter->offset + i) * tall + o * samples + s] +=
                        scale * value[batched ? i * samples + s : i];
        }
    }
    for (size_t i = 0; i < p; i++) out[i * tall + loss->rows + i] = inverse_length;
    nalg_rlct_triangulate(out, tall, p);
    return true;
}

/* log of the density of the step d at w, up to a constant. */
static double log_density(const double *triangle, size_t tall, size_t p, const double *d)
{
    double sum = 0;
    for (size_t i = 0; i < p; i++) {
        double y = 0;
        for (size_t k = i; k < p; k++) y += triangle[k * tall + i] * d[k];
        sum += log(fabs(triangle[i * tall + i])) - 0.5 * y * y;
    }
    return sum;
}

void nalg_rlct_metric_move(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level)
{
    const nalg_rlct_loss *loss = m->loss;
    size_t p = loss->parameters, tall = loss->rows + p;
    double *step = m->proposal, *there = m->proposal + p, radius = (loss->high[0] - loss->low[0]) / 2,
           shortest = sqrt(level);
    double length = radius * pow(fmin(shortest, 1), nalg_random_unit(random)),
           share = pow(SHORTEST_SHARE, nalg_random_unit(random));
    double scale = 1 / (sqrt(level * (double)loss->samples) * share);
    if (!metric(m, m->metric_here, w, scale, 1 / length)) return;
    for (size_t i = p; i-- > 0;) {
        double sum = nalg_random_normal(random);
        for (size_t c = i + 1; c < p; c++) sum -= m->metric_here[c * tall + i] * step[c];
        step[i] = sum / m->metric_here[i * tall + i];
    }
    double accept = nalg_random_unit(random);
    for (size_t i = 0; i < p; i++) {
        there[i] = w[i] + step[i];
        if (!(there[i] >= loss->low[i] && there[i] <= loss->high[i])) return;
    }
    m->evaluations++;
    double found = nalg_rlct_loss_at(loss, m->evaluation, there, NULL);
    if (!(found < level) || !metric(m, m->metric_there, there, scale, 1 / length)) return;
    m->evaluations += 6 * loss->outputs; /* gradients cost about three values */
    if (!(log(1 - accept) <
          log_density(m->metric_there, tall, p, step) - log_density(m->metric_here, tall, p, step)))
        return;
    memcpy(w, there, p * sizeof *w);
    *k = found;
}
