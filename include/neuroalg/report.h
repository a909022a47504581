/* One readable page about a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_REPORT_H
#define NEUROALG_REPORT_H

#include <stddef.h>
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A self-contained HTML page about one model, from its results; it opens offline.
 *  In:       results (count of them), one per command; file, the name the page will have (for the document), or NULL.
 *  Out:      *html, NUL-terminated, owned by the caller, freed with free(), *length without the NUL; *out, keys `sections` and `file`,
 *            owned by the caller.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for no results or results of different models; NALG_E_MEMORY. Outputs unchanged on error.
 *  Evidence: that of the results, printed beside every answer.  Cost: linear in the results.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_report(nalg_ctx *ctx, nalg_result **out, char **html, size_t *length, nalg_result *const *results,
                                                size_t count, const char *file);

#ifdef __cplusplus
}
#endif

#endif
