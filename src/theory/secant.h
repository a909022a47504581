/* Published dimensions of secant varieties, as upper bounds for networks with one hidden layer.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_THEORY_SECANT_H
#define NALG_THEORY_SECANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Is the network n - units - outputs with activation x^r one of the classified defective cases, whose dimension is one less than
 * expected? *source gets the citation.
 * One output: the theorem of Alexander and Hirschowitz (1995), sums of `units` powers of linear forms in n variables:
 * (n, r, units) = (3,4,5), (4,4,9), (5,4,14), (5,3,7) for r >= 3.
 * Several outputs: secant varieties of P^(outputs-1) x P^(n-1) embedded by O(1, r): P^2 x P^(2k+1), r = 2, 3k+2 points
 * (Ottaviani 2007); P^4 x P^3, r = 2, 6 points (Carlini, Chipalkatti 2003); P^1 x P^2, r = 3, 5 points (Dionisi, Fontanari 2001). */
bool nalg_secant_defective(size_t n, size_t units, size_t outputs, uint64_t r, const char **source);

#endif
