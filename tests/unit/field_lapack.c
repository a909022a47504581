/* Spectra of matrices with known ones, with and without LAPACK.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "field/lapack.h"

#define SIZE 12

/* The path of n vertices: 2 on the diagonal, -1 beside it; eigenvalues 2 - 2 cos(k pi / (n + 1)). */
static void path(double *a)
{
    for (size_t i = 0; i < SIZE; i++)
        for (size_t k = 0; k < SIZE; k++) a[i * SIZE + k] = i == k ? 2 : i + 1 == k || k + 1 == i ? -1 : 0;
}

static void check_eigen(bool (*eigen)(double *, double *, size_t, bool))
{
    double a[SIZE * SIZE], b[SIZE * SIZE], value[SIZE], alone[SIZE];
    path(a);
    path(b);
    assert_true(eigen(value, a, SIZE, true));
    assert_true(eigen(alone, b, SIZE, false));
    path(b);
    for (size_t k = 0; k < SIZE; k++) {
        double expected = 2 - 2 * cos((double)(k + 1) * acos(-1) / (SIZE + 1)), length = 0;
        assert_true(fabs(value[k] - expected) < 1e-13);
        assert_true(fabs(alone[k] - expected) < 1e-13);
        for (size_t i = 0; i < SIZE; i++) {
            double sum = 0;
            for (size_t l = 0; l < SIZE; l++) sum += b[i * SIZE + l] * a[k * SIZE + l];
            assert_true(fabs(sum - expected * a[k * SIZE + i]) < 1e-12);
            length += a[k * SIZE + i] * a[k * SIZE + i];
        }
        assert_true(fabs(length - 1) < 1e-12);
    }
}

static void test_eigen(void **state)
{
    (void)state;
    check_eigen(nalg_symmetric_eigen);
    check_eigen(nalg_symmetric_eigen_by_balls);
}

/* (3 0; 4 5) has A A^T = (9 12; 12 41): eigenvalues 45 and 5. A zero column more changes nothing, nor does
 * transposition. */
static void check_singular(bool (*singular)(double *, double *, size_t, size_t))
{
    double a[] = {3, 0, 0, 4, 5, 0}, b[] = {3, 4, 0, 5, 0, 0}, value[2], zero[] = {0, 0, 0, 0};
    assert_true(singular(value, a, 2, 3));
    assert_true(fabs(value[0] - sqrt(45)) < 1e-14 && fabs(value[1] - sqrt(5)) < 1e-14);
    assert_true(singular(value, b, 3, 2));
    assert_true(fabs(value[0] - sqrt(45)) < 1e-14 && fabs(value[1] - sqrt(5)) < 1e-14);
    assert_true(singular(value, zero, 2, 2));
    assert_true(value[0] == 0 && value[1] == 0);
}

static void test_singular(void **state)
{
    (void)state;
    double value[2], zero[] = {0, NAN, 0, 0};
    check_singular(nalg_singular_values);
    check_singular(nalg_singular_values_by_balls);
    assert_false(nalg_singular_values(value, zero, 2, 2));
    assert_false(nalg_symmetric_eigen(value, zero, 2, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_eigen), cmocka_unit_test(test_singular)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
