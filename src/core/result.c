/* Result documents.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/result.h"
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

static const char *const evidence_names[] = {"proved",   "proved_lower", "proved_upper", "interval",
                                             "probable", "numerical",    "estimate",     "unknown"};

const char *nalg_evidence_name(nalg_evidence evidence)
{
    return evidence_names[evidence <= NALG_EVIDENCE_UNKNOWN ? evidence : NALG_EVIDENCE_UNKNOWN];
}

nalg_status nalg_result_create(nalg_ctx *ctx, nalg_result **out, const char *command, double started, json_t *model, json_t *answer,
                               json_t *evidence)
{
    nalg_result *r = nalg_array_zero(1, sizeof *r);
    if (r)
        r->document = json_pack("{s:s, s:s, s:o, s:o, s:i, s:f, s:o, s:o}", "neuroalg", nalg_version(), "command", command, "model", model,
                                "seed", nalg_json_unsigned(nalg_ctx_seed(ctx)), "threads", nalg_ctx_threads(ctx), "elapsed_s",
                                nalg_seconds() - started, "result", answer, "evidence", evidence);
    if (!r) {
        json_decref(model);
        json_decref(answer);
        json_decref(evidence);
    }
    if (!r || !r->document) {
        free(r);
        return nalg_fail_memory(ctx);
    }
    *out = r;
    return NALG_OK;
}

void nalg_result_free(nalg_result *result)
{
    if (!result) return;
    json_decref(result->document);
    free(result);
}

nalg_status nalg_result_json(nalg_ctx *ctx, char **text, const nalg_result *result)
{
    char *dump = json_dumps(result->document, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (!dump) return nalg_fail_memory(ctx);
    *text = dump;
    return NALG_OK;
}

nalg_status nalg_result_read(nalg_ctx *ctx, nalg_result **out, const char *text, size_t length)
{
    json_error_t error;
    char where[64];
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        snprintf(where, sizeof where, "line %d, column %d", error.line, error.column);
        return nalg_fail(ctx, NALG_E_PARSE, where, "give a file written with --json", "not a JSON document: %s", error.text);
    }
    nalg_result *r = json_is_object(document) ? nalg_array_zero(1, sizeof *r) : NULL;
    if (!r) {
        bool object = json_is_object(document);
        json_decref(document);
        return object ? nalg_fail_memory(ctx) : nalg_fail(ctx, NALG_E_PARSE, NULL, "give a file written with --json", "the JSON document is not an object");
    }
    r->document = document;
    *out = r;
    return NALG_OK;
}

nalg_truth nalg_result_integer(const nalg_result *result, const char *key, long long *value)
{
    const json_t *v = json_object_get(json_object_get(result->document, "result"), key);
    if (json_is_null(v)) return NALG_UNKNOWN;
    if (!json_is_integer(v)) return NALG_FALSE;
    *value = json_integer_value(v);
    return NALG_TRUE;
}

nalg_truth nalg_result_truth(const nalg_result *result, const char *key)
{
    const json_t *v = json_object_get(json_object_get(result->document, "result"), key);
    return json_is_true(v) ? NALG_TRUE : json_is_false(v) ? NALG_FALSE : NALG_UNKNOWN;
}

nalg_evidence nalg_result_evidence(const nalg_result *result)
{
    const char *name = json_string_value(json_object_get(json_object_get(result->document, "evidence"), "status"));
    for (int e = NALG_PROVED; name && e < NALG_EVIDENCE_UNKNOWN; e++)
        if (!strcmp(name, evidence_names[e])) return (nalg_evidence)e;
    return NALG_EVIDENCE_UNKNOWN;
}
