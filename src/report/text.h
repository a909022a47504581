/* A result on a terminal.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_REPORT_TEXT_H
#define NALG_REPORT_TEXT_H

#include <jansson.h>
#include "neuroalg/context.h"

/** One result document as readable lines: what was asked, aligned `key  value` lines, arrays of objects as small tables, the
 *  evidence in a sentence.
 *  Out:      *text, zero-terminated UTF-8 that ends with a newline, freed with free(). No control characters from the document
 *            reach it.
 *  In:       document, as printed by --json; keys may be missing.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT when document is not an object; NALG_E_MEMORY. *text is unchanged on error.
 *  Cost:     linear in the document.  Source: none. */
NALG_NODISCARD nalg_status nalg_report_text(nalg_ctx *ctx, char **text, const json_t *document);

#endif
