/* What is known about a tensor program without running it: the degrees of its entries in the input, whether
 * it works entry by entry, and the symmetries of products inside it.
 *
 * In L R with an inner index of length k, GL(k) acts: L g^-1, g R. Weights can carry this out when L can be
 * changed to L E by changing weights that nothing else uses, and R to E R: a matrix of weights can, a product
 * when its outer factor can, a sum when both summands can, a transpose when its operand can on the other
 * side. So the adapter B A beside a fixed matrix has GL(rank). In the same way a change of the input of the
 * program is undone when the input is only ever multiplied with such matrices. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/memory.h"
#include "model/program.h"

/* Degrees beyond this are not followed: a set of degrees is the bits of one word. */
#define LARGEST_DEGREE 63
/* Factors of factors looked at. */
#define DEPTH_LIMIT 64

/* ---- degrees ---- */

/* All sums of one degree from each set; 0 (unknown) when one is too large. */
static uint64_t sums(uint64_t a, uint64_t b)
{
    uint64_t out = 0;
    if (!a || !b) return 0;
    for (unsigned e = 0; e <= LARGEST_DEGREE; e++) {
        if (!(a >> e & 1)) continue;
        if (e && b >> (LARGEST_DEGREE + 1 - e)) return 0;
        out |= b << e;
    }
    return out;
}

static uint64_t power(uint64_t a, uint64_t exponent)
{
    uint64_t out = 1;
    if (a == 1) return 1;
    for (uint64_t e = 0; e < exponent && out; e++) out = sums(out, a); /* 0 after 64 steps at the latest */
    return out;
}

static uint64_t degrees_of(const nalg_instruction *i, const uint64_t *degrees)
{
    uint64_t a = nalg_program_operands(i) > 0 ? degrees[i->a] : 1,
             b = nalg_program_operands(i) > 1 ? degrees[i->b] : a;
    switch (i->op) {
    case NALG_PROGRAM_INPUT:
        return 2;
    case NALG_PROGRAM_WEIGHTS:
    case NALG_PROGRAM_NUMBERS:
        return 1;
    case NALG_PROGRAM_INVERSE:
        return a == 1;
    case NALG_PROGRAM_POWER:
        return power(a, i->exponent);
    case NALG_PROGRAM_MULTIPLY:
    case NALG_PROGRAM_PRODUCT:
        return sums(a, b);
    default:
        return a && b ? a | b : 0;
    }
}

bool nalg_program_degrees(const nalg_program *p, uint64_t *out)
{
    uint64_t *degrees = nalg_array(p->count, sizeof *degrees);
    if (!degrees) return false;
    for (size_t i = 0; i < p->count; i++) degrees[i] = degrees_of(&p->item[i], degrees);
    *out = degrees[p->count - 1];
    free(degrees);
    return true;
}

/* ---- entry by entry ---- */

/* Do two entries of a value without the input stay the same whatever the weights are? */
static bool same_entry(const nalg_program *p, size_t value, const int64_t *map, size_t at, size_t other)
{
    const nalg_instruction *i = &p->item[value];
    if (i->size == 1 || at == other) return true;
    if (i->op == NALG_PROGRAM_NUMBERS)
        return fmpq_equal(&p->number[i->first + at], &p->number[i->first + other]);
    return i->op == NALG_PROGRAM_VIEW && map[at] == map[other];
}

/* Is the value the same at all entries of each of the channels? */
static bool constant_on_channels(const nalg_program *p, size_t value, size_t channels, size_t size,
                                 bool *same)
{
    const nalg_instruction *i = &p->item[value];
    int64_t *map = NULL;
    *same = true;
    if (i->op == NALG_PROGRAM_VIEW) {
        map = nalg_array(i->size, sizeof *map);
        if (!map) return false;
        nalg_strided_fill(&i->map, map);
    }
    for (size_t at = 0; at < size && *same; at++)
        *same = same_entry(p, value, map, at, at - at % (size / channels));
    free(map);
    return true;
}

bool nalg_program_is_channelwise(const nalg_program *p, size_t channels, bool *out)
{
    size_t size = p->item[0].size;
    bool *data = nalg_array_zero(p->count, sizeof *data), ok = data != NULL;
    *out = ok && channels && size % channels == 0;
    for (size_t k = 0; *out && k < p->count; k++) {
        const nalg_instruction *i = &p->item[k];
        unsigned operands = nalg_program_operands(i);
        bool in_a = operands > 0 && data[i->a], in_b = operands > 1 && data[i->b];
        data[k] = k == 0 || in_a || in_b;
        if (!data[k] || k == 0) continue;
        *out =
            (i->op == NALG_PROGRAM_ADD || i->op == NALG_PROGRAM_MULTIPLY) && in_a != in_b && i->size == size;
        if (*out) ok = constant_on_channels(p, in_a ? i->b : i->a, channels, size, out) && ok;
    }
    *out = *out && ok && data[p->count - 1];
    free(data);
    return ok;
}

/* ---- products ---- */

typedef struct {
    const nalg_program *p;
    const size_t *uses;       /* of each value */
    size_t offset;            /* of the program's weights */
    nalg_vector_field *field; /* NULL: only look whether it can be done */
} builder;

/* A change of a rows x columns value v: v becomes v + factor E v (left) or v + factor v E, E = E_ij. */
typedef struct {
    size_t rows, columns, i, j;
    bool left;
    int64_t factor;
} change;

/* Axes of one entry left out, axes that follow each other joined. */
static nalg_strided simple_map(const nalg_strided *s)
{
    nalg_strided out = {.offset = s->offset};
    for (size_t k = 0; k < s->axes; k++) {
        size_t last = out.axes - 1;
        if (s->dim[k] == 1) continue;
        if (out.axes && out.stride[last] == s->stride[k] * (int64_t)s->dim[k]) {
            out.dim[last] *= s->dim[k];
            out.stride[last] = s->stride[k];
        } else {
            out.dim[out.axes] = s->dim[k];
            out.stride[out.axes++] = s->stride[k];
        }
    }
    return out;
}

static bool realise(const builder *b, size_t value, change c, unsigned depth);

static bool realise_view(const builder *b, const nalg_instruction *i, change c, unsigned depth)
{
    nalg_strided s = simple_map(&i->map);
    if (s.offset || i->size != b->p->item[i->a].size) return false;
    if (s.axes == 0 || (s.axes == 1 && s.stride[0] == 1)) return realise(b, i->a, c, depth + 1);
    bool transposed = s.axes == 2 && s.dim[0] == c.rows && s.dim[1] == c.columns && s.stride[0] == 1 &&
                      s.stride[1] == (int64_t)c.rows;
    return transposed &&
           realise(b, i->a, (change){c.columns, c.rows, c.j, c.i, !c.left, c.factor}, depth + 1);
}

static void realise_weights(const builder *b, const nalg_instruction *i, change c)
{
    size_t at = b->offset + i->first, n = c.columns;
    for (size_t k = 0; b->field && k < (c.left ? c.columns : c.rows); k++)
        nalg_vector_field_add(b->field, c.left ? at + c.i * n + k : at + k * n + c.j,
                              (int64_t)(c.left ? at + c.j * n + k : at + k * n + c.i), c.factor);
}

static bool is_scalar(const nalg_program *p, size_t value)
{
    return p->item[value].op == NALG_PROGRAM_NUMBERS && p->item[value].size == 1;
}

/* Can the change be made by weights that nothing else uses? */
static bool realise(const builder *b, size_t value, change c, unsigned depth)
{
    const nalg_instruction *i = &b->p->item[value];
    if (b->uses[value] != 1 || depth > DEPTH_LIMIT) return false;
    switch (i->op) {
    case NALG_PROGRAM_WEIGHTS:
        realise_weights(b, i, c);
        return true;
    case NALG_PROGRAM_VIEW:
        return realise_view(b, i, c, depth);
    case NALG_PROGRAM_ADD:
        return b->p->item[i->a].size == i->size && b->p->item[i->b].size == i->size &&
               realise(b, i->a, c, depth + 1) && realise(b, i->b, c, depth + 1);
    case NALG_PROGRAM_MULTIPLY:
        if (is_scalar(b->p, i->a)) return realise(b, i->b, c, depth + 1);
        return is_scalar(b->p, i->b) && realise(b, i->a, c, depth + 1);
    case NALG_PROGRAM_PRODUCT:
        if (i->m != c.rows || i->n != c.columns) return false;
        if (c.left) return realise(b, i->a, (change){i->m, i->k, c.i, c.j, true, c.factor}, depth + 1);
        return realise(b, i->b, (change){i->k, i->n, c.i, c.j, false, c.factor}, depth + 1);
    default:
        return false;
    }
}

/* E_ij at the inner index of a product: the right factor becomes E R, the left one - L E. */
static bool gauge(const builder *b, const nalg_instruction *product, size_t i, size_t j)
{
    return realise(b, product->a, (change){product->m, product->k, i, j, false, -1}, 0) &&
           realise(b, product->b, (change){product->k, product->n, i, j, true, 1}, 0);
}

static size_t *count_uses(const nalg_program *p)
{
    size_t *uses = nalg_array_zero(p->count, sizeof *uses);
    for (size_t k = 0; uses && k < p->count; k++) {
        if (nalg_program_operands(&p->item[k]) > 0) uses[p->item[k].a]++;
        if (nalg_program_operands(&p->item[k]) > 1) uses[p->item[k].b]++;
    }
    return uses;
}

/* Products with a symmetry, in order: each adds k^2 to the fields. Stops at the one that holds field `index`.
 */
static const nalg_instruction *find_product(const builder *b, size_t *index, size_t *fields, nalg_text *names)
{
    *fields = 0;
    for (size_t k = 0; k < b->p->count; k++) {
        const nalg_instruction *i = &b->p->item[k];
        size_t all, square;
        if (i->op != NALG_PROGRAM_PRODUCT || !gauge(&(builder){b->p, b->uses, 0, NULL}, i, 0, 0)) continue;
        if (!nalg_size_multiply(&square, i->k, i->k) || __builtin_add_overflow(*fields, square, &all)) break;
        if (index && *index < all) {
            *index -= *fields;
            return i;
        }
        if (names) nalg_text_format(names, "%sGL(%zu)", *fields ? ", " : "", i->k);
        *fields = all;
    }
    return NULL;
}

size_t nalg_program_symmetries(const nalg_program *p, nalg_text *names)
{
    size_t *uses = count_uses(p), fields = 0;
    if (uses) find_product(&(builder){p, uses, 0, NULL}, NULL, &fields, names);
    free(uses);
    return fields;
}

void nalg_program_symmetry_field(const nalg_program *p, size_t offset, size_t index, nalg_vector_field *v)
{
    size_t *uses = count_uses(p), fields;
    builder b = {p, uses, offset, v};
    const nalg_instruction *product = uses ? find_product(&b, &index, &fields, NULL) : NULL;
    if (product)
        gauge(&b, product, index / product->k, index % product->k);
    else
        v->failed = true;
    free(uses);
}

/* ---- actions on the input ---- */

/* One use of the input x: x + factor E_ij x is undone by the matrix that x is multiplied with. */
static bool absorb_use(const builder *b, const nalg_instruction *use, size_t i, size_t j, int64_t factor)
{
    if (use->op != NALG_PROGRAM_PRODUCT || use->a == use->b) return false;
    if (use->b == 0 && use->n == 1)
        return realise(b, use->a, (change){use->m, use->k, i, j, false, -factor}, 0);
    return use->a == 0 && use->m == 1 && realise(b, use->b, (change){use->k, use->n, j, i, true, -factor}, 0);
}

/* Every use, each by weights of its own. */
static bool absorb(const builder *b, size_t i, size_t j, int64_t factor)
{
    for (size_t k = 1; k < b->p->count; k++) {
        const nalg_instruction *use = &b->p->item[k];
        unsigned operands = nalg_program_operands(use);
        bool uses = (operands > 0 && use->a == 0) || (operands > 1 && use->b == 0);
        if (uses && !absorb_use(b, use, i, j, factor)) return false;
    }
    return b->uses[0] > 0;
}

bool nalg_program_absorbs(const nalg_program *p)
{
    size_t *uses = count_uses(p);
    bool can = uses && absorb(&(builder){p, uses, 0, NULL}, 0, 0, 1);
    free(uses);
    return can;
}

void nalg_program_absorb_field(const nalg_program *p, size_t offset, size_t i, size_t j, int64_t factor,
                               nalg_vector_field *v)
{
    size_t *uses = count_uses(p);
    if (!uses || !absorb(&(builder){p, uses, offset, v}, i, j, factor)) v->failed = true;
    free(uses);
}
