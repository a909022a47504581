/* Picture of `flow`: loss curves, and the paths in a plane of function space.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "report/plot.h"
#include "report/value.h"

/* Paths on a line: their second direction is rounding. */
#define FLAT 1e-9
/* Names of more powers of ten than this run into each other in half a picture. */
#define DECADES 5

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

/* The curves of the flow, or of descent over them, dashed. True if there is one; the first is named. */
static bool curves_of(nalg_plot *plot, const json_t *curves, const char *x, const char *y, bool descent,
                      const char *name)
{
    bool logarithmic = name != NULL, any = false; /* the second panel has the colours of the first */
    const json_t *curve;
    size_t i, count;
    json_array_foreach(curves, i, curve)
    {
        if (json_is_true(nalg_json_at(curve, "descent")) != descent) continue;
        size_t number = block(plot, nalg_json_at(curve, x), nalg_json_at(curve, y), logarithmic, &count);
        if (count < 2) continue;
        nalg_plot_curve(plot, number, "using 1:2 with lines", descent ? 9 : 1, any ? NULL : name);
        any = true;
    }
    return any;
}

/* The critical points of a kind. */
static void marks_of(nalg_plot *plot, const json_t *marks, const char *kind, int style, const char *name)
{
    const json_t *mark;
    size_t i, count = 0, number = nalg_plot_data_begin(plot);
    json_array_foreach(marks, i, mark)
    {
        double row[2];
        if (strcmp(nalg_json_string(mark, "kind", "unknown"), kind) != 0 ||
            !nalg_json_number(nalg_json_at(mark, "x"), &row[0]) ||
            !nalg_json_number(nalg_json_at(mark, "y"), &row[1]))
            continue;
        nalg_plot_row(plot, row, 2);
        count++;
    }
    nalg_plot_data_end(plot);
    if (count) nalg_plot_curve(plot, number, "using 1:2 with points", style, name);
}

/* Largest absolute value in the lists of a key. */
static double extent(const json_t *rows, const char *key)
{
    const json_t *row, *value;
    size_t i, k;
    double most = 0, x;
    json_array_foreach(rows, i, row)
    {
        const json_t *list = nalg_json_at(row, key);
        json_array_foreach(list, k, value) if (nalg_json_number(value, &x)) most = fmax(most, fabs(x));
    }
    return most;
}

/* Decades between the positive values in the lists of a key. */
static double decades(const json_t *rows, const char *key)
{
    const json_t *row, *value;
    size_t i, k;
    double low = INFINITY, high = 0, x;
    json_array_foreach(rows, i, row)
    {
        const json_t *list = nalg_json_at(row, key);
        json_array_foreach(list, k, value) if (nalg_json_number(value, &x) && x > 0)
        {
            low = fmin(low, x);
            high = fmax(high, x);
        }
    }
    return high > low ? log10(high / low) : 0;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *curves = nalg_json_at(document, "result.pictures.curves"),
                 *marks = nalg_json_at(document, "result.pictures.points");
    double shown = 1, width = extent(curves, "x");
    char second[64];
    (void)nalg_json_number(nalg_json_at(document, "result.pictures.variance_shown"), &shown);
    nalg_plot_heading(plot, "Where training goes");
    nalg_plot_panels(plot, 1, 2);
    nalg_plot_axis(plot, 'x', "time of the flow", true);
    if (decades(curves, "time") > DECADES) nalg_plot_raw(plot, "set xtics 100\nunset mxtics\n");
    nalg_plot_axis(plot, 'y', "loss", true);
    if (!curves_of(plot, curves, "time", "loss", false, "gradient flow")) return false;
    curves_of(plot, curves, "time", "loss", true, "descent");
    nalg_plot_panel_end(plot);
    snprintf(second, sizeof second, "second, together %.0f %% of the spread", 100 * shown);
    nalg_plot_axis(plot, 'x', "function space, first direction", false);
    nalg_plot_axis(plot, 'y', second, false);
    if (extent(curves, "y") < FLAT * width) nalg_plot_range(plot, 'y', -width, width);
    curves_of(plot, curves, "x", "y", false, NULL);
    curves_of(plot, curves, "x", "y", true, NULL);
    marks_of(plot, marks, "unknown", 7, "undecided");
    marks_of(plot, marks, "saddle", 10, "saddles");
    marks_of(plot, marks, "minimum", 8, "minima");
    return true;
}

extern const nalg_plot_type nalg_plot_flow;
const nalg_plot_type nalg_plot_flow = {"flow", "loss curves, and the paths in a plane of function space",
                                       render};
