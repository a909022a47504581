/* A map given as a graph, and its derivative, evaluated in complex balls.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_BALL_MAP_H
#define NALG_CERTIFY_BALL_MAP_H

#include "certify/krawczyk.h"
#include "core/flint.h"
#include "graph/evaluate.h"

typedef struct {
    const nalg_certify_map *source;
    const double complex *parameter;
    nalg_graph value, derivative;   /* the part of the graph that the output needs; `derivative` adds the adjoints */
    int value_output, derivative_output, cotangent;
    int *adjoint;                   /* of the nodes of `derivative` that `value` has, too */
    size_t unknowns, values;        /* n, m */
    size_t batch, derivative_batch; /* samples; the derivative has one sample for each of the m values */
    bool real;                      /* all numbers it uses are real */
} nalg_ball_map;

/* Values only, or values and Jacobian. `source` and what it points to must outlive *out. NALG_E_ARGUMENT, NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_ball_map_create(nalg_ctx *ctx, nalg_ball_map *out, const nalg_certify_map *source,
                                                const double complex *parameter, size_t parameter_count, bool with_jacobian);
void nalg_ball_map_clear(nalg_ball_map *map);

/* Buffers of one thread at one precision. Must not move: the evaluations point to the field. */
typedef struct {
    const nalg_ball_map *map;
    nalg_field field;
    nalg_evaluation *value, *derivative;
} nalg_ball_evaluation;

NALG_NODISCARD nalg_status nalg_ball_evaluation_create(nalg_ctx *ctx, nalg_ball_evaluation *out, const nalg_ball_map *map,
                                                       long precision);
void nalg_ball_evaluation_clear(nalg_ball_evaluation *e);

/* Enclosures of the m values, and of the m x n Jacobian, over all points of the box z (n balls). False at a pole. */
bool nalg_ball_values(nalg_ball_evaluation *e, acb_ptr out, acb_srcptr z);
bool nalg_ball_jacobian(nalg_ball_evaluation *e, acb_mat_t out, acb_srcptr z);

/* Arrays of balls through the checked allocator: NULL on failure. */
acb_ptr nalg_balls_new(size_t count);
void nalg_balls_free(acb_ptr balls, size_t count);

#endif
