/* The elements sections are written with. One function writes each kind of element, so that escaping, accessibility and looks
 * are decided here and in assets/report.css only.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/evidence.h"
#include "report/references.h"
#include "report/value.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_ENTRIES 24 /* of an array in a line of text */
#define EXACT_INTEGERS 0x1p53
#define LONG_NUMBER 1e9 /* in running text */

const json_t *nalg_page_document(const nalg_page *page, const char *command)
{
    for (size_t i = 0; i < page->document_count; i++) {
        const char *has = nalg_json_string(page->documents[i], "command", NULL);
        if (has && !strcmp(has, command)) return page->documents[i];
    }
    return NULL;
}

void nalg_html_raw(nalg_page *page, const char *html)
{
    nalg_buffer_text(&page->out, html);
}

void nalg_html_text(nalg_page *page, const char *text)
{
    nalg_buffer_html(&page->out, text);
}

static void escaped_vformat(nalg_page *page, const char *format, va_list args)
{
    nalg_buffer text = {0};
    nalg_buffer_vformat(&text, format, args);
    page->out.failed |= text.failed;
    nalg_html_text(page, nalg_buffer_content(&text));
    nalg_buffer_clear(&text);
}

void nalg_html_format(nalg_page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    escaped_vformat(page, format, args);
    va_end(args);
}

void nalg_html_heading(nalg_page *page, const char *title)
{
    nalg_html_raw(page, "<h3>");
    nalg_html_text(page, title);
    nalg_html_raw(page, "</h3>\n");
}

void nalg_html_paragraph(nalg_page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nalg_html_raw(page, "<p>");
    escaped_vformat(page, format, args);
    nalg_html_raw(page, "</p>\n");
    va_end(args);
}

void nalg_html_note(nalg_page *page, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nalg_html_raw(page, "<p class=\"note\">");
    escaped_vformat(page, format, args);
    nalg_html_raw(page, "</p>\n");
    va_end(args);
}

void nalg_html_code(nalg_page *page, const char *text)
{
    nalg_html_raw(page, "<code>");
    nalg_html_text(page, text);
    nalg_html_raw(page, "</code>");
}

void nalg_html_strong(nalg_page *page, const char *text)
{
    nalg_html_raw(page, "<strong>");
    nalg_html_text(page, text);
    nalg_html_raw(page, "</strong>");
}

static void formula(nalg_page *page, const char *element, const char *style, const char *tex, const char *plain)
{
    nalg_buffer_format(&page->out, "<%s class=\"%s\" data-tex=\"", element, style);
    nalg_html_text(page, tex);
    nalg_html_raw(page, "\">");
    nalg_html_text(page, plain);
    nalg_buffer_format(&page->out, "</%s>", element);
    page->formula_count++;
}

void nalg_html_math(nalg_page *page, const char *tex, const char *plain)
{
    formula(page, "span", "math", tex, plain);
}

void nalg_html_display(nalg_page *page, const char *tex, const char *plain)
{
    formula(page, "div", "math display", tex, plain);
    nalg_html_raw(page, "\n");
}

/* Integers below `exact` digit by digit, other numbers with that many significant digits and a power of ten. */
static void rounded(nalg_page *page, double number, double exact, int digits)
{
    char text[64];
    bool integer = number == floor(number) && fabs(number) < exact;
    if (integer) snprintf(text, sizeof text, "%.0f", number);
    else snprintf(text, sizeof text, "%.*g", digits, number);
    char *exponent = strchr(text, 'e');
    if (!exponent) {
        nalg_buffer_grouped(&page->out, text);
        return;
    }
    *exponent = 0;
    long power = strtol(exponent + 1, NULL, 10);
    nalg_buffer_format(&page->out, "<span class=\"power\">%s&#8239;&times;&#8239;10<sup>%s%ld</sup></span>", text,
                       power < 0 ? "&minus;" : "", labs(power));
}

void nalg_html_number(nalg_page *page, double number)
{
    rounded(page, number, EXACT_INTEGERS, 6);
}

void nalg_html_short(nalg_page *page, const json_t *value)
{
    double number;
    if (nalg_json_number(value, &number) && fabs(number) >= LONG_NUMBER) rounded(page, number, LONG_NUMBER, 3);
    else nalg_html_value(page, value);
}

void nalg_html_value(nalg_page *page, const json_t *value)
{
    double number;
    if (json_is_real(value)) {
        nalg_html_number(page, json_real_value(value));
        return;
    }
    nalg_buffer text = {0}, grouped = {0};
    nalg_json_text(&text, value, SHOWN_ENTRIES);
    if (nalg_json_number(value, &number)) nalg_buffer_grouped(&grouped, nalg_buffer_content(&text));
    else nalg_buffer_text(&grouped, nalg_buffer_content(&text));
    page->out.failed |= text.failed || grouped.failed;
    nalg_html_text(page, nalg_buffer_content(&grouped));
    nalg_buffer_clear(&text);
    nalg_buffer_clear(&grouped);
}

void nalg_html_shape(nalg_page *page, const json_t *shape)
{
    nalg_buffer text = {0};
    nalg_shape_text(&text, shape, "\xC3\x97"); /* multiplication sign */
    page->out.failed |= text.failed;
    nalg_html_text(page, nalg_buffer_content(&text));
    nalg_buffer_clear(&text);
}

void nalg_html_badge(nalg_page *page, const json_t *document)
{
    const nalg_evidence_words *words = nalg_evidence_of(document);
    nalg_buffer_format(&page->out, "<a class=\"badge %s\" href=\"#evidence\" title=\"", words->grade);
    nalg_html_text(page, words->meaning);
    nalg_html_raw(page, "\">");
    nalg_html_text(page, words->label);
    nalg_html_raw(page, "</a>");
}

void nalg_html_cite(nalg_page *page, const char *key)
{
    size_t reference = 0, number = 0;
    while (reference < nalg_reference_count && strcmp(nalg_references[reference].key, key) != 0) reference++;
    if (reference == nalg_reference_count) return;
    while (number < page->cited_count && page->cited[number] != reference) number++;
    if (number == NALG_PAGE_MAX_CITED) return;
    if (number == page->cited_count) page->cited[page->cited_count++] = reference;
    nalg_buffer_format(&page->out, "&nbsp;<a class=\"cite\" href=\"#reference-%zu\">[%zu]</a>", number + 1, number + 1);
}

void nalg_html_details_begin(nalg_page *page, const char *summary)
{
    nalg_html_raw(page, "<details><summary>");
    nalg_html_text(page, summary);
    nalg_html_raw(page, "</summary>\n");
}

void nalg_html_details_end(nalg_page *page)
{
    nalg_html_raw(page, "</details>\n");
}

void nalg_html_facts_begin(nalg_page *page)
{
    nalg_html_raw(page, "<dl class=\"facts\">\n");
}

void nalg_html_facts_end(nalg_page *page)
{
    nalg_html_raw(page, "</dl>\n");
}

void nalg_html_fact_begin(nalg_page *page, const char *term)
{
    nalg_html_raw(page, "<dt>");
    nalg_html_text(page, term);
    nalg_html_raw(page, "</dt><dd>");
}

void nalg_html_fact_end(nalg_page *page)
{
    nalg_html_raw(page, "</dd>\n");
}

void nalg_html_fact(nalg_page *page, const char *term, const json_t *value)
{
    nalg_html_fact_begin(page, term);
    nalg_html_value(page, value);
    nalg_html_fact_end(page);
}

void nalg_html_fact_text(nalg_page *page, const char *term, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nalg_html_fact_begin(page, term);
    escaped_vformat(page, format, args);
    nalg_html_fact_end(page);
    va_end(args);
}
