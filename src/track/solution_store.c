/* Hashing numbers that carry errors: the logarithm of |c . f| + |f| / 10, c a random unit vector, is cut into
 * cells much wider than the error, and a search looks into the neighbouring cells too; candidates are then
 * compared in full. The second summand bounds the error where c . f nearly cancels. The random complex
 * direction separates complex conjugates, which have all absolute values in common.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/solution_store.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"

/* Solutions are accurate to some 1e-12; distinct generic ones among N differ by about N^(-1/m), far above
 * this. */
#define SAME_WITHIN 1e-6
#define CELL_WIDTH 1e-4 /* close vectors are at most 11 * SAME_WITHIN apart */
#define NORM_SHARE 0.1
#define BUCKETS_START 256
#define STREAM_DIRECTION 0x6670u

bool nalg_solution_close(const double complex *x, const double complex *y, size_t n)
{
    double distance = 0, size = 0;
    for (size_t i = 0; i < n; i++) {
        double complex d = x[i] - y[i];
        distance += creal(d) * creal(d) + cimag(d) * cimag(d);
        size += creal(x[i]) * creal(x[i]) + cimag(x[i]) * cimag(x[i]);
    }
    return distance <= SAME_WITHIN * SAME_WITHIN * size;
}

static int64_t cell_of(const nalg_solution_store *s, const double complex *fingerprint)
{
    double complex sum = 0;
    double square = 0;
    for (size_t i = 0; i < s->m; i++) {
        sum += fingerprint[i] * s->direction[i];
        square += creal(fingerprint[i] * conj(fingerprint[i]));
    }
    double x = log(fmax(cabs(sum) + NORM_SHARE * sqrt(square), 1e-300)) / CELL_WIDTH;
    return x == x ? (int64_t)floor(x) : 0;
}

static size_t bucket_of(const nalg_solution_store *s, int64_t cell)
{
    return (size_t)(((uint64_t)cell * UINT64_C(0x9e3779b97f4a7c15)) >> 20) & (s->buckets - 1);
}

static bool rehash(nalg_solution_store *s, size_t buckets)
{
    size_t *bucket = nalg_array(buckets, sizeof *bucket);
    if (!bucket) return false;
    free(s->bucket);
    s->bucket = bucket;
    s->buckets = buckets;
    for (size_t i = 0; i < buckets; i++) bucket[i] = NALG_NO_SOLUTION;
    for (size_t i = 0; i < s->count; i++) {
        size_t b = bucket_of(s, s->cell[i]);
        s->next[i] = bucket[b];
        bucket[b] = i;
    }
    return true;
}

bool nalg_solution_store_init(nalg_solution_store *s, size_t n, size_t m, uint64_t seed)
{
    nalg_random random = nalg_random_stream(seed, STREAM_DIRECTION);
    double square = 0;
    memset(s, 0, sizeof *s);
    s->n = n;
    s->m = m;
    s->direction = nalg_array(m, sizeof *s->direction);
    if (!s->direction || !rehash(s, BUCKETS_START)) {
        nalg_solution_store_clear(s);
        return false;
    }
    for (size_t i = 0; i < m; i++) {
        double re = nalg_random_normal(&random), im = nalg_random_normal(&random);
        s->direction[i] = CMPLX(re, im);
        square += re * re + im * im;
    }
    for (size_t i = 0; i < m; i++) s->direction[i] /= sqrt(square);
    return true;
}

void nalg_solution_store_clear(nalg_solution_store *s)
{
    free(s->z);
    free(s->fingerprint);
    free(s->direction);
    free(s->cell);
    free(s->next);
    free(s->bucket);
    memset(s, 0, sizeof *s);
}

size_t nalg_solution_store_find(const nalg_solution_store *s, const double complex *fingerprint)
{
    int64_t cell = cell_of(s, fingerprint);
    for (int64_t c = cell - 1; c <= cell + 1; c++)
        for (size_t i = s->bucket[bucket_of(s, c)]; i != NALG_NO_SOLUTION; i = s->next[i])
            if (s->cell[i] == c && nalg_solution_close(s->fingerprint + i * s->m, fingerprint, s->m))
                return i;
    return NALG_NO_SOLUTION;
}

/* Room for one more row of `width` numbers. */
static bool grow_rows(double complex **rows, size_t *capacity, size_t count, size_t width)
{
    if (count < *capacity) return true;
    size_t wanted = *capacity ? 2 * *capacity : 64, bytes;
    if (!nalg_size_multiply(&bytes, wanted, width * sizeof **rows)) return false;
    double complex *grown = realloc(*rows, bytes ? bytes : 1);
    if (!grown) return false;
    *rows = grown;
    *capacity = wanted;
    return true;
}

bool nalg_solution_store_add(nalg_solution_store *s, const double complex *z,
                             const double complex *fingerprint)
{
    size_t i = s->count;
    if (!grow_rows(&s->z, &s->z_capacity, i, s->n) ||
        !grow_rows(&s->fingerprint, &s->fingerprint_capacity, i, s->m) ||
        !nalg_grow((void **)&s->cell, &s->cell_capacity, i, sizeof *s->cell) ||
        !nalg_grow((void **)&s->next, &s->next_capacity, i, sizeof *s->next))
        return false;
    if (2 * i >= s->buckets && !rehash(s, 2 * s->buckets)) return false;
    memcpy(s->z + i * s->n, z, s->n * sizeof *z);
    memcpy(s->fingerprint + i * s->m, fingerprint, s->m * sizeof *fingerprint);
    s->cell[i] = cell_of(s, fingerprint);
    size_t b = bucket_of(s, s->cell[i]);
    s->next[i] = s->bucket[b];
    s->bucket[b] = i;
    s->count++;
    return true;
}
