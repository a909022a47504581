/* Memory, text, random numbers, threads, contexts, JSON and result documents.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "core/context.h"
#include "core/json.h"
#include "core/memory.h"
#include "core/text.h"
#include "core/threads.h"
#include "support/support.h"

static void test_memory(void **state)
{
    (void)state;
    size_t product = 7, capacity = 0;
    assert_false(nalg_size_multiply(&product, SIZE_MAX, 2));
    assert_int_equal(product, 7);
    assert_true(nalg_size_multiply(&product, 3, 5));
    assert_int_equal(product, 15);
    assert_null(nalg_array(SIZE_MAX / 2, 4));
    assert_null(nalg_array_aligned(SIZE_MAX - 8, 1));
    assert_null(nalg_array_zero(SIZE_MAX / 2, 4));
    double *aligned = nalg_array_aligned(3, sizeof *aligned);
    assert_int_equal((uintptr_t)aligned % 64, 0);
    free(aligned);
    char *zeroed = nalg_array_zero(0, 8), *none = nalg_array(0, 8); /* no elements are one */
    assert_non_null(zeroed);
    assert_non_null(none);
    assert_int_equal(zeroed[7], 0);
    free(zeroed), free(none);
    int *list = NULL;
    for (size_t count = 0; count < 1000; count++) {
        assert_true(nalg_grow((void **)&list, &capacity, count, sizeof *list));
        assert_true(capacity > count);
        list[count] = (int)count;
    }
    nalg_memory_fail_at(1);
    size_t before = capacity;
    assert_false(nalg_grow((void **)&list, &capacity, capacity, sizeof *list));
    assert_int_equal(capacity, before);
    assert_int_equal(list[999], 999);
    free(list);
    nalg_memory_fail_at(3);
    void *a = nalg_array(1, 1), *b = nalg_array_zero(1, 1);
    assert_true(a && b);
    assert_null(nalg_array_aligned(1, 1));
    void *c = nalg_array(1, 1); /* only the third fails */
    assert_non_null(c);
    nalg_memory_fail_at(0);
    free(a), free(b), free(c);
    assert_true(nalg_memory_available() > 0);
}

static void test_text(void **state)
{
    (void)state;
    nalg_text t = {0};
    for (int i = 0; i < 1000; i++) nalg_text_format(&t, "%d,", i);
    nalg_text_append(&t, "abcdef", 3);
    assert_int_equal(t.length, 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_string_equal(t.data + t.length - 7, "999,abc");
    char *taken = nalg_text_take(&t);
    assert_int_equal(strlen(taken), 10 * 2 + 90 * 3 + 900 * 4 + 3);
    assert_null(t.data);
    free(taken);
    nalg_memory_fail_at(1);
    nalg_text_string(&t, "x");
    nalg_memory_fail_at(0);
    nalg_text_string(&t, "y"); /* a failure sticks */
    assert_true(t.failed);
    assert_null(nalg_text_take(&t));
}

static void test_random(void **state)
{
    (void)state;
    nalg_random a = nalg_random_stream(5, 9), b = a, other = nalg_random_stream(5, 10),
                seed = nalg_random_stream(6, 9);
    size_t equal = 0, histogram[10] = {0};
    for (int i = 0; i < 1000; i++) {
        uint64_t x = nalg_random_bits(&a);
        nalg_random jump = b; /* value i is a function of (seed, stream, i) */
        jump.counter = (uint64_t)i;
        assert_int_equal(nalg_random_bits(&jump), x);
        equal += x == nalg_random_bits(&other);
        equal += x == nalg_random_bits(&seed);
    }
    assert_int_equal(equal, 0);
    for (int i = 0; i < 100000; i++) histogram[nalg_random_below(&a, 10)]++;
    for (int i = 0; i < 10; i++)
        assert_true(histogram[i] > 10000 - 5 * 95 &&
                    histogram[i] < 10000 + 5 * 95); /* five standard deviations */
    for (int i = 0; i < 1000; i++) assert_true(nalg_random_below(&a, UINT64_C(1) << 63) < UINT64_C(1) << 63);
    for (int i = 0; i < 10; i++) assert_int_equal(nalg_random_below(&a, 1), 0);
    double sum = 0, squares = 0, mean = 0;
    for (int i = 0; i < 100000; i++) {
        double u = nalg_random_unit(&a), n = nalg_random_normal(&a);
        assert_true(u >= 0 && u < 1 && isfinite(n));
        mean += u, sum += n, squares += n * n;
    }
    assert_true(fabs(mean / 1e5 - 0.5) < 5 * 0.2887 / 316);
    assert_true(fabs(sum / 1e5) < 5.0 / 316);
    assert_true(fabs(squares / 1e5 - 1) < 5 * 1.4143 / 316);
}

typedef struct {
    atomic_int runs[500];
    atomic_int worker_wrong;
    int threads;
    size_t fail_at;
} job;

static nalg_status work(void *user, size_t index, int worker)
{
    job *j = user;
    atomic_fetch_add(&j->runs[index], 1);
    if (worker < 0 || worker >= j->threads) atomic_store(&j->worker_wrong, 1);
    struct timespec pause = {0, index == j->fail_at       ? 2000000
                                : index == j->fail_at + 1 ? 8000000
                                                          : 0}; /* a later task fails later */
    if (pause.tv_nsec) nanosleep(&pause, NULL);
    if (index >= j->fail_at) return index == j->fail_at ? NALG_E_SHAPE : NALG_E_LIMIT;
    return NALG_OK;
}

static void test_threads(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    const volatile int flag = 1;
    for (int threads = 1; threads <= 8; threads++) {
        assert_int_equal(nalg_ctx_set_threads(ctx, threads), NALG_OK);
        job j = {.threads = threads, .fail_at = SIZE_MAX};
        assert_int_equal(nalg_parallel(ctx, 500, work, &j), NALG_OK);
        for (int i = 0; i < 500; i++) assert_int_equal(j.runs[i], 1);
        assert_int_equal(j.worker_wrong, 0);
        assert_int_equal(nalg_parallel(ctx, 0, work, &j), NALG_OK);
        j = (job){.threads = threads, .fail_at = 100};
        assert_int_equal(nalg_parallel(ctx, 500, work, &j), NALG_E_SHAPE); /* the first failure by index */
        for (int i = 0; i < 100; i++) assert_int_equal(j.runs[i], 1);
        nalg_ctx_set_cancel(ctx, &flag);
        j = (job){.threads = threads, .fail_at = SIZE_MAX};
        assert_int_equal(nalg_parallel(ctx, 500, work, &j), NALG_E_INTERRUPTED);
        assert_int_equal(j.runs[0], 0);
        nalg_ctx_set_cancel(ctx, NULL);
    }
    nalg_ctx_free(ctx);
}

static nalg_ctx *outer;

static nalg_status nested(void *user, size_t index, int worker)
{
    (void)index, (void)worker;
    atomic_int *runs = user;
    job j = {.threads = 1, .fail_at = 1000};
    nalg_status status = nalg_parallel(outer, 50, work, &j); /* alone: worker 0 only */
    for (int i = 0; i < 50; i++) atomic_fetch_add(runs, j.runs[i]);
    return j.worker_wrong ? NALG_E_INTERNAL : status;
}

/* Loops inside tasks, many short loops, and a child of fork, which has no threads but its own. */
static void test_threads_again(void **state)
{
    (void)state;
    atomic_int runs = 0;
    outer = test_context();
    assert_int_equal(nalg_ctx_set_threads(outer, 4), NALG_OK);
    assert_int_equal(nalg_parallel(outer, 20, nested, &runs), NALG_OK);
    assert_int_equal(runs, 1000);
    for (int i = 0; i < 2000; i++) {
        job j = {.threads = 4, .fail_at = 1000};
        assert_int_equal(nalg_parallel(outer, 3, work, &j), NALG_OK);
        assert_int_equal(j.runs[0] + j.runs[1] + j.runs[2], 3);
    }
#ifndef __SANITIZE_THREAD__ /* which does not follow children */
    pid_t child = fork();
    assert_true(child >= 0);
    if (!child) {
        job j = {.threads = 4, .fail_at = 1000};
        bool ok = nalg_parallel(outer, 100, work, &j) == NALG_OK && j.runs[99] == 1;
        nalg_ctx_free(outer);
        _exit(ok ? 0 : 1);
    }
    int status = 1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
#endif
    nalg_ctx_free(outer);
}

static void count_reports(void *user, const char *phase, uint64_t done, uint64_t total, const char *note)
{
    (void)phase, (void)note, (void)total;
    ((int *)user)[done != 0]++;
}

static void test_context_settings(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    assert_int_equal(nalg_ctx_seed(ctx), NALG_DEFAULT_SEED);
    assert_int_equal(nalg_ctx_threads(ctx), 1);
    assert_int_equal(nalg_ctx_set_threads(ctx, 257), NALG_E_ARGUMENT);
    assert_int_equal(nalg_ctx_set_threads(ctx, -1), NALG_E_ARGUMENT);
    assert_int_equal(nalg_ctx_threads(ctx), 1);
    assert_string_equal(nalg_ctx_last_error(ctx).where, "threads");
    assert_int_equal(nalg_ctx_set_threads(ctx, 0), NALG_OK);
    assert_true(nalg_ctx_threads(ctx) >= 1);
    char longer[5000];
    memset(longer, 'a', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(nalg_fail(ctx, NALG_E_IO, longer, longer, "%s", longer),
                     NALG_E_IO); /* cut, not overrun */
    assert_int_equal(strlen(nalg_ctx_last_error(ctx).what), 1023);
    assert_int_equal(nalg_ctx_last_error(ctx).status, NALG_E_IO);
    int reports[2] = {0};
    nalg_ctx_set_progress(ctx, count_reports, reports);
    for (uint64_t i = 0; i <= 100000; i++) nalg_progress(ctx, "phase", i, 100000, NULL);
    assert_int_equal(reports[0], 1);
    assert_true(reports[1] >= 1 && reports[1] < 20); /* the last one, and few between */
    for (int status = -1; status < 20; status++) assert_non_null(nalg_status_text((nalg_status)status));
    assert_string_equal(nalg_status_text((nalg_status)19), "unknown status");
    nalg_ctx_free(ctx);
    nalg_ctx_free(NULL);
}

static void test_json_and_results(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    json_t *small = nalg_json_unsigned(UINT64_C(1) << 53),
           *large = nalg_json_unsigned((UINT64_C(1) << 53) + 1), *largest = nalg_json_unsigned(UINT64_MAX);
    assert_true(json_is_integer(small));
    assert_string_equal(json_string_value(large), "9007199254740993");
    assert_string_equal(json_string_value(largest), "18446744073709551615");
    json_decref(small), json_decref(large), json_decref(largest);
    fmpz_t power;
    fmpz_init(power);
    fmpz_ui_pow_ui(power, 10, 40);
    json_t *huge = nalg_json_fmpz(power);
    fmpz_set_si(power, -3);
    json_t *negative = nalg_json_fmpz(power);
    assert_int_equal(strlen(json_string_value(huge)), 41);
    assert_non_null(negative);
    json_decref(huge), json_decref(negative);
    fmpz_clear(power);

    const char *text = "{\"result\":{\"a\":5,\"b\":null,\"c\":\"5\",\"t\":true,\"f\":false},\"evidence\":{"
                       "\"status\":\"probable\"}}";
    nalg_result *r = NULL;
    long long value = 9;
    assert_int_equal(nalg_result_read(ctx, &r, text, strlen(text)), NALG_OK);
    assert_int_equal(nalg_result_integer(r, "a", &value), NALG_TRUE);
    assert_int_equal(value, 5);
    assert_int_equal(nalg_result_integer(r, "b", &value), NALG_UNKNOWN);
    assert_int_equal(nalg_result_integer(r, "c", &value), NALG_FALSE);
    assert_int_equal(nalg_result_integer(r, "none", &value), NALG_FALSE);
    assert_int_equal(value, 5);
    assert_int_equal(nalg_result_truth(r, "t"), NALG_TRUE);
    assert_int_equal(nalg_result_truth(r, "f"), NALG_FALSE);
    assert_int_equal(nalg_result_truth(r, "b"), NALG_UNKNOWN);
    assert_int_equal(nalg_result_evidence(r), NALG_PROBABLE);
    char *again;
    assert_int_equal(nalg_result_json(ctx, &again, r), NALG_OK);
    assert_string_equal(again, text);
    free(again);
    nalg_result *checked = NULL;
    assert_int_equal(nalg_verify(ctx, &checked, r), NALG_E_PARSE); /* no command, no model */
    assert_null(checked);
    nalg_result_free(r);
    nalg_result_free(NULL);
    r = NULL;
    /* truncated at every byte; duplicate keys; not an object; trailing text */
    for (size_t n = 0; n < strlen(text); n++)
        assert_int_equal(nalg_result_read(ctx, &r, text, n), NALG_E_PARSE);
    assert_int_equal(nalg_result_read(ctx, &r, "{\"a\":1,\"a\":2}", 13), NALG_E_PARSE);
    assert_int_equal(nalg_result_read(ctx, &r, "[1]", 3), NALG_E_PARSE);
    assert_int_equal(nalg_result_read(ctx, &r, "{} {}", 5), NALG_E_PARSE);
    assert_null(r);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory),           cmocka_unit_test(test_text),
        cmocka_unit_test(test_random),           cmocka_unit_test(test_threads),
        cmocka_unit_test(test_threads_again),    cmocka_unit_test(test_context_settings),
        cmocka_unit_test(test_json_and_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
