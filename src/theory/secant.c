/* The lists of defective secant varieties.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theory/secant.h"

static bool alexander_hirschowitz(size_t n, size_t units, uint64_t r)
{
    static const struct {
        size_t n, units;
        uint64_t r;
    } defective[] = {{3, 5, 4}, {4, 9, 4}, {5, 14, 4}, {5, 7, 3}};
    for (size_t i = 0; i < sizeof defective / sizeof *defective; i++)
        if (defective[i].n == n && defective[i].units == units && defective[i].r == r) return true;
    return false;
}

bool nalg_secant_defective(size_t n, size_t units, size_t outputs, uint64_t r, const char **source)
{
    if (outputs == 1) {
        *source = "Alexander-Hirschowitz 1995";
        return alexander_hirschowitz(n, units, r);
    }
    if (outputs == 3 && r == 2 && n >= 4 && n % 2 == 0) { /* n = 2k + 2 */
        *source = "Ottaviani 2007";
        return units == 3 * (n / 2 - 1) + 2;
    }
    if (outputs == 5 && n == 4 && r == 2) {
        *source = "Carlini-Chipalkatti 2003";
        return units == 6;
    }
    *source = "Dionisi-Fontanari 2001";
    return outputs == 2 && n == 3 && r == 3 && units == 5;
}
