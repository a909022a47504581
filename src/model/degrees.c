/* Sets of degrees under the operations of a network.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/degrees.h"
#include <string.h>
#include "core/memory.h"

bool nalg_degrees_coordinates(nalg_degrees *out)
{
    *out = (nalg_degrees){nalg_array(1, sizeof(uint64_t)), 1, true};
    if (!out->degree) return false;
    out->degree[0] = 1;
    return true;
}

void nalg_degrees_clear(nalg_degrees *d)
{
    free(d->degree);
    *d = (nalg_degrees){0};
}

bool nalg_degrees_copy(nalg_degrees *out, const nalg_degrees *d)
{
    *out = (nalg_degrees){nalg_array(d->count, sizeof(uint64_t)), d->count, d->known};
    if (!out->degree) return false;
    if (d->count) memcpy(out->degree, d->degree, d->count * sizeof *d->degree);
    return true;
}

static void forget(nalg_degrees *d)
{
    d->known = false;
    d->count = 0;
}

bool nalg_degrees_unite(nalg_degrees *a, const nalg_degrees *b)
{
    if (!a->known || !b->known) {
        forget(a);
        return true;
    }
    uint64_t *merged = nalg_array(a->count + b->count, sizeof *merged);
    if (!merged) return false;
    size_t i = 0, j = 0, n = 0;
    while (i < a->count || j < b->count) {
        uint64_t next = j == b->count || (i < a->count && a->degree[i] <= b->degree[j]) ? a->degree[i] : b->degree[j];
        i += i < a->count && a->degree[i] == next;
        j += j < b->count && b->degree[j] == next;
        merged[n++] = next;
    }
    free(a->degree);
    *a = (nalg_degrees){merged, n, n <= NALG_DEGREES_LIMIT};
    return true;
}

bool nalg_degrees_add_constant(nalg_degrees *d)
{
    uint64_t zero = 0;
    return nalg_degrees_unite(d, &(nalg_degrees){&zero, 1, true});
}

/* Sums through a bit for every degree up to the largest sum; one element in either set needs no bits. */
bool nalg_degrees_multiply(nalg_degrees *a, const nalg_degrees *b)
{
    if (!a->known || !b->known || !a->count || !b->count) {
        forget(a);
        return true;
    }
    uint64_t top;
    bool overflow = __builtin_add_overflow(a->degree[a->count - 1], b->degree[b->count - 1], &top);
    if (overflow || (a->count > 1 && b->count > 1 && top > NALG_DEGREES_LIMIT)) {
        forget(a);
        return true;
    }
    size_t most = a->count == 1 ? b->count : b->count == 1 ? a->count : (size_t)top + 1, n = 0;
    uint64_t *sums = nalg_array(most, sizeof *sums);
    bool *present = a->count > 1 && b->count > 1 ? nalg_array_zero(most, sizeof *present) : NULL;
    if (!sums || (a->count > 1 && b->count > 1 && !present)) {
        free(sums);
        free(present);
        return false;
    }
    for (size_t i = 0; i < a->count; i++)
        for (size_t j = 0; j < b->count; j++) {
            if (present) present[a->degree[i] + b->degree[j]] = true;
            else sums[n++] = a->degree[i] + b->degree[j];
        }
    for (size_t s = 0; present && s < most; s++)
        if (present[s]) sums[n++] = s;
    free(present);
    free(a->degree);
    *a = (nalg_degrees){sums, n, true};
    return true;
}

/* d times itself `exponent` times, by repeated squaring. */
static bool power(nalg_degrees *out, const nalg_degrees *d, uint64_t exponent)
{
    nalg_degrees square;
    uint64_t product;
    if (!nalg_degrees_copy(out, d)) return false;
    if (exponent == 0) {
        if (out->count > 1) out->count = 1;
        if (out->count) out->degree[0] = 0;
        return true;
    }
    if (d->known && d->count == 1) { /* no sums to form */
        if (__builtin_mul_overflow(d->degree[0], exponent, &product)) forget(out);
        else out->degree[0] = product;
        return true;
    }
    if (d->known && d->count && exponent > NALG_DEGREES_LIMIT) {
        forget(out);
        return true;
    }
    if (!nalg_degrees_copy(&square, d)) {
        nalg_degrees_clear(out);
        return false;
    }
    bool ok = true;
    for (uint64_t e = exponent - 1; e && ok && out->known; e--) ok = nalg_degrees_multiply(out, &square);
    nalg_degrees_clear(&square);
    if (!ok) nalg_degrees_clear(out);
    return ok;
}

bool nalg_degrees_compose(nalg_degrees *d, const nalg_rational_function *f)
{
    if (!nalg_rational_function_is_polynomial(f)) {
        forget(d);
        return true;
    }
    nalg_degrees all = {.known = true}, one;
    bool ok = true;
    for (size_t i = 0; i < f->numerator.count && ok; i++) {
        ok = power(&one, d, f->numerator.term[i].exponent);
        if (!ok) break;
        ok = nalg_degrees_unite(&all, &one);
        nalg_degrees_clear(&one);
    }
    if (!ok) {
        nalg_degrees_clear(&all);
        return false;
    }
    nalg_degrees_clear(d);
    *d = all;
    return true;
}

void nalg_degrees_monomials(const nalg_degrees *d, size_t n, fmpz_t out)
{
    fmpz_t term;
    fmpz_init(term);
    fmpz_zero(out);
    for (size_t i = 0; i < d->count; i++) { /* binom(n - 1 + e, n - 1), by the smaller of both sides */
        uint64_t e = d->degree[i], small = n - 1 < e ? n - 1 : e;
        if (small > 100000) { /* beyond any use: larger than 2^100000 */
            fmpz_one(term);
            fmpz_mul_2exp(term, term, 1000);
        } else {
            fmpz_t top;
            fmpz_init_set_ui(top, e);
            fmpz_add_ui(top, top, n - 1);
            fmpz_one(term);
            for (uint64_t k = 0; k < small; k++) {
                fmpz_mul(term, term, top);
                fmpz_divexact_ui(term, term, k + 1);
                fmpz_sub_ui(top, top, 1);
            }
            fmpz_clear(top);
        }
        fmpz_add(out, out, term);
    }
    fmpz_clear(term);
}
