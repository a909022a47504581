/* The command line: a table of commands, each with a table of options that generates parsing, --help and the man page.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_CLI_H
#define NEUROALG_CLI_H

#include <stdbool.h>
#include <stdio.h>
#include "neuroalg/neuroalg.h"

enum cli_exit {
    CLI_OK = 0,
    CLI_REJECTED = 1,    /* a predicate is false, a certificate is rejected */
    CLI_USAGE = 2,       /* usage or bad input */
    CLI_WEAK = 3,        /* answered with weaker evidence than --require asked */
    CLI_LIMIT = 4,       /* a limit was hit */
    CLI_INTERNAL = 70,
    CLI_INTERRUPTED = 130
};

typedef struct {
    const char *name;     /* without dashes; a single letter takes one dash */
    const char *argument; /* NULL for a flag */
    const char *help;
} cli_option;

typedef struct cli cli;

typedef struct {
    const char *name;
    const char *synopsis;  /* what follows the name */
    const char *summary;   /* one line */
    const char *text;      /* paragraphs for --help and the man page */
    const char *example;
    const cli_option *options; /* ended by a NULL name */
    int (*run)(cli *c);
} cli_command;

#define CLI_OPTION_LIMIT 40

struct cli {
    nalg_ctx *ctx;
    const cli_command *command;
    struct {
        const cli_option *option;
        const char *value;
    } given[CLI_OPTION_LIMIT];
    size_t given_count;
    const char **words;
    size_t word_count;
    bool json, quiet;
};

extern const cli_command *const cli_commands[]; /* ended by NULL */
extern const cli_option cli_common_options[];

/* Value of an option that was given ("" for a flag), or NULL. */
const char *cli_value(const cli *c, const char *name);
/* Numbers of options into *out, which stays when the option was not given. False, with the fault reported, when it is none: a whole number
 * below 10^9; one that is not zero; a positive number. */
bool cli_number(cli *c, const char *name, size_t *out);
bool cli_count(cli *c, const char *name, size_t *out);
bool cli_count_int(cli *c, const char *name, int *out);
bool cli_real(cli *c, const char *name, double *out);
/* The samples of the file that an option names, for the model; *out stays NULL when it was not given. Returns the exit code. */
int cli_data(cli *c, nalg_dataset **out, const char *name, const nalg_model *model);

typedef struct {
    nalg_model *model;
    char *weights; /* the file of --weights, or NULL */
    size_t weights_length;
    const nalg_data *data; /* the samples of --data, or NULL */
    nalg_data view;        /* behind data: not to be copied */
    nalg_dataset *set;
} cli_inputs;

/* The model of the words, with the files of --weights and --data when they were given. Returns the exit code; *out is set when it is
 * CLI_OK, and then to be freed. */
int cli_inputs_read(cli *c, cli_inputs *out);
void cli_inputs_free(cli_inputs *in);
/* Report the context's last error on stderr (or as JSON on stdout) and return the exit code. */
int cli_fail(cli *c);
/* The same for a fault found by the command line itself. */
int cli_complain(cli *c, const char *where, const char *hint, const char *what);
/* The model of the positional words: a phrase, @file, or - for standard input. */
bool cli_model(cli *c, nalg_model **model);
/* A whole file ("-": standard input) of at most limit bytes; NULL with the error reported in *code. */
char *cli_read_file(cli *c, const char *path, size_t limit, size_t *length, int *code);
/* Write atomically: a temporary file in the same folder, renamed. */
int cli_write_file(cli *c, const char *path, const char *data, size_t length);
/* Print a result as text or JSON (to -o when given and `to_file`), free it, and return the exit code that --require asks for. */
int cli_answer(cli *c, nalg_result *result, bool to_file);
/* The exit code of a command whose computation ended with this status: cli_answer to the file of -o, or cli_fail. By address, as the call
 * that makes the result may stand in the same argument list. */
int cli_outcome(cli *c, nalg_status status, nalg_result **result);

/* --plot: what can be said before computing, and the picture itself. Both return an exit code, CLI_OK without the option. */
int cli_plot_check(cli *c);
int cli_plot(cli *c, const nalg_result *result);
/* Has the user asked to stop? */
bool cli_cancelled(void);

void cli_help(const cli_command *command, FILE *out);
void cli_overview(FILE *out);
void cli_man(FILE *out);

/* Progress bar on a terminal, as the context's hook. */
void cli_progress(void *user, const char *phase, uint64_t done, uint64_t total, const char *note);
void cli_progress_end(void);

#endif
