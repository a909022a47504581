/* Gradient flow from 200 random starts in all, on ten random data sets of five models: no run ends below the global minimum of `landscape`, and
 * every run that comes to rest does so at a point of its list.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "support/landscape_runs.h"

static void test_all(void **state)
{
    (void)state;
    static const struct {
        const char *phrase;
        size_t inputs, outputs, samples;
    } rows[] = {{"cnn k=2,2 x^2", 3, 1, 12}, {"linear 3-2-3", 3, 3, 9}, {"mlp 2-1-1 x^2", 2, 1, 8}, {"mlp 2-1-2 x^2", 2, 2, 8}, {"cnn k=2,2 s=2,1 linear", 4, 1, 10}};
    if (!nalg_flow_available()) skip();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) test_runs(rows[i].phrase, rows[i].inputs, rows[i].outputs, rows[i].samples, 10, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
