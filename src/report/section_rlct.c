/* The learning coefficient: Bayesian generalisation.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

/* Interval and diagnostics of the estimates, marked as what they are. */
static void estimates(nalg_page *page, const json_t *result)
{
    const json_t *estimate = nalg_json_at(result, "estimate"), *tempered = nalg_json_at(result, "tempered");
    if (!json_is_object(estimate)) return;
    nalg_html_heading(page, "By sampling");
    nalg_html_paragraph(page, "These are statistical estimates, no proofs. The first measures the volume itself, level by level; the second is the mean loss of a "
                              "tempered posterior, whose chains agree when R-hat is close to 1.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "lambda, volume law", nalg_json_at(estimate, "lambda"));
    nalg_html_fact(page, "from", nalg_json_at(estimate, "low"));
    nalg_html_fact(page, "to", nalg_json_at(estimate, "high"));
    nalg_html_fact(page, "lambda, tempered posterior", nalg_json_at(tempered, "lambda"));
    nalg_html_fact(page, "its standard error", nalg_json_at(tempered, "standard_error"));
    nalg_html_fact(page, "R-hat", nalg_json_at(tempered, "r_hat"));
    nalg_html_fact(page, "effective sample size", nalg_json_at(tempered, "effective_samples"));
    nalg_html_facts_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    bool known = nalg_json_same(nalg_json_at(result, "lower"), nalg_json_at(result, "upper"));
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
    nalg_html_paragraph(page, "In plain words: lambda counts the weights that this task really uses, in halves, as Bayesian learning sees it. A simple truth "
                              "inside a large network has a small lambda, so fewer samples are needed than the number of weights suggests.");
    estimates(page, result);
}

const nalg_report_section nalg_section_rlct = {"rlct", "Learning coefficient", "rlct", render};
