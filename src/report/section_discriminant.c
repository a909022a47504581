/* Chambers of data: how the landscape changes with the targets.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "report/section.h"
#include "report/value.h"

#define WIDTH 360
#define MARGIN 10

/* Pixels as runs of one colour, darker for more. */
static void draw(nalg_page *page, const json_t *result)
{
    const json_t *rows = nalg_json_at(result, "picture.real"), *row;
    double size, least = 1e9, most = -1e9;
    size_t r, i;
    if (!nalg_json_number(nalg_json_at(result, "picture.size"), &size) || size < 2) return;
    json_array_foreach(rows, r, row) for (i = 0; i + 1 < json_array_size(row); i += 2)
    {
        double value = json_number_value(json_array_get(row, i));
        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    double unit = (WIDTH - 2 * MARGIN) / size;
    nalg_html_svg_begin(
        page, "Number of real critical points over the plane of targets; darker: more. The dot is the data",
        WIDTH, WIDTH);
    json_array_foreach(rows, r, row)
    {
        double x = 0;
        for (i = 0; i + 1 < json_array_size(row); i += 2) {
            double value = json_number_value(json_array_get(row, i)),
                   run = json_number_value(json_array_get(row, i + 1));
            double dark = most > least ? (value - least) / (most - least) : 0;
            nalg_buffer_format(
                &page->out,
                "<rect x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" fill=\"rgb(%d,%d,%d)\"/>",
                MARGIN + x * unit, MARGIN + (size - 1 - (double)r) * unit, run * unit + 0.4, unit + 0.6,
                (int)(235 - 200 * dark), (int)(243 - 170 * dark), (int)(252 - 100 * dark));
            x += run;
        }
        nalg_html_raw(page, "\n");
    }
    nalg_buffer_format(&page->out, "<circle cx=\"%d\" cy=\"%d\" r=\"4\" fill=\"#d55e00\"/>", WIDTH / 2,
                       WIDTH / 2);
    nalg_html_svg_end(page);
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
