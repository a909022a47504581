/* What `discriminant` shares with its checker.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_DISCRIMINANT_INTERNAL_H
#define NALG_LEARNING_DISCRIMINANT_INTERNAL_H

#include <stdbool.h>
#include "core/json.h"

/* Why the numbers are believed, or why not: `missing` when critical points over the data are. */
const char *nalg_discriminant_reason(bool missing);

/* Chambers by their numbers, in the order in which they appear: [{real_critical_points, minima, share,
 * sample}]. real, minima: size x size. NULL when memory is out. */
json_t *nalg_discriminant_chambers(const uint16_t *real, const uint16_t *minima, size_t size, double extent);

#endif
