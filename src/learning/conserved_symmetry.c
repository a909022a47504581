/* Noether's theorem for gradient flows: if w -> w + e M w leaves f_w as it is and M is symmetric, then h(w) = w^T M w is conserved,
 * for grad h . grad_w f_w(x)_o = 2 (M w) . grad_w f_w(x)_o = 0. The symmetry fields of the layer types hold identically
 * (model/symmetry.h), so every law found here does. Source: Marcotte, Gribonval, Peyre (arXiv 2307.00144); here the
 * converse direction of their search is not needed.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_symmetry.h"
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "model/symmetry.h"

/* Entries of all matrices together. */
#define ENTRY_LIMIT ((size_t)1 << 24)

/* A linear field as a sparse matrix: hashes of the matrix and of its transpose decide which pairs are compared. */
typedef struct {
    nalg_field_term *term;
    size_t count, number;
    uint64_t hash, transposed;
} matrix;

typedef struct {
    matrix *item;
    size_t count, capacity, entries;
} matrices;

static uint64_t hash_term(uint64_t i, uint64_t j, int64_t c)
{
    nalg_random r = nalg_random_stream(i, j);
    return nalg_random_bits(&r) * (uint64_t)c;
}

static int by_place(const void *a, const void *b)
{
    const nalg_field_term *x = a, *y = b;
    if (x->target != y->target) return x->target < y->target ? -1 : 1;
    return (x->source > y->source) - (x->source < y->source);
}

static void make_matrix(matrix *m, nalg_vector_field *v)
{
    size_t kept = 0;
    qsort(v->term, v->count, sizeof *v->term, by_place);
    for (size_t i = 0; i < v->count; i++) {
        if (kept && !by_place(&v->term[kept - 1], &v->term[i])) v->term[kept - 1].coefficient += v->term[i].coefficient;
        else v->term[kept++] = v->term[i];
    }
    *m = (matrix){.term = v->term, .count = kept};
    for (size_t i = 0; i < kept; i++) {
        m->hash += hash_term(v->term[i].target, (uint64_t)v->term[i].source, v->term[i].coefficient);
        m->transposed += hash_term((uint64_t)v->term[i].source, v->term[i].target, v->term[i].coefficient);
    }
}

static bool has_constants(const nalg_vector_field *v)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->term[i].source < 0) return true;
    return false;
}

static nalg_status collect(nalg_ctx *ctx, matrices *out, const nalg_symmetries *symmetries)
{
    for (size_t s = 0; s < symmetries->count; s++)
        for (size_t i = 0; i < symmetries->item[s].fields && out->entries < ENTRY_LIMIT; i++) {
            nalg_vector_field v = {0};
            nalg_status status = nalg_checkpoint(ctx);
            if (status == NALG_OK && (!nalg_symmetry_field(&symmetries->item[s], i, &v) || v.failed)) status = nalg_fail_memory(ctx);
            bool use = status == NALG_OK && v.count && !has_constants(&v);
            if (use && !nalg_grow((void **)&out->item, &out->capacity, out->count, sizeof *out->item)) status = nalg_fail_memory(ctx);
            if (!use || status != NALG_OK) free(v.term);
            if (status != NALG_OK) return status;
            if (!use) continue;
            make_matrix(&out->item[out->count], &v);
            out->item[out->count].number = out->count;
            out->entries += out->item[out->count++].count;
        }
    return NALG_OK;
}

static int64_t entry(const matrix *m, size_t i, size_t j)
{
    const nalg_field_term key = {.target = i, .source = (int64_t)j};
    const nalg_field_term *found = bsearch(&key, m->term, m->count, sizeof key, by_place);
    return found ? found->coefficient : 0;
}

/* Is b the transpose of a, entry by entry? */
static bool is_transpose(const matrix *a, const matrix *b)
{
    if (a->count != b->count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (entry(b, (size_t)a->term[i].source, a->term[i].target) != a->term[i].coefficient) return false;
    return true;
}

/* w^T a w: up to the factor 2 also the law of a plus its transpose. */
static nalg_status quadratic_form(nalg_ctx *ctx, nalg_laws *out, const matrix *a, const nalg_weight_names *names)
{
    nalg_law law = {.order = out->count, .proved = true};
    fmpz_t c;
    bool ok = true;
    fmpz_init(c);
    for (size_t i = 0; i < a->count && ok; i++) {
        nalg_monomial m;
        memset(&m, 0xff, sizeof m);
        m.factor[0] = (uint32_t)a->term[i].target;
        m.factor[1] = (uint32_t)a->term[i].source;
        fmpz_set_si(c, a->term[i].coefficient);
        ok = nalg_law_add(&law, &m, c);
    }
    fmpz_clear(c);
    if (!ok) {
        nalg_law_clear(&law);
        return nalg_fail_memory(ctx);
    }
    nalg_law_normalise(&law, names);
    if (law.terms) return nalg_laws_push(ctx, out, &law);
    nalg_law_clear(&law);
    return NALG_OK;
}

static int by_hash(const void *a, const void *b)
{
    const matrix *x = *(const matrix *const *)a, *y = *(const matrix *const *)b;
    if (x->hash != y->hash) return x->hash < y->hash ? -1 : 1;
    return (x->number > y->number) - (x->number < y->number);
}

static nalg_status pair(nalg_ctx *ctx, nalg_laws *out, const matrices *all, const nalg_weight_names *names)
{
    const matrix **sorted = nalg_array(all->count, sizeof *sorted);
    nalg_status status = sorted ? NALG_OK : nalg_fail_memory(ctx);
    for (size_t i = 0; sorted && i < all->count; i++) sorted[i] = &all->item[i];
    if (sorted && all->count) qsort(sorted, all->count, sizeof *sorted, by_hash);
    for (size_t i = 0; i < all->count && status == NALG_OK; i++) {
        const matrix *a = &all->item[i];
        size_t low = 0, high = all->count;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (sorted[middle]->hash < a->transposed) low = middle + 1;
            else high = middle;
        }
        for (; low < all->count && sorted[low]->hash == a->transposed && status == NALG_OK; low++)
            if (sorted[low]->number >= i && is_transpose(a, sorted[low])) {
                status = quadratic_form(ctx, out, a, names);
                break;
            }
    }
    free(sorted);
    return status;
}

nalg_status nalg_laws_from_symmetries(nalg_ctx *ctx, nalg_laws *out, const nalg_model *model, const nalg_weight_names *names)
{
    nalg_symmetries symmetries = {0};
    matrices all = {0};
    nalg_status status = nalg_symmetries_find(ctx, &symmetries, model);
    if (status == NALG_OK) status = collect(ctx, &all, &symmetries);
    if (status == NALG_OK) status = pair(ctx, out, &all, names);
    for (size_t i = 0; i < all.count; i++) free(all.item[i].term);
    free(all.item);
    nalg_symmetries_clear(&symmetries);
    return status;
}

nalg_status nalg_laws_products(nalg_ctx *ctx, nalg_laws *laws, size_t degree, size_t most, const nalg_weight_names *names)
{
    size_t base = laws->count, first = 0, last = base;
    while (first < last) { /* products of one more factor than before */
        for (size_t i = first; i < last; i++)
            for (size_t j = 0; j < base && laws->count < most; j++) {
                nalg_law product;
                if (nalg_law_degree(&laws->item[i]) + nalg_law_degree(&laws->item[j]) > degree) continue;
                if (!nalg_law_multiply(&product, &laws->item[i], &laws->item[j], names)) return nalg_fail_memory(ctx);
                product.order = laws->count;
                nalg_status status = nalg_laws_push(ctx, laws, &product);
                if (status != NALG_OK) return status;
            }
        first = last;
        last = laws->count;
    }
    return NALG_OK;
}
