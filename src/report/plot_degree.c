/* Picture of `degree`: networks found after each round of monodromy; the steps end at the degree.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include <math.h>
#include "report/value.h"

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *found = nalg_json_at(document, "result.found_per_round"), *value;
    double rounds = fmax((double)json_array_size(found), 1), y = 1, theorem, most = 1;
    size_t i;
    if (!json_is_array(found)) return false;
    if (!json_array_size(found)) {
        /* All were known at the start (a theorem met at once, a record read), unless nothing was counted. */
        if (!nalg_json_known(nalg_json_at(document, "result.trace_residual"))) return false;
        if (!nalg_json_number(nalg_json_at(document, "result.degree"), &most)) return false;
    }
    nalg_plot_heading(plot, "Networks found through generic data points");
    nalg_plot_axis(plot, 'x', "round of monodromy", false);
    nalg_plot_axis(plot, 'y', "networks found", false);
    nalg_plot_range(plot, 'x', 0, rounds);
    size_t steps = nalg_plot_data_begin(plot);
    nalg_plot_row(plot, (double[]){0, most}, 2);
    json_array_foreach(found, i, value)
    {
        if (nalg_json_number(value, &y)) nalg_plot_row(plot, (double[]){(double)i + 1, y}, 2);
        most = y > most ? y : most;
    }
    nalg_plot_data_end(plot);
    if (nalg_json_number(nalg_json_at(document, "result.theorem.value"), &theorem)) {
        most = theorem > most ? theorem : most;
        size_t line = nalg_plot_data_begin(plot);
        nalg_plot_row(plot, (double[]){0, theorem}, 2);
        nalg_plot_row(plot, (double[]){rounds, theorem}, 2);
        nalg_plot_data_end(plot);
        nalg_plot_curve(plot, line, "using 1:2 with lines", 7, "degree by theorem");
    }
    nalg_plot_range(plot, 'y', 0, 1.05 * most);
    if (rounds <= 10) nalg_plot_raw(plot, "set xtics 1\n");
    nalg_plot_curve(plot, steps, "using 1:2 with fillsteps fillstyle transparent solid 0.1", 1, NULL);
    nalg_plot_curve(plot, steps, "using 1:2 with steps", 1, NULL);
    nalg_plot_curve(plot, steps, "using 1:2 with points", 1, "known after the round");
    return true;
}

extern const nalg_plot_type nalg_plot_degree;
const nalg_plot_type nalg_plot_degree = {"degree", "networks found after each round of monodromy", render};
