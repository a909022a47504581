/* The loss landscape on data: critical points by loss and index.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "report/section.h"
#include <string.h>
#include "report/value.h"

#define PICTURE_HEIGHT 320

static json_t *dots(const json_t *list, const char *kind, const char *colour)
{
    json_t *data = json_array();
    const json_t *point;
    size_t i;
    json_array_foreach(list, i, point)
    {
        double loss, index;
        const char *name = json_string_value(nalg_json_at(point, "kind"));
        if (name && !strcmp(name, kind) && nalg_json_number(nalg_json_at(point, "loss"), &loss) &&
            nalg_json_number(nalg_json_at(point, "index"), &index))
            json_array_append_new(data, json_pack("{s:f, s:f}", "x", index, "y", loss));
    }
    return json_pack("{s:o, s:s, s:s, s:i, s:s}", "data", data, "borderColor", colour, "backgroundColor",
                     colour, "pointRadius", 5, "label", kind);
}

static json_t *axis(const char *title)
{
    return json_pack("{s:s, s:{s:b, s:s}, s:{s:i}}", "type", "linear", "title", "display", 1, "text", title,
                     "ticks", "precision", 0);
}

static json_t *picture(const json_t *list)
{
    json_t *sets =
        json_pack("[o, o]", dots(list, "pure", "var(--series)"), dots(list, "spurious", "var(--accent)"));
    return json_pack("{s:s, s:{s:o}, s:{s:b, s:{s:o, s:o}}}", "type", "scatter", "data", "datasets", sets,
                     "options", "animation", 0, "scales", "x",
                     axis("index: directions in which the loss falls"), "y",
                     axis("loss, sum over the samples"));
}

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column columns[] = {{"loss", "loss"}, {"index", "index"},   {"minimum", "minimum"},
                                          {"kind", "kind"}, {"stratum", "where"}, {"certified", "certified"}};
    const json_t *result = nalg_json_at(document, "result"), *list = nalg_json_at(result, "critical_points"),
                 *remark;
    size_t i;
    nalg_html_raw(page,
                  "<p>Training can come to rest only at the critical points of the loss. Those of index 1 or "
                  "more are saddles, which the flow passes; the column minimum says which of index 0 are "
                  "minima. A spurious point is critical only because of how weights make functions, as "
                  "where a part of the network has died.</p>\n");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "least loss", nalg_json_at(result, "global_minimum.loss"));
    nalg_html_fact(page, "minima", nalg_json_at(result, "minima"));
    nalg_html_fact(page, "real critical functions", nalg_json_at(result, "count_real"));
    nalg_html_fact(page, "complex ones", nalg_json_at(result, "count_complex"));
    nalg_html_fact(page, "spurious points listed", nalg_json_at(result, "count_spurious"));
    nalg_html_facts_end(page);
    json_array_foreach(nalg_json_at(result, "remarks"), i, remark) if (json_string_value(remark))
        nalg_html_note(page, "%s.", json_string_value(remark));
    if (!json_array_size(list)) return;
    nalg_html_chart_begin(page, "Loss of the real critical points over their index", picture(list),
                          PICTURE_HEIGHT);
    nalg_html_table(page, "real critical points", list, columns, 6);
    nalg_html_chart_end(page);
}

const nalg_report_section nalg_section_landscape = {"landscape", "The loss landscape on the data",
                                                    "landscape", render};
