/* Data files: what is read, with which separator, and what is refused with line and column. Expected values
 * are written by hand. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "model/dataset.h"
#include "support/support.h"

typedef struct {
    const char *text;
    size_t samples;
    double value[8]; /* inputs and target of the samples, in order */
} good_file;

/* `linear 2-1`: two inputs, one target. */
static const good_file good[] = {
    {"1,2,3\n4,5,6\n", 2, {1, 2, 3, 4, 5, 6}},
    {"1,2,3\r\n4,5,6", 2, {1, 2, 3, 4, 5, 6}},
    {"x1,x2,y\n1,2,3\n", 1, {1, 2, 3}},
    {"\"a b\";\"c\";\"d\"\n1;-2.5e-1;+.5\n", 1, {1, -0.25, 0.5}},
    {"1\t2\t3\n\n# note\n4\t5\t6 # end\n", 2, {1, 2, 3, 4, 5, 6}},
    {"  1   2 3  \n4 5 6\n", 2, {1, 2, 3, 4, 5, 6}},
    {"\xEF\xBB\xBF x , y , z \n 1 , 2 , 3 \n", 1, {1, 2, 3}},
    {"# all of it\n7,8,9", 1, {7, 8, 9}},
    {"\"1\",\"2\",\"3\"", 1, {1, 2, 3}},
};

static void test_good(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        nalg_dataset *set = NULL;
        nalg_status status = nalg_dataset_parse(ctx, &set, good[i].text, strlen(good[i].text), model);
        if (status != NALG_OK) print_error("%s: %s\n", good[i].text, nalg_ctx_last_error(ctx).what);
        assert_int_equal(status, NALG_OK);
        nalg_data d = nalg_dataset_view(set);
        assert_int_equal(d.samples, good[i].samples);
        for (size_t s = 0; s < d.samples; s++) {
            assert_true(d.inputs[2 * s] == good[i].value[3 * s] &&
                        d.inputs[2 * s + 1] == good[i].value[3 * s + 1]);
            assert_true(d.targets[s] == good[i].value[3 * s + 2]);
        }
        nalg_dataset_free(set);
    }
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

static const struct {
    const char *text;
    nalg_status status;
    const char *where, *hint;
} bad[] = {
    {"", NALG_E_PARSE, "", "sample"},
    {"x,y,z\n", NALG_E_PARSE, "", "sample"},
    {"1,2,3\n1,two,3\n", NALG_E_PARSE, "line 2, column 2", "decimals"},
    {"x,2,z\n", NALG_E_PARSE, "line 1, column 1", "header"},
    {"x,y,z\na,b,c\n", NALG_E_PARSE, "line 2, column 1", "header"},
    {"1,2\n", NALG_E_SHAPE, "line 1", "2 inputs"},
    {"1,2,3,4\n", NALG_E_SHAPE, "line 1", "1 outputs"},
    {"1,,3\n", NALG_E_PARSE, "line 1, column 2", "empty"},
    {"1,2,3\n1,2,\n", NALG_E_PARSE, "line 2, column 3", "empty"},
    {"1,2,nan\n", NALG_E_PARSE, "line 1, column 3", "leave out"},
    {"nan,nan,nan\n", NALG_E_PARSE, "line 1, column 1", "leave out"},
    {"1,2,-Infinity\n", NALG_E_PARSE, "line 1, column 3", "leave out"},
    {"1,2,1e999\n", NALG_E_PARSE, "line 1, column 3", ""},
    {"1,2,0x10\n", NALG_E_PARSE, "line 1, column 3", ""},
    {"1;2,5;3\n", NALG_E_PARSE, "line 1, column 2", "point"},
    {"1,2,3e\n", NALG_E_PARSE, "line 1, column 3", ""},
};

static void test_bad(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        nalg_dataset *set = (nalg_dataset *)model;
        assert_int_equal(nalg_dataset_parse(ctx, &set, bad[i].text, strlen(bad[i].text), model),
                         bad[i].status);
        assert_ptr_equal(set, (nalg_dataset *)model);
        nalg_error e = nalg_ctx_last_error(ctx);
        if (strcmp(e.where, bad[i].where) || !strstr(e.hint, bad[i].hint))
            fail_msg("'%s': where '%s', hint '%s'", bad[i].text, e.where, e.hint);
    }
    static const char zero[] = "1,2,3\n1,\0,3\n";
    nalg_dataset *set = NULL;
    assert_int_equal(nalg_dataset_parse(ctx, &set, zero, sizeof zero - 1, model), NALG_E_PARSE);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* Repeated inputs, with equal and with other targets; data that is refused. */
static void test_repeats(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "linear 2-1");
    const double x[] = {1, 2, 0, 1, 1, 2, 1, 2, 0, 1}, y[] = {5, 6, 5, 7, 6};
    nalg_data data = {x, y, 5, 2, 1};
    size_t repeats, conflicts;
    assert_int_equal(nalg_data_check(ctx, &data, model), NALG_OK);
    assert_int_equal(nalg_data_repeats(ctx, &repeats, &conflicts, &data), NALG_OK);
    assert_int_equal(repeats, 3);   /* (1, 2) twice more, (0, 1) once more */
    assert_int_equal(conflicts, 1); /* 7 beside 5 */
    const double poles[] = {1, NAN, 0, 1, 1, 2, 1, 2, 0, 1};
    data.inputs = poles;
    assert_int_equal(nalg_data_check(ctx, &data, model), NALG_E_ARGUMENT);
    data = (nalg_data){x, y, 5, 1, 1};
    assert_int_equal(nalg_data_check(ctx, &data, model), NALG_E_SHAPE);
    data = (nalg_data){x, y, 0, 2, 1};
    assert_int_equal(nalg_data_check(ctx, &data, model), NALG_E_ARGUMENT);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_good), cmocka_unit_test(test_bad),
                                       cmocka_unit_test(test_repeats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
