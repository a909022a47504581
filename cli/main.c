/* Entry point: find the command, read its options, run it.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "cli.h"

static volatile int cancelled;

static void on_interrupt(int number)
{
    if (cancelled) {
        signal(number, SIG_DFL); /* a second Ctrl-C ends the process at once */
        raise(number);
    }
    cancelled = 1;
}

bool cli_cancelled(void)
{
    return cancelled;
}

static const cli_option *find_option(const cli_option *table, const char *name, size_t length)
{
    for (; table && table->name; table++)
        if (strlen(table->name) == length && !strncmp(table->name, name, length)) return table;
    return NULL;
}

/* "--seed 3", "--seed=3", "-o FILE". Negative numbers and -x^2 are words. */
static bool looks_like_option(const char *word)
{
    if (word[0] != '-' || word[1] == '\0') return false;
    return word[1] == '-' || (word[2] == '\0' && find_option(cli_common_options, word + 1, 1));
}

static int read_option(cli *c, int argc, char **argv, int *i)
{
    const char *word = argv[*i], *name = word + (word[1] == '-' ? 2 : 1), *equals = word[1] == '-' ? strchr(name, '=') : NULL;
    size_t length = equals ? (size_t)(equals - name) : strlen(name);
    const cli_option *option = find_option(c->command->options, name, length);
    char what[160], hint[96];
    if (!option) option = find_option(cli_common_options, name, length);
    snprintf(hint, sizeof hint, "see `neuroalg %s --help`", c->command->name);
    if (!option) {
        snprintf(what, sizeof what, "unknown option %.80s", word);
        return cli_complain(c, NULL, hint, what);
    }
    const char *value = equals ? equals + 1 : "";
    if (option->argument && !equals) {
        if (*i + 1 >= argc) {
            snprintf(what, sizeof what, "option %.80s needs %s", word, option->argument);
            return cli_complain(c, NULL, hint, what);
        }
        value = argv[++*i];
    }
    if (c->given_count == CLI_OPTION_LIMIT) return cli_complain(c, NULL, hint, "too many options");
    c->given[c->given_count].option = option;
    c->given[c->given_count++].value = value;
    return CLI_OK;
}

static int read_words(cli *c, int argc, char **argv)
{
    bool options = true;
    for (int i = 2; i < argc; i++) {
        if (options && !strcmp(argv[i], "--")) {
            options = false;
        } else if (options && looks_like_option(argv[i])) {
            int code = read_option(c, argc, argv, &i);
            if (code) return code;
        } else {
            c->words[c->word_count++] = argv[i];
        }
    }
    return CLI_OK;
}

/* A number of an option in [0, most]; false after reporting. */
static bool number(cli *c, const char *name, double most, bool whole, double *out)
{
    const char *value = cli_value(c, name);
    char *end, what[160];
    if (!value) return true;
    errno = 0;
    double x = strtod(value, &end);
    if (errno || *end || end == value || !(x >= 0 && x <= most) || (whole && strspn(value, "0123456789") != strlen(value))) {
        snprintf(what, sizeof what, "--%s %.40s is no %snumber from 0 to %.0f", name, value, whole ? "whole " : "", most);
        cli_complain(c, NULL, "write a plain number", what);
        return false;
    }
    *out = x;
    return true;
}

static bool set_up(cli *c)
{
    double seed = -1, threads = 0, timeout = 0;
    c->quiet = cli_value(c, "quiet") || cli_value(c, "q");
    if (!number(c, "seed", 18446744073709549568.0, true, &seed) || !number(c, "threads", NALG_MAX_THREADS, true, &threads) ||
        !number(c, "timeout", 1e9, false, &timeout))
        return false;
    if (seed >= 0) nalg_ctx_set_seed(c->ctx, strtoull(cli_value(c, "seed"), NULL, 10));
    if (nalg_ctx_set_threads(c->ctx, (int)threads) != NALG_OK) return cli_fail(c), false;
    nalg_ctx_set_timeout(c->ctx, timeout);
    nalg_ctx_set_cancel(c->ctx, &cancelled);
    if (!c->quiet && isatty(STDERR_FILENO)) nalg_ctx_set_progress(c->ctx, cli_progress, NULL);
    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    return true;
}

static int run(cli *c, int argc, char **argv)
{
    for (int i = 2; i < argc; i++) c->json = c->json || !strcmp(argv[i], "--json"); /* errors in the options are JSON too */
    int code = read_words(c, argc, argv);
    if (code) return code;
    if (cli_value(c, "help") || cli_value(c, "h")) {
        cli_help(c->command, stdout);
        return CLI_OK;
    }
    if (!set_up(c)) return CLI_USAGE;
    code = cli_plot_check(c);
    if (!code) code = c->command->run(c);
    cli_progress_end();
    if (fflush(stdout) || ferror(stdout)) {
        fprintf(stderr, "neuroalg: standard output cannot be written: %s\n", strerror(errno));
        return code ? code : CLI_USAGE;
    }
    return code;
}

static int unknown_command(const char *name)
{
    fprintf(stderr, "neuroalg: unknown command '%.60s'\n  write one of:", name);
    for (size_t i = 0; cli_commands[i]; i++) fprintf(stderr, " %s", cli_commands[i]->name);
    fprintf(stderr, "\n  for example: neuroalg dim mlp 2-3-1 x^2\n");
    return CLI_USAGE;
}

int main(int argc, char **argv)
{
    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
        cli_overview(argc < 2 ? stderr : stdout);
        return argc < 2 ? CLI_USAGE : CLI_OK;
    }
    if (!strcmp(argv[1], "--version")) return printf("neuroalg %s\n", nalg_version()) < 0;
    if (!strcmp(argv[1], "--man")) return cli_man(stdout), CLI_OK;
    cli c = {0};
    for (size_t i = 0; cli_commands[i]; i++)
        if (!strcmp(argv[1], cli_commands[i]->name)) c.command = cli_commands[i];
    if (!c.command) return unknown_command(argv[1]);
    c.words = calloc((size_t)argc, sizeof *c.words);
    if (!c.words || nalg_ctx_create(&c.ctx) != NALG_OK) {
        fprintf(stderr, "neuroalg: out of memory\n");
        free(c.words);
        return CLI_LIMIT;
    }
    int code = run(&c, argc, argv);
    nalg_ctx_free(c.ctx);
    free(c.words);
    return code;
}
