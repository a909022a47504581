/* Points by step number: the integrator's steps follow the time scales of the trajectory, so they are dense
 * where it turns. When the room is used up every second point goes and the stride doubles. Steps of descent
 * are all as long, and most happens in the first: there the numbers of the points kept grow geometrically.
 * The plane is that of the two largest principal components (Pearson, Phil. Mag. 2 (1901) 559).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_trace.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "field/lapack.h"

#define POINTS 96
#define GROWTH 1.15

bool nalg_trace_create(nalg_trace *out, size_t answers, bool geometric)
{
    size_t coordinates = answers < NALG_TRACE_COORDINATES ? answers : NALG_TRACE_COORDINATES;
    nalg_trace t = {.coordinates = coordinates, .answers = answers, .stride = 1, .geometric = geometric};
    t.time = nalg_array(POINTS + 1, sizeof *t.time);
    t.loss = nalg_array(POINTS + 1, sizeof *t.loss);
    t.point = nalg_array(POINTS + 1, coordinates * sizeof *t.point);
    if (!t.time || !t.loss || !t.point) {
        nalg_trace_clear(&t);
        return false;
    }
    *out = t;
    return true;
}

void nalg_trace_clear(nalg_trace *t)
{
    free(t->time);
    free(t->loss);
    free(t->point);
    *t = (nalg_trace){0};
}

static void move(nalg_trace *t, size_t to, size_t from)
{
    t->time[to] = t->time[from];
    t->loss[to] = t->loss[from];
    memmove(t->point + to * t->coordinates, t->point + from * t->coordinates,
            t->coordinates * sizeof *t->point);
}

/* Is the point with this number, from 0, to be kept? */
static bool wanted(nalg_trace *t, size_t number)
{
    if (!t->geometric) return number % t->stride == 0;
    if (number && number < t->stride) return false;
    t->stride = (size_t)((double)number * GROWTH) + 1;
    return true;
}

void nalg_trace_add(nalg_trace *t, double time, double loss, const double *answers, bool last)
{
    if (!last && !wanted(t, t->seen++)) return;
    if (last && t->count && t->time[t->count - 1] == time) return;
    if (t->count == POINTS && !last) {
        if (t->geometric) return;
        for (size_t i = 0; 2 * i < POINTS; i++) move(t, i, 2 * i);
        t->count = POINTS / 2;
        t->stride *= 2;
        if ((t->seen - 1) % t->stride) return;
    }
    t->time[t->count] = time;
    t->loss[t->count] = loss;
    for (size_t i = 0; i < t->coordinates; i++)
        t->point[t->count * t->coordinates + i] = answers[nalg_trace_pick(i, t->coordinates, t->answers)];
    t->count++;
}

/* Mean of all points, then the matrix of second moments about it. */
static size_t moments(nalg_projection *p, double *matrix, const nalg_trace *traces, size_t count)
{
    size_t n = p->coordinates, points = 0;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < traces[k].count; i++, points++)
            for (size_t a = 0; a < n; a++) p->mean[a] += traces[k].point[i * n + a];
    for (size_t a = 0; a < n && points; a++) p->mean[a] /= (double)points;
    for (size_t k = 0; k < count; k++)
        for (size_t i = 0; i < traces[k].count; i++) {
            const double *x = traces[k].point + i * n;
            for (size_t a = 0; a < n; a++)
                for (size_t b = 0; b < n; b++) matrix[a * n + b] += (x[a] - p->mean[a]) * (x[b] - p->mean[b]);
        }
    return points;
}

/* An eigenvector is known up to its sign: the largest entry is made positive. */
static void take_axis(double *axis, const double *vector, size_t n)
{
    size_t largest = 0;
    for (size_t a = 1; a < n; a++)
        if (fabs(vector[a]) > fabs(vector[largest]) * (1 + 1e-9)) largest = a;
    for (size_t a = 0; a < n; a++) axis[a] = vector[largest] < 0 ? -vector[a] : vector[a];
}

bool nalg_projection_find(nalg_projection *out, const nalg_trace *traces, size_t count)
{
    size_t n = count ? traces[0].coordinates : 0;
    nalg_projection p = {.coordinates = n, .shown = 1};
    double value[NALG_TRACE_COORDINATES], total = 0, *matrix = nalg_array_zero(n * n, sizeof *matrix);
    bool ok =
        matrix && n && moments(&p, matrix, traces, count) && nalg_symmetric_eigen(value, matrix, n, true);
    for (size_t i = 0; ok && i < n; i++) total += fmax(0, value[i]);
    for (size_t k = 0; ok && k < 2 && k < n; k++) take_axis(p.axis[k], matrix + (n - 1 - k) * n, n);
    if (ok && total > 0)
        p.shown = fmin(1, (fmax(0, value[n - 1]) + (n > 1 ? fmax(0, value[n - 2]) : 0)) / total);
    if (ok) *out = p;
    free(matrix);
    return ok;
}

void nalg_projection_apply(const nalg_projection *p, double out[2], const double *point)
{
    for (size_t k = 0; k < 2; k++) {
        out[k] = 0;
        for (size_t a = 0; a < p->coordinates; a++) out[k] += p->axis[k][a] * (point[a] - p->mean[a]);
    }
}
