/* Pictures: charts by Chart.js from a configuration in JSON, and SVG drawings. The configuration stands in
 * the page as data (a script of type application/json, never executed); assets/report.js reads it, puts the
 * colours of the style sheet in and draws. Each chart carries its numbers as a table, which is the picture's
 * text alternative and shows when it cannot be drawn. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <stdio.h>

#define LOG_RATIO 40.0 /* above this ratio the smallest bar of a linear scale cannot be read any more */
#define BAR_HEIGHT 38
#define AXIS_HEIGHT 56

void nalg_html_chart_begin(nalg_page *page, const char *label, json_t *config, int height)
{
    page->chart_count++;
    nalg_buffer_format(
        &page->out,
        "<figure class=\"chart\"><div class=\"canvas\" style=\"height:%dpx\"><canvas role=\"img\" "
        "aria-label=\"",
        height);
    nalg_html_text(page, label);
    nalg_html_raw(page, "\"></canvas></div>\n<script type=\"application/json\" class=\"chart-config\">");
    if (config)
        nalg_buffer_script_json(&page->out, config);
    else
        page->out.failed = true;
    json_decref(config);
    nalg_html_raw(page, "</script>\n<figcaption>");
    nalg_html_text(page, label);
    nalg_html_raw(page, "</figcaption>\n");
    nalg_html_details_begin(page, "The numbers of this picture");
}

void nalg_html_chart_end(nalg_page *page)
{
    nalg_html_details_end(page);
    nalg_html_raw(page, "</figure>\n");
}

json_t *nalg_chart_axis(const char *title, bool logarithmic)
{
    return json_pack("{s:s, s:{s:b, s:s}}", "type", logarithmic ? "logarithmic" : "linear", "title",
                     "display", 1, "text", title);
}

json_t *nalg_chart_curve(json_t *points, const char *label, bool accent, bool dashed)
{
    const char *colour = accent ? "var(--accent)" : "var(--series)";
    json_t *dash = dashed ? json_pack("[i, i]", 4, 3) : json_array();
    return json_pack("{s:o, s:b, s:s, s:s, s:o, s:f, s:i, s:s}", "data", points, "showLine", 1, "borderColor",
                     colour, "backgroundColor", colour, "borderDash", dash, "borderWidth", 1.5, "pointRadius",
                     0, "label", label);
}

json_t *nalg_chart_scatter(json_t *sets, json_t *x, json_t *y, bool legend)
{
    return json_pack("{s:s, s:{s:o}, s:{s:b, s:{s:{s:b}}, s:{s:o, s:o}}}", "type", "scatter", "data",
                     "datasets", sets, "options", "animation", 0, "plugins", "legend", "display", legend,
                     "scales", "x", x, "y", y);
}

static json_t *bar_config(const nalg_bar *bars, size_t count, bool logarithmic)
{
    json_t *labels = json_array(), *values = json_array(), *colours = json_array();
    for (size_t i = 0; i < count; i++) {
        double number;
        if (!nalg_json_number(bars[i].value, &number)) continue;
        json_array_append_new(labels, json_string(bars[i].name));
        json_array_append_new(values, json_real(number));
        json_array_append_new(colours, json_string(bars[i].accent ? "var(--accent)" : "var(--series)"));
    }
    json_t *scale = logarithmic ? json_pack("{s:s, s:f}", "type", "logarithmic", "min", 0.5)
                                : json_pack("{s:s, s:b}", "type", "linear", "beginAtZero", 1);
    return json_pack(
        "{s:s, s:{s:o, s:[{s:o, s:o, s:i, s:i}]}, s:{s:s, s:{s:{s:b}, s:{s:b}, s:{s:b}}, s:{s:o}}}", "type",
        "bar", "data", "labels", labels, "datasets", "data", values, "backgroundColor", colours,
        "borderRadius", 3, "maxBarThickness", 22, "options", "indexAxis", "y", "plugins", "legend", "display",
        0, "tooltip", "enabled", 0, "barValues", "display", 1, "scales", "x", scale);
}

void nalg_html_bars(nalg_page *page, const char *label, const nalg_bar *bars, size_t count)
{
    double least = 0, most = 0, number;
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        if (!nalg_json_number(bars[i].value, &number)) continue;
        if (!known || number < least) least = number;
        if (!known || number > most) most = number;
        known++;
    }
    if (!known) return;
    bool logarithmic = least >= 1 && most > LOG_RATIO * least;
    nalg_html_chart_begin(page, label, bar_config(bars, count, logarithmic),
                          BAR_HEIGHT * (int)known + AXIS_HEIGHT);
    nalg_html_facts_begin(page);
    for (size_t i = 0; i < count; i++)
        if (nalg_json_number(bars[i].value, &number)) nalg_html_fact(page, bars[i].name, bars[i].value);
    nalg_html_facts_end(page);
    nalg_html_chart_end(page);
}

void nalg_html_svg_begin(nalg_page *page, const char *label, int width, int height)
{
    nalg_buffer_format(&page->out,
                       "<svg viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\" aria-label=\"",
                       width, height, width, height);
    nalg_html_text(page, label);
    nalg_html_raw(page, "\">");
}

void nalg_html_svg_text(nalg_page *page, double x, double y, const char *style, const char *text)
{
    nalg_buffer_format(&page->out, "<text x=\"%g\" y=\"%g\" class=\"%s\">", x, y, style);
    nalg_html_text(page, text);
    nalg_html_raw(page, "</text>");
}

void nalg_html_svg_end(nalg_page *page)
{
    nalg_html_raw(page, "</svg>");
}
