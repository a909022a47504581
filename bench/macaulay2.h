/* Running a Macaulay2 program that was written to a file.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_BENCH_MACAULAY2_H
#define NALG_BENCH_MACAULAY2_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "timing.h"

typedef struct {
    char path[64];
    FILE *file; /* write the program here */
} bench_macaulay2;

static inline bench_macaulay2 bench_macaulay2_open(void)
{
    const char *folder = getenv("TMPDIR");
    bench_macaulay2 m;
    snprintf(m.path, sizeof m.path, "%.30s/neuroalg-bench-XXXXXX",
             folder && strlen(folder) < 30 ? folder : "/tmp");
    int descriptor = mkstemp(m.path);
    m.file = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    bench_require(m.file != NULL, "the temporary folder cannot be written");
    return m;
}

/* Run the program for at most `patience` seconds; line by line to `read`. Nothing comes when Macaulay2 is not
 * installed. */
static inline void bench_macaulay2_run(bench_macaulay2 *m, int patience,
                                       void (*read)(void *user, const char *line), void *user)
{
    char command[160], line[200];
    fclose(m->file);
    snprintf(command, sizeof command, "timeout %d M2 --script %s 2>/dev/null", patience, m->path);
    FILE *pipe = popen(command, "r");
    while (pipe && fgets(line, sizeof line, pipe)) read(user, line);
    if (pipe) pclose(pipe);
    remove(m->path);
}

#endif
