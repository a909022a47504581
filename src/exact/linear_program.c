/* Two-phase simplex on a dense tableau of rationals. The programs here are small (tens of variables) and a proof rests on their answers, so
 * exactness matters and speed does not.  Source: Bland, Mathematics of Operations Research 2 (1977), 103-107.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/linear_program.h"
#include "core/memory.h"

typedef struct {
    nalg_ctx *ctx;
    fmpq_mat_t t;          /* m constraint rows, then the objective row; the last column is the right-hand side */
    slong m, n, surplus;   /* variables: n given, `surplus` of the inequalities, m artificial */
    slong *basic;          /* variable of each row */
} tableau;

/* Row operations that make column `column` the unit vector of `row`. */
static void pivot(tableau *s, slong row, slong column)
{
    slong columns = fmpq_mat_ncols(s->t);
    fmpq_t inverse, factor;
    fmpq_init(inverse);
    fmpq_init(factor);
    fmpq_inv(inverse, fmpq_mat_entry(s->t, row, column));
    for (slong j = 0; j < columns; j++) fmpq_mul(fmpq_mat_entry(s->t, row, j), fmpq_mat_entry(s->t, row, j), inverse);
    for (slong i = 0; i <= s->m; i++) {
        if (i == row || fmpq_is_zero(fmpq_mat_entry(s->t, i, column))) continue;
        fmpq_set(factor, fmpq_mat_entry(s->t, i, column));
        for (slong j = 0; j < columns; j++)
            if (!fmpq_is_zero(fmpq_mat_entry(s->t, row, j))) fmpq_submul(fmpq_mat_entry(s->t, i, j), factor, fmpq_mat_entry(s->t, row, j));
    }
    s->basic[row] = column;
    fmpq_clear(inverse);
    fmpq_clear(factor);
}

/* The row that leaves for a column that enters: least ratio, ties by the least variable. -1: unbounded. */
static slong leaving(const tableau *s, slong column)
{
    slong last = fmpq_mat_ncols(s->t) - 1, best = -1;
    fmpq_t ratio, least;
    fmpq_init(ratio);
    fmpq_init(least);
    for (slong i = 0; i < s->m; i++) {
        if (fmpq_sgn(fmpq_mat_entry(s->t, i, column)) <= 0) continue;
        fmpq_div(ratio, fmpq_mat_entry(s->t, i, last), fmpq_mat_entry(s->t, i, column));
        int order = best < 0 ? -1 : fmpq_cmp(ratio, least);
        if (order > 0 || (order == 0 && s->basic[i] > s->basic[best])) continue;
        fmpq_set(least, ratio);
        best = i;
    }
    fmpq_clear(ratio);
    fmpq_clear(least);
    return best;
}

/* Improve until no variable below `variables` helps: the objective row holds minus the gains. */
static nalg_status improve(tableau *s, slong variables, bool *bounded)
{
    *bounded = true;
    for (;;) {
        nalg_status status = nalg_checkpoint(s->ctx);
        slong column = 0;
        if (status != NALG_OK) return status;
        while (column < variables && fmpq_sgn(fmpq_mat_entry(s->t, s->m, column)) >= 0) column++;
        if (column == variables) return NALG_OK;
        slong row = leaving(s, column);
        *bounded = row >= 0;
        if (row < 0) return NALG_OK;
        pivot(s, row, column);
    }
}

static void fill(tableau *s, const fmpq_mat_struct *rows, const fmpq_mat_struct *bounds, const bool *equal)
{
    slong last = fmpq_mat_ncols(s->t) - 1, surplus = s->n;
    for (slong i = 0; i < s->m; i++) {
        for (slong j = 0; j < s->n; j++) fmpq_set(fmpq_mat_entry(s->t, i, j), fmpq_mat_entry(rows, i, j));
        if (!equal[i]) fmpq_set_si(fmpq_mat_entry(s->t, i, surplus++), -1, 1);
        fmpq_set(fmpq_mat_entry(s->t, i, last), fmpq_mat_entry(bounds, i, 0));
        if (fmpq_sgn(fmpq_mat_entry(bounds, i, 0)) < 0)
            for (slong j = 0; j <= last; j++) fmpq_neg(fmpq_mat_entry(s->t, i, j), fmpq_mat_entry(s->t, i, j));
        fmpq_one(fmpq_mat_entry(s->t, i, s->n + s->surplus + i));
        s->basic[i] = s->n + s->surplus + i;
        for (slong j = 0; j <= last; j++) /* phase one: maximise minus the sum of the artificial variables */
            if (j < s->n + s->surplus || j == last) fmpq_sub(fmpq_mat_entry(s->t, s->m, j), fmpq_mat_entry(s->t, s->m, j), fmpq_mat_entry(s->t, i, j));
    }
}

/* Artificial variables that are still basic are zero: replace them where their row has another variable; other rows are 0 = 0. */
static void drop_artificial(tableau *s)
{
    for (slong i = 0; i < s->m; i++)
        for (slong j = 0; s->basic[i] >= s->n + s->surplus && j < s->n + s->surplus; j++)
            if (!fmpq_is_zero(fmpq_mat_entry(s->t, i, j))) pivot(s, i, j);
}

static void set_objective(tableau *s, const fmpq_mat_struct *objective)
{
    slong columns = fmpq_mat_ncols(s->t);
    fmpq_t factor;
    fmpq_init(factor);
    for (slong j = 0; j < columns; j++) fmpq_zero(fmpq_mat_entry(s->t, s->m, j));
    for (slong j = 0; j < s->n; j++) fmpq_neg(fmpq_mat_entry(s->t, s->m, j), fmpq_mat_entry(objective, 0, j));
    for (slong i = 0; i < s->m; i++) {
        fmpq_set(factor, fmpq_mat_entry(s->t, s->m, s->basic[i]));
        for (slong j = 0; !fmpq_is_zero(factor) && j < columns; j++) fmpq_submul(fmpq_mat_entry(s->t, s->m, j), factor, fmpq_mat_entry(s->t, i, j));
    }
    fmpq_clear(factor);
}

static nalg_status solve(tableau *s, nalg_program_outcome *outcome, const fmpq_mat_struct *objective)
{
    bool bounded;
    nalg_status status = improve(s, s->n + s->surplus, &bounded);
    *outcome = NALG_PROGRAM_INFEASIBLE;
    if (status != NALG_OK || !fmpq_is_zero(fmpq_mat_entry(s->t, s->m, fmpq_mat_ncols(s->t) - 1))) return status;
    drop_artificial(s);
    set_objective(s, objective);
    status = improve(s, s->n + s->surplus, &bounded);
    *outcome = bounded ? NALG_PROGRAM_OPTIMAL : NALG_PROGRAM_UNBOUNDED;
    return status;
}

nalg_status nalg_program_maximum(nalg_ctx *ctx, nalg_program_outcome *outcome, fmpq_mat_struct *x, const fmpq_mat_struct *rows,
                                 const fmpq_mat_struct *bounds, const bool *equal, const fmpq_mat_struct *objective)
{
    tableau s = {.ctx = ctx, .m = fmpq_mat_nrows(rows), .n = fmpq_mat_ncols(rows)};
    for (slong i = 0; i < s.m; i++) s.surplus += !equal[i];
    s.basic = nalg_array((size_t)s.m + 1, sizeof *s.basic);
    if (!s.basic) return nalg_fail_memory(ctx);
    fmpq_mat_init(s.t, s.m + 1, s.n + s.surplus + s.m + 1);
    fill(&s, rows, bounds, equal);
    nalg_status status = solve(&s, outcome, objective);
    if (status == NALG_OK && x && *outcome == NALG_PROGRAM_OPTIMAL) {
        fmpq_mat_zero(x);
        for (slong i = 0; i < s.m; i++)
            if (s.basic[i] < s.n) fmpq_set(fmpq_mat_entry(x, 0, s.basic[i]), fmpq_mat_entry(s.t, i, fmpq_mat_ncols(s.t) - 1));
    }
    fmpq_mat_clear(s.t);
    free(s.basic);
    return status;
}
