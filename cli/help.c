/* --help and the man page, from the tables.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "cli.h"

static void print_options(const cli_option *table, FILE *out)
{
    for (; table && table->name; table++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s%s", strlen(table->name) == 1 ? "-" : "--", table->name, table->argument ? " " : "",
                 table->argument ? table->argument : "");
        fprintf(out, "  %-20s %s\n", left, table->help);
    }
}

void cli_help(const cli_command *command, FILE *out)
{
    fprintf(out, "neuroalg %s %s\n\n%s\n\n", command->name, command->synopsis, command->text);
    if (command->options) {
        fprintf(out, "Options\n");
        print_options(command->options, out);
        fprintf(out, "\n");
    }
    fprintf(out, "Common options\n");
    print_options(cli_common_options, out);
    fprintf(out, "\nExample\n  %s\n", command->example);
}

void cli_overview(FILE *out)
{
    fprintf(out, "neuroalg: what neural networks with algebraic activations can represent, exactly.\n\nUsage: neuroalg COMMAND MODEL [options]\n\nCommands\n");
    for (size_t i = 0; cli_commands[i]; i++) fprintf(out, "  %-10s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    fprintf(out, "\nModels\n"
                 "  mlp 2-3-1 x^2 [bias]          widths, activation (any polynomial, or 1/x)\n"
                 "  linear 3-2-3                  deep linear network\n"
                 "  cnn 9 k=3,3 s=1,2 x^2         1-D filters and strides\n"
                 "  gcnn group=Z4 layers=3 x^2    group convolutions (Zn, Sn, Dn)\n"
                 "  attention d=3 a=2 t=4         lightning attention; layers=, heads=, dv=, norm=1+x, residual\n"
                 "  'input 1x8x8 | conv2d 3x3 out=4 | x^2 | flatten | dense 10'   any pipeline of layers\n"
                 "  FILE.onnx                     a trained network (docs/onnx.md)\n"
                 "  @FILE, or - for standard input\n\n"
                 "`neuroalg COMMAND --help` explains a command; `neuroalg --man` prints the manual page.\n");
}

/* Text for troff: backslashes and leading dots. */
static void man_text(const char *s, FILE *out)
{
    bool start = true;
    for (; *s; s++) {
        if (start && (*s == '.' || *s == '\'')) fputs("\\&", out);
        if (*s == '\\') fputs("\\e", out);
        else if (*s == '-') fputs("\\-", out);
        else fputc(*s, out);
        start = *s == '\n';
    }
}

static void man_options(const cli_option *table, FILE *out)
{
    for (; table && table->name; table++) {
        fprintf(out, ".TP\n.B %s%s", strlen(table->name) == 1 ? "\\-" : "\\-\\-", table->name);
        if (table->argument) fprintf(out, " \\fI%s\\fR", table->argument);
        fputc('\n', out);
        man_text(table->help, out);
        fputc('\n', out);
    }
}

void cli_man(FILE *out)
{
    fprintf(out, ".TH NEUROALG 1 \"\" \"neuroalg %s\" \"User Commands\"\n.SH NAME\nneuroalg \\- neuroalgebraic geometry of neural networks\n", nalg_version());
    fprintf(out, ".SH SYNOPSIS\n.B neuroalg\n.I COMMAND MODEL\n[\\fIoptions\\fR]\n.SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++) {
        const cli_command *command = cli_commands[i];
        fprintf(out, ".SS %s ", command->name);
        man_text(command->synopsis, out);
        fputc('\n', out);
        man_text(command->text, out);
        fputc('\n', out);
        man_options(command->options, out);
        fprintf(out, ".PP\nExample:\n.PP\n.nf\n");
        man_text(command->example, out);
        fprintf(out, "\n.fi\n");
    }
    fprintf(out, ".SH OPTIONS\n");
    man_options(cli_common_options, out);
    fprintf(out, ".SH EXIT STATUS\n"
                 "0 answered; 1 predicate false or certificate rejected; 2 usage or bad input; 3 weaker evidence than \\-\\-require asked; 4 limit hit; "
                 "70 internal error; 130 interrupted.\n");
}
