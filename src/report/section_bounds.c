/* Sample complexity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define PICTURE_HEIGHT 280

/* The rows with both numbers, which logarithmic axes have only when they are positive. */
static json_t *points(const json_t *rows, const char *x_key, const char *y_key)
{
    json_t *array = json_array();
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row)
    {
        double x, y;
        if (!nalg_json_number(nalg_json_at(row, x_key), &x) ||
            !nalg_json_number(nalg_json_at(row, y_key), &y))
            continue;
        if (x > 0 && y > 0) json_array_append_new(array, json_pack("{s:f, s:f}", "x", x, "y", y));
    }
    return array;
}

static void picture(nalg_page *page, const json_t *gaps)
{
    static const nalg_column columns[] = {
        {"samples", "samples"}, {"gap", "gap"}, {"gap_by_weights", "counting weights"}, {"source", "source"}};
    json_t *model = points(gaps, "samples", "gap");
    if (!json_array_size(model)) {
        json_decref(model);
        return;
    }
    json_t *sets = json_array();
    json_array_append_new(sets, nalg_chart_curve(model, "this model", true, false));
    json_array_append_new(
        sets, nalg_chart_curve(points(gaps, "samples", "gap_by_weights"), "counting weights", false, true));
    nalg_html_chart_begin(page, "Risk is at most this far from empirical risk, for losses in [0, 1]",
                          nalg_chart_scatter(sets, nalg_chart_axis("samples", true),
                                             nalg_chart_axis("gap, at most", true), true),
                          PICTURE_HEIGHT);
    nalg_html_table(page, "gap", gaps, columns, 4);
    nalg_html_chart_end(page);
}

/* Covering numbers and gaps, or why there are none. */
static void generalisation(nalg_page *page, const json_t *result)
{
    static const nalg_column columns[] = {{"epsilon", "radius"},
                                          {"log_number", "log of the number of balls"},
                                          {"log_number_by_weights", "counting weights"},
                                          {"source", "source"}};
    const json_t *covering = nalg_json_at(result, "covering"), *first = json_array_get(covering, 0);
    double known, confidence = 0;
    if (!nalg_json_number(nalg_json_at(first, "log_number"), &known)) {
        nalg_html_paragraph(page, "Covering numbers and gaps: %s.",
                            nalg_json_string(first, "source", "unknown"));
        return;
    }
    nalg_html_table(page, "covering numbers of the functions with coefficients in [-1, 1]", covering, columns,
                    4);
    (void)nalg_json_number(nalg_json_at(result, "confidence"), &confidence);
    nalg_html_paragraph(
        page,
        "With probability %.0f %% the empirical risk of every one of these functions is within "
        "the gap of its risk; a gap of 1 or more says nothing.",
        100 * confidence);
    picture(page, nalg_json_at(result, "generalisation"));
}

static void inequalities(nalg_page *page, const json_t *result)
{
    static const nalg_column columns[] = {{"bounds", "bounds"}, {"by", "by"}, {"source", "source"}};
    nalg_html_details_begin(page, "The inequalities");
    nalg_html_paragraph(page,
                        "W weights, degree d of the outputs in the weights, D at least the dimension, "
                        "M monomials in the inputs, N coefficients of all outputs; natural logarithms.");
    nalg_html_table(page, "inequalities", nalg_json_at(result, "inequalities"), columns, 3);
    nalg_html_object(page, nalg_json_at(result, "constants"), NULL, 0);
    nalg_html_details_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    nalg_html_paragraph(
        page, "In plain words: this is how many measurements pin the network down, and how far success on "
              "the training samples can be from success in "
              "general. What counts is the dimension of the set of functions, not the number of weights.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "measurements that identify a function, up to finitely many",
                   nalg_json_at(result, "samples_to_identify"));
    nalg_html_fact(page, "number of weights, for comparison", nalg_json_at(result, "parameters"));
    nalg_html_fact(page, "complex functions through them", nalg_json_at(result, "degree"));
    nalg_html_fact(page, "pseudo-dimension is at most, counting weights",
                   nalg_json_at(result, "pseudo_dimension"));
    nalg_html_fact(page, "and at most the number of coefficients",
                   nalg_json_at(result, "pseudo_dimension_linear"));
    nalg_html_facts_end(page);
    generalisation(page, result);
    inequalities(page, result);
}

const nalg_report_section nalg_section_bounds = {"bounds", "Sample complexity", "bounds", render};
