/* Picture of `flow`: loss curves, and the paths in a plane of function space.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"

static size_t block(nalg_plot *plot, const json_t *x, const json_t *y, bool positive, size_t *count)
{
    size_t number = nalg_plot_data_begin(plot);
    *count = 0;
    for (size_t i = 0; i < json_array_size(x); i++) {
        double row[2];
        if (!nalg_json_number(json_array_get(x, i), &row[0]) ||
            !nalg_json_number(json_array_get(y, i), &row[1]))
            continue;
        if (positive && (row[0] <= 0 || row[1] <= 0)) continue;
        nalg_plot_row(plot, row, 2);
        ++*count;
    }
    nalg_plot_data_end(plot);
    return number;
}

/* All curves of the document; true if there is one. The first of each kind is named. */
static bool curves_of(nalg_plot *plot, const json_t *curves, const char *x, const char *y, bool positive)
{
    bool named[2] = {!positive, !positive}, any = false; /* in the second panel colours are known */
    const json_t *curve;
    size_t i, count;
    json_array_foreach(curves, i, curve)
    {
        bool descent = json_is_true(nalg_json_at(curve, "descent"));
        size_t number = block(plot, nalg_json_at(curve, x), nalg_json_at(curve, y), positive, &count);
        if (count < 2) continue;
        nalg_plot_curve(plot, number, "using 1:2 with lines", descent ? 2 : 1,
                        named[descent] ? NULL
                        : descent      ? "descent"
                                       : "flow");
        named[descent] = any = true;
    }
    return any;
}

static void marks_of(nalg_plot *plot, const json_t *marks)
{
    const json_t *mark;
    size_t i, count = 0, number = nalg_plot_data_begin(plot);
    json_array_foreach(marks, i, mark)
    {
        double row[2];
        if (!nalg_json_number(nalg_json_at(mark, "x"), &row[0]) ||
            !nalg_json_number(nalg_json_at(mark, "y"), &row[1]))
            continue;
        nalg_plot_row(plot, row, 2);
        count++;
    }
    nalg_plot_data_end(plot);
    if (count) nalg_plot_curve(plot, number, "using 1:2 with points", 8, "critical points");
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *curves = nalg_json_at(document, "result.pictures.curves"),
                 *marks = nalg_json_at(document, "result.pictures.points");
    double shown = 0;
    (void)nalg_json_number(nalg_json_at(document, "result.pictures.variance_shown"), &shown);
    nalg_plot_heading(plot, "Where training goes");
    nalg_plot_panels(plot, 1, 2);
    nalg_plot_axis(plot, 'x', "time of the flow", true);
    nalg_plot_axis(plot, 'y', "loss", true);
    if (!curves_of(plot, curves, "time", "loss", true)) return false;
    nalg_plot_panel_end(plot);
    nalg_plot_axis(plot, 'x', "function space, direction of largest spread", false);
    nalg_plot_axis(plot, 'y', "next direction", false);
    curves_of(plot, curves, "x", "y", false);
    marks_of(plot, marks);
    return true;
}

extern const nalg_plot_type nalg_plot_flow;
const nalg_plot_type nalg_plot_flow = {"flow", "loss curves, and the paths in a plane of function space",
                                       render};
