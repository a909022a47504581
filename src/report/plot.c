/* gnuplot scripts: the common look and the helpers. One look for all pictures: white ground, a thin grey grid
 * behind the data, axes at the left and below only, heading at the left as on a printed figure, legend below.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "report/plot.h"
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/context.h"
#include "report/value.h"

#define HEADING_BYTES 256
#define ENHANCED "{}^_@&~\\" /* what enhanced text replaces */
#define SUBTITLE_BYTES 100   /* longer models are cut; the width of the picture */

static const struct {
    const char *colour, *width;
    int point; /* gnuplot's: 7 a disc, 5 a square, 4 an open square */
    double size;
    const char *dashes;
} styles[] = {
    {"#0072B2", "2", 7, 0.5, ""},
    {"#D55E00", "2", 5, 0.5, ""},
    {"#009E73", "2", 7, 0.5, ""},
    {"#CC79A7", "2", 5, 0.5, ""},
    {"#E69F00", "2", 7, 0.5, ""},
    {"#56B4E9", "2", 5, 0.5, ""},
    {"#888888", "1.2", 7, 0.5, " dashtype '-'"},
    {"#222222", "2", 5, 0.5, ""},
    {"#D55E00", "1.2", 5, 0.5, " dashtype '-'"},
    {"#222222", "1", 4, 0.7, ""},
};

void nalg_plot_raw(nalg_plot *plot, const char *literal)
{
    nalg_buffer_text(&plot->out, literal);
}

void nalg_plot_format(nalg_plot *plot, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    nalg_buffer_vformat(&plot->out, format, args);
    va_end(args);
}

/* Quoted without its quotes; characters in `special` get a backslash before them, '%' is doubled when
 * `percent`. */
static void escape(nalg_buffer *out, const char *text, const char *special, bool percent)
{
    nalg_buffer plain = {0};
    nalg_buffer_terminal(&plain, text); /* no control characters, no line ends */
    for (const char *s = nalg_buffer_content(&plain); *s; s++) {
        if (*s == '\'') nalg_buffer_text(out, "'");
        if (*s == '%' && percent) nalg_buffer_text(out, "%");
        if (strchr(special, *s)) nalg_buffer_text(out, "\\");
        nalg_buffer_append(out, s, 1);
    }
    out->failed = out->failed || plain.failed;
    nalg_buffer_clear(&plain);
}

void nalg_plot_quote(nalg_buffer *out, const char *text)
{
    nalg_buffer_text(out, "'");
    escape(out, text, "", false);
    nalg_buffer_text(out, "'");
}

/* At most `most` bytes of a text, cut between characters. */
static void append_cut(nalg_buffer *out, const char *text, size_t most)
{
    size_t length = strlen(text);
    if (length <= most) {
        nalg_buffer_text(out, text);
        return;
    }
    while (most > 0 && ((unsigned char)text[most] & 0xC0) == 0x80) most--;
    nalg_buffer_append(out, text, most);
    nalg_buffer_text(out, "...");
}

void nalg_plot_heading(nalg_plot *plot, const char *format, ...)
{
    char heading[HEADING_BYTES];
    nalg_buffer line = {0};
    va_list args;
    va_start(args, format);
    vsnprintf(heading, sizeof heading, format, args);
    va_end(args);
    append_cut(&line, nalg_json_string(plot->document, "model.spec", ""), SUBTITLE_BYTES);
    nalg_buffer_format(&line, "%sevidence: %s", line.length ? "  \xC2\xB7  " : "",
                       nalg_json_string(plot->document, "evidence.status", "unknown"));
    nalg_plot_format(plot, "set label 1 '{/:Bold=%d ", plot->png ? 28 : 16);
    escape(&plot->out, heading, ENHANCED, false);
    nalg_plot_raw(plot, "}' at character 2, screen 0.953 left\nset label 2 ");
    nalg_plot_quote(&plot->out, nalg_buffer_content(&line));
    nalg_plot_raw(plot, " at character 2, screen 0.895 left noenhanced textcolor rgb '#666666'\n");
    plot->out.failed = plot->out.failed || line.failed;
    nalg_buffer_clear(&line);
}

void nalg_plot_axis(nalg_plot *plot, char axis, const char *label, bool logarithmic)
{
    nalg_plot_format(plot, "set %clabel ", axis);
    nalg_plot_quote(&plot->out, label);
    nalg_plot_raw(plot, " noenhanced\n");
    if (logarithmic) nalg_plot_format(plot, "set logscale %c\nset format %c '10^{%%L}'\n", axis, axis);
}

static void range_end(nalg_plot *plot, double end)
{
    if (isfinite(end))
        nalg_plot_format(plot, "%.17g", end);
    else
        nalg_plot_raw(plot, "*");
}

void nalg_plot_range(nalg_plot *plot, char axis, double low, double high)
{
    nalg_plot_format(plot, "set %crange [", axis);
    range_end(plot, low);
    nalg_plot_raw(plot, ":");
    range_end(plot, high);
    nalg_plot_raw(plot, "]\n");
}

void nalg_plot_names(nalg_plot *plot, char axis, const char *const *names, size_t count)
{
    nalg_plot_format(plot, "set %ctics noenhanced (", axis);
    for (size_t i = 0; i < count; i++) {
        if (i) nalg_plot_raw(plot, ", ");
        nalg_plot_raw(plot, "'");
        escape(&plot->out, names[i], "", true); /* labels of tics are formats */
        nalg_plot_format(plot, "' %zu", i);
    }
    nalg_plot_raw(plot, ")\n");
}

size_t nalg_plot_data_begin(nalg_plot *plot)
{
    nalg_plot_format(plot, "$data%zu << NALG_END\n", ++plot->block_count);
    return plot->block_count;
}

void nalg_plot_row(nalg_plot *plot, const double *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i) nalg_plot_raw(plot, " ");
        if (isfinite(values[i]))
            nalg_plot_format(plot, "%.17g", values[i]);
        else
            nalg_plot_raw(plot, "NaN");
    }
    nalg_plot_raw(plot, "\n");
}

void nalg_plot_data_end(nalg_plot *plot)
{
    nalg_plot_raw(plot, "NALG_END\n");
}

void nalg_plot_curve(nalg_plot *plot, size_t block, const char *how, int style, const char *title)
{
    nalg_buffer_format(&plot->curves, "%s$data%zu %s linestyle %d ",
                       plot->curve_count++ ? ", \\\n     " : "plot ", block, how, style);
    if (title) {
        nalg_buffer_text(&plot->curves, "title ");
        nalg_plot_quote(&plot->curves, title);
    } else {
        nalg_buffer_text(&plot->curves, "notitle");
    }
}

/* The curves so far. */
static bool draw(nalg_plot *plot)
{
    bool any = plot->curve_count > 0;
    if (any) nalg_buffer_append(&plot->out, nalg_buffer_content(&plot->curves), plot->curves.length);
    nalg_plot_raw(plot, "\n");
    plot->out.failed = plot->out.failed || plot->curves.failed;
    nalg_buffer_clear(&plot->curves);
    plot->curve_count = 0;
    return any;
}

void nalg_plot_panels(nalg_plot *plot, int rows, int columns)
{
    nalg_plot_format(
        plot, "set multiplot layout %d,%d margins screen 0.11,0.97,0.23,0.83 spacing screen 0.13,0.16\n",
        rows, columns);
}

void nalg_plot_panel_end(nalg_plot *plot)
{
    draw(plot);
    nalg_plot_raw(plot, "unset label 1\nunset label 2\nunset logscale\nset format '%h'\nset xrange "
                        "[*:*]\nset yrange [*:*]\nset xtics autofreq\nset ytics autofreq\n"
                        "unset xlabel\nunset ylabel\n");
}

static void begin(nalg_plot *plot)
{
    double scale = plot->png ? 2 : 1; /* twice the resolution for print */
    nalg_plot_raw(plot, "reset\nset encoding utf8\nset loadpath\n");
    if (plot->png)
        nalg_plot_raw(plot, "set terminal pngcairo size 1600,1000 background '#ffffff' font 'DejaVu Sans,24' "
                            "enhanced rounded linewidth 2\n");
    else
        nalg_plot_raw(plot, "set terminal svg size 800,500 dynamic background '#ffffff' font 'Arial,13' "
                            "enhanced rounded linewidth 1\n");
    nalg_plot_raw(plot,
                  "set border 3 linewidth 0.8 linecolor rgb '#555555'\n"
                  "set tics nomirror out scale 0.5 textcolor rgb '#333333'\n"
                  "set grid xtics ytics back linetype 1 linecolor rgb '#e4e4e4' linewidth 0.5\n"
                  "set tmargin at screen 0.83\nset bmargin at screen 0.23\nset rmargin 4\n"
                  "set key bmargin center horizontal noenhanced nobox samplen 1.5 maxrows 2 reverse Left\n"
                  "set style fill solid 0.85 noborder\nset boxwidth 0.7\nset bars 0.5\n");
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        nalg_plot_format(
            plot,
            "set style line %zu linetype 1 linecolor rgb '%s' linewidth %s pointtype %d pointsize %g%s\n",
            i + 1, styles[i].colour, styles[i].width, styles[i].point, styles[i].size * scale,
            styles[i].dashes);
}

static nalg_status no_picture(nalg_ctx *ctx, const char *command)
{
    nalg_buffer names = {0};
    nalg_buffer_text(&names, "these have one: ");
    for (size_t i = 0; nalg_plot_types[i]; i++)
        nalg_buffer_format(&names, "%s%s", i ? ", " : "", nalg_plot_types[i]->command);
    nalg_status status = nalg_fail(ctx, NALG_E_UNSUPPORTED, "--plot", nalg_buffer_content(&names),
                                   "%.40s has no picture", command);
    nalg_buffer_clear(&names);
    return status;
}

nalg_status nalg_plot_script(nalg_ctx *ctx, char **script, const json_t *document, const char *format)
{
    const char *command = nalg_json_string(document, "command", "this result");
    const nalg_plot_type *type = NULL;
    if (strcmp(format, "svg") && strcmp(format, "png"))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "--plot", "write svg or png",
                         "'%.20s' is no format of pictures", format);
    for (size_t i = 0; nalg_plot_types[i] && !type; i++)
        if (!strcmp(nalg_plot_types[i]->command, command)) type = nalg_plot_types[i];
    if (!type) return no_picture(ctx, command);
    nalg_plot plot = {.document = document, .png = !strcmp(format, "png")};
    begin(&plot);
    bool drawn = type->render(&plot, document);
    draw(&plot);
    size_t length;
    char *text = nalg_buffer_take(&plot.out, &length);
    if (!text) return nalg_fail_memory(ctx);
    if (!drawn) {
        free(text);
        return nalg_fail(ctx, NALG_E_UNSUPPORTED, "--plot", NULL,
                         "this answer lacks what the picture shows: %s", type->shows);
    }
    *script = text;
    return NALG_OK;
}
