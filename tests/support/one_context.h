/* A context for all tests of a program: pass make_context and drop_context to cmocka_run_group_tests. Include after
 * <cmocka.h>.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TESTS_ONE_CONTEXT_H
#define NALG_TESTS_ONE_CONTEXT_H

#include <math.h>
#include "core/result.h"
#include "../support/support.h"

/* cmocka compares in single precision. */
#define assert_near(a, b, tolerance) assert_true(fabs((a) - (b)) <= (tolerance))

static nalg_ctx *ctx;

static int make_context(void **state)
{
    (void)state;
    ctx = test_context();
    return 0;
}

static int drop_context(void **state)
{
    (void)state;
    nalg_ctx_free(ctx);
    return 0;
}

/* A call about a phrase that must succeed; a failure prints the message. */
static inline void expect_ok(nalg_status status, const char *phrase)
{
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
}

static inline const json_t *answer_of(const nalg_result *result, const char *key)
{
    return json_object_get(json_object_get(result->document, "result"), key);
}

#endif
