/* F_p for primes below 2^63, one machine word an element, on FLINT's precomputed-inverse products.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/flint.h"

#define ELEMENT uint64_t
#define ADD(f, x, y) nmod_add(x, y, (f)->mod)
#define MULTIPLY(f, x, y) nmod_mul(x, y, (f)->mod)
#include "field/kernels.h"

static bool set_rational(const nalg_field *f, void *out, const fmpq_t q)
{
    uint64_t denominator = fmpz_fdiv_ui(fmpq_denref(q), f->mod.n);
    if (denominator == 0) return false;
    *(uint64_t *)out = nmod_mul(fmpz_fdiv_ui(fmpq_numref(q), f->mod.n), n_invmod(denominator, f->mod.n), f->mod);
    return true;
}

static bool inverse(const nalg_field *f, void *out, const void *a, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint64_t x = ((const uint64_t *)a)[i];
        if (x == 0) return false;
        ((uint64_t *)out)[i] = n_invmod(x, f->mod.n);
    }
    return true;
}

void nalg_field_word(nalg_field *f, uint64_t p)
{
    *f = (nalg_field){.name = "word prime", .size = sizeof(ELEMENT), .zero = kernel_zero, .copy = kernel_copy,
                      .set_rational = set_rational, .add = kernel_add, .multiply = kernel_multiply,
                      .multiply_add = kernel_multiply_add, .inverse = inverse, .matrix_product = kernel_matrix_product};
    nmod_init(&f->mod, p);
}
