/* Picture of `singular`: sets of functions by dimension, with lines from a set to the smaller ones inside it.
 * Sets have numbers, which are explained beside the drawing. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "report/plot.h"
#include "report/value.h"

#define MOST_SETS 24
#define NAME_BYTES 46
/* Labels 1 and 2 are the heading's. */
#define FIRST_LABEL 10

typedef struct {
    const char *name;
    double dimension, x; /* x: place among those of one dimension, from -1 to 1 */
    enum { SMOOTH, SINGULAR, UNDECIDED, WHOLE } verdict;
    bool inside; /* another set */
} node;

/* Number 0 is the whole space. */
typedef struct {
    node at[MOST_SETS + 1];
    size_t count, left_out;
} poset;

static void read_verdict(node *n, const json_t *result)
{
    size_t i;
    json_t *row;
    n->verdict = UNDECIDED;
    json_array_foreach(nalg_json_at(result, "strata"), i, row)
    {
        if (strcmp(nalg_json_string(row, "functions", ""), n->name)) continue;
        const json_t *singular = json_object_get(row, "singular");
        if (json_is_boolean(singular)) n->verdict = json_is_true(singular) ? SINGULAR : SMOOTH;
        return;
    }
}

/* Side by side in one dimension; a set that is alone in its own stands beside the middle, so that no line
 * runs through it. */
static void spread(poset *p)
{
    for (size_t k = 0; k < p->count; k++) {
        size_t before = 0, all = 0;
        for (size_t j = 0; j < p->count; j++) {
            bool same = p->at[j].dimension == p->at[k].dimension;
            all += same;
            before += same && j < k;
        }
        p->at[k].x = (2 * (double)before + 1) / (double)all - 1;
        if (all == 1 && k) p->at[k].x = 0.4 * sin(2.4 * p->at[k].dimension);
    }
}

/* All sets where there is room for them, else those that are not smooth first. */
static void choose(bool *drawn, const json_t *result, size_t *left_out)
{
    size_t sets = json_array_size(nalg_json_at(result, "sets")), count = 0;
    for (int smooth = 0; smooth < 2; smooth++)
        for (size_t i = 0; i < sets; i++) {
            const json_t *set = json_array_get(nalg_json_at(result, "sets"), i);
            node n = {.name = nalg_json_string(set, "functions", "")};
            read_verdict(&n, result);
            if (!nalg_json_number(json_object_get(set, "dimension"), &n.dimension) ||
                (n.verdict == SMOOTH) != smooth)
                continue;
            drawn[i] = count < MOST_SETS;
            count++;
        }
    *left_out = count > MOST_SETS ? count - MOST_SETS : 0;
}

static bool read_poset(poset *p, const json_t *result)
{
    size_t i;
    json_t *set;
    *p = (poset){.at = {{.name = "whole function space", .verdict = WHOLE}}, .count = 1};
    bool *drawn = calloc(json_array_size(nalg_json_at(result, "sets")) + 1, sizeof *drawn);
    if (!drawn || !nalg_json_number(nalg_json_at(result, "dimension"), &p->at[0].dimension)) {
        free(drawn);
        return false;
    }
    choose(drawn, result, &p->left_out);
    json_array_foreach(nalg_json_at(result, "sets"), i, set)
    {
        node *n = &p->at[p->count];
        if (!drawn[i] || !nalg_json_number(json_object_get(set, "dimension"), &n->dimension)) continue;
        n->name = nalg_json_string(set, "functions", "");
        read_verdict(n, result);
        p->count++;
    }
    free(drawn);
    spread(p);
    return p->count > 1;
}

static size_t find(const poset *p, const char *name)
{
    for (size_t k = 1; k < p->count; k++)
        if (!strcmp(p->at[k].name, name)) return k;
    return 0;
}

static void edge(nalg_plot *plot, const node *a, const node *b)
{
    nalg_plot_row(plot, (double[]){a->x, a->dimension}, 2);
    nalg_plot_row(plot, (double[]){b->x, b->dimension}, 2);
    nalg_plot_raw(plot, "\n");
}

/* Pairs with nothing between; sets inside no other lie in the whole space. */
static size_t edges(nalg_plot *plot, poset *p, const json_t *result)
{
    size_t i, block = nalg_plot_data_begin(plot);
    json_t *pair;
    json_array_foreach(nalg_json_at(result, "containment"), i, pair)
    {
        size_t inner = find(p, nalg_json_string(pair, "inner", "")),
               outer = find(p, nalg_json_string(pair, "outer", ""));
        if (!inner || !outer) continue;
        p->at[inner].inside = true;
        edge(plot, &p->at[inner], &p->at[outer]);
    }
    for (size_t k = 1; k < p->count; k++)
        if (!p->at[k].inside && p->at[k].dimension < p->at[0].dimension) edge(plot, &p->at[k], &p->at[0]);
    nalg_plot_data_end(plot);
    return block;
}

/* Nothing is drawn when no set has the verdict. */
static void nodes(nalg_plot *plot, const poset *p, int wanted, int style, const char *title)
{
    size_t found = 0;
    for (size_t k = 0; k < p->count; k++) found += (int)p->at[k].verdict == wanted;
    if (!found) return;
    size_t block = nalg_plot_data_begin(plot);
    for (size_t k = 0; k < p->count; k++)
        if ((int)p->at[k].verdict == wanted)
            nalg_plot_row(plot, (double[]){p->at[k].x, p->at[k].dimension}, 2);
    nalg_plot_data_end(plot);
    nalg_plot_curve(plot, block, "using 1:2 with points", style, title);
}

/* The number in its circle, and beside the drawing with the name. */
static void number(nalg_plot *plot, const node *n, size_t k, size_t count)
{
    char text[NAME_BYTES + 8];
    double step = 0.62 / (double)(count > 12 ? count : 12);
    bool cut = strlen(n->name) > NAME_BYTES;
    size_t shown = cut ? NAME_BYTES - 3 : strlen(n->name);
    while (cut && shown && ((unsigned char)n->name[shown] & 0xC0) == 0x80) shown--;
    snprintf(text, sizeof text, "%zu  %.*s%s", k, (int)shown, n->name, cut ? "..." : "");
    nalg_plot_format(plot, "set label %zu '%zu' at %g,%g center front font ',%d' textcolor rgb '#ffffff'\n",
                     FIRST_LABEL + 2 * k, k, n->x, n->dimension, plot->png ? 16 : 9);
    nalg_plot_format(plot, "set label %zu ", FIRST_LABEL + 2 * k + 1);
    nalg_plot_quote(&plot->out, text);
    nalg_plot_format(plot, " at screen 0.6, screen %g left noenhanced font ',%d'\n", 0.82 - step * (double)k,
                     plot->png ? 18 : 10);
}

static bool render(nalg_plot *plot, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    poset p;
    if (!read_poset(&p, result)) return false;
    nalg_plot_heading(plot, "Subnetworks and singular points");
    nalg_plot_axis(plot, 'y', "dimension", false);
    nalg_plot_range(plot, 'x', -1.1, 1.1);
    nalg_plot_range(plot, 'y', -0.5, p.at[0].dimension + 0.5);
    nalg_plot_raw(
        plot,
        "set rmargin at screen 0.57\nset bmargin at screen 0.15\nunset xtics\nset border 2\nset ytics 1\n");
    static const int styles[] = {1, 2, 7, 8};
    for (size_t k = 0; k < sizeof styles / sizeof *styles; k++)
        nalg_plot_format(plot, "set style line %d linewidth 1 dashtype 1 pointtype 7 pointsize %g\n",
                         styles[k], plot->png ? 4.2 : 1.7);
    for (size_t k = 0; k < p.count; k++) number(plot, &p.at[k], k, p.count);
    if (p.left_out)
        nalg_plot_format(plot,
                         "set label %d 'and %zu more sets' at screen 0.6, screen 0.17 left "
                         "font ',%d'\n",
                         FIRST_LABEL - 1, p.left_out, plot->png ? 18 : 10);
    size_t lines = edges(plot, &p, result);
    nalg_plot_curve(plot, lines, "using 1:2 with lines", 7, NULL);
    nodes(plot, &p, WHOLE, 7, NULL);
    nodes(plot, &p, SINGULAR, 2, "singular");
    nodes(plot, &p, SMOOTH, 1, "smooth");
    nodes(plot, &p, UNDECIDED, 8, "not decided");
    return true;
}

extern const nalg_plot_type nalg_plot_singular;
const nalg_plot_type nalg_plot_singular = {
    "singular",
    "sets of functions of smaller networks, which lie in which, and whether they are singular points",
    render};
