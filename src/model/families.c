/* The short families: each expands to the pipeline form and nothing else knows of them.
 *   mlp 2-3-1 x^2 [bias]     linear 3-2-3 [bias]     cnn [LENGTH] k=3,3 [s=1,2] x^2     gcnn group=Z4 layers=3 x^2
 *   [lightning] attention d=3[,2] a=2[,1] t=4 [layers=L] [heads=H] [dv=V] [norm=1+x] [residual]
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/group.h"
#include "model/model.h"

/* The pipeline text under construction, with the column every character comes from. Characters that were not copied from the phrase
 * carry the column of `at`, the word they stand for. */
typedef struct {
    nalg_text text;
    uint32_t *where;
    size_t capacity;
    uint32_t at;
} expansion;

/* Give the characters appended since `from` their columns: those of `source`, or `at`. */
static void place(expansion *e, size_t from, const uint32_t *source)
{
    for (size_t i = from; i < e->text.length && !e->text.failed; i++) {
        if (!nalg_grow((void **)&e->where, &e->capacity, i, sizeof *e->where)) e->text.failed = true;
        else e->where[i] = source ? source[i - from] : e->at;
    }
}

static void copy(expansion *e, nalg_span s)
{
    size_t from = e->text.length;
    nalg_text_append(&e->text, s.text, s.length);
    place(e, from, s.where);
    if (s.length) e->at = s.where[0];
}

#define WRITE(e, ...)                                                                                                  \
    do {                                                                                                               \
        size_t from_ = (e)->text.length;                                                                               \
        nalg_text_format(&(e)->text, __VA_ARGS__);                                                                     \
        place(e, from_, NULL);                                                                                         \
    } while (0)

/* One span as an item of a comma-separated list, the last item repeated for ever. */
static nalg_span item(nalg_span list, size_t index, size_t *count)
{
    nalg_span piece = {0}, last = {0};
    *count = 0;
    while (nalg_span_cut_outside(&list, ',', &piece)) {
        if (*count <= index) last = piece;
        ++*count;
    }
    return last;
}

static nalg_status check_count(nalg_ctx *ctx, const nalg_span *list, size_t count, size_t wanted, const char *what)
{
    if (count == 1 || count == wanted) return NALG_OK;
    return nalg_span_fail(ctx, list, NALG_E_PARSE, "write one for all, or one for each", "%zu %s for %zu places", count, what, wanted);
}

/* Widths joined by '-'; activations, one or one per hidden layer; bias. */
static nalg_status expand_dense(nalg_arguments *a, expansion *out, bool linear)
{
    nalg_span widths, activations = {0}, width;
    size_t count = 0, given = 0, value;
    bool bias = nalg_arguments_flag(a, "bias");
    if (!nalg_arguments_next(a, &widths) || !memchr(widths.text, '-', widths.length))
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, linear ? "write linear 3-2-3" : "write mlp 2-3-1 x^2", "the widths are missing");
    for (size_t i = 0; i < widths.length; i++) count += widths.text[i] == '-';
    if (!linear && !nalg_arguments_next(a, &activations) && count > 1)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, "write mlp 2-3-1 x^2", "the activation is missing");
    if (activations.length) {
        item(activations, 0, &given);
        nalg_status status = check_count(a->ctx, &activations, given, count - 1, "activations");
        if (status != NALG_OK && count > 1) return status;
    }
    if (activations.length && count == 1) { /* without a hidden layer it is not used, but it must be one */
        nalg_rational_function unused;
        nalg_status status = nalg_rational_function_parse(a->ctx, &unused, activations.text, activations.length, activations.where[0]);
        if (status != NALG_OK) return status;
        nalg_rational_function_clear(&unused);
    }
    for (size_t i = 0; nalg_span_cut(&widths, '-', &width); i++) {
        if (width.length == 0) return nalg_span_fail(a->ctx, &width, NALG_E_PARSE, "write widths such as 2-3-1", "a width is missing");
        nalg_status status = nalg_span_size(a->ctx, &width, NALG_WIDTH_LIMIT, "width", &value);
        if (status != NALG_OK) return status;
        out->at = width.where[0];
        WRITE(out, i ? " | dense %zu%s" : "input %zu", value, bias ? " bias" : "");
        if (i && i < count && activations.length) {
            WRITE(out, " | ");
            copy(out, item(activations, i - 1, &given));
        }
    }
    return nalg_arguments_done(a, linear ? "linear 3-2-3 [bias]" : "mlp 2-3-1 x^2 [bias]");
}

static nalg_status expand_mlp(nalg_arguments *a, expansion *out)
{
    return expand_dense(a, out, false);
}

static nalg_status expand_linear(nalg_arguments *a, expansion *out)
{
    return expand_dense(a, out, true);
}

static nalg_status list_size(nalg_ctx *ctx, nalg_span list, size_t index, const char *what, size_t *out)
{
    size_t count;
    nalg_span s = item(list, index, &count);
    if (!s.length) return nalg_span_fail(ctx, s.where ? &s : &list, NALG_E_PARSE, "write a positive integer", "%s is missing", what);
    return nalg_span_size(ctx, &s, NALG_WIDTH_LIMIT, what, out);
}

/* Least input length for which the last layer has one output: from the end, n -> (n - 1) stride + filter. */
static nalg_status least_input(nalg_ctx *ctx, nalg_span filters, nalg_span strides, size_t layers, size_t *length)
{
    size_t n = 1;
    for (size_t i = layers; i-- > 0;) {
        size_t filter, stride = 1;
        nalg_status status = list_size(ctx, filters, i, "filter size", &filter);
        if (status == NALG_OK && strides.length) status = list_size(ctx, strides, i, "stride", &stride);
        if (status != NALG_OK) return status;
        n = (n - 1) * stride + filter;
        if (n > NALG_WIDTH_LIMIT) return nalg_span_fail(ctx, &filters, NALG_E_LIMIT, "use smaller filters or strides", "the input would be too long");
    }
    *length = n;
    return NALG_OK;
}

static nalg_status expand_cnn(nalg_arguments *a, expansion *out)
{
    const char *usage = "write cnn 9 k=3,3 s=1,2 x^2";
    nalg_span filters, strides = {0}, word, activations = {0};
    size_t layers, count, length = 0, value, stride;
    bool bias = nalg_arguments_flag(a, "bias");
    if (!nalg_arguments_option(a, "k", &filters) || !filters.length)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the filter sizes k= are missing");
    item(filters, 0, &layers);
    nalg_status status = NALG_OK;
    if (nalg_arguments_option(a, "s", &strides) && strides.length) {
        item(strides, 0, &count);
        status = check_count(a->ctx, &strides, count, layers, "strides");
    }
    while (status == NALG_OK && nalg_arguments_next(a, &word)) {
        bool digits = strspn(word.text, "0123456789") >= word.length;
        if (digits && !length) status = nalg_span_size(a->ctx, &word, NALG_WIDTH_LIMIT, "input length", &length);
        else if (!activations.length) activations = word;
        else status = nalg_span_fail(a->ctx, &word, NALG_E_PARSE, usage, "'%.*s' is not understood here", word.length > 40 ? 40 : (int)word.length, word.text);
    }
    if (status == NALG_OK && !activations.length && layers > 1)
        status = nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the activation is missing");
    if (status == NALG_OK && activations.length) {
        item(activations, 0, &count);
        if (layers > 1) status = check_count(a->ctx, &activations, count, layers - 1, "activations");
    }
    if (status == NALG_OK && !length) status = least_input(a->ctx, filters, strides, layers, &length);
    if (status != NALG_OK) return status;
    WRITE(out, "input %zu", length);
    for (size_t i = 0; i < layers; i++) {
        status = list_size(a->ctx, filters, i, "filter size", &value);
        if (status == NALG_OK) stride = 1;
        if (status == NALG_OK && strides.length) status = list_size(a->ctx, strides, i, "stride", &stride);
        if (status != NALG_OK) return status;
        out->at = item(filters, i, &count).where[0];
        WRITE(out, " | conv %zu", value);
        if (stride > 1) WRITE(out, " stride=%zu", stride);
        if (bias) WRITE(out, " bias");
        if (i + 1 < layers && activations.length) {
            WRITE(out, " | ");
            copy(out, item(activations, i, &count));
        }
    }
    return nalg_arguments_done(a, usage);
}

static nalg_status expand_gcnn(nalg_arguments *a, expansion *out)
{
    const char *usage = "write gcnn group=Z4 layers=3 x^2";
    nalg_span name, activations = {0};
    size_t layers = 2, count;
    if (!nalg_arguments_option(a, "group", &name) || !name.length)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the group is missing");
    nalg_status status = nalg_arguments_size(a, "layers", &layers);
    if (status == NALG_OK && layers > NALG_LAYER_LIMIT / 2)
        status = nalg_span_fail(a->ctx, &a->stage, NALG_E_LIMIT, "use fewer layers", "%zu layers are too many", layers);
    if (status == NALG_OK && !nalg_arguments_next(a, &activations) && layers > 1)
        status = nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the activation is missing");
    nalg_group group;
    if (status == NALG_OK) status = nalg_group_parse(a->ctx, &group, name);
    if (status != NALG_OK) return status;
    WRITE(out, "input %zu", nalg_group_order(&group));
    for (size_t i = 0; i < layers; i++) {
        WRITE(out, " | groupconv ");
        copy(out, name);
        if (i + 1 == layers) break;
        WRITE(out, " | ");
        copy(out, item(activations, i, &count));
    }
    return nalg_arguments_done(a, usage);
}

typedef struct {
    nalg_span d, a, out, norm;
    size_t tokens, layers, heads, value;
    bool residual;
} attention_words;

static nalg_status read_attention(nalg_arguments *a, attention_words *w, const char *usage)
{
    size_t widths = 0, scores = 0;
    *w = (attention_words){.heads = 1};
    w->residual = nalg_arguments_flag(a, "residual");
    nalg_arguments_option(a, "d'", &w->out);
    nalg_arguments_option(a, "norm", &w->norm);
    if (!nalg_arguments_option(a, "d", &w->d) || !w->d.length || !nalg_arguments_option(a, "a", &w->a) || !w->a.length)
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the widths d= and a= are missing");
    nalg_status status = nalg_arguments_size(a, "t", &w->tokens);
    if (status == NALG_OK && !w->tokens) status = nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, usage, "the number of tokens t= is missing");
    if (status == NALG_OK) status = nalg_arguments_size(a, "layers", &w->layers);
    if (status == NALG_OK) status = nalg_arguments_size(a, "heads", &w->heads);
    if (status == NALG_OK) status = nalg_arguments_size(a, "dv", &w->value);
    if (status != NALG_OK) return status;
    item(w->d, 0, &widths);
    item(w->a, 0, &scores);
    if (!w->layers) w->layers = widths > 1 ? widths - 1 : scores;
    if (w->layers > NALG_LAYER_LIMIT) return nalg_span_fail(a->ctx, &a->stage, NALG_E_LIMIT, "use fewer layers", "%zu layers are too many", w->layers);
    status = check_count(a->ctx, &w->d, widths, w->layers + 1, "widths d");
    return status == NALG_OK ? check_count(a->ctx, &w->a, scores, w->layers, "widths a") : status;
}

static nalg_status expand_attention(nalg_arguments *a, expansion *out)
{
    const char *usage = "write attention d=3 a=2 t=4, or attention d=4,4,3 a=2,1 t=3";
    attention_words w;
    size_t width, score;
    nalg_status status = read_attention(a, &w, usage);
    if (status == NALG_OK) status = list_size(a->ctx, w.d, 0, "width d", &width);
    if (status != NALG_OK) return status;
    WRITE(out, "input %zux%zu", width, w.tokens);
    for (size_t i = 0; i < w.layers; i++) {
        status = list_size(a->ctx, w.out.length && i + 1 == w.layers ? w.out : w.d, i + 1, "width d", &width);
        if (status == NALG_OK) status = list_size(a->ctx, w.a, i, "width a", &score);
        if (status != NALG_OK) return status;
        WRITE(out, w.residual ? " | residual(attention a=%zu out=%zu" : " | attention a=%zu out=%zu", score, width);
        if (w.heads > 1) WRITE(out, " heads=%zu", w.heads);
        if (w.value) WRITE(out, " dv=%zu", w.value);
        if (w.norm.length) {
            WRITE(out, " norm=");
            copy(out, w.norm);
        }
        if (w.residual) WRITE(out, ")");
    }
    return nalg_arguments_done(a, usage);
}

static const struct {
    const char *word;
    nalg_status (*expand)(nalg_arguments *, expansion *);
} families[] = {
    {"mlp", expand_mlp}, {"linear", expand_linear}, {"cnn", expand_cnn}, {"gcnn", expand_gcnn}, {"attention", expand_attention},
};

nalg_status nalg_family_expand(nalg_ctx *ctx, char **out, uint32_t **where, nalg_span text)
{
    nalg_arguments a;
    *out = NULL;
    *where = NULL;
    if (memchr(text.text, '|', text.length)) return NALG_OK;
    if (text.length > 10 && !memcmp(text.text, "lightning ", 10)) text = (nalg_span){text.text + 10, text.where + 10, text.length - 10};
    size_t word = 0;
    while (word < text.length && text.text[word] != ' ') word++;
    nalg_span keyword = {text.text, text.where, word};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (!nalg_span_is(&keyword, families[i].word)) continue;
        expansion pipeline = {.at = text.where[0]};
        nalg_status status = nalg_arguments_parse(ctx, &a, text);
        if (status == NALG_OK) status = families[i].expand(&a, &pipeline);
        if (status == NALG_OK && (pipeline.text.failed || !(*out = nalg_text_take(&pipeline.text)))) status = nalg_fail_memory(ctx);
        if (status == NALG_OK) *where = pipeline.where;
        else free(pipeline.where);
        nalg_text_clear(&pipeline.text);
        return status;
    }
    return NALG_OK;
}
