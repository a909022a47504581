/* --plot FILE.svg|png: the library writes a gnuplot script with the numbers in it, this file runs gnuplot on
 * it. gnuplot reads from one unnamed temporary file and writes to another, so that neither waits for the
 * other, and reads no settings of the user (-d). Everything that can be wrong without the answer (extension,
 * command without a picture, no gnuplot) is said before computing. SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "cli.h"

#define PICTURE_BYTES ((size_t)1 << 28)
#define MESSAGE_BYTES 300
#define POLL_NANOSECONDS 10000000L

/* "svg" or "png" from the file's name, or NULL. */
static const char *format_of(const char *file)
{
    const char *dot = strrchr(file, '.');
    if (!dot || dot == file) return NULL;
    return !strcasecmp(dot, ".svg") ? "svg" : !strcasecmp(dot, ".png") ? "png" : NULL;
}

static bool in_path(const char *program)
{
    const char *path = getenv("PATH");
    char file[4096];
    for (const char *s = path; s && *s;) {
        size_t length = strcspn(s, ":");
        int written =
            snprintf(file, sizeof file, "%.*s/%s", (int)(length < sizeof file ? length : 0), s, program);
        if (length && written > 0 && (size_t)written < sizeof file && !access(file, X_OK)) return true;
        s += length + (s[length] == ':');
    }
    return false;
}

static int refuse_command(cli *c)
{
    char what[160], hint[512];
    size_t used = (size_t)snprintf(hint, sizeof hint, "these have one:");
    for (size_t i = 0; nalg_plot_command(i, NULL) && used < sizeof hint; i++)
        used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "",
                                 nalg_plot_command(i, NULL));
    snprintf(what, sizeof what, "%s has no picture", c->command->name);
    return cli_complain(c, "--plot", hint, what);
}

int cli_plot_check(cli *c)
{
    const char *file = cli_value(c, "plot");
    bool known = false;
    if (!file) return CLI_OK;
    for (size_t i = 0; nalg_plot_command(i, NULL); i++)
        known = known || !strcmp(nalg_plot_command(i, NULL), c->command->name);
    if (!known) return refuse_command(c);
    if (!format_of(file))
        return cli_complain(c, "--plot", "write a name such as picture.svg or picture.png",
                            "the picture is neither .svg nor .png");
    if (!in_path("gnuplot"))
        return cli_complain(c, "--plot", "install gnuplot (Debian: gnuplot-nox), or leave --plot out",
                            "gnuplot is not in the path");
    return CLI_OK;
}

/* In the child: streams in place, then gnuplot. */
static void become_gnuplot(FILE *script, FILE *picture, FILE *messages)
{
    char program[] = "gnuplot", defaults[] = "-d", *arguments[] = {program, defaults, NULL};
    if (dup2(fileno(script), 0) < 0 || dup2(fileno(picture), 1) < 0 || dup2(fileno(messages), 2) < 0)
        _exit(127);
    unsetenv("GNUPLOT_LIB"); /* a list of folders that scripts are read from */
    execvp(program, arguments);
    _exit(127);
}

/* Exit status of the process, or -1 when it was stopped at the user's wish or did not end well. */
static int wait_for(pid_t process)
{
    const struct timespec pause = {.tv_nsec = POLL_NANOSECONDS};
    int status;
    for (;;) {
        pid_t ended = waitpid(process, &status, WNOHANG);
        if (ended == process) return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        if (ended < 0 && errno != EINTR) return -1;
        if (cli_cancelled()) {
            kill(process, SIGKILL);
            waitpid(process, &status, 0);
            return -1;
        }
        nanosleep(&pause, NULL);
    }
}

static bool run_gnuplot(const char *script, FILE *input, FILE *picture, FILE *messages)
{
    if (fputs(script, input) < 0 || fflush(input)) return false;
    rewind(input);
    pid_t process = fork();
    if (process == 0) become_gnuplot(input, picture, messages);
    return process > 0 && wait_for(process) == 0;
}

/* All of a temporary file; NULL when it is empty or too large. */
static char *contents(FILE *file, size_t *length)
{
    long end = fseek(file, 0, SEEK_END) ? -1 : ftell(file);
    char *data = end > 0 && (size_t)end <= PICTURE_BYTES ? malloc((size_t)end) : NULL;
    *length = data ? (size_t)end : 0;
    if (!data) return NULL;
    rewind(file);
    if (fread(data, 1, *length, file) == *length) return data;
    free(data);
    return NULL;
}

static int complain_about(cli *c, FILE *messages)
{
    char text[MESSAGE_BYTES] = "", what[MESSAGE_BYTES + 40];
    rewind(messages);
    size_t n = fread(text, 1, sizeof text - 1, messages);
    text[n] = '\0';
    snprintf(what, sizeof what, "gnuplot did not draw the picture: %s", n ? text : "it said nothing");
    return cli_complain(
        c, "--plot",
        "the answer itself is complete; gnuplot 5.2 or later with the terminals svg and pngcairo is needed",
        what);
}

int cli_plot(cli *c, const nalg_result *result)
{
    const char *file = cli_value(c, "plot");
    char *script = NULL, *data = NULL;
    size_t length = 0;
    int code = CLI_OK;
    if (!file) return CLI_OK;
    if (nalg_result_plot(c->ctx, &script, result, format_of(file)) != NALG_OK) return cli_fail(c);
    FILE *input = tmpfile(), *picture = tmpfile(), *messages = tmpfile();
    if (!input || !picture || !messages) {
        code = cli_complain(c, "--plot", "make room in the folder for temporary files",
                            "a temporary file cannot be made");
    } else if (!run_gnuplot(script, input, picture, messages)) {
        code = cli_cancelled() ? CLI_INTERRUPTED : complain_about(c, messages);
    } else {
        data = contents(picture, &length);
        code = data ? cli_write_file(c, file, data, length) : complain_about(c, messages);
    }
    if (input) fclose(input);
    if (picture) fclose(picture);
    if (messages) fclose(messages);
    free(data);
    free(script);
    return code;
}
