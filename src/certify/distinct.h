/* Which of many balls are certainly different numbers.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_DISTINCT_H
#define NALG_CERTIFY_DISTINCT_H

#include <stddef.h>
#include "core/context.h"
#include "core/flint.h"

/* Vectors of `width` balls; member[k], k < count, names the vectors that take part, in increasing order. *distinct becomes the size of a
 * set of vectors pairwise disjoint in at least one ball; group[i] (unless group is NULL) for a member i becomes the first vector of that
 * set that i could not be told from, itself if it is one. Cost: O(count log count) when few vectors overlap.
 * NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_distinct_balls(nalg_ctx *ctx, size_t *distinct, size_t *group, acb_srcptr balls, size_t width,
                                               const size_t *member, size_t count);

#endif
