/* Helpers of the programs in this folder.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_BENCH_TIMING_H
#define NALG_BENCH_TIMING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/context.h"

/* The smallest of the times it is given: what the work takes when nothing else disturbs it. */
typedef struct {
    double least;
} bench_time;

static inline void bench_record(bench_time *t, double seconds)
{
    if (t->least == 0 || seconds < t->least) t->least = seconds;
}

/* Is `option` among the arguments? */
static inline bool bench_option(int argc, char **argv, const char *option)
{
    for (int i = 1; i < argc; i++)
        if (!strcmp(argv[i], option)) return true;
    return false;
}

static inline void bench_require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

/* A cell: a time with three digits, or a dash for what was not measured. */
static inline void bench_cell_ms(bench_time t)
{
    if (t.least > 0)
        printf(" %.3g |", 1e3 * t.least);
    else
        printf(" - |");
}

static inline void bench_cell_ratio(bench_time ours, bench_time yardstick)
{
    if (yardstick.least > 0)
        printf(" %.2f |", ours.least / yardstick.least);
    else
        printf(" - |");
}

#endif
