/* The report room's doors: pages and terminal text from results.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "neuroalg/report.h"
#include "core/memory.h"
#include "core/result.h"
#include "report/plot.h"
#include "report/report.h"
#include "report/section.h"
#include "report/text.h"

nalg_status nalg_result_text(nalg_ctx *ctx, char **text, const nalg_result *result)
{
    return nalg_report_text(ctx, text, result->document);
}

nalg_status nalg_result_plot(nalg_ctx *ctx, char **script, const nalg_result *result, const char *format)
{
    return nalg_plot_script(ctx, script, result->document, format);
}

const char *nalg_plot_command(size_t index, const char **shows)
{
    for (size_t i = 0; nalg_plot_types[i]; i++) {
        if (i != index) continue;
        if (shows) *shows = nalg_plot_types[i]->shows;
        return nalg_plot_types[i]->command;
    }
    return NULL;
}

/* Names of the sections that the results fill. */
static json_t *section_names(json_t *const *documents, size_t count)
{
    nalg_page page = {.documents = documents, .document_count = count};
    json_t *names = json_array();
    for (size_t i = 0; names && i < nalg_report_section_count; i++) {
        const nalg_report_section *s = nalg_report_sections[i];
        if (s->command && !nalg_page_document(&page, s->command)) continue;
        if (json_array_append_new(names, json_string(s->name))) {
            json_decref(names);
            return NULL;
        }
    }
    return names;
}

/* A page is known no better than the weakest of its answers. */
static const char *weakest_evidence(nalg_result *const *results, size_t count)
{
    nalg_evidence weakest = NALG_PROVED;
    for (size_t i = 0; i < count; i++)
        if (nalg_result_evidence(results[i]) > weakest) weakest = nalg_result_evidence(results[i]);
    return nalg_evidence_name(weakest);
}

nalg_status nalg_report(nalg_ctx *ctx, nalg_result **out, char **html, size_t *length,
                        nalg_result *const *results, size_t count, const char *file)
{
    double started = nalg_seconds();
    json_t **documents = nalg_array(count, sizeof *documents);
    char *page = NULL;
    size_t bytes;
    if (!documents) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < count; i++) documents[i] = results[i]->document;
    nalg_status status = nalg_report_html(ctx, &page, &bytes, documents, count);
    if (status == NALG_OK) {
        json_t *answer = json_pack("{s:o, s:o}", "sections", section_names(documents, count), "file",
                                   file ? json_string(file) : json_null());
        json_t *evidence = json_pack("{s:s, s:s}", "status", weakest_evidence(results, count), "reason",
                                     "that of the weakest answer; the page shows each with its own");
        status = nalg_result_create(ctx, out, "report", started,
                                    json_incref(json_object_get(documents[0], "model")), answer, evidence);
    }
    free(documents);
    if (status == NALG_OK) {
        *html = page;
        *length = bytes;
    } else {
        free(page);
    }
    return status;
}
