/* Hasse diagram of the sets of functions of `singular`, graded by dimension. Layered drawing (Sugiyama,
 * Tagawa, Toda 1981): a line that passes a row has a place of its own in it, shared by all lines to the same
 * set, so that none runs behind a box; rows are ordered by the means of the neighbours' places.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/poset.h"
#include "report/value.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SETS 30
#define MOST_ROWS (MOST_SETS + 1)
/* Boxes and places of lines. */
#define MOST_ITEMS (MOST_ROWS * (MOST_SETS + 1))
#define ROW_WIDTH 700.0 /* of the boxes of one row */
#define LEFT 92         /* for the dimensions */
#define MARGIN 8
#define BETWEEN_ROWS 40
#define BETWEEN_BOXES 14
#define LINE_WIDTH 12
#define LINE_HEIGHT 14
#define GLYPH_WIDTH 6.2
#define SMALL_GLYPH_WIDTH 5.9
#define LABEL_GLYPHS 25
#define LABEL_LINES 3
#define SWEEPS 12

typedef struct {
    const char *name;
    long long dimension;
    const json_t *singular, *multiplicity; /* NULL: the whole space */
    char line[LABEL_LINES][LABEL_GLYPHS + 4];
    size_t lines, row;
} set_box;

/* A box, or the place where lines to a box pass a row. */
typedef struct {
    size_t box, row;
    bool passes;
    double x, width, wanted;
} item;

typedef struct {
    set_box box[MOST_SETS + 1];               /* by falling dimension: the first is the whole space */
    size_t count, rows, lines;                /* lines of the longest label */
    bool below[MOST_SETS + 1][MOST_SETS + 1]; /* column lies in row, nothing between */
    item *item;                               /* row by row, from left to right */
    size_t items;
    double width;
} poset;

/* ---- boxes ---- */

/* Break a name into lines; what does not fit is cut. */
static void wrap(set_box *b)
{
    const char *rest = b->name;
    for (b->lines = 0; *rest && b->lines < LABEL_LINES; b->lines++) {
        size_t n = strlen(rest), cut = n;
        bool last = b->lines + 1 == LABEL_LINES;
        if (n > LABEL_GLYPHS) {
            cut = LABEL_GLYPHS;
            while (cut && rest[cut] != ' ') cut--;
            if (!cut || last) cut = LABEL_GLYPHS;
        }
        snprintf(b->line[b->lines], sizeof b->line[0], "%.*s%s", (int)cut, rest,
                 last && cut < n ? "..." : "");
        rest += cut;
        while (*rest == ' ') rest++;
    }
}

static void describe(char *text, size_t size, const set_box *b)
{
    double multiplicity;
    const char *verdict = json_is_true(b->singular)    ? "singular"
                          : json_is_false(b->singular) ? "smooth"
                                                       : "not decided";
    if (json_is_true(b->singular) && nalg_json_number(b->multiplicity, &multiplicity))
        snprintf(text, size, "%s, multiplicity %.0f", verdict, multiplicity);
    else
        snprintf(text, size, "%s", verdict);
}

static double width_of(const set_box *b)
{
    char below[48];
    describe(below, sizeof below, b);
    double width = SMALL_GLYPH_WIDTH * (double)strlen(below) + 16;
    for (size_t i = 0; i < b->lines; i++) {
        double needed = GLYPH_WIDTH * (double)strlen(b->line[i]) + 16;
        if (needed > width) width = needed;
    }
    return width;
}

static int compare_boxes(const void *a, const void *b)
{
    const set_box *x = a, *y = b;
    if (x->dimension != y->dimension) return x->dimension < y->dimension ? 1 : -1;
    if (!x->singular != !y->singular) return x->singular ? 1 : -1; /* the whole space first */
    return strcmp(x->name, y->name);
}

static void read_verdict(set_box *b, const json_t *result)
{
    size_t i;
    json_t *row;
    json_array_foreach(nalg_json_at(result, "strata"), i, row)
    {
        if (strcmp(nalg_json_string(row, "functions", ""), b->name)) continue;
        b->singular = json_object_get(row, "singular");
        b->multiplicity = json_object_get(row, "multiplicity");
        return;
    }
}

static size_t find_box(const poset *p, const char *name)
{
    for (size_t i = 1; i < p->count; i++)
        if (!strcmp(p->box[i].name, name)) return i;
    return 0;
}

/* Which box lies in which; in the whole space lies what lies in no other. */
static void read_containment(poset *p, const json_t *result)
{
    size_t i;
    json_t *pair;
    json_array_foreach(nalg_json_at(result, "containment"), i, pair)
    {
        size_t outer = find_box(p, nalg_json_string(pair, "outer", "")),
               inner = find_box(p, nalg_json_string(pair, "inner", ""));
        if (outer && inner && p->box[outer].row < p->box[inner].row) p->below[outer][inner] = true;
    }
    for (size_t k = 1; k < p->count; k++) {
        bool inside = false;
        for (size_t j = 1; j < p->count; j++) inside = inside || p->below[j][k];
        p->below[0][k] = !inside;
    }
}

/* A dimension has as many rows as its boxes need. */
static void choose_rows(poset *p)
{
    double used = 0;
    for (size_t i = 0; i < p->count; i++) {
        set_box *b = &p->box[i];
        double width = width_of(b) + BETWEEN_BOXES;
        bool below = i == 1 || (i && p->box[i - 1].dimension != b->dimension) || used + width > ROW_WIDTH;
        b->row = i ? p->box[i - 1].row + below : 0;
        used = below ? width : used + width;
        p->rows = b->row + 1;
        if (b->lines > p->lines) p->lines = b->lines;
    }
}

static bool read_poset(poset *p, const json_t *result)
{
    const json_t *sets = nalg_json_at(result, "sets");
    double number;
    size_t i;
    json_t *set;
    memset(p, 0, sizeof *p);
    if (!json_array_size(sets) || json_array_size(sets) > MOST_SETS ||
        !nalg_json_number(nalg_json_at(result, "dimension"), &number))
        return false;
    p->box[p->count++] = (set_box){.name = "whole function space", .dimension = (long long)number};
    json_array_foreach(sets, i, set)
    {
        const char *name = nalg_json_string(set, "functions", NULL);
        if (!name || !nalg_json_number(json_object_get(set, "dimension"), &number)) continue;
        p->box[p->count] = (set_box){.name = name, .dimension = (long long)number};
        read_verdict(&p->box[p->count++], result);
    }
    for (i = 0; i < p->count; i++) wrap(&p->box[i]);
    qsort(p->box, p->count, sizeof *p->box, compare_boxes);
    choose_rows(p);
    read_containment(p, result);
    return p->count > 1;
}

/* ---- places ---- */

static void add_item(poset *p, size_t box, size_t row)
{
    bool passes = p->box[box].row != row;
    p->item[p->items++] = (item){
        .box = box, .row = row, .passes = passes, .width = passes ? LINE_WIDTH : width_of(&p->box[box])};
}

/* Do lines to this box pass the row? */
static bool passes(const poset *p, size_t box, size_t row)
{
    for (size_t k = 0; k < p->count; k++)
        if (p->below[k][box] && p->box[k].row < row && row < p->box[box].row) return true;
    return false;
}

/* Does a line lead from the upper item to the lower one, in the next row? */
static bool joined(const poset *p, const item *upper, const item *lower)
{
    if (upper->row + 1 != lower->row) return false;
    return upper->passes ? upper->box == lower->box : p->below[upper->box][lower->box];
}

static int compare_wanted(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->wanted != y->wanted) return x->wanted < y->wanted ? -1 : 1;
    return x->box < y->box ? -1 : x->box > y->box;
}

static size_t end_of_row(const poset *p, size_t first)
{
    size_t last = first;
    while (last < p->items && p->item[last].row == p->item[first].row) last++;
    return last;
}

/* Side by side, in the middle of the picture. */
static void place(poset *p, size_t first, size_t last)
{
    double width = -BETWEEN_BOXES;
    for (size_t i = first; i < last; i++) width += p->item[i].width + BETWEEN_BOXES;
    if (width > p->width) p->width = width;
    double x = -width / 2;
    for (size_t i = first; i < last; i++) {
        p->item[i].x = x + p->item[i].width / 2;
        x += p->item[i].width + BETWEEN_BOXES;
    }
}

/* Order a row by the means of the neighbours above, or below. */
static void order(poset *p, size_t first, size_t last, bool above)
{
    for (size_t i = first; i < last; i++) {
        double sum = 0;
        size_t count = 0;
        for (size_t k = 0; k < p->items; k++)
            if (above ? joined(p, &p->item[k], &p->item[i]) : joined(p, &p->item[i], &p->item[k])) {
                sum += p->item[k].x;
                count++;
            }
        p->item[i].wanted = count ? sum / (double)count : p->item[i].x;
    }
    qsort(p->item + first, last - first, sizeof *p->item, compare_wanted);
    place(p, first, last);
}

static bool arrange(poset *p)
{
    p->item = calloc(MOST_ITEMS, sizeof *p->item);
    if (!p->item) return false;
    for (size_t row = 0; row < p->rows; row++)
        for (size_t box = 0; box < p->count; box++)
            if (p->box[box].row == row || passes(p, box, row)) add_item(p, box, row);
    for (size_t i = 0; i < p->items; i = end_of_row(p, i)) place(p, i, end_of_row(p, i));
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        bool down = sweep % 2 == 0;
        for (size_t row = 0; row < p->rows; row++)
            for (size_t i = 0; i < p->items; i = end_of_row(p, i))
                if (p->item[i].row == (down ? row : p->rows - 1 - row)) {
                    order(p, i, end_of_row(p, i), down);
                    break;
                }
    }
    return true;
}

/* ---- drawing ---- */

static int box_height(const poset *p)
{
    return (int)(p->lines + 1) * LINE_HEIGHT + 8;
}

static int top_of(const poset *p, size_t row)
{
    return MARGIN + (int)row * (box_height(p) + BETWEEN_ROWS);
}

static double centre(const poset *p, const item *i)
{
    return LEFT + p->width / 2 + i->x;
}

static void draw_line(nalg_page *page, const poset *p, const item *upper, const item *lower)
{
    double x = centre(p, upper), y = top_of(p, upper->row) + box_height(p), to = centre(p, lower),
           down = top_of(p, lower->row), middle = (y + down) / 2;
    nalg_buffer_format(&page->out, "<path d=\"M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x, y, x, middle, to,
                       middle, to, down);
    if (lower->passes) nalg_buffer_format(&page->out, "v%d", box_height(p));
    nalg_html_raw(page, "\" fill=\"none\" stroke=\"var(--muted)\" stroke-width=\"1.1\"/>");
}

static void draw_box(nalg_page *page, const poset *p, const item *i)
{
    const set_box *b = &p->box[i->box];
    bool singular = json_is_true(b->singular), known = i->box == 0 || nalg_json_known(b->singular);
    double x = centre(p, i), y = top_of(p, i->row);
    char below[48] = "";
    if (i->box) describe(below, sizeof below, b);
    nalg_buffer_format(&page->out,
                       "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" rx=\"5\" fill=\"%s\" "
                       "stroke=\"%s\" stroke-width=\"1.2\"%s/>",
                       x - i->width / 2, y, i->width, box_height(p),
                       singular ? "var(--accent-soft)" : "var(--surface)",
                       singular ? "var(--accent)" : "var(--muted)", known ? "" : " stroke-dasharray=\"4 3\"");
    size_t lines = b->lines + (i->box != 0);
    y += (box_height(p) - LINE_HEIGHT * (double)lines) / 2 - 3;
    nalg_html_raw(page, "<g text-anchor=\"middle\" font-size=\"11.5\" fill=\"currentColor\">");
    for (size_t k = 0; k < b->lines; k++)
        nalg_html_svg_text(page, x, y += LINE_HEIGHT, "stratum", b->line[k]);
    nalg_html_raw(page, "</g><g text-anchor=\"middle\" font-size=\"10.5\" fill=\"var(--muted)\">");
    if (i->box) nalg_html_svg_text(page, x, y + LINE_HEIGHT, "below", below);
    nalg_html_raw(page, "</g>");
}

/* Beside the first row of each dimension. */
static void draw_dimensions(nalg_page *page, const poset *p)
{
    nalg_html_raw(page, "<g font-size=\"11.5\" fill=\"var(--muted)\">");
    for (size_t k = 0; k < p->count; k++) {
        char text[40];
        if (k && p->box[k - 1].dimension == p->box[k].dimension) continue;
        snprintf(text, sizeof text, "dimension %lld", p->box[k].dimension);
        nalg_html_svg_text(page, 0, top_of(p, p->box[k].row) + box_height(p) / 2.0 + 4, "dimension", text);
    }
    nalg_html_raw(page, "</g>");
}

void nalg_poset_figure(nalg_page *page, const json_t *result)
{
    poset p;
    if (!read_poset(&p, result) || !arrange(&p)) return;
    nalg_html_raw(page, "<figure class=\"scroll\">");
    nalg_html_svg_begin(
        page, "Subnetworks by dimension; lines lead from a set of functions to the smaller ones inside it",
        LEFT + (int)p.width + MARGIN, top_of(&p, p.rows) - BETWEEN_ROWS + MARGIN);
    draw_dimensions(page, &p);
    for (size_t i = 0; i < p.items; i++)
        for (size_t k = 0; k < p.items; k++)
            if (joined(&p, &p.item[i], &p.item[k])) draw_line(page, &p, &p.item[i], &p.item[k]);
    for (size_t i = 0; i < p.items; i++)
        if (!p.item[i].passes) draw_box(page, &p, &p.item[i]);
    nalg_html_svg_end(page);
    nalg_html_raw(page,
                  "<figcaption>Which functions lie in which: lines lead down from a set to the smaller ones "
                  "inside it. Coloured sets consist of singular points of the function space, dashed ones "
                  "are not decided; limits are compared with the whole space only.</figcaption></figure>\n");
    free(p.item);
}
