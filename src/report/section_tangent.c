/* The tangent kernel: its spectrum as a falling curve.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define PICTURE_HEIGHT 280
/* Rounding leaves zeros at about this, relative to the largest eigenvalue. */
#define NEGLIGIBLE 1e-18

static void picture(nalg_page *page, const json_t *spectrum)
{
    json_t *labels = json_array(), *values = json_array();
    double largest = 0, value;
    (void)nalg_json_number(json_array_get(spectrum, 0), &largest);
    for (size_t i = 0; i < json_array_size(spectrum); i++) {
        if (!nalg_json_number(json_array_get(spectrum, i), &value) || value <= NEGLIGIBLE * largest) continue;
        json_array_append_new(labels, json_integer((json_int_t)i + 1));
        json_array_append_new(values, json_real(value));
    }
    if (!json_array_size(values)) {
        json_decref(labels);
        json_decref(values);
        return;
    }
    json_t *config = json_pack("{s:s, s:{s:o, s:[{s:o, s:s, s:s, s:i, s:s}]}, s:{s:{s:{s:b}}, s:{s:{s:{s:b, "
                               "s:s}}, s:{s:s, s:{s:b, s:s}}}}}",
                               "type", "line", "data", "labels", labels, "datasets", "data", values,
                               "borderColor", "var(--accent)", "backgroundColor", "var(--accent)",
                               "pointRadius", 2, "label", "eigenvalue", "options", "plugins", "legend",
                               "display", 0, "scales", "x", "title", "display", 1, "text", "number", "y",
                               "type", "logarithmic", "title", "display", 1, "text", "eigenvalue");
    nalg_html_chart_begin(page, "Eigenvalues of the tangent kernel: the speeds at which errors shrink",
                          config, PICTURE_HEIGHT);
    nalg_html_raw(page, "<p>");
    for (size_t i = 0; i < json_array_size(spectrum); i++) {
        if (i) nalg_html_raw(page, ", ");
        nalg_html_value(page, json_array_get(spectrum, i));
    }
    nalg_html_raw(page, "</p>\n");
    nalg_html_chart_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    nalg_html_raw(
        page,
        "<p>Near these weights the model moves like a linear one: the error along each eigenvector of the "
        "tangent kernel shrinks at the speed of "
        "its eigenvalue. The rank is the number of directions on the data that training can move in at all.");
    nalg_html_cite(page, "JacotGabrielHongler2018");
    nalg_html_raw(page, "</p>\n");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "samples times outputs", nalg_json_at(result, "rows"));
    nalg_html_fact(page, "weights", nalg_json_at(result, "parameters"));
    nalg_html_fact(page, "data", nalg_json_at(result, "data"));
    nalg_html_fact(page, "values of the weights", nalg_json_at(result, "weights"));
    nalg_html_fact(page, "rank, exact", nalg_json_at(result, "rank"));
    nalg_html_fact(page, "the rank is", nalg_json_at(result, "rank_evidence.status"));
    nalg_html_fact(page, "effective dimension", nalg_json_at(result, "effective_dimension"));
    nalg_html_fact(page, "at the ridge, relative to the largest eigenvalue", nalg_json_at(result, "ridge"));
    nalg_html_fact(page, "fastest direction over slowest", nalg_json_at(result, "condition"));
    nalg_html_facts_end(page);
    picture(page, nalg_json_at(result, "spectrum"));
}

const nalg_report_section nalg_section_tangent = {"tangent", "What training can move", "tangent", render};
