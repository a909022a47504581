/* The words of one stage of a pipeline: `conv2d 3x3 out=4 bias` is a keyword, positional words and options.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_ARGUMENTS_H
#define NALG_MODEL_ARGUMENTS_H

#include "core/context.h"

/* A piece of the normalised phrase; where[i] is the column in the user's text of its i-th character. */
typedef struct {
    const char *text;
    const uint32_t *where;
    size_t length;
} nalg_span;

#define NALG_ARGUMENT_LIMIT 32

typedef struct {
    nalg_ctx *ctx;
    nalg_span stage, keyword, body; /* body: what stands in parentheses after the keyword, length 0 if nothing */
    struct {
        nalg_span key, value; /* key.length 0: a positional word, in value */
        bool used;
    } word[NALG_ARGUMENT_LIMIT];
    size_t count;
} nalg_arguments;

bool nalg_span_is(const nalg_span *s, const char *word);
size_t nalg_span_column(const nalg_span *s);
/* A positive integer up to limit that fills the span. */
nalg_status nalg_span_size(nalg_ctx *ctx, const nalg_span *s, uint64_t limit, const char *what, size_t *out);
/* Cut the first piece up to `separator` (or all) off *rest; false when nothing is left. */
bool nalg_span_cut(nalg_span *rest, char separator, nalg_span *piece);

nalg_status nalg_span_fail(nalg_ctx *ctx, const nalg_span *s, nalg_status status, const char *hint, const char *format, ...)
    NALG_PRINTF(5, 6);

/* Split a stage into words. */
NALG_NODISCARD nalg_status nalg_arguments_parse(nalg_ctx *ctx, nalg_arguments *a, nalg_span stage);
/* The next unused positional word, or false. */
bool nalg_arguments_next(nalg_arguments *a, nalg_span *out);
/* A positional word used as a flag. */
bool nalg_arguments_flag(nalg_arguments *a, const char *flag);
/* The value of an option, or false. */
bool nalg_arguments_option(nalg_arguments *a, const char *key, nalg_span *value);
/* An integer option; *out keeps its value when the option is absent. */
NALG_NODISCARD nalg_status nalg_arguments_size(nalg_arguments *a, const char *key, size_t *out);
/* Fails if a word was not used. */
NALG_NODISCARD nalg_status nalg_arguments_done(nalg_arguments *a, const char *usage);

/* Largest width, filter size, count in the language. */
#define NALG_WIDTH_LIMIT (UINT64_C(1) << 24)

#endif
