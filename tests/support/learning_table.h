/* Rows of a table of known values beside the tests: command<TAB>arguments<TAB>key=value,...
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TESTS_SUPPORT_LEARNING_TABLE_H
#define NALG_TESTS_SUPPORT_LEARNING_TABLE_H

#include <stdio.h>
#include <string.h>

/* Call visit for each row of tests/known/<name>; `file` is __FILE__ of a test in tests/unit. Returns the number of rows. */
static inline size_t known_rows(const char *file, const char *name, void (*visit)(const char *arguments, const char *keys))
{
    char path[1024], line[1024];
    const char *unit = strstr(file, "tests/unit");
    size_t rows = 0;
    snprintf(path, sizeof path, "%.*stests/known/%s", (int)(unit - file), file, name);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = '\0';
        char *arguments = line[0] == '#' ? NULL : strchr(line, '\t'), *keys = arguments ? strchr(arguments + 1, '\t') : NULL;
        if (!keys) continue;
        *keys = '\0';
        visit(arguments + 1, keys + 1);
        rows++;
    }
    if (f) fclose(f);
    return rows;
}

#endif
