/* The model: what it maps to what, its layers as a drawing and as a table.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/diagram.h"
#include "report/section.h"
#include "report/value.h"
#include <string.h>

/* What each class of functions means for the sections below. */
static const char *class_meaning(const char *class)
{
    static const struct {
        const char *class, *meaning;
    } meanings[] = {
        {"linear", "The output is linear in the inputs"},
        {"polynomial", "Each output is a polynomial in the inputs"},
        {"rational", "Each output is a quotient of polynomials in the inputs"},
        {"piecewise", "Each output is a polynomial on every piece of a subdivision of the input space"},
        {"analytic", "Each output is an analytic function of the inputs"},
    };
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (!strcmp(meanings[i].class, class)) return meanings[i].meaning;
    return NULL;
}

static void space(nalg_buffer *tex, nalg_buffer *plain, const json_t *size)
{
    nalg_buffer_text(tex, "\\mathbb{R}^{");
    nalg_shape_text(tex, size, "\\times ");
    nalg_buffer_text(tex, "}");
    nalg_buffer_text(plain, "R^");
    nalg_shape_text(plain, size, "\xC3\x97");
}

/* f_w : R^inputs -> R^outputs, w in R^parameters. */
static void map_formula(nalg_page *page, const json_t *result)
{
    const json_t *input = nalg_json_at(result, "input_shape"), *output = nalg_json_at(result, "output_shape");
    const json_t *parameters = nalg_json_at(result, "parameters");
    double number;
    if (!json_is_array(input) || !json_is_array(output) || !nalg_json_number(parameters, &number)) return;
    nalg_buffer tex = {0}, plain = {0};
    nalg_buffer_text(&tex, "f_w \\colon ");
    nalg_buffer_text(&plain, "f_w : ");
    space(&tex, &plain, input);
    nalg_buffer_text(&tex, " \\longrightarrow ");
    nalg_buffer_text(&plain, " \xE2\x86\x92 ");
    space(&tex, &plain, output);
    nalg_buffer_text(&tex, ", \\qquad w \\in ");
    nalg_buffer_text(&plain, ",  w in ");
    space(&tex, &plain, parameters);
    page->out.failed |= tex.failed || plain.failed;
    nalg_html_display(page, nalg_buffer_content(&tex), nalg_buffer_content(&plain));
    nalg_buffer_clear(&tex);
    nalg_buffer_clear(&plain);
}

static void class_sentence(nalg_page *page, const json_t *result)
{
    const char *class = nalg_json_string(result, "class", NULL);
    const char *meaning = class ? class_meaning(class) : NULL;
    const json_t *degree = nalg_json_at(result, "degree");
    if (!meaning) return;
    nalg_html_raw(page, "<p>");
    nalg_html_text(page, meaning);
    if (nalg_json_known(degree) && strcmp(class, "linear") != 0) {
        nalg_html_raw(page, ", of degree ");
        nalg_html_value(page, degree);
    }
    nalg_html_raw(page, ". The parameters ");
    nalg_html_math(page, "w", "w");
    nalg_html_raw(page, " choose the function ");
    nalg_html_math(page, "f_w", "f_w");
    nalg_html_raw(page, "; this page is about the set of all functions that can be chosen");
    nalg_html_cite(page, "Marchetti2025");
    nalg_html_raw(page, ".</p>\n");
}

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column columns[] = {
        {"kind", "layer"}, {"input_shape", "input"}, {"output_shape", "output"}, {"parameters", "parameters"}};
    const json_t *result = nalg_json_at(document, "result");
    map_formula(page, result);
    class_sentence(page, result);
    nalg_html_diagram(page, result);
    if (!json_array_size(nalg_json_at(result, "layers"))) return;
    nalg_html_details_begin(page, "The layers as a table");
    nalg_html_table(page, "layers", nalg_json_at(result, "layers"), columns, sizeof columns / sizeof *columns);
    nalg_html_details_end(page);
}

const nalg_report_section nalg_section_model = {"model", "Model", "show", render};
