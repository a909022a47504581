/* The top of the page: the model, where the numbers come from, and the four most important of them.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include "neuroalg/context.h"
#include <string.h>

#define LONG_TITLE 44 /* characters that fit in one line of the largest heading */

static void tile_begin(nalg_page *page, const char *term)
{
    nalg_html_raw(page, "<div class=\"tile\"><dt>");
    nalg_html_text(page, term);
    nalg_html_raw(page, "</dt><dd>");
}

static void tile_note(nalg_page *page, const char *note)
{
    nalg_html_raw(page, "</dd><dd class=\"tile-note\">");
    nalg_html_text(page, note);
}

static void tile_end(nalg_page *page)
{
    nalg_html_raw(page, "</dd></div>\n");
}

static void dimension_tiles(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    const json_t *filling = nalg_json_at(result, "filling"), *fiber = nalg_json_at(result, "fiber_dimension");
    tile_begin(page, "dimension");
    nalg_html_short(page, nalg_json_at(result, "dimension"));
    tile_note(page, json_is_true(filling)    ? "all of the ambient space"
                    : json_is_false(filling) ? "a thin part of the ambient space"
                                             : "effective parameters");
    tile_end(page);
    tile_begin(page, "ambient space");
    nalg_html_short(page, nalg_json_at(result, "ambient"));
    tile_note(page, "dimensions");
    tile_end(page);
    tile_begin(page, "redundant directions");
    nalg_html_short(page, fiber);
    tile_note(page, "leave the function unchanged");
    tile_end(page);
}

static void render(nalg_page *page, const json_t *document)
{
    (void)document;
    const json_t *first = page->document_count ? page->documents[0] : NULL;
    const json_t *model = nalg_json_at(first, "model"), *dimension = nalg_page_document(page, "dim");
    const char *spec = nalg_json_string(model, "spec", NULL), *pipeline = nalg_json_string(model, "pipeline", NULL);
    const char *title = spec ? spec : pipeline ? pipeline : "model";
    nalg_html_raw(page, "<header>\n<p class=\"kind\">Neuroalgebraic report</p>\n");
    nalg_html_raw(page, strlen(title) > LONG_TITLE ? "<h1 class=\"long\"><code>" : "<h1><code>");
    nalg_html_text(page, title);
    nalg_html_raw(page, "</code></h1>\n");
    if (pipeline && strcmp(pipeline, title) != 0) {
        nalg_html_raw(page, "<p class=\"pipeline\">");
        nalg_html_code(page, pipeline);
        nalg_html_raw(page, "</p>\n");
    }
    nalg_html_raw(page, "<dl class=\"tiles\">\n");
    tile_begin(page, "parameters");
    nalg_html_short(page, nalg_json_at(model, "parameters"));
    tile_note(page, "weights and biases");
    tile_end(page);
    if (json_is_object(nalg_json_at(dimension, "result"))) dimension_tiles(page, dimension);
    nalg_html_raw(page, "</dl>\n<p class=\"note\">neuroalg ");
    nalg_html_text(page, nalg_json_string(first, "neuroalg", nalg_version()));
    if (nalg_json_known(nalg_json_at(first, "seed"))) {
        nalg_html_raw(page, ", seed ");
        nalg_html_value(page, nalg_json_at(first, "seed"));
    }
    nalg_html_raw(page, "</p>\n</header>\n");
}

const nalg_report_section nalg_section_header = {"top", NULL, NULL, render};
