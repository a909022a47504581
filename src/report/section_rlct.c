/* The learning coefficient: Bayesian generalisation.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    bool known = nalg_json_known(nalg_json_at(result, "lambda"));
    nalg_html_raw(page, "<p>The volume of weights whose mean squared loss is below ");
    nalg_html_math(page, "\\varepsilon", "e");
    nalg_html_raw(page, " shrinks like ");
    nalg_html_math(page, "\\varepsilon^{\\lambda} (\\log 1/\\varepsilon)^{m-1}", "e^lambda (log 1/e)^(m-1)");
    nalg_html_raw(page, ", and a Bayesian learner's generalisation error after n samples is ");
    nalg_html_math(page, "\\lambda / n", "lambda/n");
    nalg_html_raw(page, " in leading order.");
    nalg_html_cite(page, "Watanabe2009");
    nalg_html_raw(page, "</p>\n");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "true function", nalg_json_at(result, "truth"));
    if (known) {
        nalg_html_fact(page, "lambda", nalg_json_at(result, "lambda"));
        nalg_html_fact(page, "multiplicity", nalg_json_at(result, "multiplicity"));
    } else {
        nalg_html_fact(page, "lambda is at least", nalg_json_at(result, "lower"));
        nalg_html_fact(page, "lambda is at most", nalg_json_at(result, "upper"));
    }
    nalg_html_fact(page, "method", nalg_json_at(result, "method"));
    nalg_html_facts_end(page);
}

const nalg_report_section nalg_section_rlct = {"rlct", "Learning coefficient", "rlct", render};
