/* Picture of `singular`: dimension of each set of functions against its multiplicity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include "report/value.h"
#include <string.h>

#define MOST_NAMES 24

/* 1: singular, 0: smooth, 2: not decided. */
static int verdict_of(const json_t *row)
{
    const json_t *singular = json_object_get(row, "singular");
    return json_is_true(singular) ? 1 : json_is_false(singular) ? 0 : 2;
}

/* The first row of a set of functions. */
static const json_t *row_of(const json_t *result, const char *functions)
{
    size_t i;
    json_t *row;
    json_array_foreach(nalg_json_at(result, "strata"), i, row)
        if (!strcmp(nalg_json_string(row, "functions", ""), functions)) return row;
    return NULL;
}

/* Points of one verdict: dimension, place. Nothing is drawn when there are none. */
static void points(nalg_plot *plot, const json_t *result, const char **name, size_t count, int wanted, int style, const char *title)
{
    size_t found = 0;
    double dimension;
    for (size_t k = 0; k < count; k++) found += verdict_of(row_of(result, name[k])) == wanted && nalg_json_number(json_object_get(row_of(result, name[k]), "dimension"), &dimension);
    if (!found) return;
    size_t block = nalg_plot_data_begin(plot);
    for (size_t k = 0; k < count; k++) {
        const json_t *row = row_of(result, name[k]);
        if (verdict_of(row) == wanted && nalg_json_number(json_object_get(row, "dimension"), &dimension)) nalg_plot_row(plot, (double[]){dimension, (double)k}, 2);
    }
    nalg_plot_data_end(plot);
    nalg_plot_curve(plot, block, "using 1:2 with points", style, title);
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result"), *sets = nalg_json_at(result, "sets");
    const char *name[MOST_NAMES];
    double dimension = 0, number;
    size_t count = 0, i;
    json_t *set;
    json_array_foreach(sets, i, set)
        if (count < MOST_NAMES && nalg_json_number(json_object_get(set, "dimension"), &number)) name[count++] = nalg_json_string(set, "functions", "");
    if (!count || !nalg_json_number(nalg_json_at(result, "dimension"), &dimension)) return false;
    nalg_plot_heading(plot, "Subnetworks and singular points");
    nalg_plot_axis(plot, 'x', "dimension of the set of functions", false);
    nalg_plot_range(plot, 'x', -0.5, dimension + 0.5);
    nalg_plot_range(plot, 'y', -0.7, (double)count - 0.3);
    nalg_plot_names(plot, 'y', name, count);
    size_t whole = nalg_plot_data_begin(plot);
    nalg_plot_row(plot, (double[]){dimension, -0.7}, 2);
    nalg_plot_row(plot, (double[]){dimension, (double)count - 0.3}, 2);
    nalg_plot_data_end(plot);
    points(plot, result, name, count, 1, 2, "singular");
    points(plot, result, name, count, 0, 1, "smooth");
    points(plot, result, name, count, 2, 8, "not decided");
    nalg_plot_curve(plot, whole, "using 1:2 with lines", 7, "whole function space");
    return true;
}

extern const nalg_plot_type nalg_plot_singular;
const nalg_plot_type nalg_plot_singular = {"singular", "dimension of the functions of each subnetwork, and whether they are singular points", render};
