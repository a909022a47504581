/* How the answers are known, in words and numbers, and the commands that derive and check them again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/evidence.h"
#include "report/value.h"
#include <string.h>

/* The model as one shell word, or as it is when no character means anything to a shell. */
static void shell_words(nalg_buffer *out, const char *spec)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._^,=+/:-";
    if (strspn(spec, plain) == strlen(spec) && *spec && *spec != '-') {
        nalg_buffer_text(out, spec);
        return;
    }
    nalg_buffer_text(out, "'");
    for (; *spec; spec++) nalg_buffer_append(out, *spec == '\'' ? "'\\''" : spec, *spec == '\'' ? 4 : 1);
    nalg_buffer_text(out, "'");
}

/* Results that `verify` reads: those of these commands, but for estimates of learning coefficients. */
static bool checkable(const char *command, const json_t *document)
{
    static const char *const known[] = {"dim",       "degree",       "fiber",     "critical", "equations",
                                        "singular",  "bias",         "landscape", "bounds",   "rlct",
                                        "conserved", "discriminant", "tangent"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (!strcmp(command, known[i])) return !json_is_object(nalg_json_at(document, "result.estimate"));
    return false;
}

static void number_option(nalg_buffer *out, const char *option, const json_t *value)
{
    if (json_is_integer(value))
        nalg_buffer_format(out, " --%s %lld", option, (long long)json_integer_value(value));
}

/* What the commands of a page are asked beside their defaults. */
static void options_of(nalg_buffer *out, const char *command, const json_t *document)
{
    bool picture = !strcmp(command, "discriminant");
    if (picture || !strcmp(command, "landscape") ||
        !strcmp(nalg_json_string(document, "result.data", ""), "given"))
        nalg_buffer_text(out, " --data FILE.csv");
    if (picture) number_option(out, "size", nalg_json_at(document, "result.picture.size"));
    if (!strcmp(command, "bias")) {
        number_option(out, "targets", nalg_json_at(document, "result.targets"));
        number_option(out, "starts", nalg_json_at(document, "result.starts"));
        if (json_is_null(nalg_json_at(document, "result.critical_points")))
            nalg_buffer_text(out, " --critical no");
    }
    if (!strcmp(command, "rlct") && json_is_null(nalg_json_at(document, "result.lambda")))
        nalg_buffer_text(out, " --no-estimate");
}

static void commands(nalg_page *page, const json_t *document)
{
    const char *command = nalg_json_string(document, "command", NULL),
               *spec = nalg_json_string(document, "model.spec", NULL);
    if (!command || !spec || strspn(command, "abcdefghijklmnopqrstuvwxyz") != strlen(command)) return;
    double seed;
    nalg_buffer text = {0};
    nalg_buffer_format(&text, "neuroalg %s ", command);
    shell_words(&text, spec);
    options_of(&text, command, document);
    if (nalg_json_number(nalg_json_at(document, "seed"),
                         &seed)) { /* nothing else goes into a shell unquoted */
        nalg_buffer_text(&text, " --seed ");
        nalg_json_text(&text, nalg_json_at(document, "seed"), 1);
    }
    nalg_buffer_text(&text, checkable(command, document)
                                ? " --json -o result.json\nneuroalg verify result.json"
                                : " --json");
    page->out.failed |= text.failed;
    nalg_html_raw(page, "<pre tabindex=\"0\"><code>");
    nalg_html_text(page, nalg_buffer_content(&text));
    nalg_html_raw(page, "</code></pre>\n");
    nalg_buffer_clear(&text);
}

/* The nonzero minor that proves a lower bound for the rank. */
static void minor_sentence(nalg_page *page, const json_t *lower)
{
    size_t pivots = json_array_size(nalg_json_at(lower, "pivot_samples"));
    if (!pivots || !nalg_json_known(nalg_json_at(lower, "prime"))) return;
    nalg_html_format(
        page,
        "From below: a minor of the Jacobian with %zu row%s and column%s does not vanish modulo the prime ",
        pivots, pivots == 1 ? "" : "s", pivots == 1 ? "" : "s");
    nalg_html_value(page, nalg_json_at(lower, "prime"));
    if (nalg_json_known(nalg_json_at(lower, "seed"))) {
        nalg_html_raw(page, " at the random point of seed ");
        nalg_html_value(page, nalg_json_at(lower, "seed"));
    }
    nalg_html_raw(page, ", so the rank over the rational numbers is at least as large. ");
}

static void one_document(nalg_page *page, const json_t *document)
{
    static const char *const told[] = {"status", "lower"};
    const json_t *evidence = nalg_json_at(document, "evidence"), *lower = nalg_json_at(evidence, "lower");
    const json_t *error = nalg_json_at(evidence, "epsilon");
    const nalg_evidence_words *words = nalg_evidence_of(document);
    nalg_html_raw(page, "<h3><code>");
    nalg_html_text(page, nalg_json_string(document, "command", "result"));
    nalg_html_raw(page, "</code> ");
    nalg_html_badge(page, document);
    nalg_html_raw(page, "</h3>\n<p>");
    nalg_html_text(page, words->meaning);
    nalg_html_raw(page, " ");
    minor_sentence(page, lower);
    double chance;
    if (nalg_json_number(error, &chance) && chance > 0) {
        nalg_html_raw(page, "Probability of error: at most ");
        nalg_html_value(page, error);
        nalg_html_cite(page, "Schwartz1980");
        nalg_html_raw(page, ".");
    }
    nalg_html_raw(page, "</p>\n");
    if (json_object_size(evidence) < 2) return; /* a status alone: nothing to check */
    commands(page, document);
    nalg_html_details_begin(page, "All that is recorded");
    nalg_html_object(page, evidence, told, sizeof told / sizeof *told);
    if (json_is_object(lower)) nalg_html_object(page, lower, NULL, 0);
    nalg_html_details_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    (void)document;
    nalg_html_paragraph(page, "Each answer says how it is known. The first command below asks again. The "
                              "second, where there is one, reads "
                              "that result and checks its claims.");
    for (size_t i = 0; i < page->document_count; i++)
        if (nalg_json_known(nalg_json_at(page->documents[i], "evidence.status")))
            one_document(page, page->documents[i]);
}

const nalg_report_section nalg_section_evidence = {"evidence", "Evidence", NULL, render};
