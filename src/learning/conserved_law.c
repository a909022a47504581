/* Arithmetic and printing of laws.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_law.h"
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "field/prime.h"

int nalg_monomial_compare(const nalg_monomial *a, const nalg_monomial *b)
{
    for (size_t i = 0; i < NALG_LAW_DEGREE; i++)
        if (a->factor[i] != b->factor[i]) return a->factor[i] < b->factor[i] ? -1 : 1;
    return 0;
}

size_t nalg_monomial_degree(const nalg_monomial *m)
{
    size_t degree = 0;
    while (degree < NALG_LAW_DEGREE && m->factor[degree] != NALG_NO_FACTOR) degree++;
    return degree;
}

void nalg_law_clear(nalg_law *law)
{
    for (size_t i = 0; i < law->terms; i++) fmpz_clear(&law->coefficient[i]);
    free(law->monomial);
    free(law->coefficient);
    *law = (nalg_law){0};
}

static void sort_factors(nalg_monomial *m)
{
    for (size_t i = 1; i < NALG_LAW_DEGREE; i++)
        for (size_t j = i; j > 0 && m->factor[j] < m->factor[j - 1]; j--) {
            uint32_t swap = m->factor[j];
            m->factor[j] = m->factor[j - 1];
            m->factor[j - 1] = swap;
        }
}

bool nalg_law_add(nalg_law *law, const nalg_monomial *monomial, const fmpz_t coefficient)
{
    if (law->terms == law->capacity) {
        size_t capacity = law->capacity ? 2 * law->capacity : 8;
        nalg_monomial *m = nalg_array(capacity, sizeof *m);
        fmpz *c = nalg_array(capacity, sizeof *c);
        if (!m || !c) {
            free(m);
            free(c);
            return false;
        }
        if (law->terms) {
            memcpy(m, law->monomial, law->terms * sizeof *m);
            memcpy(c, law->coefficient, law->terms * sizeof *c);
        }
        free(law->monomial);
        free(law->coefficient);
        law->monomial = m;
        law->coefficient = c;
        law->capacity = capacity;
    }
    law->monomial[law->terms] = *monomial;
    sort_factors(&law->monomial[law->terms]);
    fmpz_init_set(&law->coefficient[law->terms++], coefficient);
    return true;
}

/* Insertion of runs would be quadratic: heap sort of the two arrays together. */
static void swap_terms(nalg_law *law, size_t i, size_t j)
{
    nalg_monomial m = law->monomial[i];
    law->monomial[i] = law->monomial[j];
    law->monomial[j] = m;
    fmpz_swap(&law->coefficient[i], &law->coefficient[j]);
}

static void sift(nalg_law *law, size_t root, size_t end)
{
    for (size_t child; (child = 2 * root + 1) < end; root = child) {
        if (child + 1 < end && nalg_monomial_compare(&law->monomial[child], &law->monomial[child + 1]) < 0) child++;
        if (nalg_monomial_compare(&law->monomial[root], &law->monomial[child]) >= 0) return;
        swap_terms(law, root, child);
    }
}

static void sort_terms(nalg_law *law)
{
    for (size_t i = law->terms / 2; i-- > 0;) sift(law, i, law->terms);
    for (size_t end = law->terms; end-- > 1;) {
        swap_terms(law, 0, end);
        sift(law, 0, end);
    }
}

static void collect(nalg_law *law)
{
    size_t kept = 0;
    sort_terms(law);
    for (size_t i = 0; i < law->terms; i++) {
        if (kept && !nalg_monomial_compare(&law->monomial[kept - 1], &law->monomial[i])) {
            fmpz_add(&law->coefficient[kept - 1], &law->coefficient[kept - 1], &law->coefficient[i]);
            continue;
        }
        if (kept && fmpz_is_zero(&law->coefficient[kept - 1])) kept--;
        if (kept != i) swap_terms(law, kept, i);
        kept++;
    }
    if (kept && fmpz_is_zero(&law->coefficient[kept - 1])) kept--;
    while (law->terms > kept) fmpz_clear(&law->coefficient[--law->terms]);
}

/* Does term i decide the sign before term j? */
static bool leads(const nalg_law *law, const nalg_weight_names *names, size_t i, size_t j)
{
    size_t index[NALG_TENSOR_RANK];
    int size = fmpz_cmpabs(&law->coefficient[i], &law->coefficient[j]);
    if (size) return size < 0;
    size_t a = names->item[nalg_weight_tensor_of(names, law->monomial[i].factor[0], index)].layer;
    size_t b = names->item[nalg_weight_tensor_of(names, law->monomial[j].factor[0], index)].layer;
    return a > b;
}

void nalg_law_normalise(nalg_law *law, const nalg_weight_names *names)
{
    collect(law);
    if (!law->terms) return;
    size_t leading = 0;
    fmpz_t content;
    fmpz_init(content);
    for (size_t i = 0; i < law->terms; i++) {
        fmpz_gcd(content, content, &law->coefficient[i]);
        if (leads(law, names, i, leading)) leading = i;
    }
    if (fmpz_sgn(&law->coefficient[leading]) < 0) fmpz_neg(content, content);
    for (size_t i = 0; i < law->terms; i++) fmpz_divexact(&law->coefficient[i], &law->coefficient[i], content);
    fmpz_clear(content);
}

bool nalg_law_multiply(nalg_law *out, const nalg_law *a, const nalg_law *b, const nalg_weight_names *names)
{
    nalg_law product = {.proved = a->proved && b->proved};
    fmpz_t c;
    fmpz_init(c);
    bool ok = true;
    for (size_t i = 0; i < a->terms && ok; i++)
        for (size_t j = 0; j < b->terms && ok; j++) {
            nalg_monomial m = a->monomial[i];
            size_t at = nalg_monomial_degree(&m), more = nalg_monomial_degree(&b->monomial[j]);
            for (size_t k = 0; k < more && at < NALG_LAW_DEGREE; k++) m.factor[at++] = b->monomial[j].factor[k];
            fmpz_mul(c, &a->coefficient[i], &b->coefficient[j]);
            ok = nalg_law_add(&product, &m, c);
        }
    fmpz_clear(c);
    if (!ok) {
        nalg_law_clear(&product);
        return false;
    }
    nalg_law_normalise(&product, names);
    *out = product;
    return true;
}

size_t nalg_law_degree(const nalg_law *law)
{
    size_t degree = 0;
    for (size_t i = 0; i < law->terms; i++) {
        size_t d = nalg_monomial_degree(&law->monomial[i]);
        degree = d > degree ? d : degree;
    }
    return degree;
}

nalg_status nalg_laws_push(nalg_ctx *ctx, nalg_laws *laws, nalg_law *law)
{
    if (!nalg_grow((void **)&laws->item, &laws->capacity, laws->count, sizeof *laws->item)) {
        nalg_law_clear(law);
        return nalg_fail_memory(ctx);
    }
    laws->item[laws->count++] = *law;
    *law = (nalg_law){0};
    return NALG_OK;
}

nalg_status nalg_laws_copy(nalg_ctx *ctx, nalg_laws *laws, const nalg_law *law)
{
    nalg_law copy = {.order = law->order, .proved = law->proved};
    for (size_t i = 0; i < law->terms; i++)
        if (!nalg_law_add(&copy, &law->monomial[i], &law->coefficient[i])) {
            nalg_law_clear(&copy);
            return nalg_fail_memory(ctx);
        }
    return nalg_laws_push(ctx, laws, &copy);
}

static int by_order(const void *a, const void *b)
{
    const nalg_law *x = a, *y = b;
    return x->order != y->order ? x->order < y->order ? -1 : 1 : nalg_monomial_compare(&x->monomial[0], &y->monomial[0]);
}

void nalg_laws_sort(nalg_laws *laws)
{
    if (laws->count) qsort(laws->item, laws->count, sizeof *laws->item, by_order);
}

void nalg_laws_clear(nalg_laws *laws)
{
    for (size_t i = 0; i < laws->count; i++) nalg_law_clear(&laws->item[i]);
    free(laws->item);
    *laws = (nalg_laws){0};
}

void nalg_law_gradient(uint64_t *out, const nalg_law *law, const uint64_t *w, size_t parameters, uint64_t p)
{
    memset(out, 0, parameters * sizeof *out);
    for (size_t i = 0; i < law->terms; i++) {
        const uint32_t *factor = law->monomial[i].factor;
        size_t degree = nalg_monomial_degree(&law->monomial[i]);
        uint64_t coefficient = fmpz_fdiv_ui(&law->coefficient[i], p);
        for (size_t k = 0; k < degree; k++) {
            uint64_t product = coefficient;
            for (size_t l = 0; l < degree; l++)
                if (l != k) product = nalg_multiply_mod(product, w[factor[l]], p);
            out[factor[k]] = nalg_add_mod(out[factor[k]], product, p);
        }
    }
}

/* ---- printing ---- */

static void print_coefficient(nalg_text *out, const fmpz_t c, bool first)
{
    fmpz_t size;
    fmpz_init(size);
    fmpz_abs(size, c);
    if (!first) nalg_text_string(out, fmpz_sgn(c) < 0 ? " - " : " + ");
    else if (fmpz_sgn(c) < 0) nalg_text_string(out, "-");
    if (!fmpz_is_one(size)) {
        char *digits = fmpz_get_str(NULL, 10, size);
        nalg_text_format(out, "%s*", digits);
        flint_free(digits);
    }
    fmpz_clear(size);
}

static void print_monomial(const nalg_monomial *m, const nalg_weight_names *names, nalg_text *out)
{
    size_t degree = nalg_monomial_degree(m);
    for (size_t i = 0, j; i < degree; i = j) {
        for (j = i; j < degree && m->factor[j] == m->factor[i]; j++) {}
        if (i) nalg_text_string(out, "*");
        nalg_weight_name(names, m->factor[i], out);
        if (j - i > 1) nalg_text_format(out, "^%zu", j - i);
    }
}

void nalg_law_print(const nalg_law *law, const nalg_weight_names *names, nalg_text *out)
{
    bool first = true;
    for (int sign = 1; sign >= -1; sign -= 2)
        for (size_t i = 0; i < law->terms; i++) {
            if (fmpz_sgn(&law->coefficient[i]) != sign) continue;
            print_coefficient(out, &law->coefficient[i], first);
            print_monomial(&law->monomial[i], names, out);
            first = false;
        }
}
