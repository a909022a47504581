/* Picture of `bias`: share of each subnetwork against its codimension, with intervals.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "report/plot.h"
#include "report/value.h"

/* Between strata of one codimension, and between the first and the last of them at most. */
#define STEP 0.24
#define WIDTH 0.8

/* Shares and their ends; strata of one codimension stand side by side. */
static size_t block(nalg_plot *plot, const json_t *strata, const char *share, const char *low,
                    const char *high, double shift)
{
    const json_t *row, *before;
    size_t i, k, number = nalg_plot_data_begin(plot);
    double x, y, bottom, top, other;
    json_array_foreach(strata, i, row)
    {
        if (!nalg_json_number(nalg_json_at(row, "codimension"), &x) ||
            !nalg_json_number(nalg_json_at(row, share), &y) ||
            !nalg_json_number(nalg_json_at(row, low), &bottom) ||
            !nalg_json_number(nalg_json_at(row, high), &top))
            continue;
        double same = 0, all = 0;
        json_array_foreach(strata, k, before)
        {
            bool equal = nalg_json_number(nalg_json_at(before, "codimension"), &other) && other == x;
            all += equal;
            same += equal && k < i;
        }
        nalg_plot_row(plot, (double[]){x + shift + fmin(STEP, WIDTH / all) * same, y, bottom, top}, 4);
    }
    nalg_plot_data_end(plot);
    return number;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *strata = nalg_json_at(document, "result.strata"),
                 *limits = nalg_json_at(document, "result.limits"), *row;
    size_t i;
    double most = 1, x;
    if (!json_array_size(strata)) return false;
    json_array_foreach(strata, i, row) if (nalg_json_number(nalg_json_at(row, "codimension"), &x)) most =
        fmax(most, x);
    json_array_foreach(limits, i, row) if (nalg_json_number(nalg_json_at(row, "codimension"), &x)) most =
        fmax(most, x);
    nalg_plot_heading(plot, "Which subnetworks attract");
    nalg_plot_axis(plot, 'x', "codimension of the subnetwork", false);
    nalg_plot_axis(plot, 'y', "share of targets", false);
    nalg_plot_range(plot, 'x', -0.5, most + 0.9);
    nalg_plot_range(plot, 'y', 0, NAN);
    nalg_plot_raw(plot, "set xtics 1\n");
    size_t nearest = block(plot, strata, "nearest_share", "nearest_low", "nearest_high", 0.12),
           trained = block(plot, strata, "share", "low", "high", 0);
    nalg_plot_curve(plot, trained, "using 1:2:3:4 with yerrorbars", 1, "trained networks");
    nalg_plot_curve(plot, nearest, "using 1:2:3:4 with yerrorbars", 2, "nearest functions");
    if (json_array_size(limits))
        nalg_plot_curve(plot, block(plot, limits, "nearest_share", "nearest_low", "nearest_high", 0.24),
                        "using 1:2:3:4 with yerrorbars", 3, "nearest: limits of networks");
    return true;
}

extern const nalg_plot_type nalg_plot_bias;
const nalg_plot_type nalg_plot_bias = {"bias", "share of each subnetwork against its codimension", render};
