/* With s = log 1/e, -log V(s) = lambda s - (m - 1) log s + const + smaller terms. Over a window [s0, s2]
 *
 *     lambda = slope + (m - 1) g,    slope = -(log V(s2) - log V(s0)) / (s2 - s0),    g = (log s2 - log s0) /
 * (s2 - s0),
 *
 * and the increments of log V are nearly independent, so the difference of the ends is the efficient
 * estimate. The slopes of the two halves of the window (cut at the geometric mean) differ by (m - 1)(g1 -
 * g2), which tells m when lambda is small, where m matters; when it is large the term is far below the error.
 * m is averaged over its posterior with prior 2^-m, and what stays open is added to the error.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_fit.h"
#include <math.h>

#define WINDOW 3             /* the first third of the depth is left out: smaller terms */
#define LEAST_ERROR_OF_M 0.2 /* smaller terms look like a fraction of a logarithm */
#define DECIDED 0.95
#define MOST_CANDIDATES 64

double nalg_student(size_t f)
{
    static const double table[] = {0,    12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36,
                                   2.31, 2.26,  2.23, 2.20, 2.18, 2.16, 2.14, 2.13};
    return f < sizeof table / sizeof *table ? table[f] : 1.96 + 2.4 / (double)f;
}

static void mean_and_error(const double *x, size_t n, double *mean, double *error)
{
    double sum = 0, square = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    *mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) square += (x[i] - *mean) * (x[i] - *mean);
    *error = n > 1 ? sqrt(square / (double)(n - 1) / (double)n) : INFINITY;
}

static double slope(const nalg_rlct_curve *c, double from, double to)
{
    return (nalg_rlct_curve_at(c, from) - nalg_rlct_curve_at(c, to)) / (to - from);
}

#define REPLICATE_LIMIT 64

void nalg_rlct_slope(const nalg_rlct_curve *curves, size_t replicates, double from, double to, double *mean,
                     double *error)
{
    double x[REPLICATE_LIMIT];
    size_t n = replicates < REPLICATE_LIMIT ? replicates : REPLICATE_LIMIT;
    for (size_t r = 0; r < n; r++) x[r] = slope(&curves[r], from, to);
    mean_and_error(x, n, mean, error);
}

/* log s grows by how much per unit of s. */
static double logarithm(double from, double to)
{
    return log(to / from) / (to - from);
}

/* Posterior mean and deviation of m - 1 from the bend of the curves. */
static void weigh(nalg_rlct_fit *out, double found, double error, size_t most, double *mean,
                  double *deviation)
{
    double weight[MOST_CANDIDATES], sum = 0, first = 0, second = 0;
    size_t count = most < MOST_CANDIDATES ? most : MOST_CANDIDATES, best = 0;
    for (size_t j = 0; j < count; j++) {
        double z = (found - (double)j) / error;
        weight[j] = exp2(-(double)j) * exp(-0.5 * z * z);
        if (weight[j] > weight[best]) best = j;
        sum += weight[j];
        first += weight[j] * (double)j;
        second += weight[j] * (double)j * (double)j;
    }
    if (!(sum > 0)) { /* far from all: the nearest end */
        *mean = found < 0 ? 0 : (double)count - 1;
        *deviation = 1;
        return;
    }
    *mean = first / sum;
    *deviation = sqrt(fmax(0, second / sum - *mean * *mean));
    out->multiplicity_share = weight[best] / sum;
    if (out->multiplicity_share >= DECIDED) out->multiplicity = (int)best + 1;
}

bool nalg_rlct_fit_curves(nalg_rlct_fit *out, const nalg_rlct_curve *curves, size_t replicates, size_t most)
{
    double to = INFINITY, x[REPLICATE_LIMIT], bend[REPLICATE_LIMIT], bend_mean, bend_error, mean, deviation;
    if (replicates < 2 || replicates > REPLICATE_LIMIT || most < 1) return false;
    *out = (nalg_rlct_fit){0};
    for (size_t r = 0; r < replicates; r++) {
        if (curves[r].count < 6) return false;
        to = fmin(to, curves[r].depth[curves[r].count - 1]);
    }
    double from = to / WINDOW, middle = sqrt(from * to), g = logarithm(from, to),
           unit = logarithm(from, middle) - logarithm(middle, to);
    if (!(to > 3)) return false;
    for (size_t r = 0; r < replicates; r++) {
        x[r] = slope(&curves[r], from, to);
        bend[r] = slope(&curves[r], middle, to) - slope(&curves[r], from, middle);
    }
    mean_and_error(x, replicates, &out->lambda, &out->standard_error);
    mean_and_error(bend, replicates, &bend_mean, &bend_error);
    weigh(out, bend_mean / unit, hypot(bend_error / unit, LEAST_ERROR_OF_M), most, &mean, &deviation);
    out->lambda += g * mean;
    out->systematic = g * (deviation + 0.5 * fmin(mean, 1)) + g * LEAST_ERROR_OF_M;
    double half = nalg_student(replicates - 1) * out->standard_error + out->systematic;
    out->low = fmax(0, out->lambda - half);
    out->high = out->lambda + half;
    out->from = from;
    out->to = to;
    return true;
}

bool nalg_rlct_fit_clip(nalg_rlct_fit *fit, double lower, double upper)
{
    if (fit->low > upper || fit->high < lower) return false;
    fit->lambda = fmin(fmax(fit->lambda, lower), upper);
    fit->low = fmin(fmax(fit->low, lower), upper);
    fit->high = fmin(fmax(fit->high, lower), upper);
    return true;
}
