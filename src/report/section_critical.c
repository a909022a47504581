/* "How many critical points can the loss have?": the number for a generic target.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <string.h>
#include "report/section.h"
#include "report/value.h"

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result"), *count = nalg_json_at(result, "ed_degree"),
                 *theorem = nalg_json_at(result, "theorem");
    const char *status = nalg_json_string(document, "evidence.status", "unknown");
    if (!nalg_json_known(count)) return;
    nalg_html_raw(
        page, "<p><strong>What the number says.</strong> For a generic target function squared loss has ");
    nalg_html_raw(page, strcmp(status, "proved_lower") ? "exactly " : "at least ");
    nalg_html_short(page, count);
    nalg_html_raw(page, " critical functions over the complex numbers (metric <code>");
    nalg_html_text(page, nalg_json_string(result, "metric", "?"));
    nalg_html_raw(page, "</code>): no data set has more isolated real ones among the smooth points of the "
                        "function space. All minima that training can reach there are among "
                        "them, so the smaller the number, the simpler the landscape.</p>\n<p><strong>How it "
                        "is known.</strong> ");
    nalg_html_short(page, nalg_json_at(result, "solutions_certified"));
    nalg_html_raw(
        page,
        " of them are proved to exist and to be pairwise different, by interval arithmetic. Completeness: ");
    if (!strcmp(status, "proved")) {
        nalg_html_text(page, nalg_json_string(theorem, "source", "a theorem"));
        nalg_html_raw(page, ".</p>\n");
        return;
    }
    nalg_html_text(page, nalg_json_string(document, "evidence.completeness", "unknown"));
    nalg_html_raw(page, ".</p>\n");
}

extern const nalg_report_section nalg_section_critical;
const nalg_report_section nalg_section_critical = {"critical", "How many critical points can the loss have?",
                                                   "critical", render};
