/* Scalar expressions with shared subexpressions: what a graph becomes when all its samples are written out.
 * Every expression is stored once (hash consing); constants are folded, zeros and ones disappear.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_EXPRESSION_H
#define NALG_TRACK_EXPRESSION_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NALG_NO_TERM (-1)

typedef enum { NALG_TERM_CONSTANT, NALG_TERM_VARIABLE, NALG_TERM_ADD, NALG_TERM_MULTIPLY, NALG_TERM_INVERSE } nalg_term_kind;

typedef struct {
    nalg_term_kind kind;
    int32_t a, b;         /* operands; VARIABLE: a is its number; CONSTANT: a is the place of its value */
} nalg_term;

typedef struct {
    nalg_term *term;
    size_t count, capacity;
    double complex *constant;
    size_t constant_count, constant_capacity;
    int32_t *table; /* open addressing, a power of two long */
    size_t table_size;
    bool failed;        /* out of memory */
    bool divided;       /* a constant zero was inverted */
    int32_t zero, one;
} nalg_terms;

/* False after an allocation failure (also recorded in t->failed). */
bool nalg_terms_init(nalg_terms *t);
void nalg_terms_clear(nalg_terms *t);

/* Each returns the term's number, or NALG_NO_TERM after a failure or for an operand NALG_NO_TERM. */
int32_t nalg_term_constant(nalg_terms *t, double complex value);
int32_t nalg_term_variable(nalg_terms *t, size_t number);
int32_t nalg_term_add(nalg_terms *t, int32_t a, int32_t b);
int32_t nalg_term_multiply(nalg_terms *t, int32_t a, int32_t b);
int32_t nalg_term_inverse(nalg_terms *t, int32_t a);

static inline bool nalg_term_is_constant(const nalg_terms *t, int32_t a)
{
    return t->term[a].kind == NALG_TERM_CONSTANT;
}
static inline double complex nalg_term_value(const nalg_terms *t, int32_t a)
{
    return t->constant[t->term[a].a];
}

/* gradient[i] := d output / d variable i for i < variables, by a reverse sweep. `work` has room for t's terms at the call, all
 * NALG_NO_TERM on entry and on return. */
void nalg_term_gradient(nalg_terms *t, int32_t *gradient, int32_t output, size_t variables, int32_t *work);

#endif
