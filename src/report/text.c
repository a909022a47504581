/* A result on a terminal. The layout comes from the JSON itself: scalars become lines, arrays of objects
 * tables, so that a new command is readable without a line of code here; `remarks` adds words where a number
 * alone says too little. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/text.h"
#include "report/buffer.h"
#include "report/evidence.h"
#include "report/value.h"
#include "core/context.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ROWS 200
#define MAX_COLUMNS 16
#define SHOWN_ENTRIES 16
#define MAX_CELL 72 /* columns of the screen for a cell that is not the last of its row */

/* Columns the text takes on the screen, combining and double-width characters aside. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text; text++) width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

static void spaces(nalg_buffer *out, size_t count)
{
    for (size_t i = 0; i < count; i++) nalg_buffer_append(out, " ", 1);
}

/* The value as safe text in *cell, which is emptied first. */
static void cell_text(nalg_buffer *cell, const char *key, const json_t *value)
{
    nalg_buffer raw = {0};
    size_t length = strlen(key);
    if (length >= 5 && !strcmp(key + length - 5, "shape"))
        nalg_shape_text(&raw, value, "x");
    else
        nalg_json_text(&raw, value, SHOWN_ENTRIES);
    cell->length = 0;
    nalg_buffer_terminal(cell, nalg_buffer_content(&raw));
    cell->failed |= raw.failed;
    nalg_buffer_clear(&raw);
}

static void key_text(nalg_buffer *cell, const char *key)
{
    nalg_buffer raw = {0};
    nalg_key_text(&raw, key);
    cell->length = 0;
    nalg_buffer_terminal(cell, nalg_buffer_content(&raw));
    cell->failed |= raw.failed;
    nalg_buffer_clear(&raw);
}

static bool is_table(const json_t *value)
{
    return json_is_object(json_array_get(value, 0));
}

/* --- tables
 * -----------------------------------------------------------------------------------------------------------
 */

typedef struct {
    const char *key;
    size_t width;
    bool numeric;
} column;

/* Columns from the keys of the first objects, in their order. */
static size_t columns_of(column columns[MAX_COLUMNS], const json_t *array)
{
    size_t count = 0, rows = json_array_size(array);
    const char *key;
    json_t *entry;
    json_object_foreach(json_array_get(array, 0), key, entry)
    {
        if (count < MAX_COLUMNS) columns[count++] = (column){key, width_of(key), true};
    }
    nalg_buffer cell = {0};
    for (size_t i = 0; i < rows && i < MAX_ROWS; i++) {
        for (size_t j = 0; j < count; j++) {
            const json_t *value = json_object_get(json_array_get(array, i), columns[j].key);
            double number;
            cell_text(&cell, columns[j].key, value);
            size_t width = width_of(nalg_buffer_content(&cell));
            if (width > MAX_CELL) width = MAX_CELL;
            if (width > columns[j].width) columns[j].width = width;
            if (nalg_json_known(value) && !nalg_json_number(value, &number)) columns[j].numeric = false;
        }
    }
    nalg_buffer_clear(&cell);
    return count;
}

static void aligned(nalg_buffer *out, const char *text, const column *c, bool last)
{
    size_t width = width_of(text), fill = width < c->width ? c->width - width : 0;
    if (c->numeric) spaces(out, fill);
    nalg_buffer_text(out, text);
    if (!c->numeric && !last) spaces(out, fill);
    nalg_buffer_text(out, last ? "\n" : "  ");
}

static void table(nalg_buffer *out, const char *title, const json_t *array)
{
    column columns[MAX_COLUMNS];
    size_t count = columns_of(columns, array), rows = json_array_size(array);
    nalg_buffer cell = {0};
    key_text(&cell, title);
    nalg_buffer_format(out, "\n%s\n  ", nalg_buffer_content(&cell));
    for (size_t j = 0; j < count; j++) {
        key_text(&cell, columns[j].key);
        aligned(out, nalg_buffer_content(&cell), &columns[j], j + 1 == count);
    }
    if (!count) nalg_buffer_text(out, "\n");
    for (size_t i = 0; i < rows && i < MAX_ROWS && count; i++) {
        nalg_buffer_text(out, "  ");
        for (size_t j = 0; j < count; j++) {
            cell_text(&cell, columns[j].key, json_object_get(json_array_get(array, i), columns[j].key));
            aligned(out, nalg_buffer_content(&cell), &columns[j], j + 1 == count);
        }
    }
    if (rows > MAX_ROWS) nalg_buffer_format(out, "  ... %zu more; --json has all of them\n", rows - MAX_ROWS);
    out->failed |= cell.failed;
    nalg_buffer_clear(&cell);
}

/* --- lines
 * ------------------------------------------------------------------------------------------------------------
 */

/* A few words after a value; NULL for none. */
static const char *remark(const char *command, const char *key, const json_t *result)
{
    const json_t *filling = nalg_json_at(result, "filling");
    if (strcmp(command, "dim") != 0) return NULL;
    if (!strcmp(key, "dimension") && json_is_true(filling)) return "fills the ambient space";
    if (!strcmp(key, "ambient")) return "dimension of the smallest linear space that contains the model";
    if (!strcmp(key, "expected")) return "parameters minus known symmetries, or ambient if that is smaller";
    if (!strcmp(key, "fiber_dimension")) return "directions of change that leave the function as it is";
    return NULL;
}

static size_t widest_key(const json_t *object)
{
    size_t widest = strlen("pipeline");
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_table(value) && width_of(key) > widest) widest = width_of(key);
    }
    return widest;
}

static void line(nalg_buffer *out, size_t width, const char *key, const char *value, const char *after)
{
    nalg_buffer_text(out, key);
    spaces(out, width - (width_of(key) < width ? width_of(key) : width) + 2);
    nalg_buffer_text(out, value);
    if (after) nalg_buffer_format(out, "   (%s)", after);
    nalg_buffer_text(out, "\n");
}

/* Numbers that only pictures show: `pictures` of `flow`. */
static bool is_hidden(const char *key)
{
    return !strcmp(key, "pipeline") || !strcmp(key, "pictures");
}

/* Long texts such as equations: one on each line, empty ones left out (`short_forms` of laws that have none).
 */
static bool is_list(const json_t *value)
{
    const char *first = json_string_value(json_array_get(value, 0));
    return first && (!*first || json_array_size(value) > 1);
}

static void list(nalg_buffer *out, const char *title, const json_t *array)
{
    nalg_buffer cell = {0};
    size_t count = json_array_size(array), shown = 0;
    for (size_t i = 0; i < count && i < MAX_ROWS; i++) {
        cell_text(&cell, "", json_array_get(array, i));
        if (!cell.length) continue;
        if (!shown++) nalg_buffer_format(out, "%s\n", title);
        nalg_buffer_format(out, "  %s\n", nalg_buffer_content(&cell));
    }
    if (count > MAX_ROWS)
        nalg_buffer_format(out, "  ... %zu more; --json has all of them\n", count - MAX_ROWS);
    out->failed |= cell.failed;
    nalg_buffer_clear(&cell);
}

/* An object on one line: without the tables in it, which only --json and pictures show. */
static void object_text(nalg_buffer *cell, const char *key, const json_t *object)
{
    json_t *shown = json_object(), *value;
    const char *member;
    json_object_foreach((json_t *)object, member, value)
    {
        if (!is_table(value)) cell->failed |= json_object_set(shown, member, value) != 0;
    }
    cell_text(cell, key, shown);
    json_decref(shown);
}

static void result_lines(nalg_buffer *out, const char *command, const json_t *result, size_t width)
{
    nalg_buffer key_words = {0}, cell = {0};
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)result, key, value)
    {
        if (is_table(value) || is_hidden(key)) continue;
        if (json_is_object(value) &&
            json_object_get(value, "status")) { /* evidence of one number: its status; --json has it all */
            key_text(&key_words, key);
            line(out, width, nalg_buffer_content(&key_words), nalg_json_string(value, "status", "unknown"),
                 NULL);
            continue;
        }
        key_text(&key_words, key);
        if (is_list(value)) {
            list(out, nalg_buffer_content(&key_words), value);
            continue;
        }
        if (json_is_object(value))
            object_text(&cell, key, value);
        else
            cell_text(&cell, key, value);
        line(out, width, nalg_buffer_content(&key_words), nalg_buffer_content(&cell),
             remark(command, key, result));
    }
    json_object_foreach((json_t *)result, key, value)
    {
        if (is_table(value)) table(out, key, value);
    }
    out->failed |= cell.failed || key_words.failed;
    nalg_buffer_clear(&cell);
    nalg_buffer_clear(&key_words);
}

/* --- evidence
 * ---------------------------------------------------------------------------------------------------------
 */

static void evidence_sentence(nalg_buffer *out, const json_t *document)
{
    const nalg_evidence_words *words = nalg_evidence_of(document);
    const json_t *evidence = nalg_json_at(document, "evidence"), *lower = nalg_json_at(evidence, "lower");
    nalg_buffer cell = {0};
    if (!json_is_object(evidence)) return;
    nalg_buffer_format(out, "\nevidence: %s. %s", words->label, words->meaning);
    double chance;
    if (nalg_json_number(nalg_json_at(evidence, "epsilon"), &chance) && chance > 0) {
        cell_text(&cell, "", nalg_json_at(evidence, "epsilon"));
        nalg_buffer_format(out, " Probability of error: at most %s.", nalg_buffer_content(&cell));
    }
    if (nalg_json_known(nalg_json_at(lower, "prime"))) {
        cell_text(&cell, "", nalg_json_at(lower, "prime"));
        nalg_buffer_format(out, " Lower bound: a nonzero minor of the Jacobian modulo %s.",
                           nalg_buffer_content(&cell));
    }
    nalg_buffer_text(out, "\n");
    out->failed |= cell.failed;
    nalg_buffer_clear(&cell);
}

static void model_lines(nalg_buffer *out, const json_t *document, size_t width)
{
    nalg_buffer cell = {0};
    static const char *const keys[] = {"spec", "pipeline"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = nalg_json_at(nalg_json_at(document, "model"), keys[i]);
        if (!json_is_string(value)) continue;
        cell_text(&cell, keys[i], value);
        line(out, width, i ? "pipeline" : "model", nalg_buffer_content(&cell), NULL);
    }
    out->failed |= cell.failed;
    nalg_buffer_clear(&cell);
}

nalg_status nalg_report_text(nalg_ctx *ctx, char **text, const json_t *document)
{
    if (!json_is_object(document))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "document", "give what --json prints",
                         "the result is not a JSON object");
    nalg_buffer out = {0};
    const json_t *result = nalg_json_at(document, "result"), *error = nalg_json_at(document, "error");
    size_t width = widest_key(result);
    model_lines(&out, document, width);
    if (json_is_object(error)) result_lines(&out, "", error, width);
    result_lines(&out, nalg_json_string(document, "command", ""), result, width);
    evidence_sentence(&out, document);
    char *taken = nalg_buffer_take(&out, NULL);
    if (!taken) return nalg_fail_memory(ctx);
    *text = taken;
    return NALG_OK;
}
