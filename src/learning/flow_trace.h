/* What a trajectory leaves behind: a bounded number of its points, evenly spread over the steps.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_FLOW_TRACE_H
#define NALG_LEARNING_FLOW_TRACE_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    size_t coordinates, answers; /* numbers of a point; of all answers, of which they are an even selection */
    size_t count, seen, stride;  /* kept; shown; every stride-th is kept */
    bool geometric; /* keep points whose numbers grow by a factor instead: `stride` is the next of them */
    double *time, *loss, *point; /* count, count, count x coordinates */
} nalg_trace;

#define NALG_TRACE_COORDINATES 64

/* Positions of the coordinates among the answers. */
static inline size_t nalg_trace_pick(size_t coordinate, size_t coordinates, size_t answers)
{
    return coordinate * answers / coordinates;
}

/* False when memory is out. */
bool nalg_trace_create(nalg_trace *out, size_t answers, bool geometric);
void nalg_trace_clear(nalg_trace *trace);
/* Show the next point; a point shown with `last` is kept. */
void nalg_trace_add(nalg_trace *trace, double time, double loss, const double *answers, bool last);

typedef struct {
    size_t coordinates;
    double mean[NALG_TRACE_COORDINATES], axis[2][NALG_TRACE_COORDINATES];
    double shown; /* share of the variance in the plane, 1 if there is none */
} nalg_projection;

/* The plane of largest variance of all points of the traces. False when memory is out or nothing was kept. */
bool nalg_projection_find(nalg_projection *out, const nalg_trace *traces, size_t count);
void nalg_projection_apply(const nalg_projection *p, double out[2], const double *point);

#endif
