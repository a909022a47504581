/* A progress bar on standard error for what takes more than a second.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <string.h>
#include <time.h>
#include "cli.h"

#define DELAY_S 1.0
#define BAR_WIDTH 24

static struct {
    char phase[40];
    struct timespec start;
    bool shown;
} bar;

static double elapsed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - bar.start.tv_sec) + 1e-9 * (double)(now.tv_nsec - bar.start.tv_nsec);
}

void cli_progress_end(void)
{
    if (bar.shown) fputs("\r\033[K", stderr);
    bar.shown = false;
}

void cli_progress(void *user, const char *phase, uint64_t done, uint64_t total, const char *note)
{
    char filled[BAR_WIDTH + 1];
    (void)user;
    if (strncmp(bar.phase, phase, sizeof bar.phase - 1)) {
        snprintf(bar.phase, sizeof bar.phase, "%s", phase);
        clock_gettime(CLOCK_MONOTONIC, &bar.start);
    }
    double seconds = elapsed();
    if (seconds < DELAY_S) return;
    bar.shown = true;
    double rate = (double)done / seconds;
    if (total) {
        size_t full = (size_t)(BAR_WIDTH * ((double)done / (double)total));
        for (size_t i = 0; i < BAR_WIDTH; i++) filled[i] = i < full ? '#' : '.';
        filled[BAR_WIDTH] = '\0';
        fprintf(stderr, "\r%s [%s] %" PRIu64 "/%" PRIu64 "  %.3g/s  %.0f s left %s\033[K", phase, filled, done, total, rate,
                rate > 0 ? (double)(total - done) / rate : 0.0, note ? note : "");
    } else {
        fprintf(stderr, "\r%s %" PRIu64 "  %.3g/s %s\033[K", phase, done, rate, note ? note : "");
    }
    fflush(stderr);
}
