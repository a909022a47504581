/* Weight files: decimal numbers, read exactly.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_WEIGHTS_H
#define NALG_MODEL_WEIGHTS_H

#include "core/context.h"
#include "core/flint.h"
#include "core/json.h"
#include "core/text.h"

typedef struct {
    fmpq *value;
    size_t count;
} nalg_weights;

/* `count` numbers such as -1.25, 3e-4, 2/3, separated by white space or commas; # starts a comment. Exact
 * rationals. */
NALG_NODISCARD nalg_status nalg_weights_parse(nalg_ctx *ctx, nalg_weights *out, const char *text,
                                              size_t length, size_t count);
/* The same numbers again, in a new array. */
NALG_NODISCARD nalg_status nalg_weights_copy(nalg_ctx *ctx, nalg_weights *out, const nalg_weights *w);
void nalg_weights_clear(nalg_weights *w);

/* Residues modulo p; false if a denominator is divisible by p. */
bool nalg_weights_residues(const nalg_weights *w, uint64_t p, uint64_t *out);
/* The numbers as an array of exact fractions; NULL when memory is out. And such an array as text to be parsed
 * again. */
json_t *nalg_weights_json(const nalg_weights *w);
void nalg_weights_text(nalg_text *out, const json_t *list);

#endif
