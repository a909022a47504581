/* Recognise the laws people know: entries of W2^T W2 - W1 W1^T, norms of filters. A quadratic law has this form when its part in
 * each weight tensor is one entry of the tensor's unfolding along an axis times its transpose, or its squared norm.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "learning/conserved_law.h"

#define PART_LIMIT 16

typedef struct {
    size_t tensor, first, terms; /* the terms of a part are consecutive: monomials are sorted by their first factor */
} part;

/* Entry (i, j) of the unfolding along `axis` times its transpose: every term pairs T[.., i, ..] with T[.., j, ..]. */
static bool is_entry(const nalg_law *law, const nalg_weight_names *names, const part *q, size_t axis, size_t *i, size_t *j)
{
    const nalg_weight_tensor *t = &names->item[q->tensor];
    if (q->terms != t->size / t->dim[axis]) return false;
    for (size_t k = 0; k < q->terms; k++) {
        size_t a[NALG_TENSOR_RANK], b[NALG_TENSOR_RANK];
        const nalg_monomial *m = &law->monomial[q->first + k];
        nalg_weight_tensor_of(names, m->factor[0], a);
        nalg_weight_tensor_of(names, m->factor[1], b);
        for (size_t l = 0; l < t->rank; l++)
            if (l != axis && a[l] != b[l]) return false;
        size_t low = a[axis] < b[axis] ? a[axis] : b[axis], high = a[axis] + b[axis] - low;
        if (k && (low != *i || high != *j)) return false;
        *i = low;
        *j = high;
    }
    return true;
}

static bool is_norm(const nalg_law *law, const nalg_weight_names *names, const part *q)
{
    if (q->terms != names->item[q->tensor].size) return false;
    for (size_t k = 0; k < q->terms; k++)
        if (law->monomial[q->first + k].factor[0] != law->monomial[q->first + k].factor[1]) return false;
    return true;
}

/* Parts with one coefficient each; 0 when the law has no such form. */
static size_t split(const nalg_law *law, const nalg_weight_names *names, part out[PART_LIMIT])
{
    size_t parts = 0, index[NALG_TENSOR_RANK];
    for (size_t i = 0; i < law->terms; i++) {
        const nalg_monomial *m = &law->monomial[i];
        if (nalg_monomial_degree(m) != 2) return 0;
        size_t tensor = nalg_weight_tensor_of(names, m->factor[0], index);
        if (nalg_weight_tensor_of(names, m->factor[1], index) != tensor) return 0;
        if (!parts || out[parts - 1].tensor != tensor) {
            if (parts == PART_LIMIT) return 0;
            out[parts++] = (part){tensor, i, 0};
        }
        part *q = &out[parts - 1];
        if (!fmpz_equal(&law->coefficient[i], &law->coefficient[q->first])) return 0;
        q->terms++;
    }
    return parts;
}

static void print_unfolding(nalg_text *out, const nalg_weight_tensor *t, size_t axis)
{
    if (t->rank > 2) nalg_text_format(out, "%s_(%zu) %s_(%zu)^T", t->name, axis + 1, t->name, axis + 1);
    else if (axis == 0) nalg_text_format(out, "%s %s^T", t->name, t->name);
    else nalg_text_format(out, "%s^T %s", t->name, t->name);
}

/* axis[k] of each part, or NALG_TENSOR_RANK for norms. */
static void print_parts(const nalg_law *law, const nalg_weight_names *names, const part *parts, size_t count, const size_t *axis,
                        nalg_text *out)
{
    bool first = true;
    for (int sign = 1; sign >= -1; sign -= 2)
        for (size_t k = 0; k < count; k++) {
            const fmpz *c = &law->coefficient[parts[k].first];
            const nalg_weight_tensor *t = &names->item[parts[k].tensor];
            if (fmpz_sgn(c) != sign) continue;
            if (!first) nalg_text_string(out, sign < 0 ? " - " : " + ");
            else if (sign < 0) nalg_text_string(out, "-");
            if (!fmpz_is_pm1(c)) {
                char *digits = fmpz_get_str(NULL, 10, c);
                nalg_text_format(out, "%s*", digits + (sign < 0));
                flint_free(digits);
            }
            if (axis[k] == NALG_TENSOR_RANK) nalg_text_format(out, "|%s|^2", t->name);
            else print_unfolding(out, t, axis[k]);
            first = false;
        }
}

/* Axes along which every part is the entry (i, j). */
static bool common_entry(const nalg_law *law, const nalg_weight_names *names, const part *parts, size_t count, size_t *axis, size_t *entry)
{
    const nalg_weight_tensor *first = &names->item[parts[0].tensor];
    for (size_t start = 0; start < first->rank; start++) {
        size_t found = 0, i, j;
        if (!is_entry(law, names, &parts[0], start, &entry[0], &entry[1])) continue;
        axis[0] = start;
        for (found = 1; found < count; found++) {
            const nalg_weight_tensor *t = &names->item[parts[found].tensor];
            size_t a = t->rank; /* the input side of a later tensor is its last axes: prefer axis 1 */
            while (a-- > 0)
                if (is_entry(law, names, &parts[found], a, &i, &j) && i == entry[0] && j == entry[1]) break;
            if (a == SIZE_MAX) break;
            axis[found] = a;
        }
        if (found == count) return true;
    }
    return false;
}

void nalg_law_print_short(const nalg_law *law, const nalg_weight_names *names, nalg_text *out)
{
    part parts[PART_LIMIT];
    size_t axis[PART_LIMIT], entry[2], norms = 0, count = split(law, names, parts);
    if (!count) return;
    for (size_t k = 0; k < count; k++) norms += is_norm(law, names, &parts[k]);
    if (common_entry(law, names, parts, count, axis, entry)) {
        print_parts(law, names, parts, count, axis, out);
        nalg_text_format(out, ", entry (%zu,%zu)", entry[0] + 1, entry[1] + 1);
    } else if (norms == count) {
        for (size_t k = 0; k < count; k++) axis[k] = NALG_TENSOR_RANK;
        print_parts(law, names, parts, count, axis, out);
    }
}
