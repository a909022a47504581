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

/* Commands whose results carry a certificate that `verify` reads. */
static bool checkable(const char *command)
{
    return !strcmp(command, "dim") || !strcmp(command, "degree") || !strcmp(command, "fiber");
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
    if (nalg_json_number(nalg_json_at(document, "seed"), &seed)) { /* nothing else goes into a shell unquoted */
        nalg_buffer_text(&text, " --seed ");
        nalg_json_text(&text, nalg_json_at(document, "seed"), 1);
    }
    nalg_buffer_text(&text, checkable(command) ? " --json -o result.json\nneuroalg verify result.json" : " --json");
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
    nalg_html_format(page,
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
    nalg_html_paragraph(page, "Each answer says how it is known. The second command below reads the result of the first and "
                              "derives every claim again from the document.");
    for (size_t i = 0; i < page->document_count; i++)
        if (nalg_json_known(nalg_json_at(page->documents[i], "evidence.status"))) one_document(page, page->documents[i]);
}

const nalg_report_section nalg_section_evidence = {"evidence", "Evidence", NULL, render};
