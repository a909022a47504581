/* Conservation laws: what training by gradient flow never changes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define SHOWN 24

static void laws(nalg_page *page, const json_t *result)
{
    const json_t *full = nalg_json_at(result, "laws"), *brief = nalg_json_at(result, "short_forms");
    size_t count = json_array_size(full);
    if (!count) return;
    nalg_html_raw(page, "<ul>\n");
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        const char *text = json_string_value(json_array_get(brief, i));
        nalg_html_raw(page, "<li>");
        nalg_html_code(page, text && *text ? text : json_string_value(json_array_get(full, i)));
        nalg_html_raw(page, "</li>\n");
    }
    nalg_html_raw(page, "</ul>\n");
    if (count > SHOWN) nalg_html_note(page, "%zu more are in the result.", count - SHOWN);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    double count = 0;
    bool known = nalg_json_number(nalg_json_at(result, "count"), &count);
    nalg_html_raw(page, "<p>Along gradient flow these quantities keep the value they have at the start, for every loss and all data: the initial "
                        "weights decide which solutions can be reached.");
    nalg_html_cite(page, "MarcotteGribonvalPeyre2023");
    nalg_html_raw(page, "</p>\n");
    if (known && count == 0) nalg_html_paragraph(page, "There is no polynomial law of the degree searched.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "degree searched", nalg_json_at(result, "degree"));
    nalg_html_fact(page, "laws", nalg_json_at(result, "count"));
    nalg_html_fact(page, "independent", nalg_json_at(result, "independent"));
    nalg_html_fact(page, "independent laws of any kind", nalg_json_at(result, "independent_of_any_kind"));
    nalg_html_facts_end(page);
    laws(page, result);
}

const nalg_report_section nalg_section_conserved = {"conserved", "What training never changes", "conserved", render};
