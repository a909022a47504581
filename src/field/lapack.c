/* dsyevd and dgesdd (divide and conquer; LAPACK Users' Guide, 3rd ed., 2.4). One thread, so that the answer
 * is the same for any number of threads. The way without LAPACK takes eigenvalues by the QR iteration of Arb,
 * which is not certified here, and singular values as square roots of eigenvalues of a Gram matrix formed
 * with enough bits.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field/lapack.h"
#include <limits.h>
#include <math.h>
#include <string.h>
#include "core/flint.h"
#include "core/memory.h"
#include "field/blas.h"

#define BALL_BITS 160

typedef void dsyevd(const char *job, const char *triangle, const int *n, double *a, const int *stride,
                    double *value, double *work, const int *work_length, int *integers,
                    const int *integers_length, int *info, size_t, size_t);
typedef void dgesdd(const char *job, const int *m, const int *n, double *a, const int *stride, double *value,
                    double *u, const int *u_stride, double *v, const int *v_stride, double *work,
                    const int *work_length, int *integers, int *info, size_t);

static bool all_finite(const double *a, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(a[i])) return false;
    return true;
}

/* ---- by Arb ---- */

/* Row k of a: the real unit vector along column k of the complex one, turned so that its largest entry is
 * real. */
static void take_vector(double *row, const acb_mat_t right, slong k, size_t n)
{
    double most = 0, length = 0, turn_re = 1, turn_im = 0;
    for (size_t i = 0; i < n; i++) {
        double re = arf_get_d(arb_midref(acb_realref(acb_mat_entry(right, (slong)i, k))), ARF_RND_NEAR);
        double im = arf_get_d(arb_midref(acb_imagref(acb_mat_entry(right, (slong)i, k))), ARF_RND_NEAR);
        if (hypot(re, im) <= most) continue;
        most = hypot(re, im);
        turn_re = re / most;
        turn_im = im / most;
    }
    for (size_t i = 0; i < n; i++) {
        double re = arf_get_d(arb_midref(acb_realref(acb_mat_entry(right, (slong)i, k))), ARF_RND_NEAR);
        double im = arf_get_d(arb_midref(acb_imagref(acb_mat_entry(right, (slong)i, k))), ARF_RND_NEAR);
        row[i] = re * turn_re + im * turn_im;
        length += row[i] * row[i];
    }
    for (size_t i = 0; i < n; i++) row[i] /= sqrt(length);
}

static void sort_values(double *value, double *a, size_t n, bool vectors)
{
    for (size_t i = 0; i < n; i++) {
        size_t least = i;
        for (size_t k = i + 1; k < n; k++)
            if (value[k] < value[least]) least = k;
        double swap = value[i];
        value[i] = value[least];
        value[least] = swap;
        for (size_t k = 0; vectors && k < n && least != i; k++) {
            swap = a[i * n + k];
            a[i * n + k] = a[least * n + k];
            a[least * n + k] = swap;
        }
    }
}

static bool eigen_of_ball_matrix(double *value, double *a, const acb_mat_t matrix, size_t n, bool vectors)
{
    acb_mat_t right;
    acb_ptr root = _acb_vec_init((slong)n);
    acb_mat_init(right, (slong)n, (slong)n);
    bool ok = acb_mat_approx_eig_qr(root, NULL, vectors ? right : NULL, matrix, NULL, 0, BALL_BITS) != 0;
    for (size_t i = 0; ok && i < n; i++) {
        value[i] = arf_get_d(arb_midref(acb_realref(root + i)), ARF_RND_NEAR);
        if (vectors) take_vector(a + i * n, right, (slong)i, n);
    }
    acb_mat_clear(right);
    _acb_vec_clear(root, (slong)n);
    if (ok) sort_values(value, a, n, vectors);
    return ok;
}

bool nalg_symmetric_eigen_by_balls(double *value, double *a, size_t n, bool vectors)
{
    acb_mat_t matrix;
    if (!all_finite(a, n * n)) return false;
    acb_mat_init(matrix, (slong)n, (slong)n);
    for (size_t i = 0; i < n * n; i++) acb_set_d(acb_mat_entry(matrix, (slong)(i / n), (slong)(i % n)), a[i]);
    bool ok = eigen_of_ball_matrix(value, a, matrix, n, vectors);
    acb_mat_clear(matrix);
    return ok;
}

/* From the smaller of A A^T and A^T A, with the rounding errors far below those of doubles. */
bool nalg_singular_values_by_balls(double *value, double *a, size_t m, size_t n)
{
    size_t k = m < n ? m : n, length = m < n ? n : m, step = m < n ? n : 1, along = m < n ? 1 : n;
    acb_mat_t gram;
    arb_t sum, x;
    acb_mat_init(gram, (slong)k, (slong)k);
    arb_init(sum);
    arb_init(x);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++) {
            arb_zero(sum);
            for (size_t l = 0; l < length; l++) {
                arb_set_d(x, a[i * step + l * along]);
                arf_t y;
                arf_init(y);
                arf_set_d(y, a[j * step + l * along]);
                arb_addmul_arf(sum, x, y, BALL_BITS);
                arf_clear(y);
            }
            acb_set_arb(acb_mat_entry(gram, (slong)i, (slong)j), sum);
        }
    bool ok = eigen_of_ball_matrix(value, NULL, gram, k, false);
    for (size_t i = 0; ok && i < k / 2; i++) {
        double swap = value[i];
        value[i] = value[k - 1 - i];
        value[k - 1 - i] = swap;
    }
    for (size_t i = 0; ok && i < k; i++) value[i] = sqrt(fmax(0, value[i]));
    arb_clear(sum);
    arb_clear(x);
    acb_mat_clear(gram);
    return ok;
}

/* ---- by LAPACK ---- */

static bool eigen_by_lapack(dsyevd *routine, double *value, double *a, size_t n, bool vectors)
{
    int order = (int)n, length = -1, integers_length = -1, first, info = 0;
    double best;
    routine(vectors ? "V" : "N", "U", &order, a, &order, value, &best, &length, &first, &integers_length,
            &info, 1, 1);
    length = (int)best;
    integers_length = first;
    double *work = info ? NULL : nalg_array((size_t)length, sizeof *work);
    int *integers = info ? NULL : nalg_array((size_t)integers_length, sizeof *integers);
    bool ok = work && integers;
    if (ok) {
        nalg_blas_threads_push();
        routine(vectors ? "V" : "N", "U", &order, a, &order, value, work, &length, integers, &integers_length,
                &info, 1, 1);
        nalg_blas_threads_pop();
    }
    free(work);
    free(integers);
    return ok && info == 0;
}

bool nalg_symmetric_eigen(double *value, double *a, size_t n, bool vectors)
{
    dsyevd *routine = (dsyevd *)nalg_blas_symbol("dsyevd_");
    if (!n) return true;
    if (!all_finite(a, n * n)) return false;
    if (!routine || n > INT_MAX / 4) return nalg_symmetric_eigen_by_balls(value, a, n, vectors);
    return eigen_by_lapack(routine, value, a, n, vectors);
}

bool nalg_singular_values(double *value, double *a, size_t m, size_t n)
{
    dgesdd *routine = (dgesdd *)nalg_blas_symbol("dgesdd_");
    if (!m || !n) return true;
    if (!all_finite(a, m * n)) return false;
    if (!routine || m > INT_MAX / 4 || n > INT_MAX / 4) return nalg_singular_values_by_balls(value, a, m, n);
    /* Row-major a is column-major a^T. */
    int rows = (int)n, cols = (int)m, one = 1, length = -1, info = 0;
    double best, none;
    int *integers = nalg_array(8 * (m < n ? m : n), sizeof *integers);
    if (!integers) return false;
    routine("N", &rows, &cols, a, &rows, value, &none, &one, &none, &one, &best, &length, integers, &info, 1);
    length = (int)best;
    double *work = info ? NULL : nalg_array((size_t)length, sizeof *work);
    bool ok = work != NULL;
    if (ok) {
        nalg_blas_threads_push();
        routine("N", &rows, &cols, a, &rows, value, &none, &one, &none, &one, work, &length, integers, &info,
                1);
        nalg_blas_threads_pop();
    }
    free(work);
    free(integers);
    return ok && info == 0;
}
