/* Markov moves that keep the uniform distribution on {w in the box : K(w) < e}.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_MOVES_H
#define NALG_LEARNING_RLCT_MOVES_H

#include "core/random.h"
#include "learning/rlct_loss.h"

typedef struct {
    const nalg_rlct_loss *loss;
    nalg_evaluation *evaluation;
    double *residual, *base, *jacobian, *triangle, *direction, *image, *saved;
    uint64_t evaluations;
} nalg_rlct_mover;

NALG_NODISCARD nalg_status nalg_rlct_mover_create(nalg_ctx *ctx, nalg_rlct_mover *out, const nalg_rlct_loss *loss);
void nalg_rlct_mover_clear(nalg_rlct_mover *m);

/* One sweep: every block once, in random order, then symmetry flows. *k is K(w), below `level` before and after. */
void nalg_rlct_sweep(nalg_rlct_mover *m, nalg_random *random, double *w, double *k, double level);

#endif
