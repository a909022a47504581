/* Implicit bias: which subnetworks attract nearest functions and trained networks.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"

#define MOST_BARS 24

/* Shares as bars, in the order of the strata. */
static void bars(nalg_page *page, const char *label, const json_t *strata, const char *key)
{
    nalg_bar bar[MOST_BARS];
    size_t count = 0;
    for (size_t i = 0; i < json_array_size(strata) && count < MOST_BARS; i++) {
        const json_t *row = json_array_get(strata, i);
        bar[count++] = (nalg_bar){nalg_json_string(row, "name", "subnetwork"), nalg_json_at(row, key), false};
    }
    nalg_html_bars(page, label, bar, count);
}

static void render(nalg_page *page, const json_t *document)
{
    static const nalg_column trained[] = {{"name", "subnetwork"},
                                          {"codimension", "codimension"},
                                          {"share", "share of trained networks"},
                                          {"low", "from"},
                                          {"high", "to"},
                                          {"exposed", "critical for a full set of targets"}};
    static const nalg_column nearest[] = {{"name", "subnetwork"},
                                          {"codimension", "codimension"},
                                          {"nearest_share", "share of nearest functions"},
                                          {"nearest_low", "from"},
                                          {"nearest_high", "to"},
                                          {"normal_dimension", "dimension of the normal cone"},
                                          {"can_be_nearest", "can be nearest to a full set"}};
    static const nalg_column limits[] = {{"name", "limits of networks"},
                                         {"codimension", "codimension"},
                                         {"nearest_share", "share of nearest functions"},
                                         {"nearest_low", "from"},
                                         {"nearest_high", "to"}};
    static const nalg_column disagreements[] = {{"target", "target"}, {"reason", "reason"}};
    const json_t *result = nalg_json_at(document, "result"), *strata = nalg_json_at(result, "strata");
    nalg_html_paragraph(page, "Training can end in a smaller network inside this one: some of its units then "
                              "do nothing, although they are there. The shares "
                              "below say how often that happens for random targets, and how often the "
                              "smaller network really is the best fit.");
    nalg_html_facts_begin(page);
    nalg_html_fact(page, "random targets", nalg_json_at(result, "targets"));
    nalg_html_fact(page, "norm", nalg_json_at(result, "metric"));
    nalg_html_fact(page, "mean squared distance of the best fit, relative to the targets",
                   nalg_json_at(result, "nearest_distance"));
    nalg_html_fact(page, "the same of trained networks", nalg_json_at(result, "trained_distance"));
    nalg_html_fact(page, "trained networks much worse than the best fit",
                   nalg_json_at(result, "trained_much_worse"));
    nalg_html_facts_end(page);
    bars(page, "Share of trained networks that end in each subnetwork", strata, "share");
    nalg_html_table(page, "where gradient flow ends, with intervals of 95 %", strata, trained,
                    sizeof trained / sizeof *trained);
    nalg_html_table(page, "where the nearest function lies, with intervals of 95 %", strata, nearest,
                    sizeof nearest / sizeof *nearest);
    if (json_array_size(nalg_json_at(result, "limits")))
        nalg_html_table(page, "nearest functions that no weights attain", nalg_json_at(result, "limits"),
                        limits, sizeof limits / sizeof *limits);
    const json_t *open = nalg_json_at(result, "critical_points.disagreements");
    if (json_array_size(open))
        nalg_html_table(page, "targets on which descent and all critical points do not agree", open,
                        disagreements, sizeof disagreements / sizeof *disagreements);
}

const nalg_report_section nalg_section_bias = {"bias", "Implicit bias", "bias", render};
