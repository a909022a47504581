/* Results: one JSON document for every command, the same keys whatever the answer (docs/results.md).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_RESULT_H
#define NEUROALG_RESULT_H

#include <stddef.h>
#include "neuroalg/context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct nalg_result nalg_result;

/* How a number is known, strongest first. */
typedef enum {
    NALG_PROVED,
    NALG_PROVED_LOWER,
    NALG_PROVED_UPPER,
    NALG_INTERVAL,
    NALG_PROBABLE,
    NALG_NUMERICAL,
    NALG_ESTIMATE,
    NALG_EVIDENCE_UNKNOWN
} nalg_evidence;

/** Free a result.  In: result, may be NULL.  Cost: linear in its size.  Source: none. */
NALG_API void nalg_result_free(nalg_result *result);

/** The whole document as JSON text.
 *  Out:     *text, NUL-terminated, owned by the caller, freed with free().
 *  Returns: NALG_OK; NALG_E_MEMORY.  Cost: linear in its size.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_result_json(nalg_ctx *ctx, char **text, const nalg_result *result);

/** The document as text for a terminal.
 *  Out:     *text, NUL-terminated, owned by the caller, freed with free().
 *  Returns: NALG_OK; NALG_E_MEMORY.  Cost: linear in its size.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_result_text(nalg_ctx *ctx, char **text, const nalg_result *result);

/** Read a document written by nalg_result_json.
 *  In:      text (length bytes).  Out: *out, owned by the caller.
 *  Returns: NALG_OK; NALG_E_PARSE with line and column; NALG_E_MEMORY.  Cost: linear in the text.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_result_read(nalg_ctx *ctx, nalg_result **out, const char *text, size_t length);

/** An integer of the `result` object, such as "dimension".
 *  Out:     *value, unchanged when the key is absent, null or no integer of 63 bits.
 *  Returns: NALG_TRUE when set, NALG_UNKNOWN when the value is null, NALG_FALSE when there is no such integer.
 *  Cost:    constant.  Source: none. */
NALG_API nalg_truth nalg_result_integer(const nalg_result *result, const char *key, long long *value);

/** A truth value of the `result` object, such as "filling".
 *  Returns: NALG_TRUE, NALG_FALSE, or NALG_UNKNOWN when null or absent.  Cost: constant.  Source: none. */
NALG_API nalg_truth nalg_result_truth(const nalg_result *result, const char *key);

/** How the answer is known.  Returns: the evidence status.  Cost: constant.  Source: none. */
NALG_API nalg_evidence nalg_result_evidence(const nalg_result *result);

/** Name of an evidence status, such as "proved".  Returns: a static string.  Cost: constant.  Source: none. */
NALG_API const char *nalg_evidence_name(nalg_evidence evidence);

#ifdef __cplusplus
}
#endif

#endif
