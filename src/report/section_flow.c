/* Training by gradient flow: where it ends, how often, loss curves, and the paths in the plane of function
 * space that shows most of them. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define PICTURE_HEIGHT 320
/* Curves of one picture; more cannot be told apart. */
#define SHOWN 16

/* Points of two arrays of numbers; on logarithmic axes only positive ones. */
static json_t *points(const json_t *x, const json_t *y, bool positive)
{
    json_t *array = json_array();
    for (size_t i = 0; i < json_array_size(x); i++) {
        double a, b;
        if (!nalg_json_number(json_array_get(x, i), &a) || !nalg_json_number(json_array_get(y, i), &b))
            continue;
        if (positive && (a <= 0 || b <= 0)) continue;
        json_array_append_new(array, json_pack("{s:f, s:f}", "x", a, "y", b));
    }
    return array;
}

/* The dots where the paths end. */
static json_t *dots(const json_t *marks)
{
    json_t *data = json_array();
    const json_t *mark;
    size_t i;
    json_array_foreach(marks, i, mark)
    {
        double x, y;
        if (nalg_json_number(nalg_json_at(mark, "x"), &x) && nalg_json_number(nalg_json_at(mark, "y"), &y))
            json_array_append_new(data, json_pack("{s:f, s:f}", "x", x, "y", y));
    }
    return json_pack("{s:o, s:s, s:s, s:i, s:s}", "data", data, "borderColor", "var(--accent)",
                     "backgroundColor", "var(--accent)", "pointRadius", 5, "label", "critical points");
}

static json_t *picture(const json_t *curves, const json_t *marks, const char *x, const char *y,
                       bool logarithmic)
{
    json_t *sets = json_array();
    const json_t *curve;
    size_t i;
    if (marks) json_array_append_new(sets, dots(marks));
    json_array_foreach(curves, i, curve)
    {
        if (i == SHOWN) break;
        bool descent = json_is_true(nalg_json_at(curve, "descent"));
        json_array_append_new(
            sets, nalg_chart_curve(points(nalg_json_at(curve, x), nalg_json_at(curve, y), logarithmic),
                                   descent ? "gradient descent" : "gradient flow", descent, descent));
    }
    return nalg_chart_scatter(
        sets, nalg_chart_axis(logarithmic ? "time of the flow" : "first direction", logarithmic),
        nalg_chart_axis(logarithmic ? "loss, mean over the samples" : "second direction", logarithmic),
        false);
}

static void pictures(nalg_page *page, const json_t *result)
{
    static const nalg_column ends[] = {{"run", "run"}, {"critical_point", "ends at critical point"}};
    const json_t *curves = nalg_json_at(result, "pictures.curves"),
                 *marks = nalg_json_at(result, "pictures.points");
    double shown;
    if (!json_array_size(curves)) return;
    nalg_html_chart_begin(page, "Loss along the flow, for each start",
                          picture(curves, NULL, "time", "loss", true), PICTURE_HEIGHT);
    nalg_html_table(page, "ends", curves, ends, 2);
    nalg_html_chart_end(page);
    if (!nalg_json_number(nalg_json_at(result, "pictures.variance_shown"), &shown)) return;
    nalg_html_chart_begin(
        page, "The paths in function space, seen in the plane where they spread most; dots: critical points",
        picture(curves, marks, "x", "y", false), PICTURE_HEIGHT);
    nalg_html_paragraph(page, "The plane holds %.0f %% of the variance of the paths.", 100 * shown);
    nalg_html_chart_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column basins[] = {{"critical_point", "critical point"},
                                         {"share", "share of starts"},
                                         {"low", "at least"},
                                         {"high", "at most"}};
    static const nalg_column critical[] = {
        {"critical_point", "point"}, {"loss", "mean loss"}, {"kind", "kind"}, {"index", "descending"},
        {"flat_directions", "flat"}, {"runs", "runs"},      {"type", "type"}, {"stratum", "subnetwork"}};
    const json_t *result = nalg_json_at(document, "result");
    nalg_html_raw(
        page,
        "<p>The weights follow the steepest descent of the loss from random starts until nothing moves any "
        "more. Each end point is a critical "
        "point of the loss. The share of starts that reach it depends on how the starts are drawn.</p>\n");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "starts", nalg_json_at(result, "starts"));
    nalg_html_fact(page, "of these came to rest", nalg_json_at(result, "at_rest"));
    nalg_html_fact(page, "samples", nalg_json_at(result, "samples"));
    nalg_html_fact(page, "data", nalg_json_at(result, "data"));
    nalg_html_fact(page, "list of critical points", nalg_json_at(result, "match.list"));
    nalg_html_fact(page, "ends that it has", nalg_json_at(result, "match.matched"));
    nalg_html_fact(page, "conserved quantities watched", nalg_json_at(result, "laws"));
    nalg_html_fact(page, "their largest relative drift, an error of the integration",
                   nalg_json_at(result, "conserved_drift"));
    nalg_html_fact(page, "the same over the runs that came to rest",
                   nalg_json_at(result, "conserved_drift_at_rest"));
    nalg_html_facts_end(page);
    nalg_html_table(page, "critical points, with how many directions descend and are flat",
                    nalg_json_at(result, "critical_points"), critical, 8);
    nalg_html_table(page, "where the starts end, with 95 % intervals", nalg_json_at(result, "basins"), basins,
                    4);
    pictures(page, result);
}

const nalg_report_section nalg_section_flow = {"flow", "Where training ends", "flow", render};
