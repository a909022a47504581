/* One readable page about a model.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_REPORT_H
#define NALG_REPORT_REPORT_H

#include <stddef.h>
#include <jansson.h>
#include "neuroalg/context.h"

/** A self-contained HTML page from results.
 *  Out:      *html, zero-terminated UTF-8, freed with free(); *length, its bytes without the zero.
 *  In:       results[count], documents as printed by --json, one per command, all about one model. One with `error` in place of
 *            `result` becomes a note; keys may be missing. Not changed, not kept.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT when count is 0, a result is not an object, or two are about different models;
 *            NALG_E_MEMORY. Outputs are unchanged on error.
 *  Evidence: that of the results, printed beside every answer. The same results give the same bytes.
 *  Cost:     linear in the results; the page is about 0.7 MB of which 0.65 MB are KaTeX and Chart.js.  Source: none. */
NALG_NODISCARD nalg_status nalg_report_html(nalg_ctx *ctx, char **html, size_t *length, json_t *const *results,
                                            size_t count);

#endif
