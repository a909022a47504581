/* Picture of `rlct`: the volume of weights with loss below e, and its slope, which tends to lambda.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdio.h>
#include "report/plot.h"
#include "report/value.h"

/* Beyond the last point. */
#define MARGIN 1.05

static size_t column(nalg_plot *plot, const json_t *rows, const char *key, const char *error_key)
{
    const json_t *row;
    size_t i, block = nalg_plot_data_begin(plot);
    double x, y, error = 0;
    json_array_foreach(rows, i, row)
    {
        if (!nalg_json_number(nalg_json_at(row, "log_inverse_epsilon"), &x) ||
            !nalg_json_number(nalg_json_at(row, key), &y))
            continue;
        if (error_key && !nalg_json_number(nalg_json_at(row, error_key), &error)) continue;
        nalg_plot_row(plot, (double[]){x, y, y - 2 * error, y + 2 * error}, 4);
    }
    nalg_plot_data_end(plot);
    return block;
}

/* A horizontal line over the width of the picture, or a band when low < high. */
static size_t level(nalg_plot *plot, double end, double low, double high)
{
    size_t block = nalg_plot_data_begin(plot);
    nalg_plot_row(plot, (double[]){0, low, high}, 3);
    nalg_plot_row(plot, (double[]){end, low, high}, 3);
    nalg_plot_data_end(plot);
    return block;
}

/* "3/2", 1.5 */
static bool rational(const json_t *value, double *out)
{
    double numerator, denominator;
    if (nalg_json_number(value, out)) return true;
    if (!json_is_string(value) ||
        sscanf(json_string_value(value), "%lf/%lf", &numerator, &denominator) != 2 || !(denominator > 0))
        return false;
    *out = numerator / denominator;
    return true;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *estimate = nalg_json_at(document, "result.estimate"),
                 *volume = nalg_json_at(estimate, "volume");
    double end = 1, top = 0, low, high, exact, x, slope, error;
    const json_t *row;
    size_t i;
    if (!json_array_size(volume)) return false;
    json_array_foreach(volume, i, row)
    {
        if (nalg_json_number(nalg_json_at(row, "log_inverse_epsilon"), &x)) end = fmax(end, x);
        if (nalg_json_number(nalg_json_at(row, "slope"), &slope) &&
            nalg_json_number(nalg_json_at(row, "standard_error"), &error))
            top = fmax(top, slope + 2 * error);
    }
    end *= MARGIN;
    nalg_plot_heading(plot, "How the volume of good weights shrinks");
    nalg_plot_panels(plot, 1, 2);
    nalg_plot_axis(plot, 'x', "log 1/\xCE\xB5", false);
    nalg_plot_axis(plot, 'y', "log volume of {K < \xCE\xB5}", false);
    nalg_plot_range(plot, 'x', 0, end);
    nalg_plot_curve(plot, column(plot, volume, "log_volume", NULL), "using 1:2 with linespoints", 1,
                    "multilevel splitting");
    nalg_plot_panel_end(plot);
    nalg_plot_axis(plot, 'x', "log 1/\xCE\xB5", false);
    nalg_plot_axis(plot, 'y', "local slope, tends to \xCE\xBB", false);
    nalg_plot_range(plot, 'x', 0, end);
    if (nalg_json_number(nalg_json_at(estimate, "high"), &high)) top = fmax(top, high);
    nalg_plot_range(plot, 'y', 0, top > 0 ? MARGIN * top : (double)NAN);
    if (nalg_json_number(nalg_json_at(estimate, "low"), &low) &&
        nalg_json_number(nalg_json_at(estimate, "high"), &high))
        nalg_plot_curve(plot, level(plot, end, low, high),
                        "using 1:2:3 with filledcurves fillstyle transparent solid 0.2", 3, "interval");
    nalg_plot_curve(plot, column(plot, volume, "slope", "standard_error"), "using 1:2:3:4 with yerrorbars", 1,
                    "slope");
    bool proved = nalg_json_number(nalg_json_at(document, "result.lower"), &low) ||
                  rational(nalg_json_at(document, "result.lower"), &low);
    if (proved && rational(nalg_json_at(document, "result.lambda"), &exact) &&
        nalg_json_same(nalg_json_at(document, "result.lower"), nalg_json_at(document, "result.upper")))
        nalg_plot_curve(plot, level(plot, end, exact, exact), "using 1:2 with lines", 7, "exact");
    return true;
}

extern const nalg_plot_type nalg_plot_rlct;
const nalg_plot_type nalg_plot_rlct = {
    "rlct", "the volume of weights with small loss, and its slope (only with an estimate)", render};
