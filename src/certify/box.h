/* Krawczyk's test of one point.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_BOX_H
#define NALG_CERTIFY_BOX_H

#include "certify/ball_map.h"

/* Buffers of one thread at one precision. */
typedef struct {
    size_t n;
    long precision;
    bool precise_inverse;   /* precondition in balls, not in doubles */
    nalg_ball_evaluation system;
    acb_ptr z, box, value, newton, zero;   /* n balls each */
    acb_mat_struct jacobian, inverse;
    mag_ptr defect;         /* n x n: |Re| + |Im| of I - Y F'(X) */
    mag_ptr step, radius, next; /* n each */
    double complex *work;
    bool wide;              /* the first box has no pole */
    bool settled;           /* the last refusal does not depend on the precision */
} nalg_box;

NALG_NODISCARD nalg_status nalg_box_create(nalg_ctx *ctx, nalg_box *out, const nalg_ball_map *system, long precision, bool precise_inverse);
void nalg_box_clear(nalg_box *b);

/* Test z (n finite numbers). When certified, b->zero encloses the one zero of the box, *radius bounds its distance from z, and *real says
 * whether it is real. */
nalg_certify_state nalg_box_test(nalg_box *b, double *radius, nalg_truth *real, const double complex *z, double tolerance);

#endif
