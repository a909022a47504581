/* Results of commands that have no section of their own: all their keys, as they are.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <string.h>

static bool has_section(const char *command)
{
    for (size_t i = 0; i < nalg_report_section_count; i++) {
        const char *served = nalg_report_sections[i]->command;
        if (served && !strcmp(served, command)) return true;
    }
    return false;
}

static void render(nalg_page *page, const json_t *document)
{
    (void)document;
    for (size_t i = 0; i < page->document_count; i++) {
        const json_t *other = page->documents[i], *result = nalg_json_at(other, "result");
        const char *command = nalg_json_string(other, "command", "");
        if (has_section(command) || !json_is_object(result)) continue;
        nalg_html_raw(page, "<section class=\"other\">\n<h2>");
        nalg_html_text(page, *command ? command : "result");
        nalg_html_raw(page, " ");
        nalg_html_badge(page, other);
        nalg_html_raw(page, "</h2>\n");
        nalg_html_object(page, result, NULL, 0);
        nalg_html_raw(page, "</section>\n");
    }
}

const nalg_report_section nalg_section_other = {"other", NULL, NULL, render};
