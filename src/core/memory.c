/* Allocation with overflow checks and a failure hook for the sweep in the tests.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/memory.h"
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define CACHE_LINE 64
/* Large arrays are asked for in huge pages: the first touch of each of the usual small pages costs as much as
 * a thousand multiplications, which for matrices mod p was a quarter of the time. */
#define HUGE_PAGE ((size_t)1 << 21)
#define LARGE (4 * HUGE_PAGE)

/* The one piece of process state in the library: counts down in the allocation-failure tests, 0 otherwise. */
static atomic_long fail_countdown;

void nalg_memory_fail_at(long k)
{
    atomic_store(&fail_countdown, k);
}

static bool must_fail(void)
{
    return atomic_load_explicit(&fail_countdown, memory_order_relaxed) > 0 &&
           atomic_fetch_sub(&fail_countdown, 1) == 1;
}

void *nalg_array(size_t count, size_t element)
{
    size_t bytes;
    if (must_fail() || !nalg_size_multiply(&bytes, count ? count : 1, element)) return NULL;
    return malloc(bytes);
}

void *nalg_array_zero(size_t count, size_t element)
{
    size_t bytes;
    if (must_fail() || !nalg_size_multiply(&bytes, count ? count : 1, element)) return NULL;
    return calloc(count ? count : 1, element);
}

void *nalg_array_aligned(size_t count, size_t element)
{
    size_t bytes;
    if (must_fail() || !nalg_size_multiply(&bytes, count ? count : 1, element)) return NULL;
    const size_t unit = bytes < LARGE ? CACHE_LINE : HUGE_PAGE;
    if (bytes > SIZE_MAX - unit) return NULL;
    void *array = aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
#ifdef MADV_HUGEPAGE
    if (array && unit == HUGE_PAGE) madvise(array, bytes / HUGE_PAGE * HUGE_PAGE, MADV_HUGEPAGE); /* a wish */
#endif
    return array;
}

bool nalg_grow(void **array, size_t *capacity, size_t count, size_t element)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity ? *capacity : 8, bytes;
    if (!nalg_size_multiply(&wanted, wanted, 2) || !nalg_size_multiply(&bytes, wanted, element) ||
        must_fail())
        return false;
    void *grown = realloc(*array, bytes);
    if (!grown) return false;
    *array = grown;
    *capacity = wanted;
    return true;
}

size_t nalg_memory_available(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    if (!f) return 0;
    char line[128];
    size_t kilobytes = 0;
    while (fgets(line, sizeof line, f))
        if (!strncmp(line, "MemAvailable:", 13)) kilobytes = strtoull(line + 13, NULL, 10);
    fclose(f);
    return kilobytes * 1024;
}
