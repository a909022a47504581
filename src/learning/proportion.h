/* Confidence intervals of proportions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_PROPORTION_H
#define NALG_LEARNING_PROPORTION_H

#include <math.h>
#include <stddef.h>

/* 97.5 % quantile of the normal distribution. */
#define NALG_QUANTILE_95 1.959963984540054

/* Score interval for `count` successes of `trials` > 0 at 95 % (Wilson, JASA 22 (1927) 209): all p whose
 * normal test accepts count. */
static inline void nalg_wilson(size_t count, size_t trials, double *low, double *high)
{
    double n = (double)trials, share = (double)count / n, z = NALG_QUANTILE_95 * NALG_QUANTILE_95 / n;
    double middle = (share + z / 2) / (1 + z);
    double reach = NALG_QUANTILE_95 * sqrt(share * (1 - share) / n + z / (4 * n)) / (1 + z);
    *low = count == 0 ? 0 : fmax(0, middle - reach);
    *high = count == trials ? 1 : fmin(1, middle + reach);
}

#endif
