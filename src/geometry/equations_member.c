/* Membership: the coordinates of the function over the rationals, then the coordinates that vanish, the linear relations and the
 * equations, each exactly. The first that fails excludes the function.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_member.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/equations_polynomial.h"

typedef struct {
    nalg_ctx *ctx;
    const nalg_coordinates *c;
    fmpq *value; /* present_count */
    nalg_membership *out;
} target;

static void exclude(target *t, const char *reason)
{
    if (t->out->answer == NALG_FALSE) return;
    t->out->answer = NALG_FALSE;
    snprintf(t->out->reason, sizeof t->out->reason, "%s", reason);
}

/* The name of a monomial in a sentence. */
static void exclude_monomial(target *t, size_t output, const uint16_t *exponent)
{
    char text[200];
    nalg_text name = {0};
    for (size_t i = 0; i < t->c->inputs; i++)
        if (exponent[i]) nalg_text_format(&name, name.length ? "*x%zu^%u" : "x%zu^%u", i + 1, (unsigned)exponent[i]);
    char *monomial = nalg_text_take(&name);
    snprintf(text, sizeof text, "no function of the model has the monomial %.100s in output %zu", monomial && *monomial ? monomial : "1", output + 1);
    free(monomial);
    exclude(t, text);
}

static nalg_status read_line(target *t, const char *text, size_t length, size_t output, size_t line)
{
    nalg_input_polynomial p;
    nalg_status status = nalg_input_polynomial_parse(t->ctx, &p, text, length, t->c->inputs, line);
    if (status != NALG_OK) return status;
    for (size_t k = 0; k < p.count; k++) {
        size_t at = nalg_coordinates_lookup(t->c, output, p.exponent + k * t->c->inputs);
        if (at == SIZE_MAX) exclude_monomial(t, output, p.exponent + k * t->c->inputs);
        else fmpq_set(t->value + at, p.coefficient + k);
    }
    nalg_input_polynomial_clear(&p);
    return NALG_OK;
}

static bool blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length && text[i] != '#'; i++)
        if (!isspace((unsigned char)text[i])) return false;
    return true;
}

static nalg_status read_function(target *t, const char *text, size_t length)
{
    size_t outputs = 0, line = 0;
    char where[40];
    while (length) {
        const char *end = memchr(text, '\n', length);
        size_t size = end ? (size_t)(end - text) : length;
        line++;
        if (!blank(text, size)) {
            const char *comment = memchr(text, '#', size);
            nalg_status status = outputs < t->c->outputs ? read_line(t, text, comment ? (size_t)(comment - text) : size, outputs, line) : NALG_OK;
            if (status != NALG_OK) return status;
            outputs++;
        }
        text += size + (end != NULL);
        length -= size + (end != NULL);
    }
    if (outputs == t->c->outputs) return NALG_OK;
    snprintf(where, sizeof where, "line %zu", line);
    return nalg_fail(t->ctx, NALG_E_PARSE, where, "write one polynomial in x1, x2, ... on a line for each output", "the function has %zu lines, the model has %zu outputs", outputs,
                     t->c->outputs);
}

static bool relation_holds(const target *t, size_t relation)
{
    const nalg_coordinates *c = t->c;
    fmpq_t sum;
    fmpq_init(sum);
    for (size_t k = 0; k < c->count; k++) fmpq_addmul(sum, c->relation + relation * c->count + k, t->value + c->independent[k]);
    bool holds = fmpq_equal(sum, t->value + c->dependent[relation]);
    fmpq_clear(sum);
    return holds;
}

static bool equation_holds(const target *t, const nalg_equation *e)
{
    const nalg_coordinates *c = t->c;
    fmpq_t sum, product;
    fmpq_init(sum);
    fmpq_init(product);
    for (size_t k = 0; k < e->terms; k++) {
        fmpq_set_fmpz(product, e->coefficient + k);
        for (unsigned l = 0; l < e->degree; l++) {
            size_t variable = e->factor[k * e->degree + l];
            if (variable < c->count) fmpq_mul(product, product, t->value + c->independent[variable]);
        }
        fmpq_add(sum, sum, product);
    }
    bool holds = fmpq_is_zero(sum);
    fmpq_clear(sum);
    fmpq_clear(product);
    return holds;
}

static void test(target *t, const nalg_ideal *ideal, bool complete)
{
    char text[120];
    for (size_t k = 0; k < t->c->dependent_count && t->out->answer != NALG_FALSE; k++)
        if (!relation_holds(t, k)) {
            snprintf(text, sizeof text, "the linear relation d%zu = ... does not hold", k);
            exclude(t, text);
        }
    for (size_t e = 0; e < ideal->count && t->out->answer != NALG_FALSE; e++)
        if (!equation_holds(t, &ideal->equation[e])) {
            snprintf(text, sizeof text, "equation %zu does not hold", e + 1);
            exclude(t, text);
        }
    if (t->out->answer == NALG_FALSE) return;
    t->out->answer = complete ? NALG_TRUE : NALG_UNKNOWN;
    snprintf(t->out->reason, sizeof t->out->reason, "%s",
             complete ? "all equations hold, and they cut out the closure" : "no equation found excludes it; equations of higher degree may");
}

nalg_status nalg_equations_member(nalg_membership *out, const nalg_ideal *ideal, bool complete, const char *text, size_t length)
{
    target t = {.ctx = ideal->ctx, .c = ideal->coordinates, .out = out, .value = nalg_array_zero(ideal->coordinates->present_count, sizeof(fmpq))};
    if (!t.value) return nalg_fail_memory(ideal->ctx);
    *out = (nalg_membership){.answer = NALG_UNKNOWN};
    for (size_t k = 0; k < t.c->present_count; k++) fmpq_init(t.value + k);
    nalg_status status = read_function(&t, text, length);
    if (status == NALG_OK) test(&t, ideal, complete);
    for (size_t k = 0; k < t.c->present_count; k++) fmpq_clear(t.value + k);
    free(t.value);
    return status;
}
