/* The works cited above, the results in full, and what the page was made with.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/assets.h"
#include "report/references.h"
#include "report/value.h"

static void list(nalg_page *page)
{
    if (!page->cited_count) return;
    nalg_html_raw(page, "<ol class=\"references\">\n");
    for (size_t i = 0; i < page->cited_count; i++) {
        const nalg_reference *r = &nalg_references[page->cited[i]];
        nalg_buffer_format(&page->out, "<li id=\"reference-%zu\">", i + 1);
        nalg_html_format(page, "%s. ", r->authors);
        if (r->url) {
            nalg_html_raw(page, "<a rel=\"noreferrer\" href=\"");
            nalg_html_text(page, r->url);
            nalg_html_raw(page, "\">");
        }
        nalg_html_raw(page, "<cite>");
        nalg_html_text(page, r->title);
        nalg_html_raw(page, r->url ? "</cite></a>" : "</cite>");
        nalg_html_format(page, ". %s.", r->where);
        nalg_html_raw(page, "</li>\n");
    }
    nalg_html_raw(page, "</ol>\n");
}

/* The documents as they came, without the time they took: the page depends on the answer only. */
static void embedded_results(nalg_page *page)
{
    json_t *all = json_array();
    for (size_t i = 0; all && i < page->document_count; i++) {
        json_t *copy = json_copy(page->documents[i]);
        if (json_object_get(copy, "elapsed_s")) json_object_set_new(copy, "elapsed_s", json_null());
        if (json_array_append_new(all, copy)) page->out.failed = true;
    }
    nalg_html_raw(page, "<script type=\"application/json\" id=\"neuroalg-results\">");
    if (all) nalg_buffer_script_json(&page->out, all);
    else page->out.failed = true;
    nalg_html_raw(page, "</script>\n<p class=\"results\"><button type=\"button\" id=\"save-results\">Save the results of "
                        "this page as JSON</button></p>\n");
    json_decref(all);
}

static void render(nalg_page *page, const json_t *document)
{
    (void)document;
    list(page);
    embedded_results(page);
    nalg_html_raw(page, "<footer><p>");
    nalg_html_format(page, "Written by neuroalg %s. ",
                     nalg_json_string(page->document_count ? page->documents[0] : NULL, "neuroalg", ""));
    nalg_html_raw(page, "This page is one file and loads nothing from the network.");
    if (nalg_asset_find("katex.js") && page->formula_count)
        nalg_html_raw(page, " Formulas: KaTeX, &copy; Khan Academy and contributors, MIT licence.");
    if (nalg_asset_find("chart.js") && page->chart_count)
        nalg_html_raw(page, " Charts: Chart.js, &copy; Chart.js contributors, MIT licence.");
    nalg_html_raw(page, "</p></footer>\n");
}

const nalg_report_section nalg_section_references = {"references", "References", NULL, render};
