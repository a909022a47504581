/* Markov moves that keep the uniform distribution on {w in the box : K(w) < e}.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_MOVES_H
#define NALG_LEARNING_RLCT_MOVES_H

#include "core/random.h"
#include "geometry/jacobian.h"
#include "learning/rlct_loss.h"

typedef struct {
    const nalg_rlct_loss *loss;
    nalg_evaluation *evaluation;
    double *residual, *base, *jacobian, *triangle, *direction, *image, *saved;
    uint64_t evaluations;
    /* for moves by the local metric; NULL when every block is affine, or there are too many weights */
    const nalg_jacobian *gradient;
    nalg_evaluation *gradient_evaluation;
    double *metric_here, *metric_there, *cotangent, *proposal;
} nalg_rlct_mover;

NALG_NODISCARD nalg_status nalg_rlct_mover_create(nalg_ctx *ctx, nalg_rlct_mover *out,
                                                  const nalg_rlct_loss *loss);
void nalg_rlct_mover_clear(nalg_rlct_mover *m);

/* One sweep: every block once, in random order, then symmetry flows. *k is K(w), below `level` before and
 * after. */
void nalg_rlct_sweep(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level);

/* Upper triangle of the QR decomposition of a (rows x n, column j at a + j * rows, the last n rows diagonal),
 * in place, by Householder reflections. */
void nalg_rlct_triangulate(double *a, size_t rows, size_t n);

/* One Metropolis step of all weights in the metric of the loss; only when m->gradient is set. */
void nalg_rlct_metric_move(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level);

/* One mover for each thread; freed also after a failure, which leaves NULL or some of them. */
NALG_NODISCARD nalg_status nalg_rlct_movers_create(nalg_ctx *ctx, nalg_rlct_mover **out, size_t count,
                                                   const nalg_rlct_loss *loss);
void nalg_rlct_movers_free(nalg_rlct_mover *movers, size_t count);

/* The error for a status that came from workers, which record none. */
NALG_NODISCARD nalg_status nalg_rlct_explain(nalg_ctx *ctx, nalg_status status);

#endif
