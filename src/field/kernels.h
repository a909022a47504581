/* Batch kernels of a number system whose elements are plain data, generated from its scalar operations. Include once per file
 * after defining ELEMENT (type), ADD(f, x, y), MULTIPLY(f, x, y) and ZERO; the loops are simple so that the compiler vectorises
 * them.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "field/field.h"

static void kernel_zero(const nalg_field *f, void *out, size_t n)
{
    (void)f;
    memset(out, 0, n * sizeof(ELEMENT));
}

static void kernel_copy(const nalg_field *f, void *out, const void *a, size_t n)
{
    (void)f;
    memcpy(out, a, n * sizeof(ELEMENT));
}

#define ELEMENTWISE(name, statement)                                                                                   \
    static void name(const nalg_field *f, void *out, const void *a, int stride_a, const void *b, int stride_b, size_t n) \
    {                                                                                                                  \
        ELEMENT *z = out;                                                                                              \
        const ELEMENT *x = a, *y = b;                                                                                  \
        (void)f;                                                                                                       \
        if (stride_a && stride_b) {                                                                                    \
            for (size_t i = 0; i < n; i++) {                                                                           \
                ELEMENT u = x[i], v = y[i];                                                                            \
                statement;                                                                                             \
            }                                                                                                          \
        } else if (stride_a || stride_b) {                                                                             \
            const ELEMENT fixed = stride_a ? *y : *x, *moving = stride_a ? x : y;                                      \
            for (size_t i = 0; i < n; i++) {                                                                           \
                ELEMENT u = moving[i], v = fixed;                                                                      \
                statement;                                                                                             \
            }                                                                                                          \
        } else {                                                                                                       \
            ELEMENT u = *x, v = *y;                                                                                    \
            for (size_t i = 0; i < n; i++) {                                                                           \
                statement;                                                                                             \
            }                                                                                                          \
        }                                                                                                              \
    }

ELEMENTWISE(kernel_add, z[i] = ADD(f, u, v))
ELEMENTWISE(kernel_multiply, z[i] = MULTIPLY(f, u, v))
ELEMENTWISE(kernel_multiply_add, z[i] = ADD(f, z[i], MULTIPLY(f, u, v)))

/* Row by row: out[i] += a[i][l] * b[l]; the last dimension is contiguous in out and b. */
static void kernel_matrix_product(const nalg_field *f, void *out, const void *a, bool transpose_a, const void *b, size_t m, size_t k,
                                  size_t n)
{
    ELEMENT *c = out;
    const ELEMENT *x = a, *y = b;
    if (k == 0) kernel_zero(f, out, m * n);
    for (size_t i = 0; i < m; i++)
        for (size_t l = 0; l < k; l++)
            (l ? kernel_multiply_add : kernel_multiply)(f, c + i * n, x + (transpose_a ? l * m + i : i * k + l), 0, y + l * n, 1, n);
}
