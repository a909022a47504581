/* Picture of `bounds`: the generalisation gap over the number of samples, and covering numbers over the
 * radius. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"

/* Rows (x, y) of an array of objects as a block; *count of those where both are numbers. */
static size_t block(nalg_plot *plot, const json_t *rows, const char *x_key, const char *y_key, size_t *count)
{
    const json_t *row;
    size_t i, number = nalg_plot_data_begin(plot);
    double x, y;
    *count = 0;
    json_array_foreach(rows, i, row)
    {
        if (!nalg_json_number(nalg_json_at(row, x_key), &x) ||
            !nalg_json_number(nalg_json_at(row, y_key), &y) || x <= 0 || y <= 0)
            continue;
        nalg_plot_row(plot, (double[]){x, y}, 2);
        ++*count;
    }
    nalg_plot_data_end(plot);
    return number;
}

static void curve(nalg_plot *plot, const json_t *rows, const char *x_key, const char *y_key, int style,
                  const char *title)
{
    size_t count, number = block(plot, rows, x_key, y_key, &count);
    if (count) nalg_plot_curve(plot, number, "using 1:2 with linespoints", style, title);
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *gaps = nalg_json_at(document, "result.generalisation"),
                 *covering = nalg_json_at(document, "result.covering");
    size_t count;
    nalg_plot_heading(plot, "How samples pin the model down");
    nalg_plot_panels(plot, 1, 2);
    block(plot, gaps, "samples", "gap", &count);
    if (!count) return false;
    nalg_plot_axis(plot, 'x', "samples", true);
    nalg_plot_axis(plot, 'y', "gap, at most", true);
    curve(plot, gaps, "samples", "gap", 1, "this model");
    curve(plot, gaps, "samples", "gap_by_weights", 2, "counting weights");
    nalg_plot_panel_end(plot);
    nalg_plot_axis(plot, 'x', "radius", true);
    nalg_plot_axis(plot, 'y', "log of the covering number, at most", false);
    curve(plot, covering, "epsilon", "log_number", 1, "this model");
    curve(plot, covering, "epsilon", "log_number_by_weights", 2, "counting weights");
    return true;
}

extern const nalg_plot_type nalg_plot_bounds;
const nalg_plot_type nalg_plot_bounds = {
    "bounds", "the generalisation gap over the number of samples, and covering numbers over the radius",
    render};
