/* Singular points: the subnetworks, how they lie in each other, and (with weights) where the trained network
 * is. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The poset is drawn for so many sets and levels; larger ones have the table. */
#define DRAWN_SETS 30
#define BOX_HEIGHT 34
#define LEVEL_HEIGHT 78
#define GLYPH_WIDTH 6.6
#define GAP 18
#define MARGIN 10
#define LABEL_GLYPHS 44
#define LEAST_GLYPHS 21 /* of the line below a name */

typedef struct {
    const char *name;
    long long dimension;
    const json_t *singular;
    int level;
    double x, width; /* centre */
} set_box;

typedef struct {
    set_box box[DRAWN_SETS + 1]; /* the last is the whole space */
    size_t count;
    int levels;
    double width;
} poset;

static int compare_boxes(const void *a, const void *b)
{
    const set_box *x = a, *y = b;
    return x->dimension != y->dimension ? (x->dimension < y->dimension ? 1 : -1) : strcmp(x->name, y->name);
}

static const json_t *verdict_of(const json_t *result, const char *functions)
{
    size_t i;
    json_t *row;
    json_array_foreach(nalg_json_at(result, "strata"), i,
                       row) if (!strcmp(nalg_json_string(row, "functions", ""),
                                        functions)) return json_object_get(row, "singular");
    return NULL;
}

static size_t shown_glyphs(const char *name)
{
    size_t length = strlen(name);
    return length < LABEL_GLYPHS ? length : LABEL_GLYPHS;
}

/* Levels by dimension, boxes of a level side by side. */
static void place(poset *p)
{
    double row = MARGIN;
    qsort(p->box, p->count, sizeof *p->box, compare_boxes);
    for (size_t i = 0; i < p->count; i++) {
        set_box *b = &p->box[i];
        bool same = i > 0 && p->box[i - 1].dimension == b->dimension;
        b->level = i == 0 ? 0 : p->box[i - 1].level + !same;
        if (!same) row = MARGIN;
        b->width = GLYPH_WIDTH *
                       (double)(shown_glyphs(b->name) > LEAST_GLYPHS ? shown_glyphs(b->name) : LEAST_GLYPHS) +
                   16;
        b->x = row + b->width / 2;
        row += b->width + GAP;
        if (row > p->width) p->width = row;
        p->levels = b->level + 1;
    }
    for (size_t i = 0; i < p->count;) { /* centre each level */
        size_t j = i;
        while (j < p->count && p->box[j].level == p->box[i].level) j++;
        double last = p->box[j - 1].x + p->box[j - 1].width / 2, shift = (p->width - GAP - last) / 2;
        for (; i < j; i++) p->box[i].x += shift > 0 ? shift : 0;
    }
}

static bool read_poset(poset *p, const json_t *result)
{
    const json_t *sets = nalg_json_at(result, "sets");
    double number;
    size_t i;
    json_t *set;
    memset(p, 0, sizeof *p);
    if (!json_array_size(sets) || json_array_size(sets) > DRAWN_SETS) return false;
    json_array_foreach(sets, i, set)
    {
        const char *name = nalg_json_string(set, "functions", NULL);
        if (!name || !nalg_json_number(json_object_get(set, "dimension"), &number)) continue;
        p->box[p->count++] =
            (set_box){.name = name, .dimension = (long long)number, .singular = verdict_of(result, name)};
    }
    if (!p->count || !nalg_json_number(nalg_json_at(result, "dimension"), &number)) return false;
    p->box[p->count++] =
        (set_box){.name = "whole function space", .dimension = (long long)number, .singular = NULL};
    place(p);
    return true;
}

static const set_box *find_box(const poset *p, const char *name)
{
    for (size_t i = 0; i < p->count; i++)
        if (!strcmp(p->box[i].name, name)) return &p->box[i];
    return NULL;
}

static double top_of(const set_box *b)
{
    return MARGIN + b->level * LEVEL_HEIGHT;
}

static void edge(nalg_page *page, const set_box *inner, const set_box *outer)
{
    if (!inner || !outer || inner == outer) return;
    nalg_buffer_format(
        &page->out,
        "<path d=\"M%.1f %.1fL%.1f %.1f\" fill=\"none\" stroke=\"var(--line)\" stroke-width=\"1.4\"/>",
        outer->x, top_of(outer) + BOX_HEIGHT, inner->x, top_of(inner));
}

/* Sets that lie in no other set lie in the whole space. */
static void edges(nalg_page *page, const poset *p, const json_t *result)
{
    const json_t *pairs = nalg_json_at(result, "containment");
    size_t i;
    json_t *pair;
    json_array_foreach(pairs, i, pair) edge(page, find_box(p, nalg_json_string(pair, "inner", "")),
                                            find_box(p, nalg_json_string(pair, "outer", "")));
    for (size_t k = 0; k < p->count; k++) {
        bool inside = false;
        json_array_foreach(pairs, i, pair) inside =
            inside || !strcmp(nalg_json_string(pair, "inner", ""), p->box[k].name);
        if (!inside) edge(page, &p->box[k], find_box(p, "whole function space"));
    }
}

static void box(nalg_page *page, const set_box *b)
{
    bool singular = json_is_true(b->singular), known = b->singular == NULL || nalg_json_known(b->singular);
    char label[80], below[48];
    snprintf(label, sizeof label, "%.*s%s", (int)shown_glyphs(b->name), b->name,
             strlen(b->name) > LABEL_GLYPHS ? "..." : "");
    snprintf(below, sizeof below, "dimension %lld%s", b->dimension,
             singular ? ", singular"
             : known  ? ""
                      : ", not decided");
    nalg_buffer_format(&page->out,
                       "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"6\" fill=\"%s\" "
                       "stroke=\"%s\" stroke-width=\"1.4\"%s/>",
                       b->x - b->width / 2, top_of(b), b->width, BOX_HEIGHT,
                       singular ? "var(--accent-soft)" : "var(--surface)",
                       singular ? "var(--accent)" : "var(--line)", known ? "" : " stroke-dasharray=\"4 3\"");
    nalg_buffer_format(&page->out, "<g text-anchor=\"middle\" font-size=\"11.5\" fill=\"currentColor\">");
    nalg_html_svg_text(page, b->x, top_of(b) + 14, "stratum", label);
    nalg_html_raw(page, "</g><g text-anchor=\"middle\" font-size=\"10.5\" fill=\"var(--muted)\">");
    nalg_html_svg_text(page, b->x, top_of(b) + 27, "below", below);
    nalg_html_raw(page, "</g>");
}

static void picture(nalg_page *page, const json_t *result)
{
    poset p;
    if (!read_poset(&p, result)) return;
    nalg_html_raw(page, "<figure class=\"scroll\">");
    nalg_html_svg_begin(
        page, "Subnetworks by dimension; lines lead from a set of functions to the smaller ones inside it",
        (int)p.width + MARGIN, MARGIN * 2 + (p.levels - 1) * LEVEL_HEIGHT + BOX_HEIGHT);
    edges(page, &p, result);
    for (size_t i = 0; i < p.count; i++) box(page, &p.box[i]);
    nalg_html_svg_end(page);
    nalg_html_raw(page,
                  "<figcaption>Which functions lie in which: lines go down from a set to the smaller "
                  "ones inside it. Coloured sets consist of singular points of the "
                  "function space, dashed ones are not decided. Limits are compared with the whole space "
                  "only.</figcaption></figure>\n");
}

static void network(nalg_page *page, const json_t *result)
{
    const json_t *critical = nalg_json_at(result, "critical"), *nearest = nalg_json_at(result, "nearest");
    if (!critical) return;
    nalg_html_heading(page, "The network given");
    nalg_html_paragraph(page, "Where it is: %s.", nalg_json_string(result, "verdict", "not described"));
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "exact rank of the parametrisation", nalg_json_at(result, "jacobian_rank"));
    nalg_html_fact(page, "critical for the parametrisation", critical);
    nalg_html_fact(page, "singular point", nalg_json_at(result, "singular"));
    nalg_html_fact(page, "multiplicity", nalg_json_at(result, "multiplicity"));
    if (json_is_object(nearest)) {
        nalg_html_fact(page, "nearest subnetwork", json_object_get(nearest, "functions"));
        nalg_html_fact(page, "distance, relative to the size of its outputs",
                       json_object_get(nearest, "relative_distance"));
    }
    nalg_html_facts_end(page);
    nalg_html_paragraph(page, "Why: %s. Distance: %s.", nalg_json_string(result, "why", "not known"),
                        nalg_json_string(result, "distance_measure", "not known"));
}

static void gaps(nalg_page *page, const json_t *list)
{
    static const nalg_column columns[] = {{"family", "functions"}, {"reason", "why not"}};
    if (json_array_size(list))
        nalg_html_table(page, "Special functions that were not looked for", list, columns,
                        sizeof columns / sizeof *columns);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    static const nalg_column columns[] = {{"name", "where the weights are"},
                                          {"functions", "functions"},
                                          {"dimension", "dimension"},
                                          {"jacobian_rank", "rank of d phi"},
                                          {"multiplicity", "multiplicity"},
                                          {"singular", "singular"},
                                          {"kind", "kind"}};
    static const nalg_column realised[] = {
        {"functions", "functions"}, {"in_image", "realised by weights"}, {"image_evidence", "because"}};
    static const nalg_column reasons[] = {{"functions", "functions"},
                                          {"singular_evidence", "known as"},
                                          {"why", "why"},
                                          {"multiplicity_evidence", "multiplicity known as"},
                                          {"multiplicity_source", "from"}};
    nalg_html_raw(page, "<p><strong>Smaller networks are special points.</strong> Of the sets of functions "
                        "that smaller networks inside this one, and limits of networks, represent, ");
    nalg_html_short(page, nalg_json_at(result, "singular_sets"));
    nalg_html_raw(
        page, " consist of singular points of the function space, where it has corners or crosses itself. At "
              "corners (cusps) the weights of the smaller network can be critical for an open set of "
              "data, so that training may end there; at nodes they are not."
              " How often it does is measured below (implicit bias).</p>\n");
    network(page, result);
    picture(page, result);
    nalg_html_table(page, "Subnetworks", nalg_json_at(result, "strata"), columns,
                    sizeof columns / sizeof *columns);
    nalg_html_details_begin(page, "How it is known");
    nalg_html_table(page, "Evidence", nalg_json_at(result, "sets"), reasons,
                    sizeof reasons / sizeof *reasons);
    nalg_html_table(page, "Which are functions of networks", nalg_json_at(result, "sets"), realised,
                    sizeof realised / sizeof *realised);
    nalg_html_details_end(page);
    gaps(page, nalg_json_at(result, "not_searched"));
}

extern const nalg_report_section nalg_section_singular;
const nalg_report_section nalg_section_singular = {"singular", "Which smaller networks are special?",
                                                   "singular", render};
