/* The dimension: what it says about expressivity, about redundancy, about samples; how it is bounded from both sides.
 * The meaning for samples is the theorem on interpolation: on dim-many generic inputs, one generic output value each, only
 * finitely many functions of the model agree.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <stdio.h>
#include <string.h>

typedef struct {
    const json_t *dimension, *ambient, *expected, *parameters, *fiber, *lower, *upper;
    double d, a, p;          /* where known */
    bool has_d, has_a, has_p;
} numbers;

static numbers numbers_of(const json_t *result)
{
    numbers n = {nalg_json_at(result, "dimension"),   nalg_json_at(result, "ambient"),
                 nalg_json_at(result, "expected"),    nalg_json_at(result, "parameters"),
                 nalg_json_at(result, "fiber_dimension"), nalg_json_at(result, "lower_bound"),
                 nalg_json_at(result, "upper_bound"), 0, 0, 0, false, false, false};
    n.has_d = nalg_json_number(n.dimension, &n.d);
    n.has_a = nalg_json_number(n.ambient, &n.a);
    n.has_p = nalg_json_number(n.parameters, &n.p);
    return n;
}

static void percent(nalg_page *page, double part, double whole)
{
    double share = whole > 0 ? 100 * part / whole : 0;
    if (share > 0 && share < 0.01) nalg_html_text(page, "less than 0.01 %");
    else nalg_html_format(page, "%.*f %%", share < 1 ? 2 : share < 10 || (share > 99 && share < 100) ? 1 : 0, share);
}

static void difference(nalg_page *page, double from, double less)
{
    json_t *value = json_real(from - less);
    if (value) nalg_html_short(page, value);
    else page->out.failed = true;
    json_decref(value);
}

static void bounds_sentence(nalg_page *page, const numbers *n)
{
    nalg_html_raw(page, "The dimension ");
    nalg_html_math(page, "D", "D");
    if (!nalg_json_known(n->lower) && !nalg_json_known(n->upper)) {
        nalg_html_raw(page, " was not determined.");
        return;
    }
    nalg_html_raw(page, " is not settled: it is at least ");
    nalg_html_short(page, n->lower);
    nalg_html_raw(page, " and at most ");
    nalg_html_short(page, n->upper);
    nalg_html_raw(page, ".");
}

static void expressivity(nalg_page *page, const numbers *n, const json_t *filling)
{
    nalg_html_raw(page, "<p><strong>What it can express.</strong> ");
    if (!n->has_d) bounds_sentence(page, n);
    else if (!n->has_a) {
        nalg_html_raw(page, "The functions of the model form a set of dimension ");
        nalg_html_short(page, n->dimension);
        nalg_html_raw(page, "; the space around it was not determined.");
    } else if (json_is_true(filling)) {
        nalg_html_raw(page, "The model <em>fills</em> its space: the smallest linear space that contains all its functions "
                            "has ");
        nalg_html_short(page, n->ambient);
        nalg_html_raw(page, n->a == 1 ? " dimension" : " dimensions");
        nalg_html_raw(page, ", and the functions of the model are a part of full dimension in it.");
    } else {
        nalg_html_raw(page, "The functions of the model form a set of dimension ");
        nalg_html_short(page, n->dimension);
        nalg_html_raw(page, " in a space of ");
        nalg_html_short(page, n->ambient);
        nalg_html_raw(page, " dimensions (");
        percent(page, n->d, n->a);
        nalg_html_raw(page, "): almost every function of that space is out of reach, and every function of the model "
                            "satisfies at least ");
        difference(page, n->a, n->d);
        nalg_html_raw(page, n->a - n->d == 1 ? " equation." : " independent equations.");
    }
    nalg_html_cite(page, "KileelTragerBruna2019");
    nalg_html_raw(page, "</p>\n");
}

static void redundancy(nalg_page *page, const numbers *n)
{
    if (!n->has_d || !n->has_p) return;
    nalg_html_raw(page, "<p><strong>What is redundant.</strong> ");
    if (n->p <= n->d) {
        nalg_html_raw(page, "No direction in the space of the ");
        nalg_html_short(page, n->parameters);
        nalg_html_raw(page, " parameters leaves the function unchanged: up to finitely many choices the parameters are "
                            "determined by the function.</p>\n");
        return;
    }
    nalg_html_raw(page, "Of the ");
    nalg_html_short(page, n->parameters);
    nalg_html_raw(page, " parameters ");
    difference(page, n->p, n->d);
    nalg_html_raw(page, " (");
    percent(page, n->p - n->d, n->p);
    nalg_html_raw(page, ") are redundant: around almost every choice of parameters there is a family of that dimension with "
                        "the same function.</p>\n");
}

static void samples(nalg_page *page, const numbers *n)
{
    if (!n->has_d) return;
    nalg_html_raw(page, "<p><strong>How many samples identify the function.</strong> ");
    nalg_html_short(page, n->dimension);
    nalg_html_raw(page, " noise-free measurements at generic inputs, one output value each, leave only finitely many "
                        "functions of the model; with fewer, a continuum of them fits.</p>\n");
}

static void defect(nalg_page *page, const numbers *n, const json_t *value)
{
    double d;
    if (!nalg_json_number(value, &d)) return;
    if (d == 0) {
        nalg_html_note(page, "This is the expected dimension, the smaller of parameters minus known symmetries and ambient "
                             "dimension.");
        return;
    }
    nalg_html_raw(page,
                  "<p class=\"note\">The expected dimension, the smaller of parameters minus known symmetries and ambient "
                  "dimension, is ");
    nalg_html_short(page, n->expected);
    nalg_html_raw(page, ": the model is <em>defective</em>, with defect ");
    nalg_html_short(page, value);
    nalg_html_raw(page, ".</p>\n");
}

static void headline(nalg_page *page, const numbers *n)
{
    if (!n->has_d) return;
    nalg_buffer tex = {0}, plain = {0};
    nalg_buffer_format(&tex, "D = \\dim \\overline{\\{\\, f_w : w \\in \\mathbb{R}^P \\,\\}} = %.0f", n->d);
    nalg_buffer_format(&plain, "D = dim { f_w : w in R^P } = %.0f", n->d);
    if (n->has_p) {
        nalg_buffer_format(&tex, " = \\underbrace{%.0f}_{\\text{parameters}} - \\underbrace{%.0f}_{\\text{generic fiber}}",
                           n->p, n->p - n->d);
        nalg_buffer_format(&plain, " = %.0f (parameters) - %.0f (generic fiber)", n->p, n->p - n->d);
    }
    page->out.failed |= tex.failed || plain.failed;
    nalg_html_display(page, nalg_buffer_content(&tex), nalg_buffer_content(&plain));
    nalg_buffer_clear(&tex);
    nalg_buffer_clear(&plain);
}

static bool binds(const json_t *row, const void *least)
{
    return nalg_json_same(json_object_get(row, "value"), least);
}

static void bounds(nalg_page *page, const json_t *result, const numbers *n)
{
    static const nalg_column columns[] = {{"kind", "bound"}, {"value", "at most"}, {"source", "reason"}};
    const json_t *list = nalg_json_at(result, "upper_bounds");
    if (!json_array_size(list) && !nalg_json_known(n->lower)) return;
    nalg_html_heading(page, "Bounds from both sides");
    nalg_html_raw(page, "<p>");
    if (nalg_json_known(n->lower)) {
        nalg_html_raw(page, "From below, the rank of the Jacobian at one point, in exact arithmetic, shows ");
        nalg_html_math(page, "D \\ge", "D \xE2\x89\xA5");
        nalg_html_raw(page, " ");
        nalg_html_value(page, n->lower);
        nalg_html_raw(page, ". ");
    }
    if (json_array_size(list)) nalg_html_raw(page, "From above, each of these holds without exception; the least one binds.");
    nalg_html_raw(page, "</p>\n");
    nalg_html_table_marked(page, "upper bounds", list, columns, sizeof columns / sizeof *columns, "binds", binds, n->upper);
}

static void symmetries(nalg_page *page, const json_t *result)
{
    static const nalg_column columns[] = {{"name", "symmetry"}, {"dimension", "dimension"}};
    const json_t *list = nalg_json_at(result, "symmetries");
    if (!json_array_size(list)) return;
    nalg_html_heading(page, "Known symmetries");
    nalg_html_paragraph(page, "Changes of the parameters that leave every output unchanged:");
    nalg_html_table(page, "symmetries of the parametrisation", list, columns, sizeof columns / sizeof *columns);
}

static void local(nalg_page *page, const json_t *result, const numbers *n)
{
    const json_t *value = nalg_json_at(result, "local_dimension");
    double rank;
    if (!nalg_json_number(value, &rank)) return;
    nalg_html_heading(page, "At the given weights");
    nalg_html_raw(page, "<p>The Jacobian at the given weights has rank ");
    nalg_html_value(page, value);
    if (n->has_d && rank < n->d)
        nalg_html_raw(page,
                      ", less than at generic ones: the weights lie where the parametrisation is singular, for example at a "
                      "subnetwork.</p>\n");
    else nalg_html_raw(page, ", as at generic ones.</p>\n");
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    numbers n = numbers_of(result);
    const nalg_bar bars[] = {{"parameters", n.parameters, false},
                             {"expected", n.expected, false},
                             {"ambient space", n.ambient, false},
                             {"dimension", n.dimension, true}};
    headline(page, &n);
    expressivity(page, &n, nalg_json_at(result, "filling"));
    redundancy(page, &n);
    samples(page, &n);
    defect(page, &n, nalg_json_at(result, "defect"));
    nalg_html_bars(
        page, "The dimension of the model beside the number of its parameters, the expected dimension and the ambient space",
        bars, sizeof bars / sizeof *bars);
    bounds(page, result, &n);
    symmetries(page, result);
    local(page, result, &n);
}

const nalg_report_section nalg_section_dimension = {"dimension", "Dimension", "dim", render};
