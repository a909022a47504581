/* Layers found again in a tensor program.
 *
 * Values that every path from the input to the output passes cut the program into pieces (dominators: Cooper,
 * Harvey, Kennedy, A simple, fast dominance algorithm, 2001; in a straight-line program one pass is enough).
 * A piece that is a function of one variable applied entry by entry is an activation; one product with a
 * parameter is dense; x + f(x) is residual; and so on. What is none of them stays a program.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "model/onnx_import.h"
#include "model/polynomial.h"

#define NONE SIZE_MAX
#define RESIDUAL_DEPTH 24

/* Values from .. to of one piece. */
typedef struct {
    nalg_onnx_import *m;
    size_t from, to;
    size_t *dominator; /* of value from + i; NONE when it does not depend on `from` */
    size_t *base;      /* the value it is an entrywise function of; itself when of no other */
} piece;

static const nalg_instruction *item(const piece *p, size_t v)
{
    return &p->m->program.item[v];
}

static bool depends(const piece *p, size_t v)
{
    return v >= p->from && v <= p->to && p->dominator[v - p->from] != NONE;
}

static size_t meet(const piece *p, size_t a, size_t b)
{
    while (a != b) {
        if (a > b)
            a = p->dominator[a - p->from];
        else
            b = p->dominator[b - p->from];
    }
    return a;
}

/* The same rational in every entry. */
static bool uniform(const piece *p, size_t v)
{
    const fmpq *x = nalg_onnx_numbers(p->m, v);
    for (size_t i = 1; x && i < item(p, v)->size; i++)
        if (!fmpq_equal(x, x + i)) return false;
    return x != NULL;
}

static size_t find_base(const piece *p, size_t v)
{
    const nalg_instruction *i = item(p, v);
    size_t a = i->a, b = i->b;
    if (i->op == NALG_PROGRAM_INVERSE || i->op == NALG_PROGRAM_POWER) return p->base[a - p->from];
    if (i->op != NALG_PROGRAM_ADD && i->op != NALG_PROGRAM_MULTIPLY) return v;
    bool in_a = depends(p, a) && item(p, a)->size == i->size,
         in_b = depends(p, b) && item(p, b)->size == i->size;
    if (in_a && in_b && p->base[a - p->from] == p->base[b - p->from]) return p->base[a - p->from];
    if (in_a && uniform(p, b)) return p->base[a - p->from];
    if (in_b && uniform(p, a)) return p->base[b - p->from];
    return v;
}

/* Whether values depend on the input at all is known by running the same pass from value 0 (from == 0). */
static bool analyse(piece *p, const bool *data)
{
    for (size_t v = p->from; v <= p->to; v++) {
        const nalg_instruction *i = item(p, v);
        size_t operand[2] = {i->a, i->b}, dominator = NONE;
        p->dominator[v - p->from] = v == p->from ? v : NONE;
        p->base[v - p->from] = v;
        for (unsigned k = 0; v != p->from && k < nalg_program_operands(i); k++) {
            if (!depends(p, operand[k])) continue;
            dominator = dominator == NONE ? operand[k] : meet(p, dominator, operand[k]);
        }
        if (dominator == NONE) continue;
        /* Another way from the input: `from` does not separate this value. It is marked by being dominated by
         * nothing. */
        for (unsigned k = 0; k < nalg_program_operands(i); k++)
            if (!depends(p, operand[k]) && data[operand[k]]) dominator = NONE;
        p->dominator[v - p->from] = dominator;
        if (dominator != NONE) p->base[v - p->from] = find_base(p, v);
    }
    return p->dominator[p->to - p->from] != NONE;
}

/* ---- parameters ---- */

nalg_status nalg_onnx_parameter_map(nalg_onnx_import *m, size_t node, size_t *parameter, int64_t **map)
{
    size_t chain[16], length = 0, at = node;
    *map = NULL;
    while (m->program.item[at].op == NALG_PROGRAM_VIEW && length < 16) {
        chain[length++] = at;
        at = m->program.item[at].a;
    }
    if (m->program.item[at].op != NALG_PROGRAM_WEIGHTS) return NALG_OK;
    size_t size = m->program.item[at].size;
    int64_t *now = nalg_array(size, sizeof *now);
    if (!now) return nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size; i++) now[i] = (int64_t)i;
    while (length-- > 0) {
        const nalg_instruction *view = &m->program.item[chain[length]];
        int64_t *next = nalg_array(view->size, sizeof *next);
        if (!next) {
            free(now);
            return nalg_fail_memory(m->ctx);
        }
        nalg_strided_fill(&view->map, next);
        for (size_t i = 0; i < view->size; i++) next[i] = now[next[i]];
        free(now);
        now = next;
    }
    *parameter = m->program.item[at].first;
    *map = now;
    return NALG_OK;
}

/* A view of one parameter in which every element occurs once. */
static bool is_parameter(nalg_onnx_import *m, size_t node)
{
    size_t at = node;
    for (unsigned k = 0; k < 16 && m->program.item[at].op == NALG_PROGRAM_VIEW; k++) {
        const nalg_strided *s = &m->program.item[at].map;
        for (size_t i = 0; i < s->axes; i++)
            if (s->stride[i] == 0 && s->dim[i] > 1) return false;
        at = m->program.item[at].a;
    }
    return m->program.item[at].op == NALG_PROGRAM_WEIGHTS;
}

/* ---- activations ---- */

typedef struct {
    nalg_polynomial numerator, denominator;
} fraction;

static void fraction_clear(fraction *f)
{
    nalg_polynomial_clear(&f->numerator);
    nalg_polynomial_clear(&f->denominator);
    *f = (fraction){0};
}

static bool monomial(nalg_polynomial *out, const fmpq *coefficient, uint64_t exponent)
{
    fmpq_t one;
    fmpq_init(one);
    fmpq_one(one);
    bool ok = nalg_polynomial_monomial(out, coefficient ? coefficient : one, exponent);
    fmpq_clear(one);
    return ok;
}

/* Sums, products and powers set *refused when the result would be too large; false then, and when memory is
 * out. */
static bool multiply_polynomials(nalg_polynomial *out, const nalg_polynomial *a, const nalg_polynomial *b,
                                 bool *refused)
{
    *refused = *refused || nalg_polynomial_product_excess(a, b);
    return !*refused && nalg_polynomial_multiply(out, a, b);
}

static bool multiply(fraction *out, const fraction *a, const fraction *b, bool *refused)
{
    return multiply_polynomials(&out->numerator, &a->numerator, &b->numerator, refused) &&
           multiply_polynomials(&out->denominator, &a->denominator, &b->denominator, refused);
}

static bool add(fraction *out, const fraction *a, const fraction *b, bool *refused)
{
    nalg_polynomial left = {0}, right = {0};
    bool ok = multiply_polynomials(&left, &a->numerator, &b->denominator, refused) &&
              multiply_polynomials(&right, &b->numerator, &a->denominator, refused) &&
              nalg_polynomial_add(&out->numerator, &left, &right) &&
              multiply_polynomials(&out->denominator, &a->denominator, &b->denominator, refused);
    nalg_polynomial_clear(&left);
    nalg_polynomial_clear(&right);
    return ok;
}

static bool power(fraction *out, const fraction *a, uint64_t exponent, bool *refused)
{
    *refused = *refused || nalg_polynomial_power_excess(&a->numerator, exponent) ||
               nalg_polynomial_power_excess(&a->denominator, exponent);
    return !*refused && nalg_polynomial_power(&out->numerator, &a->numerator, exponent) &&
           nalg_polynomial_power(&out->denominator, &a->denominator, exponent);
}

/* Denominator over numerator; a constant denominator is made 1. */
static bool inverse(fraction *out, const fraction *a, bool *refused)
{
    *refused = *refused || a->numerator.count == 0;
    if (*refused) return false;
    nalg_polynomial factor = {0};
    fmpq_t c;
    fmpq_init(c);
    bool scalar = a->numerator.count == 1 && a->numerator.term[0].exponent == 0;
    if (scalar)
        fmpq_inv(c, &a->numerator.term[0].coefficient);
    else
        fmpq_one(c);
    bool ok = monomial(&factor, c, 0) &&
              multiply_polynomials(&out->numerator, &a->denominator, &factor, refused) &&
              multiply_polynomials(&out->denominator, &a->numerator, &factor, refused);
    nalg_polynomial_clear(&factor);
    fmpq_clear(c);
    return ok;
}

static bool constant_fraction(const piece *p, size_t v, fraction *out)
{
    return monomial(&out->numerator, nalg_onnx_numbers(p->m, v), 0) && monomial(&out->denominator, NULL, 0);
}

/* The function of value v, from those of its operands (f[value - from]). */
static bool fraction_of(const piece *p, size_t v, fraction *f, fraction *out, bool *refused)
{
    const nalg_instruction *i = item(p, v);
    fraction constant = {0};
    size_t a = i->a, b = i->b;
    if (i->op == NALG_PROGRAM_POWER) return power(out, &f[a - p->from], i->exponent, refused);
    if (i->op == NALG_PROGRAM_INVERSE) return inverse(out, &f[a - p->from], refused);
    bool const_a = nalg_onnx_numbers(p->m, a) != NULL, const_b = nalg_onnx_numbers(p->m, b) != NULL;
    bool ok = (!const_a && !const_b) || constant_fraction(p, const_a ? a : b, &constant);
    const fraction *x = const_a ? &constant : &f[a - p->from], *y = const_b ? &constant : &f[b - p->from];
    ok = ok && (i->op == NALG_PROGRAM_ADD ? add(out, x, y, refused) : multiply(out, x, y, refused));
    fraction_clear(&constant);
    return ok;
}

static uint64_t top(const nalg_polynomial *q)
{
    return q->count ? q->term[0].exponent : 0;
}

/* Small enough to be multiplied on. */
static bool small(const fraction *f)
{
    return f->numerator.count <= 256 && f->denominator.count <= 256 && f->numerator.count > 0 &&
           nalg_polynomial_is_writable(&f->numerator) && nalg_polynomial_is_writable(&f->denominator) &&
           top(&f->numerator) < (UINT64_C(1) << 20) && top(&f->denominator) < (UINT64_C(1) << 20);
}

/* Values between `base` and `v` that v is computed from, both included. */
static void mark_region(const piece *p, size_t base, size_t v, bool *mark)
{
    mark[v - p->from] = true;
    for (size_t k = v; k > base; k--) {
        const nalg_instruction *i = item(p, k);
        size_t operand[2] = {i->a, i->b};
        for (unsigned o = 0; mark[k - p->from] && o < nalg_program_operands(i); o++)
            if (depends(p, operand[o])) mark[operand[o] - p->from] = true;
    }
}

/* v as text in x, x being its base. *out NULL when it grows too large, and when x cancels. */
static nalg_status activation_text(const piece *p, size_t v, char **out)
{
    size_t base = p->base[v - p->from], count = p->to - p->from + 1;
    bool *mark = nalg_array_zero(count, sizeof *mark), ok = true, refused = false;
    fraction *f = nalg_array_zero(count, sizeof *f);
    *out = NULL;
    if (!mark || !f) {
        free(mark);
        free(f);
        return nalg_fail_memory(p->m->ctx);
    }
    mark_region(p, base, v, mark);
    ok = monomial(&f[base - p->from].numerator, NULL, 1) && monomial(&f[base - p->from].denominator, NULL, 0);
    for (size_t k = base + 1; k <= v && ok; k++)
        if (mark[k - p->from]) {
            ok = fraction_of(p, k, f, &f[k - p->from], &refused);
            refused = refused || (ok && !small(&f[k - p->from]));
            ok = ok && !refused;
        }
    nalg_status status = ok || refused ? NALG_OK : nalg_fail_memory(p->m->ctx);
    if (ok && (top(&f[v - p->from].numerator) || top(&f[v - p->from].denominator))) {
        nalg_text text = {0};
        nalg_rational_function r = {f[v - p->from].numerator, f[v - p->from].denominator};
        nalg_rational_function_print(&r, &text);
        *out = nalg_text_take(&text);
        if (!*out) status = nalg_fail_memory(p->m->ctx);
    }
    for (size_t k = 0; k < count; k++) fraction_clear(&f[k]);
    free(f);
    free(mark);
    return status;
}

/* ---- the matchers: does the value `v` come from its dominator by a layer with a name? ---- */

static size_t dominator(const piece *p, size_t v)
{
    return p->dominator[v - p->from];
}

/* The product below a bias. */
static size_t below_bias(const piece *p, size_t v, size_t *bias)
{
    const nalg_instruction *i = item(p, v);
    *bias = NONE;
    if (i->op != NALG_PROGRAM_ADD || item(p, i->a)->size != item(p, i->b)->size) return v;
    bool swap = !depends(p, i->a);
    size_t data = swap ? i->b : i->a, other = swap ? i->a : i->b;
    if (!depends(p, data) || depends(p, other) || item(p, data)->op != NALG_PROGRAM_PRODUCT) return v;
    *bias = other;
    return data;
}

static bool match_convolution(const piece *p, size_t v, nalg_onnx_segment *s)
{
    size_t bias, product = below_bias(p, v, &bias);
    const nalg_onnx_origin *o = &p->m->origin[product];
    if (!depends(p, product) || item(p, product)->op != NALG_PROGRAM_PRODUCT || !o->convolution ||
        !depends(p, o->data) || !is_parameter(p->m, o->weight))
        return false;
    if (bias != NONE) { /* one number for each channel */
        const nalg_instruction *b = item(p, bias);
        size_t columns = item(p, product)->n;
        bool spread = b->op == NALG_PROGRAM_VIEW && b->map.axes == 2 && b->map.offset == 0 &&
                      b->map.dim[0] == o->channels && b->map.stride[0] == 1 && b->map.stride[1] == 0;
        bool once = o->channels == 1 && b->op == NALG_PROGRAM_VIEW && b->map.axes == 1 &&
                    b->map.stride[0] == 0 && b->map.offset == 0;
        size_t weights = columns == 1 ? bias : (spread || once) ? b->a : NONE;
        if (weights == NONE || !is_parameter(p->m, weights)) return false;
        bias = weights;
    }
    *s = (nalg_onnx_segment){.kind = NALG_ONNX_CONVOLUTION,
                             .from = o->data,
                             .to = v,
                             .product = product,
                             .weight = o->weight,
                             .bias = bias};
    return true;
}

static bool match_dense(const piece *p, size_t v, nalg_onnx_segment *s)
{
    size_t bias, product = below_bias(p, v, &bias);
    const nalg_instruction *i = item(p, product);
    if (!depends(p, product) || i->op != NALG_PROGRAM_PRODUCT || (bias != NONE && !is_parameter(p->m, bias)))
        return false;
    bool left = i->n == 1 && !depends(p, i->a) && depends(p, i->b),
         right = i->m == 1 && depends(p, i->a) && !depends(p, i->b);
    size_t weight = left ? i->a : i->b, data = left ? i->b : i->a;
    if ((!left && !right) || !is_parameter(p->m, weight)) return false;
    *s = (nalg_onnx_segment){
        .kind = NALG_ONNX_DENSE, .from = data, .to = v, .product = product, .weight = weight, .bias = bias};
    return true;
}

static bool match_sumpool(const piece *p, size_t v, nalg_onnx_segment *s)
{
    const nalg_instruction *i = item(p, v);
    if (i->op != NALG_PROGRAM_PUT || i->map.offset) return false;
    size_t channels = i->map.axes == 2 && i->map.stride[0] == 1 ? i->map.dim[0] : 1, last = i->map.axes - 1;
    bool sums = (i->map.axes == 2 && i->map.stride[0] == 1 && i->map.stride[1] == 0) ||
                (i->map.axes == 1 && i->map.stride[0] == 0);
    if (!sums || i->size != channels || i->map.dim[last] < 2) return false;
    *s = (nalg_onnx_segment){.kind = NALG_ONNX_SUMPOOL, .from = i->a, .to = v};
    return true;
}

static nalg_status match_residual(const piece *p, size_t v, unsigned depth, nalg_onnx_segment *s, bool *found)
{
    const nalg_instruction *i = item(p, v);
    *found = false;
    if (i->op != NALG_PROGRAM_ADD || depth >= RESIDUAL_DEPTH || item(p, i->a)->size != item(p, i->b)->size)
        return NALG_OK;
    size_t from = dominator(p, v), inside = i->a == from ? i->b : i->b == from ? i->a : NONE;
    if (inside == NONE || inside == from || !depends(p, inside)) return NALG_OK;
    nalg_onnx_segments *inner = nalg_array_zero(1, sizeof *inner);
    if (!inner) return nalg_fail_memory(p->m->ctx);
    nalg_status status = nalg_onnx_recognise(p->m, from, inside, depth + 1, inner, found);
    if (status == NALG_OK && *found) {
        *s = (nalg_onnx_segment){.kind = NALG_ONNX_RESIDUAL, .from = from, .to = v, .inner = inner};
        return NALG_OK;
    }
    nalg_onnx_segments_clear(inner);
    free(inner);
    return status;
}

/* ---- the chain of pieces ---- */

void nalg_onnx_segments_clear(nalg_onnx_segments *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->item[i].text);
        if (s->item[i].inner) nalg_onnx_segments_clear(s->item[i].inner);
        free(s->item[i].inner);
        if (s->item[i].heads) free(s->item[i].heads->head);
        free(s->item[i].heads);
    }
    free(s->item);
    *s = (nalg_onnx_segments){0};
}

/* The layer that ends at v; kind PROGRAM when it has no name. */
static nalg_status match(const piece *p, size_t v, unsigned depth, nalg_onnx_segment *s)
{
    bool found;
    size_t base = p->base[v - p->from];
    *s = (nalg_onnx_segment){.kind = NALG_ONNX_PROGRAM, .from = dominator(p, v), .to = v};
    if (base != v) {
        char *text;
        nalg_status status = activation_text(p, v, &text);
        if (status == NALG_OK && text)
            *s = (nalg_onnx_segment){.kind = NALG_ONNX_ACTIVATION, .from = base, .to = v, .text = text};
        return status;
    }
    if (match_convolution(p, v, s) || match_dense(p, v, s) || match_sumpool(p, v, s)) return NALG_OK;
    nalg_status status = nalg_onnx_match_attention(p->m, dominator(p, v), v, s, &found);
    if (status == NALG_OK && !found) status = match_residual(p, v, depth, s, &found);
    return status;
}

static nalg_status collect(const piece *p, unsigned depth, nalg_onnx_segments *out)
{
    for (size_t v = p->to; v != p->from;) {
        nalg_onnx_segment s, *last = out->count ? &out->item[out->count - 1] : NULL;
        nalg_status status = match(p, v, depth, &s);
        if (status == NALG_OK) status = nalg_checkpoint(p->m->ctx);
        if (status != NALG_OK) return status;
        v = s.from;
        if (s.kind == NALG_ONNX_PROGRAM && last && last->kind == NALG_ONNX_PROGRAM) {
            last->from = s.from; /* neighbours without names are one program */
            continue;
        }
        if (!nalg_grow((void **)&out->item, &out->capacity, out->count, sizeof *out->item))
            return nalg_fail_memory(p->m->ctx);
        out->item[out->count++] = s;
    }
    return NALG_OK;
}

/* Which values depend on the input. */
static bool *input_dependence(const nalg_program *program)
{
    bool *data = nalg_array_zero(program->count, sizeof *data);
    for (size_t v = 0; data && v < program->count; v++) {
        const nalg_instruction *i = &program->item[v];
        size_t operand[2] = {i->a, i->b};
        data[v] = i->op == NALG_PROGRAM_INPUT;
        for (unsigned k = 0; k < nalg_program_operands(i); k++) data[v] = data[v] || data[operand[k]];
    }
    return data;
}

nalg_status nalg_onnx_recognise(nalg_onnx_import *m, size_t from, size_t to, unsigned depth,
                                nalg_onnx_segments *out, bool *found)
{
    size_t count = to - from + 1;
    piece p = {m, from, to, nalg_array(count, sizeof(size_t)), nalg_array(count, sizeof(size_t))};
    bool *data = input_dependence(&m->program);
    nalg_status status = p.dominator && p.base && data ? NALG_OK : nalg_fail_memory(m->ctx);
    *found = status == NALG_OK && from < to && analyse(&p, data);
    free(data);
    if (*found) status = collect(&p, depth, out);
    free(p.dominator);
    free(p.base);
    return status;
}
