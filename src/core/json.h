/* What every room needs around jansson.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_JSON_H
#define NALG_CORE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include "core/flint.h"

/* Exact integers beyond 53 bits are written as strings. */
json_t *nalg_json_unsigned(uint64_t value);
json_t *nalg_json_fmpz(const fmpz_t value);
/* An array of indices. */
json_t *nalg_json_indices(const size_t *index, size_t count);

/* Equal but for real numbers, which may differ by `relative` of the larger (rounding differs between
 * processors). */
bool nalg_json_agree(const json_t *a, const json_t *b, double relative);

#endif
