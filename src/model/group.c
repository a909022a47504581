/* Elements are numbered: Zn by 0..n-1; Dn as rotation k (number k) and reflection after rotation k (number n + k); Sn by the rank of
 * the permutation in the factorial number system.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/group.h"
#include <ctype.h>

#define SYMMETRIC_LIMIT 7
#define ORDER_LIMIT 10000

nalg_status nalg_group_parse(nalg_ctx *ctx, nalg_group *out, nalg_span name)
{
    const char *hint = "write Z4 (cyclic), S3 (symmetric, up to S7) or D5 (dihedral)";
    if (name.length < 2 || (name.text[0] != 'z' && name.text[0] != 's' && name.text[0] != 'd'))
        return nalg_span_fail(ctx, &name, NALG_E_PARSE, hint, "unknown group '%.*s'", name.length > 40 ? 40 : (int)name.length, name.text);
    nalg_span digits = {name.text + 1, name.where + 1, name.length - 1};
    out->kind = (char)toupper((unsigned char)name.text[0]);
    return nalg_span_size(ctx, &digits, out->kind == 'S' ? SYMMETRIC_LIMIT : ORDER_LIMIT, "group size", &out->n);
}

static size_t factorial(size_t n)
{
    return n < 2 ? 1 : n * factorial(n - 1);
}

size_t nalg_group_order(const nalg_group *group)
{
    return group->kind == 'Z' ? group->n : group->kind == 'D' ? 2 * group->n : factorial(group->n);
}

static void unrank(size_t n, size_t rank, size_t *permutation)
{
    size_t left[SYMMETRIC_LIMIT];
    for (size_t i = 0; i < n; i++) left[i] = i;
    for (size_t i = 0; i < n; i++) {
        size_t block = factorial(n - 1 - i), pick = rank / block;
        rank %= block;
        permutation[i] = left[pick];
        for (size_t j = pick; j + 1 < n - i; j++) left[j] = left[j + 1];
    }
}

static size_t rank_of(size_t n, const size_t *permutation)
{
    size_t rank = 0;
    for (size_t i = 0; i < n; i++) {
        size_t smaller = 0;
        for (size_t j = i + 1; j < n; j++) smaller += permutation[j] < permutation[i];
        rank += smaller * factorial(n - 1 - i);
    }
    return rank;
}

size_t nalg_group_quotient(const nalg_group *group, size_t g, size_t h)
{
    size_t n = group->n;
    if (group->kind == 'Z') return (g + n - h) % n;
    if (group->kind == 'D') { /* s r = r^-1 s: the quotient of r^a s^e by r^b s^f is r^(a-b) if e = f, else r^(a+b) s */
        size_t a = g % n, b = h % n;
        return g / n == h / n ? (a + n - b) % n : (a + b) % n + n;
    }
    size_t x[SYMMETRIC_LIMIT], y[SYMMETRIC_LIMIT], quotient[SYMMETRIC_LIMIT];
    unrank(n, g, x);
    unrank(n, h, y);
    for (size_t i = 0; i < n; i++) quotient[y[i]] = x[i]; /* (g h^-1)(h(i)) = g(i) */
    return rank_of(n, quotient);
}
