/* Reader of polynomial systems: recursive descent, one pass, errors with line and column.
 *
 *   system     = [count newline] ["variables" name... newline] { sum ";" }
 *   sum        = ["+" | "-"] product { ("+" | "-") product }
 *   product    = power { "*" power | "/" power }         divisors must be constants
 *   power      = atom [ ("^" | "**") integer ]
 *   atom       = number | name | "(" sum ")"
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/polynomial_system.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"

#define VARIABLE_LIMIT 1000
#define DEGREE_LIMIT 1000000
#define NESTING_LIMIT 200

typedef struct {
    nalg_ctx *ctx;
    nalg_polynomials *system;
    const char *text;
    size_t length, at;
    bool declared; /* variables were listed */
    int nesting;
    nalg_status status;
} reader;

/* An expression and its degree. */
typedef struct {
    int32_t term;
    size_t degree;
} value;

static void wrong(reader *r, const char *hint, const char *what)
{
    if (r->status != NALG_OK) return;
    size_t line = 1, column = 1;
    char where[64];
    for (size_t i = 0; i < r->at && i < r->length; i++) {
        column++;
        if (r->text[i] == '\n') line++, column = 1;
    }
    snprintf(where, sizeof where, "line %zu, column %zu", line, column);
    r->status = nalg_fail(r->ctx, NALG_E_PARSE, where, hint, "%s", what);
}

static void limit(reader *r, const char *what)
{
    if (r->status == NALG_OK) r->status = nalg_fail(r->ctx, NALG_E_LIMIT, NULL, NULL, "%s", what);
}

/* The next character that is no space or comment, 0 at the end. */
static char look(reader *r)
{
    while (r->at < r->length) {
        char c = r->text[r->at];
        if (c == '#')
            while (r->at < r->length && r->text[r->at] != '\n') r->at++;
        else if (isspace((unsigned char)c)) r->at++;
        else return c ? c : 1;
    }
    return 0;
}

static bool take(reader *r, char c)
{
    if (r->status != NALG_OK || look(r) != c) return false;
    r->at++;
    return true;
}

static bool letter(char c)
{
    return isalpha((unsigned char)c) || c == '_';
}

static size_t name_length(const reader *r)
{
    size_t n = 0;
    while (r->at + n < r->length && (letter(r->text[r->at + n]) || (n && isdigit((unsigned char)r->text[r->at + n])))) n++;
    return n;
}

static size_t find_variable(const reader *r, const char *name, size_t length)
{
    const nalg_polynomials *s = r->system;
    for (size_t i = 0; i < s->variables; i++)
        if (strlen(s->name[i]) == length && !memcmp(s->name[i], name, length)) return i;
    return s->variables;
}

static void add_variable(reader *r, const char *name, size_t length)
{
    nalg_polynomials *s = r->system;
    if (s->variables >= VARIABLE_LIMIT) {
        limit(r, "the system has more than a thousand variables");
        return;
    }
    char *copy = nalg_array(length + 1, 1);
    if (!copy || !nalg_grow((void **)&s->name, &s->name_capacity, s->variables, sizeof *s->name)) {
        free(copy);
        r->status = nalg_fail_memory(r->ctx);
        return;
    }
    memcpy(copy, name, length);
    copy[length] = 0;
    s->name[s->variables++] = copy;
}

static value read_sum(reader *r);

static value read_number(reader *r)
{
    char copy[64], *end;
    size_t n = 0;
    bool exponent = false;
    while (r->at + n < r->length && n + 1 < sizeof copy) {
        char c = r->text[r->at + n];
        bool sign = (c == '+' || c == '-') && n && (copy[n - 1] == 'e' || copy[n - 1] == 'E');
        bool e = (c == 'e' || c == 'E') && !exponent && r->at + n + 1 < r->length &&
                 (isdigit((unsigned char)r->text[r->at + n + 1]) || strchr("+-", r->text[r->at + n + 1]));
        if (!isdigit((unsigned char)c) && c != '.' && !e && !sign) break;
        exponent = exponent || e;
        copy[n++] = c;
    }
    copy[n] = 0;
    double x = strtod(copy, &end);
    if (*end || n + 1 == sizeof copy || end == copy) wrong(r, "write a number such as 12, 0.5 or 1e-3", "this is no number");
    r->at += n;
    return (value){nalg_term_constant(&r->system->terms, x), 0};
}

static value read_name(reader *r)
{
    size_t length = name_length(r), found = find_variable(r, r->text + r->at, length);
    bool unit = length == 1 && (r->text[r->at] == 'i' || r->text[r->at] == 'I');
    if (found == r->system->variables && unit) {
        r->at++;
        return (value){nalg_term_constant(&r->system->terms, CMPLX(0, 1)), 0};
    }
    if (found == r->system->variables && r->declared) {
        wrong(r, "declare it in the line \"variables ...\"", "this name is no variable");
        return (value){r->system->terms.zero, 0};
    }
    if (found == r->system->variables) add_variable(r, r->text + r->at, length);
    r->at += length;
    return (value){nalg_term_variable(&r->system->terms, found), 1};
}

static value read_atom(reader *r)
{
    char c = look(r);
    if (isdigit((unsigned char)c) || c == '.') return read_number(r);
    if (letter(c)) return read_name(r);
    if (c != '(') {
        wrong(r, "write a number, a variable or a bracket", c ? "an expression is missing before this" : "the text ends too early");
        return (value){r->system->terms.zero, 0};
    }
    if (++r->nesting > NESTING_LIMIT) wrong(r, NULL, "brackets are nested too deeply");
    r->at++;
    value v = r->status == NALG_OK ? read_sum(r) : (value){r->system->terms.zero, 0};
    r->nesting--;
    if (r->status == NALG_OK && !take(r, ')')) wrong(r, "write )", "a bracket is not closed");
    return v;
}

static value power(reader *r, value base, size_t exponent)
{
    nalg_terms *t = &r->system->terms;
    value out = {t->one, base.degree * exponent};
    for (int32_t square = base.term; exponent; exponent >>= 1) {
        if (exponent & 1) out.term = nalg_term_multiply(t, out.term, square);
        if (exponent > 1) square = nalg_term_multiply(t, square, square);
    }
    return out;
}

static value read_power(reader *r)
{
    value v = read_atom(r);
    bool stars = r->status == NALG_OK && look(r) == '*' && r->at + 1 < r->length && r->text[r->at + 1] == '*';
    if (stars) r->at += 2;
    else if (!take(r, '^')) return v;
    if (!isdigit((unsigned char)look(r))) {
        wrong(r, "write an exponent such as x^2", "the exponent must be a natural number");
        return v;
    }
    size_t exponent = 0;
    while (r->at < r->length && isdigit((unsigned char)r->text[r->at]) && exponent <= DEGREE_LIMIT)
        exponent = 10 * exponent + (size_t)(r->text[r->at++] - '0');
    if (exponent > DEGREE_LIMIT || v.degree * exponent > DEGREE_LIMIT) {
        limit(r, "the degree is larger than a million");
        return v;
    }
    return power(r, v, exponent);
}

static value read_product(reader *r)
{
    nalg_terms *t = &r->system->terms;
    value v = read_power(r);
    while (r->status == NALG_OK) {
        if (take(r, '*')) {
            value w = read_power(r);
            v = (value){nalg_term_multiply(t, v.term, w.term), v.degree + w.degree};
        } else if (take(r, '/')) {
            value w = read_power(r);
            if (t->failed || r->status != NALG_OK) break;
            if (!nalg_term_is_constant(t, w.term) || nalg_term_value(t, w.term) == 0)
                wrong(r, "multiply the equation by the denominator", "only constants other than 0 can divide");
            else v.term = nalg_term_multiply(t, v.term, nalg_term_inverse(t, w.term));
        } else break;
        if (v.degree > DEGREE_LIMIT) limit(r, "the degree is larger than a million");
    }
    return v;
}

static value read_sum(reader *r)
{
    nalg_terms *t = &r->system->terms;
    value sum = {t->zero, 0};
    bool first = true;
    for (;; first = false) {
        bool minus = take(r, '-');
        if (!minus && !take(r, '+') && !first) break;
        value v = read_product(r);
        if (r->status != NALG_OK) break;
        if (minus) v.term = nalg_term_multiply(t, nalg_term_constant(t, -1), v.term);
        sum.term = nalg_term_add(t, sum.term, v.term);
        if (v.degree > sum.degree) sum.degree = v.degree;
    }
    return sum;
}

/* A first line that holds a count only. */
static void skip_count(reader *r)
{
    look(r);
    size_t i = r->at;
    while (i < r->length && isdigit((unsigned char)r->text[i])) i++;
    if (i == r->at) return;
    while (i < r->length && (r->text[i] == ' ' || r->text[i] == '\t' || r->text[i] == '\r')) i++;
    if (i < r->length && r->text[i] == '\n') r->at = i;
}

static void read_variables(reader *r)
{
    static const char word[] = "variables";
    look(r);
    if (name_length(r) != sizeof word - 1 || memcmp(r->text + r->at, word, sizeof word - 1)) return;
    r->at += sizeof word - 1;
    r->declared = true;
    while (r->status == NALG_OK && r->at < r->length && r->text[r->at] != '\n' && r->text[r->at] != '#') {
        size_t n = name_length(r);
        if (!n && !strchr(" \t\r,", r->text[r->at])) wrong(r, "separate names by spaces", "this is no name");
        else if (n && find_variable(r, r->text + r->at, n) < r->system->variables) wrong(r, NULL, "this variable is declared twice");
        else if (n) add_variable(r, r->text + r->at, n);
        r->at += n ? n : 1;
    }
}

static void read_equation(reader *r)
{
    nalg_polynomials *s = r->system;
    value v = read_sum(r);
    if (r->status != NALG_OK) return;
    if (!take(r, ';')) {
        wrong(r, letter(look(r)) || look(r) == '(' ? "write * between factors" : "end the equation with ;", "this cannot follow here");
        return;
    }
    if (!nalg_grow((void **)&s->equation, &s->equation_capacity, s->count, sizeof *s->equation) ||
        !nalg_grow((void **)&s->degree, &s->degree_capacity, s->count, sizeof *s->degree)) {
        r->status = nalg_fail_memory(r->ctx);
        return;
    }
    s->equation[s->count] = v.term;
    s->degree[s->count++] = v.degree;
}

nalg_status nalg_polynomials_parse(nalg_ctx *ctx, nalg_polynomials **out, const char *text, size_t length)
{
    nalg_polynomials *s = nalg_array_zero(1, sizeof *s);
    reader r = {.ctx = ctx, .system = s, .text = text, .length = length, .status = NALG_OK};
    if (!s || !nalg_terms_init(&s->terms)) {
        nalg_polynomials_free(s);
        return nalg_fail_memory(ctx);
    }
    skip_count(&r);
    read_variables(&r);
    while (r.status == NALG_OK && look(&r)) read_equation(&r);
    if (r.status == NALG_OK && s->terms.failed) r.status = nalg_fail_memory(ctx);
    if (r.status == NALG_OK && (s->count != s->variables || !s->count))
        r.status = nalg_fail(ctx, NALG_E_SHAPE, NULL, "give as many equations as variables", "%zu equations in %zu variables", s->count,
                             s->variables);
    for (size_t i = 0; r.status == NALG_OK && i < s->count; i++)
        if (!s->degree[i]) r.status = nalg_fail(ctx, NALG_E_SHAPE, NULL, NULL, "equation %zu has no variables", i + 1);
    if (r.status != NALG_OK) nalg_polynomials_free(s);
    else *out = s;
    return r.status;
}

void nalg_polynomials_free(nalg_polynomials *system)
{
    if (!system) return;
    for (size_t i = 0; i < system->variables; i++) free(system->name[i]);
    free(system->name);
    free(system->equation);
    free(system->degree);
    nalg_terms_clear(&system->terms);
    free(system);
}

size_t nalg_polynomials_count(const nalg_polynomials *system)
{
    return system->count;
}

const char *nalg_polynomials_variable(const nalg_polynomials *system, size_t index)
{
    return system->name[index];
}

size_t nalg_polynomials_paths(const nalg_polynomials *system)
{
    size_t paths = 1;
    for (size_t i = 0; i < system->count; i++)
        if (!nalg_size_multiply(&paths, paths, system->degree[i])) return SIZE_MAX;
    return paths;
}
