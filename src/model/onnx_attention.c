/* Lightning attention found again: sums over heads of S V with scores S = (X Q)(X K)^T, tokens in rows as
 * exporters have them or in columns as the papers have them, whatever transposes stand between. Source:
 * Henry, Marchetti, Kohn, Geometry of lightning self-attention (arXiv 2408.17221).  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/memory.h"
#include "model/onnx_import.h"

typedef struct {
    nalg_onnx_import *m;
    size_t x;  /* the input of the layer */
    bool rows; /* it is tokens x features */
    size_t tokens, features;
} layer;

static const nalg_instruction *item(const layer *l, size_t v)
{
    return &l->m->program.item[v];
}

/* v is the transpose of an n x m matrix: out[i][j] = a[j][i], out being m x n. */
static bool is_transpose(const layer *l, size_t v, size_t m, size_t n)
{
    const nalg_instruction *i = item(l, v);
    return i->op == NALG_PROGRAM_VIEW && i->map.offset == 0 && i->map.axes == 2 && i->map.dim[0] == m &&
           i->map.stride[0] == 1 && i->map.dim[1] == n && i->map.stride[1] == (int64_t)m &&
           item(l, i->a)->size == m * n;
}

/* A vector is its own transpose. */
static bool transpose_of(const layer *l, size_t v, size_t m, size_t n, size_t *inside)
{
    *inside = v;
    if (m == 1 || n == 1) return true;
    *inside = item(l, v)->a;
    return is_transpose(l, v, m, n);
}

/* v is the input as tokens x features (rows) or as features x tokens. */
static bool is_input(const layer *l, size_t v, bool rows)
{
    size_t inside;
    if (rows == l->rows || l->tokens == 1 || l->features == 1) return v == l->x;
    return transpose_of(l, v, rows ? l->tokens : l->features, rows ? l->features : l->tokens, &inside) &&
           inside == l->x;
}

static bool is_weight(const layer *l, size_t v)
{
    while (item(l, v)->op == NALG_PROGRAM_VIEW) {
        const nalg_strided *s = &item(l, v)->map;
        for (size_t i = 0; i < s->axes; i++)
            if (s->stride[i] == 0 && s->dim[i] > 1) return false;
        v = item(l, v)->a;
    }
    return item(l, v)->op == NALG_PROGRAM_WEIGHTS;
}

/* v = X^T W^T as tokens x width (rows) or W X as width x tokens. */
static bool linear_form(const layer *l, size_t v, bool rows, size_t width, nalg_onnx_matrix *out)
{
    size_t inside = v;
    for (unsigned turn = 0; turn < 2; turn++) {
        const nalg_instruction *i = item(l, inside);
        bool now = rows != (turn == 1);
        if (i->op == NALG_PROGRAM_PRODUCT) {
            size_t data = now ? i->a : i->b, weight = now ? i->b : i->a;
            bool sizes =
                i->m == (now ? l->tokens : width) && i->n == (now ? width : l->tokens) && i->k == l->features;
            *out = (nalg_onnx_matrix){weight, now};
            if (sizes && is_weight(l, weight) && is_input(l, data, now)) return true;
        }
        if (turn == 1 || !transpose_of(l, v, rows ? l->tokens : width, rows ? width : l->tokens, &inside))
            return false;
    }
    return false;
}

/* Without a factor that is one number; false when factors of heads differ. */
static bool strip_factor(const layer *l, size_t *v, size_t *factor)
{
    const nalg_instruction *i = item(l, *v);
    *factor = SIZE_MAX;
    if (i->op != NALG_PROGRAM_MULTIPLY) return true;
    bool a = nalg_onnx_numbers(l->m, i->a) && item(l, i->a)->size == 1,
         b = nalg_onnx_numbers(l->m, i->b) && item(l, i->b)->size == 1;
    if (!a && !b) return false;
    *factor = a ? i->a : i->b;
    *v = a ? i->b : i->a;
    return true;
}

/* scores (tokens x tokens) of the head, as rows of queries when the layer has tokens in rows. */
static bool match_scores(const layer *l, size_t v, nalg_onnx_head *h, size_t *score)
{
    if (!strip_factor(l, &v, &h->factor)) return false;
    const nalg_instruction *i = item(l, v);
    if (i->op != NALG_PROGRAM_PRODUCT || i->m != l->tokens || i->n != l->tokens) return false;
    *score = i->k;
    nalg_onnx_matrix *left = l->rows ? &h->query : &h->key, *right = l->rows ? &h->key : &h->query;
    return linear_form(l, i->a, true, i->k, left) && linear_form(l, i->b, false, i->k, right);
}

static bool match_head(const layer *l, size_t v, nalg_onnx_head *h, size_t *score, size_t *out)
{
    const nalg_instruction *i = item(l, v);
    if (i->op != NALG_PROGRAM_PRODUCT || i->k != l->tokens) return false;
    *out = l->rows ? i->n : i->m;
    if ((l->rows ? i->m : i->n) != l->tokens) return false;
    return match_scores(l, l->rows ? i->a : i->b, h, score) &&
           linear_form(l, l->rows ? i->b : i->a, l->rows, *out, &h->value);
}

/* The addends of v, each a head; false when one is none or they differ in shape. */
static nalg_status match_heads(const layer *l, size_t v, nalg_onnx_heads *heads, bool *found)
{
    size_t stack[64], depth = 0;
    stack[depth++] = v;
    *found = true;
    while (depth && *found) {
        const nalg_instruction *i = item(l, stack[--depth]);
        if (i->op == NALG_PROGRAM_ADD && item(l, i->a)->size == i->size && item(l, i->b)->size == i->size &&
            depth + 2 <= 64) {
            stack[depth++] = i->b;
            stack[depth++] = i->a;
            continue;
        }
        nalg_onnx_head h;
        size_t score, out;
        *found = match_head(l, (size_t)(i - l->m->program.item), &h, &score, &out);
        if (!*found) break;
        if (!nalg_grow((void **)&heads->head, &heads->capacity, heads->count, sizeof *heads->head))
            return nalg_fail_memory(l->m->ctx);
        const nalg_onnx_head *first = heads->count ? &heads->head[0] : &h;
        const fmpq *p = first->factor == SIZE_MAX ? NULL : nalg_onnx_numbers(l->m, first->factor),
                   *q = h.factor == SIZE_MAX ? NULL : nalg_onnx_numbers(l->m, h.factor);
        *found = heads->count == 0 ||
                 (score == heads->score && out == heads->out && (!p) == (!q) && (!p || fmpq_equal(p, q)));
        heads->score = score;
        heads->out = out;
        heads->head[heads->count++] = h;
    }
    return NALG_OK;
}

/* Tokens and features, from the first product met below v whose weight is a parameter: an innermost linear
 * form. */
static bool guess_shape(nalg_onnx_import *m, size_t x, size_t v, layer *l)
{
    while (m->program.item[v].op == NALG_PROGRAM_ADD) v = m->program.item[v].a;
    const nalg_instruction *i = &m->program.item[v];
    size_t size = m->program.item[x].size;
    if (i->op != NALG_PROGRAM_PRODUCT || i->k == 0 || size % i->k) return false;
    l->tokens = i->k; /* scores times values: the inner extent is the number of tokens */
    l->features = size / i->k;
    return true;
}

nalg_status nalg_onnx_match_attention(nalg_onnx_import *m, size_t x, size_t v, nalg_onnx_segment *s,
                                      bool *found)
{
    layer l = {.m = m, .x = x};
    *found = false;
    if (!guess_shape(m, x, v, &l)) return NALG_OK;
    for (unsigned turn = 0; turn < 2 && !*found; turn++) {
        nalg_onnx_heads *heads = nalg_array_zero(1, sizeof *heads);
        if (!heads) return nalg_fail_memory(m->ctx);
        l.rows = turn == 0;
        nalg_status status = match_heads(&l, v, heads, found);
        if (status == NALG_OK && *found) {
            heads->tokens = l.tokens;
            heads->features = l.features;
            heads->rows = l.rows;
            *s = (nalg_onnx_segment){.kind = NALG_ONNX_ATTENTION, .from = x, .to = v, .heads = heads};
            return NALG_OK;
        }
        free(heads->head);
        free(heads);
        if (status != NALG_OK) return status;
    }
    return NALG_OK;
}
