/* Every allocation fails once, and every poll of the cancel flag cancels once: the call says so, leaves its outputs alone, leaks nothing
 * (seen under the asan preset) and the next call works. Allocations of FLINT, jansson and BLAS are outside the sweep.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/context.h"
#include "core/memory.h"
#include "support/support.h"

/* A call under test: 0 outputs on failure. The results it needs are made before. */
typedef struct {
    const char *phrase;
    nalg_model *model;
    nalg_result *honest[2]; /* show, dim */
    const char *weights;
} subject;

typedef nalg_status call(nalg_ctx *ctx, const subject *s);

static const uintptr_t untouched = 0x5a5a;

static nalg_status call_parse(nalg_ctx *ctx, const subject *s)
{
    nalg_model *model = (nalg_model *)untouched;
    nalg_status status = nalg_model_parse(ctx, &model, s->phrase, strlen(s->phrase));
    if (status == NALG_OK) nalg_model_free(model);
    else assert_ptr_equal(model, (nalg_model *)untouched);
    return status;
}

/* Free a result, or see that it is untouched. */
static nalg_status finish(nalg_status status, nalg_result *result)
{
    if (status == NALG_OK) nalg_result_free(result);
    else assert_ptr_equal(result, (nalg_result *)untouched);
    return status;
}

static nalg_status call_show(nalg_ctx *ctx, const subject *s)
{
    nalg_result *result = (nalg_result *)untouched;
    nalg_status status = nalg_show(ctx, &result, s->model);
    return finish(status, result);
}

static nalg_status call_dim(nalg_ctx *ctx, const subject *s)
{
    nalg_result *result = (nalg_result *)untouched;
    nalg_dim_options options;
    nalg_dim_options_init(&options);
    options.weights = s->weights;
    options.weights_length = s->weights ? strlen(s->weights) : 0;
    nalg_status status = nalg_dim(ctx, &result, s->model, &options);
    return finish(status, result);
}

static nalg_status call_verify(nalg_ctx *ctx, const subject *s)
{
    nalg_result *result = (nalg_result *)untouched;
    nalg_status status = nalg_verify(ctx, &result, s->honest[1]);
    bool rejected = status == NALG_OK && nalg_result_truth(result, "valid") != NALG_TRUE;
    status = finish(status, result);
    return rejected ? NALG_E_INTERNAL : status; /* want of memory is no reason to reject a result */
}

static nalg_status call_report(nalg_ctx *ctx, const subject *s)
{
    nalg_result *result = (nalg_result *)untouched;
    char *html = (char *)untouched;
    size_t length = untouched;
    nalg_status status = nalg_report(ctx, &result, &html, &length, s->honest, 2, "page.html");
    if (status == NALG_OK) free(html);
    else assert_true(html == (char *)untouched && length == untouched);
    return finish(status, result);
}

static nalg_status call_text(nalg_ctx *ctx, const subject *s)
{
    char *text = (char *)untouched;
    nalg_status status = nalg_result_text(ctx, &text, s->honest[1]);
    if (status == NALG_OK) free(text);
    else assert_ptr_equal(text, (char *)untouched);
    return status;
}

static const struct {
    const char *name;
    call *run;
} calls[] = {{"parse", call_parse}, {"show", call_show}, {"dim", call_dim}, {"verify", call_verify}, {"report", call_report}, {"text", call_text}};
#define CALLS (sizeof calls / sizeof *calls)

static const struct {
    const char *phrase, *weights;
} models[] = {
    {"mlp 3-2-1 x^2+x bias", NULL},
    {"mlp 2-1-2-1 x^2", "1 2 3 4 5 6"},
    {"mlp 1-7-8-1 x^2", NULL}, /* sketch */
    {"cnn k=2,2 x^2", NULL},
    {"attention d=2,3,2 a=1,1 t=2", NULL},
    {"input 2 | residual(dense 2 | x^2 | dense 2) | conv 1", NULL},
    {"gcnn group=S3 layers=2 x^3-2*x+1/2", NULL},
};
#define MODELS (sizeof models / sizeof *models)

static subject prepare(size_t i)
{
    nalg_ctx *ctx = test_context();
    subject s = {.phrase = models[i].phrase, .weights = models[i].weights};
    s.model = test_model(ctx, s.phrase);
    assert_int_equal(nalg_show(ctx, &s.honest[0], s.model), NALG_OK);
    s.honest[1] = test_dim(ctx, s.phrase, NULL);
    nalg_ctx_free(ctx);
    return s;
}

static void discard(subject *s)
{
    nalg_result_free(s->honest[0]);
    nalg_result_free(s->honest[1]);
    nalg_model_free(s->model);
}

static void test_every_allocation(void **state)
{
    (void)state;
    size_t failures = 0, all_wrong = 0;
    for (size_t m = 0; m < MODELS; m++) {
        subject s = prepare(m);
        for (size_t c = 0; c < CALLS; c++) {
            nalg_status status;
            size_t wrong = 0;
            long k = 0;
            do {
                nalg_ctx *ctx = test_context();
                nalg_memory_fail_at(++k);
                status = calls[c].run(ctx, &s);
                nalg_memory_fail_at(0);
                if (status == NALG_E_MEMORY && !strstr(nalg_ctx_last_error(ctx).what, "memory")) status = NALG_E_INTERNAL;
                nalg_ctx_free(ctx);
                failures += status == NALG_E_MEMORY;
                if (status == NALG_OK || status == NALG_E_MEMORY) continue;
                if (!wrong++) print_error("%s %s: allocation %ld gives status %d\n", calls[c].name, s.phrase, k, status);
            } while (status != NALG_OK && k < 5000);
            assert_int_equal(status, NALG_OK);
            if (wrong) print_error("%s %s: %zu of %ld failures not reported as such\n", calls[c].name, s.phrase, wrong, k - 1);
            all_wrong += wrong;
        }
        discard(&s);
    }
    print_message("%zu failed allocations\n", failures);
    assert_true(failures > 1000);
    assert_int_equal(all_wrong, 0);
}

/* A flag that is set by the k-th progress report. */
typedef struct {
    volatile int flag;
    int countdown;
} canceller;

static void on_progress(void *user, const char *phase, uint64_t done, uint64_t total, const char *note)
{
    (void)phase, (void)done, (void)total, (void)note;
    canceller *c = user;
    if (c->countdown > 0 && --c->countdown == 0) c->flag = 1;
}

static void test_cancel_from_progress(void **state)
{
    (void)state;
    size_t cancelled = 0;
    for (size_t m = 0; m < MODELS; m++) {
        subject s = prepare(m);
        for (size_t c = 0; c < CALLS; c++) {
            nalg_status status;
            int k = 0;
            do {
                nalg_ctx *ctx = test_context();
                canceller flag = {0, ++k};
                nalg_ctx_set_cancel(ctx, &flag.flag);
                nalg_ctx_set_progress(ctx, on_progress, &flag);
                status = calls[c].run(ctx, &s);
                /* set by the very last report, a call may still finish */
                assert_true(status == NALG_OK || (status == NALG_E_INTERRUPTED && flag.flag));
                if (status != NALG_OK) assert_string_equal(nalg_ctx_last_error(ctx).what, "interrupted");
                cancelled += status == NALG_E_INTERRUPTED;
                if (status == NALG_OK && flag.flag) status = NALG_E_INTERRUPTED;
                nalg_ctx_free(ctx);
            } while (status != NALG_OK && k < 1000);
            assert_int_equal(status, NALG_OK);
        }
        discard(&s);
    }
    print_message("%zu cancellations\n", cancelled);
    assert_true(cancelled > 10);
}

/* Set before the call: dim and verify stop at their first poll; so does a deadline that has passed. */
static void test_cancelled_before(void **state)
{
    (void)state;
    const volatile int flag = 1;
    for (size_t m = 0; m < MODELS; m++) {
        subject s = prepare(m);
        nalg_ctx *ctx = test_context();
        nalg_ctx_set_cancel(ctx, &flag);
        assert_int_equal(call_dim(ctx, &s), NALG_E_INTERRUPTED);
        assert_int_equal(call_verify(ctx, &s), NALG_E_INTERRUPTED);
        nalg_ctx_set_cancel(ctx, NULL);
        nalg_ctx_set_timeout(ctx, 1e-9);
        assert_int_equal(call_dim(ctx, &s), NALG_E_DEADLINE);
        assert_int_equal(call_verify(ctx, &s), NALG_E_DEADLINE);
        assert_non_null(strstr(nalg_ctx_last_error(ctx).hint, "--timeout"));
        nalg_ctx_set_timeout(ctx, 0);
        assert_int_equal(call_dim(ctx, &s), NALG_OK);
        nalg_ctx_free(ctx);
        discard(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_allocation), cmocka_unit_test(test_cancel_from_progress), cmocka_unit_test(test_cancelled_before)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
