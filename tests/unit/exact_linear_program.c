/* Linear programs: textbook cases, and a degenerate one on which other pivot rules cycle.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "exact/linear_program.h"

static nalg_ctx *ctx;

static void set(fmpq_mat_t out, const long *values)
{
    for (slong i = 0; i < fmpq_mat_nrows(out); i++)
        for (slong j = 0; j < fmpq_mat_ncols(out); j++) fmpq_set_si(fmpq_mat_entry(out, i, j), values[i * fmpq_mat_ncols(out) + j], 1);
}

static void check(slong m, slong n, const long *rows, const long *bounds, const bool *equal, const long *objective, nalg_program_outcome expected,
                  long numerator, unsigned long denominator)
{
    fmpq_mat_t a, b, c, x;
    fmpq_t value, term;
    nalg_program_outcome outcome;
    fmpq_mat_init(a, m, n), fmpq_mat_init(b, m, 1), fmpq_mat_init(c, 1, n), fmpq_mat_init(x, 1, n);
    fmpq_init(value), fmpq_init(term);
    set(a, rows), set(b, bounds), set(c, objective);
    assert_int_equal(nalg_program_maximum(ctx, &outcome, x, a, b, equal, c), NALG_OK);
    assert_int_equal(outcome, expected);
    for (slong j = 0; j < n && outcome == NALG_PROGRAM_OPTIMAL; j++) {
        fmpq_mul(term, fmpq_mat_entry(c, 0, j), fmpq_mat_entry(x, 0, j));
        fmpq_add(value, value, term);
    }
    fmpq_set_si(term, numerator, denominator);
    if (outcome == NALG_PROGRAM_OPTIMAL) assert_true(fmpq_equal(value, term));
    fmpq_mat_clear(a), fmpq_mat_clear(b), fmpq_mat_clear(c), fmpq_mat_clear(x);
    fmpq_clear(value), fmpq_clear(term);
}

static void test_small(void **state)
{
    (void)state;
    const bool ge[4] = {false, false, false, false}, eq[2] = {true, true};
    /* 3 x + 5 y, x <= 4, 2 y <= 12, 3 x + 2 y <= 18: 36 at (2, 6) (Dantzig's example) */
    check(3, 2, (long[]){-1, 0, 0, -2, -3, -2}, (long[]){-4, -12, -18}, ge, (long[]){3, 5}, NALG_PROGRAM_OPTIMAL, 36, 1);
    /* min x + y with x + 2 y >= 1, 2 x + y >= 1: 2/3 */
    check(2, 2, (long[]){1, 2, 2, 1}, (long[]){1, 1}, ge, (long[]){-1, -1}, NALG_PROGRAM_OPTIMAL, -2, 3);
    check(1, 2, (long[]){1, 1}, (long[]){1}, ge, (long[]){1, 0}, NALG_PROGRAM_UNBOUNDED, 0, 1);
    check(2, 1, (long[]){1, -1}, (long[]){2, -1}, ge, (long[]){1}, NALG_PROGRAM_INFEASIBLE, 0, 1);
    check(2, 2, (long[]){1, 1, 2, 2}, (long[]){1, 3}, eq, (long[]){1, 0}, NALG_PROGRAM_INFEASIBLE, 0, 1);
    check(2, 2, (long[]){1, 1, 2, 2}, (long[]){1, 2}, eq, (long[]){1, 0}, NALG_PROGRAM_OPTIMAL, 1, 1); /* a row twice */
    /* Beale's cycling example, scaled: max 3/4 x - 150 y + 1/50 z - 6 w (times 100): 1/20 * 100 = 5 */
    check(3, 4, (long[]){-25, 6000, 4, -900, -50, 9000, 2, -300, 0, 0, -1, 0}, (long[]){0, 0, -1}, ge, (long[]){75, -15000, 2, -600}, NALG_PROGRAM_OPTIMAL, 5, 1);
}

static int setup(void **state)
{
    (void)state;
    return nalg_ctx_create(&ctx) != NALG_OK;
}

static int teardown(void **state)
{
    (void)state;
    nalg_ctx_free(ctx);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_small)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
