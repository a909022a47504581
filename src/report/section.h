/* What a section of the report is made of. To add one: write section_<name>.c with
 *
 *     static void render(nalg_page *page, const json_t *document) { ... }
 *     const nalg_report_section nalg_section_<name> = {"<name>", "Title", "<command>", render};
 *
 * and put it in the table of sections.c. `document` is the result of that command; keys may be missing or null in it.
 * Nothing here returns an error: a failed allocation is remembered by the page. Every text argument is escaped, except in
 * nalg_html_raw.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_SECTION_H
#define NALG_REPORT_SECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "report/buffer.h"

#define NALG_PAGE_MAX_CITED 64

typedef struct {
    nalg_buffer out;
    json_t *const *documents;
    size_t document_count;
    size_t cited[NALG_PAGE_MAX_CITED]; /* indices in nalg_references, in the order of citation */
    size_t cited_count;
    size_t formula_count, chart_count;
} nalg_page;

typedef struct {
    const char *name;    /* also the anchor in the page */
    const char *title;   /* NULL: no heading and no entry in the navigation */
    const char *command; /* the section is shown when there is a result of this command; NULL: always */
    void (*render)(nalg_page *page, const json_t *document); /* document is NULL when command is */
} nalg_report_section;

extern const nalg_report_section *const nalg_report_sections[];
extern const size_t nalg_report_section_count;

/* The result of the command among the documents of the page, or NULL. */
const json_t *nalg_page_document(const nalg_page *page, const char *command);

/* --- elements ------------------------------------------------------------------------------------------------------- */

void nalg_html_raw(nalg_page *page, const char *html); /* literals only */
void nalg_html_text(nalg_page *page, const char *text);
void nalg_html_format(nalg_page *page, const char *format, ...) NALG_PRINTF(2, 3);
void nalg_html_heading(nalg_page *page, const char *title); /* below the title of the section */
void nalg_html_paragraph(nalg_page *page, const char *format, ...) NALG_PRINTF(2, 3);
void nalg_html_note(nalg_page *page, const char *format, ...) NALG_PRINTF(2, 3); /* a paragraph in the background */
void nalg_html_code(nalg_page *page, const char *text);
void nalg_html_strong(nalg_page *page, const char *text);

/* A formula in TeX; `plain` is what shows without KaTeX or without scripts. */
void nalg_html_math(nalg_page *page, const char *tex, const char *plain);
void nalg_html_display(nalg_page *page, const char *tex, const char *plain);

/* A JSON value: grouped digits, powers of ten, "unknown". */
void nalg_html_value(nalg_page *page, const json_t *value);
void nalg_html_number(nalg_page *page, double number);
void nalg_html_short(nalg_page *page, const json_t *value); /* the same for running text: large numbers rounded */
void nalg_html_shape(nalg_page *page, const json_t *shape);

/* How the result of a document is known, as a badge. */
void nalg_html_badge(nalg_page *page, const json_t *document);

/* [n], a link to the list of references. An unknown key gives nothing. */
void nalg_html_cite(nalg_page *page, const char *key);

/* Content that opens on a click. */
void nalg_html_details_begin(nalg_page *page, const char *summary);
void nalg_html_details_end(nalg_page *page);

/* A list of terms with their values: begin, any number of facts, end. */
void nalg_html_facts_begin(nalg_page *page);
void nalg_html_fact(nalg_page *page, const char *term, const json_t *value);
void nalg_html_fact_text(nalg_page *page, const char *term, const char *format, ...) NALG_PRINTF(3, 4);
void nalg_html_fact_begin(nalg_page *page, const char *term);
void nalg_html_fact_end(nalg_page *page);
void nalg_html_facts_end(nalg_page *page);

/* --- tables --------------------------------------------------------------------------------------------------------- */

typedef struct {
    const char *key;   /* in the objects of the array */
    const char *title; /* of the column */
} nalg_column;

/* An array of objects as a table; columns of numbers are set flush right. An empty array gives nothing. */
void nalg_html_table(nalg_page *page, const char *caption, const json_t *array, const nalg_column *columns, size_t count);

/* The same, with the rows for which marked(row, user) holds set off and followed by the given word. */
typedef bool nalg_row_marked(const json_t *row, const void *user);
void nalg_html_table_marked(nalg_page *page, const char *caption, const json_t *array, const nalg_column *columns,
                            size_t count, const char *mark, nalg_row_marked *marked, const void *user);

/* All entries of an object, whatever they are: facts, tables for arrays of objects. Keys in `except` are left out. */
void nalg_html_object(nalg_page *page, const json_t *object, const char *const *except, size_t except_count);

/* --- pictures ------------------------------------------------------------------------------------------------------- */

/* A picture by Chart.js. `config` is its configuration (the reference is stolen, NULL is a failed allocation); a string
 * "var(--name)" in it is a colour of the style sheet, light or dark. `label` says what is to be seen; `height` is in pixels.
 * Between begin and end the page writes the same numbers as a table; it shows when the picture cannot. */
void nalg_html_chart_begin(nalg_page *page, const char *label, json_t *config, int height);
void nalg_html_chart_end(nalg_page *page);

/* Parts of configurations, for nalg_html_chart_begin: an axis, and a curve through points {x, y}, dashed or not. */
json_t *nalg_chart_axis(const char *title, bool logarithmic);
json_t *nalg_chart_curve(json_t *points, const char *label, bool accent, bool dashed);
/* A picture of such data sets; the references are stolen. */
json_t *nalg_chart_scatter(json_t *sets, json_t *x, json_t *y, bool legend);

/* A bar chart of named quantities with its table; entries that are not known are left out. Logarithmic when they differ much. */
typedef struct {
    const char *name;
    const json_t *value;
    bool accent;
} nalg_bar;
void nalg_html_bars(nalg_page *page, const char *label, const nalg_bar *bars, size_t count);

/* An SVG drawing: begin writes the element with its label, the caller writes the content with nalg_html_raw/_format. */
void nalg_html_svg_begin(nalg_page *page, const char *label, int width, int height);
void nalg_html_svg_text(nalg_page *page, double x, double y, const char *style, const char *text);
void nalg_html_svg_end(nalg_page *page);

#endif
