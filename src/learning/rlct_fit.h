/* lambda and m from volumes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_RLCT_FIT_H
#define NALG_LEARNING_RLCT_FIT_H

#include "learning/rlct_splitting.h"

typedef struct {
    double lambda, standard_error; /* of the mean over replicates */
    double systematic;             /* from not knowing m, and from terms beyond the leading one */
    double low, high;              /* 95 %, both errors */
    int multiplicity;              /* 0: not decided */
    double multiplicity_share;     /* weight of the most likely m */
    double from, to;               /* depths used */
} nalg_rlct_fit;

/* curves: replicates >= 2 of them with a common part of at least a few levels, else false. most: the largest
 * multiplicity possible. */
bool nalg_rlct_fit_curves(nalg_rlct_fit *out, const nalg_rlct_curve *curves, size_t replicates, size_t most);

/* What is proved cuts the interval; false, and nothing changed, when nothing of it is left. */
NALG_NODISCARD bool nalg_rlct_fit_clip(nalg_rlct_fit *fit, double lower, double upper);

/* Slope of -log V between two depths: mean over the replicates and its standard error. */
void nalg_rlct_slope(const nalg_rlct_curve *curves, size_t replicates, double from, double to, double *mean,
                     double *error);

/* 97.5 % point of Student's distribution. */
double nalg_student(size_t degrees_of_freedom);

#endif
