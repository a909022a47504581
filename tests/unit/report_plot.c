/* Scripts of pictures: what they hold, and that no text of a result can leave its quotes.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/memory.h"
#include "neuroalg/neuroalg.h"
#include "report/plot.h"

static nalg_ctx *ctx;

static nalg_status script_of(char **script, const char *text, const char *format)
{
    json_error_t error;
    json_t *document = json_loads(text, 0, &error);
    assert_non_null(document);
    nalg_status status = nalg_plot_script(ctx, script, document, format);
    json_decref(document);
    return status;
}

static void assert_contains(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("not in the script: %s\n%s", part, text);
}

#define DEGREE(spec)                                                                                         \
    "{\"command\":\"degree\",\"model\":{\"spec\":\"" spec                                                    \
    "\"},\"result\":{\"found_per_round\":[2,5,8],\"theorem\":{\"value\":9}},"                                \
    "\"evidence\":{\"status\":\"numerical\"}}"

static void numbers_are_in_the_script(void **state)
{
    (void)state;
    char *script = NULL;
    assert_int_equal(script_of(&script, DEGREE("linear 3-2-3"), "svg"), NALG_OK);
    assert_contains(script, "set terminal svg ");
    assert_contains(script, "\n0 1\n1 2\n2 5\n3 8\nNALG_END\n");
    assert_contains(script, "\n0 9\n3 9\nNALG_END\n");
    assert_contains(script, "'linear 3-2-3  \xC2\xB7  evidence: numerical'");
    assert_contains(script, "title 'degree by theorem'");
    free(script);
    assert_int_equal(script_of(&script, DEGREE("linear 3-2-3"), "png"), NALG_OK);
    assert_contains(script, "set terminal pngcairo ");
    free(script);
}

/* A theorem that the start solutions meet: no round, but still a picture. */
static void known_at_the_start_is_drawn(void **state)
{
    (void)state;
    char *script = NULL;
    assert_int_equal(
        script_of(&script,
                  "{\"command\":\"degree\",\"model\":{\"spec\":\"linear "
                  "2-2-2\"},\"result\":{\"degree\":7,\"trace_residual\":0,"
                  "\"found_per_round\":[],\"theorem\":{\"value\":7}},\"evidence\":{\"status\":\"proved\"}}",
                  "svg"),
        NALG_OK);
    assert_contains(script, "\n0 7\nNALG_END\n");
    assert_contains(script, "\n0 7\n1 7\nNALG_END\n");
    free(script);
}

/* Every character outside single quotes is ours: strip what is quoted, and the rest must not depend on the
 * text. */
static char *without_quoted(const char *script)
{
    char *rest = calloc(strlen(script) + 1, 1), *to = rest;
    int inside = 0;
    assert_non_null(rest);
    for (const char *s = script; *s; s++) {
        if (*s == '\'')
            inside = !inside;
        else if (!inside)
            *to++ = *s;
        else
            assert_true(*s != '\n');
    }
    assert_false(inside);
    return rest;
}

static void texts_cannot_leave_their_quotes(void **state)
{
    (void)state;
    static const char *const hostile[] = {DEGREE("'; system('touch x'); '"),
                                          DEGREE("`touch x` $(touch x) \\\\ \\\" @x"),
                                          DEGREE("a\\nset output 'x'\\n"),
                                          DEGREE("'"),
                                          DEGREE("''"),
                                          DEGREE("\\\\'"),
                                          DEGREE("\\u0007\\u202e {/:Bold x}"),
                                          DEGREE("NALG_END\\nplot x")};
    char *plain = NULL;
    assert_int_equal(script_of(&plain, DEGREE("x"), "svg"), NALG_OK);
    char *expected = without_quoted(plain);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        char *script = NULL;
        assert_int_equal(script_of(&script, hostile[i], "svg"), NALG_OK);
        char *rest = without_quoted(script);
        assert_string_equal(rest, expected);
        free(rest);
        free(script);
    }
    free(expected);
    free(plain);
}

static void names_and_headings_are_escaped(void **state)
{
    (void)state;
    nalg_plot plot = {0};
    json_t *document = json_pack("{s:s}", "command", "x");
    const char *names[] = {"50%s", "it's {x}_1"};
    plot.document = document;
    nalg_plot_names(&plot, 'x', names, 2);
    nalg_plot_heading(&plot, "%s", "it's {x}_1^2 @&~\\");
    assert_contains(nalg_buffer_content(&plot.out), "set xtics noenhanced ('50%%s' 0, 'it''s {x}_1' 1)\n");
    assert_contains(nalg_buffer_content(&plot.out), "'{/:Bold=16 it''s \\{x\\}\\_1\\^2 \\@\\&\\~\\\\}'");
    nalg_buffer_clear(&plot.out);
    json_decref(document);
}

static void long_models_are_cut_between_characters(void **state)
{
    (void)state;
    char text[1200], *script = NULL;
    size_t used = (size_t)snprintf(text, sizeof text, "{\"command\":\"degree\",\"model\":{\"spec\":\"");
    for (int i = 0; i < 150; i++) used += (size_t)snprintf(text + used, sizeof text - used, "x\xC3\xA9");
    snprintf(text + used, sizeof text - used, "\"},\"result\":{\"found_per_round\":[1]}}");
    assert_int_equal(script_of(&script, text, "svg"), NALG_OK);
    assert_contains(script, "x\xC3\xA9x...");
    free(script);
}

static void what_cannot_be_drawn_is_refused(void **state)
{
    (void)state;
    char *script = NULL;
    assert_int_equal(script_of(&script, DEGREE("x"), "pdf"), NALG_E_ARGUMENT);
    assert_int_equal(script_of(&script, "{\"command\":\"show\",\"result\":{}}", "svg"), NALG_E_UNSUPPORTED);
    assert_non_null(strstr(nalg_ctx_last_error(ctx).hint, "degree"));
    assert_int_equal(script_of(&script, "{\"command\":\"degree\",\"result\":{}}", "svg"), NALG_E_UNSUPPORTED);
    assert_int_equal(script_of(&script, "{}", "svg"), NALG_E_UNSUPPORTED);
    assert_null(script);
}

/* Every picture survives documents in which its keys are missing or of another type. */
static void odd_documents_do_no_harm(void **state)
{
    (void)state;
    static const char *const results[] = {
        "null",
        "{}",
        "[]",
        "3",
        "{\"found_per_round\":3,\"generalisation\":{\"a\":1},\"covering\":[1,null,[]]}",
        "{\"found_per_round\":[null,\"x\",{}],\"generalisation\":[{\"samples\":-1,\"gap\":\"z\"},7]}"};
    const char *shows = NULL;
    for (size_t i = 0; nalg_plot_command(i, &shows); i++) {
        assert_true(shows && strlen(shows) > 10);
        for (size_t k = 0; k < sizeof results / sizeof *results; k++) {
            char text[512], *script = NULL;
            snprintf(text, sizeof text, "{\"command\":\"%s\",\"model\":7,\"result\":%s,\"evidence\":[]}",
                     nalg_plot_command(i, NULL), results[k]);
            nalg_status status = script_of(&script, text, "svg");
            assert_true(status == NALG_OK || status == NALG_E_UNSUPPORTED);
            free(script);
        }
    }
}

static void memory_can_run_out(void **state)
{
    (void)state;
    for (long k = 1; k < 30; k++) {
        char *script = NULL;
        json_t *document = json_loads(DEGREE("x"), 0, NULL);
        assert_non_null(document);
        nalg_memory_fail_at(k);
        nalg_status status = nalg_plot_script(ctx, &script, document, "svg");
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || status == NALG_E_MEMORY);
        assert_true((status == NALG_OK) == (script != NULL));
        free(script);
        json_decref(document);
    }
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
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_in_the_script),
        cmocka_unit_test(known_at_the_start_is_drawn),
        cmocka_unit_test(texts_cannot_leave_their_quotes),
        cmocka_unit_test(names_and_headings_are_escaped),
        cmocka_unit_test(long_models_are_cut_between_characters),
        cmocka_unit_test(what_cannot_be_drawn_is_refused),
        cmocka_unit_test(odd_documents_do_no_harm),
        cmocka_unit_test(memory_can_run_out),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
