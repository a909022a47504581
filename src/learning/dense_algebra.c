/* Dense linear algebra for matrices of a few dozen rows.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/dense_algebra.h"
#include <math.h>
#include <string.h>

static double dot(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* x loses its part along the unit vector q; twice is enough (Kahan, Parlett). */
static void orthogonalise(double *x, const double *q, size_t n)
{
    for (int twice = 0; twice < 2; twice++) {
        double along = dot(x, q, n);
        for (size_t i = 0; i < n; i++) x[i] -= along * q[i];
    }
}

size_t nalg_choose_independent(size_t *chosen, double *vector, size_t count, size_t length, size_t most,
                               double tolerance, bool in_order)
{
    size_t found = 0;
    /* Unit vectors to start with: then `tolerance` is about directions. Chosen rows become an orthonormal
     * basis. */
    for (size_t i = 0; i < count; i++) {
        double size = sqrt(dot(vector + i * length, vector + i * length, length));
        for (size_t k = 0; k < length; k++)
            vector[i * length + k] = size > 0 && size < INFINITY ? vector[i * length + k] / size : 0;
    }
    for (size_t step = 0; step < count && found < most; step++) {
        size_t best = step;
        double largest = 0;
        for (size_t i = in_order ? step : 0; i < (in_order ? step + 1 : count); i++) {
            double size = dot(vector + i * length, vector + i * length, length);
            if (size > largest) largest = size, best = i;
        }
        if (!(sqrt(largest) > tolerance)) {
            if (in_order) continue;
            break;
        }
        double *q = vector + best * length, scale = 1 / sqrt(largest);
        for (size_t k = 0; k < length; k++) q[k] *= scale;
        for (size_t i = in_order ? step + 1 : 0; i < count; i++)
            if (i != best) orthogonalise(vector + i * length, q, length);
        chosen[found++] = best;
        if (!in_order) memset(q, 0, length * sizeof *q);
    }
    return found;
}

bool nalg_least_squares(double *a, double *b, size_t m, size_t n, size_t r)
{
    double largest = 0;
    for (size_t k = 0; k < n; k++) {
        double norm = 0;
        for (size_t i = k; i < m; i++) norm += a[i * n + k] * a[i * n + k];
        norm = sqrt(norm);
        largest = fmax(largest, norm);
        if (!(norm > 1e-15 * largest)) return false;
        double alpha = a[k * n + k] > 0 ? -norm : norm, head = a[k * n + k] - alpha,
               square = 2 * norm * (norm + fabs(a[k * n + k]));
        a[k * n + k] = head;
        for (size_t j = k + 1; j < n + r; j++) {
            double *column = j < n ? a + j : b + (j - n), sum = 0;
            size_t stride = j < n ? n : r;
            for (size_t i = k; i < m; i++) sum += a[i * n + k] * column[i * stride];
            sum *= 2 / square;
            for (size_t i = k; i < m; i++) column[i * stride] -= sum * a[i * n + k];
        }
        a[k * n + k] = alpha;
    }
    for (size_t k = n; k-- > 0;)
        for (size_t j = 0; j < r; j++) {
            double sum = b[k * r + j];
            for (size_t i = k + 1; i < n; i++) sum -= a[k * n + i] * b[i * r + j];
            b[k * r + j] = sum / a[k * n + k];
        }
    return true;
}

bool nalg_complex_solve(double complex *a, double complex *b, size_t n, size_t r)
{
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (cabs(a[i * n + k]) > cabs(a[best * n + k])) best = i;
        if (!(cabs(a[best * n + k]) > 0)) return false;
        for (size_t j = 0; j < n && best != k; j++) {
            double complex t = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = t;
        }
        for (size_t j = 0; j < r && best != k; j++) {
            double complex t = b[k * r + j];
            b[k * r + j] = b[best * r + j];
            b[best * r + j] = t;
        }
        for (size_t i = 0; i < n; i++) {
            if (i == k) continue;
            double complex ratio = a[i * n + k] / a[k * n + k];
            for (size_t j = k; j < n; j++) a[i * n + j] -= ratio * a[k * n + j];
            for (size_t j = 0; j < r; j++) b[i * r + j] -= ratio * b[k * r + j];
        }
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < r; j++) b[i * r + j] /= a[i * n + i];
    return true;
}

static double column_length(const double *m, size_t rows, size_t n, size_t k)
{
    double square = 0;
    for (size_t i = 0; i < rows; i++) square += m[i * n + k] * m[i * n + k];
    return sqrt(square);
}

size_t nalg_orthonormal_columns(double *m, double *inverse, double *factor, size_t rows, size_t n,
                                double tolerance, double size)
{
    size_t kept = 0;
    memset(inverse, 0, n * n * sizeof *inverse);
    if (factor) memset(factor, 0, n * n * sizeof *factor);
    for (size_t k = 0; k < n; k++) {
        double length = column_length(m, rows, n, k);
        inverse[k * n + k] = 1;
        for (int twice = 0; twice < 2; twice++)
            for (size_t j = 0; j < k; j++) { /* a zero column takes nothing away */
                double along = 0;
                for (size_t i = 0; i < rows; i++) along += m[i * n + j] * m[i * n + k];
                for (size_t i = 0; i < rows; i++) m[i * n + k] -= along * m[i * n + j];
                for (size_t i = 0; along != 0 && i < n; i++) inverse[i * n + k] -= along * inverse[i * n + j];
                if (factor) factor[j * n + k] += along;
            }
        double left = column_length(m, rows, n, k);
        bool keep = left > tolerance * (size > 0 ? size : length);
        double scale = keep ? 1 / left : length > 0 ? 1 / length : 1;
        for (size_t i = 0; i < rows; i++) m[i * n + k] = keep ? m[i * n + k] * scale : 0;
        for (size_t i = 0; i < n; i++) inverse[i * n + k] *= scale;
        if (factor && keep) factor[k * n + k] = left;
        kept += keep;
    }
    return kept;
}
