/* Equations as text, and whole results as input of Macaulay2 and Singular.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "geometry/equations_ideal.h"
#include "neuroalg/equations.h"

static void print_factors(const uint16_t *factor, unsigned degree, size_t coordinates, bool starred, nalg_text *out)
{
    for (unsigned k = 0; k < degree;) {
        unsigned power = 1;
        while (k + power < degree && factor[k + power] == factor[k]) power++;
        if (factor[k] < coordinates) {
            nalg_text_format(out, starred ? "*c%u" : "c%u", (unsigned)factor[k]);
            if (power > 1) nalg_text_format(out, "^%u", power);
            starred = true;
        }
        k += power;
    }
}

void nalg_equation_print(const nalg_equation *e, size_t coordinates, nalg_text *out)
{
    fmpz_t size;
    fmpz_init(size);
    for (size_t t = 0; t < e->terms; t++) {
        const uint16_t *factor = e->factor + t * e->degree;
        bool negative = fmpz_sgn(e->coefficient + t) < 0, constant = factor[0] >= coordinates; /* factors do not decrease */
        fmpz_abs(size, e->coefficient + t);
        nalg_text_string(out, t == 0 ? negative ? "-" : "" : negative ? " - " : " + ");
        bool number = constant || !fmpz_is_one(size);
        if (number) {
            char *digits = fmpz_get_str(NULL, 10, size);
            nalg_text_string(out, digits);
            flint_free(digits);
        }
        print_factors(factor, e->degree, coordinates, number, out);
    }
    fmpz_clear(size);
}

/* ---- export ---- */

typedef struct {
    const char *comment, *variable_open, *variable_close, *ideal_open, *ideal_close, *zero;
} syntax;

static const syntax macaulay2 = {"-- ", "c_", "", "I = ideal(\n", ");\n", "  0_R"};
static const syntax singular = {"// ", "c(", ")", "ideal I =\n", ";\n", "  0"};

/* Names such as c12 in the syntax of the system; all else is common to both. */
static void rewrite(const syntax *s, const char *text, nalg_text *out)
{
    for (const char *at = text; *at;) {
        if (*at != 'c') {
            nalg_text_append(out, at++, 1);
            continue;
        }
        size_t digits = strspn(++at, "0123456789");
        nalg_text_string(out, s->variable_open);
        nalg_text_append(out, at, digits);
        nalg_text_string(out, s->variable_close);
        at += digits;
    }
}

/* The text of a document: nothing but printable characters may reach a comment. */
static void append_plain(nalg_text *out, const char *text)
{
    for (; text && *text; text++) nalg_text_append(out, isprint((unsigned char)*text) ? text : "?", 1);
}

static void write_legend(const syntax *s, const json_t *document, nalg_text *out)
{
    size_t i;
    json_t *entry;
    nalg_text_format(out, "%sequations of the closure of: ", s->comment);
    append_plain(out, json_string_value(json_object_get(json_object_get(document, "model"), "pipeline")));
    nalg_text_string(out, "\n");
    json_array_foreach(json_object_get(json_object_get(document, "result"), "coordinates"), i, entry) {
        nalg_text_string(out, s->comment);
        rewrite(s, json_string_value(json_object_get(entry, "name")) ? json_string_value(json_object_get(entry, "name")) : "", out);
        nalg_text_format(out, " = coefficient of ");
        append_plain(out, json_string_value(json_object_get(entry, "monomial")));
        nalg_text_format(out, " in output %lld\n", (long long)json_integer_value(json_object_get(entry, "output")));
    }
}

/* Only what nalg_equation_print writes may go unquoted into another system's input. */
static bool well_formed(const char *equation)
{
    return equation && *equation && strspn(equation, "c0123456789*^+- ") == strlen(equation);
}

nalg_status nalg_equations_export(nalg_ctx *ctx, char **text, const nalg_result *result, const char *format)
{
    const syntax *s = !strcmp(format, "m2") ? &macaulay2 : !strcmp(format, "singular") ? &singular : NULL;
    const json_t *answer = json_object_get(result->document, "result"), *list = json_object_get(answer, "equations");
    size_t variables = json_array_size(json_object_get(answer, "coordinates")), i;
    json_t *entry;
    nalg_text out = {0};
    if (!s) return nalg_fail(ctx, NALG_E_ARGUMENT, "export", "write m2 (Macaulay2) or singular", "unknown format");
    if (!variables || !json_is_array(list)) return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, "give a result of `equations`", "this result has no equations");
    json_array_foreach(list, i, entry)
        if (!well_formed(json_string_value(entry))) return nalg_fail(ctx, NALG_E_PARSE, NULL, "give a result of `equations`", "equation %zu cannot be read", i + 1);
    write_legend(s, result->document, &out);
    if (s == &macaulay2) nalg_text_format(&out, "R = QQ[c_0..c_%zu];\n", variables - 1);
    else nalg_text_format(&out, "ring R = 0,(c(0..%zu)),dp;\n", variables - 1);
    nalg_text_string(&out, s->ideal_open);
    json_array_foreach(list, i, entry) {
        nalg_text_string(&out, i ? ",\n  " : "  ");
        rewrite(s, json_string_value(entry), &out);
    }
    if (json_array_size(list) == 0) nalg_text_string(&out, s->zero);
    nalg_text_string(&out, s->ideal_close);
    char *whole = nalg_text_take(&out);
    if (!whole) return nalg_fail_memory(ctx);
    *text = whole;
    return NALG_OK;
}
