/* Input, output and errors of the command line.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cli.h"

#define MODEL_BYTES ((size_t)1 << 20)

const char *cli_value(const cli *c, const char *name)
{
    for (size_t i = c->given_count; i-- > 0;)
        if (!strcmp(c->given[i].option->name, name)) return c->given[i].value;
    return NULL;
}

static void print_json_string(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        unsigned char ch = (unsigned char)*s;
        if (ch == '"' || ch == '\\') printf("\\%c", ch);
        else if (ch < ' ' || ch > 126) printf("\\u%04x", ch);
        else putchar(ch);
    }
    putchar('"');
}

/* Control characters of user text never reach the terminal. */
static void print_plain(FILE *out, const char *s)
{
    for (; *s; s++) fputc((unsigned char)*s < ' ' || *s == 127 ? '?' : *s, out);
}

static void report(cli *c, const char *what, const char *where, const char *hint)
{
    cli_progress_end();
    if (c->json) {
        printf("{\"error\":{\"what\":");
        print_json_string(what);
        printf(",\"where\":");
        print_json_string(where ? where : "");
        printf(",\"hint\":");
        print_json_string(hint ? hint : "");
        printf("}}\n");
        return;
    }
    fputs("neuroalg: ", stderr);
    print_plain(stderr, what);
    if (where && *where) {
        fputs(" (", stderr);
        print_plain(stderr, where);
        fputs(")", stderr);
    }
    fputs("\n", stderr);
    if (hint && *hint) {
        fputs("  ", stderr);
        print_plain(stderr, hint);
        fputs("\n", stderr);
    }
}

int cli_complain(cli *c, const char *where, const char *hint, const char *what)
{
    report(c, what, where, hint);
    return CLI_USAGE;
}

int cli_fail(cli *c)
{
    nalg_error e = nalg_ctx_last_error(c->ctx);
    report(c, e.what, e.where, e.hint);
    switch (e.status) {
    case NALG_E_INTERRUPTED:
        return CLI_INTERRUPTED;
    case NALG_E_MEMORY:
    case NALG_E_DEADLINE:
        return CLI_LIMIT;
    case NALG_E_INTERNAL:
        return CLI_INTERNAL;
    default:
        return CLI_USAGE;
    }
}

/* Read a stream to its end; NULL with errno set, EFBIG beyond the limit. */
static char *read_all(FILE *in, size_t limit, size_t *length)
{
    size_t capacity = 4096, used = 0;
    char *data = malloc(capacity);
    while (data) {
        used += fread(data + used, 1, capacity - used, in);
        if (ferror(in) || used > limit) {
            errno = ferror(in) ? errno : EFBIG;
            free(data);
            return NULL;
        }
        if (feof(in)) break;
        if (used < capacity) continue;
        char *more = realloc(data, capacity *= 2);
        if (!more) free(data);
        data = more;
    }
    *length = used;
    return data;
}

char *cli_read_file(cli *c, const char *path, size_t limit, size_t *length, int *code)
{
    bool standard = !strcmp(path, "-");
    struct stat status;
    FILE *in = standard ? stdin : fopen(path, "rb");
    char *data = NULL, what[512];
    if (in && !standard && !fstat(fileno(in), &status) && S_ISDIR(status.st_mode)) errno = EISDIR;
    else if (in) data = read_all(in, limit, length);
    if (!data) {
        snprintf(what, sizeof what, "%.300s cannot be read: %s", path, strerror(errno));
        *code = cli_complain(c, path, "give the name of a readable file, or - for standard input", what);
    }
    if (in && !standard) fclose(in);
    return data;
}

static bool write_stream(int descriptor, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(descriptor, data, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        data += n;
        length -= (size_t)n;
    }
    return fsync(descriptor) == 0 || errno == EINVAL || errno == EROFS;
}

int cli_write_file(cli *c, const char *path, const char *data, size_t length)
{
    struct stat existing;
    char what[512];
    size_t room = strlen(path) + sizeof ".XXXXXX";
    char *temporary = malloc(room);
    bool plain = stat(path, &existing) || S_ISREG(existing.st_mode); /* a device or pipe is written in place */
    bool ok = false;
    if (temporary && plain) {
        snprintf(temporary, room, "%s.XXXXXX", path);
        int descriptor = mkstemp(temporary);
        if (descriptor >= 0) {
            ok = write_stream(descriptor, data, length) && fchmod(descriptor, 0644) == 0;
            ok = close(descriptor) == 0 && ok && rename(temporary, path) == 0;
            int error = errno;
            if (!ok) unlink(temporary);
            errno = error;
        }
    } else if (temporary) {
        FILE *out = fopen(path, "wb");
        ok = out && fwrite(data, 1, length, out) == length;
        if (out) ok = fclose(out) == 0 && ok;
    }
    int error = errno;
    free(temporary);
    if (ok) return CLI_OK;
    snprintf(what, sizeof what, "%.300s cannot be written: %s", path, strerror(error));
    return cli_complain(c, path, "give a file in a folder you may write to, on a disk with room", what);
}

/* file.onnx */
static bool is_onnx(const cli *c)
{
    const char *word = c->word_count == 1 ? c->words[0] : "";
    size_t length = strlen(word);
    return length > 5 && !strcmp(word + length - 5, ".onnx");
}

static bool onnx_model(cli *c, nalg_model **model)
{
    bool tied = cli_value(c, "tied"), untied = cli_value(c, "untied");
    nalg_onnx_options options = {tied ? NALG_MERGED_TIED : untied ? NALG_MERGED_UNTIED : NALG_MERGED_REFUSE, cli_value(c, "constants"), cli_value(c, "parameters")};
    if (tied && untied) {
        cli_complain(c, "--tied", "give one of --tied and --untied", "both --tied and --untied");
        return false;
    }
    if (nalg_model_read_onnx(c->ctx, model, c->words[0], &options) == NALG_OK) return true;
    cli_fail(c);
    return false;
}

bool cli_model(cli *c, nalg_model **model)
{
    if (is_onnx(c)) return onnx_model(c, model);
    size_t length = 0;
    char *text = NULL;
    int code;
    if (c->word_count == 1 && (c->words[0][0] == '@' || !strcmp(c->words[0], "-"))) {
        text = cli_read_file(c, c->words[0][0] == '@' ? c->words[0] + 1 : "-", MODEL_BYTES, &length, &code);
        if (!text) return false;
    } else {
        for (size_t i = 0; i < c->word_count; i++) length += strlen(c->words[i]) + 1;
        text = calloc(length + 1, 1);
        for (size_t i = 0, at = 0; text && i < c->word_count; i++)
            at += (size_t)snprintf(text + at, length + 1 - at, i ? " %s" : "%s", c->words[i]);
        if (length) length = text ? strlen(text) : 0;
    }
    nalg_status status = text ? nalg_model_parse(c->ctx, model, text, length) : NALG_E_MEMORY;
    free(text);
    if (status != NALG_OK) cli_fail(c);
    return status == NALG_OK;
}

/* Position of a name among the evidence levels, or -1. */
static int evidence_level(const char *name)
{
    for (int e = NALG_PROVED; e <= NALG_EVIDENCE_UNKNOWN; e++)
        if (!strcmp(name, nalg_evidence_name((nalg_evidence)e))) return e;
    return -1;
}

int cli_answer(cli *c, nalg_result *result, bool to_file)
{
    const char *require = cli_value(c, "require"), *file = to_file ? cli_value(c, "o") : NULL;
    char *text = NULL;
    int code = CLI_OK, wanted = require ? evidence_level(require) : NALG_EVIDENCE_UNKNOWN;
    cli_progress_end();
    if (wanted < 0) {
        nalg_result_free(result);
        return cli_complain(c, "--require", "write proved, proved_lower, proved_upper, interval, probable, numerical or estimate", "unknown kind of evidence");
    }
    bool json = c->json || (file && strlen(file) > 5 && !strcmp(file + strlen(file) - 5, ".json"));
    nalg_status status = json ? nalg_result_json(c->ctx, &text, result) : nalg_result_text(c->ctx, &text, result);
    if (status != NALG_OK) {
        code = cli_fail(c);
    } else if (file) {
        code = cli_write_file(c, file, text, strlen(text));
    } else {
        fputs(text, stdout);
        if (json) putchar('\n');
    }
    free(text);
    if (code == CLI_OK && to_file) code = cli_plot(c, result);
    if (code == CLI_OK && (int)nalg_result_evidence(result) > wanted) code = CLI_WEAK;
    nalg_result_free(result);
    return code;
}

int cli_outcome(cli *c, nalg_status status, nalg_result **result)
{
    return status == NALG_OK ? cli_answer(c, *result, true) : cli_fail(c);
}
