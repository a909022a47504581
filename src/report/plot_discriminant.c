/* Picture of `discriminant`: numbers of real critical points, and of minima, over the plane of targets.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"

/* One colour for each number, from pale to dark; colour-blind readers see the order. */
static void palette(nalg_plot *plot, double first, double last)
{
    static const int anchor[5][3] = {
        {0xf7, 0xfb, 0xff}, {0xc6, 0xdb, 0xef}, {0x6b, 0xae, 0xd6}, {0x21, 0x71, 0xb5}, {0x08, 0x30, 0x6b}};
    nalg_plot_raw(plot, "set size ratio -1\nset style fill solid 1 noborder\nset palette defined (");
    for (double value = first; value <= last; value++) {
        double place = last > first ? (value - first) / (last - first) * 4 : 1;
        int k = place < 4 ? (int)place : 3, c[3];
        for (int i = 0; i < 3; i++)
            c[i] = (int)(anchor[k][i] + (place - k) * (anchor[k + 1][i] - anchor[k][i]) + 0.5);
        nalg_plot_format(plot, "%s%.1f '#%02x%02x%02x', %.1f '#%02x%02x%02x'", value > first ? ", " : "",
                         value - 0.5, c[0], c[1], c[2], value + 0.5, c[0], c[1], c[2]);
    }
    nalg_plot_format(plot, ")\nset cbrange [%.1f:%.1f]\nset cbtics 1\n", first - 0.5, last + 0.5);
}

/* Pixels of one panel from the runs of its rows; false when they are missing. */
static bool panel(nalg_plot *plot, const json_t *document, const char *key, const char *title, bool legend)
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
    palette(plot, first, last);
    nalg_plot_format(plot, "set title '%s'\n", title);
    nalg_plot_range(plot, 'x', -extent, extent);
    nalg_plot_range(plot, 'y', -extent, extent);
    nalg_plot_axis(plot, 'x', "first direction", false);
    nalg_plot_axis(plot, 'y', "second direction", false);
    nalg_buffer_format(&plot->curves, "plot $data%zu using 1:2:3 with image notitle", block);
    plot->curve_count++;
    nalg_plot_curve(plot, wall, "using 1:2 with lines", 2,
                    nearest && legend ? "to the nearest wall in this plane" : NULL);
    nalg_plot_curve(plot, at, "using 1:2 with points", 2, legend ? "data" : NULL);
    return true;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    nalg_plot_heading(plot, "Critical points over a plane of targets");
    /* Room for the colour bars on the right of each panel. */
    nalg_plot_raw(plot,
                  "set multiplot layout 1,2 margins screen 0.125,0.935,0.23,0.78 spacing screen 0.21,0.16\n"
                  "set key at screen 0.5,0.03 center bottom horizontal maxrows 1\n");
    if (!panel(plot, document, "result.picture.real", "real critical points", true)) return false;
    nalg_plot_panel_end(plot);
    return panel(plot, document, "result.picture.minima", "minima", false);
}

extern const nalg_plot_type nalg_plot_discriminant;
const nalg_plot_type nalg_plot_discriminant = {
    "discriminant", "numbers of real critical points and of minima over a plane of targets through the data",
    render};
