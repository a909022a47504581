/* Pictures of results as gnuplot scripts (`--plot`). To add one: write plot_<command>.c with
 *
 *     static bool render(nalg_plot *plot, const json_t *document) { ... }
 *     extern const nalg_plot_type nalg_plot_<command>;
 *     const nalg_plot_type nalg_plot_<command> = {"<command>", "what is to be seen", render};
 *
 * The build finds it by its name, there is no list to edit. `document` is the result of that command; keys
 * may be missing or null in it, and render returns false when what it needs is not there. It writes a
 * heading, axes, blocks of numbers and curves over them; a failed allocation is remembered. gnuplot is run by
 * the command line, never here. Text from documents reaches a script only through nalg_plot_quote and
 * nalg_plot_names: single quotes, in which gnuplot replaces nothing (backquotes and $ are ordinary), with
 * enhanced mode off. A heading is bold by enhanced mode, so it is escaped for that. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_REPORT_PLOT_H
#define NALG_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>
#include "neuroalg/context.h"
#include "report/buffer.h"

typedef struct {
    nalg_buffer out, curves;
    const json_t *document;
    bool png;
    size_t block_count, curve_count;
} nalg_plot;

typedef struct {
    const char *command;
    const char *shows; /* what the picture shows, without a full stop */
    bool (*render)(nalg_plot *plot, const json_t *document);
} nalg_plot_type;

extern const nalg_plot_type *const nalg_plot_types[]; /* generated, ended by NULL */

/* The script for a document, drawing to gnuplot's standard output.
 * Out:     *script, zero-terminated UTF-8, freed with free().  In: document, as printed by --json; format,
 * "svg" or "png". Returns: NALG_OK; NALG_E_ARGUMENT for another format; NALG_E_UNSUPPORTED when the command
 * has no picture or the answer lacks what it shows; NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_plot_script(nalg_ctx *ctx, char **script, const json_t *document,
                                            const char *format);

/* --- what a picture is made of
 * -------------------------------------------------------------------------------------- */

/* Heading above the picture; the model and the evidence follow in the line below it. */
void nalg_plot_heading(nalg_plot *plot, const char *format, ...) NALG_PRINTF(2, 3);

/* 'x' or 'y' ("x2", "y2" are not offered). Powers of ten on a logarithmic axis. */
void nalg_plot_axis(nalg_plot *plot, char axis, const char *label, bool logarithmic);
/* Range of an axis; NAN leaves that end to gnuplot. */
void nalg_plot_range(nalg_plot *plot, char axis, double low, double high);
/* Names in place of the numbers 0, 1, ... on an axis. */
void nalg_plot_names(nalg_plot *plot, char axis, const char *const *names, size_t count);

/* A block of numbers: begin returns its number, then any number of rows, then end. */
size_t nalg_plot_data_begin(nalg_plot *plot);
void nalg_plot_row(nalg_plot *plot, const double *values, size_t count); /* not finite: a gap */
void nalg_plot_data_end(nalg_plot *plot);

/* One curve over a block. `how` is gnuplot's, a literal such as "using 1:2 with linespoints"; `style` is 1
 * (blue), 2 (vermilion), 3 (green), 4 (purple), 5 (orange), 6 (sky), 7 (grey, dashed; for references), 8
 * (black), 9 (vermilion, dashed; for what lies over another curve), 10 (black, open squares); colours of
 * Okabe and Ito, told apart by colour-blind readers. `title` is in the legend, NULL for none. Drawn in the
 * order of the calls. */
void nalg_plot_curve(nalg_plot *plot, size_t block, const char *how, int style, const char *title);

/* For what has no function here: literals, and numbers with a format. No text of a document. */
void nalg_plot_raw(nalg_plot *plot, const char *literal);
void nalg_plot_format(nalg_plot *plot, const char *format, ...) NALG_PRINTF(2, 3);
/* Draw the curves so far in a panel of their own; the picture then has several (begin with nalg_plot_panels).
 * Clears axes and curves. */
void nalg_plot_panels(nalg_plot *plot, int rows, int columns);
void nalg_plot_panel_end(nalg_plot *plot);

/* Any text as a string of gnuplot. */
void nalg_plot_quote(nalg_buffer *out, const char *text);

#endif
