/* Sample complexity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column covering[] = {{"epsilon", "radius"}, {"log_number", "log of the number of balls"}, {"log_number_by_weights", "counting weights"}, {"source", "source"}};
    static const nalg_column gaps[] = {{"samples", "samples"}, {"gap", "gap"}, {"gap_by_weights", "counting weights"}, {"source", "source"}};
    const json_t *result = nalg_json_at(document, "result");
    nalg_html_paragraph(page, "In plain words: this is how many measurements pin the network down, and how far success on the training samples can be from success in "
                              "general. What counts is the dimension of the set of functions, not the number of weights.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "measurements that identify a function, up to finitely many", nalg_json_at(result, "samples_to_identify"));
    nalg_html_fact(page, "number of weights, for comparison", nalg_json_at(result, "parameters"));
    nalg_html_fact(page, "complex functions through them", nalg_json_at(result, "degree"));
    nalg_html_fact(page, "pseudo-dimension is at most", nalg_json_at(result, "pseudo_dimension"));
    nalg_html_facts_end(page);
    nalg_html_table(page, "covering numbers of the functions with coefficients in [-1, 1]", nalg_json_at(result, "covering"), covering, 4);
    nalg_html_paragraph(page, "With the confidence given, the empirical risk of every one of these functions is within the gap of its risk; a gap of 1 or more "
                              "says nothing.");
    nalg_html_table(page, "risk against empirical risk, losses in [0, 1]", nalg_json_at(result, "generalisation"), gaps, 4);
}

const nalg_report_section nalg_section_bounds = {"bounds", "Sample complexity", "bounds", render};
