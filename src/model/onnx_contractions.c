/* Sums of products over labelled axes: MatMul with batches, Einsum.
 *
 * Two tensors at a time: what both share with each other only is a matrix product, everything else is all
 * terms and then their sums. Einsum over more operands runs from the left, keeping the labels that the output
 * or a later operand has.  Source: ONNX operators, opsets 7 to 20; numpy.einsum.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "model/onnx_import.h"

/* Labels: A to Z, a to z, then the axes that an ellipsis stands for. */
enum { LETTERS = 52, LABELS = LETTERS + NALG_ONNX_RANK };
#define EINSUM_OPERANDS 16

typedef struct {
    size_t rank, label[NALG_ONNX_RANK];
} term;

typedef struct {
    size_t extent[LABELS]; /* 0: label not used */
    struct {
        term term;
        size_t node;
        nalg_strided rows;
    } operand[2];
    term out;
    size_t operands;
} contraction;

static bool has_label(const term *t, size_t l)
{
    for (size_t i = 0; i < t->rank; i++)
        if (t->label[i] == l) return true;
    return false;
}

static bool push_label(term *t, size_t l)
{
    if (t->rank == NALG_ONNX_RANK) return false;
    t->label[t->rank++] = l;
    return true;
}

/* The stride of a label in operand k (repeated labels run along the diagonal), 0 when it is not there. */
static int64_t stride_of(const contraction *c, size_t k, size_t l)
{
    int64_t stride = 0;
    for (size_t i = 0; i < c->operand[k].term.rank; i++)
        if (c->operand[k].term.label[i] == l) stride += c->operand[k].rows.stride[i];
    return stride;
}

/* Labels of extent above 1. */
typedef struct {
    size_t label[LABELS], count;
} label_list;

static void collect(const contraction *c, label_list *list, bool in_a, bool in_b, bool in_out)
{
    for (size_t l = 0; l < LABELS; l++) {
        bool a = has_label(&c->operand[0].term, l), b = c->operands > 1 && has_label(&c->operand[1].term, l);
        if (c->extent[l] > 1 && a == in_a && b == in_b && has_label(&c->out, l) == in_out)
            list->label[list->count++] = l;
    }
}

/* Reading operand k in the order of two lists. */
static nalg_status read_operand(nalg_onnx_import *m, const contraction *c, size_t k, const label_list *first,
                                const label_list *second, size_t *out)
{
    nalg_strided s = {0};
    for (size_t i = 0; i < first->count + second->count; i++) {
        size_t l = i < first->count ? first->label[i] : second->label[i - first->count];
        if (s.axes == NALG_STRIDED_AXES)
            return nalg_onnx_fail(m, NALG_E_LIMIT, "use fewer labels", "a contraction over more than %d axes",
                                  NALG_STRIDED_AXES);
        s.dim[s.axes] = c->extent[l];
        s.stride[s.axes++] = stride_of(c, k, l);
    }
    return nalg_onnx_view(m, c->operand[k].node, &s, out);
}

static size_t extent_of(const contraction *c, const label_list *list)
{
    size_t size = 1;
    for (size_t i = 0; i < list->count; i++)
        if (!nalg_size_multiply(&size, size, c->extent[list->label[i]])) return SIZE_MAX;
    return size;
}

/* From the order of the lists to the order of the output. */
static nalg_status arrange(nalg_onnx_import *m, const contraction *c, size_t node, const label_list *first,
                           const label_list *second, size_t *out)
{
    int64_t stride[LABELS] = {0}, step = 1;
    for (size_t i = first->count + second->count; i-- > 0;) {
        size_t l = i < first->count ? first->label[i] : second->label[i - first->count];
        stride[l] = step;
        step *= (int64_t)c->extent[l];
    }
    nalg_strided s = {.axes = c->out.rank};
    for (size_t i = 0; i < c->out.rank; i++) {
        s.dim[i] = c->extent[c->out.label[i]];
        s.stride[i] = stride[c->out.label[i]];
    }
    return nalg_onnx_view(m, node, &s, out);
}

/* Without labels that both operands share with the output this is one matrix product. */
static nalg_status matrix_form(nalg_onnx_import *m, const contraction *c, size_t *out)
{
    label_list rows = {0}, inner = {0}, columns = {0};
    size_t a, b;
    collect(c, &rows, true, false, true);
    collect(c, &inner, true, true, false);
    collect(c, &columns, false, true, true);
    nalg_status status = read_operand(m, c, 0, &rows, &inner, &a);
    if (status == NALG_OK) status = read_operand(m, c, 1, &inner, &columns, &b);
    if (status == NALG_OK)
        status = nalg_onnx_product(m, a, b, extent_of(c, &rows), extent_of(c, &inner), extent_of(c, &columns),
                                   out);
    return status == NALG_OK ? arrange(m, c, *out, &rows, &columns, out) : status;
}

/* All terms, then their sums. */
static nalg_status termwise(nalg_onnx_import *m, const contraction *c, const nalg_onnx_value *v, size_t *out)
{
    label_list all = {0}, none = {0};
    size_t node[2];
    for (size_t l = 0; l < LABELS; l++)
        if (c->extent[l] > 1) all.label[all.count++] = l;
    if (extent_of(c, &all) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a contraction has too many terms");
    nalg_status status = NALG_OK;
    for (size_t k = 0; k < c->operands && status == NALG_OK; k++)
        status = read_operand(m, c, k, &all, &none, &node[k]);
    if (status == NALG_OK && c->operands > 1) status = nalg_onnx_multiply(m, node[0], node[1], &node[0]);
    if (status != NALG_OK) return status;
    nalg_strided rows = nalg_onnx_rows(v->rank, v->dim), s = {.axes = all.count};
    for (size_t i = 0; i < all.count; i++) {
        s.dim[i] = c->extent[all.label[i]];
        for (size_t j = 0; j < c->out.rank; j++)
            if (c->out.label[j] == all.label[i]) s.stride[i] = rows.stride[j];
    }
    return nalg_onnx_put(m, node[0], nalg_onnx_size(v->rank, v->dim), &s, out);
}

static nalg_status contract(nalg_onnx_import *m, const contraction *c, nalg_onnx_value *out)
{
    nalg_onnx_value v = {.rank = c->out.rank};
    label_list batch = {0}, lone = {0};
    for (size_t i = 0; i < v.rank; i++) v.dim[i] = c->extent[c->out.label[i]];
    if (nalg_onnx_size(v.rank, v.dim) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model", "a product is too large");
    collect(c, &batch, true, true, true);
    collect(c, &lone, true, false, false);
    collect(c, &lone, false, true, false);
    bool matrix = c->operands == 2 && batch.count == 0 && lone.count == 0;
    nalg_status status = matrix ? matrix_form(m, c, &v.node) : termwise(m, c, &v, &v.node);
    if (status == NALG_OK) *out = v;
    return status;
}

/* Operand k under its labels; false when an extent differs from that of the same label elsewhere. A label of
 * extent 1 in one operand only is spread: its stride must not count. */
static bool take_operand(contraction *c, size_t k, const term *t, const nalg_onnx_value *v)
{
    bool fits = t->rank == v->rank;
    c->operand[k].term = *t;
    c->operand[k].node = v->node;
    c->operand[k].rows = nalg_onnx_rows(v->rank, v->dim);
    for (size_t i = 0; i < t->rank && fits; i++) {
        size_t *extent = &c->extent[t->label[i]];
        if (v->dim[i] == 1) c->operand[k].rows.stride[i] = 0;
        if (*extent <= 1) *extent = v->dim[i];
        fits = v->dim[i] == 1 || *extent == v->dim[i];
    }
    return fits;
}

static nalg_status run_matmul(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    nalg_onnx_value a, b, v;
    contraction c = {.operands = 2};
    nalg_status status = nalg_onnx_real_operand(m, node, 0, &a);
    if (status == NALG_OK) status = nalg_onnx_real_operand(m, node, 1, &b);
    if (status != NALG_OK) return status;
    if (a.rank == 0 || b.rank == 0) return nalg_onnx_shapes_differ(m);
    enum { ROW = 20, INNER, COLUMN };
    size_t batch_a = a.rank > 1 ? a.rank - 2 : 0, batch_b = b.rank > 1 ? b.rank - 2 : 0,
           batch = batch_a > batch_b ? batch_a : batch_b;
    term left = {.rank = a.rank}, right = {.rank = b.rank};
    for (size_t i = 0; i < a.rank; i++)
        left.label[i] = i < batch_a ? batch - batch_a + i : i == a.rank - 1 ? INNER : ROW;
    for (size_t i = 0; i < b.rank; i++)
        right.label[i] = i < batch_b ? batch - batch_b + i : b.rank == 1 || i == b.rank - 2 ? INNER : COLUMN;
    if (!take_operand(&c, 0, &left, &a) || !take_operand(&c, 1, &right, &b) ||
        a.dim[a.rank - 1] != b.dim[b.rank == 1 ? 0 : b.rank - 2])
        return nalg_onnx_shapes_differ(m);
    for (size_t i = 0; i < batch; i++) c.out.label[c.out.rank++] = i;
    if (a.rank > 1) c.out.label[c.out.rank++] = ROW;
    if (b.rank > 1) c.out.label[c.out.rank++] = COLUMN;
    status = contract(m, &c, &v);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

/* ---- Einsum ---- */

typedef struct {
    size_t operands, dots; /* `dots`: axes of the widest ellipsis */
    nalg_onnx_value value[EINSUM_OPERANDS];
    term operand[EINSUM_OPERANDS], out;
} einsum;

/* "b...ij", the ellipsis being so many axes, the last ones of all that an ellipsis can be. */
static bool read_term(const char *s, size_t length, size_t dots, term *out)
{
    bool ok = true, seen = false;
    *out = (term){0};
    for (size_t i = 0; i < length && ok; i++) {
        if (s[i] == ' ') continue;
        if (isupper((unsigned char)s[i])) {
            ok = push_label(out, (size_t)(s[i] - 'A'));
        } else if (islower((unsigned char)s[i])) {
            ok = push_label(out, 26 + (size_t)(s[i] - 'a'));
        } else {
            ok = !seen && length - i >= 3 && !memcmp(s + i, "...", 3);
            for (size_t k = dots; k > 0 && ok; k--) ok = push_label(out, LABELS - k);
            seen = true;
            i += 2;
        }
    }
    return ok;
}

/* The operand's term; its ellipsis takes what the letters leave. */
static bool read_operand_term(const char *s, size_t length, einsum *e)
{
    size_t letters = 0, rank = e->value[e->operands].rank;
    bool dots = memchr(s, '.', length) != NULL;
    for (size_t i = 0; i < length; i++) letters += isalpha((unsigned char)s[i]) != 0;
    if (dots ? letters > rank : letters != rank) return false;
    if (dots && rank - letters > e->dots) e->dots = rank - letters;
    return read_term(s, length, rank - letters, &e->operand[e->operands++]);
}

/* Without "->": the axes of the ellipsis, then the letters that occur once, in their order. */
static bool implicit_output(einsum *e)
{
    bool ok = true;
    for (size_t k = e->dots; k > 0 && ok; k--) ok = push_label(&e->out, LABELS - k);
    for (size_t l = 0; l < LETTERS && ok; l++) {
        size_t times = 0;
        for (size_t k = 0; k < e->operands; k++)
            for (size_t i = 0; i < e->operand[k].rank; i++) times += e->operand[k].label[i] == l;
        if (times == 1) ok = push_label(&e->out, l);
    }
    return ok;
}

/* "ij,jk->ik" for operands whose ranks are known. */
static bool read_equation(const char *s, size_t length, size_t operands, einsum *e)
{
    if (!s) return false; /* the attribute is missing */
    const char *end = s + length, *arrow = s;
    while (arrow < end && !(end - arrow >= 2 && arrow[0] == '-' && arrow[1] == '>')) arrow++;
    while (e->operands < operands) {
        const char *comma = memchr(s, ',', (size_t)(arrow - s)), *stop = comma ? comma : arrow;
        if ((comma == NULL) != (e->operands + 1 == operands) || !read_operand_term(s, (size_t)(stop - s), e))
            return false;
        s = comma ? comma + 1 : arrow;
    }
    return arrow < end ? read_term(arrow + 2, (size_t)(end - arrow) - 2, e->dots, &e->out)
                       : implicit_output(e);
}

/* Each label of the output once, and in some operand. */
static bool output_is_known(const einsum *e)
{
    bool ok = true;
    for (size_t i = 0; i < e->out.rank; i++) {
        bool found = false;
        for (size_t k = 0; k < e->operands; k++) found = found || has_label(&e->operand[k], e->out.label[i]);
        ok = ok && found;
        for (size_t j = 0; j < i; j++) ok = ok && e->out.label[j] != e->out.label[i];
    }
    return ok;
}

/* What of a term is needed after operand k. */
static bool keep_labels(const einsum *e, const term *from, size_t k, term *out)
{
    bool ok = true;
    for (size_t i = 0; i < from->rank && ok; i++) {
        bool needed = has_label(&e->out, from->label[i]);
        for (size_t j = k + 1; j < e->operands; j++)
            needed = needed || has_label(&e->operand[j], from->label[i]);
        if (needed && !has_label(out, from->label[i])) ok = push_label(out, from->label[i]);
    }
    return ok;
}

/* Operand k into the product of those before it, v with the labels `done`; for one operand alone, k is 0. */
static nalg_status contract_next(nalg_onnx_import *m, const einsum *e, size_t k, term *done,
                                 nalg_onnx_value *v)
{
    contraction c = {.operands = k ? 2 : 1};
    if (!take_operand(&c, 0, done, v) || (k && !take_operand(&c, 1, &e->operand[k], &e->value[k])))
        return nalg_onnx_shapes_differ(m);
    if (k + 1 == e->operands)
        c.out = e->out;
    else if (!keep_labels(e, &c.operand[0].term, k, &c.out) ||
             (k && !keep_labels(e, &c.operand[1].term, k, &c.out)))
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use fewer labels, or several Einsum",
                              "an Einsum with more than %d axes on the way", NALG_ONNX_RANK);
    *done = c.out;
    return contract(m, &c, v);
}

static nalg_status run_einsum(nalg_onnx_import *m, const Onnx__NodeProto *node)
{
    const Onnx__AttributeProto *equation = nalg_onnx_attribute(node, "equation");
    einsum e = {0};
    nalg_status status = NALG_OK;
    size_t count = node->n_input;
    if (count == 0 || count > EINSUM_OPERANDS)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "use 1 to 16 operands", "an Einsum of %zu operands",
                              count);
    for (size_t k = 0; k < count && status == NALG_OK; k++)
        status = nalg_onnx_real_operand(m, node, k, &e.value[k]);
    if (status != NALG_OK) return status;
    if (!equation || !equation->has_s ||
        !read_equation((const char *)equation->s.data, equation->s.len, count, &e) || !output_is_known(&e))
        return nalg_onnx_fail(m, NALG_E_SHAPE, "one term for each operand, such as ...ij,jk->...ik",
                              "the equation of Einsum does not fit its operands");
    nalg_onnx_value v = e.value[0];
    term done = e.operand[0];
    for (size_t k = count > 1; k < count && status == NALG_OK; k++)
        status = contract_next(m, &e, k, &done, &v);
    return status == NALG_OK ? nalg_onnx_result(m, node, 0, v) : status;
}

const nalg_onnx_operator_entry nalg_onnx_contractions[] = {
    {"MatMul", run_matmul},
    {"Einsum", run_einsum},
    {0},
};
