/* Every row of the tables of known values, through the public interface. Usage: known [--every K] [--seed N]
 * [--threads N] [--by COMMAND
 * --timeout S] TABLE...
 *
 * A row is: command<TAB>phrase<TAB>key=integer,...; lines that start with # give the provenance. The rows are
 * shared out among WORKERS threads, each with a context of its own. Every value must agree; every dimension
 * must be proved, a degree proved or numerical, a fiber numerical. With --by the rows are asked of another
 * command that finds the same numbers another way; of those, a quarter may be left unknown or take longer
 * than the time limit. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/flint.h"
#include "neuroalg/neuroalg.h"

#define WORKERS 2
#define ROW_LIMIT 4096

#define METRIC_OPTION " --metric "
#define LIMIT_OPTION " --limit "

static _Thread_local const char *metric; /* of the row at hand */
static _Thread_local size_t limit;

typedef struct {
    char *text, *phrase, *keys; /* text owns all; it starts with the command */
} row;

static nalg_status dim(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    return nalg_dim(ctx, out, model, NULL);
}

static nalg_status degree(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    return nalg_degree(ctx, out, model, NULL);
}

/* The phrase of a `fiber` row may end in --limit N. */
static nalg_status fiber(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    nalg_degree_options options;
    nalg_degree_options_init(&options);
    options.limit = limit;
    return nalg_fiber(ctx, out, model, &options);
}

static nalg_status equations(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    return nalg_equations(ctx, out, model, NULL);
}

/* The phrase of a `critical` row may end in --metric NAME. */
static nalg_status critical(nalg_ctx *ctx, nalg_result **out, const nalg_model *model)
{
    nalg_critical_options options;
    nalg_critical_options_init(&options);
    if (metric) options.metric = metric;
    return nalg_critical(ctx, out, model, &options);
}

/* What can be asked, and the weakest evidence that will do. */
static const struct {
    const char *name;
    nalg_status (*compute)(nalg_ctx *, nalg_result **, const nalg_model *);
    nalg_evidence weakest;
} commands[] = {{"dim", dim, NALG_PROVED},
                {"degree", degree, NALG_NUMERICAL},
                {"fiber", fiber, NALG_NUMERICAL},
                {"critical", critical, NALG_NUMERICAL},
                {"equations", equations, NALG_NUMERICAL}};
#define COMMANDS (sizeof commands / sizeof *commands)

static size_t command_of(const char *name)
{
    size_t k = 0;
    while (k < COMMANDS && strcmp(commands[k].name, name)) k++;
    return k;
}

static row rows[ROW_LIMIT];
static size_t row_count;
static atomic_size_t next_row;
static atomic_int wrong, proved, unknown;
static uint64_t seed = NALG_DEFAULT_SEED;
static int threads = 1;
static const char *by;
static double timeout;

static bool read_table(const char *path, size_t every)
{
    char line[1024];
    size_t number = 0;
    bool provenance = false, ok = true;
    FILE *f = fopen(path, "r");
    if (!f) return perror(path), false;
    while (ok && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        provenance = provenance || line[0] == '#';
        if (line[0] == '#' || line[0] == '\0' || number++ % every) continue;
        row r = {.text = strdup(line)};
        if (r.text) r.phrase = strchr(r.text, '\t');
        if (r.phrase) *r.phrase++ = '\0', r.keys = strchr(r.phrase, '\t');
        if (r.keys) *r.keys++ = '\0';
        ok = r.keys && command_of(r.text) < COMMANDS && row_count < ROW_LIMIT;
        if (ok)
            rows[row_count++] = r;
        else
            fprintf(stderr, "%s: bad row %s\n", path, line);
    }
    fclose(f);
    if (!provenance) fprintf(stderr, "%s does not say where its values come from\n", path);
    return ok && provenance;
}

/* One `key=integer`. */
static bool agrees(const nalg_result *result, const char *pair, const char *phrase)
{
    char key[64];
    long long expected, value = -1;
    if (sscanf(pair, "%63[a-z_]=%lld", key, &expected) != 2)
        return fprintf(stderr, "%s: bad pair %s\n", phrase, pair), false;
    if (nalg_result_integer(result, key, &value) == NALG_TRUE && value == expected) return true;
    fprintf(stderr, "%s: %s is %lld, known to be %lld\n", phrase, key, value, expected);
    return false;
}

static void check(nalg_ctx *ctx, const row *r)
{
    nalg_model *model = NULL;
    nalg_result *result = NULL;
    size_t k = command_of(by ? by : r->text);
    long long value;
    nalg_ctx_set_timeout(ctx, by ? timeout : 0);
    char *option = strstr(r->phrase, METRIC_OPTION), *number = strstr(r->phrase, LIMIT_OPTION);
    metric = option ? option + sizeof METRIC_OPTION - 1 : NULL;
    limit = number ? strtoull(number + sizeof LIMIT_OPTION - 1, NULL, 10) : 0;
    if (option) *option = '\0';
    if (number) *number = '\0';
    nalg_status status = nalg_model_parse(ctx, &model, r->phrase, strlen(r->phrase));
    if (status == NALG_OK) status = commands[k].compute(ctx, &result, model);
    bool ok = status == NALG_OK;
    if (by && (status == NALG_E_DEADLINE || status == NALG_E_LIMIT ||
               (ok && nalg_result_integer(result, "degree", &value) != NALG_TRUE))) {
        atomic_fetch_add(&unknown, 1);
        nalg_result_free(result);
        nalg_model_free(model);
        return;
    }
    if (!ok) fprintf(stderr, "%s: %s\n", r->phrase, nalg_ctx_last_error(ctx).what);
    for (const char *pair = r->keys; ok && pair; pair = strchr(pair, ',') ? strchr(pair, ',') + 1 : NULL)
        ok = agrees(result, pair, r->phrase);
    if (ok && nalg_result_evidence(result) > commands[k].weakest) {
        fprintf(stderr, "%s: right but only %s\n", r->phrase,
                nalg_evidence_name(nalg_result_evidence(result)));
        ok = false;
    }
    if (!ok)
        atomic_fetch_add(&wrong, 1);
    else if (nalg_result_evidence(result) == NALG_PROVED)
        atomic_fetch_add(&proved, 1);
    nalg_result_free(result);
    nalg_model_free(model);
}

static void *work(void *unused)
{
    nalg_ctx *ctx = NULL;
    bool ok = nalg_ctx_create(&ctx) == NALG_OK && nalg_ctx_set_threads(ctx, threads) == NALG_OK;
    if (!ok) atomic_fetch_add(&wrong, 1);
    if (ok) nalg_ctx_set_seed(ctx, seed);
    for (size_t i; ok && (i = atomic_fetch_add(&next_row, 1)) < row_count;) check(ctx, &rows[i]);
    nalg_ctx_free(ctx);
    flint_cleanup();
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread[WORKERS];
    size_t every = 1;
    int started = 0;
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--every") && i + 1 < argc)
            every = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--seed") && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (!strcmp(argv[i], "--threads") && i + 1 < argc)
            threads = atoi(argv[++i]);
        else if (!strcmp(argv[i], "--by") && i + 1 < argc && command_of(argv[i + 1]) < COMMANDS)
            by = argv[++i];
        else if (!strcmp(argv[i], "--timeout") && i + 1 < argc)
            timeout = atof(argv[++i]);
        else if (!every || !read_table(argv[i], every))
            return 2;
    }
    while (started < WORKERS && !pthread_create(&thread[started], NULL, work, NULL)) started++;
    for (int i = 0; i < started; i++) pthread_join(thread[i], NULL);
    for (size_t i = 0; i < row_count; i++) free(rows[i].text);
    printf("%zu rows: %d wrong, %d proved, %d unknown\n", row_count, wrong, proved, unknown);
    return !started || !row_count || wrong || (size_t)unknown > row_count / 4;
}
