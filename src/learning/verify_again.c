/* What the checkers of this room share: a question asked again.  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <string.h>
#include "core/result.h"
#include "learning/verify_learning.h"

static bool agree(const json_t *a, const json_t *b, double tolerance, const char *const *except)
{
    json_t *x = json_copy((json_t *)a), *y = json_copy((json_t *)b);
    for (; except && *except; except++) {
        json_object_del(x, *except);
        json_object_del(y, *except);
    }
    bool same = x && y && nalg_json_agree(x, y, tolerance);
    json_decref(x);
    json_decref(y);
    return same;
}

void nalg_verification_compare(nalg_verification *v, nalg_status status, nalg_result *again, double tolerance,
                               const char *const *except)
{
    bool stopped = status == NALG_E_MEMORY || status == NALG_E_INTERRUPTED || status == NALG_E_DEADLINE ||
                   status == NALG_E_INTERNAL;
    if (stopped) v->status = status;
    if (stopped) return;
    bool same = status == NALG_OK &&
                agree(json_object_get(again->document, "result"), v->result, tolerance, except) &&
                agree(json_object_get(again->document, "evidence"), v->evidence, tolerance, except);
    nalg_verification_record(v, "the question recorded has this answer and this evidence again", same, "%s",
                             status == NALG_OK
                                 ? "asked again by the same code, under the seed of the document"
                                 : nalg_ctx_last_error(v->ctx).what);
    nalg_result_free(status == NALG_OK ? again : NULL);
}

bool nalg_verification_weights(nalg_text *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!json_is_string(json_array_get(list, i))) return false;
    if (!json_array_size(list)) return false;
    nalg_weights_text(out, list);
    return true;
}
