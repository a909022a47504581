/* "How many networks fit the data?": the degree and the solutions found round by round.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <string.h>

#define PICTURE_HEIGHT 260

/* Solutions known after each round of monodromy, as a rising line; the last level is the degree. */
static void picture(nalg_page *page, const json_t *found)
{
    json_t *labels = json_array(), *values = json_array();
    const json_t *value;
    size_t i;
    json_array_append_new(labels, json_integer(0));
    json_array_append_new(values, json_integer(1));
    json_array_foreach(found, i, value) {
        json_array_append_new(labels, json_integer((json_int_t)i + 1));
        json_array_append(values, (json_t *)value);
    }
    json_t *config = json_pack("{s:s, s:{s:o, s:[{s:o, s:s, s:s, s:b, s:i, s:s}]}, s:{s:{s:{s:b}}, s:{s:{s:{s:b, s:s}}, s:{s:b, s:{s:b, s:s}}}}}", "type", "line",
                               "data", "labels", labels, "datasets", "data", values, "borderColor", "var(--accent)", "backgroundColor", "var(--accent)",
                               "stepped", 1, "pointRadius", 3, "label", "networks found", "options", "plugins", "legend", "display", 0, "scales", "x", "title",
                               "display", 1, "text", "round of monodromy", "y", "beginAtZero", 1, "title", "display", 1, "text", "networks found");
    nalg_html_chart_begin(page, "Networks found after each round; the line ends at the degree", config, PICTURE_HEIGHT);
    nalg_html_raw(page, "<p>");
    json_array_foreach(found, i, value) {
        if (i) nalg_html_raw(page, ", ");
        nalg_html_value(page, value);
    }
    nalg_html_raw(page, "</p>\n");
    nalg_html_chart_end(page);
}

/* Why there are no more of them, or that there may be. */
static void completeness(nalg_page *page, const json_t *result, bool complete)
{
    const json_t *theorem = nalg_json_at(result, "theorem");
    if (!complete) {
        nalg_html_raw(page, "The search was stopped, or its test of completeness failed: there may be more.");
    } else if (nalg_json_known(theorem)) {
        nalg_html_raw(page, "Their number is that of a theorem (");
        nalg_html_text(page, nalg_json_string(theorem, "source", "?"));
        nalg_html_raw(page, ").");
    } else {
        nalg_html_raw(page, "That there are no more is supported by the trace test: the sum over all of them moves "
                            "along a straight line when the data do (relative deviation ");
        nalg_html_short(page, nalg_json_at(result, "trace_residual"));
        nalg_html_raw(page, ").");
    }
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result"), *degree = nalg_json_at(result, "degree"), *dimension = nalg_json_at(result, "dimension");
    const json_t *found = nalg_json_at(result, "found_per_round"),
                 *certified = nalg_json_at(result, "solutions_certified");
    const char *status = nalg_json_string(nalg_json_at(document, "evidence"), "status", "unknown");
    bool complete = !strcmp(status, "proved") || !strcmp(status, "numerical");
    nalg_html_raw(page, "<p><strong>What the degree says.</strong> Through ");
    nalg_html_short(page, dimension);
    nalg_html_raw(page, complete ? " generic data points pass exactly " : " generic data points pass at least ");
    nalg_html_short(page, complete || !nalg_json_known(certified) ? degree : certified);
    nalg_html_raw(page, " functions of the model over the complex numbers");
    nalg_html_raw(page, complete ? ": this is the degree of its function space. One further data point leaves a single "
                                   "candidate.</p>\n"
                                 : "; the degree of its function space is this or more.</p>\n");
    nalg_html_raw(page, "<p><strong>How it is known.</strong> ");
    if (nalg_json_known(certified)) {
        nalg_html_short(page, certified);
        nalg_html_raw(page, " of these networks are proved to exist and to be pairwise different, by interval "
                            "arithmetic. ");
    }
    completeness(page, result, complete);
    nalg_html_raw(page, "</p>\n");
    if (json_array_size(found)) picture(page, found);
    const json_t *paths = nalg_json_at(document, "evidence.paths");
    if (paths && json_array_size(found)) nalg_html_object(page, paths, NULL, 0);
}

extern const nalg_report_section nalg_section_degree;
const nalg_report_section nalg_section_degree = {"degree", "How many networks fit the data?", "degree", render};
