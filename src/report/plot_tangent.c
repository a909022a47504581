/* Picture of `tangent`: the spectrum.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"

/* Rounding leaves zeros at about this, relative to the largest eigenvalue. */
#define NEGLIGIBLE 1e-18

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *spectrum = nalg_json_at(document, "result.spectrum");
    double largest = 0, value;
    size_t count = 0;
    nalg_plot_heading(plot, "Spectrum of the tangent kernel");
    nalg_plot_axis(plot, 'x', "number", false);
    nalg_plot_axis(plot, 'y', "eigenvalue", true);
    if (!nalg_json_number(json_array_get(spectrum, 0), &largest) || largest <= 0) return false;
    size_t number = nalg_plot_data_begin(plot);
    for (size_t i = 0; i < json_array_size(spectrum); i++) {
        if (!nalg_json_number(json_array_get(spectrum, i), &value) || value <= NEGLIGIBLE * largest) continue;
        nalg_plot_row(plot, (double[]){(double)i + 1, value}, 2);
        count++;
    }
    nalg_plot_data_end(plot);
    nalg_plot_curve(plot, number, "using 1:2 with linespoints", 1, NULL);
    return count > 0;
}

extern const nalg_plot_type nalg_plot_tangent;
const nalg_plot_type nalg_plot_tangent = {"tangent", "the spectrum of the tangent kernel", render};
