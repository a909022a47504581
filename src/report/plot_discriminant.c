/* Picture of `discriminant`: numbers of real critical points, and of minima, over the plane of targets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"

/* Pixels of one panel from the runs of its rows; false when they are missing. */
static bool panel(nalg_plot *plot, const json_t *document, const char *key, const char *title)
{
    const json_t *rows = nalg_json_at(document, key), *row;
    double extent, size, first = 0, last = 0, x, y;
    size_t r;
    if (!json_array_size(rows) ||
        !nalg_json_number(nalg_json_at(document, "result.picture.extent"), &extent) ||
        !nalg_json_number(nalg_json_at(document, "result.picture.size"), &size) || size < 2)
        return false;
    size_t block = nalg_plot_data_begin(plot);
    json_array_foreach(rows, r, row)
    {
        size_t column = 0;
        for (size_t i = 0; i + 1 < json_array_size(row); i += 2) {
            double value = json_number_value(json_array_get(row, i)),
                   run = json_number_value(json_array_get(row, i + 1));
            if (r == 0 && i == 0) first = last = value;
            first = value < first ? value : first;
            last = value > last ? value : last;
            for (double k = 0; k < run && column < (size_t)size; k++, column++)
                nalg_plot_row(plot,
                              (double[]){(2 * (double)column / (size - 1) - 1) * extent,
                                         (2 * (double)r / (size - 1) - 1) * extent, value},
                              3);
        }
    }
    nalg_plot_data_end(plot);
    size_t at = nalg_plot_data_begin(plot);
    nalg_plot_row(plot, (double[]){0, 0}, 2);
    nalg_plot_data_end(plot);
    bool nearest =
        nalg_json_number(json_array_get(nalg_json_at(document, "result.nearest_wall.at"), 0), &x) &&
        nalg_json_number(json_array_get(nalg_json_at(document, "result.nearest_wall.at"), 1), &y);
    size_t wall = nalg_plot_data_begin(plot);
    nalg_plot_row(plot, (double[]){0, 0}, 2);
    if (nearest) nalg_plot_row(plot, (double[]){x, y}, 2);
    nalg_plot_data_end(plot);
    /* One colour for each number, from pale to dark; colour-blind readers see the order. */
    nalg_plot_raw(plot, "set palette defined (0 '#f7fbff', 1 '#c6dbef', 2 '#6baed6', 3 '#2171b5', 4 "
                        "'#08306b')\nset size ratio -1\n");
    nalg_plot_format(plot, "set cbrange [%.1f:%.1f]\nset palette maxcolors %d\nset cbtics 1\n", first - 0.5,
                     last + 0.5, (int)(last - first) + 1);
    nalg_plot_format(plot, "set title '%s'\n", title);
    nalg_plot_range(plot, 'x', -extent, extent);
    nalg_plot_range(plot, 'y', -extent, extent);
    nalg_plot_axis(plot, 'x', "first direction", false);
    nalg_plot_axis(plot, 'y', "second direction", false);
    nalg_buffer_format(&plot->curves, "plot $data%zu using 1:2:3 with image notitle", block);
    plot->curve_count++;
    nalg_plot_curve(plot, wall, "using 1:2 with lines", 2, nearest ? "to the nearest wall" : NULL);
    nalg_plot_curve(plot, at, "using 1:2 with points", 2, "data");
    return true;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    nalg_plot_heading(plot, "Critical points over a plane of targets");
    /* Room for the colour bars on the right of each panel. */
    nalg_plot_raw(plot,
                  "set multiplot layout 1,2 margins screen 0.08,0.93,0.2,0.8 spacing screen 0.15,0.16\n");
    if (!panel(plot, document, "result.picture.real", "real critical points")) return false;
    nalg_plot_panel_end(plot);
    return panel(plot, document, "result.picture.minima", "minima");
}

extern const nalg_plot_type nalg_plot_discriminant;
const nalg_plot_type nalg_plot_discriminant = {
    "discriminant", "numbers of real critical points and of minima over a plane of targets through the data",
    render};
