/* Singular points: the subnetworks, how they lie in each other, and (with weights) where the trained network
 * is. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/poset.h"
#include "report/value.h"

static void network(nalg_page *page, const json_t *result)
{
    const json_t *critical = nalg_json_at(result, "critical"), *nearest = nalg_json_at(result, "nearest");
    if (!critical) return;
    nalg_html_heading(page, "The network given");
    nalg_html_paragraph(page, "Where it is: %s.", nalg_json_string(result, "verdict", "not described"));
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "exact rank of the parametrisation", nalg_json_at(result, "jacobian_rank"));
    nalg_html_fact(page, "critical for the parametrisation", critical);
    nalg_html_fact(page, "singular point", nalg_json_at(result, "singular"));
    nalg_html_fact(page, "multiplicity", nalg_json_at(result, "multiplicity"));
    if (json_is_object(nearest)) {
        nalg_html_fact(page, "nearest subnetwork", json_object_get(nearest, "functions"));
        nalg_html_fact(page, "distance, relative to the size of its outputs",
                       json_object_get(nearest, "relative_distance"));
    }
    nalg_html_facts_end(page);
    nalg_html_paragraph(page, "Why: %s. Distance: %s.", nalg_json_string(result, "why", "not known"),
                        nalg_json_string(result, "distance_measure", "not known"));
}

static void gaps(nalg_page *page, const json_t *list)
{
    static const nalg_column columns[] = {{"family", "functions"}, {"reason", "why not"}};
    if (json_array_size(list))
        nalg_html_table(page, "Special functions that were not looked for", list, columns,
                        sizeof columns / sizeof *columns);
}

static void render(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    static const nalg_column columns[] = {{"name", "where the weights are"},
                                          {"functions", "functions"},
                                          {"dimension", "dimension"},
                                          {"jacobian_rank", "rank of d phi"},
                                          {"multiplicity", "multiplicity"},
                                          {"singular", "singular"},
                                          {"kind", "kind"}};
    static const nalg_column realised[] = {
        {"functions", "functions"}, {"in_image", "realised by weights"}, {"image_evidence", "because"}};
    static const nalg_column reasons[] = {{"functions", "functions"},
                                          {"singular_evidence", "known as"},
                                          {"why", "why"},
                                          {"multiplicity_evidence", "multiplicity known as"},
                                          {"multiplicity_source", "from"}};
    nalg_html_raw(page, "<p><strong>Smaller networks are special points.</strong> Of the sets of functions "
                        "that smaller networks inside this one, and limits of networks, represent, ");
    nalg_html_short(page, nalg_json_at(result, "singular_sets"));
    nalg_html_raw(page,
                  " consist of singular points of the function space, where it has corners (cusps) or "
                  "crosses itself (nodes). At a cusp the weights of the smaller network can be critical "
                  "for an open set of data, so that training may end there; at a node they are not.</p>\n");
    network(page, result);
    nalg_poset_figure(page, result);
    nalg_html_table(page, "Subnetworks", nalg_json_at(result, "strata"), columns,
                    sizeof columns / sizeof *columns);
    nalg_html_details_begin(page, "How it is known");
    nalg_html_table(page, "Evidence", nalg_json_at(result, "sets"), reasons,
                    sizeof reasons / sizeof *reasons);
    nalg_html_table(page, "Which are functions of networks", nalg_json_at(result, "sets"), realised,
                    sizeof realised / sizeof *realised);
    nalg_html_details_end(page);
    gaps(page, nalg_json_at(result, "not_searched"));
}

extern const nalg_report_section nalg_section_singular;
const nalg_report_section nalg_section_singular = {"singular", "Which smaller networks are special?",
                                                   "singular", render};
