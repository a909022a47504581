/* Chambers of data: how the landscape changes with the targets.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "report/section.h"
#include "report/value.h"
#include <stdio.h>

#define SIDE 360 /* of the picture, without its frame */
#define MARGIN 10
#define LEGEND 150
#define SWATCH 14

/* The scale of colours: lighter for fewer real critical points. */
typedef struct {
    double least, most;
} shades;

static void fill(nalg_page *page, const shades *s, double value)
{
    double dark = s->most > s->least ? (value - s->least) / (s->most - s->least) : 0;
    nalg_buffer_format(&page->out, " fill=\"rgb(%d,%d,%d)\"", (int)(235 - 200 * dark),
                       (int)(243 - 170 * dark), (int)(252 - 100 * dark));
}

static shades range(const json_t *rows)
{
    shades s = {1e9, -1e9};
    const json_t *row;
    size_t r;
    json_array_foreach(rows, r, row) for (size_t i = 0; i + 1 < json_array_size(row); i += 2)
    {
        double value = json_number_value(json_array_get(row, i));
        s.least = value < s.least ? value : s.least;
        s.most = value > s.most ? value : s.most;
    }
    return s;
}

/* Pixels as runs of one colour, the last row on top. */
static void pixels(nalg_page *page, const json_t *rows, const shades *s, double unit)
{
    const json_t *row;
    size_t r;
    json_array_foreach(rows, r, row)
    {
        double x = 0;
        for (size_t i = 0; i + 1 < json_array_size(row); i += 2) {
            double run = json_number_value(json_array_get(row, i + 1));
            nalg_buffer_format(&page->out, "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"",
                               MARGIN + x * unit,
                               MARGIN + ((double)json_array_size(rows) - 1 - (double)r) * unit,
                               run * unit + 0.4, unit + 0.6);
            fill(page, s, json_number_value(json_array_get(row, i)));
            nalg_html_raw(page, "/>");
            x += run;
        }
        nalg_html_raw(page, "\n");
    }
}

/* One swatch for each number of real critical points that occurs, fewest first. */
static void legend(nalg_page *page, const json_t *chambers, const shades *s)
{
    int line = 0;
    for (double value = s->least; value <= s->most; value++) {
        const json_t *chamber;
        size_t i;
        bool occurs = false;
        char text[32];
        json_array_foreach(chambers, i, chamber)
        {
            if (json_number_value(nalg_json_at(chamber, "real_critical_points")) == value) occurs = true;
        }
        if (!occurs) continue;
        int x = SIDE + 2 * MARGIN, y = MARGIN + line++ * (SWATCH + 8);
        nalg_buffer_format(&page->out, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" stroke=\"#888\"",
                           x, y, SWATCH, SWATCH);
        fill(page, s, value);
        nalg_html_raw(page, "/>");
        snprintf(text, sizeof text, "%.0f", value);
        nalg_html_svg_text(page, x + SWATCH + 8, y + SWATCH - 2, "label", text);
    }
}

/* The data in the middle, and the way to the nearest wall. */
static void data(nalg_page *page, const json_t *result)
{
    double middle = MARGIN + SIDE / 2.0, extent, x, y;
    const json_t *at = nalg_json_at(result, "nearest_wall.at");
    if (nalg_json_number(nalg_json_at(result, "picture.extent"), &extent) && extent > 0 &&
        nalg_json_number(json_array_get(at, 0), &x) && nalg_json_number(json_array_get(at, 1), &y))
        nalg_buffer_format(&page->out,
                           "<line x1=\"%.2f\" y1=\"%.2f\" x2=\"%.2f\" y2=\"%.2f\" stroke=\"#d55e00\" "
                           "stroke-width=\"2\"/>",
                           middle, middle, middle + x / extent * SIDE / 2, middle - y / extent * SIDE / 2);
    nalg_buffer_format(&page->out, "<circle cx=\"%.2f\" cy=\"%.2f\" r=\"4\" fill=\"#d55e00\"/>", middle,
                       middle);
}

static void draw(nalg_page *page, const json_t *result)
{
    const json_t *rows = nalg_json_at(result, "picture.real");
    size_t size = json_array_size(rows);
    double extent;
    if (size < 2) return;
    shades s = range(rows);
    nalg_html_raw(page, "<figure>\n");
    nalg_html_svg_begin(page, "Number of real critical points over the plane of targets; darker: more",
                        SIDE + 2 * MARGIN + LEGEND, SIDE + 2 * MARGIN);
    pixels(page, rows, &s, SIDE / (double)size);
    legend(page, nalg_json_at(result, "chambers"), &s);
    data(page, result);
    nalg_html_svg_end(page);
    nalg_html_raw(page,
                  "<figcaption>Number of real critical points over a plane of targets. The dot is the data, "
                  "the line leads to the nearest wall found in the plane");
    if (nalg_json_number(nalg_json_at(result, "picture.extent"), &extent))
        nalg_buffer_format(&page->out, "; the square reaches %.3g to each side, in the unit of the targets",
                           extent);
    nalg_html_raw(page, ".</figcaption>\n</figure>\n");
}

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column columns[] = {{"real_critical_points", "real critical points"},
                                          {"minima", "minima"},
                                          {"share", "share of the picture"}};
    const json_t *result = nalg_json_at(document, "result");
    nalg_html_raw(page, "<p>In each chamber of this plane of targets the loss has the same number of real "
                        "critical points; at a wall two of them meet and vanish. "
                        "The nearest wall is a change of the targets after which training may find another "
                        "set of minima.</p>\n");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "real critical points at the data", nalg_json_at(result, "real_critical_points"));
    nalg_html_fact(page, "minima at the data", nalg_json_at(result, "minima"));
    nalg_html_fact(page, "distance to the nearest wall in the plane",
                   nalg_json_at(result, "nearest_wall.distance"));
    nalg_html_fact(page, "relative to the length of the targets",
                   nalg_json_at(result, "nearest_wall.relative"));
    nalg_html_facts_end(page);
    nalg_html_table(page, "chambers", nalg_json_at(result, "chambers"), columns, 3);
    draw(page, result);
}

const nalg_report_section nalg_section_discriminant = {"discriminant", "How the targets change the landscape",
                                                       "discriminant", render};
