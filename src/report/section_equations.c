/* The equations: what every function of the model satisfies, and how many conditions there are in each degree.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define SHOWN_EQUATIONS 24
#define SHOWN_COORDINATES 60

/* One row for each degree, from the arrays of the result. */
static void degrees(nalg_page *page, const json_t *result)
{
    static const nalg_column columns[] = {{"degree", "degree"}, {"forms", "equations"}, {"generators", "of them new"}, {"hilbert", "Hilbert function"}};
    const json_t *hilbert = nalg_json_at(result, "hilbert");
    json_t *rows = json_array();
    for (size_t k = 0; rows && k < json_array_size(hilbert); k++) {
        json_t *row = json_pack("{s:I}", "degree", (json_int_t)k + 1);
        for (size_t j = 1; row && j < sizeof columns / sizeof *columns; j++) {
            json_t *value = json_array_get(nalg_json_at(result, columns[j].key), k);
            if (value && json_object_set(row, columns[j].key, value)) page->out.failed = true;
        }
        if (json_array_append_new(rows, row)) page->out.failed = true;
    }
    if (!rows) page->out.failed = true;
    nalg_html_table(page, "conditions in each degree", rows, columns, sizeof columns / sizeof *columns);
    json_decref(rows);
}

static void equations(nalg_page *page, const json_t *list)
{
    size_t count = json_array_size(list);
    if (!count) return;
    nalg_html_raw(page, "<ul>\n");
    for (size_t i = 0; i < count && i < SHOWN_EQUATIONS; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        nalg_html_raw(page, "<li>");
        nalg_html_code(page, text ? text : "");
        nalg_html_raw(page, " = 0</li>\n");
    }
    nalg_html_raw(page, "</ul>\n");
    if (count > SHOWN_EQUATIONS) nalg_html_note(page, "%zu more are in the result.", count - SHOWN_EQUATIONS);
}

static void legend(nalg_page *page, const json_t *list)
{
    static const nalg_column columns[] = {{"name", "coordinate"}, {"monomial", "coefficient of"}, {"output", "in output"}};
    size_t count = json_array_size(list);
    if (!count) return;
    nalg_html_details_begin(page, "Coordinates");
    if (count <= SHOWN_COORDINATES) nalg_html_table(page, "coordinates", list, columns, sizeof columns / sizeof *columns);
    else nalg_html_note(page, "The %zu coordinates are in the result.", count);
    nalg_html_details_end(page);
}

static void membership(nalg_page *page, const json_t *result)
{
    const char *reason = nalg_json_string(result, "member_reason", NULL);
    const json_t *answer = nalg_json_at(result, "member");
    if (!reason) return;
    nalg_html_paragraph(page, "The function given is %s: %s.",
                        json_is_true(answer) ? "in the closure of the model" : json_is_false(answer) ? "out of reach of the model" : "not excluded", reason);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    double count = 0;
    bool known = nalg_json_number(nalg_json_at(result, "count"), &count);
    nalg_html_paragraph(page, "The coefficients of the model's functions are not free: whatever the weights, they satisfy the equations below. A function "
                              "that violates one of them cannot be realised by the model, not even approximately.");
    if (known && count == 0) nalg_html_paragraph(page, "There are none in the degrees searched.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "dimension", nalg_json_at(result, "dimension"));
    nalg_html_fact(page, "coefficients", nalg_json_at(result, "ambient"));
    nalg_html_fact(page, "minimal equations found", nalg_json_at(result, "count"));
    nalg_html_fact(page, "degree of the variety", nalg_json_at(result, "degree"));
    nalg_html_facts_end(page);
    equations(page, nalg_json_at(result, "equations"));
    legend(page, nalg_json_at(result, "coordinates"));
    nalg_html_heading(page, "How many conditions");
    degrees(page, result);
    membership(page, result);
}

const nalg_report_section nalg_section_equations = {"equations", "Equations", "equations", render};
