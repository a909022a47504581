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

/** The picture of a result as a gnuplot script (5.2 or later) that writes it to gnuplot's standard output. The numbers are in the script;
 *  texts of the result are quoted so that gnuplot replaces nothing in them.
 *  In:       result; format, "svg" or "png".
 *  Out:      *script, NUL-terminated, owned by the caller, freed with free().
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for another format; NALG_E_UNSUPPORTED when the command has no picture or the answer lacks what it
 *            shows; NALG_E_MEMORY.
 *  Evidence: that of the result, printed in the picture.  Cost: linear in the result.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_result_plot(nalg_ctx *ctx, char **script, const nalg_result *result, const char *format);

/** Commands whose results have a picture.
 *  In:      index, from 0.
 *  Out:     *shows (may be NULL), what the picture shows.
 *  Returns: the name of a command, NULL beyond the last; static strings.  Cost: constant.  Source: none. */
NALG_API const char *nalg_plot_command(size_t index, const char **shows);

#ifdef __cplusplus
}
#endif

#endif
