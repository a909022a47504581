/* Products through BLAS against the definition, for all shapes and strides; the thread number is put back.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/random.h"
#include "field/blas.h"

enum { STRIDE = 40, MOST = 33 };

/* Small integers: every product and sum is exact, so equality is the test. */
static void test_against_definition(void **state)
{
    (void)state;
    nalg_random random = nalg_random_stream(1, 0);
    static double a[MOST * STRIDE], b[MOST * STRIDE], c[MOST * STRIDE], expected[MOST * STRIDE];
    for (int trial = 0; trial < 200; trial++) {
        const size_t m = nalg_random_below(&random, MOST + 1), n = nalg_random_below(&random, MOST + 1);
        const size_t k = nalg_random_below(&random, MOST + 1);
        const double alpha = (double)nalg_random_below(&random, 5) - 2, beta = (double)nalg_random_below(&random, 3) - 1;
        for (size_t i = 0; i < MOST * STRIDE; i++) {
            a[i] = (double)nalg_random_below(&random, 100) - 50;
            b[i] = (double)nalg_random_below(&random, 100) - 50;
            expected[i] = c[i] = (double)nalg_random_below(&random, 100) - 50;
        }
        for (size_t i = 0; i < m; i++)
            for (size_t j = 0; j < n; j++) {
                double sum = 0;
                for (size_t l = 0; l < k; l++) sum += a[i * STRIDE + l] * b[l * STRIDE + j];
                expected[i * STRIDE + j] = beta * c[i * STRIDE + j] + alpha * sum;
            }
        nalg_blas_dgemm(m, n, k, alpha, a, STRIDE, b, STRIDE, beta, c, STRIDE);
        for (size_t i = 0; i < MOST * STRIDE; i++) assert_true(c[i] == expected[i]); /* also outside m x n */
    }
}

static void test_threads_are_restored(void **state)
{
    (void)state;
    typedef int get_threads(void);
    get_threads *get = (get_threads *)nalg_blas_symbol("openblas_get_num_threads");
    if (!get) skip();
    const int before = get();
    nalg_blas_threads_push();
    nalg_blas_threads_push();
    assert_int_equal(get(), 1);
    nalg_blas_threads_pop();
    assert_int_equal(get(), 1);
    nalg_blas_threads_pop();
    assert_int_equal(get(), before);
}

/* The choice of kernels leaves no trace in the environment. */
static void test_core_name_and_environment(void **state)
{
    (void)state;
    assert_true(strlen(nalg_blas_core_name()) > 0);
    assert_true(nalg_blas_loaded());
    assert_null(getenv("OPENBLAS_CORETYPE"));
    assert_null(nalg_blas_symbol("no_such_routine_"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_threads_are_restored),
        cmocka_unit_test(test_core_name_and_environment),
    };
    unsetenv("OPENBLAS_CORETYPE");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
