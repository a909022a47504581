/* Picture of `landscape`: loss of the real critical points over their index.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "report/plot.h"
#include <string.h>
#include "report/value.h"

static size_t block(nalg_plot *plot, const json_t *list, const char *kind, size_t *count)
{
    const json_t *point;
    size_t i, number = nalg_plot_data_begin(plot);
    *count = 0;
    json_array_foreach(list, i, point)
    {
        double loss, index;
        const char *name = json_string_value(nalg_json_at(point, "kind"));
        if (!name || strcmp(name, kind) || !nalg_json_number(nalg_json_at(point, "loss"), &loss) ||
            !nalg_json_number(nalg_json_at(point, "index"), &index))
            continue;
        nalg_plot_row(plot, (double[]){index, loss}, 2);
        ++*count;
    }
    nalg_plot_data_end(plot);
    return number;
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *list = nalg_json_at(document, "result.critical_points");
    size_t pure, spurious, first = block(plot, list, "pure", &pure),
                           second = block(plot, list, "spurious", &spurious);
    if (!pure && !spurious) return false;
    nalg_plot_heading(plot, "Real critical points of the loss");
    nalg_plot_axis(plot, 'x', "index: descending directions", false);
    nalg_plot_axis(plot, 'y', "loss, sum over the samples", false);
    nalg_plot_raw(plot, "set xtics 1\nset offsets 0.5, 0.5, graph 0.05, 0\nset yrange [0:*]\nset autoscale "
                        "xfixmin\nset autoscale xfixmax\n");
    if (pure) nalg_plot_curve(plot, first, "using 1:2 with points", 1, "pure");
    if (spurious) nalg_plot_curve(plot, second, "using 1:2 with points", 2, "spurious (subnetworks)");
    return true;
}

extern const nalg_plot_type nalg_plot_landscape;
const nalg_plot_type nalg_plot_landscape = {"landscape", "loss of the real critical points over their index",
                                            render};
