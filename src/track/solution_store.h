/* A growing set of solutions with fingerprints, and the search for one by its fingerprint up to rounding.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_SOLUTION_STORE_H
#define NALG_TRACK_SOLUTION_STORE_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NALG_NO_SOLUTION SIZE_MAX

typedef struct {
    size_t n, m;            /* numbers in z and in a fingerprint */
    double complex *z, *fingerprint;
    double complex *direction; /* of the projection that is hashed: m */
    size_t count, z_capacity, fingerprint_capacity;
    int64_t *cell; /* of each solution */
    size_t *next;  /* in its bucket */
    size_t cell_capacity, next_capacity;
    size_t *bucket;
    size_t buckets; /* a power of two */
} nalg_solution_store;

bool nalg_solution_store_init(nalg_solution_store *s, size_t n, size_t m, uint64_t seed);
void nalg_solution_store_clear(nalg_solution_store *s);

/* The solution with this fingerprint, or NALG_NO_SOLUTION. */
size_t nalg_solution_store_find(const nalg_solution_store *s, const double complex *fingerprint);
/* Append; false when memory is out (then unchanged). */
bool nalg_solution_store_add(nalg_solution_store *s, const double complex *z, const double complex *fingerprint);

/* Are two vectors equal up to the tolerance of the store? */
bool nalg_solution_close(const double complex *x, const double complex *y, size_t n);

#endif
