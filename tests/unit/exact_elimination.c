/* Rank and pivots mod p against definitions (exhaustively) and FLINT.
 * The minor on the reported pivots must be nonsingular, the columns must be the rank profile, and neither may depend on the
 * number of threads.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "core/flint.h"
#include "core/memory.h"
#include "core/random.h"
#include "exact/elimination.h"
#include "field/prime.h"

static nalg_ctx *context(int threads)
{
    nalg_ctx *ctx = NULL;
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
    return ctx;
}

/* nalg_rank_fast when it can, nalg_rank_word otherwise; the matrix is copied with a stride of cols + padding. */
static nalg_status rank_of_copy(nalg_ctx *ctx, nalg_rank_profile *out, const uint64_t *a, size_t rows, size_t cols, uint64_t p,
                                bool word)
{
    const size_t stride = cols + 3, count = rows * stride + 1;
    double *fast = calloc(count, sizeof *fast);
    uint64_t *copy = calloc(count, sizeof *copy);
    assert_true(fast && copy);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < cols; j++) {
            copy[i * stride + j] = a[i * cols + j];
            fast[i * stride + j] = (double)a[i * cols + j];
        }
    nalg_status status = word ? nalg_rank_word(ctx, out, copy, rows, cols, stride, p)
                              : nalg_rank_fast(ctx, out, fast, rows, cols, stride, (uint32_t)p);
    free(fast);
    free(copy);
    return status;
}

static void load(nmod_mat_t m, const uint64_t *a, size_t cols, size_t first_rows, size_t first_cols)
{
    for (size_t i = 0; i < first_rows; i++)
        for (size_t j = 0; j < first_cols; j++) nmod_mat_set_entry(m, (slong)i, (slong)j, a[i * cols + j]);
}

static bool minor_is_nonsingular(const nalg_rank_profile *r, const uint64_t *a, size_t cols, uint64_t p)
{
    nmod_mat_t m;
    nmod_mat_init(m, (slong)r->rank, (slong)r->rank, p);
    for (size_t i = 0; i < r->rank; i++)
        for (size_t j = 0; j < r->rank; j++)
            nmod_mat_set_entry(m, (slong)i, (slong)j, a[r->pivot_rows[i] * cols + r->pivot_cols[j]]);
    bool nonsingular = nmod_mat_det(m) != 0;
    nmod_mat_clear(m);
    return nonsingular;
}

static size_t flint_rank(const uint64_t *a, size_t rows, size_t cols, size_t first_cols, uint64_t p)
{
    nmod_mat_t m;
    nmod_mat_init(m, (slong)rows, (slong)first_cols, p);
    load(m, a, cols, rows, first_cols);
    size_t rank = (size_t)nmod_mat_rank(m);
    nmod_mat_clear(m);
    return rank;
}

/* Everything that must hold, by FLINT. The profile is checked column by column when `profile`. */
static void check(const uint64_t *a, size_t rows, size_t cols, uint64_t p, bool word, bool profile)
{
    nalg_ctx *ctx = context(1);
    nalg_rank_profile r = {0};
    assert_int_equal(rank_of_copy(ctx, &r, a, rows, cols, p, word), NALG_OK);
    assert_int_equal(r.rank, flint_rank(a, rows, cols, cols, p));
    assert_true(minor_is_nonsingular(&r, a, cols, p));
    for (size_t i = 1; i < r.rank; i++) assert_true(r.pivot_cols[i - 1] < r.pivot_cols[i]);
    for (size_t i = 0; profile && i < r.rank; i++) {
        assert_int_equal(flint_rank(a, rows, cols, r.pivot_cols[i], p), i);
        assert_int_equal(flint_rank(a, rows, cols, r.pivot_cols[i] + 1, p), i + 1);
    }
    nalg_rank_profile_clear(&r);
    nalg_ctx_free(ctx);
}

/* Number of vectors a x = 0 in F_p^cols: p^(cols - rank), by trying all x. */
static size_t rank_by_counting(const uint64_t *a, size_t rows, size_t cols, uint64_t p)
{
    size_t vectors = 1, kernel = 0, rank = cols;
    for (size_t j = 0; j < cols; j++) vectors *= p;
    for (size_t code = 0; code < vectors; code++) {
        bool zero = true;
        for (size_t i = 0; i < rows && zero; i++) {
            uint64_t sum = 0;
            for (size_t j = 0, digits = code; j < cols; j++, digits /= p) sum += a[i * cols + j] * (digits % p);
            zero = sum % p == 0;
        }
        kernel += zero;
    }
    for (; kernel > 1; kernel /= p) rank--;
    return rank;
}

static void exhaust(size_t rows, size_t cols, uint64_t p)
{
    nalg_ctx *ctx = context(1);
    size_t matrices = 1;
    for (size_t i = 0; i < rows * cols; i++) matrices *= p;
    for (size_t code = 0; code < matrices; code++) {
        uint64_t a[9];
        for (size_t i = 0, digits = code; i < rows * cols; i++, digits /= p) a[i] = digits % p;
        for (int word = 0; word < 2; word++) {
            nalg_rank_profile r = {0};
            assert_int_equal(rank_of_copy(ctx, &r, a, rows, cols, p, word), NALG_OK);
            assert_int_equal(r.rank, rank_by_counting(a, rows, cols, p));
            assert_true(minor_is_nonsingular(&r, a, cols, p));
            nalg_rank_profile_clear(&r);
        }
    }
    nalg_ctx_free(ctx);
}

static void test_all_small_matrices(void **state)
{
    (void)state;
    for (size_t rows = 1; rows <= 3; rows++)
        for (size_t cols = 1; cols <= 3; cols++) exhaust(rows, cols, 2);
    exhaust(2, 3, 3);
    exhaust(3, 2, 3);
    exhaust(3, 3, 3);
    exhaust(2, 2, 5);
}

static void randomise(nalg_random *random, nmod_mat_t m, bool sparse, uint64_t p)
{
    for (slong i = 0; i < nmod_mat_nrows(m); i++)
        for (slong j = 0; j < nmod_mat_ncols(m); j++)
            nmod_mat_set_entry(m, i, j, sparse && nalg_random_below(random, 4) ? 0 : nalg_random_below(random, p));
}

/* rows x cols of rank at most `rank`, then damaged: zero rows and columns, repeated columns, a zero block in the corner. */
static uint64_t *structured(nalg_random *random, size_t rows, size_t cols, size_t rank, uint64_t p)
{
    nmod_mat_t left, right, product;
    nmod_mat_init(left, (slong)rows, (slong)rank, p);
    nmod_mat_init(right, (slong)rank, (slong)cols, p);
    nmod_mat_init(product, (slong)rows, (slong)cols, p);
    const bool sparse = nalg_random_below(random, 2);
    randomise(random, left, sparse, p);
    randomise(random, right, sparse, p);
    nmod_mat_mul(product, left, right);
    uint64_t *a = calloc(rows * cols + 1, sizeof *a);
    assert_non_null(a);
    for (size_t i = 0; i < rows * cols; i++) a[i] = nmod_mat_get_entry(product, (slong)(i / cols), (slong)(i % cols));
    nmod_mat_clear(left);
    nmod_mat_clear(right);
    nmod_mat_clear(product);
    const uint64_t damage = nalg_random_below(random, 16);
    if (damage & 1)
        for (size_t i = 0; i < rows; i += 3) memset(a + i * cols, 0, cols * 8);
    for (size_t i = 0; (damage & 2) && i < rows; i++)
        for (size_t j = 0; j < cols; j += 2) a[i * cols + j] = 0;
    for (size_t i = 0; (damage & 4) && i < rows; i++)
        for (size_t j = 1; j < cols; j += 3) a[i * cols + j] = a[i * cols + j - 1];
    for (size_t i = 0; (damage & 8) && i < rows / 2; i++)
        for (size_t j = 0; j < cols / 2; j++) a[i * cols + j] = 0;
    return a;
}

static void test_structured_against_flint(void **state)
{
    (void)state;
    nalg_random random = nalg_random_stream(7, 0);
    const uint64_t primes[] = {2, 3, 5, 8388593, 2147483647, 8388617, nalg_prime_word(0, 0), 9223372036854775783u};
    for (size_t k = 0; k < 8; k++)
        for (size_t trial = 0; trial < 25; trial++) {
            const size_t rows = 1 + nalg_random_below(&random, 90), cols = 1 + nalg_random_below(&random, 90);
            const size_t rank = nalg_random_below(&random, 1 + (rows < cols ? rows : cols));
            uint64_t *a = structured(&random, rows, cols, rank, primes[k]);
            check(a, rows, cols, primes[k], true, trial % 8 == 0);
            if (primes[k] < NALG_PRIME_FAST_LIMIT) check(a, rows, cols, primes[k], false, trial % 8 == 0);
            free(a);
        }
}

/* Large enough for several panels, deep products, row exchanges far down, and BLAS. */
static void test_large_shapes(void **state)
{
    (void)state;
    const size_t shape[][3] = {{300, 300, 300}, {700, 140, 100}, {130, 800, 130}, {310, 330, 170}, {560, 560, 530}};
    nalg_random random = nalg_random_stream(8, 0);
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++)
        for (int word = 0; word < 2; word++) {
            const uint64_t p = word ? 2147483647 : nalg_prime_fast(0, 0);
            uint64_t *a = structured(&random, shape[i][0], shape[i][1], shape[i][2], p);
            check(a, shape[i][0], shape[i][1], p, word, false);
            free(a);
        }
}

/* Entries p - 1 make every sum of products as large as the analysis allows. */
static void test_extreme_entries(void **state)
{
    (void)state;
    const uint64_t primes[] = {nalg_prime_fast(0, 0), 2147483647};
    nalg_random random = nalg_random_stream(9, 0);
    enum { N = 400 };
    for (size_t k = 0; k < 2; k++) {
        uint64_t *a = calloc(N * N, 8), p = primes[k];
        assert_non_null(a);
        for (size_t i = 0; i < N * N; i++) {
            uint64_t choice = nalg_random_below(&random, 4);
            a[i] = choice == 0 ? p / 2 : choice == 1 ? p / 2 + 1 : choice == 2 ? p - 1 : 1;
        }
        check(a, N, N, p, k, false);
        free(a);
    }
}

static void test_empty_and_zero(void **state)
{
    (void)state;
    nalg_ctx *ctx = context(2);
    const size_t shape[][2] = {{0, 0}, {0, 5}, {5, 0}, {1, 1}, {70, 90}};
    const uint64_t zero[70 * 90] = {0}, primes[] = {8388593, 2147483647, 2305843009213693951u};
    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 3; k++) {
            nalg_rank_profile r = {.rank = 9};
            assert_int_equal(rank_of_copy(ctx, &r, zero, shape[i][0], shape[i][1], primes[k], k > 0), NALG_OK);
            assert_int_equal(r.rank, 0);
            nalg_rank_profile_clear(&r);
        }
    nalg_ctx_free(ctx);
}

static void test_threads_agree(void **state)
{
    (void)state;
    nalg_random random = nalg_random_stream(10, 0);
    for (int word = 0; word < 2; word++) {
        const uint64_t p = word ? 2147483647 : 8388593;
        uint64_t *a = structured(&random, 500, 450, 380, p);
        nalg_rank_profile one = {0}, two = {0};
        nalg_ctx *ctx = context(1);
        assert_int_equal(rank_of_copy(ctx, &one, a, 500, 450, p, word), NALG_OK);
        assert_int_equal(nalg_ctx_set_threads(ctx, 2), NALG_OK);
        assert_int_equal(rank_of_copy(ctx, &two, a, 500, 450, p, word), NALG_OK);
        assert_int_equal(one.rank, two.rank);
        assert_memory_equal(one.pivot_rows, two.pivot_rows, one.rank * sizeof(size_t));
        assert_memory_equal(one.pivot_cols, two.pivot_cols, one.rank * sizeof(size_t));
        nalg_rank_profile_clear(&one);
        nalg_rank_profile_clear(&two);
        nalg_ctx_free(ctx);
        free(a);
    }
}

/* The k-th allocation fails, for every k until none does: a clean status, nothing written, nothing leaked (ASan). */
static void test_allocation_failures(void **state)
{
    (void)state;
    const uint64_t primes[] = {8388593, 2147483647, 2305843009213693951u};
    nalg_random random = nalg_random_stream(11, 0);
    for (size_t i = 0; i < 3; i++) {
        uint64_t *a = structured(&random, 70, 80, 50, primes[i]);
        nalg_ctx *ctx = context(2);
        long failures = 0;
        for (nalg_status status = NALG_E_MEMORY; status != NALG_OK; failures++) {
            nalg_rank_profile r = {.rank = 77};
            nalg_memory_fail_at(failures + 1);
            status = rank_of_copy(ctx, &r, a, 70, 80, primes[i], i > 0);
            nalg_memory_fail_at(0);
            assert_true(status == NALG_OK || (status == NALG_E_MEMORY && r.rank == 77 && !r.pivot_rows));
            if (status == NALG_OK) nalg_rank_profile_clear(&r);
        }
        assert_true(failures > 2);
        nalg_ctx_free(ctx);
        free(a);
    }
}

static void test_bad_arguments(void **state)
{
    (void)state;
    nalg_ctx *ctx = context(1);
    double a[4] = {0};
    uint64_t b[4] = {0};
    nalg_rank_profile r = {.rank = 5};
    assert_int_equal(nalg_rank_fast(ctx, &r, a, 2, 2, 2, 8388617), NALG_E_ARGUMENT);
    assert_int_equal(nalg_rank_fast(ctx, &r, a, 2, 2, 2, 1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_rank_fast(ctx, &r, a, 2, 2, 1, 7), NALG_E_ARGUMENT);
    assert_int_equal(nalg_rank_word(ctx, &r, b, 2, 2, 2, NALG_PRIME_WORD_LIMIT), NALG_E_ARGUMENT);
    assert_int_equal(nalg_rank_word(ctx, &r, b, 2, 2, 1, 7), NALG_E_ARGUMENT);
    assert_int_equal(r.rank, 5);
    nalg_ctx_free(ctx);
}

static void test_cancel(void **state)
{
    (void)state;
    const uint64_t primes[] = {8388593, 2147483647, 2305843009213693951u};
    volatile int flag = 1;
    nalg_ctx *ctx = context(2);
    nalg_ctx_set_cancel(ctx, &flag);
    nalg_random random = nalg_random_stream(12, 0);
    for (size_t i = 0; i < 3; i++) {
        uint64_t *a = structured(&random, 30, 30, 30, primes[i]);
        nalg_rank_profile r = {.rank = 5};
        assert_int_equal(rank_of_copy(ctx, &r, a, 30, 30, primes[i], i > 0), NALG_E_INTERRUPTED);
        assert_int_equal(r.rank, 5);
        free(a);
    }
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_small_matrices), cmocka_unit_test(test_structured_against_flint),
        cmocka_unit_test(test_large_shapes),       cmocka_unit_test(test_extreme_entries),
        cmocka_unit_test(test_empty_and_zero),     cmocka_unit_test(test_threads_agree),
        cmocka_unit_test(test_allocation_failures), cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
