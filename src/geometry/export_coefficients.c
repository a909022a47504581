/* The parametrisation: the coefficients of the outputs' monomials as polynomials in the weights.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "geometry/export.h"

#define TERMS_PER_CHECKPOINT 1024

typedef struct {
    unsigned *exponent;
    size_t exponent_capacity;
    size_t *output;
    size_t output_capacity;
} coordinate_list;

static void describe(nalg_export_system *s, size_t coordinate, size_t output, const ulong *exponent)
{
    bool first = true;
    nalg_text_format(&s->legend, "y%zu: ", coordinate);
    for (size_t i = 0; i < s->inputs; i++) {
        if (!exponent[i]) continue;
        nalg_text_format(&s->legend, first ? "x%zu" : "*x%zu", i + 1);
        if (exponent[i] > 1) nalg_text_format(&s->legend, "^%lu", exponent[i]);
        first = false;
    }
    nalg_text_format(&s->legend, first ? "1 in output %zu\n" : " in output %zu\n", output + 1);
}

static nalg_status remember(nalg_ctx *ctx, nalg_export_system *s, coordinate_list *list, size_t output, const ulong *exponent)
{
    size_t k = s->coordinates++;
    describe(s, k, output, exponent);
    if (!nalg_grow((void **)&list->output, &list->output_capacity, k, sizeof *list->output)) return nalg_fail_memory(ctx);
    list->output[k] = output;
    for (size_t i = 0; i < s->inputs; i++) {
        if (!nalg_grow((void **)&list->exponent, &list->exponent_capacity, k * s->inputs + i, sizeof *list->exponent)) return nalg_fail_memory(ctx);
        list->exponent[k * s->inputs + i] = (unsigned)exponent[i];
    }
    return NALG_OK;
}

/* Terms of one monomial in the inputs are neighbours in the lexicographic order. */
static nalg_status split(nalg_ctx *ctx, nalg_export_system *s, coordinate_list *list, size_t output, const fmpq_mpoly_struct *f)
{
    ulong *exponent = nalg_array(s->variables, sizeof *exponent), *current = nalg_array_zero(s->inputs, sizeof *current);
    nalg_status status = exponent && current ? NALG_OK : nalg_fail_memory(ctx);
    fmpq_mpoly_struct *coefficient = NULL;
    fmpq_t number;
    fmpq_init(number);
    for (slong i = 0; status == NALG_OK && i < fmpq_mpoly_length(f, s->ring); i++) {
        if (i % TERMS_PER_CHECKPOINT == 0 && (status = nalg_checkpoint(ctx)) != NALG_OK) break;
        fmpq_mpoly_get_term_exp_ui(exponent, f, i, s->ring);
        fmpq_mpoly_get_term_coeff_fmpq(number, f, i, s->ring);
        if (!coefficient || memcmp(exponent, current, s->inputs * sizeof *exponent)) {
            memcpy(current, exponent, s->inputs * sizeof *exponent);
            status = remember(ctx, s, list, output, exponent);
            if (status != NALG_OK || !(coefficient = nalg_export_append(s))) break;
        }
        memset(exponent, 0, s->inputs * sizeof *exponent);
        fmpq_mpoly_push_term_fmpq_ui(coefficient, number, exponent, s->ring);
    }
    if (status == NALG_OK && fmpq_mpoly_length(f, s->ring) && !coefficient) status = nalg_fail_memory(ctx);
    fmpq_clear(number);
    free(exponent);
    free(current);
    return status;
}

nalg_status nalg_export_coefficients(nalg_ctx *ctx, nalg_export_system *s, unsigned **exponents, size_t **outputs)
{
    coordinate_list list = {0};
    fmpq_mpoly_struct *x = nalg_expansion_array(s->inputs, s->ring), *f = nalg_expansion_array(s->outputs, s->ring);
    const fmpq_mpoly_struct *slots[] = {x};
    nalg_status status = x && f ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; x && i < s->inputs; i++) fmpq_mpoly_gen(x + i, (slong)i, s->ring);
    s->expansion.input = slots;
    if (status == NALG_OK) status = nalg_graph_expand(ctx, f, &s->graph, s->output, &s->expansion);
    for (size_t o = 0; status == NALG_OK && o < s->outputs; o++) status = split(ctx, s, &list, o, f + o);
    s->expansion.input = NULL;
    nalg_expansion_array_free(x, s->inputs, s->ring);
    nalg_expansion_array_free(f, s->outputs, s->ring);
    if (status == NALG_OK && exponents) {
        *exponents = list.exponent;
        *outputs = list.output;
    } else {
        free(list.exponent);
        free(list.output);
    }
    return status;
}
