/* Hash-consed scalar expressions and their gradients.
 * Source: Griewank-Walther, Evaluating Derivatives (2008), chapter 3 (reverse mode).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "track/expression.h"
#include <string.h>
#include "core/memory.h"

#define TABLE_START 1024

static uint64_t hash_term(nalg_term_kind kind, uint64_t a, uint64_t b)
{
    uint64_t h = (a * UINT64_C(0x9e3779b97f4a7c15) ^ b) * UINT64_C(0xbf58476d1ce4e5b9) + (uint64_t)kind;
    h = (h ^ (h >> 29)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 32);
}

static uint64_t bits_of(double x)
{
    uint64_t bits;
    x += 0.0; /* -0 and 0 are one constant */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static uint64_t hash_of(const nalg_terms *t, const nalg_term *v)
{
    if (v->kind != NALG_TERM_CONSTANT) return hash_term(v->kind, (uint64_t)v->a, (uint64_t)v->b);
    double complex value = t->constant[v->a];
    return hash_term(v->kind, bits_of(creal(value)), bits_of(cimag(value)));
}

static bool same(const nalg_terms *t, const nalg_term *x, nalg_term_kind kind, int32_t a, int32_t b, double complex value)
{
    if (x->kind != kind) return false;
    if (kind != NALG_TERM_CONSTANT) return x->a == a && x->b == b;
    double complex other = t->constant[x->a];
    return creal(other) == creal(value) && cimag(other) == cimag(value);
}

static bool grow_table(nalg_terms *t)
{
    size_t size = t->table_size ? 2 * t->table_size : TABLE_START;
    int32_t *table = nalg_array(size, sizeof *table);
    if (!table) return false;
    for (size_t i = 0; i < size; i++) table[i] = NALG_NO_TERM;
    for (size_t i = 0; i < t->count; i++) {
        size_t at = (size_t)hash_of(t, &t->term[i]) & (size - 1);
        while (table[at] >= 0) at = (at + 1) & (size - 1);
        table[at] = (int32_t)i;
    }
    free(t->table);
    t->table = table;
    t->table_size = size;
    return true;
}

/* The term with these contents, made if new. */
static int32_t intern(nalg_terms *t, nalg_term_kind kind, int32_t a, int32_t b, double complex value)
{
    if (t->failed) return NALG_NO_TERM;
    bool constant = kind == NALG_TERM_CONSTANT;
    uint64_t hash = constant ? hash_term(kind, bits_of(creal(value)), bits_of(cimag(value)))
                             : hash_term(kind, (uint64_t)a, (uint64_t)b);
    size_t at = (size_t)hash & (t->table_size - 1);
    for (; t->table[at] >= 0; at = (at + 1) & (t->table_size - 1))
        if (same(t, &t->term[t->table[at]], kind, a, b, value)) return t->table[at];
    t->failed = t->count >= INT32_MAX / 2 || !nalg_grow((void **)&t->term, &t->capacity, t->count, sizeof *t->term) ||
                (constant &&
                 !nalg_grow((void **)&t->constant, &t->constant_capacity, t->constant_count, sizeof *t->constant));
    if (t->failed) return NALG_NO_TERM;
    if (constant) {
        a = (int32_t)t->constant_count;
        t->constant[t->constant_count++] = value;
    }
    t->table[at] = (int32_t)t->count;
    t->term[t->count++] = (nalg_term){kind, a, b};
    if (2 * t->count > t->table_size && !grow_table(t)) t->failed = true;
    return (int32_t)t->count - 1;
}

bool nalg_terms_init(nalg_terms *t)
{
    memset(t, 0, sizeof *t);
    t->failed = !grow_table(t);
    t->zero = nalg_term_constant(t, 0);
    t->one = nalg_term_constant(t, 1);
    return !t->failed;
}

void nalg_terms_clear(nalg_terms *t)
{
    free(t->term);
    free(t->constant);
    free(t->table);
    memset(t, 0, sizeof *t);
}

int32_t nalg_term_constant(nalg_terms *t, double complex value)
{
    return intern(t, NALG_TERM_CONSTANT, 0, 0, value);
}

int32_t nalg_term_variable(nalg_terms *t, size_t number)
{
    return intern(t, NALG_TERM_VARIABLE, (int32_t)number, 0, 0);
}

static void order(int32_t *a, int32_t *b)
{
    if (*a <= *b) return;
    int32_t c = *a;
    *a = *b;
    *b = c;
}

int32_t nalg_term_add(nalg_terms *t, int32_t a, int32_t b)
{
    if (a < 0 || b < 0) return NALG_NO_TERM;
    if (a == t->zero) return b;
    if (b == t->zero) return a;
    if (nalg_term_is_constant(t, a) && nalg_term_is_constant(t, b))
        return nalg_term_constant(t, nalg_term_value(t, a) + nalg_term_value(t, b));
    order(&a, &b);
    return intern(t, NALG_TERM_ADD, a, b, 0);
}

/* Constants are kept as the left factor and merged: c (d x) = (c d) x. */
int32_t nalg_term_multiply(nalg_terms *t, int32_t a, int32_t b)
{
    if (a < 0 || b < 0) return NALG_NO_TERM;
    if (a == t->zero || b == t->zero) return t->zero;
    if (a == t->one) return b;
    if (b == t->one) return a;
    if (nalg_term_is_constant(t, a) && nalg_term_is_constant(t, b))
        return nalg_term_constant(t, nalg_term_value(t, a) * nalg_term_value(t, b));
    if (nalg_term_is_constant(t, b)) return nalg_term_multiply(t, b, a);
    nalg_term y = t->term[b];
    if (y.kind == NALG_TERM_MULTIPLY && nalg_term_is_constant(t, y.a)) {
        if (nalg_term_is_constant(t, a)) {
            int32_t product = nalg_term_constant(t, nalg_term_value(t, a) * nalg_term_value(t, y.a));
            return nalg_term_multiply(t, product, y.b);
        }
        return nalg_term_multiply(t, y.a, nalg_term_multiply(t, a, y.b));
    }
    nalg_term x = t->term[a];
    if (x.kind == NALG_TERM_MULTIPLY && nalg_term_is_constant(t, x.a))
        return nalg_term_multiply(t, x.a, nalg_term_multiply(t, x.b, b));
    if (!nalg_term_is_constant(t, a)) order(&a, &b);
    return intern(t, NALG_TERM_MULTIPLY, a, b, 0);
}

int32_t nalg_term_inverse(nalg_terms *t, int32_t a)
{
    if (a < 0) return NALG_NO_TERM;
    if (nalg_term_is_constant(t, a)) {
        if (nalg_term_value(t, a) == 0) {
            t->divided = true;
            return t->zero;
        }
        return nalg_term_constant(t, 1 / nalg_term_value(t, a));
    }
    if (t->term[a].kind == NALG_TERM_INVERSE) return t->term[a].a;
    return intern(t, NALG_TERM_INVERSE, a, 0, 0);
}

static void accumulate(nalg_terms *t, int32_t *work, int32_t target, int32_t seed)
{
    work[target] = work[target] < 0 ? seed : nalg_term_add(t, work[target], seed);
}

void nalg_term_gradient(nalg_terms *t, int32_t *gradient, int32_t output, size_t variables, int32_t *work)
{
    for (size_t i = 0; i < variables; i++) gradient[i] = t->zero;
    work[output] = t->one;
    for (int32_t i = output; i >= 0; i--) {
        int32_t seed = work[i];
        work[i] = NALG_NO_TERM;
        if (seed < 0) continue;
        nalg_term v = t->term[i];
        if (v.kind == NALG_TERM_VARIABLE && (size_t)v.a < variables) gradient[v.a] = seed;
        if (v.kind == NALG_TERM_ADD) {
            accumulate(t, work, v.a, seed);
            accumulate(t, work, v.b, seed);
        } else if (v.kind == NALG_TERM_MULTIPLY) {
            accumulate(t, work, v.a, nalg_term_multiply(t, seed, v.b));
            accumulate(t, work, v.b, nalg_term_multiply(t, seed, v.a));
        } else if (v.kind == NALG_TERM_INVERSE) {
            int32_t minus = nalg_term_constant(t, -1);
            accumulate(t, work, v.a, nalg_term_multiply(t, minus, nalg_term_multiply(t, seed, nalg_term_multiply(t, i, i))));
        }
    }
}
