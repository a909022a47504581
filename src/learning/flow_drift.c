/* The laws of `conserved` as sums of monomials in doubles.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_drift.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "learning/conserved_search.h"
#include "learning/conserved_symmetry.h"

#define LAW_DEGREE 2
/* Largest model whose laws are searched and not only taken from symmetries. */
#define SEARCH_PARAMETERS 40

static nalg_status compile(nalg_ctx *ctx, nalg_drift_laws *out, const nalg_laws *laws)
{
    nalg_drift_laws d = {.count = laws->count, .first = nalg_array(laws->count + 1, sizeof *d.first)};
    for (size_t k = 0; k < laws->count; k++) d.terms += laws->item[k].terms;
    d.coefficient = nalg_array(d.terms, sizeof *d.coefficient);
    d.factor = nalg_array(d.terms, NALG_LAW_DEGREE * sizeof *d.factor);
    if (!d.first || !d.coefficient || !d.factor) {
        nalg_drift_laws_clear(&d);
        return nalg_fail_memory(ctx);
    }
    size_t at = 0;
    for (size_t k = 0; k < laws->count; k++) {
        const nalg_law *law = &laws->item[k];
        d.first[k] = at;
        for (size_t i = 0; i < law->terms; i++, at++) {
            d.coefficient[at] = fmpz_get_d(&law->coefficient[i]);
            memcpy(d.factor + at * NALG_LAW_DEGREE, law->monomial[i].factor,
                   NALG_LAW_DEGREE * sizeof *d.factor);
        }
    }
    d.first[laws->count] = at;
    *out = d;
    return NALG_OK;
}

nalg_status nalg_drift_laws_find(nalg_ctx *ctx, nalg_drift_laws *out, const nalg_model *model)
{
    nalg_weight_names names = {0};
    nalg_laws known = {0};
    nalg_law_search found = {0};
    nalg_status status = nalg_weight_names_find(ctx, &names, model);
    if (status == NALG_OK) status = nalg_laws_from_symmetries(ctx, &known, model, &names);
    if (status == NALG_OK && model->parameters <= SEARCH_PARAMETERS) {
        status = nalg_law_search_run(ctx, &found, model, &names, &known, LAW_DEGREE);
        if (status == NALG_E_LIMIT || status == NALG_E_UNSUPPORTED) status = NALG_OK;
    }
    if (status == NALG_OK) status = compile(ctx, out, found.laws.count ? &found.laws : &known);
    nalg_law_search_clear(&found);
    nalg_laws_clear(&known);
    nalg_weight_names_clear(&names);
    return status;
}

void nalg_drift_laws_clear(nalg_drift_laws *laws)
{
    free(laws->first);
    free(laws->coefficient);
    free(laws->factor);
    *laws = (nalg_drift_laws){0};
}

void nalg_drift_values(const nalg_drift_laws *laws, double *value, double *size, const double *w)
{
    for (size_t k = 0; k < laws->count; k++) {
        value[k] = size[k] = 0;
        for (size_t i = laws->first[k]; i < laws->first[k + 1]; i++) {
            const uint32_t *factor = laws->factor + i * NALG_LAW_DEGREE;
            double term = laws->coefficient[i];
            for (size_t j = 0; j < NALG_LAW_DEGREE && factor[j] != NALG_NO_FACTOR; j++) term *= w[factor[j]];
            value[k] += term;
            size[k] += fabs(term);
        }
    }
}

double nalg_drift_between(const nalg_drift_laws *laws, const double *value, const double *size,
                          const double *other, const double *other_size)
{
    double most = 0;
    for (size_t k = 0; k < laws->count; k++)
        most = fmax(most, fabs(other[k] - value[k]) / fmax(1e-300, fmax(size[k], other_size[k])));
    return most;
}
