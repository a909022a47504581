/* Which weights give the same function: symmetries, hidden dimensions, finite order.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    static const nalg_column columns[] = {{"name", "symmetry"}, {"dimension", "dimension"}};
    nalg_html_raw(page, "<p><strong>Can the weights be recovered from the function?</strong> The model is ");
    nalg_html_text(page, nalg_json_string(result, "verdict", "not settled"));
    nalg_html_raw(page, ". A generic function of the model is given by a set of weights of dimension ");
    nalg_html_short(page, nalg_json_at(result, "fiber_dimension"));
    nalg_html_raw(page, ".</p>\n");
    nalg_html_table(page, "Continuous symmetries", nalg_json_at(result, "symmetries"), columns, 2);
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "dimensions no known symmetry explains", nalg_json_at(result, "hidden_dimension"));
    nalg_html_fact(page, "components of the fiber", nalg_json_at(result, "finite_order"));
    const json_t *group = nalg_json_at(result, "known_finite_order");
    if (!json_is_null(group)) nalg_html_fact(page, "order of the known finite group", group);
    nalg_html_facts_end(page);
}

extern const nalg_report_section nalg_section_fiber;
const nalg_report_section nalg_section_fiber = {"fiber", "Which weights give the same function?", "fiber", render};
