/* The frame of the page: head with style sheet and policy, navigation, the sections of sections.c, scripts at the end. The
 * content security policy forbids every request, so "opens offline" is enforced by the browser and not only intended.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/report.h"
#include "report/assets.h"
#include "report/section.h"
#include "report/value.h"
#include "core/context.h"
#include <string.h>

const nalg_asset *nalg_asset_find(const char *name)
{
    for (size_t i = 0; i < nalg_asset_count; i++)
        if (!strcmp(nalg_assets[i].name, name)) return &nalg_assets[i];
    return NULL;
}

static void write_asset(nalg_page *page, const char *name)
{
    const nalg_asset *asset = nalg_asset_find(name);
    if (asset) nalg_buffer_append(&page->out, asset->begin, (size_t)(asset->end - asset->begin));
}

/* One font of KaTeX: {file, family, style, weight} as in its own style sheet. */
static void write_font(nalg_page *page, const char *file, const char *family, const char *style, int weight)
{
    const nalg_asset *asset = nalg_asset_find(file);
    if (!asset) return;
    nalg_buffer_format(&page->out, "@font-face{font-family:%s;font-style:%s;font-weight:%d;src:url(data:font/woff2;base64,",
                       family, style, weight);
    nalg_buffer_base64(&page->out, asset->begin, (size_t)(asset->end - asset->begin));
    nalg_html_raw(page, ") format('woff2')}\n");
}

/* KaTeX's style sheet with its references to font files replaced by the fonts themselves. */
static void write_katex_style(nalg_page *page)
{
    static const char rule[] = "@font-face{";
    const nalg_asset *sheet = nalg_asset_find("katex.css");
    if (!sheet) return;
    write_font(page, "KaTeX_AMS-Regular.woff2", "KaTeX_AMS", "normal", 400);
    write_font(page, "KaTeX_Caligraphic-Regular.woff2", "KaTeX_Caligraphic", "normal", 400);
    write_font(page, "KaTeX_Main-Regular.woff2", "KaTeX_Main", "normal", 400);
    write_font(page, "KaTeX_Main-Bold.woff2", "KaTeX_Main", "normal", 700);
    write_font(page, "KaTeX_Main-Italic.woff2", "KaTeX_Main", "italic", 400);
    write_font(page, "KaTeX_Math-Italic.woff2", "KaTeX_Math", "italic", 400);
    write_font(page, "KaTeX_Size1-Regular.woff2", "KaTeX_Size1", "normal", 400);
    write_font(page, "KaTeX_Size2-Regular.woff2", "KaTeX_Size2", "normal", 400);
    write_font(page, "KaTeX_Size3-Regular.woff2", "KaTeX_Size3", "normal", 400);
    write_font(page, "KaTeX_Size4-Regular.woff2", "KaTeX_Size4", "normal", 400);
    for (const char *s = sheet->begin; s < sheet->end;) {
        const char *close = memchr(s, '}', (size_t)(sheet->end - s));
        const char *next = close ? close + 1 : sheet->end;
        bool font = (size_t)(next - s) >= sizeof rule - 1 && !memcmp(s, rule, sizeof rule - 1);
        if (!font) nalg_buffer_append(&page->out, s, (size_t)(next - s));
        s = next;
    }
    nalg_html_raw(page, "\n");
}

static void write_head(nalg_page *page)
{
    const json_t *first = page->documents[0];
    const char *name = nalg_json_string(first, "model.spec", nalg_json_string(first, "model.pipeline", "model"));
    nalg_html_raw(page,
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                  "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                  "script-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; form-action 'none'\">\n"
                  "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                  "<meta name=\"color-scheme\" content=\"light dark\">\n"
                  "<meta name=\"referrer\" content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n<title>");
    nalg_html_text(page, name);
    nalg_html_raw(page, " - neuroalg report</title>\n<style>\n");
    write_asset(page, "report.css");
    nalg_html_raw(page, "</style>\n");
}

/* Scripts and fonts only for what the page has: they come last, after the content that needs them is known. */
static void write_scripts(nalg_page *page)
{
    if (page->formula_count && nalg_asset_find("katex.js")) {
        nalg_html_raw(page, "<style>\n");
        write_katex_style(page);
        nalg_html_raw(page, "</style>\n<script>/*! KaTeX, (c) 2013-2020 Khan Academy and other contributors, MIT licence "
                            "*/\n");
        write_asset(page, "katex.js");
        nalg_html_raw(page, "\n</script>\n");
    }
    if (page->chart_count && nalg_asset_find("chart.js")) {
        nalg_html_raw(page, "<script>");
        write_asset(page, "chart.js");
        nalg_html_raw(page, "\n</script>\n");
    }
    nalg_html_raw(page, "<script>\n");
    write_asset(page, "report.js");
    nalg_html_raw(page, "</script>\n");
}

static bool is_shown(const nalg_page *page, const nalg_report_section *section)
{
    return !section->command || nalg_page_document(page, section->command);
}

static void write_navigation(nalg_page *page)
{
    nalg_html_raw(page, "<nav aria-label=\"Sections\"><ul>\n");
    for (size_t i = 0; i < nalg_report_section_count; i++) {
        const nalg_report_section *section = nalg_report_sections[i];
        if (!section->title || !is_shown(page, section)) continue;
        nalg_buffer_format(&page->out, "<li><a href=\"#%s\">", section->name);
        nalg_html_text(page, section->title);
        nalg_html_raw(page, "</a></li>\n");
    }
    nalg_html_raw(page, "</ul></nav>\n");
}

/* What a document says instead of an answer. */
static void write_unanswered(nalg_page *page, const json_t *error)
{
    nalg_html_raw(page, "<p class=\"note\">Not answered: ");
    nalg_html_text(page, nalg_json_string(error, "what", "no reason is recorded"));
    nalg_html_raw(page, ". ");
    nalg_html_text(page, nalg_json_string(error, "hint", ""));
    nalg_html_raw(page, "</p>\n");
}

static void write_section(nalg_page *page, const nalg_report_section *section)
{
    const json_t *document = section->command ? nalg_page_document(page, section->command) : NULL;
    const json_t *error = nalg_json_at(document, "error");
    if (section->title) {
        nalg_buffer_format(&page->out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">",
                           section->name, section->name, section->name);
        nalg_html_text(page, section->title);
        if (nalg_json_known(nalg_json_at(document, "evidence.status"))) {
            nalg_html_raw(page, " ");
            nalg_html_badge(page, document);
        }
        nalg_html_raw(page, "</h2>\n");
    }
    if (json_is_object(error)) write_unanswered(page, error);
    else section->render(page, document);
    if (section->title) nalg_html_raw(page, "</section>\n");
}

static nalg_status check_documents(nalg_ctx *ctx, json_t *const *results, size_t count)
{
    if (!count) return nalg_fail(ctx, NALG_E_ARGUMENT, "results", "give at least one result", "a report needs a result");
    for (size_t i = 0; i < count; i++) {
        if (!json_is_object(results[i]))
            return nalg_fail(ctx, NALG_E_ARGUMENT, "results", "give what --json prints", "result %zu is not a JSON object",
                             i + 1);
        const json_t *first = nalg_json_at(results[0], "model.pipeline"), *here = nalg_json_at(results[i], "model.pipeline");
        if (json_is_string(first) && json_is_string(here) && !nalg_json_same(first, here))
            return nalg_fail(ctx, NALG_E_ARGUMENT, "results", "write one report for each model",
                             "results 1 and %zu are about different models", i + 1);
    }
    return NALG_OK;
}

nalg_status nalg_report_html(nalg_ctx *ctx, char **html, size_t *length, json_t *const *results, size_t count)
{
    nalg_status status = check_documents(ctx, results, count);
    if (status != NALG_OK) return status;
    nalg_page page = {.documents = results, .document_count = count};
    write_head(&page);
    nalg_html_raw(&page, "</head>\n<body>\n<main>\n");
    for (size_t i = 0; i < nalg_report_section_count; i++) {
        const nalg_report_section *section = nalg_report_sections[i];
        if (is_shown(&page, section)) write_section(&page, section);
        if (i == 0) write_navigation(&page);
    }
    nalg_html_raw(&page, "</main>\n");
    write_scripts(&page);
    nalg_html_raw(&page, "</body>\n</html>\n");
    char *text = nalg_buffer_take(&page.out, length);
    if (!text) return nalg_fail_memory(ctx);
    *html = text;
    return NALG_OK;
}
