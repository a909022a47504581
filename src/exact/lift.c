/* Entries that the new prime confirms keep their value; only the others are reconstructed again, from the residue modulo the
 * product of all primes, by the half-extended Euclidean algorithm (Wang 1981) as in FLINT.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "exact/lift.h"
#include "core/memory.h"
#include "field/prime.h"

struct nalg_lift {
    size_t count;
    fmpz_t modulus;
    fmpz *residue; /* modulo modulus, symmetric */
    fmpq *value;
    bool *known;
    bool stable;
};

nalg_status nalg_lift_create(nalg_ctx *ctx, nalg_lift **out, size_t count)
{
    nalg_lift *lift = nalg_array_zero(1, sizeof *lift);
    if (!lift) return nalg_fail_memory(ctx);
    fmpz_init_set_ui(lift->modulus, 1);
    lift->residue = nalg_array_zero(count, sizeof(fmpz)); /* an fmpz of all zero bits is 0 */
    lift->value = nalg_array_zero(count, sizeof(fmpq));
    lift->known = nalg_array_zero(count, sizeof(bool));
    if (!lift->residue || !lift->value || !lift->known) {
        nalg_lift_free(lift);
        return nalg_fail_memory(ctx);
    }
    lift->count = count;
    for (size_t i = 0; i < count; i++) fmpq_init(lift->value + i);
    *out = lift;
    return NALG_OK;
}

void nalg_lift_free(nalg_lift *lift)
{
    if (!lift) return;
    for (size_t i = 0; i < lift->count; i++) {
        fmpz_clear(lift->residue + i);
        fmpq_clear(lift->value + i);
    }
    fmpz_clear(lift->modulus);
    free(lift->residue);
    free(lift->value);
    free(lift->known);
    free(lift);
}

/* Is the value num / den congruent to r modulo p? */
static bool agrees(const fmpq *value, uint64_t r, uint64_t p)
{
    const uint64_t numerator = fmpz_fdiv_ui(fmpq_numref(value), p), denominator = fmpz_fdiv_ui(fmpq_denref(value), p);
    return denominator && nalg_multiply_mod(denominator, r, p) == numerator;
}

nalg_status nalg_lift_add(nalg_ctx *ctx, nalg_lift *lift, const uint64_t *residues, uint64_t p)
{
    if (p < 2 || p >= NALG_PRIME_WORD_LIMIT || fmpz_fdiv_ui(lift->modulus, p) == 0)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "p", "a prime below 2^63 that was not used before", "prime cannot be added");
    fmpz_t modulus;
    fmpz_init(modulus);
    fmpz_mul_ui(modulus, lift->modulus, p);
    bool stable = true;
    for (size_t i = 0; i < lift->count; i++) {
        const bool confirmed = lift->known[i] && agrees(lift->value + i, residues[i], p);
        fmpz_CRT_ui(lift->residue + i, lift->residue + i, lift->modulus, residues[i], p, 1);
        if (confirmed) continue;
        stable = false;
        fmpz_t positive;
        fmpz_init(positive);
        fmpz_mod(positive, lift->residue + i, modulus);
        lift->known[i] = fmpq_reconstruct_fmpz(lift->value + i, positive, modulus);
        fmpz_clear(positive);
    }
    lift->stable = stable;
    fmpz_swap(lift->modulus, modulus);
    fmpz_clear(modulus);
    return NALG_OK;
}

bool nalg_lift_stable(const nalg_lift *lift)
{
    return lift->stable;
}

const fmpq *nalg_lift_value(const nalg_lift *lift, size_t i)
{
    return lift->known[i] ? lift->value + i : NULL;
}

const fmpz *nalg_lift_modulus(const nalg_lift *lift)
{
    return lift->modulus;
}
