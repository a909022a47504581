/* The model card: what is known about the model on one screen, each line with how it is known. Lines whose
 * command was not run are left out. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/section.h"
#include "report/value.h"
#include "report/evidence.h"
#include <string.h>

/* A badge for evidence that stands inside a result. */
static void badge(nalg_page *page, const json_t *evidence)
{
    json_t *document = json_object();
    if (!document || json_object_set(document, "evidence", (json_t *)(evidence ? evidence : json_null())))
        page->out.failed = true;
    else
        nalg_html_badge(page, document);
    json_decref(document);
}

static void badge_of_status(nalg_page *page, const char *status)
{
    json_t *evidence = json_pack("{s:s}", "status", status);
    if (!evidence)
        page->out.failed = true;
    else
        badge(page, evidence);
    json_decref(evidence);
}

static void line_end(nalg_page *page, const json_t *document)
{
    nalg_html_raw(page, " ");
    nalg_html_badge(page, document);
    nalg_html_fact_end(page);
}

/* ---- lines ---- */

static void parameters_line(nalg_page *page, const json_t *model)
{
    nalg_html_fact_begin(page, "parameters");
    nalg_html_value(page, nalg_json_at(model, "parameters"));
    nalg_html_raw(page, " ");
    badge_of_status(page, "proved");
    nalg_html_fact_end(page);
}

static double known_symmetries(const json_t *result)
{
    double sum = 0, dimension;
    size_t i;
    const json_t *row;
    json_array_foreach(nalg_json_at(result, "symmetries"), i, row) sum +=
        nalg_json_number(json_object_get(row, "dimension"), &dimension) ? dimension : 0;
    return sum;
}

static void count(nalg_page *page, double number, const char *one, const char *many)
{
    nalg_html_number(page, number);
    nalg_html_raw(page, " ");
    nalg_html_text(page, number == 1 ? one : many);
}

static void dimension_lines(nalg_page *page, const json_t *document)
{
    const json_t *result = nalg_json_at(document, "result");
    double d, p, bound;
    if (!nalg_json_number(nalg_json_at(result, "dimension"), &d) ||
        !nalg_json_number(nalg_json_at(result, "parameters"), &p))
        return;
    nalg_html_fact_begin(page, "dimension");
    nalg_html_number(page, d);
    if (json_is_true(nalg_json_at(result, "filling"))) nalg_html_raw(page, ", all of the ambient space");
    line_end(page, document);
    nalg_html_fact_begin(page, "wasted parameters");
    nalg_html_number(page, p - d);
    nalg_html_format(page, p > d && p > 0 ? " of %.0f (%.0f %%): directions that change nothing" : " of %.0f",
                     p, 100 * (p - d) / p);
    line_end(page, document);
    double explained = known_symmetries(result);
    nalg_html_fact_begin(page, "symmetries");
    if (explained == 0)
        nalg_html_raw(page, "none known that are continuous");
    else
        count(page, explained, "dimension of known ones", "dimensions of known ones");
    if (p - d > explained) {
        nalg_html_raw(page, "; ");
        count(page, p - d - explained, "wasted direction is", "wasted directions are");
        nalg_html_raw(page, " explained by none");
    }
    nalg_html_raw(page, " ");
    badge_of_status(page, "proved");
    nalg_html_fact_end(page);
    if (nalg_json_number(nalg_json_at(result, "upper_bound"), &bound) && bound > d)
        nalg_html_fact_text(page, "proved range of the dimension", "%.0f to %.0f", d, bound);
}

static void identifiability_line(nalg_page *page, const json_t *fiber, const json_t *dim)
{
    const char *verdict = nalg_json_string(fiber, "result.verdict", NULL);
    double lost;
    if (!verdict && !nalg_json_number(nalg_json_at(dim, "result.fiber_dimension"), &lost)) return;
    nalg_html_fact_begin(page, "identifiability");
    if (verdict)
        nalg_html_text(page, verdict);
    else if (lost == 0)
        nalg_html_raw(page, "finitely many weights have a generic function in common");
    else {
        nalg_html_raw(page, "weights with the same function come in families of ");
        count(page, lost, "dimension", "dimensions");
    }
    line_end(page, verdict ? fiber : dim);
}

/* At the weights of a trained network. */
static void local_line(nalg_page *page, const json_t *dim)
{
    const json_t *result = nalg_json_at(dim, "result");
    const char *verdict = nalg_json_string(result, "local_identifiability", NULL);
    if (!nalg_json_known(nalg_json_at(result, "local_dimension"))) return;
    nalg_html_fact_begin(page, "at these weights");
    nalg_html_raw(page, "rank ");
    nalg_html_value(page, nalg_json_at(result, "local_dimension"));
    if (verdict) nalg_html_raw(page, "; ");
    if (verdict) nalg_html_text(page, verdict);
    nalg_html_raw(page, " ");
    badge(page, nalg_json_at(result, "local_evidence"));
    nalg_html_fact_end(page);
}

/* A number of another command, where it is known. */
static void number_line(nalg_page *page, const char *command, const char *key, const char *term,
                        const char *after)
{
    const json_t *document = nalg_page_document(page, command),
                 *value = nalg_json_at(nalg_json_at(document, "result"), key);
    if (!nalg_json_known(value)) return;
    nalg_html_fact_begin(page, term);
    nalg_html_short(page, value);
    nalg_html_text(page, after);
    line_end(page, document);
}

/* A distance found by descent: known as well as the document, not as the verdict on the function. */
static void nearest_line(nalg_page *page, const json_t *document, const char *near)
{
    double distance;
    nalg_html_fact_begin(page, "nearest subnetworks");
    nalg_html_text(page, near);
    if (nalg_json_number(nalg_json_at(document, "result.nearest.relative_distance"), &distance))
        nalg_html_format(page, " at a relative distance of %.2g", distance);
    line_end(page, document);
}

static void singular_line(nalg_page *page)
{
    const json_t *document = nalg_page_document(page, "singular"), *result = nalg_json_at(document, "result"),
                 *here = nalg_json_at(result, "singular");
    const char *near = nalg_json_string(result, "nearest.functions", NULL);
    if (!document || (!here && !near)) return;
    nalg_html_fact_begin(page, "subnetworks");
    if (json_is_boolean(here))
        nalg_html_raw(page, json_is_true(here) ? "a singular point of the function space"
                                               : "a smooth point of the function space");
    else
        nalg_html_raw(page, "whether the function is a singular point is not known");
    nalg_html_raw(page, " ");
    badge_of_status(page, nalg_json_string(result, "singular_evidence", "unknown"));
    nalg_html_fact_end(page);
    if (near) nearest_line(page, document, near);
}

static void source_lines(nalg_page *page, const json_t *model)
{
    const json_t *source = nalg_json_at(model, "source"), *notes = nalg_json_at(source, "notes"),
                 *constants = nalg_json_at(source, "constants"), *note;
    const char *producer = nalg_json_string(source, "producer", NULL);
    size_t i;
    if (!json_is_object(source)) return;
    nalg_html_fact_text(page, "read from", "%s%s%s", nalg_json_string(source, "format", "a file"),
                        producer ? ", written by " : "", producer ? producer : "");
    if (json_array_size(constants)) nalg_html_fact(page, "not trained", constants);
    json_array_foreach(notes, i, note)
    {
        if (json_is_string(note)) nalg_html_fact_text(page, "note", "%s", json_string_value(note));
    }
}

static void render(nalg_page *page, const json_t *document)
{
    (void)document;
    const json_t *first = page->document_count ? page->documents[0] : NULL,
                 *model = nalg_json_at(first, "model");
    const json_t *dim = nalg_page_document(page, "dim"), *fiber = nalg_page_document(page, "fiber");
    nalg_html_facts_begin(page);
    parameters_line(page, model);
    dimension_lines(page, dim);
    identifiability_line(page, fiber, dim);
    local_line(page, dim);
    number_line(page, "degree", "degree", "degree",
                ": functions through as many generic points as there are dimensions");
    number_line(page, "critical", "ed_degree", "critical points of the loss", " over the complex numbers");
    number_line(page, "conserved", "independent", "conserved by gradient flow", " independent quantities");
    number_line(page, "rlct", "lambda", "learning coefficient", "");
    number_line(page, "bounds", "samples_to_identify", "samples that identify it",
                " noise-free measurements");
    singular_line(page);
    source_lines(page, model);
    nalg_html_facts_end(page);
    nalg_html_note(page, "Each line says how it is known; the sections below say more.");
}

const nalg_report_section nalg_section_card = {"card", "Model card", NULL, render};
