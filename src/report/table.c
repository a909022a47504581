/* Tables from JSON, and the rendering of any object whose command has no section of its own.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include <string.h>

#define MAX_ROWS 500   /* a page stays readable; the embedded results have all of them */
#define MAX_COLUMNS 12 /* of a table made from unknown objects */

/* Numbers in every row where the value is known, at least one. */
static bool is_numeric(const json_t *array, const char *key)
{
    size_t count = json_array_size(array), numbers = 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *cell = json_object_get(json_array_get(array, i), key);
        double number;
        if (!nalg_json_known(cell)) continue;
        if (!nalg_json_number(cell, &number)) return false;
        numbers++;
    }
    return numbers > 0;
}

static bool is_shape(const char *key)
{
    size_t length = strlen(key);
    return length >= 5 && !strcmp(key + length - 5, "shape");
}

static void table_head(nalg_page *page, const char *caption, const json_t *array, const nalg_column *columns, size_t count)
{
    nalg_html_raw(page, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"");
    nalg_html_text(page, caption);
    nalg_html_raw(page, "\"><table><caption>");
    nalg_html_text(page, caption);
    nalg_html_raw(page, "</caption>\n<thead><tr>");
    for (size_t i = 0; i < count; i++) {
        nalg_html_raw(page,
                      is_numeric(array, columns[i].key) ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">");
        nalg_html_text(page, columns[i].title);
        nalg_html_raw(page, "</th>");
    }
    nalg_html_raw(page, "</tr></thead>\n<tbody>\n");
}

static void table_row(nalg_page *page, const json_t *array, const json_t *row, const nalg_column *columns, size_t count,
                      const char *mark)
{
    nalg_html_raw(page, mark ? "<tr class=\"marked\">" : "<tr>");
    for (size_t i = 0; i < count; i++) {
        const json_t *cell = json_object_get(row, columns[i].key);
        nalg_html_raw(page, is_numeric(array, columns[i].key) ? "<td class=\"number\">" : "<td>");
        if (is_shape(columns[i].key)) nalg_html_shape(page, cell);
        else if (nalg_json_known(cell)) nalg_html_value(page, cell);
        else nalg_html_raw(page, "&ndash;");
        if (mark && i == 0) {
            nalg_html_raw(page, " <span class=\"mark\">");
            nalg_html_text(page, mark);
            nalg_html_raw(page, "</span>");
        }
        nalg_html_raw(page, "</td>");
    }
    nalg_html_raw(page, "</tr>\n");
}

void nalg_html_table_marked(nalg_page *page, const char *caption, const json_t *array, const nalg_column *columns,
                            size_t count, const char *mark, nalg_row_marked *marked, const void *user)
{
    size_t rows = json_array_size(array), shown = rows > MAX_ROWS ? MAX_ROWS : rows;
    if (!rows) return;
    table_head(page, caption, array, columns, count);
    for (size_t i = 0; i < shown; i++) {
        const json_t *row = json_array_get(array, i);
        table_row(page, array, row, columns, count, marked && marked(row, user) ? mark : NULL);
    }
    nalg_html_raw(page, "</tbody></table></div>\n");
    if (shown < rows)
        nalg_html_note(page, "%zu of %zu rows are shown; the results at the end of the page have all of them.", shown, rows);
}

void nalg_html_table(nalg_page *page, const char *caption, const json_t *array, const nalg_column *columns, size_t count)
{
    nalg_html_table_marked(page, caption, array, columns, count, NULL, NULL, NULL);
}

/* The keys of the first object as columns; the titles live in the keys themselves. */
static size_t columns_of(nalg_column columns[MAX_COLUMNS], const json_t *array)
{
    size_t count = 0;
    const char *key;
    json_t *entry;
    json_object_foreach(json_array_get(array, 0), key, entry) {
        if (count < MAX_COLUMNS) columns[count++] = (nalg_column){key, key};
    }
    return count;
}

static bool is_excepted(const char *key, const char *const *except, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(key, except[i])) return true;
    return false;
}

static bool is_table(const json_t *value)
{
    return json_is_object(json_array_get(value, 0));
}

void nalg_html_object(nalg_page *page, const json_t *object, const char *const *except, size_t except_count)
{
    const char *key;
    json_t *value;
    nalg_buffer title = {0};
    nalg_html_facts_begin(page);
    json_object_foreach((json_t *)object, key, value) {
        if (is_excepted(key, except, except_count) || is_table(value)) continue;
        title.length = 0;
        nalg_key_text(&title, key);
        nalg_html_fact(page, nalg_buffer_content(&title), value);
    }
    nalg_html_facts_end(page);
    json_object_foreach((json_t *)object, key, value) {
        nalg_column columns[MAX_COLUMNS];
        if (is_excepted(key, except, except_count) || !is_table(value)) continue;
        title.length = 0;
        nalg_key_text(&title, key);
        nalg_html_table(page, nalg_buffer_content(&title), value, columns, columns_of(columns, value));
    }
    page->out.failed |= title.failed;
    nalg_buffer_clear(&title);
}
