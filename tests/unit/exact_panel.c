/* The exchange tableau by its defining equations: T is the inverse of the pivot block, every row is its multipliers times the
 * pivot rows, and the pivot columns are those of an independent elimination.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "core/memory.h"
#include "core/random.h"
#include "exact/panel.h"

enum { ROWS = 70, COLS = 40 };

typedef struct {
    size_t rows, cols;
    int64_t p;
    double a[ROWS * COLS];
} matrix;

static int64_t residue(int64_t x, int64_t p)
{
    return (x % p + p) % p;
}

/* Column rank profile by schoolbook elimination on integers, with inverses found by trial. p < 2^31. */
static size_t profile(const matrix *m, bool *is_pivot)
{
    static int64_t a[ROWS][COLS];
    size_t rank = 0;
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->cols; j++) a[i][j] = residue((int64_t)m->a[i * m->cols + j], m->p);
    for (size_t c = 0; c < m->cols; c++) {
        size_t pivot = rank;
        while (pivot < m->rows && a[pivot][c] == 0) pivot++;
        is_pivot[c] = pivot < m->rows;
        if (!is_pivot[c]) continue;
        for (size_t j = 0; j < m->cols; j++) {
            int64_t swap = a[rank][j];
            a[rank][j] = a[pivot][j];
            a[pivot][j] = swap;
        }
        for (size_t i = rank + 1; i < m->rows; i++) {
            const int64_t f = a[i][c], g = a[rank][c];
            for (size_t j = 0; f && j < m->cols; j++)
                a[i][j] = residue(a[i][j] * g % m->p - f * a[rank][j] % m->p, m->p);
        }
        rank++;
    }
    return rank;
}

/* sum over l of x[l] y[l * stride] mod p. */
static int64_t dot(const double *x, const double *y, size_t stride, size_t n, int64_t p)
{
    int64_t sum = 0;
    for (size_t l = 0; l < n; l++) sum = (sum + (int64_t)x[l] * (int64_t)y[l * stride] % p) % p;
    return residue(sum, p);
}

static void check_inverse(const matrix *m, const nalg_panel *panel, nalg_block negated)
{
    for (size_t i = 0; i < panel->rank; i++)
        for (size_t j = 0; j < panel->rank; j++) {
            double row[COLS];
            for (size_t l = 0; l < panel->rank; l++) row[l] = m->a[panel->source[i] * m->cols + panel->pivot_col[l]];
            assert_int_equal(dot(row, negated.at + j, negated.stride, panel->rank, m->p), residue(i == j ? -1 : 0, m->p));
        }
}

static void check_multipliers(const matrix *m, const nalg_panel *panel, nalg_block negated, double *scratch)
{
    const size_t rank = panel->rank;
    static double x[ROWS * COLS], pivots[COLS * COLS], work[ROWS * COLS];
    memcpy(work, m->a, sizeof work);
    nalg_panel_multipliers(panel, (nalg_block){x, m->rows, rank, COLS}, (nalg_block){work, m->rows, m->cols, m->cols}, negated,
                           scratch);
    for (size_t l = 0; l < rank; l++)
        for (size_t j = 0; j < m->cols; j++) pivots[l * COLS + j] = m->a[panel->source[l] * m->cols + j];
    for (size_t i = 0; i < m->rows; i++)
        for (size_t j = 0; j < m->cols; j++)
            assert_int_equal(dot(x + i * COLS, pivots + j, COLS, rank, m->p), residue((int64_t)m->a[i * m->cols + j], m->p));
}

/* Feed the rows in slabs of the given size, as the elimination does, until the panel is full; `final` skips the inverse. */
static void check(const matrix *m, size_t slab, bool final)
{
    const nalg_arithmetic arithmetic = {nalg_kernels_best(), nalg_modulus_set((uint64_t)m->p), false};
    static double inverse[COLS * COLS], scratch[ROWS * COLS * 4 + COLS * COLS];
    bool expected[COLS];
    nalg_panel panel;
    assert_true(nalg_panel_create(&panel, &arithmetic, m->cols, slab));
    nalg_panel_start(&panel, m->cols);
    static matrix copy;
    copy = *m;
    const nalg_block rows = {copy.a, m->rows, m->cols, m->cols};
    for (size_t next = 0; next < m->rows && panel.rank < m->cols; next += slab) {
        const size_t count = m->rows - next < slab ? m->rows - next : slab;
        nalg_panel_extend(&panel, rows, next, count, final && next + count == m->rows);
    }
    assert_int_equal(panel.rank, profile(m, expected));
    for (size_t j = 0; j < m->cols; j++) assert_int_equal(panel.eligible[j], !expected[j]);
    for (size_t i = 1; i < panel.rank; i++) assert_true(panel.source[i - 1] < panel.source[i]);
    if (!final) {
        const nalg_block negated = {inverse, panel.rank, panel.rank, COLS};
        nalg_panel_inverse(&panel, negated);
        check_inverse(m, &panel, negated);
        check_multipliers(m, &panel, negated, scratch);
    }
    assert_memory_equal(copy.a, m->a, sizeof m->a);
    nalg_panel_clear(&panel);
}

static void exhaust(size_t rows, size_t cols, int64_t p)
{
    size_t matrices = 1;
    static matrix m;
    m = (matrix){.rows = rows, .cols = cols, .p = p};
    for (size_t i = 0; i < rows * cols; i++) matrices *= (size_t)p;
    for (size_t code = 0; code < matrices; code++) {
        for (size_t i = 0, digits = code; i < rows * cols; i++, digits /= (size_t)p) m.a[i] = (double)(digits % (size_t)p);
        check(&m, 1 + code % rows, code % 2);
    }
}

static void test_all_small_panels(void **state)
{
    (void)state;
    exhaust(3, 3, 2);
    exhaust(4, 2, 2);
    exhaust(2, 4, 2);
    exhaust(2, 3, 3);
    exhaust(3, 2, 3);
}

/* Products of random thin matrices with zero and repeated columns: the pivots are spread over rows and columns. */
static void test_random_panels(void **state)
{
    (void)state;
    const int64_t primes[] = {2, 3, 8388593, 2147483647};
    nalg_random random = nalg_random_stream(1, 0);
    for (int trial = 0; trial < 120; trial++) {
        static matrix m;
        m = (matrix){.rows = 1 + nalg_random_below(&random, ROWS), .cols = 1 + nalg_random_below(&random, COLS),
                     .p = primes[trial % 4]};
        const size_t rank = nalg_random_below(&random, COLS + 1);
        double left[ROWS * COLS], right[COLS * COLS];
        for (size_t i = 0; i < ROWS * COLS; i++)
            left[i] = (double)(nalg_random_below(&random, 3) ? 0 : (int64_t)nalg_random_below(&random, (uint64_t)m.p) - m.p / 2);
        for (size_t i = 0; i < COLS * COLS; i++) right[i] = (double)((int64_t)nalg_random_below(&random, (uint64_t)m.p) - m.p / 2);
        for (size_t i = 0; i < m.rows; i++)
            for (size_t j = 0; j < m.cols; j++) {
                const size_t source = j && nalg_random_below(&random, 5) == 0 ? j - 1 : j;
                const int64_t x = source % 7 == 6 ? 0 : dot(left + i * COLS, right + source, COLS, rank, m.p);
                m.a[i * m.cols + j] = (double)(2 * x > m.p ? x - m.p : x);
            }
        check(&m, 1 + nalg_random_below(&random, ROWS), trial % 3 == 0);
    }
}

static void test_allocation_failures(void **state)
{
    (void)state;
    const nalg_arithmetic arithmetic = {nalg_kernels_best(), nalg_modulus_set(2147483647), false};
    for (long k = 1; k <= 6; k++) {
        nalg_panel panel;
        nalg_memory_fail_at(k);
        assert_false(nalg_panel_create(&panel, &arithmetic, 10, 10));
        assert_null(panel.entry);
    }
    nalg_memory_fail_at(0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_panels),
        cmocka_unit_test(test_random_panels),
        cmocka_unit_test(test_allocation_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
