/* Real and complex balls of Arb: every value encloses the exact one.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field/field.h"

/* The kernels of both fields differ in the prefix of the Arb functions only. */
#define BALL_KERNELS(name, type, prefix)                                                                               \
    static void name##_init(const nalg_field *f, void *x, size_t n)                                                    \
    {                                                                                                                  \
        (void)f;                                                                                                       \
        for (size_t i = 0; i < n; i++) prefix##_init((type *)x + i);                                                   \
    }                                                                                                                  \
    static void name##_clear(const nalg_field *f, void *x, size_t n)                                                   \
    {                                                                                                                  \
        (void)f;                                                                                                       \
        for (size_t i = 0; i < n; i++) prefix##_clear((type *)x + i);                                                  \
    }                                                                                                                  \
    static void name##_zero(const nalg_field *f, void *x, size_t n)                                                    \
    {                                                                                                                  \
        (void)f;                                                                                                       \
        for (size_t i = 0; i < n; i++) prefix##_zero((type *)x + i);                                                   \
    }                                                                                                                  \
    static void name##_copy(const nalg_field *f, void *out, const void *a, size_t n)                                   \
    {                                                                                                                  \
        (void)f;                                                                                                       \
        for (size_t i = 0; i < n; i++) prefix##_set((type *)out + i, (const type *)a + i);                             \
    }                                                                                                                  \
    static bool name##_set_rational(const nalg_field *f, void *out, const fmpq_t q)                                    \
    {                                                                                                                  \
        prefix##_set_fmpq(out, q, f->precision);                                                                       \
        return true;                                                                                                   \
    }                                                                                                                  \
    static void name##_add(const nalg_field *f, void *out, const void *a, int sa, const void *b, int sb, size_t n)     \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++)                                                                                 \
            prefix##_add((type *)out + i, (const type *)a + (sa ? i : 0), (const type *)b + (sb ? i : 0), f->precision); \
    }                                                                                                                  \
    static void name##_multiply(const nalg_field *f, void *out, const void *a, int sa, const void *b, int sb, size_t n) \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++)                                                                                 \
            prefix##_mul((type *)out + i, (const type *)a + (sa ? i : 0), (const type *)b + (sb ? i : 0), f->precision); \
    }                                                                                                                  \
    static void name##_multiply_add(const nalg_field *f, void *out, const void *a, int sa, const void *b, int sb, size_t n) \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++)                                                                                 \
            prefix##_addmul((type *)out + i, (const type *)a + (sa ? i : 0), (const type *)b + (sb ? i : 0), f->precision); \
    }                                                                                                                  \
    static bool name##_inverse(const nalg_field *f, void *out, const void *a, size_t n)                                \
    {                                                                                                                  \
        for (size_t i = 0; i < n; i++) {                                                                               \
            if (prefix##_contains_zero((const type *)a + i)) return false;                                             \
            prefix##_inv((type *)out + i, (const type *)a + i, f->precision);                                          \
        }                                                                                                              \
        return true;                                                                                                   \
    }                                                                                                                  \
    static void name##_matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b,  \
                                      size_t m, size_t k, size_t n)                                                    \
    {                                                                                                                  \
        name##_zero(f, out, m * n);                                                                                    \
        for (size_t i = 0; i < m; i++)                                                                                 \
            for (size_t l = 0; l < k; l++)                                                                             \
                name##_multiply_add(f, (type *)out + i * n, (const type *)a + (transpose_a ? l * m + i : i * k + l), 0, \
                                    (const type *)b + l * n, 1, n);                                                    \
    }

BALL_KERNELS(real_ball, arb_struct, arb)
BALL_KERNELS(complex_ball, acb_struct, acb)

#define BALL_FIELD(prefix, type, text)                                                                                 \
    (nalg_field)                                                                                                       \
    {                                                                                                                  \
        .name = text, .size = sizeof(type), .init = prefix##_init, .clear = prefix##_clear, .zero = prefix##_zero,     \
        .copy = prefix##_copy, .set_rational = prefix##_set_rational, .add = prefix##_add, .multiply = prefix##_multiply, \
        .multiply_add = prefix##_multiply_add, .inverse = prefix##_inverse, .matrix_product = prefix##_matrix_product, \
        .precision = precision                                                                                         \
    }

void nalg_field_ball(nalg_field *f, long precision)
{
    *f = BALL_FIELD(real_ball, arb_struct, "real ball");
}

void nalg_field_complex_ball(nalg_field *f, long precision)
{
    *f = BALL_FIELD(complex_ball, acb_struct, "complex ball");
}
