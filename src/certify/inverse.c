/* Gauss-Jordan elimination with row pivoting, in place. The result preconditions Krawczyk's operator and needs no error bound: a bad one
 * makes a proof fail, never succeed wrongly. Doubles are ten times faster than balls and enough for condition numbers up to about 10^14.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "certify/inverse.h"
#include <math.h>

static double size_of(double complex x)
{
    return fabs(creal(x)) + fabs(cimag(x));
}

static size_t pivot_row(const double complex *a, size_t n, size_t column)
{
    size_t best = column;
    for (size_t i = column + 1; i < n; i++)
        if (size_of(a[i * n + column]) > size_of(a[best * n + column])) best = i;
    return best;
}

static void swap_rows(double complex *a, size_t n, size_t i, size_t j)
{
    for (size_t l = 0; i != j && l < n; l++) {
        double complex t = a[i * n + l];
        a[i * n + l] = a[j * n + l];
        a[j * n + l] = t;
    }
}

/* row -= factor * pivot, written out: complex multiplication by the operator checks every product for NaN. */
static void eliminate(double complex *row, const double complex *pivot, size_t n, double complex factor)
{
    double fr = creal(factor), fi = cimag(factor);
    double *x = (double *)row;
    const double *y = (const double *)pivot;
    for (size_t l = 0; l < n; l++) {
        x[2 * l] -= fr * y[2 * l] - fi * y[2 * l + 1];
        x[2 * l + 1] -= fr * y[2 * l + 1] + fi * y[2 * l];
    }
}

/* a becomes the inverse of P a, P the row swaps; swapped[c] is the row exchanged with row c. */
static bool invert(double complex *a, size_t n, size_t *swapped)
{
    for (size_t c = 0; c < n; c++) {
        double complex *row = a + c * n;
        swapped[c] = pivot_row(a, n, c);
        swap_rows(a, n, c, swapped[c]);
        if (!(size_of(row[c]) > 0.0) || !isfinite(size_of(row[c]))) return false;
        double complex inverse = 1.0 / row[c];
        row[c] = 1.0;
        for (size_t l = 0; l < n; l++) row[l] *= inverse;
        for (size_t i = 0; i < n; i++) {
            double complex factor = a[i * n + c];
            if (i == c || size_of(factor) == 0.0) continue;
            a[i * n + c] = 0.0;
            eliminate(a + i * n, row, n, factor);
        }
    }
    return true;
}

bool nalg_inverse_doubles(acb_mat_t out, const acb_mat_t a, size_t n, double complex *work)
{
    size_t *swapped = (size_t *)(work + n * n);
    double *part = (double *)work; /* real and imaginary parts alternate; clang has no CMPLX here */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            acb_srcptr entry = acb_mat_entry(a, i, j);
            part[2 * (i * n + j)] = arf_get_d(arb_midref(acb_realref(entry)), ARF_RND_NEAR);
            part[2 * (i * n + j) + 1] = arf_get_d(arb_midref(acb_imagref(entry)), ARF_RND_NEAR);
        }
    if (!invert(work, n, swapped)) return false;
    /* (P A)^-1 P = A^-1: undo the row swaps as column swaps, last first. */
    for (size_t c = n; c-- > 0;)
        for (size_t i = 0; swapped[c] != c && i < n; i++) {
            double complex t = work[i * n + c];
            work[i * n + c] = work[i * n + swapped[c]];
            work[i * n + swapped[c]] = t;
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double complex y = work[i * n + j];
            if (!isfinite(size_of(y))) return false;
            acb_set_d_d(acb_mat_entry(out, i, j), creal(y), cimag(y));
        }
    return true;
}

bool nalg_inverse_precise(acb_mat_t out, const acb_mat_t a, long precision)
{
    if (!acb_mat_approx_inv(out, a, precision) || !acb_mat_is_finite(out)) return false;
    acb_mat_get_mid(out, out);
    return true;
}
