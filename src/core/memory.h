/* Checked allocation: sizes are products that must not overflow.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_MEMORY_H
#define NALG_CORE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

/* *out = a * b, or false on overflow (then *out is unchanged). */
static inline bool nalg_size_multiply(size_t *out, size_t a, size_t b)
{
    size_t c;
    if (__builtin_mul_overflow(a, b, &c)) return false;
    *out = c;
    return true;
}

/* Uninitialised array of count elements; NULL on overflow or failure. Free with free(). count 0 gives one element. */
void *nalg_array(size_t count, size_t element);

/* The same, zeroed. */
void *nalg_array_zero(size_t count, size_t element);

/* The same, on a 64-byte boundary for vector loads. Free with free(). */
void *nalg_array_aligned(size_t count, size_t element);

/* Grow *array (count used, *capacity allocated, elements of the given size) so that one more fits. False: unchanged. */
bool nalg_grow(void **array, size_t *capacity, size_t count, size_t element);

/* Bytes of memory this process may still take, as the system reports it; 0 when unknown. */
size_t nalg_memory_available(void);

/* Test hook: the k-th allocation from now on fails (1 is the next); 0 switches it off. Only this file uses it. */
void nalg_memory_fail_at(long k);

#endif
