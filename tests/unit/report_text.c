/* Results on a terminal, and the escaping functions.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/memory.h"
#include "report/buffer.h"
#include "report/text.h"
#include "report/value.h"

static const char dim_document[] =
    "{\"neuroalg\":\"0.1.0\",\"command\":\"dim\",\"model\":{\"spec\":\"mlp 2-3-1 x^2\",\"pipeline\":\"input "
    "2 | dense 3 | x^2 | dense 1\","
    "\"parameters\":9},\"seed\":1,\"result\":{\"dimension\":3,\"filling\":true,\"lower_bound\":3,\"upper_"
    "bounds\":["
    "{\"kind\":\"ambient\",\"value\":3,\"source\":\"span\"},{\"kind\":\"symmetries\",\"value\":16,\"source\":"
    "\"fields\"}],"
    "\"local_dimension\":null},\"evidence\":{\"status\":\"proved\",\"lower\":{\"prime\":101}}}";

static char *text_of(const char *json)
{
    nalg_ctx *ctx = NULL;
    char *text = NULL;
    json_t *document = json_loads(json, 0, NULL);
    assert_non_null(document);
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    assert_int_equal(nalg_report_text(ctx, &text, document), NALG_OK);
    json_decref(document);
    nalg_ctx_free(ctx);
    return text;
}

static void a_dimension_reads_well(void **state)
{
    (void)state;
    char *text = text_of(dim_document);
    static const char head[] = "model            mlp 2-3-1 x^2\n"
                               "pipeline         input 2 | dense 3 | x^2 | dense 1\n"
                               "dimension        3   (fills the ambient space)\n"
                               "filling          yes\n"
                               "lower bound      3\n"
                               "local dimension  unknown\n"
                               "\n"
                               "upper bounds\n"
                               "  kind        value  source\n"
                               "  ambient         3  span\n"
                               "  symmetries     16  fields\n"
                               "\n"
                               "evidence: proved. ";
    assert_memory_equal(text, head, sizeof head - 1);
    assert_non_null(strstr(text, "modulo 101.\n"));
    free(text);
}

static void shapes_lists_and_errors(void **state)
{
    (void)state;
    char *text =
        text_of("{\"result\":{\"input_shape\":[1,8,8],\"laws\":[\"a^2\",\"b^2\"],\"seeds\":[1,2,3]}}");
    assert_string_equal(text, "input shape  1x8x8\nlaws\n  a^2\n  b^2\nseeds        1, 2, 3\n");
    free(text);
    text = text_of("{\"result\":{\"short_forms\":[\"\",\"b\",\"\"],\"none\":[\"\",\"\"],\"one\":[\"\"]}}");
    assert_string_equal(text, "short forms\n  b\n");
    free(text);
    text = text_of("{\"error\":{\"what\":\"no such layer\",\"hint\":\"write dense\"}}");
    assert_string_equal(text, "what      no such layer\nhint      write dense\n");
    free(text);
    text = text_of("{}");
    assert_string_equal(text, "");
    free(text);
}

static void terminals_get_no_control_characters(void **state)
{
    (void)state;
    char *text = text_of("{\"model\":{\"spec\":\"a\\u001b[2Jb\\u009bc\\nd\"},\"result\":{\"k\\u0007\":[{"
                         "\"\\u001b\":\"\\u001b\"}]}}");
    for (const char *s = text; *s; s++) assert_true((unsigned char)*s >= 0x20 || *s == '\n');
    assert_null(strstr(text, "\xC2\x9B"));
    assert_non_null(strstr(text, "a\xEF\xBF\xBD[2Jb\xEF\xBF\xBD"
                                 "c d\n"));
    free(text);
}

static void text_allocation_failures(void **state)
{
    (void)state;
    nalg_ctx *ctx = NULL;
    json_t *document = json_loads(dim_document, 0, NULL);
    assert_int_equal(nalg_ctx_create(&ctx), NALG_OK);
    long k = 1;
    for (;; k++) {
        char *text = NULL;
        nalg_memory_fail_at(k);
        nalg_status status = nalg_report_text(ctx, &text, document);
        nalg_memory_fail_at(0);
        if (status == NALG_OK) {
            free(text);
            break;
        }
        assert_int_equal(status, NALG_E_MEMORY);
        assert_null(text);
        assert_true(k < 10000);
    }
    assert_true(k > 10);
    char *text = NULL;
    json_t *array = json_array();
    assert_int_equal(nalg_report_text(ctx, &text, array), NALG_E_ARGUMENT);
    assert_int_equal(nalg_report_text(ctx, &text, NULL), NALG_E_ARGUMENT);
    assert_null(text);
    json_decref(array);
    json_decref(document);
    nalg_ctx_free(ctx);
}

static void assert_buffer(nalg_buffer *buffer, const char *expected)
{
    size_t length = 0;
    char *text = nalg_buffer_take(buffer, &length);
    assert_non_null(text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
    free(text);
}

static void escaping(void **state)
{
    (void)state;
    nalg_buffer b = {0};
    nalg_buffer_html(&b, "<a href=\"x\">'&amp;'\x01\xC3\xA9\x7F\xE2\x80\xAE\xE2\x81\xA9\xE2\x80\xAF</a>");
    assert_buffer(&b, "&lt;a "
                      "href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;"
                      "\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xE2\x80\xAF&lt;/a&gt;");
    json_t *value = json_pack("{s:s}", "</script>", "a&b<!--");
    nalg_buffer_script_json(&b, value);
    assert_buffer(&b, "{\"\\u003c/script\\u003e\":\"a\\u0026b\\u003c!--\"}");
    json_decref(value);
    /* RFC 4648, section 10. */
    static const char *const base64[][2] = {{"", ""},
                                            {"f", "Zg=="},
                                            {"fo", "Zm8="},
                                            {"foo", "Zm9v"},
                                            {"foob", "Zm9vYg=="},
                                            {"fooba", "Zm9vYmE="},
                                            {"foobar", "Zm9vYmFy"}};
    for (size_t i = 0; i < sizeof base64 / sizeof *base64; i++) {
        nalg_buffer_base64(&b, base64[i][0], strlen(base64[i][0]));
        assert_buffer(&b, base64[i][1]);
    }
}

static void digits_in_groups(void **state)
{
    (void)state;
    static const char *const cases[][2] = {{"1234", "1234"},
                                           {"12345", "12\xE2\x80\xAF"
                                                     "345"},
                                           {"-123456", "-123\xE2\x80\xAF"
                                                       "456"},
                                           {"1234567.5", "1234567.5"},
                                           {"abcdef", "abcdef"},
                                           {"", ""},
                                           {"-", "-"}};
    nalg_buffer b = {0};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_buffer_grouped(&b, cases[i][0]);
        assert_buffer(&b, cases[i][1]);
    }
}

static void numbers_in_strings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_number;
        double number;
    } cases[] = {
        {"12", true, 12},  {"-7", true, -7},   {"340282366920938463463374607431768211456", true, 0x1p128},
        {"", false, 0},    {"-", false, 0},    {"1.5", false, 0},
        {"1/2", false, 0}, {"0x10", false, 0}, {"inf", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *value = json_string(cases[i].text);
        double number = 0;
        assert_int_equal(nalg_json_number(value, &number), cases[i].is_number);
        assert_true(number == cases[i].number);
        json_decref(value);
    }
    double number = 5;
    assert_false(nalg_json_number(NULL, &number));
    assert_true(number == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dimension_reads_well),
        cmocka_unit_test(shapes_lists_and_errors),
        cmocka_unit_test(terminals_get_no_control_characters),
        cmocka_unit_test(text_allocation_failures),
        cmocka_unit_test(escaping),
        cmocka_unit_test(digits_in_groups),
        cmocka_unit_test(numbers_in_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
