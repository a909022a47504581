/* A model as a row of boxes. Every step (an arrow with the shape on it, then a box) is one small SVG in a flexible row, so that
 * the browser breaks the row where the screen ends and the drawing needs no script.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/diagram.h"
#include "report/value.h"
#include <stdint.h>
#include <string.h>

#define HEIGHT 76
#define BOX_TOP 12
#define BOX_HEIGHT 52
#define MIDDLE (BOX_TOP + BOX_HEIGHT / 2)
#define GLYPH_WIDTH 7.4    /* of the labels, a little more than 12 px monospace needs */
#define MOST_GLYPHS 30     /* of a label; the table below the drawing has the whole text */
#define ARROW_MIN_WIDTH 44
#define FIRST_LAYERS 24    /* a deeper network is drawn without its middle */
#define LAST_LAYERS 12

/* Characters of UTF-8 text. */
static size_t glyphs(const char *text)
{
    size_t count = 0;
    for (; *text; text++) count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

/* The text, or its beginning and an ellipsis. */
static void shorten(nalg_buffer *out, const char *text)
{
    const char *end = text;
    bool cut = glyphs(text) > MOST_GLYPHS;
    for (size_t count = 0; *end && (!cut || count < MOST_GLYPHS - 1); count++) {
        end++;
        while (((unsigned char)*end & 0xC0) == 0x80) end++;
    }
    nalg_buffer_append(out, text, (size_t)(end - text));
    if (cut) nalg_buffer_text(out, "\xE2\x80\xA6");
}

static int text_width(const char *text)
{
    return (int)((double)glyphs(text) * GLYPH_WIDTH + 0.5);
}

static void arrow(nalg_page *page, const char *shape, int width)
{
    nalg_buffer_format(&page->out, "<path class=\"arrow\" d=\"M2 %dH%d\"/><path class=\"tip\" d=\"M%d %dl-7 -4v8z\"/>",
                       MIDDLE, width - 8, width - 2, MIDDLE);
    nalg_html_svg_text(page, width / 2.0 - 2, MIDDLE - 7, "shape", shape);
}

/* One step: an arrow that carries `shape` (NULL for none), then a box with a title and a line below it (may be empty). */
static void step(nalg_page *page, const char *shape, const char *style, const char *title, const char *below)
{
    nalg_buffer label = {0}, name = {0};
    shorten(&name, title);
    const char *shown = nalg_buffer_content(&name);
    int first = text_width(shown), second = text_width(below), arrow_width = shape ? text_width(shape) + 16 : 0;
    int box = (first > second ? first : second) + 22;
    if (shape && arrow_width < ARROW_MIN_WIDTH) arrow_width = ARROW_MIN_WIDTH;
    nalg_buffer_format(&label, "%s%s%s%s%s", shape ? shape : "", shape ? " to " : "", title, *below ? ", " : "", below);
    nalg_html_raw(page, "<li>");
    nalg_html_svg_begin(page, nalg_buffer_content(&label), arrow_width + box + 2, HEIGHT);
    if (shape) arrow(page, shape, arrow_width);
    nalg_buffer_format(&page->out, "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"%d\"/>", style,
                       arrow_width + 1, BOX_TOP, box, BOX_HEIGHT, strcmp(style, "map") ? BOX_HEIGHT / 2 : 6);
    double centre = arrow_width + 1 + box / 2.0;
    nalg_html_svg_text(page, centre, MIDDLE + (*below ? -3 : 4), "kind", shown);
    if (*below) nalg_html_svg_text(page, centre, MIDDLE + 15, "below", below);
    nalg_html_svg_end(page);
    nalg_html_raw(page, "</li>\n");
    page->out.failed |= label.failed || name.failed;
    nalg_buffer_clear(&label);
    nalg_buffer_clear(&name);
}

static void layer_step(nalg_page *page, const json_t *layer, const char *shape)
{
    nalg_buffer below = {0};
    const json_t *parameters = json_object_get(layer, "parameters");
    double number = 0;
    bool has = nalg_json_number(parameters, &number) && number != 0;
    if (has) {
        nalg_buffer digits = {0};
        nalg_json_text(&digits, parameters, 1);
        nalg_buffer_grouped(&below, nalg_buffer_content(&digits));
        nalg_buffer_text(&below, number == 1 ? " parameter" : " parameters");
        page->out.failed |= digits.failed;
        nalg_buffer_clear(&digits);
    }
    step(page, shape, has ? "map" : "fixed", nalg_json_string(layer, "kind", "unknown"), nalg_buffer_content(&below));
    page->out.failed |= below.failed;
    nalg_buffer_clear(&below);
}

static void skipped_step(nalg_page *page, size_t count)
{
    nalg_buffer text = {0};
    nalg_buffer_format(&text, "%zu more layers", count);
    step(page, "\xE2\x80\xA6", "fixed", nalg_buffer_content(&text), "");
    page->out.failed |= text.failed;
    nalg_buffer_clear(&text);
}

static void shape_into(nalg_page *page, nalg_buffer *text, const json_t *shape)
{
    text->length = 0;
    nalg_shape_text(text, shape, "\xC3\x97");
    page->out.failed |= text->failed;
}

void nalg_html_diagram(nalg_page *page, const json_t *result)
{
    const json_t *layers = json_object_get(result, "layers");
    size_t count = json_array_size(layers);
    if (!count) return;
    bool starts_with_input = !strncmp(nalg_json_string(json_array_get(layers, 0), "kind", ""), "input", 5);
    bool long_model = count > FIRST_LAYERS + LAST_LAYERS + 1;
    nalg_buffer shape = {0};
    nalg_html_raw(page, "<ol class=\"diagram\" aria-label=\"The layers of the model\">\n");
    step(page, NULL, "fixed", "input", "");
    for (size_t i = starts_with_input; i < count; i++) {
        const json_t *layer = json_array_get(layers, i);
        if (long_model && i == FIRST_LAYERS) {
            skipped_step(page, count - LAST_LAYERS - FIRST_LAYERS);
            i = count - LAST_LAYERS;
            layer = json_array_get(layers, i);
        }
        shape_into(page, &shape, json_object_get(layer, "input_shape"));
        layer_step(page, layer, nalg_buffer_content(&shape));
    }
    const json_t *output = json_object_get(result, "output_shape");
    shape_into(page, &shape, output ? output : json_object_get(json_array_get(layers, count - 1), "output_shape"));
    step(page, nalg_buffer_content(&shape), "fixed", "output", "");
    nalg_html_raw(page, "</ol>\n");
    nalg_buffer_clear(&shape);
}
